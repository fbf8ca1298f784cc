"""Set a VRAM estimate against platforms, and look for the change that makes it fit. What serves is shared by serving_fit."""

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache

import msgspec

from app.engine.model.estimates import MemoryEstimate, MemoryFit, Remedy, StepTime
from app.engine.model.platforms import Platform
from app.engine.model.workloads import Workload
from app.engine.units import GIB
from app.engine.workload import serving_fit
from app.engine.workload.families import network_of
from app.engine.workload.inference_memory import Load, ServingStage, serving_stages
from app.engine.workload.memory import estimate_memory
from app.engine.workload.network import Network
from app.engine.workload.remedies import changes_of
from app.engine.workload.step_time import estimate_steps, speed_costs

_MOST = 4096
LARGEST_GIB = 512.0
"""More than any card has."""


class Served(msgspec.Struct, frozen=True):
    """A served model with its load, ready to be set against cards."""

    stages: tuple[ServingStage, ...]
    load: Load
    fraction: float

    def headroom(self, card: float) -> float:
        """Return the bytes left on a card, below zero where it does not fit."""
        return serving_fit.headroom_bytes(self.stages, self.load, card, self.fraction)


class _Growth(msgspec.Struct, frozen=True):
    """GiB of a card at 1, 2, 4 ... of what grows; field: of MemoryFit, where the most that fits is told."""

    field: str
    needs: tuple[float, ...]


class _Change(msgspec.Struct, frozen=True):
    """A remedy and, for what serves, the changed load to test it with."""

    remedy: Remedy
    served: Served | None


def fit_memory(workload: Workload, estimate: MemoryEstimate, platforms: Sequence[Platform]) -> tuple[MemoryFit, ...]:
    """Return, platform by platform, whether it fits, the headroom and what would make it fit."""
    total = estimate.total_gib
    if total is None:
        return tuple(MemoryFit(one.id, one.number("memory_gb"), one.number("free_gib"), None, None) for one in platforms)
    changes = list(_remedies(workload, estimate))
    served = _served(workload)
    most: dict[float, MemoryFit] = {}  # platforms of one size have one answer
    largest = max((one.number("free_gib") or 0.0 for one in platforms), default=0.0)
    growth = None if served else _growth(workload, largest)
    for platform in platforms:
        usable = platform.number("free_gib")
        if usable is not None and usable not in most:
            most[usable] = _fit(served, total, usable, changes, growth)
    unknown = MemoryFit("", None, None, None, None)
    found = (most.get(platform.number("free_gib") or 0.0, unknown) for platform in platforms)
    fits = tuple(
        msgspec.structs.replace(fit, platform=one.id, capacity_gib=one.number("memory_gb"))
        for one, fit in zip(platforms, found, strict=True)
    )
    if workload.task == "inference":
        return fits
    steps = estimate_steps(workload, platforms)
    timed = (msgspec.structs.replace(fit, step=step) if isinstance(step, StepTime) else fit for fit, step in zip(fits, steps, strict=True))
    return _ranked(workload, tuple(timed), platforms)


def _ranked(workload: Workload, fits: tuple[MemoryFit, ...], platforms: Sequence[Platform]) -> tuple[MemoryFit, ...]:
    """Return the fits with what each remedy costs on their platform, the cheapest first, those of unknown cost last."""
    needy = [number for number, fit in enumerate(fits) if fit.remedies]
    if not needy:
        return fits
    wanted = list(dict.fromkeys(one.changes for number in needy for one in fits[number].remedies))
    changed = [_changed(workload, {name.removeprefix("run."): value for name, value in changes}) for changes in wanted]
    costs = dict(zip(wanted, speed_costs(workload, changed, [platforms[number] for number in needy]), strict=True))
    ranked = list(fits)
    for place, number in enumerate(needy):
        told = [(float(costs[one.changes][place]), one) for one in fits[number].remedies]
        told.sort(key=lambda pair: (math.isnan(pair[0]), pair[0]))
        remedies = tuple(msgspec.structs.replace(one, speed_cost=None if math.isnan(cost) else cost) for cost, one in told)
        ranked[number] = msgspec.structs.replace(fits[number], remedies=remedies)
    return tuple(ranked)


def _served(workload: Workload) -> Served | None:
    """Return what serves, None for training and for networks that are told by their sums."""
    network = network_of(workload.model)
    if workload.task != "inference" or not isinstance(network, Network):
        return None
    stages, load = serving_stages(network, workload, [])
    different = {msgspec.structs.replace(one, stage=0): None for one in stages}  # stages in the middle of a pipeline are alike
    return Served(tuple(different), load, workload.run.memory_fraction)


