"""What is chosen among the lanes of a run: the picked box, the marked operator, pinned lanes; stepping, and finding names."""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from app.engine.model.traces import Device, Events
from app.gui.widgets.lane_layers import Layer
from app.gui.widgets.lanes import PYTHON, THREADS, Lane, LaneGroup, lane_groups

AT_ONCE = 60_000
"""So many events are laid into lanes while the page is built (about 15 ms); more of them in the background."""


class Pick(Struct, frozen=True):
    """One box: its lane, its layer, its place in the layer."""

    lane: Lane
    layer: int
    box: int


class LaneState(QObject):
    """The lanes of a run. They are there once `prepare` has run, which may be on another thread."""

    picked = Signal()  # another box, or none; or another operator is marked

    def __init__(self, events: Events, devices: tuple[Device, ...]) -> None:
        super().__init__()
        self.events, self.devices = events, devices
        self.groups: tuple[LaneGroup, ...] = ()
        self.is_ready, self.is_preparing = False, False
        self.pick: Pick | None = None
        self.marked: str = ""
        self.pinned: set[str] = set()
        self._marked_in: tuple[str, dict[Layer, NDArray[np.intp]]] = ("", {})

    def prepare(self) -> None:
        """Lay the events into lanes."""
        if not self.is_ready:
            self.groups = lane_groups(self.events, self.devices)
            self.is_ready = True

    # Boxes -------------------------------------------------------------------------------------------------------------------------

    def event_of(self, pick: Pick) -> int:
        """Return the place of a box in the events."""
        return int(pick.lane.layers[pick.layer].place[pick.box])

    def name_of(self, pick: Pick) -> str:
        """Return the name of a box."""
        return self.events.names[int(self.events.name[self.event_of(pick)])]

    def span_s(self, pick: Pick) -> tuple[float, float]:
        """Return when a box begins and ends."""
        at = self.event_of(pick)
        start = int(self.events.start_ns[at])
        return start / 1e9, (start + int(self.events.duration_ns[at])) / 1e9

    def choose(self, pick: Pick | None) -> None:
        """Pick a box, and mark its operator; None picks nothing."""
        self.pick, self.marked = pick, self.name_of(pick) if pick else ""
        self.picked.emit()

    def mark(self, name: str) -> None:
        """Mark all boxes of an operator, "" for none; a picked box of another name is let go."""
        if self.pick is not None and self.name_of(self.pick) != name:
            self.pick = None
        self.marked = name
        self.picked.emit()

    def marked_in(self, layer: Layer) -> NDArray[np.intp]:
        """Return the boxes of a layer whose operator is marked; found once for each operator."""
        if self._marked_in[0] != self.marked:
            self._marked_in = (self.marked, {})
        found = self._marked_in[1]
        if layer not in found:
            numbers = [number for number, name in enumerate(self.events.names) if name == self.marked] if self.marked else []
            of_box = self.events.name[layer.place] if numbers else np.empty(0, np.int32)
            found[layer] = np.flatnonzero(np.isin(of_box, numbers))
        return found[layer]

    def group_of(self, lane: Lane) -> LaneGroup:
        """Return the group of a lane."""
        return next(group for group in self.groups if lane in group.lanes)

    # Steps -------------------------------------------------------------------------------------------------------------------------

    def beside(self, by: int) -> Pick | None:
        """Return the next (1) or previous (-1) box in the layer of the picked one, None at its end."""
        pick = self.pick
        if pick is None or not 0 <= pick.box + by < len(pick.lane.layers[pick.layer]):
            return None
        return Pick(pick.lane, pick.layer, pick.box + by)

    def above(self, by: int) -> Pick | None:
        """Return the box that holds the picked one (-1) or the first that it holds (1), None where there is none."""
        pick = self.pick
        if pick is None or not 0 <= pick.layer + by < len(pick.lane.layers):
            return None
        own, layer = pick.lane.layers[pick.layer], pick.lane.layers[pick.layer + by]
        first, last = layer.window(int(own.start_ns[pick.box]), int(own.end_ns[pick.box]))
        return Pick(pick.lane, pick.layer + by, first) if last > first else None

    def pick_of(self, event: int) -> Pick | None:
        """Return the box of an event, None where it has none (it lies too deep)."""
        name, stream = self.events.devices[int(self.events.device[event])], int(self.events.stream[event])
        start = int(self.events.start_ns[event])
        for group in self.groups:
            for lane in group.lanes if group.device == name else ():
                for depth, layer in enumerate(lane.layers if lane.stream == stream else ()):
                    at = int(np.searchsorted(layer.start_ns, start))
                    if at < len(layer) and int(layer.place[at]) == event:
                        return Pick(lane, depth, at)
        return None

    def launcher(self, pick: Pick) -> str:
        """Return the operator of the host that launched what runs on a card, "" where that was not recorded."""
        events, at = self.events, self.event_of(pick)
        tie = int(events.correlation[at])
        if tie < 0 or pick.lane.sort in (THREADS, PYTHON):
            return ""
        hosts = {number for number, name in enumerate(events.devices) if any(g.device == name and g.sort == THREADS for g in self.groups)}
        same = [int(one) for one in np.flatnonzero(events.correlation == tie) if int(events.device[one]) in hosts]
        for one in same:
            name = self._operator_around(one)
            if name:
                return name
        return self.events.names[int(events.name[same[0]])] if same else ""

    def _operator_around(self, event: int) -> str:
        """Return the innermost cpu operator in which something of the host lies."""
        found = self.pick_of(event)
        if found is None:
            return ""
        start = int(self.events.start_ns[event])
        for depth in range(found.layer, -1, -1):
            box = found.lane.layers[depth].at(start)
            if box is not None:
                at = int(found.lane.layers[depth].place[box])
                if self.events.categories[int(self.events.category[at])] == "cpu_op":
                    return self.events.names[int(self.events.name[at])]
        return ""

    # Finding -----------------------------------------------------------------------------------------------------------------------

    def find(self, text: str) -> NDArray[np.int64]:
        """Return the events whose name holds a text, in the order of time. Python frames count where nothing else does."""
        wanted = text.strip().lower()
        if not wanted or not self.is_ready:
            return np.empty(0, np.int64)
        names = np.array([wanted in name.lower() for name in self.events.names], bool)
        hits = np.flatnonzero(names[self.events.name])
        python = np.array([category == "python" for category in self.events.categories], bool)
        others = hits[~python[self.events.category[hits]]]
        return others if len(others) else hits
