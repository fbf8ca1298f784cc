"""Every figure of a run under one name, for the rules of class, advice and dependence. What is not known has no name here.

gpu tensor_core nvlink …             axes (shares); gpu.worst, gpu.p95; rate.nvlink … where the peak is unknown (GB/s)
cpu_system power_w power_w.p95 …     metrics over all devices: mean, .p95, .max
communication.share .exposed         of the cards' working time;  communication.exposed_time: of the window
idle copying host_gaps gap.launch …  shares of the window
kernels.compute .memory .mean_us …   of device time, waits left out; library.share: hottest library kernel; copies.share: from, to the host
checkpoint.* clock.*                 signs.py;  stragglers.count .slow;  steps.*;  run.* platform.*
"""

import re
from collections.abc import Mapping, Sequence

from msgspec import Struct

from app.engine.messages import Message, message
from app.engine.model.platforms import Platform
from app.engine.model.profiles import Axis, OperatorStat, Profile
from app.engine.model.traces import Trace
from app.engine.model.workloads import Workload
from app.engine.profiling.kernel_names import kernel_kind
from app.engine.profiling.rules import library_of
from app.engine.profiling.signs import series_signs

COMPUTE_KERNELS = ("matrix", "convolution", "attention")
MEMORY_KERNELS = ("elementwise", "normalisation", "softmax", "optimizer", "index", "pooling", "copy")
HOST_COPY = re.compile(r"mem_?cpy.*(htod|dtoh|host)|copy(hosttodevice|devicetohost)", re.IGNORECASE)
FAR_COPY = re.compile(rf"{HOST_COPY.pattern}|^MEMCPY_ASYNC|PtoP", re.IGNORECASE)
"""Copies that need not touch the card's own memory most: to the host, to another card, or (Ascend's tasks) untold."""
VECTOR = re.compile("gemv", re.IGNORECASE)
SERVING = re.compile(r"paged|decode|unified_attention|reshape_and_cache|flash_fwd_splitkv", re.IGNORECASE)
HOST_CAUSES = ("dataloader", "sync", "launch", "python", "other")
"""Causes of gaps that the host answers for; "copy" is counted as copying, "queued" is not its doing."""
DOUBLE = re.compile(r"[dz]gemm|[dz]symm|f64|double", re.IGNORECASE)
"""Kernels in FP64: whoever uses it needs it."""
LONGEST_NAME = 60
WHOLE = 0.5
NS_IN_US = 1e6


class Figures(Struct, frozen=True):
    """numbers: name -> value, only where known. labels: name -> words that belong to a figure. axes: by name."""

    numbers: dict[str, float]
    labels: dict[str, str | Message]
    axes: dict[str, Axis]

    def with_numbers(self, more: Mapping[str, float]) -> "Figures":
        """Return the figures with further ones."""
        return Figures({**self.numbers, **more}, self.labels, self.axes)


def gather(profile: Profile, trace: Trace, platform: Platform | None, workload: Workload | None) -> Figures:
    """Return all figures of a profile whose class and advice are still to be found."""
    numbers: dict[str, float] = {}
    labels: dict[str, str | Message] = {}
    _add_statistics(numbers, profile)
    _add_axes(numbers, profile)
    _add_kernels(numbers, labels, profile.operators)
    _add_time(numbers, labels, profile)
    _add_cluster(numbers, labels, profile)
    _add_run(numbers, workload, platform)
    numbers |= series_signs(trace, profile.window_ns, platform.number("tdp_w") if platform else None)
    return Figures(numbers, labels, {axis.name: axis for axis in profile.axes})


def _add_statistics(numbers: dict[str, float], profile: Profile) -> None:
    for row in profile.statistics:
        if row.device == "" and row.mean is not None:
            numbers |= {row.metric: row.mean}
            numbers |= {f"{row.metric}.{name}": value for name, value in (("p95", row.p95), ("max", row.max)) if value is not None}


