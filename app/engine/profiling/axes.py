"""The ten axes of the radar, exactly as interface.md defines them; FP64 as an eleventh where it was measured."""

from collections.abc import Callable

import numpy as np
from msgspec import Struct, structs

from app.engine.messages import message
from app.engine.model.platforms import Platform
from app.engine.model.profiles import AXES, Axis
from app.engine.model.traces import Series, Trace
from app.engine.model.workloads import Node
from app.engine.profiling.intervals import shares_of_bins
from app.engine.profiling.tensor_share import TensorShare
from app.engine.profiling.time_shares import CardTime
from app.engine.profiling.window import inside

_BITS_IN_BYTE = 8


class Context(Struct, frozen=True):
    """What an axis is computed from. cards: when each worked, () where no events tell it."""

    trace: Trace
    window: tuple[int, int]
    platform: Platform | None
    node: Node
    cards: tuple[CardTime, ...]
    tensor: TensorShare | None = None

    def series(self, metric: str) -> dict[str, Series]:
        """Return the series of one metric by device."""
        return {one.device: one for one in self.trace.series if one.metric == metric}


def compute_axes(context: Context) -> tuple[Axis, ...]:
    """Return all axes in the order of the radar."""
    found = [_BUILDERS.get(name, _direct)(context, name) for name in AXES]
    if context.series("fp64"):
        found.append(_direct(context, "fp64"))
    return tuple(found)


def _missing(name: str, code: str = "not_measured") -> Axis:
    return Axis(name, None, None, "not_applicable" if code == "no_such_link" else "not_measured", message(f"profiling.source.{code}"))


def _axis(name: str, per_device: dict[str, np.ndarray], metric: str, state: str = "measured", peak: str = "") -> Axis:
    """Return the mean over cards of the mean over time, and the p95 of all samples."""
    known = {device: values for device, values in per_device.items() if values.size}
    if not known:
        return _missing(name)
    means = {device: float(values.mean()) for device, values in known.items()}
    every = np.concatenate(list(known.values()))
    worst = min(means, key=lambda device: means[device])
    code = "profiling.source.metric_peak" if peak else "profiling.source.metric"
    return Axis(
        name,
        float(np.mean(list(means.values()))),
        float(np.percentile(every, 95)),
        state,  # type: ignore[arg-type]
        message(code, metric=metric, peak=peak),
        worst_device=worst,
        worst_value=means[worst],
        spread=_spread(means),
    )


def _spread(per_card: dict[str, float]) -> float | None:
    return float(np.std(list(per_card.values()))) if len(per_card) > 1 else None


def _direct(context: Context, name: str) -> Axis:
    series = context.series(name)
    return _axis(name, {device: inside(one, context.window) for device, one in series.items()}, name)


def _tensor_core(context: Context, name: str) -> Axis:
    """Counters where there are any; else what kernels' names and operations tell, which only event traces hold."""
    direct, estimate = _direct(context, name), context.tensor
    if direct.value is not None or estimate is None:
        return direct
    found = _axis(name, estimate.bins, "kernel events", "estimated")
    said = message(f"profiling.source.tensor_{estimate.how}", known=estimate.known, dtype=estimate.dtype)
    return structs.replace(found, source=said)


def _gpu(context: Context, name: str) -> Axis:
    series = context.series("gpu_utilisation")
    if series:
        return _axis(name, {device: inside(one, context.window) for device, one in series.items()}, "gpu_utilisation")
    return _axis(name, {card.device: shares_of_bins(card.busy, context.window) for card in context.cards}, "kernel events")


