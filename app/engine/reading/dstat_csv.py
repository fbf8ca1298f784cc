"""`dstat --output f.csv` and dool: five lines of preamble, groups over names, times without a year, bytes per second.

A run that is appended to the file repeats the preamble, at times without its first line. Its first row is the average since the boot.
"""

import re
from typing import TYPE_CHECKING

import numpy as np

from app.engine.errors import UnreadableFile
from app.engine.messages import Message, message
from app.engine.model.traces import Clock, Trace
from app.engine.progress import Progress
from app.engine.reading._channels import HOST, Channel, trace_of_channels
from app.engine.reading._csv_text import floats_of
from app.engine.reading._rows import SYNTHETIC_STEP_S
from app.engine.reading._sources import Source
from app.engine.reading._sysstat import count_skipped, frame_of, separated
from app.engine.reading._times import MISSING, Before, Turns, epoch_times

if TYPE_CHECKING:
    import pandas as pd

SLUG = "dstat-csv"
_START = re.compile(rb'^"?(?:Dstat|Dool|pcp-dstat)[^"\n]*CSV output"?[^\n]*$', re.M | re.I)
_YEAR = re.compile(rb'"Date:","[^"\n]*?\b(\d{4})\b')
_HOST = re.compile(rb'^"Host:","([^"\n]*)"', re.M)
_ROW_END = re.compile(rb"^(?![\"\s])[^\n]*\n", re.M)
_CPU = "total cpu usage"
_CPU = ("total cpu usage", "total usage")
"""The group's name of dstat; pcp-dstat and dool leave the middle out."""
YEAR_NS = 365 * 86_400 * 10**9


