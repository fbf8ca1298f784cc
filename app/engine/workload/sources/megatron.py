"""Arguments of Megatron-LM and what is built on it (MindSpeed, FlagScale, Megatron-DeepSpeed).

As a shell script, options as text, YAML, JSON, or the listing of arguments that a run prints. Scripts are read, never run.
"""

from app.engine.messages import message
from app.engine.model.workloads import Task, Workload
from app.engine.workload.sources._document import Document
from app.engine.workload.sources._facts import Facts
from app.engine.workload.sources._megatron_model import NAMES as MODEL_NAMES
from app.engine.workload.sources._megatron_model import is_on, state_model
from app.engine.workload.sources._options import Options, options_of

_KEYS: dict[str, tuple[str, ...]] = {
    "tensor_parallel": ("tensor_model_parallel_size", "model_parallel_size"),
    "pipeline_parallel": ("pipeline_model_parallel_size", "pipeline_parallel_size"),
    "context_parallel": ("context_parallel_size",),
    "expert_parallel": ("expert_model_parallel_size", "moe_expert_parallel_size"),
    "expert_tensor_parallel": ("expert_tensor_parallel_size",),
    "first_stage_layers": ("decoder_first_pipeline_num_layers", "num_layers_in_first_pipeline_stage"),
    "last_stage_layers": ("decoder_last_pipeline_num_layers", "num_layers_in_last_pipeline_stage"),
    "micro_batch": ("micro_batch_size",),
    "global_batch": ("global_batch_size",),
    "seq_len": ("seq_length", "encoder_seq_length"),
    "lora_rank": ("lora_r", "lora_rank"),
    "lora_targets": ("lora_target_modules",),
}
_TYPES = {"master_dtype": "main_params_dtype", "grad_dtype": "main_grads_dtype", "moment_dtype": "exp_avg_dtype"}
_CHOSEN = frozenset({
    "use_distributed_optimizer", "sequence_parallel", "num_layers_per_virtual_pipeline_stage", "num_virtual_stages_per_pipeline_rank",
    "recompute_granularity", "recompute_activations", "recompute_modules", "use_flash_attn", "attention_backend", "attention_dropout",
    "hidden_dropout", "bf16", "fp16", "fp8_format", "fp8", "optimizer", "accumulate_allreduce_grads_in_fp32", "transformer_impl",
    "tokenizer_type", "moe_layer_recompute", "zero_stage"
})  # fmt: skip
NAMES = frozenset(name for names in _KEYS.values() for name in names) | frozenset(_TYPES.values()) | _CHOSEN | MODEL_NAMES
_SURE = frozenset({
    "tensor_model_parallel_size", "pipeline_model_parallel_size", "micro_batch_size", "global_batch_size", "seq_length", "num_layers"
})  # fmt: skip
_BEARING = frozenset({
    "mtp_num_layers", "moe_expert_capacity_factor", "cpu_offloading", "window_size", "pipeline_model_parallel_layout",
    "hybrid_attention_ratio", "account_for_embedding_in_pipeline_split", "account_for_loss_in_pipeline_split", "fp8_param_gather",
    "recompute_num_layers", "swap_attention"
})  # fmt: skip
_NUMBER_TYPES = ("fp32", "bf16", "fp16", "fp8")
_DROPOUT = 0.1
_SHARDING = {"optim": 1, "optim_grads": 2, "optim_grads_params": 3}


class Megatron:
    """pretrain_gpt.py with its arguments."""

    slug = "megatron"

    def recognises(self, document: Document) -> bool:
        """It names several arguments that are Megatron's own."""
        names = document.names
        return len(names & _SURE) > 1 and len(names & NAMES) > 2 and "model_type" not in names  # noqa: PLR2004 - two may be chance

    def read(self, document: Document) -> Workload:
        """Return the workload of a training."""
        facts, options = Facts(document), options_of(document, NAMES)
        _run(facts, options)
        state_model(facts, options)
        _virtual(facts, options.values)
        _cards(facts, options)
        if document.syntax == "shell" and document.script.doubtful:
            facts.note("branches", names=sorted(document.script.doubtful)[:8])
        facts.leave(name for name in _BEARING & options.values.keys() if options.values[name] not in (None, False))
        facts.values["workload.engine"] = "mindspeed" if any("mindspeed" in word.lower() for word in options.words) else "megatron-lm"
        return facts.workload(document.path.stem, _task(options), ("workload.task", "workload.engine"))


