"""Collectives by kind, size and group, with the bandwidths as nccl-tests counts them.

Algorithm bandwidth is the size of the message by the time; bus bandwidth multiplies it by what a ring moves for each byte, so that it can
be held against the rate of the link: github.com/NVIDIA/nccl-tests, doc/PERFORMANCE.md. The size is that of nccl-tests too: the larger of
what goes in and comes out on one rank. The time is that of the kernel on this card, and so holds the wait for the slowest rank: the rates
are what the run got, not the most that the links can do.
"""

import re

import numpy as np

from app.engine.model.profiles import Collective
from app.engine.model.traces import Events
from app.engine.profiling.host_activity import host_threads, nearest, parents
from app.engine.profiling.launches import Launches
from app.engine.units import NS_PER_S

_SQUEEZE = re.compile(r"[^a-z0-9]+")
_BUS_OF_RING = ("all_gather", "reduce_scatter", "all_to_all")
# What a squeezed name has to hold, the first that fits wins.
_KINDS = (
    ("reduce_scatter", re.compile(r"reducescatter")),
    ("all_gather", re.compile(r"allgather")),
    ("all_to_all", re.compile(r"alltoall|all2all")),
    ("all_reduce", re.compile(r"allreduce")),
    ("broadcast", re.compile(r"broadcast|bcast")),
    ("reduce", re.compile(r"(nccl|rccl|hccl|hcom|c10d)[a-z]*reduce")),
    ("send_recv", re.compile(r"sendrecv|(nccl|rccl|hccl|hcom|c10d|^)[a-z]*(send|recv|receive)")),
)
_MESSAGE = re.compile(r"^(?P<name>[^;]*);in=[^;]*;out=[^;]*;ranks=(?P<ranks>\d+)$")
_MARK = re.compile(r"^(nccl|rccl|hccl|c10d):|^record_param_comms$")


def find_collectives(events: Events | None, window: tuple[int, int], launches: Launches | None) -> tuple[Collective, ...]:
    """Return the collectives that begin inside the window, the longest first; () where none was recorded.

    Size and ranks are those of the kernel or else of the host's record_param_comms that launched it, and None where neither tells them.
    """
    if events is None or launches is None or "collective" not in events.categories:
        return ()
    mine = events.category[launches.at] == events.categories.index("collective")
    start = events.start_ns[launches.at]
    mine &= (start >= window[0]) & (start <= window[1])
    at, call = launches.at[mine], launches.call[mine]
    if not at.size:
        return ()
    size, shape = events.bytes[at].copy(), events.shape[at].copy()
    kinds, numbers = np.unique([kind_of(name) for name in events.names], return_inverse=True)
    kind = numbers[events.name[at]]
    vague = np.flatnonzero((call >= 0) & ((size < 0) | (shape < 0) | np.isin(kinds[kind], ("send_recv", "other"))))
    marks = _marks_around(events, call[vague])
    told = marks >= 0
    vague, marks = vague[told], marks[told]
    # A pair of send and receive may be a part of an all-to-all; the host knows by what name it was called.
    named = np.isin(kinds[kind[vague]], ("send_recv", "other")) & ~np.isin(kinds[numbers[events.name[marks]]], ("other",))
    kind[vague[named]] = numbers[events.name[marks[named]]]
    size[vague] = np.where(size[vague] >= 0, size[vague], events.bytes[marks])
    shape[vague] = np.where(shape[vague] >= 0, shape[vague], events.shape[marks])
    return _grouped(events, at, kinds, kind, size, shape)


def kind_of(name: str) -> str:
    """Return the kind of a collective by the name of its kernel, call or annotation; "other" where it tells none."""
    bare = name.replace("(anonymous namespace)::", "")
    plain = _SQUEEZE.sub("", bare.split("(", 1)[0].split("<", 1)[0].lower())
    return next((kind for kind, pattern in _KINDS if pattern.search(plain)), "other")


def bus_factor(kind: str, ranks: int | None) -> float | None:
    """Return bus ÷ algorithm bandwidth of a ring of n ranks; None where it takes n and that is not known.

    2 (n - 1) / n of an all-reduce, (n - 1) / n where each rank ends with or sends a part, 1 of broadcast, reduce, send and receive.
    Source: nccl-tests, doc/PERFORMANCE.md.
    """
    if kind in ("broadcast", "reduce", "send_recv"):
        return 1.0
    if ranks is None or ranks < 1:
        return None
    share = (ranks - 1) / ranks
    return 2 * share if kind == "all_reduce" else share if kind in _BUS_OF_RING else None


def _marks_around(events: Events, calls: np.ndarray) -> np.ndarray:
    """Return the host's mark (record_param_comms, nccl:all_reduce) around each launch, one that tells a size first; -1 for none."""
    found = np.full(calls.size, -1, np.int64)
    is_mark = np.array([_MARK.match(name) is not None for name in events.names], bool)
    if not calls.size or not is_mark.any():
        return found
    for (host, thread), rows in host_threads(events).items():
        mine = np.flatnonzero((events.device[calls] == host) & (events.stream[calls] == thread))
        marks = rows[is_mark[events.name[rows]]]
        if mine.size and marks.size:
            found[mine] = _innermost(events, marks, events.start_ns[calls[mine]])
    return found


def _innermost(events: Events, marks: np.ndarray, moments: np.ndarray) -> np.ndarray:
    start = events.start_ns[marks]
    end = start + events.duration_ns[marks]
    order = np.lexsort((-end, start))
    marks, start, end = marks[order], start[order], end[order]
    parent = np.append(parents(start, end), -1)
    end = np.append(end, np.iinfo(np.int64).max)
    place = np.searchsorted(start, moments, side="right") - 1
    while (wrong := end[place] <= moments).any():  # place -1 reads the last: never over
        place[wrong] = parent[place[wrong]]
    sized = np.append(nearest(events.bytes[marks] >= 0, parent[:-1]), -1)
    best = np.where(sized[place] >= 0, sized[place], place)
    return np.append(marks, -1)[best]


def _grouped(
    events: Events, at: np.ndarray, kinds: np.ndarray, kind: np.ndarray, size: np.ndarray, shape: np.ndarray
) -> tuple[Collective, ...]:
    said = [_MESSAGE.match(text) for text in events.shapes]
    ranks = np.array([*(int(one["ranks"]) if one else -1 for one in said), -1], np.int64)[shape]
    keys, place = np.unique(np.stack([kind, size, ranks], axis=1), axis=0, return_inverse=True)
    place = place.reshape(-1)
    calls = np.bincount(place)
    time = np.bincount(place, weights=events.duration_ns[at]) / NS_PER_S
    found = []
    for row in np.argsort(-time, kind="stable").tolist():
        name, payload, group = str(kinds[keys[row, 0]]), int(keys[row, 1]), int(keys[row, 2])
        algorithm = float(payload * int(calls[row]) / time[row] / 1e9) if payload >= 0 and time[row] > 0 else None
        factor = bus_factor(name, group if group > 0 else None)
        found.append(
            Collective(
                name,
                int(calls[row]),
                float(time[row]),
                bytes=float(payload) if payload >= 0 else None,
                ranks=group if group > 0 else None,
                algorithm_gbs=algorithm,
                bus_gbs=algorithm * factor if algorithm is not None and factor is not None else None,
            )
        )
    return tuple(found)
