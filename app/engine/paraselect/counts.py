"""The speed of a case at another number of cards."""

import math

import msgspec

from app.engine.messages import Message, message
from app.engine.model.estimates import Prediction
from app.engine.model.measurements import MeasuredRun
from app.engine.model.quantities import Kind
from app.engine.paraselect.cases import Case
from app.engine.paraselect.correcting import NOISE
from app.engine.paraselect.known_runs import Known, in_own_unit

FAR_COUNT = 8
TRAINING_SPREAD, OTHER_SPREAD = 0.15, 0.4
"""Log half width per e-fold of cards, from the two smallest counts to each larger one in the measured data: 90 % lie inside."""


def other_count(run: MeasuredRun, blank: Prediction, case: Case, reference: Known) -> Prediction:
    """The same platform at another card count: only the scaling is uncertain."""
    speed, spread, notes = to_count(reference, run.gpus or 1, case)
    if reference.gpus == run.gpus:
        notes = [message("paraselect.same_row", row=reference.row)]
    spread = max(spread, NOISE)
    ends = sorted(in_own_unit(run, speed * math.exp(way * spread)) for way in (-1, 1))
    kind: Kind = "fitted" if case.own_exponent else "pooled"
    value = in_own_unit(run, speed)
    return msgspec.structs.replace(
        blank, value=value, low=ends[0], high=ends[1], kind=kind, reference_row=reference.row, notes=tuple(notes)
    )


def to_count(reference: Known, gpus: int, case: Case) -> tuple[float, float, list[Message]]:
    """Return the reference's throughput at another card count, the log half width that adds, and what to say."""
    if reference.gpus == gpus:
        return reference.throughput, 0.0, []
    steps = abs(math.log(gpus / reference.gpus))
    speed = reference.throughput * (gpus / reference.gpus) ** case.exponent
    own = TRAINING_SPREAD if case.pool.name.startswith("training") else OTHER_SPREAD
    spread = steps * (own if case.own_exponent else max(case.pool.exponent_spread, own))
    notes = [message("paraselect.scaled", count=reference.gpus, wanted=gpus, exponent=case.exponent)]
    if max(gpus, reference.gpus) / min(gpus, reference.gpus) > FAR_COUNT:
        notes.insert(0, message("paraselect.far_count", count=reference.gpus, wanted=gpus))
    return speed, spread, notes
