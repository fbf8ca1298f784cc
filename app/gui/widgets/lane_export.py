"""What leaves the lanes as CSV: the events in the stretch that is seen, of the lanes that are shown."""

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from app.engine.errors import EngineError
from app.engine.model.traces import Events
from app.engine.paths import replacing

if TYPE_CHECKING:
    from app.gui.widgets.timing import TimingView

HEAD = ("name", "start_s", "duration_s", "device", "stream", "category")
MOST_EVENTS = 100_000


class SeenEvents(Struct, frozen=True, eq=False):
    """The events that are written, in the order of time; total: how many there are."""

    events: Events
    places: NDArray[np.int64]
    total: int


def seen_events(view: "TimingView", most: int = MOST_EVENTS) -> SeenEvents:
    """Return the events that are seen, the first `most` of them."""
    state, line = view.scene.lanes, view.timeline
    assert state is not None
    start, end = round(line.start_s * 1e9), round(line.end_s * 1e9)
    found: list[NDArray[np.int32]] = []
    for item in (*view.pinned.items, *view.canvas.items):
        for layer in item.lane.layers if item.lane else ():
            first, last = layer.window(start, end)
            found.append(layer.place[first:last])
    places = np.sort(np.concatenate(found)).astype(np.int64) if found else np.empty(0, np.int64)
    return SeenEvents(state.events, places[:most], len(places))


def write_events(seen: SeenEvents, path: Path, note: str) -> int:
    """Write the events and return their number; `note` ends the file where some were left out. Raises EngineError."""
    events = seen.events
    try:
        with replacing(path) as temporary, temporary.open("w", encoding="utf-8-sig", newline="") as file:
            table = csv.writer(file)
            table.writerow(HEAD)
            table.writerows(
                (
                    events.names[int(events.name[at])],
                    f"{int(events.start_ns[at]) / 1e9:.9f}",
                    f"{int(events.duration_ns[at]) / 1e9:.9f}",
                    events.devices[int(events.device[at])],
                    int(events.stream[at]),
                    events.categories[int(events.category[at])],
                )
                for at in seen.places.tolist()
            )
            if seen.total > len(seen.places):
                file.write(f"# {note}\n")
    except OSError as error:
        raise EngineError("pipeline.not_written", file=path, detail=error.strerror or str(error)) from error
    return len(seen.places)
