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


class ServingEngine(Struct, frozen=True):
    """How an engine serves.

    block          tokens of one page of the KV cache; 1 = one contiguous piece per sequence
    chunk          tokens of one prefill step, for which buffers are laid out; 0 = the whole batch of inputs at once
    chunk_inputs   > 0: the chunk is so many inputs where their length is known
    sequences      rows of logits that it lays out: its largest batch; logits_copies: fp32 copies of them while sampling
    keeps_logits   they stay beside the buffers of a step (CUDA graphs own them); else the larger of both counts
    graphs         batch sizes that are captured as CUDA graphs
    runtime_gib    libraries, kernels and workspaces beside the bare context
    shares         what memory_fraction is a share of:
                   total  the card: weights, buffers and cache together (graphs are captured afterwards, into the rest)
                   static the card before the model: weights and cache together, buffers into the rest
                   free   what is left behind weights and buffers: the cache alone
                   all    nothing is set aside
    whole_length   a sequence reserves the longest length from its start: run.seq_len where that is stated
    collectives    whose buffers: nccl, hccl
    fused_reduce   bytes of the fused all-reduce's workspace per card of the group
    """

    block: int
    chunk: int
    sequences: int
    shares: Literal["total", "static", "free", "all"]
    chunk_inputs: int = 0
    logits_copies: float = 1.0
    keeps_logits: bool = False
    graphs: int = 0
    runtime_gib: float = 0.0
    whole_length: bool = False
    collectives: Literal["nccl", "hccl"] = "nccl"
    fused_reduce: float = 0.0


SERVING_ENGINES: dict[str, ServingEngine] = {
    # V1: block_size 16, max_num_batched_tokens 8192 and max_num_seqs 256 (vllm/engine/arg_utils.py); graphs of 1, 2, 4, 8 ... 512: 67.
    # Sampling with top-p sorts fp32 logits: 256 x 128256 took 1.26 GiB at TP 1 and TP 2 (Llama-3-8B, vLLM pull request 10511), 10 copies.
    "vllm": ServingEngine(16, 8192, 256, "total", logits_copies=10, graphs=67),
    # page_size 1, chunked_prefill_size 8192, graphs up to 160 sequences: 1, 2, 4, 8 ... 160 (sglang server_args.py).
    "sglang": ServingEngine(1, 8192, 160, "static", logits_copies=3, graphs=23),
    # 32 tokens per block; max_batch_size 2048, max_num_tokens 8192 (LLM API); benchmarks size max_num_tokens as two inputs. Graphs of 1, 2,
    # 4, 8 ... 128, 256 ... 2048: 23. Their fp32 logits stay (pull request 18669: "fp32 logits" of the largest batch).
    # Runtime: TinyLlama (2.05 GiB) leaves 76943 of 81007 MiB (issue 6335): 1.92 GiB; attention workspace 96 MiB (log in issue 8961).
    # All-reduce: 64 MiB x TP and three times that for lamport (CustomAllReduceHelper.max_workspace_size_auto).
    "tensorrt-llm": ServingEngine(
        32, 8192, 2048, "free", chunk_inputs=2, keeps_logits=True, graphs=23, runtime_gib=1.92 + 96 / 1024 - CONTEXT_GIB, whole_length=True,
        fused_reduce=4 * 64 * 2**20,
    ),
    # cacheBlockSize 128, maxPrefillTokens 8192, maxBatchSize 200 (MindIE config.json); NPU_MEMORY_FRACTION of the card.
    "mindie": ServingEngine(128, 8192, 200, "total", logits_copies=3, collectives="hccl"),
    # cache_block_seq_len 64, max_prefill_token_num 8192, max_batch_size 256; cache_max_entry_count is a share of what is free.
    "lmdeploy": ServingEngine(64, 8192, 256, "free", logits_copies=3),
    # No pages and no chunks: the whole batch is prefilled at once and only the last position has logits (num_logits_to_keep).
    "transformers": ServingEngine(1, 0, 1, "all", logits_copies=1.5),
}  # fmt: skip
_SERVING_WORDS = {
    "trt-llm": "tensorrt-llm", "tensorrt": "tensorrt-llm", "trtllm": "tensorrt-llm", "vllm-ascend": "vllm", "mindie-llm": "mindie",
    "mindie-service": "mindie", "pytorch": "transformers", "accelerate": "transformers",
}  # fmt: skip
GRAPH_GIB = 0.25 / 1024
"""Of one layer in one captured batch size: 0.6172 GiB for 80 layers and 35 sizes, 0.64 GiB for 40 layers and 67 (vLLM pull request 5515,
granite-switch issue 128)."""
NCCL_PAIR_GIB, NCCL_MORE_GIB = 544 / 1024, 688 / 1024
"""A communicator of two cards, of more, with NVLink (measured, NVIDIA/nccl issue 964)."""
HCCL_GIB = 400 / 1024
"""HCCL_BUFFSIZE is 200 MB, once to send and once to receive (CANN, environment variables)."""


def serving_engine(workload: Workload) -> tuple[str, ServingEngine, bool]:
    """Return name and habits of the serving engine, and whether it was named; else vLLM's."""
    word = workload.engine.strip().lower().split(" ")[0]
    name = _SERVING_WORDS.get(word, word)
    return (name, SERVING_ENGINES[name], True) if name in SERVING_ENGINES else ("vllm", SERVING_ENGINES["vllm"], False)


def collective_gib(engine: ServingEngine, cards: int, tensor: int) -> float:
    """Return what the buffers of the collectives take on one card of a group."""
    if cards == 1:
        return 0.0
    if engine.collectives == "hccl":
        return HCCL_GIB
    workspace = engine.fused_reduce * tensor / 2**30 if tensor > 1 else 0.0
    return (NCCL_PAIR_GIB if cards == 2 else NCCL_MORE_GIB) + workspace  # noqa: PLR2004
