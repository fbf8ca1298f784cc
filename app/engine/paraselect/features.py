"""What is told of a platform before anything is measured on it: its rates as logarithms, matched to the precision of the run."""

import math
import re

from msgspec import Struct

from app.engine.model.measurements import MeasuredRun
from app.engine.model.platforms import Platform
from app.engine.paraselect.pooled import class_of

Rates = tuple[float, float, float, float]
"""Logs of compute, memory bandwidth, and half those of fabric and VRAM: a fourfold fabric counts like a twofold rate."""
_KEYS = {
    "fp64": ("fp64_tflops",),
    "tf32": ("tf32_tflops", "fp32_tflops"),
    "fp8": ("fp8_tflops", "int8_tops", "fp16_tensor_tflops"),
    "fp4": ("fp4_tflops", "fp8_tflops", "fp16_tensor_tflops"),
    "int8": ("int8_tops", "fp16_tensor_tflops"),
}
_DEFAULT = ("fp16_tensor_tflops", "bf16_tensor_tflops", "fp32_tflops")
_WORD = re.compile(r"[a-z]+")
_SCALES = (300.0, 2000.0, 300.0, 80.0)
"""Of a common card, so that the logs are small: TFLOPS, GB/s, GB/s, GB."""


class Groups(Struct, frozen=True):
    """Where a case belongs: each level is one name, "" = a group of its own that nothing else shares."""

    kind: str
    precision: str
    stack: str
    workload: str


def groups_of(run: MeasuredRun) -> Groups:
    """Return the groups of a run: class, precision within it, framework and source, workload."""
    kind = class_of(run)
    width = {"fp32": "32", "tf32": "32", "fp64": "64", "int4": "4", "fp4": "4", "int8": "8"}.get(run.precision, "16")
    words = _WORD.findall(run.framework.lower())
    stack = f"{kind} {words[0]} {run.source}".strip() if words else ""
    name = run.workload.strip().lower()
    return Groups(kind, f"{kind} {width}", stack, f"{kind} {name}" if name else "")


def rates_of(platform: Platform, precision: str, gpus: int) -> Rates | None:
    """Return the logs of the rates; None where compute or memory bandwidth is not known, an unknown fabric or VRAM is taken for common."""
    compute, memory = _compute(platform, precision), platform.number("memory_bw_gbs")
    if not compute or not memory:
        return None
    fabric = platform.host.one_direction_gbs if platform.fabric.kind == "none" else platform.fabric.one_direction_gbs
    vram = platform.number("memory_gb")
    return (
        math.log(compute / _SCALES[0]),
        math.log(memory / _SCALES[1]),
        math.log(fabric / _SCALES[2]) / 2 if fabric and gpus > 1 else 0.0,
        math.log(vram / _SCALES[3]) / 2 if vram else 0.0,
    )


def formula_log(rates: Rates, k: tuple[float, ...]) -> float:
    """Return log speed by the formula with the class's k of compute and memory; only differences between platforms mean anything."""
    return -math.log(max(k[0] * math.exp(-rates[0]) + k[1] * math.exp(-rates[1]), 1e-9))


def names_of(platform: Platform) -> tuple[str, str, str]:
    """Return card, architecture and vendor: what a card shares with others, from the most to the least particular."""
    return platform.id, f"{platform.vendor_en} {platform.text('architecture') or platform.id}", platform.vendor_en


def _compute(platform: Platform, precision: str) -> float | None:
    if precision == "fp32":
        vector, tensor = platform.number("fp32_tflops"), platform.number("tf32_tflops")
        if vector and tensor:  # frameworks multiply fp32 in TF32 in part: between the two
            return math.sqrt(vector * tensor)
        return vector or platform.number("fp16_tensor_tflops")
    return next((value for key in _KEYS.get(precision, _DEFAULT) if (value := platform.number(key))), None)
