"""Set a VRAM estimate against platforms, and look for the change that makes it fit."""

from collections.abc import Iterator, Sequence

import msgspec

from app.engine.messages import Message, message
from app.engine.model.estimates import MemoryEstimate, MemoryFit, Remedy
from app.engine.model.platforms import Platform
from app.engine.model.workloads import Workload
from app.engine.workload.memory import estimate_memory

USABLE_SHARE = 0.96
"""Of the memory on the data sheet: cards report 79.3 to 79.6 GiB of "80 GB", 140.4 of "141 GB", 277.5 of "288 GB"."""
MEMORY_FRACTION_ENGINES = frozenset({"vllm", "sglang", "tensorrt-llm", "mindie", "lmdeploy"})
RECOMPUTE_COST, SELECTIVE_COST, ZERO3_COST, OFFLOAD_COST = 0.33, 0.05, 0.15, 0.5
"""Extra time as a share. Full recomputation repeats the forward pass, a third of a step; the others are orders of magnitude."""
_MOST = 4096


def fit_memory(workload: Workload, estimate: MemoryEstimate, platforms: Sequence[Platform]) -> tuple[MemoryFit, ...]:
    """Return, platform by platform, whether it fits, the headroom and what would make it fit."""
    total = estimate.total_gib
    if total is None:
        return tuple(_unknown(platform, workload) for platform in platforms)
    remedies = list(_remedies(workload, estimate))
    batch, concurrency = _growth(workload, "micro_batch"), _growth(workload, "concurrency")
    return tuple(_fit(platform, workload, total, remedies, batch, concurrency) for platform in platforms)


def _usable(platform: Platform, workload: Workload) -> tuple[float | None, float | None]:
    capacity = platform.number("memory_gb")
    if capacity is None:
        return None, None
    served = workload.task == "inference" and workload.engine.lower() in MEMORY_FRACTION_ENGINES
    return capacity, capacity * USABLE_SHARE * (workload.run.memory_fraction if served else 1.0)


def _unknown(platform: Platform, workload: Workload) -> MemoryFit:
    capacity, usable = _usable(platform, workload)
    return MemoryFit(platform.id, capacity, usable, None, None)


def _fit(
    platform: Platform,
    workload: Workload,
    total: float,
    remedies: list[Remedy],
    batch: tuple[float, float] | None,
    concurrency: tuple[float, float] | None,
) -> MemoryFit:
    capacity, usable = _usable(platform, workload)
    if usable is None:
        return MemoryFit(platform.id, None, None, None, None)
    fits = total <= usable
    helpful = () if fits else tuple(sorted((one for one in remedies if one.total_gib <= usable), key=lambda one: one.speed_cost or 0.0))
    return MemoryFit(
        platform=platform.id,
        capacity_gib=capacity,
        usable_gib=usable,
        fits=fits,
        headroom_gib=usable - total,
        remedies=helpful,
        max_micro_batch=_most(usable, batch),
        max_concurrency=_most(usable, concurrency),
    )


def _growth(workload: Workload, key: str) -> tuple[float, float] | None:
    """Return (GiB at none, GiB for one more) of micro_batch or concurrency, None where it does not apply."""
    if (workload.task == "inference") != (key == "concurrency"):
        return None
    low, high = (_with(workload, **{key: number}) for number in (8, 16))
    if low is None or high is None:
        return None
    slope = (high - low) / 8
    return (low - 8 * slope, slope) if slope > 0 else None


def _most(usable: float, growth: tuple[float, float] | None) -> int | None:
    if growth is None:
        return None
    base, slope = growth
    return max(0, min(_MOST, int((usable - base) / slope)))


def _with(workload: Workload, **changes: object) -> float | None:
    run = msgspec.structs.replace(workload.run, **changes)
    return estimate_memory(msgspec.structs.replace(workload, run=run)).total_gib


def _remedies(workload: Workload, estimate: MemoryEstimate) -> Iterator[Remedy]:
    """Yield every single change that lowers the need, and full recomputation with ZeRO-3 together."""
    for said, cost, changes in _changes(workload):
        total = _with(workload, **changes)
        if total is not None and estimate.total_gib is not None and total < estimate.total_gib:
            yield Remedy(said, total, cost, tuple((f"run.{key}", value) for key, value in changes.items()))  # type: ignore[misc]


def _changes(workload: Workload) -> Iterator[tuple[Message, float | None, dict[str, object]]]:
    run = workload.run
    if workload.task == "inference":
        if not run.weight_bits and workload.precision in ("bf16", "fp16", "fp32"):
            yield message("workload.remedy.int8"), None, {"weight_bits": 8}
            yield message("workload.remedy.int4"), None, {"weight_bits": 4}
        if not run.kv_dtype:
            yield message("workload.remedy.kv_fp8"), None, {"kv_dtype": "fp8"}
        if run.concurrency > 1:
            yield message("workload.remedy.concurrency", number=run.concurrency // 2), None, {"concurrency": run.concurrency // 2}
        for tensor in (2, 4, 8):
            cards = run.tensor_parallel * tensor
            yield message("workload.remedy.tensor", number=cards), None, {"tensor_parallel": cards, "gpus": max(run.gpus or 1, cards)}
        return
    yield from _training_changes(workload)


def _training_changes(workload: Workload) -> Iterator[tuple[Message, float | None, dict[str, object]]]:
    run = workload.run
    if run.attention == "eager":
        yield message("workload.remedy.flash"), -0.1, {"attention": "flash"}
    if run.recompute == "none" and run.attention == "eager":
        yield message("workload.remedy.selective"), SELECTIVE_COST, {"recompute": "selective"}
    if (run.micro_batch or 1) > 1:
        yield message("workload.remedy.micro_batch"), 0.1, {"micro_batch": 1}
    if run.zero_stage < 3:  # noqa: PLR2004
        yield message("workload.remedy.zero", number=3), ZERO3_COST, {"zero_stage": 3}
    if run.recompute != "full":
        yield message("workload.remedy.full"), RECOMPUTE_COST, {"recompute": "full"}
        yield message("workload.remedy.full_zero"), RECOMPUTE_COST + ZERO3_COST, {"recompute": "full", "zero_stage": 3}
    if run.offload == "none":
        yield message("workload.remedy.offload"), OFFLOAD_COST, {"offload": "optimizer"}
    per_card = run.tensor_parallel * run.pipeline_parallel * run.context_parallel
    if run.gpus and run.gpus % (per_card * 2) == 0:
        yield message("workload.remedy.tensor", number=run.tensor_parallel * 2), None, {"tensor_parallel": run.tensor_parallel * 2}
    if run.gpus:
        more = {"gpus": run.gpus * 2, "tensor_parallel": run.tensor_parallel * 2, "sequence_parallel": True}
        yield message("workload.remedy.more_cards", number=run.gpus * 2), None, more
