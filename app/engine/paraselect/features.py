"""What is told of a workload and of a platform before anything is measured on it: the groups of the one, the rates of the other."""

import csv
import math
import re
from functools import cache

import msgspec
from msgspec import Struct

from app.engine.model.measurements import MeasuredRun
from app.engine.model.platforms import Platform
from app.engine.paraselect.pooled import class_of
from app.engine.paths import platform_db_folder

Rates = tuple[float, float, float, float, float]
"""Logs of compute, memory bandwidth, half those of fabric and VRAM (a fourfold fabric counts like a twofold rate), and of FP32 runs
half of how much faster TF32 is: frameworks multiply in the one or the other."""
_KEYS = {
    "fp64": ("fp64_tflops",),
    "tf32": ("tf32_tflops", "fp32_tflops"),
    "fp8": ("fp8_tflops", "int8_tops", "fp16_tensor_tflops"),
    "fp4": ("fp4_tflops", "fp8_tflops", "fp16_tensor_tflops"),
    "int8": ("int8_tops", "fp16_tensor_tflops"),
}
_DEFAULT = ("fp16_tensor_tflops", "bf16_tensor_tflops", "fp32_tflops")
VECTOR = "vector"
"""FP32 on the vector units alone."""
_WORD = re.compile(r"[a-z]+")
_LENGTHS, _ASIDE = re.compile(r"[-_ ]isl\d+[-_ ]osl\d+"), re.compile(r":.*|\[.*?\]|^[^/]*/(?=[^/]*$)")
_SCALES = (300.0, 2000.0, 300.0, 80.0)
"""Of a common card, so that the logs are small: TFLOPS, GB/s, GB/s, GB."""


class Groups(Struct, frozen=True):
    """Where a case belongs: each level is one name, "" = a group of its own that nothing else shares.

    kind is the class, task the class without what it runs on, precision the width within the class, framework and stack (with the source)
    within the class, area and family what the workload computes, model without the lengths of a served request, workload as it is written;
    load is a neighbourhood of batches per card within the class, and with stack and model.
    """

    kind: str
    task: str
    precision: str
    framework: str
    stack: str
    area: str
    family: str
    model: str
    workload: str
    load: str
    stack_load: str
    model_load: str


class WorkloadKind(Struct, frozen=True):
    """A row of platform_db/workload_kinds.csv. compute_share: of k, where its class's does not serve."""

    pattern: re.Pattern[str]
    area: str
    family: str
    compute_share: float | None


@cache
def workload_kinds() -> tuple[WorkloadKind, ...]:
    """Return the kinds in their order: the first whose pattern is in a workload's name holds it."""
    with (platform_db_folder() / "workload_kinds.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            WorkloadKind(
                re.compile(row["pattern"]), row["area"], row["family"], float(row["compute_share"]) if row["compute_share"] else None
            )
            for row in csv.DictReader(file)
        )


@cache
def kind_of(name: str) -> WorkloadKind | None:
    """Return the kind of a workload by its name; None where no pattern tells it."""
    return next((kind for kind in workload_kinds() if kind.pattern.search(name)), None)


def groups_of(run: MeasuredRun) -> Groups:
    """Return the groups of a run."""
    return groups_by_names(class_of(run), run.precision, run.framework, run.source, run.workload, load_of(run))


def load_of(run: MeasuredRun) -> int | None:
    """Return the neighbourhood of a run's batch per card, fourfold batches one apart; None where it does not tell."""
    batch = run.micro_batch or (run.global_batch or 0.0) / (run.gpus or 1)
    return round(math.log2(batch) / 2) if batch else None


@cache
def groups_by_names(kind: str, precision: str, framework: str, source: str, workload: str, load: int | None) -> Groups:
    """Return the groups of a class, a precision and three names as they are written."""
    width = {"fp32": "32", "tf32": "32", "fp64": "64", "int4": "4", "fp4": "4", "int8": "8"}.get(precision, "16")
    words, name = _WORD.findall(framework.lower()), workload.strip().lower()
    own, model = kind_of(name), _ASIDE.sub("", _LENGTHS.sub("", name)).strip()
    task = kind.partition("-")[0].replace("decode", "inference")
    stack = f"{kind} {words[0]} {source}" if words else ""
    model = f"{kind} {model}" if model else ""
    return Groups(
        kind=kind,
        task=task,
        precision=f"{kind} {width}",
        framework=f"{kind} {words[0]}" if words else "",
        stack=stack,
        area=own.area if own else "other" if name else "",
        family=f"{task} {own.family}" if own else "",
        model=model,
        workload=f"{kind} {name}" if name else "",
        load=f"{kind} {load}" if load is not None else "",
        stack_load=f"{stack} {load}" if stack and load is not None else "",
        model_load=f"{model} {load}" if model and load is not None else "",
    )


def rated_precision(run: MeasuredRun) -> str:
    """Return the precision by which rates are chosen: FP32 of HPC codes is that of the vector units, also where they state none."""
    return VECTOR if run.task == "hpc" and run.precision in ("", "fp32") else run.precision


def wanted_precision(run: MeasuredRun, known: MeasuredRun) -> str:
    """Return the precision by which the rates of a wanted run are chosen: that of a known run of its case where it states none."""
    return rated_precision(msgspec.structs.replace(known, precision=run.precision or known.precision))


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
        _tf32_gain(platform) if precision == "fp32" else 0.0,
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
    if precision == VECTOR:
        return platform.number("fp32_tflops") or platform.number("fp16_tensor_tflops")
    return next((value for key in _KEYS.get(precision, _DEFAULT) if (value := platform.number(key))), None)


def _tf32_gain(platform: Platform) -> float:
    vector, tensor = platform.number("fp32_tflops"), platform.number("tf32_tflops")
    return math.log(tensor / vector) / 2 if vector and tensor else 0.0
