"""Speed of one case over card counts and nodes: its own runs on the law of its class (scaling_law.py)."""

import math
from collections import Counter
from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from app.engine.errors import EngineError
from app.engine.messages import Message, message
from app.engine.model.curves import Scaling, ScalingPoint
from app.engine.model.measurements import MeasuredRun
from app.engine.model.platforms import Platform
from app.engine.paraselect.batches import at_global_batch, is_step_time
from app.engine.paraselect.known_runs import Known, in_own_unit, known_of, known_runs, lower_is_better
from app.engine.paraselect.scaling_law import CARDS_PER_NODE, Fitted, Law, Setup, features, fitted, scaling_law, setup_of

FAR_COUNT = 8
"""Beyond so many times the known counts a number is out of range."""
KNEE_GAIN = 0.7
"""Of what twice the cards should add; below it a doubling is not worth its cards."""
NOISE = 0.04
"""Band about a measured speed: the spread between submitters on equal hardware."""
SAME_BATCH = 0.05
MOST_GPUS = 2**20


class _Case(Struct, frozen=True, eq=False):
    """What is known of a case on its platform.

    ends          of the interval, in deviations; per_node: cards of a node
    global_batch  that is kept (strong scaling); None: card_batch is kept, of each card (weak)
    """

    known: tuple[Known, ...]
    setup: Setup
    law: Fitted
    ends: tuple[float, float]
    global_batch: float | None
    card_batch: float | None
    per_node: float

    def total(self, gpus: int) -> float:
        """Return the speed of the system by the law; never above what the smallest known run's cards would give side by side."""
        value = 2 ** self.law.at(self.features(gpus))[0] * gpus
        smallest = self.known[0].gpus
        best = max(one.throughput / one.gpus for one in self.known if one.gpus == smallest)
        return min(value, best * gpus) if gpus > smallest else value

    def features(self, gpus: int) -> tuple[float, float, float]:
        """Return the features of a count at the batch that is kept."""
        first = batch_of(self.known[0].run) or 1.0
        batch = self.global_batch / gpus if self.global_batch else self.card_batch or first
        return features(gpus, batch / first, self.setup)

    def measured(self, gpus: int) -> float | None:
        """Return the speed that was measured at this count and batch."""
        wanted = self.features(gpus)[2]
        found = [one.throughput for one in self.known if one.gpus == gpus and abs(self._batch_step(one) - wanted) <= SAME_BATCH]
        return max(found, default=None)

    def _batch_step(self, one: Known) -> float:
        first = batch_of(self.known[0].run)
        own = batch_of(one.run)
        return -math.log2(own / first) if own and first else self.features(one.gpus)[2]


def scale_case(
    runs: Sequence[MeasuredRun],
    platforms: dict[str, Platform],
    case: str,
    gpus: Sequence[int],
    *,
    platform: str = "",
    law: Law | None = None,
) -> Scaling:
    """Return the speed of a case at these card counts. Raises EngineError where it has no known run or a count is none."""
    bad = [count for count in gpus if not 0 < count <= MOST_GPUS]
    if bad:
        raise EngineError("scaling.bad_count", counts=bad)
    mine = [one for one in known_runs(runs, case) if one.platform in platforms]
    if not mine:
        raise EngineError("scaling.nothing_known", case=case)
    units = sorted({one.run.unit for one in mine})
    if len(units) > 1:
        raise EngineError("paraselect.units_differ", case=case, units=units)
    chosen, notes = _platform(mine, platform)
    known = _of_one_work(sorted((one for one in mine if one.platform == chosen), key=lambda one: one.gpus))
    found = _case(known, platforms[chosen], law or scaling_law())
    counts = sorted(set(gpus))
    told = _points(found, runs, case, counts)
    largest = max(*counts, FAR_COUNT * known[-1].gpus)
    knee = _knee(found, min(counts[0], known[0].gpus), largest)
    notes += _notes(found, chosen, min(counts[0], known[0].gpus), knee, [point.gpus for point in told if point.out_of_range])
    inside, across, batch = (float(value) for value in found.law.slopes)
    better = "lower" if lower_is_better(known[0].run) else "higher"
    base = min(counts[0], known[0].gpus)
    return Scaling(case, chosen, units[0], better, told, base, knee, found.global_batch is not None, inside, across, batch, tuple(notes))


def _platform(known: Sequence[Known], wanted: str) -> tuple[str, list[Message]]:
    """Return the platform that is told: as asked, else the one with the most known counts."""
    counts = Counter(name for name, _ in dict.fromkeys((one.platform, one.gpus) for one in known))
    if wanted and wanted not in counts:
        raise EngineError("scaling.other_platform", platform=wanted, platforms=list(counts))
    chosen = wanted or max(counts, key=lambda name: counts[name])
    others = [name for name in counts if name != chosen]
    return chosen, [message("scaling.platform_chosen", platform=chosen, others=others)] if others and not wanted else []


