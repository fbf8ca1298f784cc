"""Bring the known rows of a case to the batch of a wanted row, before platforms are compared."""

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import TypeAlias

import msgspec
from msgspec import Struct

from app.engine.messages import Message, message
from app.engine.model.estimates import Prediction
from app.engine.model.measurements import MeasuredRun
from app.engine.paraselect.batches import (
    Gain,
    Points,
    Prior,
    at_batch,
    batch_of,
    curve_class,
    gain,
    has_curve,
    mean_of,
    read_priors,
    speed_of,
)
from app.engine.paraselect.known_runs import in_own_unit, throughput

Room: TypeAlias = Callable[[MeasuredRun], int | None]
"""The largest batch that a row's platform holds, by the VRAM estimate of the workload; 0 = not even one sample, None = not told."""
Z90 = 1.645
TOLD_GAIN = 1.02
"""A larger batch that would bring less is not worth a word."""


class Brought(Struct, frozen=True):
    """The rows of a case at one batch. batch: theirs, None where it is not told; gains: of rows that were brought there, by row.

    given   the wanted row names the batch; most: what its platform holds, None = not told
    sweeps  (batch, speed) of the known rows by platform, one tuple a card count
    """

    runs: tuple[MeasuredRun, ...]
    batch: float | None = None
    given: bool = False
    most: int | None = None
    before: dict[int, float] = {}
    gains: dict[int, Gain] = {}
    sweeps: dict[str, list[Points]] = {}
    measured: tuple[MeasuredRun, ...] = ()


def brought(runs: Sequence[MeasuredRun], wanted: MeasuredRun, room: Room | None = None) -> Brought:
    """Return the rows of a case at the batch of a wanted one: its own, else the one most known rows have, less where that has no room."""
    known = [run for run in runs if run.case == wanted.case and run.speed is not None and run.gpus is not None]
    told = [run for run in known if batch_of(run) and has_curve(run)]
    if not told:
        return Brought(tuple(runs))
    given = batch_of(wanted)
    batches = [batch_of(run) or 0.0 for run in told]
    batch = given or max(batches, key=lambda one: (batches.count(one), one))
    most = room(wanted) if room is not None else None
    if given is None and most:
        batch = min(batch, float(most))
    sweeps = _sweeps(told)
    found = Brought(tuple(runs), batch, given is not None, most, sweeps=sweeps, measured=tuple(told))
    if all(one == batch for one in batches):
        return found
    return _moved(found, runs, told)


def telling(found: Prediction, wanted: MeasuredRun, at: Brought) -> Prediction:
    """Return a prediction with its batch, the interval widened by the change of batch, and what there is to say of it."""
    if at.batch is None or found.value is None:
        return found
    notes, moved = list(found.notes), at.gains.get(found.reference_row or -1)
    if moved is not None and moved.log:
        notes = [note for note in notes if note.code not in ("paraselect.same_row", "paraselect.same_cards")]
        found = widened(found, wanted, _half(moved, wanted))
        notes.append(_said(moved, at, found.reference_row or 0))
    notes += _of_room(at)
    largest = _largest(found, wanted, at)
    if largest is not None:
        notes.append(message("paraselect.batch_gain", most=at.most, batch=at.batch, factor=largest))
    return msgspec.structs.replace(found, batch=at.batch, batch_most=at.most, batch_gain=largest, notes=tuple(notes))


def _moved(at: Brought, runs: Sequence[MeasuredRun], told: Sequence[MeasuredRun]) -> Brought:
    """Move one row of every platform and card count; where one has the batch already, that row stands and the others are left out."""
    assert at.batch is not None
    prior, groups = read_priors()[curve_class(told[0])], defaultdict(list)
    for run in told:
        groups[run.platform, run.gpus].append(run)
    gains: dict[int, Gain] = {}
    kept: dict[int, MeasuredRun] = {}
    for (platform, _), rows in groups.items():
        exact = [run for run in rows if batch_of(run) == at.batch]
        if exact:
            kept.update((run.row, run) for run in exact)
            continue
        known = [(batch_of(run) or 1.0, speed_of(run, run.speed or 1.0)) for run in rows]
        moved, place = gain(prior, mean_of(prior, [rows[0], *told]), at.sweeps, platform, known, at.batch)
        gains[rows[place].row] = moved
        kept[rows[place].row] = _with_batch(rows[place], at.batch, moved.log)
    left_out = {run.row for run in told} - set(kept)
    changed = tuple(kept.get(run.row, run) for run in runs if run.row not in left_out)
    before = {run.row: batch_of(run) or 0.0 for run in told if run.row in gains}
    return msgspec.structs.replace(at, runs=changed, gains=gains, before=before)


def _sweeps(told: Sequence[MeasuredRun]) -> dict[str, list[Points]]:
    points: dict[tuple[str, int | None, str], dict[float, float]] = defaultdict(dict)
    for run in told:
        points[run.platform, run.gpus, run.precision].setdefault(batch_of(run) or 1.0, speed_of(run, run.speed or 1.0))
    found: dict[str, list[Points]] = defaultdict(list)
    for (platform, _, _), theirs in points.items():
        found[platform].append(sorted(theirs.items()))
    return found


def _with_batch(run: MeasuredRun, batch: float, log_gain: float) -> MeasuredRun:
    extra = {key: str(batch) if key in ("concurrency", "batch") else text for key, text in run.extra.items()}
    speed = at_batch(run, run.speed or 1.0, batch, log_gain)
    return msgspec.structs.replace(run, speed=speed, micro_batch=batch, extra=extra)


def _half(moved: Gain, run: MeasuredRun) -> float:
    return Z90 * read_priors()[curve_class(run)].width * moved.deviation


def widened(found: Prediction, run: MeasuredRun, half: float) -> Prediction:
    """Return the interval with a further log half width, independent of what made it so wide."""
    ends = (throughput(run, end) for end in (found.low, found.high) if end)
    middle = throughput(run, found.value or 1.0)
    wide = [in_own_unit(run, middle * math.exp(math.copysign(math.hypot(math.log(end / middle), half), end - middle))) for end in ends]
    return msgspec.structs.replace(found, low=min(wide), high=max(wide))


def _said(moved: Gain, at: Brought, row: int) -> Message:
    code = "paraselect.batch_own" if moved.own else "paraselect.batch_class"
    return message(code, row=row, one=at.before[row], other=at.batch, factor=math.exp(moved.log), half=moved.half)


def _of_room(at: Brought) -> list[Message]:
    if at.most is None or at.batch is None:
        return []
    usual = max((batch_of(run) or 0.0 for run in at.measured), default=0.0)
    if at.most == 0:
        return [message("paraselect.batch_no_room", batch=at.batch)]
    if at.given and at.batch > at.most:
        return [message("paraselect.batch_too_large", batch=at.batch, most=at.most)]
    if not at.given and at.batch == at.most < usual:
        return [message("paraselect.batch_fits", batch=at.batch, usual=usual)]
    return []


def _largest(found: Prediction, wanted: MeasuredRun, at: Brought) -> float | None:
    """Return the gain of the largest batch that has room over the one that was used; None where there is none to speak of."""
    if at.batch is None or not at.most or at.most <= at.batch:
        return None
    prior: Prior = read_priors()[curve_class(at.measured[0])]
    mean = mean_of(prior, at.measured)
    more, _ = gain(prior, mean, at.sweeps, found.platform, [(at.batch, 1.0)], float(at.most))
    factor = math.exp(more.log)
    return factor if factor >= TOLD_GAIN else None
