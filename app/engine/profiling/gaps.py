"""Time in which a card waits, and what its host did meanwhile.

A gap is a time inside the window in which nothing at all runs on a card. The thread that counts is the one that launches the next work;
where it did nothing itself (the thread of autograd before a backward pass), the main thread. Time in which only a copy from or to the host
runs is told too, as cause "copy": all together are the idle time and the exposed host copies of the card.
"""

import re

import numpy as np
from msgspec import Struct

from app.engine.model.profiles import Gap
from app.engine.model.traces import Events
from app.engine.profiling import intervals
from app.engine.profiling.host_activity import (
    COPY,
    DATALOADER,
    KINDS,
    LAUNCH,
    NOTHING,
    OTHER,
    PYTHON,
    QUEUED,
    SYNC,
    Activity,
    activity_of,
    host_threads,
    kinds_of_names,
    main_thread,
)
from app.engine.profiling.launches import Launches, host_of
from app.engine.profiling.time_shares import CardTime
from app.engine.units import NS_PER_S

MOST = 20
SHORTEST_LAUNCH_NS, LONGEST_LAUNCH_NS = 10_000, 200_000
"""Between these lies what counts as about a launch's time: a bare launch takes some 5 µs, one through eager PyTorch under a profiler that
records stacks and shapes 100 µs."""
_ABOUT = 1.5
_AT_ONCE = 1 << 16
"""Pieces of the host's activity that are looked at together: what they need in between is several times their own size."""
_SAMPLES = 16
SYNC_REACH_NS = 1_000_000
"""After a wait for the card the host has to catch up. Python that takes longer than this is a cause of its own, not the wait's echo."""
_HOST_COPY = re.compile(r"HtoD|DtoH|H2D|D2H|host_?to_?device|device_?to_?host", re.IGNORECASE)


class _Gaps(Struct, eq=False):
    """Gaps of a card; all (g,). launched: when the launch of the next work returned, -1 = not known."""

    start: np.ndarray
    end: np.ndarray
    launched: np.ndarray
    thread: np.ndarray


class _Found(Struct, eq=False):
    """Gaps with their cause (index into KINDS), operator (index into names, -1 = none) and time in ns."""

    cause: np.ndarray
    operator: np.ndarray
    time: np.ndarray


def find_gaps(events: Events | None, window: tuple[int, int], cards: tuple[CardTime, ...], launches: Launches | None) -> tuple[Gap, ...]:
    """Return the waits by cause and operator, the longest first; () without host events. Those beyond MOST have no operator each."""
    if events is None or launches is None or not cards:
        return ()
    threads = host_threads(events)
    if not threads:
        return ()
    host = _Host(events, threads, [events.devices.index(card.device) for card in cards])
    found = [part for card in cards for part in (_of_card(host, window, card, launches), _copies(host, window, card))]
    return _gathered(events, found, len(cards) * (window[1] - window[0]))


class _Host:
    """The threads of a trace, each taken apart once and only where asked for."""

    def __init__(self, events: Events, threads: dict[tuple[int, int], np.ndarray], cards: list[int]) -> None:
        self.events = events
        self._hosts = [host_of(events, card) for card in cards]
        self.threads = threads
        self.names = kinds_of_names(events)
        self.is_told = bool({"cpu_op", "python"} & set(events.categories))
        self._mains: dict[int, tuple[int, int] | None] = {}
        self._known: dict[tuple[int, int], Activity] = {}
        self._launch_times: dict[tuple[int, int], int] = {}

    def main(self, card: int) -> tuple[int, int] | None:
        """Return the main thread of the host of a card."""
        host = host_of(self.events, card)
        if host not in self._mains:
            self._mains[host] = main_thread(self.events, self.threads, host, self.names)
        return self._mains[host]

    def most(self, host: int) -> int:
        """Return how many pieces of activity to look at in a gap: all of them, but few where many cards look at the same host."""
        return _SAMPLES if self._hosts.count(host) > 1 else len(self.events)

    def activity(self, thread: tuple[int, int]) -> Activity:
        """Return what a thread did."""
        if thread not in self._known:
            self._known[thread] = activity_of(self.events, self.threads[thread], self.names)
        return self._known[thread]

    def launch_time(self, thread: tuple[int, int]) -> int:
        """Return the longest gap that counts as a launch's: 1.5 times the usual distance of two launches of a thread, within bounds."""
        if thread not in self._launch_times:
            events, at = self.events, self.threads[thread]
            launches = at[(self.names.launch | self.names.copy)[events.name[at]] & (events.correlation[at] >= 0)]
            usual = float(np.median(np.diff(events.start_ns[launches]))) if launches.size > 1 else 0.0
            self._launch_times[thread] = int(np.clip(_ABOUT * usual, SHORTEST_LAUNCH_NS, LONGEST_LAUNCH_NS))
        return self._launch_times[thread]


