"""Predictions of a table as read: each wanted row in its own unit, with the rows that could not even be read."""

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from app.engine.errors import EngineError
from app.engine.messages import message
from app.engine.model.estimates import Prediction
from app.engine.model.measurements import MeasuredRun, OwnUnit, RunTable
from app.engine.paraselect.known_runs import lower_is_better


def predict_table(table: RunTable, predict: Callable[[Sequence[MeasuredRun]], Sequence[Prediction]]) -> tuple[Prediction, ...]:
    """Return a prediction for every wanted row of a table, in its order; one with a fault has no figure and its reason first."""
    found = [_in_own(one, table.own[one.row]) if one.row in table.own else one for one in predict(table.runs)]
    refused = [
        Prediction(
            one.wanted.row,
            one.wanted.case,
            one.wanted.platform,
            one.wanted.gpus,
            unit=one.wanted.unit,
            better="lower" if lower_is_better(one.wanted) else "higher",
            notes=(one.what,),
        )
        for one in table.problems
        if one.wanted is not None
    ]
    return tuple(sorted([*found, *refused], key=lambda one: one.row))


def faults_of(table: RunTable, predictions: Sequence[Prediction]) -> tuple[EngineError, ...]:
    """Return all that is wrong with a table, in its order: its problems, and the rows that cannot be predicted for another reason."""
    told = {one.row for one in table.problems if one.wanted is not None}
    found = [(problem.row, error) for problem, error in zip(table.problems, table.errors(), strict=True)]
    for one in predictions:
        if one.value is None and one.row not in told:
            reason = one.notes[0] if one.notes else message("run_table.no_reason")
            place = table.places.get(one.row, str(one.row))
            found.append((one.row, EngineError("run_table.row_failed", file=table.file, place=place, platform=one.platform, reason=reason)))
    return tuple(error for _, error in sorted(found, key=lambda pair: pair[0]))


def _in_own(found: Prediction, own: OwnUnit) -> Prediction:
    """Return a prediction in the unit that its row asked for."""
    if found.value is None or found.low is None or found.high is None:
        return replace(found, unit=own.unit, better=own.better)
    return replace(
        found,
        value=found.value * own.factor,
        low=found.low * own.factor,
        high=found.high * own.factor,
        unit=own.unit,
        better=own.better,
        notes=(*found.notes, message("run_table.unit_converted", unit=own.unit, base=own.of_case)),
    )