def _vram(context: Context, name: str) -> Axis:
    shares = context.series("vram_utilisation")
    peak = ""
    if not shares:
        used = context.series("vram_used_gib")
        totals = {device.id: device.memory_gib for device in context.trace.devices}
        default = context.platform.number("memory_gb") if context.platform else None
        shares, states = {}, set()
        for device, one in used.items():
            capacity = totals.get(device) or default
            if capacity:
                peak = f"{capacity:.0f} GiB"
                shares[device] = Series(name, device, "", one.time_ns, one.values / capacity, one.state)
                states.add(one.state)
        if used and not shares:
            return Axis(name, None, None, "measured", message("profiling.source.no_capacity"))
    values = {device: inside(one, context.window) for device, one in shares.items()}
    values = {device: known for device, known in values.items() if known.size}
    if not values:
        return _missing(name)
    highest = {device: float(known.max()) for device, known in values.items()}
    state = "estimated" if any(one.state == "estimated" for one in shares.values()) else "measured"
    return Axis(
        name,
        float(np.mean(list(highest.values()))),
        float(np.percentile(np.concatenate(list(values.values())), 95)),
        state,
        message("profiling.source.vram", peak=peak),
        worst_device=max(highest, key=lambda device: highest[device]),
        worst_value=max(highest.values()),
        spread=_spread(highest),
    )


def _vram_bandwidth(context: Context, name: str) -> Axis:
    direct = _direct(context, name)
    if direct.value is not None:
        return direct
    series = context.series("memory_controller_busy")
    return _axis(name, {device: inside(one, context.window) for device, one in series.items()}, "memory_controller_busy", "estimated")


def _link(
    prefix: str, joined: Callable[[np.ndarray, np.ndarray], np.ndarray], peak_of: Callable[[Context], tuple[float | None, str]]
) -> Callable[[Context, str], Axis]:
    def build(context: Context, name: str) -> Axis:
        first, second = (context.series(f"{prefix}_{way}_gbs") for way in (("read", "write") if prefix == "disk" else ("rx", "tx")))
        if prefix == "nvlink" and context.platform is not None and context.platform.fabric.kind == "none":
            return _missing(name, "no_such_link")
        if not first and not second:
            return _missing(name)
        rates = {}
        for device in first | second:
            one, other = first.get(device) or second[device], second.get(device) or first[device]
            values = one.values if device not in second or device not in first else joined(one.values, _on_times(other, one.time_ns))
            rates[device] = inside(Series(name, device, "GB/s", one.time_ns, values), context.window)
        peak, told = peak_of(context)
        known = [values for values in rates.values() if values.size]
        if peak is None and known:
            mean = float(np.mean([values.mean() for values in known]))
            return Axis(name, None, None, "measured", message("profiling.source.no_peak", key=told), rate_gbs=mean)
        return _axis(name, {device: values / (peak or 1) for device, values in rates.items()}, f"{prefix} rx, tx", peak=f"{peak:g} GB/s")

    return build


def _on_times(series: Series, time_ns: np.ndarray) -> np.ndarray:
    if series.time_ns.size == time_ns.size and (series.time_ns == time_ns).all():
        return series.values
    return np.interp(time_ns, series.time_ns, series.values)


def _host_rate(context: Context) -> tuple[float | None, str]:
    rate = context.platform.host.one_direction_gbs if context.platform else None
    return rate, "host_bw_gbs"


def _fabric_rate(context: Context) -> tuple[float | None, str]:
    rate = context.platform.fabric.one_direction_gbs if context.platform else None
    return (2 * rate if rate else None), "fabric_bw_one_direction_gbs"


def _disk_rate(context: Context) -> tuple[float | None, str]:
    return context.node.disk_gbs or None, "[node] disk_gbs"


def _nic_rate(context: Context) -> tuple[float | None, str]:
    if not context.node.nics or not context.node.nic_gbps:
        return None, "[node] nics, nic_gbps"
    return context.node.nics * context.node.nic_gbps / _BITS_IN_BYTE, "[node] nics, nic_gbps"


_BUILDERS: dict[str, Callable[[Context, str], Axis]] = {
    "tensor_core": _tensor_core,
    "gpu": _gpu,
    "vram": _vram,
    "vram_bandwidth": _vram_bandwidth,
    "pcie": _link("pcie", np.fmax, _host_rate),
    "nvlink": _link("nvlink", np.add, _fabric_rate),
    "disk": _link("disk", np.add, _disk_rate),
    "infiniband": _link("ib", np.fmax, _nic_rate),
}
