"""Characterise one run."""

import numpy as np

from app.engine.messages import message
from app.engine.model.platforms import Platform
from app.engine.model.profiles import Bottleneck, OperatorStat, Profile, Statistic
from app.engine.model.traces import Trace
from app.engine.model.workloads import Node, Workload
from app.engine.profiling.axes import Context, compute_axes
from app.engine.profiling.call_shapes import ELEMENT_BYTES
from app.engine.profiling.collectives import find_collectives
from app.engine.profiling.device_time import device_time
from app.engine.profiling.efficiency import model_efficiency
from app.engine.profiling.gaps import find_gaps
from app.engine.profiling.judging import judged
from app.engine.profiling.launches import find_launches
from app.engine.profiling.operators import Observed, host_table, kernel_table, observe
from app.engine.profiling.steps import find_steps
from app.engine.profiling.tensor_share import tensor_share
from app.engine.profiling.thresholds import thresholds
from app.engine.profiling.time_shares import card_times, communication, time_shares
from app.engine.profiling.window import busy_window, inside
from app.engine.progress import Progress, no_progress
from app.engine.units import NS_PER_S

NODE_NONE = Node()


def characterise(
    trace: Trace,
    *,
    platform: Platform | None,
    node: Node = NODE_NONE,
    workload: Workload | None = None,
    whole: bool = False,
    progress: Progress = no_progress,
) -> Profile:
    """Return the characteristics of a run over its busy part (all of it with `whole`).

    platform  what it ran on; None = unknown, so that rates have no share
    workload  what it computed and how; None = unknown: no model efficiency, and no advice that rests on it
    """
    window = busy_window(trace, thresholds().busy.idle_gpu, whole=whole)
    progress(0.1, "profiling.doing.device_time")
    cards = card_times(trace.events, window)
    on_device = device_time(trace.events, window, cards)
    assumed = _assumed_type(trace, workload)
    observed = observe(trace.events, assumed) if trace.events is not None else None
    timed = trace.clock != "synthetic"  # kernels laid out one after the other fill a window that never was
    tensor = tensor_share(trace.events, observed, window, platform) if timed and trace.events is not None and observed is not None else None
    axes = compute_axes(Context(trace, window, platform, node, on_device, tensor))
    statistics = _statistics(trace, window)
    progress(0.3, "profiling.doing.launches")
    launches = find_launches(trace.events) if trace.events is not None else None
    steps = find_steps(trace.events, window, launches)
    progress(0.5, "profiling.doing.operators")
    host, kernels = _tables(trace, window, observed, platform)
    warnings = list(trace.warnings)
    if platform is None:
        warnings.append(message("profiling.no_platform"))
    if assumed:
        warnings.append(message("profiling.assumed_type", dtype=assumed))
    progress(1.0, "profiling.doing.operators")
    profile = Profile(
        platform=platform.id if platform is not None else "",
        duration_s=(window[1] - window[0]) / NS_PER_S,
        window_ns=window,
        axes=axes,
        load_class="unknown",
        class_scores={},
        bottleneck=Bottleneck("unknown"),
        operators=kernels or host,
        aten_ops=host,
        communication=communication(cards),
        time_shares=time_shares(cards, window),
        steps=steps,
        gaps=find_gaps(trace.events, window, cards, launches),
        collectives=find_collectives(trace.events, window, launches),
        statistics=statistics,
        warnings=tuple(warnings),
        efficiency=model_efficiency(workload, platform, step_s=steps.p50_s if steps is not None and cards else None),
    )
    return judged(profile, trace, platform, workload)


def _tables(
    trace: Trace, window: tuple[int, int], observed: Observed | None, platform: Platform | None
) -> tuple[tuple[OperatorStat, ...], tuple[OperatorStat, ...]]:
    if trace.events is None or observed is None:
        return (), ()
    return host_table(trace.events, observed, platform), kernel_table(trace.events, window, observed, platform)


def _assumed_type(trace: Trace, workload: Workload | None) -> str:
    """Return the precision of the run where shapes were recorded without any element types, "" where nothing has to be assumed.

    Where types were recorded, only numbers and lists lack them, whose types often are not those of the run.
    """
    shapes = trace.events.shapes if trace.events is not None else ()
    precision = workload.precision if workload is not None else None
    return precision if precision in ELEMENT_BYTES and shapes and not any(" " in shape for shape in shapes) else ""


def _statistics(trace: Trace, window: tuple[int, int]) -> tuple[Statistic, ...]:
    """Return statistics per metric and device, and per metric over all devices (device "")."""
    groups: dict[str, list[tuple[str, str, np.ndarray]]] = {}
    for one in trace.series:
        groups.setdefault(one.metric, []).append((one.device, one.unit, inside(one, window)))
    rows = []
    for metric, parts in groups.items():
        rows.append(_statistic(metric, "", parts[0][1], np.concatenate([values for *_, values in parts])))
        rows += [_statistic(metric, device, unit, values) for device, unit, values in parts]
    return tuple(rows)


def _statistic(metric: str, device: str, unit: str, values: np.ndarray) -> Statistic:
    if not values.size:
        return Statistic(metric, device, unit, 0, None, None, None, None)
    middle, high = np.percentile(values, [50, 95])
    return Statistic(
        metric, device, unit, values.size, float(values.mean()), float(middle), float(high), float(values.max()), float(values.min())
    )
