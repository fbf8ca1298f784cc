"""The known runs of a case as comparable throughputs."""

import re
from collections.abc import Sequence

from msgspec import Struct

from app.engine.model.measurements import MeasuredRun
from app.engine.paraselect.run_units import PER_CARD, unit_of

_TIME_UNIT = re.compile(r"^(ms|s|us|min|h|hours?|minutes?|seconds?|days?|sec|tpot|ttft|e2e)\b(?!.*/\s*day)", re.IGNORECASE)


class Known(Struct, frozen=True):
    """One run. throughput: work of the whole system per time, in a unit of its own per case, so that higher is better."""

    row: int
    platform: str
    gpus: int
    throughput: float
    run: MeasuredRun


def lower_is_better(run: MeasuredRun) -> bool:
    """Tell whether the figure is a time: as stated, else by its unit."""
    if run.better:
        return run.better == "lower"
    return _TIME_UNIT.match(run.unit.strip()) is not None or unit_of(run.unit).kind == "time"


def throughput(run: MeasuredRun, value: float) -> float:
    """Return a figure as work per time of the whole system.

    A time with a given global batch is the time for one and the same work; without it the micro-batch per card is fixed, so that the work
    grows with the cards.
    """
    cards = run.gpus or 1
    if lower_is_better(run):
        return (1.0 if run.global_batch else cards) / value
    return value * cards if PER_CARD.search(run.unit) else value


def in_own_unit(run: MeasuredRun, work_per_time: float) -> float:
    """Return a throughput in the unit of a row: the inverse of `throughput`."""
    cards = run.gpus or 1
    if lower_is_better(run):
        return (1.0 if run.global_batch else cards) / work_per_time
    return work_per_time / cards if PER_CARD.search(run.unit) else work_per_time


def known_runs(runs: Sequence[MeasuredRun], case: str) -> list[Known]:
    """Return the rows of a case that have a speed and a card count."""
    return [known_of(run) for run in runs if run.case == case and run.speed is not None and run.gpus is not None]


def known_of(run: MeasuredRun) -> Known:
    """Return a run that has a speed and a card count as a comparable throughput."""
    return Known(run.row, run.platform, run.gpus or 1, throughput(run, run.speed or 0.0), run)


def at_count(known: Sequence[Known], gpus: int) -> list[Known]:
    """Return one run per platform, the one whose card count is nearest (by ratio); equal counts: the first row."""
    best: dict[str, Known] = {}
    for one in known:
        other = best.get(one.platform)
        if other is None or _distance(one.gpus, gpus) < _distance(other.gpus, gpus):
            best[one.platform] = one
    return list(best.values())


def _distance(one: int, other: int) -> float:
    return max(one, other) / min(one, other)
