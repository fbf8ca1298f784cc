"""What kept the cards busy: time with work on the card, bin by bin, and the kinds of kernels."""

import numpy as np
from msgspec import Struct

from app.engine.model.profiles import Communication
from app.engine.model.traces import Events
from app.engine.profiling import intervals
from app.engine.profiling.kernel_names import kernel_kind
from app.engine.profiling.time_shares import CardTime, communication
from app.engine.profiling.window import device_events

BINS = 200


class DeviceTime(Struct, frozen=True, eq=False):
    """Device time inside the window.

    busy_bins      device -> (bins,) share of each bin with work on the card
    busy_share     mean over cards
    class_shares   kind of kernel -> share of all device time
    communication  as time_shares.communication() gives it
    """

    busy_bins: dict[str, np.ndarray]
    busy_share: float
    class_shares: dict[str, float]
    communication: Communication


def device_time(events: Events | None, window: tuple[int, int], cards: tuple[CardTime, ...]) -> DeviceTime | None:
    """Return the device time of a trace, None where no card did anything inside the window."""
    working = [card for card in cards if intervals.total(card.busy)]
    if events is None or not working:
        return None
    edges = np.linspace(window[0], window[1], BINS + 1)
    bins = {card.device: np.diff(intervals.covered_until(card.busy, edges.astype(np.int64))) / np.diff(edges) for card in working}
    share = float(np.mean([values.mean() for values in bins.values()]))
    return DeviceTime(bins, share, _class_shares(events, device_events(events)), communication(cards))


def _class_shares(events: Events, chosen: np.ndarray) -> dict[str, float]:
    per_name = np.bincount(events.name[chosen], weights=events.duration_ns[chosen], minlength=len(events.names))
    total = per_name.sum() or 1.0
    shares: dict[str, float] = {}
    for number in np.flatnonzero(per_name).tolist():
        kind = kernel_kind(events.names[number]).kind
        shares[kind] = shares.get(kind, 0.0) + float(per_name[number] / total)
    return shares
