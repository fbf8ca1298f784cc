"""Characterise one run."""

import numpy as np

from app.engine.messages import message
from app.engine.model.platforms import Platform
from app.engine.model.profiles import Profile, Statistic
from app.engine.model.traces import Trace
from app.engine.model.workloads import Node
from app.engine.profiling.axes import Context, compute_axes
from app.engine.profiling.collectives import find_collectives
from app.engine.profiling.device_time import device_time
from app.engine.profiling.gaps import find_gaps
from app.engine.profiling.launches import find_launches
from app.engine.profiling.operators import host_table, kernel_table
from app.engine.profiling.steps import find_steps
from app.engine.profiling.thresholds import thresholds
from app.engine.profiling.time_shares import card_times, communication, time_shares
from app.engine.profiling.verdict import advice, bottleneck, class_scores, load_class
from app.engine.profiling.window import busy_window, inside
from app.engine.progress import Progress, no_progress
from app.engine.units import NS_PER_S

NODE_NONE = Node()


def characterise(
    trace: Trace, *, platform: Platform | None, node: Node = NODE_NONE, whole: bool = False, progress: Progress = no_progress
) -> Profile:
    """Return the characteristics of a run over its busy part (all of it with `whole`).

    platform  what it ran on; None = unknown, so that rates have no share
    """
    window = busy_window(trace, thresholds().busy.idle_gpu, whole=whole)
    progress(0.1, "profiling.doing.device_time")
    cards = card_times(trace.events, window)
    on_device = device_time(trace.events, window, cards)
    axes = compute_axes(Context(trace, window, platform, node, on_device))
    by_name = {axis.name: axis for axis in axes}
    statistics = _statistics(trace, window)
    means = {row.metric: row.mean for row in statistics if row.device == "" and row.mean is not None}
    scores = class_scores(by_name, means, on_device)
    load = load_class(scores)
    talking = communication(cards)
    progress(0.3, "profiling.doing.launches")
    launches = find_launches(trace.events) if trace.events is not None else None
    steps = find_steps(trace.events, window, launches)
    gaps = find_gaps(trace.events, window, cards, launches)
    progress(0.5, "profiling.doing.operators")
    host = host_table(trace.events) if trace.events is not None else ()
    kernels = kernel_table(trace.events, window) if trace.events is not None else ()
    warnings = list(trace.warnings)
    if platform is None:
        warnings.append(message("profiling.no_platform"))
    progress(1.0, "profiling.doing.operators")
    return Profile(
        platform=platform.id if platform is not None else "",
        duration_s=(window[1] - window[0]) / NS_PER_S,
        window_ns=window,
        axes=axes,
        load_class=load,
        class_scores=scores,
        bottleneck=bottleneck(load, scores, by_name, means),
        advice=advice(by_name, talking, load),
        operators=kernels or host,
        aten_ops=host,
        communication=talking,
        time_shares=time_shares(cards, window),
        steps=steps,
        gaps=gaps,
        collectives=find_collectives(trace.events, window, launches),
        statistics=statistics,
        warnings=tuple(warnings),
    )


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
