"""Operator tables: kernels by device time, and host operators with the device time that they launched."""

import numpy as np

from app.engine.model.profiles import OperatorStat
from app.engine.model.traces import Events
from app.engine.profiling.device_time import kernel_class
from app.engine.profiling.window import device_events
from app.engine.units import NS_PER_S


def kernel_table(events: Events, window: tuple[int, int]) -> tuple[OperatorStat, ...]:
    """Return kernels, copies and collectives, the longest first."""
    chosen = device_events(events)
    chosen = chosen[(events.start_ns[chosen] >= window[0]) & (events.start_ns[chosen] <= window[1])]
    return _grouped(events, chosen, events.duration_ns[chosen], host=False)


def host_table(events: Events) -> tuple[OperatorStat, ...]:
    """Return host operators by their own time (children taken off); device_time_s is what their own launches took on the card."""
    if "cpu_op" not in events.categories:
        return ()
    chosen = np.flatnonzero(events.category == events.categories.index("cpu_op"))
    own, launched = np.zeros(chosen.size, np.int64), np.zeros(chosen.size, np.int64)
    kernels = _kernel_time_by_correlation(events)
    for thread in np.unique(events.stream[chosen]).tolist():
        at = np.flatnonzero(events.stream[chosen] == thread)
        start = events.start_ns[chosen[at]]
        end = start + events.duration_ns[chosen[at]]
        order = np.lexsort((-end, start))
        at, start, end = at[order], start[order], end[order]
        parent = _enclosing(start, end, start, np.arange(start.size) - 1)
        self_ns = end - start
        child = parent >= 0
        np.subtract.at(self_ns, parent[child], (end - start)[child])
        own[at] = np.maximum(self_ns, 0)
        if kernels is not None:
            moments, durations = _launches(events, thread, kernels)
            owner = _enclosing(start, end, moments, np.searchsorted(start, moments, side="right") - 1, parent)
            np.add.at(launched, at[owner[owner >= 0]], durations[owner >= 0])
    return _grouped(events, chosen, own, host=True, launched=launched if kernels is not None else None)


def _enclosing(
    start: np.ndarray, end: np.ndarray, moments: np.ndarray, candidate: np.ndarray, parents: np.ndarray | None = None
) -> np.ndarray:
    """Return the innermost event that covers each moment, -1 for none, by following ever earlier candidates.

    Events between a candidate and its own candidate end before the later one begins, so none of them can cover it: jumping is safe.
    """
    candidate = candidate.copy()
    while True:
        wrong = np.flatnonzero((candidate >= 0) & (end[np.maximum(candidate, 0)] <= moments))
        if not wrong.size:
            return candidate
        candidate[wrong] = (candidate if parents is None else parents)[candidate[wrong]]


def _kernel_time_by_correlation(events: Events) -> tuple[np.ndarray, np.ndarray] | None:
    chosen = device_events(events)
    chosen = chosen[events.correlation[chosen] >= 0]
    if not chosen.size:
        return None
    numbers, place = np.unique(events.correlation[chosen], return_inverse=True)
    return numbers, np.bincount(place, weights=events.duration_ns[chosen]).astype(np.int64)


def _launches(events: Events, thread: int, kernels: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return when a thread launched kernels, and how long those ran."""
    if "runtime" not in events.categories:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    runtime = events.categories.index("runtime")
    at = np.flatnonzero((events.category == runtime) & (events.stream == thread) & (events.correlation >= 0))
    numbers, durations = kernels
    place = np.minimum(np.searchsorted(numbers, events.correlation[at]), numbers.size - 1)
    found = numbers[place] == events.correlation[at]
    return events.start_ns[at][found], durations[place[found]]


def _grouped(
    events: Events, chosen: np.ndarray, time_ns: np.ndarray, *, host: bool, launched: np.ndarray | None = None
) -> tuple[OperatorStat, ...]:
    if not chosen.size:
        return ()
    names = events.name[chosen]
    count = len(events.names)
    calls = np.bincount(names, minlength=count)
    weights = time_ns if launched is None else launched
    times = np.bincount(names, weights=weights, minlength=count)
    own = np.bincount(names, weights=time_ns, minlength=count)
    total = times.sum() or 1.0
    order = np.argsort(-times, kind="stable")
    return tuple(
        OperatorStat(
            name=events.names[number],
            category="cpu" if host else kernel_class(events.names[number]),
            calls=int(calls[number]),
            device_time_s=float(times[number] / NS_PER_S),
            share=float(times[number] / total),
            host_time_s=float(own[number] / NS_PER_S) if host else None,
        )
        for number in order.tolist()
        if calls[number]
    )
