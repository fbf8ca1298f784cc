"""Correct what the formula says by what was measured: on other workloads, and on every known run of the case."""

import math
from collections.abc import Sequence

import msgspec

from app.engine.messages import Message, message
from app.engine.model.estimates import Prediction
from app.engine.model.measurements import MeasuredRun
from app.engine.model.platforms import Platform
from app.engine.paraselect.features import groups_of, names_of
from app.engine.paraselect.known_runs import Known, in_own_unit, lower_is_better, throughput
from app.engine.paraselect.learned import Z90, Learned
from app.engine.paraselect.rates import DENSE_KEYS

NOISE = 0.04
CAUTION, MOST_DEVIATION = 0.4, 0.8
"""A speed is told below the middle of what may be, the more the less is known: the expected relative error is least there, and a promise of
too much costs more than one of too little. Share of the variance, up to this deviation; a time is told at the middle."""
COMPUTE_BOUND = 0.95
"""Of k of compute in the case's own fit, from which on nothing but compute bounds the run."""


def corrected(
    found: Prediction,
    run: MeasuredRun,
    known: Sequence[tuple[Known, float]],
    spread: float,
    platforms: dict[str, Platform],
    learned: Learned,
) -> Prediction:
    """Return a prediction of the formula with the learned speed and interval in its place.

    known   the known rows, each with its throughput at the wanted count; spread: log half width that the change of count adds
    The terms are scaled alike, so that their sum stays time over time of the reference.
    """
    told = learned.told(known, run, platforms)
    if told is None or found.value is None:
        return found
    log_speed, deviation, kind = told
    reference, at_reference = next(pair for pair in known if pair[0].row == found.reference_row)
    by_formula, notes = throughput(run, found.value), list(found.notes)
    middle = math.exp(log_speed) * (run.gpus or 1)
    speed = middle * (1.0 if lower_is_better(run) else math.exp(-CAUTION * min(deviation, MOST_DEVIATION) ** 2))
    cap = _most(run, found, reference, at_reference, platforms)
    if cap is not None and speed > cap:
        speed, middle = cap, min(middle, cap)
        notes.append(message("paraselect.capped"))
    factor = speed / by_formula
    notes.append(message("paraselect.learned", platform=run.platform, factor=factor))
    siblings, same = _siblings(run, known, learned)
    if same is not None:
        notes.append(same)
    outside = _never_measured(run, platforms, learned)
    if outside is not None:
        notes.insert(0, outside)
    width = deviation * learned.width(kind)
    half = max(NOISE, Z90 * width, 2 * math.log(middle / speed)) + spread
    ends = sorted(in_own_unit(run, middle * math.exp(way * half)) for way in (-1, 1))
    return msgspec.structs.replace(
        found,
        value=in_own_unit(run, speed),
        low=ends[0],
        high=ends[1],
        kind="transferred" if siblings and found.kind == "pooled" else found.kind,
        terms=tuple(term / factor for term in found.terms),
        out_of_range=found.out_of_range or outside is not None,
        error_mape=min(1.0, 0.8 * width),
        siblings=(*found.siblings, *siblings),
        notes=tuple(notes),
    )


def _siblings(run: MeasuredRun, known: Sequence[tuple[Known, float]], learned: Learned) -> tuple[tuple[str, ...], Message | None]:
    """Return the same workload's measured cases where they hold the wanted platform and a known one."""
    first = known[0][0].run
    measured = learned.hierarchy.workloads.get(groups_of(first).workload, set()) if first.workload else set()
    if run.platform not in measured or not any(one.platform in measured for one, _ in known):
        return (), None
    return (first.workload,), message("paraselect.siblings", workload=first.workload, count=len(measured))


def _never_measured(run: MeasuredRun, platforms: dict[str, Platform], learned: Learned) -> Message | None:
    if names_of(platforms[run.platform])[1] in learned.hierarchy.architectures:
        return None
    return message("paraselect.never_measured", platform=run.platform)


def _most(run: MeasuredRun, found: Prediction, reference: Known, speed: float, platforms: dict[str, Platform]) -> float | None:
    """Return the highest throughput that the dense peaks allow beside the reference, where the case is certainly bound by compute."""
    if found.kind != "fitted" or found.k is None or found.k[0] < COMPUTE_BOUND:
        return None
    key = DENSE_KEYS.get(run.precision or reference.run.precision, DENSE_KEYS[""])
    one, other = platforms[reference.platform].number(key), platforms[run.platform].number(key)
    return speed * other / one if one and other else None
