"""Kunlunxin's `xpu-smi`: the table of nvidia-smi with a third line for L3, and the wide table of older versions, a line for each card.

Intel's tool of the same name prints no such table.
"""

import re
from typing import TYPE_CHECKING

import numpy as np

from app.engine.errors import UnreadableFile
from app.engine.messages import Message
from app.engine.model.traces import Device, Trace
from app.engine.progress import Progress
from app.engine.reading._cleaning import plain, step_of
from app.engine.reading._csv_text import floats_of
from app.engine.reading._rows import Column, trace_of_rows, with_occupancy
from app.engine.reading._smi_tables import SmiTables, memory_gib, timed_rows
from app.engine.reading._sources import Source
from app.engine.reading._stamps import stamped

if TYPE_CHECKING:
    import pandas as pd

_HEAD = re.compile(rb"^[ \t]*\|[ \t]*DevID[ \t]*\|[^\n]*\|[ \t]*UseRate[ \t]*\|[^\n]*$", re.MULTILINE)
_ROW = re.compile(rb"^[ \t]*\|[ \t]*(\d{1,4}[ \t]*\|[^\n]*)\|[ \t]*$", re.MULTILINE)


class KunlunXpuSmi(SmiTables):
    """The reader."""

    def __init__(self) -> None:
        own = rb"XPU-SMI[ \t].{0,80}(?:Driver Version|XPU-RT)|XPU-RT Version"
        super().__init__("kunlun-xpu-smi", "xpu-smi (昆仑芯)", own, "xpu-smi", priority=15)

    def recognises(self, head: bytes) -> bool:
        """The heading of either table."""
        return super().recognises(head) or _HEAD.search(head) is not None

    def read(self, source: Source, progress: Progress) -> Trace:
        """Read all boxed tables, else all wide ones."""
        return super().read(source, progress) if super().recognises(source.head) else _read_wide(source, progress, self.slug)


READER = KunlunXpuSmi()


def _read_wide(source: Source, progress: Progress, slug: str) -> Trace:
    import pandas as pd

    progress(0.0, "reading.doing.reading")
    stamps = stamped(plain(source.text_bytes()))
    head = _HEAD.search(stamps.text)
    found = list(_ROW.finditer(stamps.text, head.end())) if head is not None else []
    if head is None or not found:
        raise UnreadableFile("reading.no_cards", file=source.path)
    progress(0.3, "reading.doing.parsing")
    names = _cells(head.group().strip().strip(b"|"))
    rows = [(one.start(), cells) for one in found if len(cells := _cells(one[1])) == len(names)]
    lost = len(found) - len(rows)
    if not rows:
        raise UnreadableFile("reading.no_cards", file=source.path)
    frame = pd.DataFrame([cells for _, cells in rows], columns=pd.Index(names))
    used, total = memory_gib(_texts(frame, "Memory").str.replace(r"MB\b", "MiB", regex=True))
    columns = [
        Column("gpu_utilisation", "", _numbers(frame, "UseRate") * 0.01),
        Column("vram_used_gib", "GiB", used),
        Column("power_w", "W", _numbers(frame, "Power(W)")),
        Column("temperature_c", "°C", _numbers(frame, "Temp")),
        Column("sm_clock_mhz", "MHz", _numbers(frame, "Freq(MHz)")),
    ]
    codes, ids = pd.factorize(frame["DevID"].astype(np.int64), sort=True)
    infos = []
    for number, card in enumerate(ids):
        own = total[(codes == number) & np.isfinite(total)]
        infos.append(Device(str(card), "gpu", str(_texts(frame, "Model")[codes == number].iloc[0]), float(own.max()) if own.size else None))
    warnings: list[Message] = []
    places = np.array([place for place, _ in rows])
    timed = timed_rows(stamps, places, codes, tuple(infos), with_occupancy(columns, total), step_of(stamps.text, "xpu", ()), warnings)
    return trace_of_rows(source, slug, timed, skipped={"skipped.bad_row": lost} if lost else {}, warnings=warnings)


def _cells(line: bytes) -> list[str]:
    return [cell.strip() for cell in line.decode("utf-8", "replace").split("|")]


def _texts(frame: "pd.DataFrame", name: str) -> "pd.Series":
    import pandas as pd

    return frame[name] if name in frame else pd.Series([""] * len(frame), dtype=object)


def _numbers(frame: "pd.DataFrame", name: str) -> np.ndarray:
    return floats_of(_texts(frame, name).str.extract(r"^(-?\d+(?:\.\d+)?)", expand=False))
