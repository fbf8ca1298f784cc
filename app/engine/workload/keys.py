"""The keys of a run description as a form needs them ("run.gpus"): their kinds, limits and choices, and setting one of them.

A key is TABLE.NAME of interface.md. What was typed becomes a value or a Fault here; whether values agree with each other: checking.py.
"""

import datetime
import re
from types import UnionType
from typing import Literal, TypeAlias, Union, get_args, get_origin

import msgspec
from msgspec import Struct

from app.engine.messages import Message, message
from app.engine.model.requirements import Requirement
from app.engine.model.workloads import MeasuredSpeed, Model, Node, RunParameters, Workload, normalise_precision

Value: TypeAlias = str | int | float | bool | datetime.date | tuple[str, ...] | None


class Fault(Struct, frozen=True):
    """One thing wrong at one key. An error of a single value is not taken over; one between values is, and stays marked."""

    key: str
    said: Message
    level: Literal["error", "warning"] = "error"


_STRUCTS: dict[str, type] = {
    "requirement": Requirement,
    "workload": Workload,
    "model": Model,
    "run": RunParameters,
    "node": Node,
    "measured": MeasuredSpeed,
}
_NOT_TYPED = frozenset({"model", "run", "node", "measured", "stated", "source", "notes"})
_FIELDS = {
    f"{table}.{field.name}": field
    for table, kind in _STRUCTS.items()
    for field in msgspec.structs.fields(kind)
    if not (table == "workload" and field.name in _NOT_TYPED)
}
KEYS = tuple(_FIELDS)
"""Every key of a run description, in the order of interface.md's tables."""

PERCENT = frozenset({"requirement.utilisation", "requirement.linearity", "run.memory_fraction"})
"""Shares that people write in per cent."""

SUGGESTIONS: dict[str, tuple[str, ...]] = {
    "requirement.industry": (
        "education", "research", "finance", "internet", "manufacturing", "energy", "healthcare", "government", "automotive",
    ),
    "requirement.currency": ("CNY", "USD", "EUR", "HKD"),
    "workload.os": ("Ubuntu 22.04", "Ubuntu 20.04", "CentOS 7.9", "openEuler 22.03", "Kylin V10", "UOS 20"),
    "workload.cpu_arch": ("x86_64", "aarch64", "loongarch64"),
    "workload.framework": ("pytorch 2.6.0", "pytorch 2.3.1", "pytorch 2.1.0", "mindspore 2.3", "paddlepaddle 2.6", "tensorflow 2.15"),
    "workload.engine": (
        "transformers", "megatron-lm", "deepspeed", "llama-factory", "mindspeed", "vllm", "sglang", "mindie", "tensorrt-llm", "gromacs",
    ),
    "workload.toolkit": ("CUDA 12.4", "CUDA 12.1", "CANN 8.1.RC1", "CANN 8.0.0", "ROCm 6.3.3", "DTK 25.04"),
    "workload.python": ("3.8", "3.9", "3.10", "3.11", "3.12"),
    "model.family": (
        "llama", "gpt2", "qwen2", "qwen3", "qwen3-moe", "mixtral", "deepseek-v3", "gemma3", "bert", "vit", "resnet", "unet", "dit", "other",
    ),
    "run.optimizer": ("adamw", "adamw8bit", "adafactor", "sgd"),
    "run.master_dtype": ("fp32", "bf16"),
    "run.grad_dtype": ("fp32", "bf16", "fp16"),
    "run.kv_dtype": ("fp16", "bf16", "fp8", "int8"),
    "measured.unit": ("tokens/s", "samples/s", "images/s", "s/step"),
}  # fmt: skip
"""Usual words for keys that take any text."""

