"""`nvidia-smi pmon`: one row per process and tick. Only sums per card say something; a card's own load is dmon's."""

import re

import numpy as np

from app.engine.errors import UnreadableFile
from app.engine.messages import Message, message
from app.engine.model.traces import Trace
from app.engine.progress import Progress
from app.engine.reading._blank_columns import ANY_LINE, names_of, numbers, rows_of, sections, times_of, with_cards, without_stamps
from app.engine.reading._cleaning import plain, step_of
from app.engine.reading._columns import release
from app.engine.reading._rows import SYNTHETIC_STEP_S, Column, Rows, Told, trace_of_rows
from app.engine.reading._sources import Source

SLUG = "nvidia-smi-pmon"
HEAD = re.compile(rb"^[ \t]*#[ \t]*(?:(?:Date|Time)\b[^\n]*\b)?gpu\b[ \t,]+pid\b[^\n]*$", re.MULTILINE | re.IGNORECASE)
_PROCESS = "#pid"
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
        stamps = without_stamps(plain(source.text_bytes()), source.before)
        skipped: dict[str, int] = {}
        frames = []
        progress(0.2, "reading.doing.parsing")
        for section in sections(stamps.text, HEAD, names_of, skipped, source.before, (b"#",)):
            source.beat()
            frame = rows_of(section, (rb"[\d.:/-]+",), skipped, places=stamps.starts.size > 0, tail=True)
            if frame is not None:
                frames.append(frame)
        if not frames:
            raise UnreadableFile("reading.no_rows", file=source.path)
        progress(0.7, "reading.doing.ordering")
        frame = pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]
        warnings: list[Message] = [message("reading.sums_of_processes")]
        frame, cards, infos = with_cards(frame, "gpu", skipped)
        when = times_of(frame, stamps, source.before)
        warnings += when.warnings
        columns = [
            Column(metric, unit, numbers(frame, field) * factor) for field, (metric, unit, factor) in FIELDS.items() if field in frame
        ]
        columns.append(Column(_PROCESS, "", np.nan_to_num(numbers(frame, "pid"), nan=-1.0)))
        step = step_of(plain(source.head), "pmon", ("-d", "--delay")) or SYNTHETIC_STEP_S
        rows = Rows(when.times, when.clock, cards, infos, tuple(columns), None, when.utc_offset_s, step)
        return trace_of_rows(source, SLUG, rows, skipped=skipped, warnings=warnings, settle=_summed)

    def chapters(self, head: bytes) -> re.Pattern[bytes]:
        """Every row stands for itself; the rows of a tick are summed when all are there."""
        return ANY_LINE


READER = NvidiaSmiPmon()


def _summed(source: Source, rows: Rows, told: Told) -> Rows:
    """Return a row for each card and tick."""
    processes = next(column.values for column in rows.columns if column.metric == _PROCESS)
    source.beat()
    starts = _groups(rows.devices, processes)
    columns = []
    for column in rows.columns:
        source.beat()
        if column.metric != _PROCESS:
            values = _sums(column.values, starts)
            release(column.values)
            columns.append(Column(column.metric, column.unit, np.minimum(values, 1.0) if column.unit == "" else values, "estimated"))
    columns.append(Column("gpu_processes", "count", _sums((processes >= 0).astype(np.float64), starts)))
    times = rows.times[starts] if rows.times is not None else None
    count = rows.devices.size if rows.count is None else rows.count
    return Rows(times, rows.clock, rows.devices[starts], rows.infos, tuple(columns), count, rows.utc_offset_s, rows.step_s)


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
