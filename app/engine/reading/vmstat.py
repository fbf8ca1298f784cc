"""`vmstat`: CPU shares and blocks of 1024 bytes read and written per second; the first row is the average since the boot."""

import re
from typing import TYPE_CHECKING

import numpy as np

from app.engine.errors import UnreadableFile
from app.engine.messages import Message, message
from app.engine.model.traces import Clock, Trace
from app.engine.progress import Progress
from app.engine.reading._blank_columns import ANY_LINE
from app.engine.reading._channels import HOST, Channel, trace_of_channels
from app.engine.reading._cleaning import plain
from app.engine.reading._host_activity import KB
from app.engine.reading._lines import blanked, marked
from app.engine.reading._rows import SYNTHETIC_STEP_S
from app.engine.reading._sources import Source
from app.engine.reading._stamps import Stamped, stamped
from app.engine.reading._sysstat import Head, Table, carried, count_skipped, numbers, tables_under
from app.engine.reading._times import parse_times

if TYPE_CHECKING:
    import pandas as pd

SLUG = "vmstat"
_SWAPPED = "交换".encode()
_HEAD = re.compile(rb"^[ \t]*(r[ \t]+b[ \t]+(?:swpd|" + _SWAPPED + rb")[^\n]*?[ \t]id[ \t]+wa[^\n]*)$", re.M)
_PROCS = re.compile(rb"^[ \t]*-*procs[ \t-][^\n]*", re.M)
_CPU = ("us", "sy", "id", "wa")


class Vmstat:
    """The reader."""

    slug = SLUG
    label = "vmstat"
    priority = 40

    def recognises(self, head: bytes) -> bool:
        """vmstat's line of column names."""
        return _HEAD.search(stamped(plain(head)).text) is not None

    def read(self, source: Source, progress: Progress) -> Trace:
        """Read all rows but the first. Raises UnreadableFile where there are none."""
        progress(0.0, "reading.doing.reading")
        stamps = stamped(plain(source.text_bytes()), source.before)
        text = blanked(stamps.text, marked(stamps.text, _PROCS, (b"procs",)))
        heads = [Head(found.start(), found.end(), _key(found[1])) for found in marked(text, _HEAD, (b"swpd", _SWAPPED))]
        heads = carried(heads, source.before)
        progress(0.3, "reading.doing.parsing")
        tables = tables_under(text, heads, {head.key for head in heads if set(_CPU) <= set(head.names)})
        rows = sum(len(table.frame) + table.lost for table in tables)
        if not rows:
            raise UnreadableFile("reading.no_rows", file=source.path)
        skipped: dict[str, int] = {}
        warnings: list[Message] = []
        table = max(tables, key=lambda one: len(one.frame))
        count_skipped(skipped, "skipped.bad_row", rows - len(table.frame))
        channels, clock = _channels(table, stamps, source, skipped, warnings)
        return trace_of_channels(source, SLUG, channels, clock, rows, skipped=skipped, warnings=warnings)

    def chapters(self, head: bytes) -> re.Pattern[bytes]:
        """Every row stands for itself."""
        return ANY_LINE


READER = Vmstat()


def _key(names: bytes) -> bytes:
    """Return the names; with -t the zone's name is the last, and its rows hold a date and a time there."""
    words = names.split()
    last = words[-1]
    zone = b"utc_" if last in (b"UTC", b"GMT") else b"time_"
    return b" ".join([*words[:-1], b"date_", zone] if last.isupper() or last == b"timestamp" else words)


def _channels(
    table: Table, stamps: Stamped, source: Source, skipped: dict[str, int], warnings: list[Message]
) -> tuple[list[Channel], Clock]:
    """Return the channels; stamps: what a wrapper wrote, which holds where vmstat wrote no times itself."""
    frame = table.frame
    told = stamps.at(table.places) if "date_" not in frame else None
    gone = source.before.setdefault("vmstat.rows", 0)
    if not gone and (len(frame) > 1 or source.parts is not None):
        frame = frame.iloc[1:]
        told = told[1:] if told is not None else None
        count_skipped(skipped, "skipped.since_boot", 1)
    elif not gone:
        warnings.append(message("reading.since_boot"))
    times, clock = (told, stamps.clock) if told is not None else _times(frame, max(gone - 1, 0), warnings)
    source.before["vmstat.rows"] += len(table.frame)
    share = {name: numbers(frame[name]) / 100 for name in _CPU if name in frame}
    columns = {"cpu_utilisation": 1 - share["id"] - share["wa"], "cpu_system": share["sy"], "cpu_iowait": share["wa"]}
    made = [Channel(metric, "", HOST, times, np.clip(values, 0, None)) for metric, values in columns.items()]
    for metric, name in (("disk_read_gbs", "bi"), ("disk_write_gbs", "bo")):
        if name in frame:
            made.append(Channel(metric, "GB/s", HOST, times, numbers(frame[name]) * KB))
    return made, clock


def _times(frame: "pd.DataFrame", gone: int, warnings: list[Message]) -> tuple[np.ndarray, Clock]:
    if "date_" in frame:
        zone = "Z" if "utc_" in frame else ""
        return parse_times(frame["date_"].str.cat(frame["utc_" if zone else "time_"], sep=" ") + zone)
    warnings.append(message("reading.synthetic_time", step=SYNTHETIC_STEP_S))
    return np.arange(gone, gone + len(frame), dtype=np.int64) * int(SYNTHETIC_STEP_S * 1e9), "synthetic"