def _task(options: Options) -> Task:
    script = next((word.lower() for word in options.words if word.endswith(".py")), "")
    if options.values.get("lora_r") or options.values.get("lora_rank") or options.values.get("lora_target_modules"):
        return "lora"
    return "finetune" if any(mark in script for mark in ("finetune", "sft", "posttrain")) or is_on(options, "sft") else "pretrain"


def _run(facts: Facts, options: Options) -> None:
    values = options.values
    for key, names in _KEYS.items():
        for name in names:
            value = options.lists.get(name) or values.get(name) if key == "lora_targets" else values.get(name)
            facts.state(f"run.{key}", value if f"run.{key}" not in facts.values else None, name)
    _precision(facts, options)
    _states(facts, options)
    _recompute(facts, options)
    backend, local = values.get("attention_backend"), values.get("transformer_impl") == "local" and not is_on(options, "use_flash_attn")
    if backend in ("unfused", "local") or (backend is None and local):
        facts.state("run.attention", "eager", "attention_backend" if backend else "transformer_impl")
    elif is_on(options, "use_flash_attn") or backend in ("flash", "fused"):
        facts.state("run.attention", "flash", "use_flash_attn")
    facts.state("run.sequence_parallel", True if is_on(options, "sequence_parallel") else None, "sequence_parallel")
    _dropout(facts, values)


def _precision(facts: Facts, options: Options) -> None:
    values = options.values
    eight = values.get("fp8_format") or values.get("fp8") or is_on(options, "fp8_hybrid") or None
    if eight and str(eight).lower() not in ("none", "false"):
        facts.state("workload.precision", "fp8", "fp8_format")
        facts.derive("run.grad_dtype", "fp32")
        return
    for word in ("bf16", "fp16"):
        if is_on(options, word):
            facts.state("workload.precision", word, word)
    facts.assume("workload.precision", "fp32")


def _states(facts: Facts, options: Options) -> None:
    """Optimizer, how its states are cut, and the types gradients and states are kept in."""
    values = options.values
    for key, name in _TYPES.items():
        word = str(values.get(name) or "").replace("torch.", "").replace("float", "fp").replace("bfp", "bf")
        facts.state(f"run.{key}", word if word in _NUMBER_TYPES else None, name)
    precision = facts.values.get("workload.precision")
    if is_on(options, "accumulate_allreduce_grads_in_fp32"):
        facts.state("run.grad_dtype", "fp32", "accumulate_allreduce_grads_in_fp32")
    elif is_on(options, "grad_reduce_in_bf16"):
        facts.state("run.grad_dtype", "bf16", "grad_reduce_in_bf16")
    elif precision == "fp16":
        facts.assume("run.grad_dtype", "fp16")
    kind = values.get("optimizer")
    if isinstance(kind, str):
        facts.state("run.optimizer", "adamw" if kind.lower() == "adam" else kind.lower(), "optimizer")
    strategy = str(values.get("data_parallel_sharding_strategy"))
    if strategy in _SHARDING and (is_on(options, "use_megatron_fsdp") or is_on(options, "use_custom_fsdp")):
        facts.state("run.zero_stage", _SHARDING[strategy], "data_parallel_sharding_strategy")
    elif is_on(options, "use_torch_fsdp2"):
        facts.state("run.zero_stage", 3, "use_torch_fsdp2")
    elif is_on(options, "use_distributed_optimizer"):
        facts.state("run.zero_stage", 1, "use_distributed_optimizer")
    else:
        facts.state("run.zero_stage", values.get("zero_stage"), "zero_stage")
    if is_on(options, "optimizer_cpu_offload") or is_on(options, "cpu_optimizer"):
        facts.state("run.offload", "optimizer", "optimizer_cpu_offload")