_CARDS, _MANY = (1, 1_000_000), (0, 1e9)
_LIMITS: dict[str, tuple[float, float]] = {
    "requirement.scale_cards": _CARDS, "requirement.storage_tb": (0, 1e7), "requirement.duration_days": (0, 36_500),
    "requirement.budget": (0, 1e13), "requirement.tokens_per_s": (0, 1e12),
    "requirement.ttft_ms": (0, 1e7), "requirement.tpot_ms": (0, 1e6),
    "requirement.utilisation": (0, 1), "requirement.linearity": (0, 1), "requirement.concurrency": (0, 1e7),
    "requirement.recovery_min": (0, 1e6),
    "model.parameters": (1, 1e15), "model.layers": (1, 10_000), "model.hidden": (1, 1_000_000), "model.heads": (1, 10_000),
    "model.kv_heads": (1, 10_000), "model.head_dim": (1, 10_000), "model.intermediate": (1, 10_000_000), "model.vocab": (1, 100_000_000),
    "model.max_positions": (1, 1e9), "model.experts": (0, 10_000), "model.experts_per_token": (0, 10_000), "model.moe_every": (1, 10_000),
    "model.flops_per_sample": (0, 1e18), "model.kept_per_sample": (0, 1e13), "model.fp64_flop_per_unit": (0, 1e18),
    "model.fp32_flop_per_unit": (0, 1e18), "model.bytes_per_unit": (0, 1e18), "model.resident_bytes_per_unit": (0, 1e15),
    "run.gpus": _CARDS, "run.nodes": _CARDS, "run.seq_len": (1, 1e8), "run.micro_batch": (1, 1_000_000), "run.global_batch": (1, 1e8),
    "run.tensor_parallel": (1, 4096), "run.pipeline_parallel": (1, 4096), "run.virtual_pipeline": (1, 4096),
    "run.context_parallel": (1, 4096), "run.expert_parallel": (1, 4096), "run.zero_stage": (0, 3), "run.dropout": (0, 0.99),
    "run.lora_rank": (0, 65_536), "run.weight_bits": (0, 64), "run.concurrency": (0, 1e7), "run.input_len": (0, 1e8),
    "run.output_len": (0, 1e8), "run.memory_fraction": (0.05, 1),
    "run.expert_tensor_parallel": (1, 4096), "run.expert_imbalance": (1, 1000), "run.quant_group": (0, 1e7),
    "run.kv_block": (0, 1_000_000), "run.context_gib": (0, 1000), "run.slack_share": (0, 0.99), "run.units": (1e-9, 1e15),
    "node.disk_gbs": (0, 10_000), "node.nics": (0, 128),
    "node.nic_gbps": (0, 10_000), "node.memory_gib": (0, 1e6), "measured.speed": (1e-12, 1e15),
}  # fmt: skip
_FACTORS = {"k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12, "万": 1e4, "亿": 1e8, "万亿": 1e12}
_NUMBER = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(万亿|[万亿kKmMbBtT])?")
_BLANKS = re.compile(r"[\s\u2009\u202f,_，]")


def limits_of(key: str) -> tuple[float, float]:
    """Return the least and the greatest value of a number."""
    return _LIMITS.get(key, _MANY)


def choices_of(key: str) -> tuple[str, ...]:
    """Return the only words a key takes, () where it is not bound to words."""
    literal = next((part for part in _kinds(key) if get_origin(part) is Literal), None)
    return get_args(literal) if literal is not None else ()


def kind_of(key: str) -> Literal["choice", "flag", "maybe", "whole", "real", "date", "words", "text"]:
    """Return how a key is typed. maybe: yes, no or not stated; words: a list."""
    kinds = _kinds(key)
    if choices_of(key):
        return "choice"
    if bool in kinds:
        return "maybe" if type(None) in kinds else "flag"
    found = {int: "whole", float: "real", datetime.date: "date", str: "text"}
    return next((found[kind] for kind in kinds if kind in found), "words")  # type: ignore[return-value]


def _kinds(key: str) -> tuple:
    kind = _FIELDS[key].type
    return get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)