def _add_axes(numbers: dict[str, float], profile: Profile) -> None:
    for axis in profile.axes:
        stand_in = axis.name == "vram_bandwidth" and axis.state == "estimated" and "memory_controller_busy" in numbers
        a_bound = axis.name == "tensor_core" and axis.state == "estimated"  # kinds of kernels tell more of the class
        if axis.value is not None and not (stand_in or a_bound):
            numbers[axis.name] = axis.value
        if axis.rate_gbs is not None:
            numbers[f"rate.{axis.name}"] = axis.rate_gbs
        if axis.state == "not_applicable":
            numbers[f"none.{axis.name}"] = 1.0
        if axis.state == "not_measured" or a_bound:
            numbers[f"missing.{axis.name}"] = 1.0
        if axis.name == "gpu" and axis.value is not None and axis.worst_value is not None:
            numbers |= {"gpu.worst": axis.worst_value, "gpu.idle": 1 - axis.value}


def _add_time(numbers: dict[str, float], labels: dict[str, str | Message], profile: Profile) -> None:
    """Add how the cards spent the window, and what the host did while they waited."""
    gpu = numbers.get("gpu")
    mean = next((row for row in profile.time_shares if row.device == ""), None)
    if mean is not None:
        numbers |= {"idle": mean.idle, "copying": mean.copying, "communication.exposed_time": mean.communicating}
    told = profile.communication
    if told.share is not None:
        numbers["communication.share"] = told.share
    if told.exposed_share is not None:
        numbers["communication.exposed"] = told.exposed_share
        if gpu is not None:
            numbers.setdefault("communication.exposed_time", told.exposed_share * gpu)
    for gap in sorted(profile.gaps, key=lambda one: one.share):
        numbers[f"gap.{gap.cause}"] = numbers.get(f"gap.{gap.cause}", 0.0) + gap.share
        labels[f"gap.{gap.cause}"] = short_name(gap.operator) if gap.operator else message("profiling.no_operator")
    if profile.gaps:  # without the host's events nobody knows whether the card waited for it
        numbers["host_gaps"] = sum(numbers.get(f"gap.{cause}", 0.0) for cause in HOST_CAUSES)
    if profile.steps is not None:
        numbers["steps.mean_s"] = profile.steps.mean_s
        if profile.steps.jitter is not None:
            numbers["steps.jitter"] = profile.steps.jitter


def _add_kernels(numbers: dict[str, float], labels: dict[str, str | Message], operators: Sequence[OperatorStat]) -> None:
    kernels = [row for row in operators if row.category not in ("cpu", "wait") and row.device_time_s > 0]
    total = sum(row.device_time_s for row in kernels)
    if not total:
        return
    kinds = {row.name: "vector" if VECTOR.search(row.name) else kernel_kind(row.name).kind for row in kernels}

    def share(rows: Sequence[OperatorStat]) -> float:
        return sum(row.device_time_s for row in rows) / total

    numbers["copies.share"] = share([row for row in kernels if HOST_COPY.search(row.name)])
    numbers["kernels.compute"] = share([row for row in kernels if kinds[row.name] in COMPUTE_KERNELS])
    memory = [row for row in kernels if kinds[row.name] in (*MEMORY_KERNELS, "vector") and not FAR_COPY.search(row.name)]
    numbers["kernels.memory"] = share(memory)
    judged = [row for row in kernels if row.bound is not None]
    if any(SERVING.search(row.name) for row in kernels):
        numbers["kernels.serving"] = 1.0
    if share(judged) >= WHOLE:  # the roofline knows better than the names
        numbers["kernels.judged"] = share(judged)
        numbers |= {f"kernels.{bound}": share([row for row in judged if row.bound == bound]) for bound in ("compute", "memory")}
    matrix = [row for row in kernels if kinds[row.name] in COMPUTE_KERNELS and row.tensor_core is not None]
    if matrix:
        plain = [row for row in matrix if not row.tensor_core and not DOUBLE.search(row.name)]
        numbers["kernels.plain_matrix"] = share(plain)
        labels["kernels.plain_matrix"] = short_name(plain[0].name) if plain else ""
    own = [row for row in kernels if kinds[row.name] not in ("communication", "copy")]
    if calls := sum(row.calls for row in own):
        numbers["kernels.mean_us"] = sum(row.device_time_s for row in own) / calls * NS_IN_US
    _add_library(numbers, labels, kernels, total)


