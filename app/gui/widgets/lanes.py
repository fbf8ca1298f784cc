"""What the timing view draws of events: a group per device or host, a lane per stream or thread, layers of boxes that never overlap.

Everything a frame needs is made once, in arrays: a frame looks its stretch up by bisection and folds it into the columns of the screen.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from app.engine.model.traces import Device, Events
from app.gui.widgets.lane_kinds import ANNOTATION, kinds_of
from app.gui.widgets.lane_layers import Ints, Layer, layers_of

DEVICE, THREADS, PYTHON = "device", "threads", "python"
MOST_LANES = 16
WORK_PART, NOTE_PART, PYTHON_PART, PARTS = 0, 1, 2, 3


class Lane:
    """One stream of a device or one thread of a host.

    key     device, stream and sort, the same for every view of the run
    layers  rows of boxes, the outermost first; deeper: how many boxes lie below the deepest layer that is kept
    """

    def __init__(self, sort: str, device: str, stream: int) -> None:
        self.sort, self.device, self.stream = sort, device, stream
        self.key = f"{sort}:{device}:{stream}"
        self.layers: tuple[Layer, ...] = ()
        self.count = self.deeper = 0
        self._from: Ints = np.empty(0, np.int64)
        self._to = self._worked = self._from

    def take(self, made: tuple[tuple[Layer, ...], int], count: int) -> None:
        """Add layers below those that are there."""
        self.layers += made[0]
        self.deeper += made[1]
        self.count += count

    def take_work(self, start_ns: Ints, end_ns: Ints) -> None:
        """Keep when it works: the union of its events (ordered by start), annotations left out."""
        if not len(start_ns):
            return
        reach = np.maximum.accumulate(end_ns)
        first = np.flatnonzero(np.concatenate(((True,), start_ns[1:] > reach[:-1])))
        self._from, self._to = start_ns[first], reach[np.append(first[1:] - 1, len(reach) - 1)]
        self._worked = np.concatenate(((0,), np.cumsum(self._to - self._from)))

    def busy(self, start_ns: int, end_ns: int) -> float:
        """Return the share of a stretch in which it works, 0..1."""
        if end_ns <= start_ns or not len(self._from):
            return 0.0
        done = []
        for moment in (start_ns, end_ns):
            place = int(np.searchsorted(self._from, moment))
            done.append(int(self._worked[place]) - max(0, int(self._to[place - 1]) - moment) if place else 0)
        return (done[1] - done[0]) / (end_ns - start_ns)


class LaneGroup:
    """The lanes of one device or host. kinds: what its boxes are, in the order of the legend."""

    def __init__(self, sort: str, device: str, lanes: Sequence[Lane]) -> None:
        self.sort, self.device, self.lanes = sort, device, tuple(lanes)
        self.key = f"{sort}:{device}"
        self.is_folded, self.shows_all = sort == PYTHON, False
        found = {kind for lane in lanes for layer in lane.layers for kind in layer.kinds}
        self.kinds = tuple(sorted(found))

    def shown(self) -> tuple[Lane, ...]:
        """Return the lanes that are shown: all, or those with most events in their own order."""
        if self.shows_all or len(self.lanes) <= MOST_LANES:
            return self.lanes
        chosen = set(sorted(self.lanes, key=lambda lane: -lane.count)[:MOST_LANES])
        return tuple(lane for lane in self.lanes if lane in chosen)


def lane_groups(events: Events, devices: Sequence[Device]) -> tuple[LaneGroup, ...]:
    """Return the lanes of a trace: cards first, then hosts, then the Python stacks of their threads."""
    hosts = {one.id for one in devices if one.kind == "host"} | {"host"}
    is_host = np.array([name in hosts or name.rpartition(":")[2] == "host" for name in events.devices], bool)
    kinds = kinds_of(events, is_host)
    lanes: dict[tuple[str, str], dict[int, Lane]] = {}
    for device, stream, part, places in _by_lane(events):
        sort = PYTHON if part == PYTHON_PART else THREADS if is_host[device] else DEVICE
        name = events.devices[device]
        lane = lanes.setdefault((sort, name), {}).setdefault(stream, Lane(sort, name, stream))
        start_ns = events.start_ns[places]
        end_ns = start_ns + np.maximum(events.duration_ns[places], 1)
        lane.take(layers_of(start_ns, end_ns, places, kinds[places]), len(places))
        work = kinds[places] != ANNOTATION
        if work.any():
            lane.take_work(*((start_ns, end_ns) if work.all() else (start_ns[work], end_ns[work])))
    order = (DEVICE, THREADS, PYTHON)
    found = [LaneGroup(sort, device, tuple(lanes[sort, device].values())) for sort, device in lanes]
    return tuple(sorted(found, key=lambda group: order.index(group.sort)))


def _by_lane(events: Events) -> Iterator[tuple[int, int, int, NDArray[np.int32]]]:
    """Give (device, stream, part, places of its events by start, the longer first) of each lane; notes of a card apart from its work."""
    parts = np.array([_part(category) for category in events.categories], np.int64)
    streams = np.unique(events.stream)
    of_event = parts[events.category] if len(parts) else np.zeros(len(events), np.int64)
    number = (events.device.astype(np.int64) * len(streams) + np.searchsorted(streams, events.stream)) * PARTS + (PARTS - 1 - of_event)
    used = np.flatnonzero(np.bincount(number, minlength=1)) if len(number) else np.empty(0, np.int64)
    compact = np.zeros(int(used[-1]) + 1 if len(used) else 1, np.uint16)
    compact[used] = np.arange(len(used))
    order = np.argsort(compact[number], kind="stable").astype(np.int32)
    bounds = np.append(0, np.cumsum(np.bincount(compact[number], minlength=len(used)))) if len(used) else np.zeros(1, np.int64)
    for at, first, last in zip(used.tolist(), bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        places = order[first:last]
        start, duration = events.start_ns[places], events.duration_ns[places]
        if ((start[1:] == start[:-1]) & (duration[1:] > duration[:-1])).any():
            places = places[np.lexsort((-duration, start))]
        device, rest = divmod(at, len(streams) * PARTS)
        yield device, int(streams[rest // PARTS]), PARTS - 1 - rest % PARTS, places


def _part(category: str) -> int:
    return {"python": PYTHON_PART, "annotation": NOTE_PART}.get(category, WORK_PART)