def _recompute(facts: Facts, options: Options) -> None:
    granularity = options.values.get("recompute_granularity")
    if granularity == "full" or is_on(options, "checkpoint_activations"):
        facts.state("run.recompute", "full", "recompute_granularity")
    elif granularity == "selective" or is_on(options, "recompute_activations") or is_on(options, "moe_layer_recompute"):
        facts.state("run.recompute", "selective", "recompute_granularity")
        raw = options.lists.get("recompute_modules") or options.values.get("recompute_modules")
        words = raw if isinstance(raw, list) else str(raw or "").split()
        modules = [str(word)[:40] for word in words] or (["moe"] if is_on(options, "moe_layer_recompute") else [])
        if modules:
            facts.state("run.recompute_modules", modules, "recompute_modules")
    elif granularity is not None and "$" in str(granularity):
        facts.state("run.recompute", granularity, "recompute_granularity")


def _dropout(facts: Facts, values: dict[str, object]) -> None:
    """There is one dropout here: the larger of both."""
    found: list[float] = []
    for name in ("attention_dropout", "hidden_dropout"):
        facts.values.pop("run.dropout", None)
        facts.state("run.dropout", values.get(name), name)
        value = facts.values.get("run.dropout")
        found.append(float(value) if isinstance(value, int | float) else _DROPOUT)
    facts.values.pop("run.dropout", None)
    if "attention_dropout" in values and "hidden_dropout" in values:
        facts.values["run.dropout"] = max(found)
    else:
        facts.assume("run.dropout", max(found))
    if found[0] != found[1]:
        facts.note("dropout", attention=found[0], hidden=found[1])


def _virtual(facts: Facts, values: dict[str, object]) -> None:
    """Interleaved stages: by their number, or by the layers of each."""
    facts.state("run.virtual_pipeline", values.get("num_virtual_stages_per_pipeline_rank"), "num_virtual_stages_per_pipeline_rank")
    each = values.get("num_layers_per_virtual_pipeline_stage")
    if each is None or "run.virtual_pipeline" in facts.values:
        return
    facts.state("run.virtual_pipeline", each, "num_layers_per_virtual_pipeline_stage")
    number, layers, stages = facts.whole("run.virtual_pipeline"), facts.whole("model.layers"), facts.whole("run.pipeline_parallel") or 1
    if number is None:
        return
    if layers is None or layers % (stages * number):
        facts.values.pop("run.virtual_pipeline")
        near = [each for each in range(1, min(layers or 0, 4096) + 1) if (layers or 0) % (stages * each) == 0][:4]
        raise facts.refuse(
            "num_layers_per_virtual_pipeline_stage", each, message("checking.virtual_layers", layers=layers, stages=stages, near=near)
        )
    facts.values["run.virtual_pipeline"] = layers // stages // number


def _cards(facts: Facts, options: Options) -> None:
    """Cards and nodes of the launcher: torchrun, deepspeed; a listing has the world size."""
    values = options.values
    each = values.get("nproc_per_node", values.get("gpus_per_node", values.get("num_gpus")))
    nodes = values.get("nnodes", values.get("num_nodes"))
    if values.get("world_size") is not None and facts.document.syntax == "listing":
        facts.state("run.gpus", values["world_size"], "world_size")
        return
    facts.state("run.gpus", each, "nproc_per_node")
    cards = facts.whole("run.gpus")
    facts.state("run.nodes", nodes if isinstance(nodes, int) or str(nodes).isdecimal() or "$" in str(nodes) else None, "nnodes")
    if nodes is not None and "run.nodes" not in facts.values:
        facts.values.pop("run.gpus", None)
    elif cards is not None:
        facts.values.pop("run.gpus")
        facts.derive("run.gpus", cards * (facts.whole("run.nodes") or 1))


SOURCE = Megatron()
