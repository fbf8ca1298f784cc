"""`perfquery`: the counters of an InfiniBand port; two readings with their times make a rate. One unit is four octets.

A loop has to write the time before each reading; without times the counters are told and no rate is made up. 32-bit counters stop at
4294967295 instead of turning over; after `-R` they begin anew, which makes a negative step.
"""

import re

import numpy as np

from app.engine.errors import UnreadableFile
from app.engine.messages import Message, message
from app.engine.model.traces import Clock, Device, Trace
from app.engine.progress import Progress
from app.engine.reading._channels import Channel, trace_of_channels
from app.engine.reading._cleaning import plain
from app.engine.reading._sources import Source
from app.engine.reading._stamps import prefix_of, stamped
from app.engine.reading._sysstat import count_skipped
from app.engine.reading._times import MISSING, Before, epoch_times, parse_times

SLUG = "perfquery"
UNIT_BYTES = 4
STUCK = 4_294_967_295
_START = re.compile(rb"^# Port (?:extended )?counters:[^\n]*?Lid (\S+) port (\d+)[^\n]*$", re.M)
_COUNTER = re.compile(rb"^(Port(?:Xmit|Rcv)Data):\.*(\d+)\s*$", re.M)
_STAMP = re.compile(rb"(\d{4}[-/]\d\d[-/]\d\d[ T]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?|^\d{10}(?:\.\d+)?)[ \t]*$", re.M)
_METRICS = {b"PortXmitData": "ib_tx", b"PortRcvData": "ib_rx"}


class Perfquery:
    """The reader."""

    slug = SLUG
    label = "perfquery"
    priority = 40

    def recognises(self, head: bytes) -> bool:
        """The line above a port's counters."""
        return _START.search(stamped(plain(head)).text) is not None

    def read(self, source: Source, progress: Progress) -> Trace:
        """Read all readings of all ports. Raises UnreadableFile where a counter is nowhere."""
        progress(0.0, "reading.doing.reading")
        before = source.before
        wrapped = stamped(plain(source.text_bytes()), before)
        text = wrapped.text
        starts = list(_START.finditer(text))
        counters: dict[tuple[str, str], list[tuple[int, int]]] = {}
        stamps = [_stamp_above(text, starts, number) for number in range(len(starts))]
        for number, start in enumerate(starts):
            end = starts[number + 1].start() if number + 1 < len(starts) else len(text)
            port = f"lid{start[1].decode('ascii', 'replace')}:{start[2].decode()}"
            for name, value in _COUNTER.findall(text, start.end(), end):
                counters.setdefault((port, _METRICS[name]), []).append((number, min(int(value), 2**62)))
        if not counters:
            raise UnreadableFile("reading.no_samples", file=source.path)
        skipped: dict[str, int] = {}
        warnings: list[Message] = []
        told = wrapped.at([start.start() for start in starts])
        if before.setdefault("perfquery.wrapped", told is not None and bool((told != MISSING).all())) and told is not None:
            times, clock = told, wrapped.clock
        else:
            times, clock = _times(stamps, warnings, before)
        channels = []
        for (port, metric), found in counters.items():
            readings = [(int(times[number]), value) for number, value in found]
            channels += _channels(port, metric, readings, before.get((port, metric)), clock, skipped)
            before[port, metric] = readings[-1]
        return trace_of_channels(source, SLUG, channels, clock, len(starts), skipped=skipped, warnings=warnings)

    def chapters(self, head: bytes) -> re.Pattern[bytes]:
        """A reading's counters belong together, and so does the time above it."""
        before = prefix_of(plain(head)) or b""
        return re.compile(rb"^" + before + rb"\w+:\.+[^\n]*\n(?!" + before + rb"\w+:\.)(?=.|\n)", re.M)


READER = Perfquery()


def _stamp_above(text: bytes, starts: list[re.Match[bytes]], number: int) -> str:
    begin = starts[number - 1].end() if number else 0
    found = _STAMP.findall(text[begin : starts[number].start()])
    return found[-1].decode() if found else ""


def _times(stamps: list[str], warnings: list[Message], before: Before) -> tuple[np.ndarray, Clock]:
    import pandas as pd

    if not all(stamps):
        warnings.append(message("reading.no_rate_without_time"))
        first = before.get("readings", 0)
        before["readings"] = first + len(stamps)
        return np.arange(first, first + len(stamps), dtype=np.int64) * 10**9, "synthetic"
    if all(stamp.replace(".", "").isdigit() for stamp in stamps):
        epoch = epoch_times(np.array(stamps, np.float64))
        if epoch is not None:
            return epoch, "absolute"
    return parse_times(pd.Series(stamps))


def _channels(
    port: str, metric: str, found: list[tuple[int, int]], last: tuple[int, int] | None, clock: Clock, skipped: dict[str, int]
) -> list[Channel]:
    """Return counter and rate. found: time in ns and units of each reading; last: the reading in the chapter before, for the first rate."""
    new = 0 if last is None else 1
    at, units = np.array([last, *found] if last is not None else found, np.int64).T
    stuck = units == STUCK
    count_skipped(skipped, "skipped.saturated", int(stuck[new:].sum()))
    device = Device(port, "nic", port)
    total = np.where(stuck, np.nan, units * float(UNIT_BYTES) / 2**30)
    made = [Channel(f"{metric}_counter_gib", "GiB", device, at[new:], total[new:])]
    if clock != "synthetic" and at.size > 1:
        seconds = np.diff(at) / 1e9
        steps = np.diff(units) * float(UNIT_BYTES) / 1e9
        good = (seconds > 0) & ~stuck[1:] & ~stuck[:-1] & (steps >= 0) & (at[1:] != MISSING) & (at[:-1] != MISSING)
        count_skipped(skipped, "skipped.counter_reset", int((steps < 0).sum()))
        rates = np.divide(steps, seconds, out=np.full(steps.shape, np.nan), where=good)
        made.append(Channel(f"{metric}_gbs", "GB/s", device, at[1:], rates))
    return made
