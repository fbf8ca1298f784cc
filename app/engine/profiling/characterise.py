"""Characterise one run."""

from collections.abc import Iterator

import numpy as np
from msgspec import Struct

from app.engine.messages import Message, message
from app.engine.model.platforms import Platform
from app.engine.model.profiles import Bottleneck, Collective, Efficiency, Gap, OperatorStat, Profile, Statistic, Steps
from app.engine.model.traces import Trace
from app.engine.model.workloads import Node, Workload
from app.engine.profiling.axes import Context, compute_axes
from app.engine.profiling.call_shapes import ELEMENT_BYTES
from app.engine.profiling.collectives import find_collectives
from app.engine.profiling.efficiency import model_efficiency
from app.engine.profiling.gaps import find_gaps
from app.engine.profiling.judging import judged
from app.engine.profiling.launches import find_launches
from app.engine.profiling.operators import host_table, kernel_table, observe
from app.engine.profiling.steps import find_steps
from app.engine.profiling.tensor_share import TensorShare, tensor_share
from app.engine.profiling.thresholds import thresholds
from app.engine.profiling.time_shares import CardTime, card_times, communication, time_shares
from app.engine.profiling.window import busy_window, inside
from app.engine.progress import Progress, no_progress
from app.engine.units import NS_PER_S

NODE_NONE = Node()
LAID_OUT = "reading.summary_laid_out"
STEP_TRACE = "ascend-cluster"


class _Times(Struct, frozen=True, eq=False):
    """Where the time of an event trace goes."""

    cards: tuple[CardTime, ...]
    steps: Steps | None
    gaps: tuple[Gap, ...]
    collectives: tuple[Collective, ...]


class _Work(Struct, frozen=True, eq=False):
    """What an event trace tells of operators. assumed: the element type that stands in where none was recorded, "" = none."""

    host: tuple[OperatorStat, ...] = ()
    kernels: tuple[OperatorStat, ...] = ()
    tensor: TensorShare | None = None
    assumed: str = ""


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
    progress(0.1, "profiling.doing.operators")
    work = _work(trace, window, workload, platform)
    progress(0.5, "profiling.doing.launches")
    times = _times(trace, window)
    step_s = times.steps.p50_s if times.steps is not None and times.cards else None  # without a card it is some other run's step
    efficiency = model_efficiency(workload, platform, step_s=step_s)
    progress(1.0, "profiling.doing.launches")
    profile = Profile(
        platform=platform.id if platform is not None else "",
        duration_s=(window[1] - window[0]) / NS_PER_S,
        window_ns=window,
        axes=compute_axes(Context(trace, window, platform, node, times.cards, work.tensor)),
        load_class="unknown",
        class_scores={},
        bottleneck=Bottleneck("unknown"),
        operators=work.kernels or work.host,
        aten_ops=work.host,
        communication=communication(times.cards),
        time_shares=time_shares(times.cards, window),
        steps=times.steps,
        gaps=times.gaps,
        collectives=times.collectives,
        statistics=_statistics(trace, window),
        warnings=(*trace.warnings, *_warnings(trace, platform, times, work, efficiency)),
        efficiency=efficiency if efficiency is not None and efficiency.mfu <= 1 else None,
    )
    return judged(profile, trace, platform, workload)


def _times(trace: Trace, window: tuple[int, int]) -> _Times:
    """Return where the time goes."""
    events = trace.events
    launches = find_launches(events) if events is not None else None
    cards = card_times(events, window) if _is_timed(trace) else ()
    return _Times(
        cards,
        find_steps(events, window, launches),
        find_gaps(events, window, cards, launches),
        find_collectives(events, window, launches),
    )


def _work(trace: Trace, window: tuple[int, int], workload: Workload | None, platform: Platform | None) -> _Work:
    """Return the operators. What they need on the way is gone when it returns, for the gaps need as much again."""
    if trace.events is None:
        return _Work()
    assumed = _assumed_type(trace, workload)
    observed = observe(trace.events, assumed)
    tensor = tensor_share(trace.events, observed, window, platform) if _is_timed(trace) else None
    return _Work(host_table(trace.events, observed, platform), kernel_table(trace.events, window, observed, platform), tensor, assumed)


def _is_timed(trace: Trace) -> bool:
    """Tell whether the events lie where they ran: the totals of a summary, laid end to end, fill a window that never was.

    The step trace of an Ascend cluster is laid out too, but tells computing, communication and free time of each step.
    """
    laid_out = trace.clock == "synthetic" or any(one.code == LAID_OUT for one in trace.warnings)
    return not laid_out or any(file.format == STEP_TRACE for file in trace.files)


def _warnings(trace: Trace, platform: Platform | None, times: _Times, work: _Work, efficiency: Efficiency | None) -> Iterator[Message]:
    if platform is None:
        yield message("profiling.no_platform")
    if work.assumed:
        yield message("profiling.assumed_type", dtype=work.assumed)
    if times.collectives and not times.cards and _is_timed(trace):
        yield message("profiling.collectives_only")
    if efficiency is not None and efficiency.mfu > 1:
        yield message("profiling.mfu_above_peak", mfu=efficiency.mfu)


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
