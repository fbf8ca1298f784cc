"""A DeepSpeed configuration, ds_config.json: ZeRO, offloading, batch, precision. It holds no model; "auto" states nothing.

Keys: https://www.deepspeed.ai/docs/config-json/
"""

from app.engine.model.workloads import Workload
from app.engine.workload.sources._document import Document
from app.engine.workload.sources._facts import Facts

_MARKS = frozenset({"zero_optimization", "train_micro_batch_size_per_gpu"})
_BATCH = frozenset({"train_batch_size", "gradient_accumulation_steps", "bf16", "fp16", "optimizer", "gradient_clipping"})
OPTIMIZERS = {"adam": "adamw", "onebitadam": "adamw", "fusedadam": "adamw", "cpuadam": "adamw", "deepspeedcpuadam": "adamw"}
_TYPES = {"fp32": "fp32", "fp16": "fp16", "bf16": "bf16"}


class DeepSpeed:
    """ds_config.json."""

    slug = "deepspeed"

    def recognises(self, document: Document) -> bool:
        """It has ZeRO or the batch of a card, or several of the other keys."""
        names = document.names
        return document.syntax == "json" and (bool(names & _MARKS) or {"train_batch_size"} <= names and len(names & _BATCH) > 1)

    def read(self, document: Document) -> Workload:
        """Return a workload without a model; the task is taken as fine-tuning until the user says otherwise."""
        facts = Facts(document)
        state_config(facts, document.tree)
        facts.values["workload.engine"] = "deepspeed"
        facts.note("no_model", name=document.path.name)
        return facts.workload(document.path.stem, "finetune", ("workload.engine",))


def state_config(facts: Facts, config: dict) -> None:
    """Take what a configuration says."""
    zero = _table(config, "zero_optimization")
    facts.state("run.zero_stage", zero.get("stage"), "stage")
    optimizer_away = _is_away(zero, "offload_optimizer") or zero.get("cpu_offload") is True
    if _is_away(zero, "offload_param"):
        facts.state("run.offload", "optimizer+params", "offload_param")
    elif optimizer_away:
        facts.state("run.offload", "optimizer", "offload_optimizer")
    facts.state("run.micro_batch", config.get("train_micro_batch_size_per_gpu"), "train_micro_batch_size_per_gpu")
    facts.state("run.global_batch", config.get("train_batch_size"), "train_batch_size")
    tell_accumulation(facts, config.get("gradient_accumulation_steps"))
    for word in ("fp16", "bf16", "bfloat16"):
        if _table(config, word).get("enabled") is True:
            facts.state("workload.precision", word, word)
    kind = _table(config, "optimizer").get("type")
    if isinstance(kind, str):
        facts.state("run.optimizer", OPTIMIZERS.get(kind.lower().replace("_", ""), kind.lower()), "type")
    facts.state("run.tensor_parallel", _table(config, "tensor_parallel").get("autotp_size") or None, "autotp_size")
    _gradients(facts, config)
    checkpointing = _table(config, "activation_checkpointing")
    if any(checkpointing.get(name) for name in ("partition_activations", "cpu_checkpointing", "number_checkpoints")):
        facts.state("run.recompute", "full", "activation_checkpointing")
        facts.note("checkpointing")


def _gradients(facts: Facts, config: dict) -> None:
    """The type gradients are summed in: as stated; with ZeRO as the model, without FP32 beside bf16."""
    kind = _table(config, "data_types").get("grad_accum_dtype")
    if isinstance(kind, str) and kind in _TYPES:
        facts.state("run.grad_dtype", kind, "grad_accum_dtype")
    precision = facts.values.get("workload.precision")
    if precision in ("fp16", "bf16") and facts.values.get("run.zero_stage"):
        facts.assume("run.grad_dtype", precision)


def tell_accumulation(facts: Facts, steps: object) -> None:
    """Say what the global batch follows from where the file does not state it."""
    if isinstance(steps, int) and not isinstance(steps, bool) and steps > 0 and "run.global_batch" not in facts.values:
        facts.note("accumulation", steps=steps)


def _is_away(zero: dict, name: str) -> bool:
    return _table(zero, name).get("device") in ("cpu", "nvme")


def _table(config: dict, name: str) -> dict:
    found = config.get(name)
    return found if isinstance(found, dict) else {}


SOURCE = DeepSpeed()
