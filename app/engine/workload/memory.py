"""VRAM per card from the shape of the model and how it is run.

Training: weights, gradients and optimizer states by ZeRO, TP and PP; activations as autograd keeps them, after Korthikanti et al. 2022,
"Reducing Activation Recomputation in Large Transformer Models" (34·s·b·h per GPT layer), written out for gated MLPs and grouped queries;
micro-batches in flight by the 1F1B and interleaved schedules. Inference: weights, KV cache, one prefill chunk.
"""

import math

from msgspec import Struct

from app.engine.messages import Message, message
from app.engine.model.estimates import MemoryEstimate
from app.engine.model.workloads import RunParameters, Workload
from app.engine.units import GIB
from app.engine.workload.activations import Kept, chunk_bytes, kept_bytes
from app.engine.workload.shapes import Shape, count_parameters, linear_sizes, shape_of, stage_parameters

WORD_BYTES = {"fp64": 8, "fp32": 4, "tf32": 4, "fp16": 2, "bf16": 2, "fp8": 1, "int8": 1, "fp4": 0.5, "int4": 0.5, "": 0}
OPTIMIZER_BYTES = {"adamw": 8.0, "adam": 8.0, "adamw8bit": 2.0, "adafactor": 0.02, "sgd": 4.0}
SCALE_BYTES = 2 / 64  # quantised weights: a 16-bit scale per group of 64
CONTEXT_GIB = 0.8  # CUDA context and libraries, as nvidia-smi shows them beside the allocator
CHANNEL_GIB = 0.6  # buffers of NCCL once more than one card takes part
SLACK_SHARE = 0.05  # cache and fragments of the allocator: 2.8 to 9.3 % on published Megatron runs
STATIC_SPREAD, ACTIVATION_SPREAD, OVERHEAD_SPREAD = 0.06, 0.3, 0.8  # half widths of the 90 % interval, as shares of each part
DEFAULT_TOKENS = 4096
LORA_TARGETS = ("q_proj", "v_proj")


class _Part(Struct, frozen=True):
    weights: float
    gradients: float
    optimizer: float
    activations: float
    kv_cache: float = 0.0

    @property
    def total(self) -> float:
        return self.weights + self.gradients + self.optimizer + self.activations + self.kv_cache


def estimate_memory(workload: Workload) -> MemoryEstimate:
    """Return the estimate; where something is not known, `unknown` says what, and the figures are None."""
    shape = shape_of(workload.model)
    if isinstance(shape, Message):
        return MemoryEstimate(unknown=shape)
    if workload.task == "hpc":
        return MemoryEstimate(unknown=message("workload.family_unknown", family="hpc"))
    parameters = count_parameters(workload.model)
    problem = _problem(workload)
    if problem is not None:
        return MemoryEstimate(unknown=problem, parameters=parameters)
    assumptions: list[Message] = []
    if workload.task == "inference":
        parts = [_inference(shape, workload, assumptions)]
    else:
        stages = workload.run.pipeline_parallel
        parts = [_training(shape, workload, stage, assumptions) for stage in range(stages)]
    return _estimate(parts, workload.run, parameters, _distinct(assumptions))


def _distinct(said: list[Message]) -> tuple[Message, ...]:
    return tuple(one for number, one in enumerate(said) if one not in said[:number])


def _problem(workload: Workload) -> Message | None:
    run = workload.run
    if workload.precision is None:
        return message("workload.run_missing", keys=["[workload] precision"])
    if workload.task == "inference":
        return None
    missing = [f"[run] {key}" for key in ("gpus", "seq_len", "micro_batch") if getattr(run, key) is None]
    if missing:
        return message("workload.run_missing", keys=missing)
    cards = run.tensor_parallel * run.pipeline_parallel * run.context_parallel
    if run.gpus is not None and run.gpus % cards:
        return message("workload.layout", gpus=run.gpus, cards=cards)
    return None


def _estimate(parts: list[_Part], run: RunParameters, parameters: int | None, assumptions: tuple[Message, ...]) -> MemoryEstimate:
    many = (run.gpus or 1) > 1

    def overhead(part: _Part) -> float:
        return CONTEXT_GIB + (CHANNEL_GIB if many else 0.0) + SLACK_SHARE * part.total / GIB

    worst = max(parts, key=lambda part: part.total)
    extra = overhead(worst)
    total = worst.total / GIB + extra
    static = (worst.weights + worst.gradients + worst.optimizer + worst.kv_cache) / GIB
    half = math.hypot(STATIC_SPREAD * static, ACTIVATION_SPREAD * worst.activations / GIB, OVERHEAD_SPREAD * extra)
    return MemoryEstimate(
        weights_gib=worst.weights / GIB,
        gradients_gib=worst.gradients / GIB,
        optimizer_gib=worst.optimizer / GIB,
        activations_gib=worst.activations / GIB,
        kv_cache_gib=worst.kv_cache / GIB,
        overhead_gib=extra,
        total_gib=total,
        low=total - half,
        high=total + half,
        parameters=float(parameters) if parameters else None,
        stages=tuple((number, part.total / GIB + overhead(part)) for number, part in enumerate(parts)),
        assumptions=assumptions,
    )


