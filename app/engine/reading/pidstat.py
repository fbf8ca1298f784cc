"""`pidstat`: what each process uses of the CPUs and disks, summed over all processes of a tick: a lower bound of what the host does."""

import re
from typing import TYPE_CHECKING

import numpy as np

from app.engine.errors import UnreadableFile
from app.engine.messages import message
from app.engine.model.traces import Clock, Trace
from app.engine.progress import Progress
from app.engine.reading._channels import HOST, Channel, trace_of_channels
from app.engine.reading._host_activity import KB, summed
from app.engine.reading._sources import Source
from app.engine.reading._sysstat import (
    Head,
    Table,
    carried,
    count_skipped,
    find_banner,
    numbers,
    report_of,
    tables_under,
    tick_end,
    times_of_day,
    with_time_words,
    without_summaries,
)
from app.engine.reading._times import Before, Turns, epoch_times

if TYPE_CHECKING:
    pass

SLUG = "pidstat"
_HEAD = re.compile(rb"^#?[ \t]*(?:Time|\d\d:\d\d:\d\d\S*)[ \t]+(UID[ \t]+(?:TGID|PID)[ \t][^\n]*Command)[ \t\r]*$", re.M)


class Pidstat:
    """The reader."""

    slug = SLUG
    label = "pidstat"
    priority = 40

    def recognises(self, head: bytes) -> bool:
        """A head of process columns that ends in Command."""
        return _HEAD.search(with_time_words(report_of(head))) is not None

    def read(self, source: Source, progress: Progress) -> Trace:
        """Read the processes and sum them by tick. Raises UnreadableFile where there are none."""
        progress(0.0, "reading.doing.reading")
        text, summaries = without_summaries(with_time_words(report_of(source.text_bytes(), source.before)))
        banner = find_banner(text, source.before)
        heads = [Head(found.start(), found.end(), b"time_ " + b" ".join(found[1].split())) for found in _HEAD.finditer(text)]
        heads = carried(heads, source.before)
        progress(0.3, "reading.doing.parsing")
        tables = tables_under(text, heads, {head.key for head in heads})
        rows = sum(len(table.frame) + table.lost for table in tables)
        if not rows:
            raise UnreadableFile("reading.no_rows", file=source.path)
        skipped: dict[str, int] = {}
        count_skipped(skipped, "skipped.summary_row", summaries)
        count_skipped(skipped, "skipped.bad_row", sum(table.lost for table in tables))
        channels: list[Channel] = []
        clock: Clock = "relative"
        for table in tables:
            times, clock = _times(table, banner.day_ns if banner else None, source.before)
            channels += _channels(table, times, banner.cpus if banner else 0)
        warnings = [message("reading.sum_of_processes")]
        environment = banner.environment if banner else {}
        return trace_of_channels(
            source, SLUG, channels, clock, rows + summaries, skipped=skipped, warnings=warnings, environment=environment
        )

    def chapters(self, head: bytes) -> re.Pattern[bytes]:
        """The processes of one time belong together."""
        return tick_end(head)


READER = Pidstat()


def _times(table: Table, day_ns: int | None, before: Before) -> tuple[np.ndarray, Clock]:
    import pandas as pd

    texts: pd.Series = table.frame["time_"]
    if texts.str.fullmatch(r"\d{9,}").all():
        times = epoch_times(pd.to_numeric(texts).to_numpy(np.float64))
        if times is not None:
            return times, "absolute"
    return times_of_day(texts, day_ns, before.setdefault(("days", table.names), Turns())), "local" if day_ns is not None else "relative"


def _channels(table: Table, times: np.ndarray, cpus: int) -> list[Channel]:
    frame, made = table.frame, []
    if "%CPU" in frame and cpus:
        for metric, column in (("cpu_utilisation", "%CPU"), ("cpu_system", "%system")):
            if column in frame:
                total = summed(metric, times, numbers(frame[column]) / 100 / cpus)
                made.append(Channel(metric, "", HOST, total.times, np.clip(total.values, 0, 1), "estimated"))
    for metric, column in (("disk_read_gbs", "kB_rd/s"), ("disk_write_gbs", "kB_wr/s")):
        if column in frame:
            rates = numbers(frame[column])
            total = summed(metric, times, np.where(rates < 0, np.nan, rates * KB))  # -1: the kernel does not tell
            made.append(Channel(metric, "GB/s", HOST, total.times, total.values, "estimated"))
    return made
