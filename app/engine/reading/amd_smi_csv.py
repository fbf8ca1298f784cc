"""AMD's `amd-smi monitor` and `amd-smi metric`, with --csv, --json or as the table for people (units in the cells); -w writes many ticks.

`mem` is the temperature of the memory in `metric` and the load of its controller in `monitor`.
"""

import io
import re
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from app.engine.errors import UnreadableFile
from app.engine.messages import Message
from app.engine.model.traces import Clock, Device, Trace
from app.engine.progress import Progress
from app.engine.reading._amd_smi_json import JSON, JSON_END, json_frame
from app.engine.reading._blank_columns import ANY_LINE, PLACE, sections, with_cards
from app.engine.reading._cleaning import plain, step_of
from app.engine.reading._rows import SYNTHETIC_STEP_S, Column, Rows, Told, first_with_values, trace_of_rows, with_occupancy
from app.engine.reading._sources import Source
from app.engine.reading._stamps import Stamped, stamped
from app.engine.reading._times import MISSING, epoch_times

if TYPE_CHECKING:
    import pandas as pd

SLUG = "amd-smi-csv"
_KNOWN = rb"GFX|POWER|SOCKET_POWER|VRAM|HOTSPOT|GPU_T|MEM_UTIL|TEMP"
_CSV_HEAD = rb"^[ \t]*(?:timestamp,)?gpu,(?=[^\n]{0,400}(?:" + _KNOWN + rb"))[^\n]*$"
_TABLE_HEAD = (
    rb"^[ \t]*(?:TIMESTAMP[ \t]+)?GPU[ \t]+(?:XCP[ \t]+)?(?=[^\n]{0,200}\b(?:"
    + _KNOWN
    + rb"))[A-Z][A-Z_%]+(?:[ \t]+[A-Z][A-Z_%0-9]+)*[ \t]*$"
)
HEAD = re.compile(rb"(?i:" + _CSV_HEAD + rb")|" + _TABLE_HEAD, re.MULTILINE)
_UNIT = re.compile(rb"(?<=[\dA])[ \t]+(?:W|\xc2\xb0C|C|%|MHz|MB|GB|Mb/s|J|V|mV)(?=[ \t]|$)", re.MULTILINE)
_QUOTED = re.compile(rb'"[^"\n]*"')
FIELDS: tuple[tuple[str, str, float, tuple[str, ...]], ...] = (
    ("gpu_utilisation", "", 0.01, ("gfx_activity", "gfx_util", "gfx", "gfx%")),
    ("memory_controller_busy", "", 0.01, ("umc_activity", "mem_util", "mem%", "mem")),
    ("vram_used_gib", "GiB", 1 / 1024, ("used_vram", "vram_used")),
    ("power_w", "W", 1.0, ("socket_power", "current_socket_power", "average_socket_power", "power_usage", "power")),
    ("temperature_c", "°C", 1.0, ("edge", "hotspot", "hotspot_temperature", "gpu_temp", "gpu_t")),
    ("sm_clock_mhz", "MHz", 1.0, ("gfx_0_clk", "gfx_clk", "gfx_clock")),
    ("memory_clock_mhz", "MHz", 1.0, ("mem_0_clk", "mem_clk", "mem_clock")),
    ("pcie_tx_gbs", "GB/s", 1 / 8000, ("current_bandwidth_sent",)),
    ("pcie_rx_gbs", "GB/s", 1 / 8000, ("current_bandwidth_received",)),
)
_TOTAL = "#total"
_TOTALS = ("total_vram", "vram_total")
_OWN = frozenset(
    (
        "gfx_activity",
        "gfx",
        "gfx%",
        "gfx_util",
        "umc_activity",
        "socket_power",
        "power_usage",
        "hotspot",
        "hotspot_temperature",
        "used_vram",
    )
)
"""Names that no customer's own CSV with a column "gpu" is likely to have."""


class AmdSmiCsv:
    """The reader."""

    slug = SLUG
    label = "amd-smi monitor / metric"
    priority = 15

    def recognises(self, head: bytes) -> bool:
        """A head that begins with (timestamp and) gpu and names what amd-smi measures."""
        if JSON.search(head) is not None:
            return True
        found = HEAD.search(stamped(plain(head)).text)
        return found is not None and (b"," not in found.group() or bool(_OWN & set(_names(found.group()))))

    def read(self, source: Source, progress: Progress) -> Trace:
        """Read all rows of all heads."""
        import pandas as pd

        progress(0.0, "reading.doing.reading")
        stamps = stamped(plain(source.text_bytes()), source.before)
        progress(0.3, "reading.doing.parsing")
        skipped: dict[str, int] = {}
        told = json_frame(stamps.text, skipped) if JSON.search(stamps.text) is not None else None
        frames = [] if told is None else [told]
        for section in sections(stamps.text, HEAD, _names, skipped, source.before, (b"gpu", b"GPU", b"Gpu")):
            source.beat()
            frame = _rows_of(section.names, section.body, section.start, skipped)
            if frame is not None:
                frames.append(frame)
        if not frames:
            raise UnreadableFile("reading.no_rows", file=source.path)
        progress(0.8, "reading.doing.ordering")
        warnings: list[Message] = []
        rows = _rows(pd.concat(frames, ignore_index=True), stamps, skipped, warnings)
        return trace_of_rows(source, SLUG, rows, skipped=skipped, warnings=warnings, settle=_settled)

    def chapters(self, head: bytes) -> re.Pattern[bytes]:
        """Every row stands for itself, or every document."""
        return ANY_LINE if JSON.search(head) is None else JSON_END


