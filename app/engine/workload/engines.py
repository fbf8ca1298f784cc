"""How each training or serving engine keeps its books: the words that differ from engine to engine, one row each, with sources.

context_gib   CUDA context, libraries and, with more than one card, the channels of the collectives: what nvidia-smi shows beside the
              allocator
slack_share   cache and fragments of the allocator over what is allocated: 2.8 to 9.3 % on the Megatron runs that SimuMax published
"""

from typing import Literal

from msgspec import Struct

from app.engine.model.workloads import Workload


class TrainingEngine(Struct, frozen=True):
    """How an engine trains.

    keeps           whose list of kept tensors describes it: megatron (fused kernels), transformers or pytorch (module by module)
    pads_vocab      the embedding is padded to a multiple of 128 x TP
    gradient_word   bytes of a gradient where the run does not say, 0 = as grad_dtype's default
    bucket_elements elements of the buckets that ZeRO reduces and gathers in
    adds_in_place   gradients are added up in 32 bits inside the product (Transformer Engine), which holds a 16-bit buffer per shape
    wide_weights    what is trained are fp32 weights, cast when used; least_zero: how far it always spreads them
    matmul_policy   its selective recomputation keeps every second product and the attention's output (torchtitan's per-op policy)
    """

    keeps: Literal["megatron", "transformers", "pytorch"]
    pads_vocab: bool = False
    gradient_word: float = 0.0
    bucket_elements: float = 0.0
    adds_in_place: bool = False
    wide_weights: bool = False
    least_zero: int = 0
    matmul_policy: bool = False


_MEGATRON = TrainingEngine("megatron", pads_vocab=True, adds_in_place=True)
_FSDP = TrainingEngine("pytorch", wide_weights=True, least_zero=3)
_DEEPSPEED = TrainingEngine("transformers", gradient_word=2, bucket_elements=5e8)  # reduce_bucket_size and allgather_bucket_size
TRAINING_ENGINES: dict[str, TrainingEngine] = {
    "megatron-lm": _MEGATRON,
    "megatron": _MEGATRON,
    "megatron-core": _MEGATRON,
    "megatron-bridge": _MEGATRON,
    "megatron-deepspeed": _MEGATRON,
    "nemo": _MEGATRON,
    "mindspeed": _MEGATRON,
    "modellink": _MEGATRON,
    "mindformers": _MEGATRON,
    "flagscale": _MEGATRON,
    "paddlenlp": TrainingEngine("megatron"),
    "paddle": TrainingEngine("megatron"),
    "transformers": TrainingEngine("transformers"),
    "trl": TrainingEngine("transformers"),
    "peft": TrainingEngine("transformers"),
    "accelerate": TrainingEngine("transformers"),
    "llama-factory": TrainingEngine("transformers"),
    "deepspeed": _DEEPSPEED,
    "pytorch": TrainingEngine("pytorch"),
    "fsdp": _FSDP,
    "fsdp2": _FSDP,
    "torchtitan": TrainingEngine("megatron", wide_weights=True, least_zero=3, matmul_policy=True),  # torch.compile fuses as the list says
}
CONTEXT_GIB, CHANNEL_GIB, SLACK_SHARE = 0.5, 0.4, 0.03


def training_engine(workload: Workload) -> tuple[str, TrainingEngine]:
    """Return the name and habits of the engine; where none is named: Megatron for a split model, else plain transformers."""
    name = workload.engine.strip().lower()
    if name in TRAINING_ENGINES:
        return name, TRAINING_ENGINES[name]
    run = workload.run
    split = max(run.tensor_parallel, run.pipeline_parallel, run.context_parallel, run.expert_parallel)
    assumed = "megatron-lm" if split > 1 else "transformers"
    return assumed, TRAINING_ENGINES[assumed]
