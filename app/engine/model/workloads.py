"""Workload: what the application is and how it was or will be run (run.toml)."""

from typing import Literal, TypeAlias, cast, get_args

from msgspec import Struct

from app.engine.messages import Message

Task: TypeAlias = Literal["pretrain", "finetune", "lora", "qlora", "inference", "hpc"]
Precision: TypeAlias = Literal["fp64", "fp32", "tf32", "fp16", "bf16", "fp8", "int8", "fp4", "int4"]


_PRECISION_WORDS: dict[str, Precision] = {
    "double": "fp64", "f64": "fp64", "float64": "fp64",
    "single": "fp32", "float": "fp32", "f32": "fp32", "float32": "fp32",
    "half": "fp16", "f16": "fp16", "float16": "fp16", "amp": "fp16", "mixed": "fp16", "mix": "fp16", "fp16-mixed": "fp16",
    "bfloat16": "bf16", "bf16-mixed": "bf16",
    "float8": "fp8", "f8": "fp8", "e4m3": "fp8", "fp8_e4m3": "fp8", "w8a8-fp8": "fp8",
    "w8a8": "int8", "int8-w8a8": "int8", "q8_0": "int8", "i8": "int8",
    "nvfp4": "fp4", "mxfp4": "fp4", "float4": "fp4",
    "w4a16": "int4", "awq": "int4", "gptq": "int4", "q4_k_m": "int4", "q4_0": "int4", "nf4": "int4",
}  # fmt: skip


def normalise_precision(text: str) -> Precision | None:
    """Return the precision that a word of the trade means ("half", "AMP", "bfloat16", "q4_k_m"), None where it is not known."""
    word = text.strip().lower().replace(" ", "")
    if word in get_args(Precision):
        return cast(Precision, word)
    return _PRECISION_WORDS.get(word)


class Model(Struct, frozen=True):
    """The [model] table: the shape of a network. None = not stated; True or False where a family's own habit is overruled.

    gated, attention_bias, mlp_bias, qk_norm   how its layers are built: None = as the family does
    shared_intermediate      width of the shared experts together; 0 = shared_experts x moe_intermediate
    moe_every                a layer with experts every so many layers
    linear_*                 linear-attention layers of a hybrid (state of value_heads x key_dim x value_dim); global_layers_every tells
                             which layers attend in full
    image_size, patch_size, channels, classes, frames, text_len, text_hidden   images and video: pixels, classes, latent frames, the prompt
    flops_per_sample, kept_per_sample   networks told by their sums (CNN, UNet): FLOP forward of one sample and elements kept for the
                             backward pass, at image_size
    fp64_flop_per_unit ... resident_bytes_per_unit   HPC codes by intensity: FLOP and bytes moved of one unit of work, and the bytes
                             of it that stay in VRAM
    """

    family: str = "other"
    parameters: float | None = None
    layers: int | None = None
    hidden: int | None = None
    heads: int | None = None
    kv_heads: int | None = None
    head_dim: int | None = None
    intermediate: int | None = None
    vocab: int | None = None
    max_positions: int | None = None
    tied_embeddings: bool | None = None
    sliding_window: int = 0
    global_layers_every: int = 0
    experts: int = 0
    experts_per_token: int = 0
    moe_intermediate: int = 0
    shared_experts: int = 0
    first_dense_layers: int = 0
    kv_lora_rank: int = 0
    q_lora_rank: int = 0
    qk_rope_head_dim: int = 0
    qk_nope_head_dim: int = 0
    v_head_dim: int = 0
    gated: bool | None = None
    attention_bias: bool | None = None
    mlp_bias: bool | None = None
    qk_norm: bool | None = None
    shared_intermediate: int = 0
    moe_every: int = 1
    linear_key_heads: int = 0
    linear_value_heads: int = 0
    linear_key_dim: int = 0
    linear_value_dim: int = 0
    linear_conv: int = 0
    image_size: int = 0
    patch_size: int = 0
    channels: int = 0
    classes: int = 0
    frames: int = 0
    text_len: int = 0
    text_hidden: int = 0
    flops_per_sample: float = 0.0
    kept_per_sample: float = 0.0
    fp64_flop_per_unit: float = 0.0
    fp32_flop_per_unit: float = 0.0
    bytes_per_unit: float = 0.0
    resident_bytes_per_unit: float = 0.0


