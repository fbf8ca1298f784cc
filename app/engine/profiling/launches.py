"""Which call on the host launched what on a card, by the correlation that the profiler gave both."""

import numpy as np
from msgspec import Struct

from app.engine.model.traces import Events
from app.engine.profiling.window import device_events

_DENSE = 8
"""A table by correlation is made where the numbers are at most this many times as many as the events."""


class Launches(Struct, frozen=True, eq=False):
    """Device events in order of start, and what launched each.

    at     (n,) int32 index of the device event
    call   (n,) int32 index of the call on the host, -1 where none was recorded
    """

    at: np.ndarray
    call: np.ndarray


def find_launches(events: Events) -> Launches:
    """Return the launch of each device event; where several calls share a correlation (driver under runtime), the first one."""
    at = device_events(events).astype(np.int32)
    nothing = np.full(at.size, -1, np.int32)
    if "runtime" not in events.categories or not at.size:
        return Launches(at, nothing)
    calls = np.flatnonzero(events.category == events.categories.index("runtime"))
    calls = calls[events.correlation[calls] >= 0]
    if not calls.size:
        return Launches(at, nothing)
    wanted, known = events.correlation[at], events.correlation[calls]
    highest = max(int(known.max()), int(wanted.max()))
    if highest > _DENSE * len(events):
        known, place = np.unique(known, return_inverse=True)
        found = np.minimum(np.searchsorted(known, wanted), known.size - 1)
        wanted, known, highest = np.where(known[found] == wanted, found, -1), place, known.size
    table = np.full(highest + 2, -1, np.int32)
    table[known[::-1]] = calls[::-1]  # of equal numbers the last assignment stays: the first call
    return Launches(at, table[wanted])  # -1 reads the last place, which is -1


def host_of(events: Events, card: int) -> int:
    """Return the index of the host that a card belongs to ("rank1:0" to "rank1:host"), -1 where the trace has none."""
    prefix, colon, _ = events.devices[card].rpartition(":")
    for name in (f"{prefix}{colon}host", "host"):
        if name in events.devices:
            return events.devices.index(name)
    return -1
