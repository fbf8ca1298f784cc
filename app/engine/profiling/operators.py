"""Operator tables: kernels by device time, and host operators with the device time that they launched."""

import numpy as np
from msgspec import Struct

from app.engine.model.platforms import Platform
from app.engine.model.profiles import OperatorStat
from app.engine.model.traces import Events
from app.engine.profiling.achieved import CallWork, call_work, kernel_work, roofline_side
from app.engine.profiling.host_calls import HostCalls, host_calls
from app.engine.profiling.kernel_names import flags, kernel_kind
from app.engine.units import NS_PER_S

_LEAST_KNOWN = {"host": 0.99, "kernel": 0.5}
"""Share of an operator's time whose calls must have a figure, so that the others are taken at the same rate (judgement).

The calls of one kernel do alike work, and a recording often begins with kernels whose launches came before it. Those of a host operator
can differ in anything, so that nearly all of them must be known.
"""


class Observed(Struct, frozen=True, eq=False):
    """Everything that the events tell of operators.

    of_calls, of_kernels  work of calls.at and of calls.kernel
    tensor                (names,) int8: 1 = a kernel on matrix units, 0 = not, -1 = cannot be told
    """

    calls: HostCalls
    of_calls: CallWork
    of_kernels: CallWork
    tensor: np.ndarray


class _Rows(Struct, frozen=True, eq=False):
    """What a table is summed from, (n,) each: name, time that counts, work, and 1/0/-1 for matrix units."""

    name: np.ndarray
    time_ns: np.ndarray
    work: CallWork
    tensor_ns: np.ndarray
    told_ns: np.ndarray


def observe(events: Events, assumed: str = "") -> Observed:
    """Return who launched what, and the work of each. assumed: the element type where none was recorded."""
    calls = host_calls(events)
    of_calls = call_work(events, calls.at, assumed)
    tensor, _ = flags(events.names, np.unique(events.name[calls.kernel]))
    return Observed(calls, of_calls, kernel_work(events, calls, of_calls, assumed), tensor)


def kernel_table(
    events: Events, window: tuple[int, int], observed: Observed | None = None, platform: Platform | None = None
) -> tuple[OperatorStat, ...]:
    """Return kernels, copies and collectives that begin in the window, the longest first."""
    observed = observed or observe(events)
    kernel = observed.calls.kernel
    inside = np.flatnonzero((events.start_ns[kernel] >= window[0]) & (events.start_ns[kernel] <= window[1]))
    at = kernel[inside]
    time_ns, tensor = events.duration_ns[at], observed.tensor[events.name[at]]
    rows = _Rows(events.name[at], time_ns, _picked(observed.of_kernels, inside), time_ns * (tensor == 1), time_ns * (tensor >= 0))
    return _grouped(events, rows, platform, None)


def host_table(events: Events, observed: Observed | None = None, platform: Platform | None = None) -> tuple[OperatorStat, ...]:
    """Return host operators by their own time (children taken off); device_time_s is what their own launches took on the card.

    A trace without a card gives the work by time on the host; operators that only call others with work of their own have none there.
    """
    observed = observed or observe(events)
    calls, work = observed.calls, observed.of_calls
    if not calls.at.size:
        return ()
    time_ns = calls.own_ns if calls.launched_ns is None else calls.launched_ns
    tensor_ns, told_ns = np.zeros(calls.at.size), np.zeros(calls.at.size)
    if calls.launched_ns is not None:
        known = np.flatnonzero(calls.owner >= 0)
        owner, kernel = calls.owner[known], calls.kernel[known]
        tensor, spent = observed.tensor[events.name[kernel]], events.duration_ns[kernel]
        tensor_ns = np.bincount(owner, weights=spent * (tensor == 1), minlength=calls.at.size)
        told_ns = np.bincount(owner, weights=spent * (tensor >= 0), minlength=calls.at.size)
        working = time_ns > 0
    elif calls.kernel.size:  # kernels that nothing ties to their operators: the host's time is not that of the work
        working = np.zeros(calls.at.size, bool)
    else:
        working = np.ones(calls.at.size, bool)
        working[calls.parent[(calls.parent >= 0) & (work.flops > 0)]] = False
    flops, moved = (np.where(working, values, 0.0) for values in (work.flops, work.bytes))
    shown = CallWork(flops, moved, work.shape, work.dtype, work.matrix, work.dtypes)
    rows = _Rows(events.name[calls.at], time_ns, shown, tensor_ns, told_ns)
    return _grouped(events, rows, platform if calls.launched_ns is not None else None, calls.own_ns)