class RunParameters(Struct, frozen=True):
    """The [run] table. None = not stated; the stated defaults are those of interface.md.

    recompute_modules     what a selective recomputation repeats, in Megatron's words (core_attn mlp moe_act layernorm mla_up_proj moe);
                          none named = the attention's core
    moment_dtype          of Adam's two moments
    expert_tensor_parallel   None = as tensor_parallel; expert_imbalance: tokens of the fullest card over the mean
    first_stage_layers, last_stage_layers   of an uneven pipeline; 0 = even
    quant_group           weights that share one scale, 0 = by the format; prefill_tokens: of one chunk, 0 = by the engine
    kv_block              tokens of one page of the KV cache, 0 = by the engine
    context_gib, slack_share   context and libraries on the card, allocator's cache and fragments as a share; None = by engine
    units                 of work on one card (HPC)
    """

    platform: str = ""
    gpus: int | None = None
    nodes: int | None = None
    seq_len: int | None = None
    micro_batch: int | None = None
    global_batch: int | None = None
    tensor_parallel: int = 1
    pipeline_parallel: int = 1
    virtual_pipeline: int = 1
    context_parallel: int = 1
    expert_parallel: int = 1
    sequence_parallel: bool = False
    zero_stage: int = 0
    offload: Literal["none", "optimizer", "optimizer+params"] = "none"
    optimizer: str = "adamw"
    master_dtype: str = "fp32"
    grad_dtype: str = "fp32"
    recompute: Literal["none", "selective", "full"] = "none"
    attention: Literal["flash", "eager"] = "flash"
    dropout: float = 0.0
    lora_rank: int = 0
    lora_targets: tuple[str, ...] = ()
    weight_bits: int = 0
    kv_dtype: str = ""
    concurrency: int = 0
    input_len: int = 0
    output_len: int = 0
    memory_fraction: float = 0.9
    recompute_modules: tuple[str, ...] = ()
    moment_dtype: str = "fp32"
    expert_tensor_parallel: int | None = None
    expert_imbalance: float = 1.0
    first_stage_layers: int = 0
    last_stage_layers: int = 0
    quant_group: int = 0
    prefill_tokens: int = 0
    kv_block: int = 0
    context_gib: float | None = None
    slack_share: float | None = None
    units: float | None = None


class Node(Struct, frozen=True):
    """The [node] table: the machine that was measured. None = not stated."""

    disk_gbs: float | None = None
    nics: int | None = None
    nic_gbps: float | None = None
    cpu: str = ""
    memory_gib: float | None = None


class MeasuredSpeed(Struct, frozen=True):
    """The [measured] table: speed of the whole system on [run].platform."""

    speed: float
    unit: str


class Workload(Struct, frozen=True):
    """An application and its run parameters.

    driver, toolkit, python   what is installed today: "535.104.05", "CUDA 12.1", "3.10"; "" = not stated
    stated   the keys that the file really held ("run.zero_stage"); notes: what was assumed and what of the file is not used
    """

    name: str
    task: Task
    precision: Precision | None = None
    os: str = ""
    cpu_arch: str = ""
    framework: str = ""
    engine: str = ""
    driver: str = ""
    toolkit: str = ""
    python: str = ""
    optimised: bool = False
    model: Model | None = None
    run: RunParameters = RunParameters()
    node: Node = Node()
    measured: MeasuredSpeed | None = None
    stated: tuple[str, ...] = ()
    source: str = ""
    notes: tuple[Message, ...] = ()
