"""How much of the matrix units a run uses where no counter measured it: from the kernels' names and, better, from their operations."""

from typing import Literal

import numpy as np
from msgspec import Struct

from app.engine.model.platforms import Platform
from app.engine.model.traces import Events
from app.engine.profiling import intervals
from app.engine.profiling.achieved import peak_tflops
from app.engine.profiling.operators import Observed

MOST_UNTOLD = 0.2
"""Share of device time in kernels whose names tell nothing, beyond which no estimate is made (judgement)."""
LEAST_KNOWN = 0.5
"""Share of the matrix kernels' time whose operations must be known, so that the others are taken at the same rate (judgement)."""


class TensorShare(Struct, frozen=True, eq=False):
    """An estimate of the use of the matrix units.

    bins   device -> (bins,) share of each part of the window
    how    operations: achieved ÷ (dense peak × window); time: share of the window with a kernel on matrix units, an upper bound
    known  operations: share of those kernels' time whose operations are known
    """

    bins: dict[str, np.ndarray]
    how: Literal["operations", "time"]
    known: float
    dtype: str = ""


def tensor_share(events: Events, observed: Observed, window: tuple[int, int], platform: Platform | None) -> TensorShare | None:
    """Return the estimate over the window, None where too much of the computing kernels' time has names that tell nothing."""
    kernel = observed.calls.kernel
    start, end = events.start_ns[kernel], events.start_ns[kernel] + events.duration_ns[kernel]
    inside = np.flatnonzero((end > window[0]) & (start < window[1]) & (end > start))
    if not inside.size or window[1] <= window[0]:
        return None
    at = kernel[inside]
    start, end = np.maximum(start[inside], window[0]), np.minimum(end[inside], window[1])
    spent, tensor = (end - start).astype(np.float64), observed.tensor[events.name[at]]
    computing = np.array([name == "kernel" for name in events.categories], bool)[events.category[at]]
    if not computing.any() or spent[computing & (tensor < 0)].sum() > MOST_UNTOLD * spent[computing].sum():
        return None
    bins = {}
    for device in np.unique(events.device[at]).tolist():
        chosen = (events.device[at] == device) & (tensor != 0)
        order = np.argsort(start[chosen], kind="stable")
        bins[events.devices[device]] = intervals.shares_of_bins(intervals.union(start[chosen][order], end[chosen][order]), window)
    return _by_operations(events, observed, inside, spent, bins, window, platform) or TensorShare(bins, "time", 0.0)


def _by_operations(
    events: Events, observed: Observed, inside: np.ndarray, spent: np.ndarray, bins: dict[str, np.ndarray], window: tuple[int, int],
    platform: Platform | None,
) -> TensorShare | None:  # fmt: skip
    """Return the estimate from operations, spread over time as the matrix kernels are; None where too few of them or no peak is known."""
    work, at = observed.of_kernels, observed.calls.kernel[inside]
    on_units = (observed.tensor[events.name[at]] != 0) & (spent > 0)
    known = on_units & np.isfinite(work.flops[inside]) & work.matrix[inside]
    if not known.any() or spent[known].sum() < LEAST_KNOWN * spent[on_units].sum():
        return None
    peaks = np.array([peak_tflops(platform, word, True) or np.nan for word in work.dtypes])
    part = spent / np.maximum(events.duration_ns[at], 1)  # of a kernel that the window cuts only what lies inside
    seconds_at_peak = work.flops[inside] * part / (peaks[work.dtype[inside]] * 1e12)
    if not np.isfinite(seconds_at_peak[known]).all():
        return None
    length_s = (window[1] - window[0]) / 1e9
    scaled = {}
    for device, busy in bins.items():
        here = known & (events.device[at] == events.devices.index(device))
        rest = spent[on_units & (events.device[at] == events.devices.index(device))].sum() / max(spent[here].sum(), 1.0)
        share, covered = seconds_at_peak[here].sum() * rest / length_s, busy.mean()
        scaled[device] = busy * (share / covered) if covered > 0 else busy
    if any(
        values.mean() > 1 for values in scaled.values()
    ):  # above the peak: the platform named is not the one that ran, or a type is wrong
        return None
    words = np.bincount(work.dtype[inside][known], weights=spent[known], minlength=len(work.dtypes))
    return TensorShare(scaled, "operations", float(spent[known].sum() / spent[on_units].sum()), work.dtypes[int(words.argmax())])
