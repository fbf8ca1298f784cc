"""What a thread of the host did, moment by moment: the innermost call, sorted into what it means to a card that waits.

A thread's nested calls are cut into pieces that do not overlap; each belongs to the innermost call that runs then. Calls within a call of
the data loader, or within one that waits for the card (aten::item), count as that.
"""

import re

import numpy as np
from msgspec import Struct

from app.engine.model.traces import Events

KINDS = ("dataloader", "sync", "copy", "launch", "python", "other", "queued", "nothing")
"""What a piece of time is; all but the last are causes of a Gap."""
DATALOADER, SYNC, COPY, LAUNCH, PYTHON, OTHER, QUEUED, NOTHING = range(len(KINDS))
ON_HOST = ("cpu_op", "annotation", "python", "runtime", "other")
STEP_MARK = re.compile(r"^ProfilerStep\b")
_DATALOADER = re.compile(r"data_?load|torch/utils/data|minddata|data_queue|GetNext", re.IGNORECASE)
_SYNC = re.compile(
    r"synchronize|^aten::(item|_local_scalar_dense|is_nonzero|nonzero)$"
    r"|^(cuda|hip)Memcpy(WithStream)?(_v\d+)?$|^(cu|hip)Memcpy(DtoH|HtoD|DtoD)(_v\d+)?$",
    re.IGNORECASE,
)
_COPY = re.compile(r"Memcpy", re.IGNORECASE)
_LAUNCH = re.compile(r"Launch|Memset", re.IGNORECASE)


class Activity(Struct, frozen=True, eq=False):
    """One thread as pieces; each lasts until the next begins. The last one stands for the time after and, as number -1, before all others.

    moment     (m,) int64 ns, ascending; the last is the end of time
    kind       (m,) int8, index into KINDS; the last is "nothing"
    operator   (m,) int32, index into Events.names of the operator that it belongs to, -1 = none
    """

    moment: np.ndarray
    kind: np.ndarray
    operator: np.ndarray


class NameKinds(Struct, frozen=True, eq=False):
    """Of each name of a trace, (names,) bool: whether it loads data, waits for the card, copies, launches, marks a step."""

    dataloader: np.ndarray
    sync: np.ndarray
    copy: np.ndarray
    launch: np.ndarray
    step: np.ndarray


def kinds_of_names(events: Events) -> NameKinds:
    """Return what the names of a trace mean."""
    rules = (_DATALOADER, _SYNC, _COPY, _LAUNCH, STEP_MARK)
    return NameKinds(*(np.fromiter((rule.search(name) is not None for name in events.names), bool, len(events.names)) for rule in rules))


def host_threads(events: Events) -> dict[tuple[int, int], np.ndarray]:
    """Return the events of each thread in order of start: (index of the host, thread) -> indices."""
    known = np.array([name in ON_HOST for name in events.categories], bool)
    is_host = np.array([name.rpartition(":")[2] == "host" for name in events.devices], bool)
    found = {}
    for host in np.flatnonzero(is_host).tolist():
        at = np.flatnonzero(known[events.category] & (events.device == host))
        at = at[np.argsort(events.stream[at], kind="stable")]
        cuts = np.flatnonzero(np.diff(events.stream[at])) + 1
        for rows in np.split(at, cuts):
            if rows.size:
                found[host, int(events.stream[rows[0]])] = rows.astype(np.int32)
    return found


def main_thread(events: Events, threads: dict[tuple[int, int], np.ndarray], host: int, names: NameKinds) -> tuple[int, int] | None:
    """Return the thread that runs the training loop: where the steps are marked, else the data loader, else where most happens."""

    def rank(key: tuple[int, int]) -> tuple[int, int, int]:
        of_thread = events.name[threads[key]]
        return int(names.step[of_thread].sum()), int(names.dataloader[of_thread].any()), of_thread.size

    return max((key for key in threads if key[0] == host), key=rank, default=None)


def activity_of(events: Events, at: np.ndarray, names: NameKinds) -> Activity:
    """Return what one thread did. at (n,): its events in order of start."""
    at = at[events.duration_ns[at] > 0].astype(np.int32)  # 32 bits do for indices, here and below: these are the largest arrays of all
    start = events.start_ns[at]
    end = start + events.duration_ns[at]
    tied = np.flatnonzero(np.diff(start) == 0)
    if (end[tied] < end[tied + 1]).any():  # of calls that begin together, the longest is the outer one
        order = np.lexsort((-end, start))
        at, start, end = at[order], start[order], end[order]
    parent = parents(start, end)
    # Ends before starts and inner ends before outer ones, so that of several changes at one moment the last is what goes on.
    moment = np.concatenate([end[::-1], start, [np.iinfo(np.int64).max]])
    del start, end
    kind, operator = _meaning(events, at, parent, names)
    order = np.argsort(moment, kind="stable")
    moment = moment[order]
    owner = np.concatenate([parent[::-1], np.arange(at.size, dtype=np.int32), np.array([-1], np.int32)])[order]
    del order, parent
    return Activity(moment, np.append(kind, np.int8(NOTHING))[owner], np.append(operator, np.int32(-1))[owner])


def parents(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Return the innermost call around each, -1 for none. start ascending, outer calls first.

    Calls between one and its candidate have ended, so that the candidate's own candidate is the next to ask; these jumps double.
    """
    candidate = np.arange(-1, start.size - 1, dtype=np.int32)
    open_ = np.arange(start.size, dtype=np.int32)
    while open_.size:
        asked = candidate[open_]
        wrong = (asked >= 0) & (end[np.maximum(asked, 0)] <= start[open_])
        open_ = open_[wrong]
        candidate[open_] = candidate[asked[wrong]]
    return candidate


def nearest(flag: np.ndarray, parent: np.ndarray) -> np.ndarray:
    """Return the innermost flagged one among each call and those around it, -1 for none."""
    if not flag.any():
        return np.full(parent.size, -1, np.int32)
    near = np.append(np.where(flag, np.arange(parent.size, dtype=np.int32), parent), np.int32(-1))  # -1 reads the last: it stays -1
    while True:
        further = near[near]
        if (further == near).all():
            return near[:-1]
        near = further


def _meaning(events: Events, at: np.ndarray, parent: np.ndarray, names: NameKinds) -> tuple[np.ndarray, np.ndarray]:
    """Return the kind of each call and the name of the operator that its time is put down to."""
    name = events.name[at]

    def of_kind(*kinds: str) -> np.ndarray:
        return np.array([one in kinds for one in events.categories], bool)[events.category[at]]

    is_step = names.step[name]  # old profilers and Ascend's write it among the operators
    runtime, told = of_kind("runtime"), of_kind("annotation", "python") | is_step
    kind = np.where(told, np.int8(PYTHON), np.int8(OTHER))
    kind[runtime & names.launch[name]] = LAUNCH
    kind[runtime & names.copy[name]] = COPY
    waiting = nearest(names.sync[name], parent)
    kind[waiting >= 0] = SYNC
    # A call of the runtime tells less than the operator that makes it, but more than the annotation around both.
    owner = nearest(of_kind("cpu_op") & ~is_step, parent)
    owner = np.where(owner < 0, waiting, owner)
    itself = np.flatnonzero((owner < 0) & (runtime | of_kind("other")))
    owner[itself] = itself
    owner = np.where(owner < 0, nearest(told & ~is_step, parent), owner)
    loading = nearest(names.dataloader[name], parent)
    kind[loading >= 0] = DATALOADER
    owner = np.where(loading >= 0, loading, owner)
    return kind, np.append(name, np.int32(-1))[owner]
