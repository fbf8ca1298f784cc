"""The steps of a run: as marked by the profiler, as the user's own ranges repeat, or as the kernels' names repeat (step_period.py).

Marks lie on the host, which runs ahead of its cards. A step therefore ends when its mark has ended and all device work that was launched in
it is done, and begins no earlier than the step before ends (as the PyTorch profiler's TensorBoard plugin counts: step times add up to the
time that passed, however far the host is ahead). Where launches were not recorded, the marks alone count.
"""

import re
from typing import Literal

import numpy as np

from app.engine.model.profiles import Steps
from app.engine.model.traces import Events
from app.engine.profiling.intervals import total, union
from app.engine.profiling.launches import Launches
from app.engine.profiling.step_period import periods
from app.engine.units import NS_PER_S

LEAST_STEPS = 3
"""Fewer repetitions of a user's range, or of a pattern of kernels, are no steps."""
_PROFILER = re.compile(r"^ProfilerStep#?\s*\d*$|^Step$")
"""torch.profiler and torch_npu number their steps; the MindSpore profiler's step trace calls each "Step"."""
_USER = re.compile(
    r"((^|[^a-z_])(train(ing)?|global|eval|decode)[ _:-]*|(^|[^a-z_.]))(step|iter|iteration|batch)([^a-z]|$)",
    re.IGNORECASE,
)
"""Not "forward_step" or "optimizer.step": those are parts of one."""
_ONCE_A_STEP = re.compile(r"^Optimizer\.step#")
_DIGITS = re.compile(r"\d+")
_STUMP = 0.1
"""A last mark shorter than this share of the usual, and without work for the card, is what the profiler cut off."""
_COVER = 0.5
"""A user's range is a step where ranges of its name cover this share of the time from the first to the last."""
_ON_HOST = ("annotation", "cpu_op", "other")

Marks = tuple[np.ndarray, np.ndarray]


def find_steps(events: Events | None, window: tuple[int, int], launches: Launches | None) -> Steps | None:
    """Return the steps that touch the window, None where nothing tells them clearly."""
    if events is None:
        return None
    marks = _profiler_marks(events)
    if marks is not None:
        return _made("annotation", *_with_device(events, *marks, launches), window)
    marks = _user_marks(events)
    if marks is not None:
        found = _made("user", *_with_device(events, *marks, launches), window)
        if found is not None and len(found.start_ns) >= LEAST_STEPS:
            return found
    marks = periods(events, window, LEAST_STEPS)
    return _made("period", *marks, window) if marks is not None else None


def _made(source: Literal["annotation", "user", "period"], start: np.ndarray, end: np.ndarray, window: tuple[int, int]) -> Steps | None:
    keep = (end > window[0]) & (start < window[1]) & (end > start)
    start, end = start[keep], end[keep]
    if not start.size:
        return None
    seconds = (end - start) / NS_PER_S
    steady = seconds[1:]
    middle, high = np.percentile(seconds, [50, 95])
    return Steps(
        source,
        tuple(start.tolist()),
        tuple(end.tolist()),
        float(seconds.mean()),
        float(middle),
        float(high),
        float(steady.std() / steady.mean()) if seconds.size >= LEAST_STEPS else None,
    )


def _profiler_marks(events: Events) -> tuple[Marks, int] | None:
    """Return (start, end) of the profiler's own marks and their host; of several ranks the first."""
    wanted = np.array([_PROFILER.match(name) is not None for name in events.names], bool)
    if not wanted.any():
        return None
    at = _on_host(events, np.flatnonzero(wanted[events.name]))
    if not at.size:
        return None
    host = events.device[at[0]]
    at = at[(events.device[at] == host) & (events.stream[at] == events.stream[at[0]])]
    return (events.start_ns[at], events.start_ns[at] + events.duration_ns[at]), int(host)


def _on_host(events: Events, at: np.ndarray) -> np.ndarray:
    known = np.array([name in _ON_HOST for name in events.categories], bool)
    is_host = np.array([name.rpartition(":")[2] == "host" for name in events.devices], bool)
    return at[known[events.category[at]] & is_host[events.device[at]]]


def _user_marks(events: Events) -> tuple[Marks, int] | None:
    """Return the user's ranges that name a step, the name that covers most time first; else what stands from optimizer to optimizer."""
    if "annotation" not in events.categories:
        return None
    groups: dict[str, list[int]] = {}
    for number, name in enumerate(events.names):
        if _USER.search(name) or _ONCE_A_STEP.match(name):
            groups.setdefault(_DIGITS.sub("", name), []).append(number)
    chosen = _on_host(events, np.flatnonzero(events.category == events.categories.index("annotation")))
    ranges: list[tuple[float, Marks, int]] = []
    for name, numbers in groups.items():
        at = chosen[np.isin(events.name[chosen], numbers)]
        if not at.size:
            continue
        at = at[(events.device[at] == events.device[at[0]]) & (events.stream[at] == events.stream[at[0]])]
        marks = (events.start_ns[at], events.start_ns[at] + events.duration_ns[at])
        if at.size < LEAST_STEPS or (marks[0][1:] < marks[1][:-1]).any():
            continue
        if _ONCE_A_STEP.match(name):
            ranges.append((0.0, (marks[1][:-1], marks[1][1:]), int(events.device[at[0]])))
        elif (cover := total(union(*marks)) / (marks[1][-1] - marks[0][0])) >= _COVER:
            ranges.append((cover, _closed(marks), int(events.device[at[0]])))
    best = max(ranges, key=lambda row: (row[0] > 0, row[0], -row[1][0].size), default=None)
    return (best[1], best[2]) if best is not None else None


def _closed(marks: Marks) -> Marks:
    """Return the ranges with what follows up to the next one (loading, logging), unless a longer pause than a step lies between."""
    start, end = marks
    usual = np.median(end - start)
    upto = np.append(np.where(start[1:] - end[:-1] <= usual, start[1:], end[:-1]), end[-1])
    return start, upto


def _with_device(events: Events, marks: Marks, host: int, launches: Launches | None) -> Marks:
    """Return the steps with the device work that was launched in them; a stump at the end is dropped."""
    start, end = marks
    last = np.full(start.size, -1, np.int64)
    if launches is not None:
        known = launches.call >= 0
        at, call = launches.at[known], launches.call[known]
        mine = events.device[call] == host
        at, moment = at[mine], events.start_ns[call[mine]]
        step = np.searchsorted(start, moment, side="right") - 1
        inside = (step >= 0) & (moment < end[np.maximum(step, 0)])
        np.maximum.at(last, step[inside], (events.start_ns[at] + events.duration_ns[at])[inside])
    if start.size > 1 and last[-1] < 0 and end[-1] - start[-1] < _STUMP * np.median((end - start)[:-1]):
        start, end, last = start[:-1], end[:-1], last[:-1]
    upto = np.maximum.accumulate(np.maximum(end, last))
    begin = np.maximum(start, np.append(start[0], upto[:-1]))
    return begin, upto
