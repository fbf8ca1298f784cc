"""Huawei's `npu-smi info watch`, `npu-smi info` and `npu-smi info -t usages`; the tool writes no time in any of them.

AI Core is 0 while a profiling job holds the counters. Where NPU Util is there, it is the load, else AI Core.
"""

import re
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from app.engine.errors import UnreadableFile
from app.engine.messages import Message
from app.engine.model.traces import Device, Trace
from app.engine.progress import Progress
from app.engine.reading._blank_columns import ANY_LINE, PLACE, numbers, rows_of, sections
from app.engine.reading._cleaning import plain, step_of
from app.engine.reading._npu_records import COLUMNS, HEADING, USAGES, table_records, usage_records
from app.engine.reading._rows import Column, Rows, Told, settle_columns, trace_of_rows
from app.engine.reading._smi_tables import RULING, timed_rows
from app.engine.reading._sources import Source
from app.engine.reading._stamps import Stamped, stamped
from app.engine.reading._times import Before

if TYPE_CHECKING:
    import pandas as pd

SLUG = "npu-smi"
WATCH = re.compile(rb"^[^\n]{0,200}NpuID\(Idx\)[^\n]*$", re.MULTILINE)
_BEFORE_NPU = re.compile(rb"\n(?=[ \t]*NPU ID\b)", re.IGNORECASE)
_TITLE = re.compile(r"([A-Za-z][A-Za-z ]{0,30})\(([^)\s]{1,8})\)")
_WATCHED = {
    "npu util": "gpu_utilisation",
    "ai core": "gpu_utilisation",
    "ai cube": "tensor_core",
    "memory": "vram_utilisation",
    "memory bw": "vram_bandwidth",
    "pwr": "power_w",
    "temp": "temperature_c",
}


class NpuSmi:
    """The reader."""

    slug = SLUG
    label = "npu-smi info watch / info / -t usages"
    priority = 15

    def recognises(self, head: bytes) -> bool:
        """The titles of one of the three forms."""
        return any(pattern.search(head) is not None for pattern in (WATCH, HEADING, USAGES))

    def read(self, source: Source, progress: Progress) -> Trace:
        """Read the rolling table, else the blocks of usages, else the boxed tables."""
        progress(0.0, "reading.doing.reading")
        stamps = stamped(plain(source.text_bytes()), source.before)
        progress(0.3, "reading.doing.parsing")
        step_s = step_of(stamps.text, "npu-smi", ("-d",))
        skipped: dict[str, int] = {}
        warnings: list[Message] = []
        watched = source.before.setdefault("watched", WATCH.search(stamps.text) is not None)
        rows = _watched(stamps, step_s, skipped, warnings, source.before) if watched else _described(stamps, step_s, skipped, warnings)
        if rows is None:
            raise UnreadableFile("reading.no_rows", file=source.path)
        version = re.search(rb"npu-smi (\d[\w.]{1,30})[ \t]{1,60}Version", stamps.text)
        environment = {"tool": version[1].decode()} if version is not None else {}
        return trace_of_rows(source, SLUG, rows, skipped=skipped, warnings=warnings, environment=environment, settle=_settled)

    def chapters(self, head: bytes) -> re.Pattern[bytes]:
        """A row, a card between two rulings, the usages of an NPU belong together."""
        if WATCH.search(head):
            return ANY_LINE
        return _BEFORE_NPU if USAGES.search(head) else RULING


READER = NpuSmi()


def _titles(head: bytes) -> list[str]:
    return [title.strip().lower() for title, _ in _TITLE.findall(head.decode("utf-8", "replace"))]


def _watched(stamps: Stamped, step_s: float | None, skipped: dict[str, int], warnings: list[Message], before: Before) -> Rows | None:
    import pandas as pd

    frames = [
        rows_of(section, (rb"\d+",), skipped, places=True)
        for section in sections(stamps.text, WATCH, _titles, skipped, before, (b"NpuID",))
    ]
    known = [frame for frame in frames if frame is not None]
    if not known:
        return None
    frame = pd.concat(known, ignore_index=True)
    columns = [
        Column(metric, COLUMNS[metric], numbers(frame, title) * (0.01 if COLUMNS[metric] == "" else 1.0), field=title)
        for title, metric in _WATCHED.items()
    ]
    codes, names = _chips(numbers(frame, "npuid"), numbers(frame, "chipid"))
    infos = tuple(Device(name) for name in names)
    places = frame[PLACE].to_numpy()
    return timed_rows(stamps, places, codes, infos, columns, step_s, warnings)


def _described(stamps: Stamped, step_s: float | None, skipped: dict[str, int], warnings: list[Message]) -> Rows | None:
    """Return the rows of boxed tables or of blocks of usages."""
    frame: pd.DataFrame | None = usage_records(stamps.text) if USAGES.search(stamps.text) else table_records(stamps.text, skipped)
    if frame is None:
        return None
    codes, names = _chips(frame["npu"].to_numpy(np.float64), frame["chip"].to_numpy(np.float64))
    infos = []
    for number, name in enumerate(names):
        own = frame[codes == number]
        total = own["total_gib"].max()
        infos.append(Device(name, "gpu", str(own["name"].iloc[0]), float(total) if total > 0 else None))
    columns = [Column(metric, unit, frame[metric].to_numpy(np.float64)) for metric, unit in COLUMNS.items() if metric in frame]
    return timed_rows(stamps, frame[PLACE].to_numpy(), codes, tuple(infos), columns, step_s, warnings)


def _chips(npu: np.ndarray, chip: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Return (n,) the number of each row's device and the ids: "3.1" for the second chip of an NPU."""
    import pandas as pd

    chip = np.nan_to_num(chip).astype(np.int64)
    npu = np.nan_to_num(npu).astype(np.int64)
    codes, found = pd.factorize(npu * 1000 + np.minimum(chip, 999), sort=True)
    return codes, [f"{one // 1000}.{one % 1000}" for one in found.tolist()]


def _settled(source: Source, rows: Rows, told: Told) -> Rows:
    """Take of each metric the first column that has values; leave the chip out of the ids where no NPU has several."""
    rows = settle_columns(source, rows, told)
    if any(not info.id.endswith(".0") for info in rows.infos):
        return rows
    return msgspec.structs.replace(rows, infos=tuple(msgspec.structs.replace(info, id=info.id[:-2]) for info in rows.infos))