def most_at_once(workload: Workload, platform: Platform) -> int | None:
    """Return how many sequences one copy of a served model holds at once on a platform, 0 where one does not fit; None = not known."""
    served, usable = _served(workload), platform.number("free_gib")
    if served is None or usable is None:
        return None
    return serving_fit.most_sequences(served.stages, served.load, usable * GIB, served.fraction)


def largest_batch(workload: Workload, platform: Platform) -> int | None:
    """Return the largest micro-batch (of a server: sequences on all copies) that has room on a platform, 0 = none; None = not told."""
    usable = platform.number("free_gib")
    if usable is None:
        return None
    run = workload.run
    each = run.tensor_parallel * run.pipeline_parallel * run.context_parallel
    copies = max(1, (run.gpus or each) // each)
    if workload.task == "inference" and _served(workload) is not None:
        most = most_at_once(workload, platform)
        return None if most is None else most * copies
    growth = _grown(msgspec.structs.replace(workload, notes=(), run=msgspec.structs.replace(run, platform="", micro_batch=1)))
    if growth is None:
        return None
    most = _most(usable, growth.needs)
    return min(most, max(1, run.global_batch // copies)) if run.global_batch and workload.task != "inference" else most


@lru_cache(maxsize=64)
def _grown(workload: Workload) -> _Growth | None:
    return _growth(workload, LARGEST_GIB)


def _fit(served: Served | None, total: float, free: float, changes: list[_Change], growth: _Growth | None) -> MemoryFit:
    headroom = served.headroom(free * GIB) / GIB if served else free - total
    helpful: list[Remedy] = []
    if headroom < 0:
        for one in changes:
            left = one.served.headroom(free * GIB) if one.served else free - one.remedy.total_gib
            if left >= 0:
                helpful.append(one.remedy)
    fit = MemoryFit("", None, total + headroom, headroom >= 0, headroom, tuple(helpful))
    if served is None:
        return msgspec.structs.replace(fit, **{growth.field: _most(free, growth.needs)}) if growth else fit
    asked = (served.stages, served.load, free * GIB, served.fraction)
    return msgspec.structs.replace(
        fit,
        max_concurrency=serving_fit.most_sequences(*asked),
        max_context=serving_fit.longest_context(*asked),
        max_input_batch=serving_fit.largest_inputs(*asked),
    )


def _growth(workload: Workload, largest: float) -> _Growth | None:
    """Return the need at 1, 2, 4 ... of the micro-batch (or of the samples at once of a network told by its sums), up to the largest card.

    Between two of them it grows evenly but for schedules that hold fewer micro-batches the larger they are.
    """
    key = "concurrency" if workload.task == "inference" else "micro_batch"
    needs: list[float] = []
    while not needs or (needs[-1] <= largest and 2 ** len(needs) <= _MOST):
        need = _with(workload, **{key: 2 ** len(needs)})
        if need is None or (needs and need <= needs[-1]):
            return None
        needs.append(need)
    return _Growth(f"max_{key}", tuple(needs))


def _most(usable: float, needs: tuple[float, ...]) -> int:
    fitting = sum(need <= usable for need in needs)
    if fitting in (0, len(needs)):
        return 2 ** (fitting - 1) if fitting else 0
    low, high = needs[fitting - 1], needs[fitting]
    step = 2 ** (fitting - 1)
    return step + int(step * (usable - low) / (high - low))


def _changed(workload: Workload, changes: dict[str, object]) -> Workload:
    return msgspec.structs.replace(workload, run=msgspec.structs.replace(workload.run, **changes))


def _with(workload: Workload, **changes: object) -> float | None:
    return estimate_memory(_changed(workload, changes)).total_gib


def _remedies(workload: Workload, estimate: MemoryEstimate) -> Iterator[_Change]:
    """Yield every single change that lowers the need, and full recomputation with ZeRO-3 together."""
    for said, changes in changes_of(workload):
        changed = _changed(workload, changes)
        total = estimate_memory(changed).total_gib
        if total is not None and estimate.total_gib is not None and total < estimate.total_gib:
            keys = tuple((f"run.{key}", value) for key, value in changes.items())
            yield _Change(Remedy(said, total, None, keys), _served(changed))  # type: ignore[arg-type]