def _add_library(numbers: dict[str, float], labels: dict[str, str | Message], kernels: Sequence[OperatorStat], total: float) -> None:
    hottest = max(kernels, key=lambda row: row.device_time_s)
    if (library := library_of(hottest.name)) is not None:
        numbers["library.share"] = hottest.device_time_s / total
        labels["library.share"] = short_name(hottest.name)
        labels["library.name"] = library.name
        labels["library.newer"] = library.newer


def _add_cluster(numbers: dict[str, float], labels: dict[str, str | Message], profile: Profile) -> None:
    if not profile.stragglers:
        return
    names = list(dict.fromkeys(one.device for one in profile.stragglers))
    numbers["stragglers.count"] = len(names)
    labels["stragglers.count"] = message("profiling.stragglers", devices=names[:8], count=len(names))
    slow = [1 - one.value / one.median for one in profile.stragglers if one.metric == "sm_clock_mhz" and one.median]
    if slow:
        numbers["stragglers.slow"] = max(slow)


def _add_run(numbers: dict[str, float], workload: Workload | None, platform: Platform | None) -> None:
    if platform is not None:
        low = platform.number("bf16_tensor_tflops") or platform.number("fp16_tensor_tflops")
        rates = {"platform.low_tflops": low, "platform.fp32_tflops": platform.number("fp32_tflops")}
        numbers |= {name: value for name, value in rates.items() if value is not None}
    if workload is None:
        return
    run = workload.run
    numbers |= {
        "run.zero_stage": float(run.zero_stage),
        "run.offload": float(run.offload != "none"),
        "run.recompute": float(run.recompute != "none"),
        "run.fp32": float(workload.precision == "fp32"),
        "run.hpc": float(workload.task == "hpc"),
        "run.inference": float(workload.task == "inference"),
    }
    numbers |= {f"run.{name}": float(value) for name in ("gpus", "nodes", "micro_batch") if (value := getattr(run, name)) is not None}


def short_name(kernel: str) -> str:
    """Return a kernel's name as it can stand in a sentence: without its arguments, and cut where it is still long."""
    bare = kernel.removeprefix("void ").split("(", 1)[0] if not kernel.startswith("(") else kernel
    return bare if len(bare) <= LONGEST_NAME else f"{bare[: LONGEST_NAME - 1]}…"


def told(name: str, figures: Figures) -> Message | None:
    """Return a figure in words with its number, None where it is unknown."""
    value = figures.numbers.get(name)
    axis = figures.axes.get(name)
    if value is not None and axis is not None and axis.value is not None and axis.p95 is not None:
        return message("profiling.evidence.axis", axis=message(f"profiling.axis.{name}"), value=axis.value, p95=axis.p95)
    if value is None:
        return None
    if name in ("cpu_system", "cpu_iowait", "cpu_utilisation", "memory_controller_busy", "sm_active"):
        words = message(f"proposing.metric.{name}")
        return message("profiling.evidence.metric", metric=name, name=words, value=value)
    return message(f"profiling.figure.{name.replace('.', '_')}", share=value, of=figures.labels.get(name, ""))


def told_all(names: Sequence[str], figures: Figures) -> tuple[Message, ...]:
    """Return the known ones of some figures in words, each once."""
    said = (told(name, figures) for name in dict.fromkeys(names))
    return tuple(one for one in said if one is not None)


def link_rates(numbers: Mapping[str, float], axes: Mapping[str, Axis]) -> tuple[Message, ...]:
    """Return what each link carried, as a rate per direction, and as a share only where the peak is known."""
    found = []
    for axis, prefix in (("nvlink", "nvlink"), ("infiniband", "ib"), ("pcie", "pcie")):
        rates = [numbers.get(f"{prefix}_{way}_gbs") for way in ("rx", "tx")]
        if all(rate is None for rate in rates):
            continue
        share = axes[axis].value if axis in axes else None
        code = "profiling.evidence.link" if share is not None else "profiling.evidence.link_no_peak"
        found.append(message(code, link=message(f"profiling.axis.{axis}"), rx=rate_text(rates[0]), tx=rate_text(rates[1]), share=share))
    return tuple(found)


def rate_text(gbs: float | None) -> str:
    """Return a rate as engineers say it: MB/s below 10 GB/s."""
    if gbs is None:
        return "—"
    return f"{gbs * 1000:,.0f} MB/s" if gbs < 10 else f"{gbs:,.0f} GB/s"  # noqa: PLR2004 - where the unit changes
