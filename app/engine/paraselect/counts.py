"""The speed of a case at another number of cards, by the law that `scale` tells (scaling_law.py)."""

import math
from collections import defaultdict
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from app.engine.messages import Message, message
from app.engine.model.estimates import Prediction
from app.engine.model.measurements import MeasuredRun
from app.engine.model.platforms import Platform
from app.engine.model.quantities import Kind
from app.engine.paraselect.cases import Case
from app.engine.paraselect.correcting import NOISE
from app.engine.paraselect.known_runs import Known, in_own_unit
from app.engine.paraselect.scaling import FAR_COUNT, batch_of
from app.engine.paraselect.scaling_law import features, fitted, scaling_law, setup_of

MOST_ROWS = 64
"""That teach how a case scales: more of them change nothing but the time it takes."""


class AtCount(Struct, frozen=True):
    """A run brought to another card count. low, high: 90 % ends that the change adds, as logs; own: by the case's own counts."""

    throughput: float
    low: float = 0.0
    high: float = 0.0
    own: bool = False
    notes: tuple[Message, ...] = ()

    @property
    def spread(self) -> float:
        """Half the interval, as a log."""
        return (self.high - self.low) / 2


def other_count(run: MeasuredRun, blank: Prediction, case: Case, reference: Known, platforms: dict[str, Platform]) -> Prediction:
    """The same platform at another card count: only the scaling is uncertain."""
    found = to_count(reference, run, case, platforms)
    notes, ends = found.notes, (found.low, found.high)
    if not notes:
        code, *ends = _like(run, reference.run, platforms[run.platform])
        notes = (message(code, row=reference.row),)
    low, high = min(ends[0], -NOISE), max(ends[1], NOISE)
    ends = sorted(in_own_unit(run, found.throughput * math.exp(end)) for end in (low, high))
    kind: Kind = "fitted" if found.own or not found.notes else "pooled"
    return msgspec.structs.replace(
        blank,
        value=in_own_unit(run, found.throughput),
        low=ends[0],
        high=ends[1],
        kind=kind,
        reference_row=reference.row,
        out_of_range=_is_far(reference, run.gpus or 1),
        notes=notes,
    )


def other_length(run: MeasuredRun, known: MeasuredRun) -> bool:
    """Tell whether two rows of a case say that their sequences are of different length."""
    return bool(run.seq_len and known.seq_len and run.seq_len != known.seq_len)


def _like(run: MeasuredRun, known: MeasuredRun, platform: Platform) -> tuple[str, float, float]:
    """Return how a run on the cards of a known one is like it, and the ends that the difference adds, as logs.

    With micro-batches of one size the rate is kept, but a smaller global batch spreads the end of a step over fewer of them: what the
    scaling law says of the batch is how far that may go. Another length may change the rate by as much as the length.
    """
    if other_length(run, known):
        far = abs(math.log((run.seq_len or 1) / (known.seq_len or 1)))
        return "paraselect.other_length", -far, far
    if (
        run.task == "inference"
        or not run.micro_batch
        or run.micro_batch != known.micro_batch
        or not (run.global_batch and known.global_batch)
    ):
        return "paraselect.same_row", 0.0, 0.0
    law, name = scaling_law(), setup_of(platform, run.task).name
    loss = getattr(law.mean, name).batch + getattr(law.spread, name).batch
    moved = math.log(run.global_batch / known.global_batch) * loss
    return "paraselect.same_cards" if moved else "paraselect.same_row", min(moved, 0.0), max(moved, 0.0)


def to_count(reference: Known, run: MeasuredRun, case: Case, platforms: dict[str, Platform]) -> AtCount:
    """Return a known run at the card count of a wanted one: the global batch that it gives is kept, else the batch per card."""
    gpus = run.gpus or 1
    if reference.gpus == gpus:
        return AtCount(reference.throughput)
    law = scaling_law()
    own = [one for one in case.known if one.platform == reference.platform]
    per_node = [one.gpus / one.run.nodes for one in own if one.run.nodes and one.run.nodes > 1]
    setup = setup_of(platforms[reference.platform], reference.run.task, *([max(per_node)] if per_node else []))
    taught = _taught(reference.platform, own, case)
    names = list(dict.fromkeys(one.platform for one in taught))
    by_length = setup.name == "serving"  # there the law knows no batch: it is the server's, whatever the cards
    points = [features(one.gpus, 1.0 if by_length else _batch_step(one, own), setup) for one in taught]
    logs = [math.log2(one.throughput / one.gpus) for one in taught]
    told = fitted(points, logs, setup, law, [names.index(one.platform) for one in taught])
    strong = bool(run.global_batch) and not by_length
    batch = _kept_batch(reference, run) * _batch_step(reference, own) if strong else _batch_step(reference, own)
    level, deviation = told.at(features(gpus, 1.0 if by_length else batch, setup))
    smallest = min(own, key=lambda one: one.gpus)
    most = max(one.throughput / one.gpus for one in own if one.gpus == smallest.gpus)
    speed = min(2**level, most) * gpus if gpus > smallest.gpus else 2**level * gpus
    several = len({(one.platform, one.gpus) for one in taught}) > len(names)
    low, high = law.ends(setup.name, several=several)
    if gpus < smallest.gpus:  # the long side of what may be lost lies above there
        low, high = -high, -low
    middle = 2**level * gpus
    ends = (math.log(middle * 2 ** (low * deviation) / speed), math.log(middle * 2 ** (high * deviation) / speed))
    notes = _notes(reference, gpus, speed, strong=strong, several=several)
    return AtCount(speed, min(ends[0], -NOISE), max(ends[1], NOISE), several, tuple(notes))


def _taught(platform: str, own: Sequence[Known], case: Case) -> list[Known]:
    """Return what tells how a platform scales: its own runs, then those of platforms that were measured at several counts."""
    counts: dict[str, set[int]] = defaultdict(set)
    for one in case.known:
        counts[one.platform].add(one.gpus)
    others = [one for one in case.known if one.platform != platform and len(counts[one.platform]) > 1]
    return [*own, *others][:MOST_ROWS]


def _batch_step(one: Known, own: Sequence[Known]) -> float:
    """Return the batch per card over that of the platform's first run, 1 where either is not told."""
    first, mine = batch_of(own[0].run) if own else None, batch_of(one.run)
    return mine / first if first and mine else 1.0


def _kept_batch(reference: Known, run: MeasuredRun) -> float:
    """Return the batch per card of a wanted row that gives its global batch, over that of the reference."""
    wanted = run.global_batch or 1.0
    return wanted / (reference.run.global_batch or wanted) * reference.gpus / (run.gpus or 1)


def _is_far(reference: Known, gpus: int) -> bool:
    return max(gpus, reference.gpus) > FAR_COUNT * min(gpus, reference.gpus)


def _notes(reference: Known, gpus: int, speed: float, *, strong: bool, several: bool) -> list[Message]:
    efficiency = speed / gpus / (reference.throughput / reference.gpus)
    law = message(f"paraselect.scaled_{'own' if several else 'class'}")
    kept = message(f"paraselect.scaled_{'strong' if strong else 'weak'}")
    notes = [message("paraselect.scaled", count=reference.gpus, wanted=gpus, efficiency=efficiency, law=law, kept=kept)]
    if _is_far(reference, gpus):
        notes.insert(0, message("paraselect.far_count", count=reference.gpus, wanted=gpus))
    return notes
