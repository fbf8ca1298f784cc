"""Rows of nvidia-smi whose time a wrapper wrote: before each line, or on lines of `date` between calls.

Where the rows have a time of their own, the wrapper's is taken off; where they have none, it becomes their first cell.
"""

import re

import msgspec
import numpy as np

from app.engine.messages import Message
from app.engine.model.traces import Clock, Trace
from app.engine.reading._cleaning import plain
from app.engine.reading._nvidia_fields import TIMES, field_of
from app.engine.reading._rewritten import Rewritten
from app.engine.reading._sources import Source
from app.engine.reading._stamps import Stamped, stamped, without_prefix
from app.engine.reading._times import MISSING, Before

_FIELDS_LINE = re.compile(
    rb"^[^\n,]{0,120}[a-z][a-z_.]{2,40}(?:[ \t]*\[[^\]\n]{1,8}\])?[ \t]*,[^\n]*[a-z][a-z_]+\.[a-z]+[^\n]*$", re.MULTILINE
)
_LOCAL_TIME = "reading.local_time"


class Wrapped:
    """What to read in place of a source, and what its times then are."""

    def __init__(
        self, source: Source, clock: Clock | None = None, warnings: tuple[Message, ...] = (), utc_offset_s: int | None = None
    ) -> None:
        self.source = source
        self._clock = clock
        self._warnings = warnings
        self._utc_offset_s = utc_offset_s

    def told(self, trace: Trace) -> Trace:
        """Return the trace with the clock that the wrapper's stamps have."""
        if self._clock is None:
            return trace
        if self._clock != "relative":
            return msgspec.structs.replace(trace, utc_offset_s=self._utc_offset_s)
        kept = tuple(warning for warning in trace.warnings if warning.code != _LOCAL_TIME)
        return msgspec.structs.replace(trace, clock="relative", start_ns=None, warnings=(*kept, *self._warnings))


def unwrapped(source: Source) -> Wrapped:
    """Return the source as it is where nobody wrapped it."""
    head = plain(source.head)
    strip = without_prefix(head)
    has_time = _has_time(head if strip is None else strip(head))
    if has_time is None or (strip is None and has_time):
        return Wrapped(source)
    if has_time and strip is not None:
        return Wrapped(Rewritten(source, lambda text: strip(plain(text))))
    if strip is None and not stamped(head).starts.size:
        return Wrapped(source)
    stamps = stamped(head)
    if not (stamps.times != MISSING).any():
        return Wrapped(source)
    before: Before = {}
    timed = Rewritten(source, lambda text: _with_times(stamped(plain(text), before), is_prefix=strip is not None))
    return Wrapped(timed, stamps.clock, stamps.warnings, stamps.utc_offset_s)


def _has_time(text: bytes) -> bool | None:
    """Tell whether the first head has a time, None without a head."""
    found = _FIELDS_LINE.search(text)
    if found is None:
        return None
    return any(field_of(word) in TIMES for word in found.group().decode("utf-8", "replace").split(","))


def _with_times(stamps: Stamped, *, is_prefix: bool) -> bytes:
    lines = stamps.text.split(b"\n")
    starts = np.cumsum([0, *(len(line) + 1 for line in lines)])[:-1]
    times = stamps.at(starts)
    assert times is not None
    texts = np.datetime_as_string(np.where(times == MISSING, np.datetime64("NaT"), times.astype("datetime64[ns]")), unit="ms").astype("S")
    zone = b"Z" if stamps.clock == "absolute" else b""
    own = set() if is_prefix else set(stamps.starts.tolist())
    rows = []
    for line, start, known, text in zip(lines, starts.tolist(), (times != MISSING).tolist(), texts.tolist(), strict=True):
        if start in own:
            continue
        head = _FIELDS_LINE.match(line) is not None
        rows.append(b"timestamp," + line if head else (text + zone if known else b"") + b"," + line if line.strip() else b"")
    return b"\n".join(rows)
