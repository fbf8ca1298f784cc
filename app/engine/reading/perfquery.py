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
from app.engine.reading._stamps import stamped
from app.engine.reading._sysstat import count_skipped
from app.engine.reading._times import MISSING, epoch_times, parse_times

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
        wrapped = stamped(plain(source.text_bytes()))
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
        if told is not None and (told != MISSING).all():
            times, clock = told, wrapped.clock
        else:
            times, clock = _times(stamps, warnings)
        channels = [made for (port, metric), found in counters.items() for made in _channels(port, metric, found, times, clock, skipped)]
        return trace_of_channels(source, SLUG, channels, clock, len(starts), skipped=skipped, warnings=warnings)


READER = Perfquery()


def _stamp_above(text: bytes, starts: list[re.Match[bytes]], number: int) -> str:
    begin = starts[number - 1].end() if number else 0
    found = _STAMP.findall(text[begin : starts[number].start()])
    return found[-1].decode() if found else ""


def _times(stamps: list[str], warnings: list[Message]) -> tuple[np.ndarray, Clock]:
    import pandas as pd

    if not all(stamps):
        warnings.append(message("reading.no_rate_without_time"))
        return np.arange(len(stamps), dtype=np.int64) * 10**9, "synthetic"
    if all(stamp.replace(".", "").isdigit() for stamp in stamps):
        epoch = epoch_times(np.array(stamps, np.float64))
        if epoch is not None:
            return epoch, "absolute"
    return parse_times(pd.Series(stamps))


def _channels(
    port: str, metric: str, found: list[tuple[int, int]], times: np.ndarray, clock: Clock, skipped: dict[str, int]
) -> list[Channel]:
    at = times[[number for number, _ in found]]
    units = np.array([value for _, value in found], np.int64)
    stuck = units == STUCK
    count_skipped(skipped, "skipped.saturated", int(stuck.sum()))
    device = Device(port, "nic", port)
    total = np.where(stuck, np.nan, units * float(UNIT_BYTES) / 2**30)
    made = [Channel(f"{metric}_counter_gib", "GiB", device, at, total)]
    if clock != "synthetic" and len(found) > 1:
        seconds = np.diff(at) / 1e9
        steps = np.diff(units) * float(UNIT_BYTES) / 1e9
        good = (seconds > 0) & ~stuck[1:] & ~stuck[:-1] & (steps >= 0) & (at[1:] != MISSING) & (at[:-1] != MISSING)
        count_skipped(skipped, "skipped.counter_reset", int((steps < 0).sum()))
        rates = np.divide(steps, seconds, out=np.full(steps.shape, np.nan), where=good)
        made.append(Channel(f"{metric}_gbs", "GB/s", device, at[1:], rates))
    return made