def _of_card(host: _Host, window: tuple[int, int], card: CardTime, launches: Launches) -> _Found:
    events, number = host.events, host.events.devices.index(card.device)
    gaps = _gaps_of(events, number, window, card, launches)
    main = host.main(number)
    size = gaps.start.size
    cause, operator = np.full(size, OTHER, np.int8), np.full(size, -1, np.int32)
    if main is None or not size:
        return _Found(cause, operator, gaps.end - gaps.start)
    for thread in np.unique(gaps.thread).tolist():
        rows = np.flatnonzero(gaps.thread == thread)
        key = (main[0], thread) if (main[0], thread) in host.threads else main
        for some in _portions(host.activity(key), gaps, rows, host.most(main[0])):
            cause[some], operator[some] = _judge(host, gaps, some, key, main)
    return _Found(cause, operator, gaps.end - gaps.start)


def _gaps_of(events: Events, number: int, window: tuple[int, int], card: CardTime, launches: Launches) -> _Gaps:
    """Return the gaps of a card, each with the thread that launches what ends it."""
    start = np.concatenate([[window[0]], card.busy[1]])
    end = np.concatenate([card.busy[0], [window[1]]])
    keep = end > start
    start, end = start[keep], end[keep]
    mine = events.device[launches.at] == number
    begins = events.start_ns[launches.at[mine]]
    after = np.searchsorted(begins, end)
    call = np.append(launches.call[mine], -1)[after]
    returned = np.where(call >= 0, events.start_ns[call] + events.duration_ns[call], -1)
    return _Gaps(start, end, returned, np.where(call >= 0, events.stream[call], -1))


