"""Host operators one by one: how they nest, their own time, and which kernel each of them launched."""

import numpy as np
from msgspec import Struct

from app.engine.model.traces import Events
from app.engine.profiling.window import device_events


class HostCalls(Struct, frozen=True, eq=False):
    """The host operators of a trace, (n,) of each column.

    at         indices into the events, by thread and start
    parent     the call around it as a place in these columns, -1 = none
    own_ns     time on the host, that of inner calls taken off
    kernel     (k,) indices into the events: work on the cards
    owner      (k,) the innermost call that launched it as a place in these columns, -1 = none recorded
    launched   time of its own launches on the cards; None where nothing ties kernels to launches
    """

    at: np.ndarray
    parent: np.ndarray
    own_ns: np.ndarray
    kernel: np.ndarray
    owner: np.ndarray
    launched_ns: np.ndarray | None


def host_calls(events: Events) -> HostCalls:
    """Return the host operators and who launched what."""
    chosen, kernel = _of_category(events, "cpu_op"), device_events(events)
    thread, launches, launch_thread = _threads(events, chosen)
    span = int((events.start_ns + events.duration_ns).max()) + 1 if len(events) else 1
    start = events.start_ns[chosen] + thread * span  # threads one after the other on one axis: none can enclose another's events
    end = start + events.duration_ns[chosen]
    order = np.lexsort((-end, start))
    at, start, end = chosen[order], start[order], end[order]
    parent = _enclosing(start, end, start, np.arange(start.size) - 1)
    child = parent >= 0
    inner = np.bincount(parent[child], weights=(end - start)[child], minlength=start.size)
    own = np.maximum(end - start - inner.astype(np.int64), 0)
    owner = np.full(kernel.size, -1, np.int64)
    tied = events.correlation[kernel] >= 0
    if not tied.any():
        return HostCalls(at, parent, own, kernel, owner, None)
    moments = events.start_ns[launches] + launch_thread * span
    by = _enclosing(start, end, moments, np.searchsorted(start, moments, side="right") - 1, parent)
    owner[tied] = _joined(_run_keys(events, kernel[tied]), _run_keys(events, launches), by)
    known = owner >= 0
    launched = np.bincount(owner[known], weights=events.duration_ns[kernel[known]], minlength=at.size).astype(np.int64)
    return HostCalls(at, parent, own, kernel, owner, launched)


def _of_category(events: Events, name: str) -> np.ndarray:
    return np.flatnonzero(events.category == events.categories.index(name)) if name in events.categories else np.empty(0, np.int64)


def _threads(events: Events, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the thread number of each chosen event, the launches on the same threads, and theirs."""
    launches = _of_category(events, "runtime")
    launches = launches[events.correlation[launches] >= 0]
    both = np.concatenate([chosen, launches])
    streams, code = np.unique(events.stream[both], return_inverse=True)
    thread = code.reshape(-1) + events.device[both] * np.int64(max(streams.size, 1))
    known, thread = np.unique(thread, return_inverse=True)
    thread = thread.reshape(-1)
    of_calls, of_launches = thread[: chosen.size], thread[chosen.size :]
    has_calls = np.zeros(known.size, bool)
    has_calls[of_calls] = True
    keep = has_calls[of_launches]
    return of_calls, launches[keep], of_launches[keep]


def _run_keys(events: Events, at: np.ndarray) -> np.ndarray:
    """Return correlations that differ between ranks, whose traces count from one each: ranks are told by their devices' names."""
    ranks: dict[str, int] = {}
    number = np.array([ranks.setdefault(name.rpartition(":")[0], len(ranks)) for name in events.devices], np.int64)
    if len(ranks) <= 1:
        return events.correlation[at]
    return events.correlation[at] * len(ranks) + number[events.device[at]]


def _joined(keys: np.ndarray, launch_keys: np.ndarray, by: np.ndarray) -> np.ndarray:
    """Return for each key who made the launch of the same key, -1 for none."""
    if not launch_keys.size:
        return np.full(keys.size, -1, np.int64)
    order = np.argsort(launch_keys, kind="stable")
    launch_keys, by = launch_keys[order], by[order]
    place = np.minimum(np.searchsorted(launch_keys, keys), launch_keys.size - 1)
    return np.where(launch_keys[place] == keys, by[place], -1)


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
