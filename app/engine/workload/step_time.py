"""Time of a training step from the workload model alone: what `modelled` predictions and the cost of memory remedies lean on."""

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from msgspec.structs import replace

from app.engine.messages import Message, message
from app.engine.model.estimates import StepTime, TimePart
from app.engine.model.platforms import Platform
from app.engine.model.workloads import Workload
from app.engine.workload.accounting import StepWork
from app.engine.workload.engines import training_engine
from app.engine.workload.families import network_of
from app.engine.workload.network import Network
from app.engine.workload.rates import (
    PEAKS,
    Rates,
    RateTable,
    measured_architecture,
    missing_fact,
    nic_gbs,
    nodes_of,
    rate_table,
    rates_of,
)
from app.engine.workload.step_work import step_work
from app.engine.workload.timing import Seconds, step_seconds

_NEEDED = ("gpus", "seq_len", "micro_batch")


def estimate_step(workload: Workload, platform: Platform) -> StepTime | Message:
    """Return the time of one training step on a platform, or why it cannot be told."""
    return estimate_steps(workload, [platform])[0]


def estimate_steps(workload: Workload, platforms: Sequence[Platform], table: RateTable | None = None) -> tuple[StepTime | Message, ...]:
    """Return the same for each of these platforms; the work is counted once."""
    step = work_of(workload)
    if isinstance(step, Message):
        return (step,) * len(platforms)
    table = table or rate_table()
    seconds = step_seconds(step, rates_of(platforms, workload, table))
    return tuple(_told(number, platform, workload, step, seconds, table) for number, platform in enumerate(platforms))


def speed_cost(workload: Workload, changed: Workload, platform: Platform) -> float | None:
    """Return the extra time of a changed run as a share, in card-seconds per token; None where it cannot be told."""
    found = float(speed_costs(workload, [changed], [platform])[0][0])
    return None if math.isnan(found) else found


def speed_costs(workload: Workload, changed: Sequence[Workload], platforms: Sequence[Platform]) -> list[np.ndarray]:
    """Return the same for each of these changed runs: an array over the platforms, NaN where it cannot be told."""
    kept: dict[tuple[int | None, int | None], Rates] = {}

    def per_token(one: Workload) -> np.ndarray:
        step = work_of(one)
        if isinstance(step, Message):
            return np.full(len(platforms), np.nan)
        key = (one.run.gpus, one.run.nodes)
        if key not in kept:
            kept[key] = rates_of(platforms, one)
        return step_seconds(step, kept[key]).total * (one.run.gpus or 1) / step.tokens

    before = per_token(workload)
    return [per_token(one) / before - 1 for one in changed]


def work_of(workload: Workload) -> StepWork | Message:
    """Counted once per run; what was noted while its file was read changes nothing, and has no hash."""
    return _counted(replace(workload, notes=()))


@lru_cache(maxsize=64)
def _counted(workload: Workload) -> StepWork | Message:
    """Return the work of a step, or what is missing or at odds in the run description."""
    network, run = network_of(workload.model), workload.run
    if isinstance(network, Message):
        return network
    if not isinstance(network, Network):
        return message("step_time.family", family=network.family)
    needed = [key for key in _NEEDED if not (key == "seq_len" and network.tokens_per_sample)]
    missing = [f"[run] {key}" for key in needed if not getattr(run, key)]
    if workload.precision is None:
        missing.append("[workload] precision")
    if missing:
        return message("step_time.run_missing", keys=missing)
    cards = run.tensor_parallel * run.pipeline_parallel * run.context_parallel
    if (run.gpus or 1) % cards:
        return message("workload.layout", gpus=run.gpus, cards=cards)
    if run.pipeline_parallel > len(network.layers):
        return message("checking.stages", layers=len(network.layers))
    return step_work(network, workload)


def _told(number: int, platform: Platform, workload: Workload, step: StepWork, seconds: Seconds, table: RateTable) -> StepTime | Message:
    missing = missing_fact(platform, workload)
    total = float(seconds.total[number])
    if missing is not None or not math.isfinite(total):
        return missing or message("step_time.missing_fact", platform=platform.id, key="memory_bw_gbs")
    kind = interval_kind(workload, platform, table)
    low, high = table.intervals[f"{kind}_low"], table.intervals[f"{kind}_high"]
    parts = [
        *((name, part[number]) for name, part in seconds.work.items()),
        *((f"wait_{name}", part[number]) for name, part in seconds.waited.items()),
        ("bubble", seconds.bubble[number]),
    ]
    peak = platform.number(PEAKS[workload.precision or "bf16"])
    return StepTime(
        seconds=total,
        low=total * math.exp(low),
        high=total * math.exp(high),
        parts=tuple(TimePart(name, float(part)) for name, part in parts if part > 0),
        tokens=step.tokens,
        tokens_per_s=step.tokens / total,
        micro_batches=step.micro_batches,
        utilisation=step.model_flops / (total * (workload.run.gpus or 1) * peak * 1e12) if peak else None,
        assumptions=tuple(_assumptions(workload, platform, step, table)),
    )


def interval_kind(workload: Workload, platform: Platform, table: RateTable) -> str:
    """Return how well measured runs cover this one: Megatron-LM on a measured architecture, anything else without or with experts.

    What was measured is whole training at 16 bits with its batch told: an engine or a batch that is assumed, another precision or
    training of adapters alone is none of that. The runs with experts were of Megatron-Bridge: its recipes are counted with them, as is
    training of adapters alone, of which no step was measured: the widest interval there is.
    """
    engine, adapters = workload.engine.strip().lower(), workload.task in ("lora", "qlora")
    alike = workload.precision in ("fp16", "bf16") and not adapters and workload.run.global_batch
    if measured_architecture(platform, table) and engine in ("megatron-lm", "megatron", "megatron-core") and alike:
        return "measured"
    experts = workload.model is not None and workload.model.experts
    return "experts" if experts or adapters or engine == "megatron-bridge" else "other"


def _assumptions(workload: Workload, platform: Platform, step: StepWork, table: RateTable) -> list[Message]:
    run = workload.run
    said = []
    rate, assumed = nic_gbs(platform, workload)
    if assumed and nodes_of(platform, workload) > 1:
        said.append(message("step_time.nic_assumed", rate=rate * 8, key="node.nic_gbps"))
    if not run.global_batch:
        said.append(message("step_time.batch_assumed", number=step.micro_batches, key="run.global_batch"))
    if not measured_architecture(platform, table):
        said.append(message("step_time.sustained_assumed", share=table.sustained["other"], platform=platform.id))
    if platform.number("achieved_bf16_tflops") is None:
        said.append(message("step_time.peak_used", platform=platform.id, key="achieved_bf16_tflops"))
    name, _ = training_engine(workload)
    if name != workload.engine.strip().lower():
        said.append(message("workload.engine_assumed", engine=name, key="workload.engine"))
    return said
