"""Class, bottleneck and advice: written rules on the axes, each with its evidence."""

from collections.abc import Mapping

from app.engine.messages import Message, message
from app.engine.model.profiles import Advice, Axis, Bottleneck, Communication, LoadClass
from app.engine.profiling.device_time import DeviceTime
from app.engine.profiling.thresholds import thresholds

COMPUTE_KERNELS = ("matrix", "convolution", "attention")
MEMORY_KERNELS = ("elementwise", "normalisation", "softmax", "optimizer", "index", "copy")


def class_scores(axes: Mapping[str, Axis], means: Mapping[str, float], device_time: DeviceTime | None) -> dict[str, float]:
    """Return the score of each class whose signs were measured: 1 = fully used. Missing means not measured."""
    limits = thresholds().scores
    found: dict[str, list[float]] = {}

    def add(name: str, share: float | None, limit: float) -> None:
        if share is not None:
            found.setdefault(name, []).append(min(share / limit, 1.0))

    for name in ("tensor_core", "fp32", "fp16"):
        add("compute", _value(axes, name), getattr(limits, name))
    if means.get("memory_controller_busy") is not None and axes["vram_bandwidth"].state == "estimated":
        add("memory", means["memory_controller_busy"], limits.memory_controller_busy)
    else:
        add("memory", _value(axes, "vram_bandwidth"), limits.vram_bandwidth)
    for name in ("nvlink", "infiniband", "pcie"):
        add("communication", _value(axes, name), getattr(limits, name))
    add("io", _value(axes, "disk"), limits.disk)
    add("io", means.get("cpu_iowait"), limits.cpu_iowait)
    add("host", means.get("cpu_system"), limits.cpu_system)
    gpu = _value(axes, "gpu")
    if gpu is not None:
        add("host", 1 - gpu, 1 - limits.host_gap if limits.host_gap >= 1 else 2 * limits.host_gap)
    if device_time is not None:
        shares = device_time.class_shares
        if not found.get("compute"):
            add("compute", sum(shares.get(kind, 0.0) for kind in COMPUTE_KERNELS) * device_time.busy_share, 1.0)
        if not found.get("memory"):
            add("memory", sum(shares.get(kind, 0.0) for kind in MEMORY_KERNELS) * device_time.busy_share, 1.0)
        add("communication", device_time.communication.share, limits.communication_share)
    return {name: max(scores) for name, scores in found.items()}


def load_class(scores: Mapping[str, float]) -> LoadClass:
    """Return the class: the leader when it is clear, balanced when several share the lead, unknown when too little was measured."""
    limits = thresholds().verdict
    if "compute" not in scores and scores.get("memory", 0.0) < limits.clear and scores.get("host", 0.0) < limits.clear:
        return "unknown"
    ranked = sorted(scores.items(), key=lambda item: -item[1])
    if not ranked or ranked[0][1] < limits.clear:
        return "balanced" if len(ranked) > 1 else "unknown"
    if len(ranked) > 1 and ranked[0][1] - ranked[1][1] < limits.margin:
        return "balanced"
    return ranked[0][0]  # type: ignore[return-value]


def bottleneck(load: LoadClass, scores: Mapping[str, float], axes: Mapping[str, Axis], means: Mapping[str, float]) -> Bottleneck:
    """Return what holds the run back: the resource of the highest score, with the figures that say so."""
    if load == "unknown":
        return Bottleneck(
            "unknown", (message("profiling.evidence.too_little", measured=[name for name, axis in axes.items() if axis.value is not None]),)
        )
    name = max(scores, key=lambda one: scores[one]) if load == "balanced" else load
    signs = {
        "compute": ("tensor_core", "fp32", "fp16"),
        "memory": ("vram_bandwidth",),
        "communication": ("nvlink", "infiniband", "pcie"),
        "io": ("disk",),
        "host": ("gpu",),
    }[name]
    evidence = [_axis_said(axes[sign]) for sign in (*signs, "gpu") if sign in axes and axes[sign].value is not None]
    evidence += [message("profiling.evidence.metric", metric=key, value=means[key]) for key in ("cpu_iowait", "cpu_system") if key in means]
    return Bottleneck(name if load != "balanced" else "balanced", tuple({str(one): one for one in evidence}.values()))


def advice(axes: Mapping[str, Axis], communication: Communication, load: LoadClass) -> tuple[Advice, ...]:
    """Return what to do, the most urgent first; every piece names the figure that calls for it."""
    limits = thresholds().advice
    found: list[Advice] = []
    gpu, vram = _value(axes, "gpu"), _value(axes, "vram")
    if gpu is not None and gpu < limits.low_gpu:
        severity = "high" if gpu < limits.low_gpu / 2 else "medium"
        found.append(Advice(severity, message("profiling.advice.low_gpu", value=gpu), (_axis_said(axes["gpu"]),)))
    if vram is not None and vram > limits.full_vram:
        found.append(Advice("high", message("profiling.advice.full_vram", value=vram), (_axis_said(axes["vram"]),)))
    elif vram is not None and vram < limits.low_vram:
        found.append(Advice("low", message("profiling.advice.low_vram", value=vram), (_axis_said(axes["vram"]),)))
    if communication.exposed_share is not None and communication.exposed_share > limits.exposed_communication:
        found.append(Advice("high", message("profiling.advice.exposed", value=communication.exposed_share)))
    worst = axes.get("gpu")
    if gpu and worst is not None and worst.worst_value is not None and gpu - worst.worst_value > limits.uneven_cards:
        said = message("profiling.advice.uneven", device=worst.worst_device, value=worst.worst_value, mean=gpu)
        found.append(Advice("medium", said))
    if load in ("compute", "memory"):
        found.append(Advice("low", message(f"profiling.advice.{load}")))
    missing = [
        message(f"profiling.axis.{name}") for name in ("tensor_core", "vram_bandwidth", "nvlink") if axes[name].state == "not_measured"
    ]
    if missing:
        found.append(Advice("low", message("profiling.advice.measure_more", axes=missing)))
    order = ("high", "medium", "low")
    return tuple(sorted(found, key=lambda one: order.index(one.severity)))


def _value(axes: Mapping[str, Axis], name: str) -> float | None:
    return axes[name].value if name in axes else None


def _axis_said(axis: Axis) -> Message:
    return message("profiling.evidence.axis", axis=message(f"profiling.axis.{axis.name}"), value=axis.value, p95=axis.p95)
