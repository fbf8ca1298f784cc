"""`nvidia-smi pmon`: one row per process and tick. Only sums per card say something; a card's own load is dmon's."""

import re
from typing import TYPE_CHECKING

import numpy as np

from app.engine.errors import UnreadableFile
from app.engine.messages import Message, message
from app.engine.model.traces import Trace
from app.engine.progress import Progress
from app.engine.reading._blank_columns import names_of, numbers, rows_of, sections, times_of, with_cards, without_stamps
from app.engine.reading._cleaning import plain, step_of
from app.engine.reading._rows import SYNTHETIC_STEP_S, Column, Rows, trace_of_rows
from app.engine.reading._sources import Source
from app.engine.reading._stamps import Stamped

if TYPE_CHECKING:
    import pandas as pd

SLUG = "nvidia-smi-pmon"
HEAD = re.compile(rb"^[ \t]*#[ \t]*(?:(?:Date|Time)\b[^\n]*\b)?gpu\b[ \t,]+pid\b[^\n]*$", re.MULTILINE | re.IGNORECASE)
FIELDS = {
    "sm": ("gpu_utilisation", "", 0.01),
    "mem": ("memory_controller_busy", "", 0.01),
    "fb": ("vram_used_gib", "GiB", 1 / 1024),
}


class NvidiaSmiPmon:
    """The reader."""

    slug = SLUG
    label = "nvidia-smi pmon"
    priority = 20

    def recognises(self, head: bytes) -> bool:
        """A line "# gpu pid type …"."""
        return HEAD.search(without_stamps(plain(head)).text) is not None

    def read(self, source: Source, progress: Progress) -> Trace:
        """Read all rows and sum them per card and tick."""
        import pandas as pd

        progress(0.0, "reading.doing.reading")
        stamps = without_stamps(plain(source.text_bytes()))
        skipped: dict[str, int] = {}
        frames = []
        progress(0.2, "reading.doing.parsing")
        for section in sections(stamps.text, HEAD, names_of, skipped):
            source.beat()
            frame = rows_of(section, rb"[\d.:/-]+", skipped, places=stamps.starts.size > 0, tail=True)
            if frame is not None:
                frames.append(frame)
        if not frames:
            raise UnreadableFile("reading.no_rows", file=source.path)
        progress(0.7, "reading.doing.ordering")
        frame = pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]
        warnings: list[Message] = [message("reading.sums_of_processes")]
        rows = _rows(frame, stamps, step_of(plain(source.head), "pmon", ("-d", "--delay")), skipped, warnings)
        return trace_of_rows(source, SLUG, rows, skipped=skipped, warnings=warnings)


READER = NvidiaSmiPmon()


def _rows(frame: "pd.DataFrame", stamps: Stamped, step_s: float | None, skipped: dict[str, int], warnings: list[Message]) -> Rows:
    frame, cards, infos = with_cards(frame, "gpu", skipped)
    processes = np.nan_to_num(numbers(frame, "pid"), nan=-1.0)
    starts = _groups(cards, processes)
    when = times_of(frame, stamps)
    warnings += when.warnings
    columns = []
    for field, (metric, unit, factor) in FIELDS.items():
        if field in frame:
            values = _sums(numbers(frame, field) * factor, starts)
            columns.append(Column(metric, unit, np.minimum(values, 1.0) if unit == "" else values, "estimated"))
    columns.append(Column("gpu_processes", "count", _sums((processes >= 0).astype(np.float64), starts)))
    times = when.times[starts] if when.times is not None else None
    step = step_s or SYNTHETIC_STEP_S
    return Rows(times, when.clock, cards[starts], infos, tuple(columns), len(frame), when.utc_offset_s, step)


def _groups(cards: np.ndarray, processes: np.ndarray) -> np.ndarray:
    """Return where the rows of one card in one tick begin: within a tick cards ascend, and processes within a card."""
    if not cards.size:
        return np.empty(0, np.int64)
    same = (np.diff(cards) == 0) & (np.diff(processes) > 0)
    return np.concatenate([[0], np.flatnonzero(~same) + 1])


def _sums(values: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Return the sum of each group, nan where none of its values is known."""
    if not starts.size:
        return np.empty(0)
    known = np.isfinite(values)
    sums = np.add.reduceat(np.where(known, values, 0.0), starts)
    return np.where(np.add.reduceat(known.astype(np.int64), starts) > 0, sums, np.nan)