class DstatCsv:
    """The reader."""

    slug = SLUG
    label = "dstat --output"
    priority = 40

    def recognises(self, head: bytes) -> bool:
        """dstat's first line."""
        return _START.search(head[:4096]) is not None

    def read(self, source: Source, progress: Progress) -> Trace:
        """Read every run in the file but its first row. Raises UnreadableFile where there is none."""
        progress(0.0, "reading.doing.reading")
        text = source.text_bytes()
        starts = [found.start() for found in (list(_HOST.finditer(text)) or list(_START.finditer(text)))]
        runs = [text[start:end] for start, end in zip(starts, [*starts[1:], len(text)], strict=False)]
        goes_on = "dstat.head" in source.before
        if goes_on:  # the run of the chapter before
            runs = [source.before["dstat.head"] + text[: starts[0] if starts else len(text)], *runs]
        progress(0.3, "reading.doing.parsing")
        skipped: dict[str, int] = {}
        warnings: list[Message] = []
        channels: list[Channel] = []
        rows, clock = 0, "synthetic"
        for number, run in enumerate(runs):
            if number or not goes_on:
                source.before |= {"dstat.fresh": True, "dstat.rows": 0, "dstat.years": Turns(YEAR_NS // 2, YEAR_NS)}
            frame, count = _frame(run, source, skipped)
            rows += count
            if len(frame):
                times, clock = _times(frame, run, warnings, source.before)
                channels += _channels(frame, times)
            source.before["dstat.rows"] += len(frame)
        host = _HOST.search(runs[0]) if runs else None
        told = {"host": host[1].decode("utf-8", "replace")} if host else {}
        if not rows:
            raise UnreadableFile("reading.no_rows", file=source.path)
        known: Clock = clock  # type: ignore[assignment]
        return trace_of_channels(source, SLUG, _appended(channels), known, rows, skipped=skipped, warnings=warnings, environment=told)

    def chapters(self, head: bytes) -> re.Pattern[bytes]:
        """Every row stands for itself, but the lines before the names belong together."""
        return _ROW_END


READER = DstatCsv()


def _frame(run: bytes, source: Source, skipped: dict[str, int]) -> tuple["pd.DataFrame", int]:
    """Return the rows of one run but its first, with columns "group/name", and the number of its rows."""
    import pandas as pd

    lines = [line for line in run.split(b"\n") if line.strip()]
    place = next((n for n, line in enumerate(lines) if line.lower().startswith((b'"time"', b'"epoch"', b'"usr"', b'"date/time"'))), None)
    place = place if place is not None else next((n for n, line in enumerate(lines) if n and b'"usr"' in line), 0)
    if place < 1:
        return pd.DataFrame(), 0
    groups, names = ([cell.strip().strip('"') for cell in lines[at].decode("utf-8", "replace").split(",")] for at in (place - 1, place))
    columns, group = [], ""
    for at, name in enumerate(names):
        group = groups[at] if at < len(groups) and groups[at] else group
        full = f"{group}/{name.rpartition(':')[2]}"  # newer ones write "total cpu usage:usr"
        columns.append(full if full not in columns else f"{full}/{at}")
    body = lines[place + 1 :]
    source.before["dstat.head"] = b"\n".join([*lines[: place + 1], b""])
    if not body:
        return pd.DataFrame(), 0
    frame, lost = frame_of(b"\n".join(body), tuple(columns), separated(b",", len(columns)))
    count_skipped(skipped, "skipped.bad_row", lost)
    if "dstat.fresh" in source.before and len(frame) and (len(frame) > 1 or source.parts is not None):
        del source.before["dstat.fresh"]
        count_skipped(skipped, "skipped.since_boot", 1)
        frame = frame.iloc[1:]
    return frame, len(body)


def _times(frame: "pd.DataFrame", run: bytes, warnings: list[Message], before: Before) -> tuple[np.ndarray, Clock]:
    import pandas as pd

    column = next((name for name in frame if name.endswith(("/time", "/epoch", "/date/time"))), None)
    if column is None:
        warnings.append(message("reading.synthetic_time", step=SYNTHETIC_STEP_S))
        return np.arange(before["dstat.rows"], before["dstat.rows"] + len(frame), dtype=np.int64) * int(SYNTHETIC_STEP_S * 1e9), "synthetic"
    texts = frame[column].str.strip().str.strip('"')
    seconds = floats_of(texts)
    if np.isfinite(seconds).all() and (epoch := epoch_times(seconds)) is not None:
        return epoch, "absolute"
    year = _YEAR.search(run)
    if year is None:
        warnings.append(message("reading.no_year"))
    form = "%Y-%b-%d %H:%M:%S" if texts.str.match(r"[A-Za-z]{3}-").any() else "%Y-%d-%m %H:%M:%S"  # dool and dstat
    stamps = pd.to_datetime((year[1].decode() if year else "1970") + "-" + texts, format=form, errors="coerce")
    values = stamps.to_numpy(dtype="datetime64[ns]")
    times = np.where(np.isnat(values), MISSING, values.astype(np.int64))
    return before["dstat.years"].over(times), "local" if year else "relative"


def _channels(frame: "pd.DataFrame", times: np.ndarray) -> list[Channel]:

    def column(name: str) -> np.ndarray | None:
        return floats_of(frame[name]) if name in frame else None

    made = []
    group = next((one for one in _CPU if f"{one}/idl" in frame), _CPU[0])
    idle, wait, system = (column(f"{group}/{name}") for name in ("idl", "wai", "sys"))
    if idle is not None:
        made.append(Channel("cpu_utilisation", "", HOST, times, np.clip(1 - (idle + (0 if wait is None else wait)) / 100, 0, None)))
    for metric, values in (("cpu_system", system), ("cpu_iowait", wait)):
        if values is not None:
            made.append(Channel(metric, "", HOST, times, values / 100))
    for metric, name in (("disk_read_gbs", "dsk/total/read"), ("disk_write_gbs", "dsk/total/writ"), ("net_rx_gbs", "net/total/recv")):
        if (values := column(name)) is not None:
            made.append(Channel(metric, "GB/s", HOST, times, values / 1e9))
    if (values := column("net/total/send")) is not None:
        made.append(Channel("net_tx_gbs", "GB/s", HOST, times, values / 1e9))
    if (values := column("memory usage/used")) is not None:
        made.append(Channel("host_memory_used_gib", "GiB", HOST, times, values / 2**30))
    return made


def _appended(channels: list[Channel]) -> list[Channel]:
    """Join the channels of several runs by metric."""
    parts: dict[str, list[Channel]] = {}
    for channel in channels:
        parts.setdefault(channel.metric, []).append(channel)
    return [
        Channel(metric, found[0].unit, HOST, np.concatenate([c.times for c in found]), np.concatenate([c.values for c in found]))
        for metric, found in parts.items()
    ]
