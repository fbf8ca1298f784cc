"""`sar` as text: CPU, disks, network and memory of a host; the date stands in the first line only, heads repeat, the day may turn.

A 12-hour clock puts AM or PM behind the time, a Chinese one 上午 or 下午 before it; `Average:` lines close each activity.
"""

import re

import numpy as np

from app.engine.errors import UnreadableFile
from app.engine.model.traces import Clock, Trace
from app.engine.progress import Progress
from app.engine.reading._channels import Channel, trace_of_channels
from app.engine.reading._csv_cells import BlankWords
from app.engine.reading._host_activity import maker_for
from app.engine.reading._lines import matching
from app.engine.reading._sources import Source
from app.engine.reading._sysstat import (
    TIME_WORD,
    Head,
    Table,
    carried,
    count_skipped,
    find_banner,
    report_of,
    tables_under,
    tick_end,
    times_of_day,
    with_time_words,
    without_summaries,
)
from app.engine.reading._times import Before, Turns

SLUG = "sar"
# A head is a time followed by words only: every row of data holds a number.
_HEAD = re.compile(rb"^" + TIME_WORD + rb"[ \t]+(?![^\n]*[ \t]-?\d+(?:[.,]\d+)?(?:[ \t]|$))([^\s\d][^\n]*)$", re.M)
_RESTART = re.compile(rb"^" + TIME_WORD + rb"[ \t]+LINUX RESTART[^\n]*\n?", re.M)


class Sar:
    """The reader."""

    slug = SLUG
    label = "sar"
    priority = 41

    def recognises(self, head: bytes) -> bool:
        """The line of the kernel, then the head of an activity that feeds an axis."""
        head = with_time_words(report_of(head))
        return find_banner(head) is not None and any(maker_for(found.names) for found in heads_of(head))

    def read(self, source: Source, progress: Progress) -> Trace:
        """Read all activities that feed an axis; the others are counted."""
        return read_activities(source, SLUG, progress)

    def chapters(self, head: bytes) -> re.Pattern[bytes]:
        """The rows of one time belong together."""
        return tick_end(head)


READER = Sar()


def heads_of(text: bytes) -> list[Head]:
    """Return the heads of a report whose times are words."""
    return [Head(found.start(), found.end(), found[1].strip()) for found in matching(text, _HEAD, BlankWords(text).starts_of_words())]


def read_activities(source: Source, slug: str, progress: Progress) -> Trace:
    """Read a report of sar or mpstat. Raises UnreadableFile where nothing in it feeds an axis."""
    progress(0.0, "reading.doing.reading")
    text = with_time_words(report_of(source.text_bytes(), source.before))
    banner = find_banner(text, source.before)
    skipped: dict[str, int] = {}
    text, summaries = without_summaries(text)
    text, restarts = _RESTART.subn(b"", text) if b"RESTART" in text else (text, 0)
    progress(0.3, "reading.doing.parsing")
    words = BlankWords(text)
    heads = heads_of(text)
    rows = int((words.lines_of((TIME_WORD,)) & words.are_wide(2, tail=True) & words.begin_at_once()).sum()) - len(heads)
    heads = carried(heads, source.before)
    wanted = {head.key for head in heads if maker_for(head.names)}
    tables = tables_under(text, [Head(head.start, head.end, b"time_ " + head.key) for head in heads], {b"time_ " + key for key in wanted})
    channels = [channel for table in tables for channel in _channels(table, banner.day_ns if banner else None, source.before)]
    if not channels:
        raise UnreadableFile("reading.no_samples", file=source.path)
    used, lost = sum(len(table.frame) for table in tables), sum(table.lost for table in tables)
    for reason, count in (
        ("summary_row", summaries),
        ("restart", restarts),
        ("bad_row", lost),
        ("not_a_metric", max(0, rows - used - lost)),
    ):
        count_skipped(skipped, f"skipped.{reason}", count)
    clock: Clock = "local" if banner and banner.day_ns is not None else "relative"
    total = rows + summaries + restarts
    return trace_of_channels(source, slug, channels, clock, total, skipped=skipped, environment=banner.environment if banner else {})


def _channels(table: Table, day_ns: int | None, before: Before) -> list[Channel]:
    make = maker_for(table.names)
    if make is None or table.frame.empty:
        return []
    times: np.ndarray = times_of_day(table.frame["time_"], day_ns, before.setdefault(("days", table.names), Turns()))
    return make(table.frame, times)