def _judge(host: _Host, gaps: _Gaps, rows: np.ndarray, thread: tuple[int, int], main: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Return cause and operator of the gaps that end with a launch of one thread."""
    start, end = gaps.start[rows], gaps.end[rows]
    known = host.activity(thread)
    most = host.most(main[0])
    pieces = _pieces(known, start, end, most)
    first = _kind_at(known, start)
    if thread != main:
        idle = 2 * pieces.times[:, NOTHING] > end - start
        other = _pieces(host.activity(main), start[idle], end[idle], most)
        other.gap = np.flatnonzero(idle)[other.gap]
        pieces = _replaced(pieces, other, idle)
        first[idle] = _kind_at(host.activity(main), start[idle])
    launched = gaps.launched[rows]
    queued = np.where(launched >= 0, launched <= start, pieces.times[:, SYNC] >= end - start)
    cause = _causes(pieces.times, first, queued, host.launch_time(thread), is_told=host.is_told)
    operator = _operators(pieces, cause, len(host.events.names))
    operator[queued] = -1  # the work stood in the queue: whatever the host did, it was not waited for
    return cause, operator


def _portions(known: Activity, gaps: _Gaps, rows: np.ndarray, most: int) -> list[np.ndarray]:
    """Return the gaps in portions that touch about so many pieces of a thread's activity as may be looked at together."""
    first, last = _touched(known, gaps.start[rows], gaps.end[rows])
    return np.split(rows, np.flatnonzero(np.diff(np.cumsum(np.minimum(last - first + 1, most)) // _AT_ONCE)) + 1)


def _touched(known: Activity, start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.searchsorted(known.moment, start, side="right") - 1, np.searchsorted(known.moment, end, side="left") - 1


class _Pieces(Struct, eq=False):
    """What the host did in each gap: parts with the number of their gap, kind, operator and time; times (gaps, kinds) ns."""

    gap: np.ndarray
    kind: np.ndarray
    operator: np.ndarray
    time: np.ndarray
    times: np.ndarray


def _pieces(known: Activity, start: np.ndarray, end: np.ndarray, most: int) -> _Pieces:
    """Return the parts of a thread's activity inside each gap; of a gap that touches more than `most`, so many samples evenly apart."""
    first, last = _touched(known, start, end)
    count = np.minimum(last - first + 1, most)
    gap = np.repeat(np.arange(start.size), count)
    part = np.arange(gap.size) - np.repeat(np.cumsum(count) - count, count)
    place = part + first[gap]
    begin = np.maximum(np.where(place >= 0, known.moment[place], np.iinfo(np.int64).min), start[gap])
    time = np.minimum(known.moment[np.minimum(place + 1, known.moment.size - 1)], end[gap]) - begin
    many = np.flatnonzero((last - first + 1 > most)[gap])
    if many.size:
        length, part = (end - start)[gap[many]], part[many]
        edge = length * part // most
        time[many] = length * (part + 1) // most - edge
        place[many] = np.searchsorted(known.moment, start[gap[many]] + edge + time[many] // 2, side="right") - 1
    return _Pieces(gap, known.kind[place], known.operator[place], time, _summed(gap, known.kind[place], time, start.size))


def _summed(gap: np.ndarray, kind: np.ndarray, time: np.ndarray, gaps: int) -> np.ndarray:
    return np.bincount(gap * len(KINDS) + kind, weights=time, minlength=gaps * len(KINDS)).reshape(gaps, len(KINDS))


def _kind_at(known: Activity, moments: np.ndarray) -> np.ndarray:
    return known.kind[np.searchsorted(known.moment, moments, side="right") - 1]


def _replaced(pieces: _Pieces, other: _Pieces, idle: np.ndarray) -> _Pieces:
    """Return the pieces with those of the idle gaps taken from another thread."""
    stay = ~idle[pieces.gap]
    parts = [np.concatenate([getattr(pieces, name)[stay], getattr(other, name)]) for name in ("gap", "kind", "operator", "time")]
    return _Pieces(*parts, times=_summed(parts[0], parts[1], parts[3], idle.size))


def _causes(times: np.ndarray, first: np.ndarray, queued: np.ndarray, launch_ns: int, *, is_told: bool) -> np.ndarray:
    """Return the cause of each gap: what takes most of it, unless one of the signs below is clearer.

    times     (gaps, kinds) ns; first (gaps,): what the host did at the moment when the card ran dry
    queued    the next work had been launched before: the card waited for something else (an event, another card). Where its launch is not
              known: the host waited for the card all the time, so it launched nothing
    """
    length = times.sum(axis=1)
    cause = times.argmax(axis=1)
    cause[cause == NOTHING] = PYTHON if is_told else OTHER
    cause[cause == LAUNCH] = OTHER  # one launch that takes long loads or compiles something
    # A host that waits for a card which does nothing waits for something else: another card, or work that was not recorded.
    cause[queued | ((cause == SYNC) & (times[:, SYNC] > SYNC_REACH_NS))] = QUEUED
    cause[length <= launch_ns] = LAUNCH
    idle_ns = times[:, PYTHON] + times[:, NOTHING]
    cause[(first == SYNC) & (cause != QUEUED) & ~queued & (idle_ns <= SYNC_REACH_NS)] = SYNC
    cause[(2 * times[:, DATALOADER] >= length) & ~queued] = DATALOADER
    return cause


def _operators(pieces: _Pieces, cause: np.ndarray, names: int) -> np.ndarray:
    """Return the operator that took most of each gap, among the pieces of its cause where that is dataloader, sync or copy.

    Time outside of any operator counts against them, but for launches: there the operator that launches is meant.
    """
    own = cause[pieces.gap]
    keep = (own > COPY) | (pieces.kind == own)
    keep &= (pieces.operator >= 0) | (own == PYTHON) | (own == OTHER)
    key = pieces.gap[keep] * (names + 1) + pieces.operator[keep] + 1
    found = np.full(cause.size, -1)
    if not key.size:
        return found
    order = np.argsort(key, kind="stable")
    first = np.flatnonzero(np.diff(key[order], prepend=-1))
    time = np.add.reduceat(pieces.time[keep][order], first)
    gap, operator = np.divmod(key[order][first], names + 1)
    longest = np.lexsort((time, gap))
    found[gap[longest]] = operator[longest] - 1  # of one gap the last stays: the longest
    return found


def _copies(host: _Host, window: tuple[int, int], card: CardTime) -> _Found:
    """Return the time in which nothing but a copy from or to the host runs, by the name of the copy."""
    events = host.events
    wanted = np.array([_HOST_COPY.search(name) is not None for name in events.names], bool)
    kind = events.categories.index("memcpy") if "memcpy" in events.categories else -1
    at = np.flatnonzero((events.category == kind) & (events.device == events.devices.index(card.device)))
    at = at[wanted[events.name[at]]]
    start = np.clip(events.start_ns[at], *window)
    end = np.clip(events.start_ns[at] + events.duration_ns[at], *window)
    if at.size:
        start = np.maximum(start, np.concatenate([[window[0]], np.maximum.accumulate(end)[:-1]]))  # of two at once, the first counts
    end = np.maximum(start, end)
    alone = end - start
    work = intervals.merged(card.computing, card.communicating)
    alone = alone - (intervals.covered_until(work, end) - intervals.covered_until(work, start))
    keep = alone > 0
    return _Found(np.full(int(keep.sum()), COPY), events.name[at][keep], alone[keep])


def _gathered(events: Events, found: list[_Found], span_ns: int) -> tuple[Gap, ...]:
    cause = np.concatenate([part.cause for part in found]).astype(np.int64)
    operator = np.concatenate([part.operator for part in found]).astype(np.int64)
    time = np.concatenate([part.time for part in found])
    width = len(events.names) + 1
    keys, place = np.unique(cause * width + operator + 1, return_inverse=True)
    total = np.bincount(place, weights=time, minlength=keys.size)
    rest = np.argsort(-total, kind="stable")[MOST:]
    keys[rest] -= keys[rest] % width
    keys, again = np.unique(keys, return_inverse=True)
    place = again.reshape(-1)[place.reshape(-1)]
    total, count = np.bincount(place, weights=time, minlength=keys.size), np.bincount(place, minlength=keys.size)
    gaps = []
    for row in np.argsort(-total, kind="stable").tolist():
        kind, name = divmod(int(keys[row]), width)
        told = events.names[name - 1] if name else ""
        gaps.append(Gap(KINDS[kind], told, int(count[row]), float(total[row] / NS_PER_S), float(total[row] / span_ns)))  # type: ignore[arg-type]
    return tuple(gaps)
