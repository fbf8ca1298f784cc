"""A LLaMA-Factory training configuration, YAML or JSON.

Defaults are those of its argument classes: LoRA, rank 8 on all linear layers, gradient checkpointing on, batch 8 per device, 2048 tokens.
"""

import re
from pathlib import Path

from app.engine.errors import EngineError
from app.engine.model.workloads import Task, Workload
from app.engine.texts import decode
from app.engine.workload.sources import deepspeed
from app.engine.workload.sources._document import Document
from app.engine.workload.sources._facts import Facts
from app.engine.workload.sources._options import options_of
from app.engine.workload.sources._presets import state_model_name

_OWN = frozenset({"stage", "finetuning_type", "template", "cutoff_len", "lora_target", "dataset_dir", "do_train"})
_NAMES = _OWN | {"model_name_or_path", "per_device_train_batch_size"}
_ATTENTION = {"fa2": "flash", "fa3": "flash", "sdpa": "flash", "disabled": "eager", "eager": "eager"}
_TRUTH = {"true": True, "false": False}
_LAUNCHED = {name: re.compile(rf"\b{name}=[\"']?(\d{{1,7}})\b") for name in ("NPROC_PER_NODE", "NNODES")}
"""What llamafactory-cli takes from its environment where it starts several processes itself."""
_MOST_BYTES = 1 << 20
_BATCH, _LENGTH, _RANK = 8, 2048, 8


class LlamaFactory:
    """llamafactory-cli train CONFIG."""

    slug = "llama-factory"

    def recognises(self, document: Document) -> bool:
        """It names a model and how it is tuned."""
        names = document.names
        return "model_name_or_path" in names and len(names & _OWN) > 1

    def read(self, document: Document) -> Workload:
        """Return the workload of a training."""
        facts, options = Facts(document), options_of(document, _NAMES)
        values = {name: _TRUTH.get(str(value).lower(), value) for name, value in options.values.items()}
        task = _task(facts, values)
        state_model_name(facts, values.get("model_name_or_path"))
        facts.values["workload.engine"] = "llama-factory"
        _cards(facts, values)
        _batch(facts, values)
        if task in ("lora", "qlora"):
            _lora(facts, values)
        _precision(facts, values)
        _memory(facts, values)
        _deepspeed(facts, values.get("deepspeed"))
        facts.leave(name for name in ("use_galore", "use_badam", "use_apollo", "use_unsloth", "fsdp", "use_adam_mini") if values.get(name))
        return facts.workload(_name(values), task, ("workload.engine", "workload.task"))


def _name(values: dict[str, object]) -> str:
    model = str(values.get("model_name_or_path") or "").replace("\\", "/").rstrip("/").rpartition("/")[2]
    return " ".join(part for part in (model, str(values.get("finetuning_type") or ""), str(values.get("stage") or "")) if part)[:80]


def _task(facts: Facts, values: dict[str, object]) -> Task:
    stage, kind = str(values.get("stage") or "sft"), str(values.get("finetuning_type") or "lora")
    if values.get("finetuning_type") is None:
        facts.note("tuning")
    if stage not in ("pt", "sft"):
        facts.note("stage", stage=stage[:20])
    if kind == "full":
        return "pretrain" if stage == "pt" else "finetune"
    if kind == "freeze":
        facts.note("freeze")
        return "finetune"
    bits = values.get("quantization_bit")
    if bits is not None:
        facts.state("run.weight_bits", bits, "quantization_bit")
        return "qlora"
    return "lora"


def _cards(facts: Facts, values: dict[str, object]) -> None:
    """Cards and nodes of the launcher; the batch of all of them follows."""
    found = {
        "nproc_per_node": values.get("nproc_per_node", values.get("num_gpus")),
        "nnodes": values.get("nnodes", values.get("num_nodes")),
    }
    for name in found:
        told = _LAUNCHED[name.upper()].search(facts.document.text) if facts.document.syntax == "shell" else None
        found[name] = told[1] if told and found[name] is None else found[name]
    each, nodes = found["nproc_per_node"], found["nnodes"]
    if not str(each).isdecimal() or not (nodes is None or str(nodes).isdecimal()):
        return
    facts.state("run.nodes", nodes, "nnodes")
    facts.state("run.gpus", int(str(each)) * (facts.whole("run.nodes") or 1), "nproc_per_node")


