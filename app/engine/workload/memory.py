"""VRAM per card from the shape of the model and how it is run: the fullest stage, its parts, and how far to trust them."""

import math
from collections.abc import Sequence

from msgspec.structs import replace

from app.engine.messages import Message, message
from app.engine.model.estimates import GROUPS, MemoryEstimate, StageMemory
from app.engine.model.workloads import Workload
from app.engine.workload.declared_memory import declared_stages
from app.engine.workload.families import network_of
from app.engine.workload.inference_memory import inference_stages
from app.engine.workload.network import Declared, Network
from app.engine.workload.training_memory import training_stages

SPREADS = {"weights": 0.02, "gradients": 0.03, "optimizer": 0.02, "activations": 0.12, "working": 0.3, "kv_cache": 0.01, "overhead": 0.6}
"""Half widths of the 90 % interval as shares of each group."""
UNTOLD = 0.05
"""And of all that is allocated: what a run description does not tell (routing, fused losses, gradient buckets) moved published runs of
Megatron-Bridge by 1 to 7 % where every key was known, those of SimuMax by less than 1 %."""

_RESIDENT = message("workload.shape_missing", keys=["[model] resident_bytes_per_unit", "[run] units"])
"""What keeps an HPC code from being estimated."""


def estimate_memory(workload: Workload) -> MemoryEstimate:
    """Return the estimate; where something is not known, `unknown` says what, and the figures are None."""
    network = network_of(workload.model)
    if isinstance(network, Message) and workload.task == "hpc":
        return MemoryEstimate(unknown=_RESIDENT)
    if isinstance(network, Message):
        return MemoryEstimate(unknown=network, kv_cache_gib=_cache_alone(workload))
    parameters = float(network.parameters) or None
    problem = _problem(workload, network)
    if problem is not None:
        return MemoryEstimate(unknown=problem, parameters=parameters)
    said: list[Message] = []
    if isinstance(network, Declared):
        stages = declared_stages(network, workload, said)
    else:
        said += [message("workload.family_assumed", family=family, key="model.family") for family in network.assumed]
        stages = (inference_stages if workload.task == "inference" else training_stages)(network, workload, said)
    return _estimate(stages, parameters, said)


def _cache_alone(workload: Workload) -> float | None:
    """Return the KV cache of a served model whose shape is known but for what a cache does not need: vocabulary, MLP, experts."""
    if workload.task != "inference" or workload.model is None or workload.precision is None:
        return None
    model = workload.model
    filled = replace(model, vocab=model.vocab or 1, intermediate=model.intermediate or 1, experts=0)
    network = network_of(filled)
    if not isinstance(network, Network) or not (model.kv_heads or model.kv_lora_rank):
        return None
    stages = inference_stages(network, replace(workload, model=filled), [])
    return max(stage.group_gib("kv_cache") for stage in stages) or None


def _problem(workload: Workload, network: Network | Declared) -> Message | None:
    """Return what keeps this run from being estimated."""
    run = workload.run
    if workload.precision is None and workload.task != "hpc":
        return message("workload.run_missing", keys=["[workload] precision"])
    if workload.task == "hpc":
        return None if isinstance(network, Declared) and network.resident_bytes else _RESIDENT
    cards = run.tensor_parallel * run.pipeline_parallel * run.context_parallel
    if run.gpus is not None and run.gpus % cards:
        return message("workload.layout", gpus=run.gpus, cards=cards)
    if isinstance(network, Network) and run.pipeline_parallel > len(network.layers):
        return message("checking.stages", layers=len(network.layers))
    if workload.task == "inference":
        return None
    needed = ("gpus", "micro_batch") if isinstance(network, Declared) or network.tokens_per_sample else ("gpus", "seq_len", "micro_batch")
    missing = [f"[run] {key}" for key in needed if getattr(run, key) is None]
    return message("workload.run_missing", keys=missing) if missing else None


def _estimate(stages: Sequence[StageMemory], parameters: float | None, said: list[Message]) -> MemoryEstimate:
    peak = max(stages, key=lambda stage: stage.total_gib)
    groups = {group: peak.group_gib(group) for group in GROUPS}
    total = peak.total_gib
    half = math.hypot(UNTOLD * (total - groups["overhead"]), *(SPREADS[group] * size for group, size in groups.items()))
    return MemoryEstimate(
        weights_gib=groups["weights"],
        gradients_gib=groups["gradients"],
        optimizer_gib=groups["optimizer"],
        activations_gib=groups["activations"],
        working_gib=groups["working"],
        kv_cache_gib=groups["kv_cache"],
        overhead_gib=groups["overhead"],
        total_gib=total,
        low=total - half,
        high=total + half,
        parameters=parameters,
        stages=tuple((stage.stage, stage.total_gib) for stage in stages),
        peak_stage=peak.stage,
        by_stage=tuple(stages),
        assumptions=tuple(one for number, one in enumerate(said) if one not in said[:number]),
    )
