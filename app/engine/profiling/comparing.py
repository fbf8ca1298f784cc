"""Two runs set against each other: axes, statistics, operators per step with what each explains, and the sentence that names the cause.

Two recordings seldom hold the same amount of work. Steps settle it; without them operators that both runs have do, by how often each was
called. Where neither tells, times are shown as they are and nothing is said of speed.
"""

from typing import Literal

import numpy as np
from msgspec import Struct

from app.engine.model.profiles import AXES, Change, OperatorStat, Profile, RunComparison
from app.engine.profiling.causes import IDLE, find_cause
from app.engine.profiling.thresholds import thresholds

NEAR = 0.1
AGREEING = 0.6


class SameWork(Struct, frozen=True):
    """In how many units of work a recording is divided: steps, or repeats of the operators that both have."""

    by: Literal["step", "operators", "none"]
    before: float
    after: float
    speed_up: float | None


def compare(before: Profile, after: Profile) -> RunComparison:
    """Return what changed from one run to the other, over their busy parts."""
    work = same_work(before, after)
    operators = _operator_changes(before, after, work)
    axes, statistics = _axis_changes(before, after), _statistic_changes(before, after)
    tensor = {row.name: row.tensor_core for row in (*before.operators, *after.operators)}
    return RunComparison(
        speed_up=work.speed_up,
        by=work.by,
        axes=axes,
        statistics=statistics,
        operators=operators,
        cause=find_cause(before, after, operators, tensor),
        before_class=before.load_class,
        after_class=after.load_class,
    )


def same_work(before: Profile, after: Profile) -> SameWork:
    """Return by what the two can be compared; by "none" each counts as one."""
    if before.steps is not None and after.steps is not None and after.steps.p50_s > 0:
        counts = len(before.steps.start_ns), len(after.steps.start_ns)
        return SameWork("step", max(counts[0], 1), max(counts[1], 1), before.steps.p50_s / after.steps.p50_s)
    repeats = _repeats(*_tables(before, after))
    if repeats is None or not after.duration_s or not before.duration_s:
        return SameWork("none", 1, 1, None)
    return SameWork("operators", 1, repeats, before.duration_s * repeats / after.duration_s)


def _kernels(profile: Profile) -> dict[str, OperatorStat]:
    """Return what ran on the cards by name."""
    return {row.name: row for row in profile.operators if row.category != "cpu"}


def _framework_operators(profile: Profile) -> dict[str, OperatorStat]:
    return {row.name: row for row in profile.aten_ops if row.device_time_s > 0}


def _tables(before: Profile, after: Profile) -> tuple[dict[str, OperatorStat], dict[str, OperatorStat]]:
    """Return the operators to set side by side: kernels, or the framework's operators where the kernels of two platforms share no names."""
    kernels = _kernels(before), _kernels(after)
    framework = _framework_operators(before), _framework_operators(after)
    few = _shared_weight(*kernels) < thresholds().comparison.same_work
    return framework if few and _shared_weight(*framework) > _shared_weight(*kernels) else kernels


def _shared_weight(before: dict[str, OperatorStat], after: dict[str, OperatorStat]) -> float:
    return sum(min(before[name].share, after[name].share) for name in before.keys() & after.keys())


def _repeats(before: dict[str, OperatorStat], after: dict[str, OperatorStat]) -> float | None:
    """Return how often the second holds the work of the first, by the calls of the operators that both have; None where they disagree."""
    shared = [name for name in before if name in after and before[name].calls and after[name].calls]
    weights = np.array([min(before[name].share, after[name].share) for name in shared])
    if not shared or weights.sum() < thresholds().comparison.same_work:
        return None
    ratios = np.array([after[name].calls / before[name].calls for name in shared])
    order = np.argsort(ratios)
    middle = float(ratios[order][np.searchsorted(np.cumsum(weights[order]), weights.sum() / 2)])
    agreeing = weights[np.abs(ratios / middle - 1) <= NEAR].sum() / weights.sum()
    return middle if agreeing >= AGREEING else None


def _axis_changes(before: Profile, after: Profile) -> tuple[Change, ...]:
    first, second = ({axis.name: axis.value for axis in profile.axes} for profile in (before, after))
    names = [*AXES, *(name for name in first | second if name not in AXES)]
    return tuple(Change(name, "", first.get(name), second.get(name)) for name in names)


def _statistic_changes(before: Profile, after: Profile) -> tuple[Change, ...]:
    first, second = ({row.metric: row for row in profile.statistics if row.device == ""} for profile in (before, after))
    found = []
    for metric in first | second:
        one, other = first.get(metric), second.get(metric)
        unit = next(row.unit for row in (one, other) if row is not None)
        found.append(Change(metric, unit, one.mean if one else None, other.mean if other else None))
    return tuple(found)


def _operator_changes(before: Profile, after: Profile, work: SameWork) -> tuple[Change, ...]:
    """Return device time per unit of work and card, s, the largest change first; shares sum to 1 over all rows, time without work included.

    An operator that only one run has took no time in the other.
    """
    cards = [max(sum(bool(row.device) for row in profile.time_shares), 1) for profile in (before, after)]
    units = work.before * cards[0], work.after * cards[1]
    first, second = _tables(before, after)
    if not first or not second:
        return ()
    times = {
        name: (
            first[name].device_time_s / units[0] if name in first else 0.0,
            second[name].device_time_s / units[1] if name in second else 0.0,
        )
        for name in first | second
    }
    idle = _idle_s(before, work.before), _idle_s(after, work.after)
    if idle[0] is not None and idle[1] is not None and work.by != "none":
        times[IDLE] = idle[0], idle[1]
    total = sum(later - earlier for earlier, later in times.values())
    scale = sum(earlier for earlier, _ in times.values())
    told = work.by != "none" and abs(total) > 1e-6 * scale  # less is rounding
    rows = [Change(name, "s", earlier, later, (later - earlier) / total if told else None) for name, (earlier, later) in times.items()]
    return tuple(sorted(rows, key=lambda row: -abs((row.after or 0.0) - (row.before or 0.0))))


def _idle_s(profile: Profile, units: float) -> float | None:
    """Return the time per unit of work in which a card did nothing, None where it is not known card by card."""
    mean = next((row for row in profile.time_shares if row.device == ""), None)
    return None if mean is None else mean.idle * profile.duration_s / units