def _of_one_work(known: Sequence[Known]) -> tuple[Known, ...]:
    """Return the runs so that times of a step compare: where the global batch grew with the cards, a step is of that much more work."""
    if not is_step_time(known[0].run) or known[0].run.task == "inference":
        return tuple(known)
    kept, _ = _kept_batch(tuple(known))
    if kept is None:
        return tuple(known_of(replace(one.run, global_batch=None)) for one in known)
    return tuple(known_of(run) for run in at_global_batch([one.run for one in known], known[-1].run))


def _case(known: tuple[Known, ...], platform: Platform, law: Law) -> _Case:
    told = [(one.gpus / one.run.nodes) for one in known if one.run.nodes and one.run.nodes > 1]
    per_node = max(told) if told else CARDS_PER_NODE
    setup = setup_of(platform, known[0].run.task, per_node)
    first = batch_of(known[0].run) or 1.0
    points = [features(one.gpus, (batch_of(one.run) or first) / first, setup) for one in known]
    logs = [math.log2(one.throughput / one.gpus) for one in known]
    several = len({one.gpus for one in known}) > 1
    ends = law.ends(setup.name, several=several)
    return _Case(known, setup, fitted(points, logs, setup, law), ends, *_kept_batch(known), per_node)


def _kept_batch(known: Sequence[Known]) -> tuple[float | None, float | None]:
    """Return (global batch that is kept, batch per card that is kept): a global batch that grew with the cards was a batch per card."""
    last = known[-1].run
    if not last.global_batch:
        return None, batch_of(last)
    shares = [one.run.global_batch / one.gpus for one in known if one.run.global_batch]
    grew = len({one.gpus for one in known}) > 1 and max(shares) / min(shares) <= 1 + SAME_BATCH
    return (None, shares[-1]) if grew else (last.global_batch, None)


def batch_of(run: MeasuredRun) -> float | None:
    """Return the batch per card, None where it is not told."""
    return run.global_batch / (run.gpus or 1) if run.global_batch else run.micro_batch


def _points(found: _Case, runs: Sequence[MeasuredRun], case: str, counts: Sequence[int]) -> tuple[ScalingPoint, ...]:
    platform = found.known[0].platform
    nodes = {run.gpus: run.nodes for run in runs if run.case == case and run.platform == platform and run.nodes}
    base = min(counts[0], found.known[0].gpus)
    ground = (found.measured(base) or found.total(base)) / base
    return tuple(_point(found, count, ground, nodes.get(count)) for count in counts)


def _point(found: _Case, gpus: int, ground: float, nodes: float | None) -> ScalingPoint:
    """Return one count; ground: speed per card at the base."""
    measured = found.measured(gpus)
    total = measured or found.total(gpus)
    low, high = (1 - NOISE, 1 + NOISE) if measured else _ends(found, gpus)
    run = replace(found.known[0].run, gpus=gpus, global_batch=found.global_batch or found.known[0].run.global_batch)
    one, other = sorted(in_own_unit(run, total * factor) for factor in (low, high))
    smallest, largest = found.known[0].gpus, found.known[-1].gpus
    several = smallest != largest
    return ScalingPoint(
        gpus,
        int(nodes or math.ceil(gpus / found.per_node)),
        in_own_unit(run, total),
        one,
        other,
        total / gpus / ground,
        "measured" if measured else "fitted" if several else "pooled",
        gpus > FAR_COUNT * largest or gpus * FAR_COUNT < smallest,
    )


def _ends(found: _Case, gpus: int) -> tuple[float, float]:
    """Return the interval as factors; below the smallest known count its long side lies above."""
    deviation = found.law.at(found.features(gpus))[1]
    low, high = found.ends if gpus >= found.known[0].gpus else (-found.ends[1], -found.ends[0])
    return min(2 ** (low * deviation), 1 - NOISE), max(2 ** (high * deviation), 1 + NOISE)


def _knee(found: _Case, start: int, largest: int) -> int | None:
    """Return the count after which a doubling adds less than KNEE_GAIN of what it should, None where that is beyond `largest`."""
    gpus = start
    while gpus * 2 <= largest:
        if found.total(gpus * 2) / found.total(gpus) - 1 < KNEE_GAIN:
            return gpus
        gpus *= 2
    return None


def _notes(found: _Case, platform: str, base: int, knee: int | None, far: list[int]) -> list[Message]:
    known = sorted({one.gpus for one in found.known})
    cls = message(f"scaling.class.{found.setup.name}")
    notes = [message("scaling.fitted" if len(known) > 1 else "scaling.pooled", counts=known, name=cls, platform=platform)]
    if found.global_batch:
        notes.append(message("scaling.strong", batch=int(found.global_batch)))
    else:
        notes.append(message("scaling.weak"))
    notes.append(message("scaling.base", gpus=base))
    notes.append(message("scaling.knee", gpus=knee, share=KNEE_GAIN) if knee else message("scaling.no_knee", share=KNEE_GAIN))
    if len({one.run.seq_len for one in found.known}) > 1:
        notes.append(message("scaling.lengths_differ"))
    if far:
        notes.append(message("scaling.far", counts=far, factor=FAR_COUNT, known=known))
    return notes