def typed_value(key: str, text: str) -> Value | Fault:
    """Return what was typed as the value of a key: None, "" or its default for nothing; a Fault where it is no such value."""
    text, kind = text.strip(), kind_of(key)
    if not text:
        return blank_of(key)
    if kind in ("whole", "real"):
        return _number(key, text, whole=kind == "whole")
    if kind == "date":
        return _date(key, text)
    if kind == "words":
        return tuple(word for word in re.split(r"[\s,，、]+", text) if word)
    if key == "workload.precision":
        return normalise_precision(text) or Fault(key, message("checking.not_a_choice", text=text, near=list(choices_of(key))))
    if kind == "choice" and text not in choices_of(key):
        return Fault(key, message("checking.not_a_choice", text=text, near=list(choices_of(key))))
    return text


def blank_of(key: str) -> Value:
    """Return the value of a key that says nothing."""
    default = _FIELDS[key].default
    return default if default is not msgspec.NODEFAULT else "" if _kinds(key) == (str,) else None


def _number(key: str, text: str, *, whole: bool) -> int | float | Fault:
    bare = _BLANKS.sub("", text)
    if key in PERCENT:
        bare = bare.removesuffix("%").removesuffix("％")
    found = _NUMBER.fullmatch(bare)
    if found is None:
        return Fault(key, message("checking.not_a_number", text=text))
    return _within(key, float(found[1]) * _FACTORS.get((found[2] or "").lower(), 1.0) / _scale(key), whole=whole, scale=_scale(key))


def checked_number(key: str, value: int | float) -> int | float | Fault:
    """Return a number that a file holds, in the unit of the key, as the value of it; a Fault where it is out of its limits."""
    return _within(key, value, whole=kind_of(key) == "whole", scale=1)


def _scale(key: str) -> int:
    return 100 if key in PERCENT else 1


def _within(key: str, value: int | float, *, whole: bool, scale: int) -> int | float | Fault:
    """scale: of the limits as they are told, 100 where percent are typed."""
    low, high = limits_of(key)
    if not value >= low:  # NaN, too
        return Fault(key, message("checking.too_small", low=f"{low * scale:,.10g}"))
    if value > high:
        return Fault(key, message("checking.too_large", high=f"{high * scale:,.10g}"))
    if not whole:
        return value
    return int(value) if value == int(value) else Fault(key, message("checking.not_whole", near=[int(value), int(value) + 1]))


def _date(key: str, text: str) -> datetime.date | Fault:
    found = re.fullmatch(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?", text)
    try:
        return datetime.date(*(int(part) for part in found.groups())) if found else Fault(key, message("checking.not_a_date", text=text))
    except ValueError:
        return Fault(key, message("checking.not_a_date", text=text))


def value_of(workload: Workload, requirement: Requirement, key: str) -> Value:
    """Return the present value of a key."""
    table, _, name = key.partition(".")
    holder = {"requirement": requirement, "workload": workload}.get(table) or getattr(workload, table)
    return blank_of(key) if holder is None else getattr(holder, name)


def with_value(workload: Workload, requirement: Requirement, key: str, value: Value) -> tuple[Workload, Requirement]:
    """Return both with one key set. A unit without a speed is dropped: [measured] holds both or nothing."""
    table, _, name = key.partition(".")
    if table == "requirement":
        return workload, msgspec.structs.replace(requirement, **{name: value})
    changes: dict[str, object] = {name: value}
    if table == "measured":
        changes = {"measured": _measured(workload.measured, name, value)}
    elif table != "workload":
        changes = {table: msgspec.structs.replace(getattr(workload, table) or Model(), **{name: value})}
    stated = tuple(dict.fromkeys((*workload.stated, key)))
    return msgspec.structs.replace(workload, **changes, stated=stated), requirement


def _measured(present: MeasuredSpeed | None, name: str, value: Value) -> MeasuredSpeed | None:
    if name == "speed":
        return None if value is None else MeasuredSpeed(float(value), present.unit if present else "tokens/s")  # type: ignore[arg-type]
    return None if present is None else MeasuredSpeed(present.speed, str(value or "tokens/s"))