def _batch(facts: Facts, values: dict[str, object]) -> None:
    facts.state("run.seq_len", values.get("cutoff_len"), "cutoff_len")
    facts.assume("run.seq_len", _LENGTH)
    facts.state("run.micro_batch", values.get("per_device_train_batch_size"), "per_device_train_batch_size")
    facts.assume("run.micro_batch", _BATCH)
    steps = values.get("gradient_accumulation_steps", 1)
    gpus, micro = facts.whole("run.gpus"), facts.whole("run.micro_batch")
    if gpus and micro and str(steps).isdecimal():
        facts.derive("run.global_batch", gpus * micro * int(str(steps)))
    deepspeed.tell_accumulation(facts, steps)


def _lora(facts: Facts, values: dict[str, object]) -> None:
    facts.state("run.lora_rank", values.get("lora_rank"), "lora_rank")
    facts.assume("run.lora_rank", _RANK)
    targets = values.get("lora_target")
    words = [str(word) for word in targets] if isinstance(targets, list) else re.split(r"[\s,]+", str(targets or "").strip())
    names = tuple(word[:60] for word in words if word)
    if not names:
        facts.assume("run.lora_targets", ("all",))
    else:
        facts.state("run.lora_targets", names, "lora_target")


def _precision(facts: Facts, values: dict[str, object]) -> None:
    if values.get("pure_bf16") is True:
        facts.state("workload.precision", "bf16", "pure_bf16")
        for key, word in (("master_dtype", ""), ("grad_dtype", "bf16"), ("moment_dtype", "bf16")):
            facts.derive(f"run.{key}", word)
    for word in ("bf16", "fp16"):
        if values.get(word) is True:
            facts.state("workload.precision", word, word)
    if "workload.precision" not in facts.values:
        facts.assume("workload.precision", "fp32")
    kind = values.get("optim")
    if isinstance(kind, str):
        word = kind.lower().removeprefix("paged_")
        eight = "8bit" in word
        plain = "adamw8bit" if word.startswith("adamw") and eight else "adamw" if word.startswith("adamw") else word
        facts.state("run.optimizer", plain, "optim")


def _memory(facts: Facts, values: dict[str, object]) -> None:
    """Gradient checkpointing is on unless it is switched off."""
    off = values.get(
        "disable_gradient_checkpointing", None if "gradient_checkpointing" not in values else not values["gradient_checkpointing"]
    )
    if off is not None:
        facts.state("run.recompute", "none" if off is True else "full", "disable_gradient_checkpointing")
    else:
        facts.assume("run.recompute", "full")
    attention = values.get("flash_attn")
    if isinstance(attention, str) and attention in _ATTENTION:
        facts.state("run.attention", _ATTENTION[attention], "flash_attn")


def _deepspeed(facts: Facts, raw: object) -> None:
    """Take the ZeRO stage from the DeepSpeed file where it lies beside this one, else from its name."""
    if not isinstance(raw, str) or not raw:
        return
    name = raw.replace("\\", "/").rpartition("/")[2]
    beside = _beside(facts.document.path, name)
    if beside is not None:
        inner = Facts(beside)
        deepspeed.state_config(inner, beside.tree)
        for key, value in inner.values.items():
            if key not in ("workload.precision", "run.optimizer"):
                facts.values.setdefault(key, value)
        facts.note("beside", name=name[:80])
        return
    stage = re.search(r"(?:z|zero|stage)[-_]?([0-3])", name.lower())
    if stage is None:
        facts.note("unresolved", name="deepspeed", value=raw[:60])
        return
    facts.state("run.zero_stage", int(stage[1]), "deepspeed")
    if "offload" in name.lower():
        facts.state("run.offload", "optimizer+params" if stage[1] == "3" else "optimizer", "deepspeed")


def _beside(path: Path, name: str) -> Document | None:
    """Return the DeepSpeed file of that name in the same folder where it can be read."""
    try:
        other = path.parent / Path(name).name
        if not name or not other.is_file() or other.stat().st_size > _MOST_BYTES:
            return None
        found = Document(other, decode(other.read_bytes()))
        return found if deepspeed.SOURCE.recognises(found) and found.tree else None
    except (OSError, ValueError, EngineError):
        return None


SOURCE = LlamaFactory()
