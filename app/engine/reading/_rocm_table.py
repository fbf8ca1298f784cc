"""The short table of `rocm-smi` and `hy-smi`: one row per card with units in the cells, a table per call."""

import re

from app.engine.errors import UnreadableFile
from app.engine.messages import Message
from app.engine.model.traces import Trace
from app.engine.reading._blank_columns import PLACE, Section, numbers, rows_of, sections, with_cards
from app.engine.reading._cleaning import step_of
from app.engine.reading._rows import Column, trace_of_rows
from app.engine.reading._smi_tables import LIMIT, settle_limit, timed_rows
from app.engine.reading._sources import Source
from app.engine.reading._stamps import Stamped
from app.engine.reading._times import Before

HEAD = re.compile(rb"^[ \t]*(DCU|HCU|GPU)[ \t]+Temp\b[^\n]{0,200}\bAvgPwr\b[^\n]*$", re.MULTILINE)
WIDE_HEAD = re.compile(
    rb"^Device[ \t]+Node[ \t]+IDs[ \t]+Temp[ \t]+Power[ \t]+Partitions[ \t]+SCLK[^\n]*(?:\n[ \t]*\([^\n]*)?", re.MULTILINE
)
_WIDE_ROW = re.compile(
    rb"^(\d{1,4})[ \t]+\d+[ \t]+0x[0-9a-f]+,[ \t]+\d+[ \t]+(\S+)[ \t]+(\S+)[ \t]+"
    rb"[^,\n]{1,20},[ \t]*[^,\n]{1,20},[ \t]*\S+[ \t]+(\S[^\n]*)$",
    re.MULTILINE,
)
_COLUMNS = {
    "load%": ("gpu_utilisation", "", 0.01),
    "vram%": ("vram_utilisation", "", 0.01),
    "avgpwr": ("power_w", "W", 1.0),
    "temp": ("temperature_c", "°C", 1.0),
    "sclk": ("sm_clock_mhz", "MHz", 1.0),
    "mclk": ("memory_clock_mhz", "MHz", 1.0),
}


def short_form(text: bytes, before: Before) -> bytes:
    """Return ROCm 6's table, whose ids and partitions hold blanks and commas, with the columns of the table before it."""
    before["wide"] = before.get("wide", False) or WIDE_HEAD.search(text) is not None
    if not before["wide"]:
        return text
    text = WIDE_HEAD.sub(b"GPU  Temp  AvgPwr  SCLK  MCLK  Fan  Perf  PwrCap  VRAM%  GPU%", text)
    return _WIDE_ROW.sub(rb"\1  \2  \3  \4", text)


def read_short_tables(source: Source, slug: str, command: str, stamps: Stamped) -> Trace:
    """Read all short tables of a text. Raises UnreadableFile where none has a row."""
    import pandas as pd

    skipped: dict[str, int] = {}
    frames = [_rows(section, skipped) for section in sections(stamps.text, HEAD, _names, skipped, source.before, (b"AvgPwr",))]
    known = [frame for frame in frames if frame is not None]
    if not known:
        raise UnreadableFile("reading.no_rows", file=source.path)
    frame, codes, infos = with_cards(pd.concat(known, ignore_index=True), "card", skipped)
    columns = [Column(metric, unit, numbers(frame, name) * factor) for name, (metric, unit, factor) in _COLUMNS.items() if name in frame]
    columns += [Column(LIMIT, "W", numbers(frame, "pwrcap"))] if "pwrcap" in frame else []
    warnings: list[Message] = []
    rows = timed_rows(stamps, frame[PLACE].to_numpy(), codes, infos, columns, step_of(stamps.text, command, ()), warnings)
    return trace_of_rows(source, slug, rows, skipped=skipped, warnings=warnings, settle=settle_limit)


def _names(head: bytes) -> list[str]:
    words = re.sub(r"\s*\([^)]{0,40}\)", "", head.decode("ascii", "replace")).lower().split()
    return ["card", *("load%" if word in ("dcu%", "hcu%", "gpu%") else word for word in words[1:])]


def _rows(section: Section, skipped: dict[str, int]) -> "object":
    return rows_of(section, (rb"\d{1,3}",), skipped, places=True, rules=rb"=|-{4}|WARNING|[A-Z][a-z]{2} [A-Z][a-z]{2} |\d{4}[-/\xe5]")