def _training(shape: Shape, workload: Workload, stage: int, assumptions: list[Message]) -> _Part:
    run = workload.run
    inside, outside = stage_parameters(shape, stage, run.pipeline_parallel, run.tensor_parallel)
    own = inside + outside
    word = _word(workload)
    if workload.task in ("lora", "qlora"):
        trained = _lora_parameters(shape, run, stage) / run.tensor_parallel
        weights = _quantised(inside, outside, run, word, 4 if workload.task == "qlora" else 0) + trained * 4
    else:
        trained, weights = own, own * word
    shards = (run.gpus or 1) // (run.tensor_parallel * run.pipeline_parallel)
    gradients = trained * (4 if workload.task in ("lora", "qlora") else WORD_BYTES.get(run.grad_dtype, 4))
    optimizer = trained * _optimizer_bytes(run, word, assumptions)
    if run.zero_stage >= 1:
        optimizer /= shards
    if run.zero_stage >= 2:  # noqa: PLR2004 - the stages of ZeRO
        gradients /= shards
    if run.zero_stage >= 3:  # noqa: PLR2004
        biggest = (shape.attention + shape.mlp + shape.vectors) / run.tensor_parallel * word
        weights = weights / shards + (2 * biggest if shards > 1 else 0.0)  # the layer in use and the one fetched ahead
    if run.offload != "none":
        optimizer = 0.0
    if run.offload == "optimizer+params":
        weights, gradients = weights * min(1.0, 2 / max(shape.layers, 1)), gradients * min(1.0, 2 / max(shape.layers, 1))
    kept: Kept = kept_bytes(shape, workload, stage)
    return _Part(weights, gradients, optimizer, kept.total)


def _word(workload: Workload) -> float:
    """Bytes per trained weight: FP8 training keeps 16-bit weights."""
    return max(WORD_BYTES[workload.precision or "bf16"], 2)


def _optimizer_bytes(run: RunParameters, word: float, assumptions: list[Message]) -> float:
    states = OPTIMIZER_BYTES.get(run.optimizer.lower())
    if states is None:
        states = OPTIMIZER_BYTES["adamw"]
        assumptions.append(message("workload.optimizer_assumed", optimizer=run.optimizer))
    master = 4 if run.master_dtype == "fp32" and word < 4 else WORD_BYTES.get(run.master_dtype, 0) if word < 4 else 0  # noqa: PLR2004 - fp32 weights are their own master
    return states + master


def _lora_parameters(shape: Shape, run: RunParameters, stage: int) -> float:
    sizes = linear_sizes(shape)
    targets = run.lora_targets or LORA_TARGETS
    names = list(sizes) if "all-linear" in targets or "all" in targets else [name for name in targets if name in sizes]
    layers = math.ceil(shape.layers / run.pipeline_parallel)
    return layers * (run.lora_rank or 8) * sum(sum(sizes[name]) for name in names)


def _quantised(inside: float, outside: float, run: RunParameters, word: float, bits: int) -> float:
    """Bytes of weights whose layers may be quantised; embedding and head keep 16 bits below 8-bit weights."""
    bits = run.weight_bits or bits
    if not bits:
        return (inside + outside) * word
    return inside * (bits / 8 + (SCALE_BYTES if bits < 16 else 0)) + outside * max(word, 2)  # noqa: PLR2004


def _inference(shape: Shape, workload: Workload, assumptions: list[Message]) -> _Part:
    run = workload.run
    inside = outside = 0.0
    for stage in range(run.pipeline_parallel):
        part = stage_parameters(shape, stage, run.pipeline_parallel, run.tensor_parallel)
        if sum(part) > inside + outside:
            inside, outside = part
    word = WORD_BYTES[workload.precision or "bf16"]
    bits = int(word * 8) if word < 2 else 0  # noqa: PLR2004
    weights = _quantised(inside, outside, run, max(word, 2), bits)
    tokens, sequences = run.input_len + run.output_len, run.concurrency or 1
    if not tokens:
        tokens = min(run.seq_len or DEFAULT_TOKENS, (workload.model.max_positions if workload.model else None) or DEFAULT_TOKENS)
        assumptions.append(message("workload.context_assumed", tokens=tokens))
    if not run.concurrency:
        assumptions.append(message("workload.concurrency_assumed"))
    kv_word = WORD_BYTES.get(run.kv_dtype or "", 0) or max(word, 2)
    layers = math.ceil(shape.layers / run.pipeline_parallel)
    kv_heads = max(1.0, shape.kv_heads / run.tensor_parallel)  # fewer KV heads than cards: each keeps a copy
    kv_cache = 2 * layers * kv_heads * shape.head_dim * kv_word * tokens * sequences
    return _Part(weights, 0.0, 0.0, chunk_bytes(shape, run, tokens, sequences), kv_cache)
