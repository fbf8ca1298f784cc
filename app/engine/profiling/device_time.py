"""What kept the cards busy: time with work on the card, communication and how much of it computation hides, kinds of kernels."""

import numpy as np
from msgspec import Struct

from app.engine.model.profiles import Communication
from app.engine.model.traces import Events
from app.engine.profiling import intervals
from app.engine.profiling.kernel_names import kernel_kind
from app.engine.profiling.window import device_events

BINS = 200


class DeviceTime(Struct, frozen=True, eq=False):
    """Device time inside the window.

    busy_bins      device -> (bins,) share of each bin with work on the card
    busy_share     mean over cards
    class_shares   kind of kernel -> share of all device time
    communication  None inside where no collective was recorded
    """

    busy_bins: dict[str, np.ndarray]
    busy_share: float
    class_shares: dict[str, float]
    communication: Communication


def device_time(events: Events | None, window: tuple[int, int]) -> DeviceTime | None:
    """Return the device time of a trace, None where it has no device events."""
    if events is None:
        return None
    chosen = device_events(events)
    if not chosen.size or window[1] <= window[0]:
        return None
    collective = events.categories.index("collective") if "collective" in events.categories else -1
    edges = np.linspace(window[0], window[1], BINS + 1)
    bins: dict[str, np.ndarray] = {}
    busy_total = exposed_total = communicating_total = 0
    for device in np.unique(events.device[chosen]).tolist():
        at = chosen[events.device[chosen] == device]
        start, end = intervals.clipped(events.start_ns[at], events.start_ns[at] + events.duration_ns[at], window)
        keep = (events.start_ns[at] + events.duration_ns[at] > window[0]) & (events.start_ns[at] < window[1])
        talking = events.category[at][keep] == collective
        busy = intervals.union(start, end)
        if intervals.total(busy) == 0:
            continue
        bins[events.devices[device]] = np.diff(intervals.covered_until(busy, edges.astype(np.int64))) / np.diff(edges)
        communicating, computing = intervals.union(start[talking], end[talking]), intervals.union(start[~talking], end[~talking])
        busy_total += intervals.total(busy)
        communicating_total += intervals.total(communicating)
        exposed_total += intervals.total(communicating) - intervals.overlap(communicating, computing)
    if not bins:
        return None
    known = collective >= 0
    communication = Communication(communicating_total / busy_total if known else 0.0, exposed_total / busy_total if known else 0.0)
    share = float(np.mean([values.mean() for values in bins.values()]))
    return DeviceTime(bins, share, _class_shares(events, chosen), communication)


def _class_shares(events: Events, chosen: np.ndarray) -> dict[str, float]:
    per_name = np.bincount(events.name[chosen], weights=events.duration_ns[chosen], minlength=len(events.names))
    total = per_name.sum() or 1.0
    shares: dict[str, float] = {}
    for number in np.flatnonzero(per_name).tolist():
        kind = kernel_kind(events.names[number]).kind
        shares[kind] = shares.get(kind, 0.0) + float(per_name[number] / total)
    return shares
