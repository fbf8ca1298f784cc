"""`nvidia-smi dmon`: one row per card and second, columns by the groups asked for, with Hopper's GPM metrics, blanks or commas between."""

import re
from typing import TYPE_CHECKING

from app.engine.errors import UnreadableFile
from app.engine.messages import Message, message
from app.engine.model.quantities import State
from app.engine.model.traces import Trace
from app.engine.progress import Progress
from app.engine.reading._blank_columns import ANY_LINE, names_of, numbers, rows_of, sections, times_of, with_cards, without_stamps
from app.engine.reading._cleaning import plain, step_of
from app.engine.reading._rows import SYNTHETIC_STEP_S, Column, Rows, settle_columns, trace_of_rows
from app.engine.reading._sources import Source
from app.engine.reading._stamps import Stamped
from app.engine.reading._times import Before

if TYPE_CHECKING:
    import pandas as pd

SLUG = "nvidia-smi-dmon"
PERCENT, MB_GBS, MIB_GBS = 0.01, 1e-3, 2**20 / 1e9
FIELDS: dict[str, tuple[str, str, float]] = {
    "sm": ("gpu_utilisation", "", PERCENT),
    "mem": ("memory_controller_busy", "", PERCENT),
    "fb": ("vram_used_gib", "GiB", 1 / 1024),
    "pwr": ("power_w", "W", 1.0),
    "gtemp": ("temperature_c", "°C", 1.0),
    "temp": ("temperature_c", "°C", 1.0),
    "pclk": ("sm_clock_mhz", "MHz", 1.0),
    "mclk": ("memory_clock_mhz", "MHz", 1.0),
    "rxpci": ("pcie_rx_gbs", "GB/s", MB_GBS),
    "txpci": ("pcie_tx_gbs", "GB/s", MB_GBS),
    "gract": ("graphics_engine_active", "", PERCENT),
    "smutil": ("sm_active", "", PERCENT),
    "smocc": ("sm_occupancy", "", PERCENT),
    "mmaact": ("tensor_core", "", PERCENT),
    "dram": ("vram_bandwidth", "", PERCENT),
    "fp64": ("fp64", "", PERCENT),
    "fp32": ("fp32", "", PERCENT),
    "fp16": ("fp16", "", PERCENT),
    "pcitx": ("pcie_tx_gbs", "GB/s", MIB_GBS),
    "pcirx": ("pcie_rx_gbs", "GB/s", MIB_GBS),
    "nvltx": ("nvlink_tx_gbs", "GB/s", MIB_GBS),
    "nvlrx": ("nvlink_rx_gbs", "GB/s", MIB_GBS),
}
"""Column -> metric, unit, factor. Of several columns of one metric the first counts that has values."""

STAND_INS = {"hmmaact": ("tensor_core", "", PERCENT)}
"""Part of what the metric says, for a log that lacks the whole: estimated."""

HEAD = re.compile(rb"^[ \t]*#[ \t]*(?:(?:Date|Time)\b[^\n]*\b)?gpu\b(?![^\n]*\bpid\b)[^\n]*$", re.MULTILINE | re.IGNORECASE)
_COMMA = re.compile(rb"[ \t]*,[ \t]*")
_IS_COMMA_HEAD = re.compile(rb"^[ \t]*#[^\n]*,[^\n]*$", re.MULTILINE)


class NvidiaSmiDmon:
    """The reader."""

    slug = SLUG
    label = "nvidia-smi dmon"
    priority = 20

    def recognises(self, head: bytes) -> bool:
        """A line "# gpu … " with names of dmon below or beside it, and no process column."""
        return any(
            len(set(names_of(one.group())) & (FIELDS.keys() | STAND_INS.keys() | _OTHERS)) > 0
            for one in HEAD.finditer(without_stamps(plain(head)).text)
        )

    def read(self, source: Source, progress: Progress) -> Trace:
        """Read all rows; each head names the columns below it."""
        return read_columns(source, progress, SLUG, step_of(plain(source.head), "dmon", ("-d", "--delay")))

    def chapters(self, head: bytes) -> re.Pattern[bytes]:
        """Every row stands for itself."""
        return ANY_LINE


READER = NvidiaSmiDmon()
_OTHERS = frozenset(
    ["enc", "dec", "jpg", "ofa", "mtemp", "pviol", "tviol", "bar1", "ccpm", "sbecc", "dbecc", "pci", "intact", "dfmaact", "immaact"]
)


def read_columns(source: Source, progress: Progress, slug: str, step_s: float | None) -> Trace:
    """Read a log of dmon's form. Raises UnreadableFile without rows or values."""
    import pandas as pd

    progress(0.0, "reading.doing.reading")
    text = plain(source.text_bytes())
    source.before["commas"] = source.before.get("commas") or (b"," in text and _IS_COMMA_HEAD.search(text) is not None)
    if source.before["commas"]:
        text = _COMMA.sub(b" ", text)
    progress(0.2, "reading.doing.parsing")
    stamps = without_stamps(text, source.before)
    skipped: dict[str, int] = {}
    frames = []
    for section in sections(stamps.text, HEAD, names_of, skipped, source.before, (b"#",)):
        source.beat()
        frame = rows_of(section, (rb"[\d.:/-]+",), skipped, places=stamps.starts.size > 0)
        if frame is not None:
            frames.append(frame)
    if not frames:
        raise UnreadableFile("reading.no_rows", file=source.path)
    progress(0.7, "reading.doing.ordering")
    whole = pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]
    warnings: list[Message] = []
    rows = _rows(whole, stamps, step_s, skipped, warnings, source.before)
    return trace_of_rows(source, slug, rows, skipped=skipped, warnings=warnings, settle=settle_columns)


def _rows(
    frame: "pd.DataFrame", stamps: Stamped, step_s: float | None, skipped: dict[str, int], warnings: list[Message], before: Before
) -> Rows:
    frame, codes, infos = with_cards(frame, "gpu", skipped)
    when = times_of(frame, stamps, before)
    warnings += when.warnings
    columns = tuple(_columns(frame))
    return Rows(when.times, when.clock, codes, infos, columns, utc_offset_s=when.utc_offset_s, step_s=step_s or SYNTHETIC_STEP_S)


def _columns(frame: "pd.DataFrame") -> list[Column]:
    """Return all columns that are known, several of one metric in the order in which they are wanted."""
    columns = []
    for fields, state in ((FIELDS, "measured"), (STAND_INS, "estimated")):
        for field, (metric, unit, factor) in fields.items():
            if field in frame:
                kind: State = state  # type: ignore[assignment]
                told = message("reading.stand_in", column=field, metric=message(f"proposing.metric.{metric}"))
                values = numbers(frame, field) * factor
                columns.append(Column(metric, unit, values, kind, field=field, told=told if state == "estimated" else None))
    return columns