READER = AmdSmiCsv()


def _names(head: bytes) -> list[str]:
    text = head.decode("utf-8", "replace").lower()
    return [name.strip() for name in (text.split(",") if "," in text else text.split())]


def _rows_of(names: tuple[str, ...], body: bytes, start: int, skipped: dict[str, int]) -> "pd.DataFrame | None":
    """Return the wanted columns as text; rows that are no rows of this head are told."""
    import pandas as pd

    found = list(re.finditer(rb"^[ \t]*\d[^\n]*$", body, re.MULTILINE))
    text = b"\n".join(line.group() for line in found)
    if b"," not in text:
        text = re.sub(rb"[ \t]+", b",", re.sub(rb"^[ \t]+|[ \t]+$", b"", _UNIT.sub(b"", text), flags=re.MULTILINE))
    bare = _QUOTED.sub(b"", text) if b'"' in text else text
    fits = [line.count(b",") == len(names) - 1 and b'"' not in line for line in bare.split(b"\n")]
    rows = [line for line, right in zip(text.split(b"\n"), fits, strict=True) if right and found]
    _count(skipped, len(re.findall(rb"^[ \t]*[^\s]", body, re.MULTILINE)) - len(rows))
    wanted = [at for at, name in enumerate(names) if name in _WANTED and name not in names[:at]]
    if not rows or not wanted:
        return None
    frame = pd.read_csv(
        io.BytesIO(b"\n".join(rows)),
        header=None,
        names=range(len(names)),
        usecols=wanted,
        dtype=str,
        keep_default_na=False,
        na_values=[""],
        skipinitialspace=True,
        skip_blank_lines=False,
        index_col=False,
        encoding_errors="replace",
    )
    frame.columns = pd.Index([names[at] for at in wanted])
    frame[PLACE] = np.array([line.start() for line, right in zip(found, fits, strict=True) if right]) + start
    return frame


_WANTED = frozenset({"timestamp", "gpu", "xcp", "vram_usage", *_TOTALS, *(name for _, _, _, names in FIELDS for name in names)})


def _count(skipped: dict[str, int], count: int) -> None:
    if count > 0:
        skipped["skipped.bad_row"] = skipped.get("skipped.bad_row", 0) + count


def _rows(frame: "pd.DataFrame", stamps: Stamped, skipped: dict[str, int], warnings: list[Message]) -> Rows:
    if "xcp" in frame:  # a card in partitions has a row for each; the card's own values stand in the first
        parts = _numbers(frame, "xcp") > 0
        if parts.any():
            skipped["skipped.mig_instance"] = int(parts.sum())
            frame = frame[~parts].reset_index(drop=True)
    frame, codes, infos = with_cards(frame, "gpu", skipped)
    used, total = _vram(frame)
    columns = []
    for metric, unit, factor, names in FIELDS:
        known = [name for name in names if name in frame and (name != "mem" or "gfx" in frame)]
        columns += [Column(metric, unit, _numbers(frame, name) * factor, field=name) for name in known]
    if used is not None:
        columns.append(Column("vram_used_gib", "GiB", used, field="vram_usage"))
    if total is not None:
        columns.append(Column(_TOTAL, "GiB", total))
    infos = tuple(_with_memory(info, total, codes == number) for number, info in enumerate(infos))
    times, clock = _times(frame, stamps)
    step_s = step_of(stamps.text, "amd-smi", ("-w", "--watch")) or SYNTHETIC_STEP_S
    if times is not None and clock != "absolute":
        warnings += stamps.warnings
    return Rows(times, clock, codes, infos, tuple(columns), step_s=step_s)


def _settled(_: Source, rows: Rows, told: Told) -> Rows:
    """Take of each metric the first column that has values, then the share of the memory that is used."""
    total = next((column.values for column in rows.columns if column.metric == _TOTAL), None)
    columns = first_with_values([column for column in rows.columns if column.metric != _TOTAL], told)
    return msgspec.structs.replace(rows, columns=tuple(with_occupancy(list(columns), total)))


def _with_memory(info: Device, total: np.ndarray | None, own: np.ndarray) -> Device:
    known = total[own & np.isfinite(total)] if total is not None else np.empty(0)
    return Device(info.id, info.kind, info.name, float(known.max())) if known.size else info


def _vram(frame: "pd.DataFrame") -> tuple[np.ndarray | None, np.ndarray | None]:
    """Return used and total in GiB of a cell "0.3/191.7" (in GB of 2^30), and the total of its own column."""
    if "vram_usage" in frame:
        cells = frame["vram_usage"].fillna("").str.extract(r"^(\d+(?:\.\d+)?)\s*/\s*(\d+(?:\.\d+)?)").astype(float)
        return cells[0].to_numpy(np.float64), cells[1].to_numpy(np.float64)
    name = next((name for name in _TOTALS if name in frame), None)
    return None, _numbers(frame, name) / 1024 if name is not None else None


def _numbers(frame: "pd.DataFrame", name: str) -> np.ndarray:
    import pandas as pd

    return pd.to_numeric(frame[name].fillna("").str.extract(r"^\s*(-?\d+(?:\.\d+)?)")[0], errors="coerce").to_numpy(np.float64)


def _times(frame: "pd.DataFrame", stamps: Stamped) -> tuple[np.ndarray | None, Clock]:
    if "timestamp" in frame:
        times = epoch_times(_numbers(frame, "timestamp"))
        if times is not None:
            return times, "absolute"
    times = stamps.at(frame[PLACE].to_numpy())
    return (times, stamps.clock) if times is not None and (times != MISSING).any() else (None, "synthetic")