def shown_shape(text: str) -> str:
    """Return the part of a call's text that a person reads: shapes and element types. A collective's size stands with the collectives."""
    return "" if ";ranks=" in text else " ".join(part for part in text.split(" ", 2)[:2] if part != "-")


def _grouped(events: Events, rows: _Rows, platform: Platform | None, own_ns: np.ndarray | None) -> tuple[OperatorStat, ...]:
    if not rows.name.size:
        return ()
    count = len(events.names)

    def summed(weights: np.ndarray) -> np.ndarray:
        return np.bincount(rows.name, weights=weights, minlength=count)

    calls, times = np.bincount(rows.name, minlength=count), summed(rows.time_ns)
    least = _LEAST_KNOWN["kernel" if own_ns is None else "host"]
    flops, moved = (_known_sum(rows, values, times, least) for values in (rows.work.flops, rows.work.bytes))
    tensor, told = summed(rows.tensor_ns), summed(rows.told_ns)
    own = summed(own_ns) if own_ns is not None else None
    shape, dtype = _main_shape(rows, count)
    total = times.sum() or 1.0
    found = []
    for number in np.argsort(-times, kind="stable").tolist():
        if not calls[number]:
            continue
        time_s, name = float(times[number] / NS_PER_S), events.names[number]
        on_matrix_units = bool(tensor[number] > told[number] / 2) if told[number] > times[number] / 2 else None
        operations, size = (float(values[number]) if np.isfinite(values[number]) and time_s else None for values in (flops, moved))
        found.append(
            OperatorStat(
                name=name,
                category="cpu" if own is not None else kernel_kind(name).kind,
                calls=int(calls[number]),
                device_time_s=time_s,
                share=float(times[number] / total),
                host_time_s=float(own[number] / NS_PER_S) if own is not None else None,
                shapes=shown_shape(events.shapes[shape[number]]) if shape[number] >= 0 else "",
                flops=operations,
                bytes=size,
                tflops=operations / time_s / 1e12 if operations is not None else None,
                gbs=size / time_s / 1e9 if size is not None else None,
                bound=roofline_side(operations, size, platform, rows.work.dtypes[dtype[number]], on_matrix_units),
                tensor_core=on_matrix_units,
            )
        )
    return tuple(found)


def _known_sum(rows: _Rows, values: np.ndarray, times: np.ndarray, least: float) -> np.ndarray:
    """Return (names,) the sum over all calls, those without the figure at the rate of the others; nan where too few have it."""
    known = np.flatnonzero(np.isfinite(values))
    total = np.bincount(rows.name[known], weights=values[known], minlength=times.size)
    spent = np.bincount(rows.name[known], weights=rows.time_ns[known], minlength=times.size)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where((spent > 0) & (spent >= least * times), total * (times / spent), np.nan)


def _main_shape(rows: _Rows, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return (names,) the shape that took most of each name's time, -1 = none recorded, and the element type of its calls."""
    shape, dtype = np.full(count, -1, np.int64), np.zeros(count, np.int64)
    has = np.flatnonzero(rows.work.shape >= 0)
    if not has.size:
        return shape, dtype
    most = int(rows.work.shape[has].max()) + 1
    pair, first, inverse = np.unique(rows.name[has].astype(np.int64) * most + rows.work.shape[has], return_index=True, return_inverse=True)
    spent = np.bincount(inverse.reshape(-1), weights=rows.time_ns[has])
    order = np.argsort(spent, kind="stable")  # the longest comes last, so that it is the one that stays
    shape[pair[order] // most] = pair[order] % most
    dtype[pair[order] // most] = rows.work.dtype[has[first[order]]]
    return shape, dtype


def _picked(work: CallWork, at: np.ndarray) -> CallWork:
    return CallWork(work.flops[at], work.bytes[at], work.shape[at], work.dtype[at], work.matrix[at], work.dtypes)
