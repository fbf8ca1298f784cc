"""Set a VRAM estimate against platforms, and look for the change that makes it fit. What serves is shared by serving_fit."""

import math
from collections.abc import Iterator, Sequence

import msgspec

from app.engine.messages import Message, message
from app.engine.model.estimates import MemoryEstimate, MemoryFit, Remedy, StepTime
from app.engine.model.platforms import Platform
from app.engine.model.workloads import Workload
from app.engine.units import GIB
from app.engine.workload import serving_fit
from app.engine.workload.families import network_of
from app.engine.workload.inference_memory import Load, ServingStage, serving_stages
from app.engine.workload.memory import estimate_memory
from app.engine.workload.network import Network
from app.engine.workload.step_time import estimate_steps, speed_costs

_MOST = 4096


class Served(msgspec.Struct, frozen=True):
    """A served model with its load, ready to be set against cards."""

    stages: tuple[ServingStage, ...]
    load: Load
    fraction: float

    def headroom(self, card: float) -> float:
        """Return the bytes left on a card, below zero where it does not fit."""
        return serving_fit.headroom_bytes(self.stages, self.load, card, self.fraction)


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
    growth = None if served else _growth(workload)
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


def _fit(served: Served | None, total: float, free: float, changes: list[_Change], growth: tuple[str, float, float] | None) -> MemoryFit:
    headroom = served.headroom(free * GIB) / GIB if served else free - total
    helpful: list[Remedy] = []
    if headroom < 0:
        for one in changes:
            left = one.served.headroom(free * GIB) if one.served else free - one.remedy.total_gib
            if left >= 0:
                helpful.append(one.remedy)
    fit = MemoryFit("", None, total + headroom, headroom >= 0, headroom, tuple(helpful))
    if served is None:
        return msgspec.structs.replace(fit, **{growth[0]: _most(free, growth)}) if growth else fit
    asked = (served.stages, served.load, free * GIB, served.fraction)
    return msgspec.structs.replace(
        fit,
        max_concurrency=serving_fit.most_sequences(*asked),
        max_context=serving_fit.longest_context(*asked),
        max_input_batch=serving_fit.largest_inputs(*asked),
    )


def _growth(workload: Workload) -> tuple[str, float, float] | None:
    """Return (field, GiB at none, GiB for one more) of the micro-batch, or of the samples at once of a network told by its sums."""
    key = "concurrency" if workload.task == "inference" else "micro_batch"
    low, high = (_with(workload, **{key: number}) for number in (8, 16))
    if low is None or high is None:
        return None
    slope = (high - low) / 8
    return (f"max_{key}", low - 8 * slope, slope) if slope > 0 else None


def _most(usable: float, growth: tuple[str, float, float]) -> int:
    return max(0, min(_MOST, int((usable - growth[1]) / growth[2])))


def _changed(workload: Workload, changes: dict[str, object]) -> Workload:
    return msgspec.structs.replace(workload, run=msgspec.structs.replace(workload.run, **changes))


def _with(workload: Workload, **changes: object) -> float | None:
    return estimate_memory(_changed(workload, changes)).total_gib


def _remedies(workload: Workload, estimate: MemoryEstimate) -> Iterator[_Change]:
    """Yield every single change that lowers the need, and full recomputation with ZeRO-3 together."""
    for said, changes in _changes(workload):
        changed = _changed(workload, changes)
        total = estimate_memory(changed).total_gib
        if total is not None and estimate.total_gib is not None and total < estimate.total_gib:
            keys = tuple((f"run.{key}", value) for key, value in changes.items())
            yield _Change(Remedy(said, total, None, keys), _served(changed))  # type: ignore[arg-type]


def _changes(workload: Workload) -> Iterator[tuple[Message, dict[str, object]]]:
    run = workload.run
    if workload.task == "inference":
        if not run.weight_bits and workload.precision in ("bf16", "fp16", "fp32"):
            yield message("workload.remedy.int8"), {"weight_bits": 8}
            yield message("workload.remedy.int4"), {"weight_bits": 4}
        if not run.kv_dtype:
            yield message("workload.remedy.kv_fp8"), {"kv_dtype": "fp8"}
        if run.concurrency > 1:
            yield message("workload.remedy.concurrency", number=run.concurrency // 2), {"concurrency": run.concurrency // 2}
        if run.input_len > 1:
            shorter = {"input_len": run.input_len // 2, "output_len": run.output_len // 2, "seq_len": run.seq_len and run.seq_len // 2}
            yield message("workload.remedy.shorter"), shorter
        for tensor in (2, 4, 8):
            cards = run.tensor_parallel * tensor
            if workload.model and workload.model.heads and workload.model.heads % cards:
                break
            wider: dict[str, object] = {
                "tensor_parallel": cards,
                "gpus": max(run.gpus or 1, cards * run.pipeline_parallel * run.context_parallel),
            }
            yield message("workload.remedy.tensor", number=cards), wider
        return
    yield from _training_changes(workload)


def _training_changes(workload: Workload) -> Iterator[tuple[Message, dict[str, object]]]:
    run = workload.run
    if run.attention == "eager":
        yield message("workload.remedy.flash"), {"attention": "flash"}
    if run.recompute == "none" and run.attention == "eager":
        yield message("workload.remedy.selective"), {"recompute": "selective"}
    if (run.micro_batch or 1) > 1:
        yield message("workload.remedy.micro_batch"), {"micro_batch": 1}
    if run.zero_stage < 3:  # noqa: PLR2004
        yield message("workload.remedy.zero", number=3), {"zero_stage": 3}
    if run.recompute != "full":
        yield message("workload.remedy.full"), {"recompute": "full"}
        yield message("workload.remedy.full_zero"), {"recompute": "full", "zero_stage": 3}
    if run.offload == "none":
        yield message("workload.remedy.offload"), {"offload": "optimizer"}
    per_card = run.tensor_parallel * run.pipeline_parallel * run.context_parallel
    if run.gpus and run.gpus % (per_card * 2) == 0:
        yield message("workload.remedy.tensor", number=run.tensor_parallel * 2), {"tensor_parallel": run.tensor_parallel * 2}
    if run.gpus:
        more = {"gpus": run.gpus * 2, "tensor_parallel": run.tensor_parallel * 2, "sequence_parallel": True}
        yield message("workload.remedy.more_cards", number=run.gpus * 2), more
