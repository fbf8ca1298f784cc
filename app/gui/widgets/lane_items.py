"""Where the lanes stand on a canvas: a head per group, a lane below each other, what lies under the pointer, what hovering tells."""

from collections.abc import Sequence

from msgspec import Struct
from PySide6.QtCore import QPointF, QRectF

from app.engine.units import format_duration
from app.gui.look import Look
from app.gui.widgets.lane_state import LaneState, Pick
from app.gui.widgets.lanes import DEVICE, Lane, LaneGroup
from app.gui.widgets.tips import wrapped

LAYER_PX, BOX_PX, GROUP_PX, PAD_PX = 18, 17, 26, 3
NEAR_PX, LONGEST_SHAPES = 2.0, 160


class LaneItem:
    """The head of a group (lane None) or one of its lanes, with its place."""

    def __init__(self, group: LaneGroup, lane: Lane | None, *, is_pinned: bool = False) -> None:
        self.group, self.lane, self.is_pinned = group, lane, is_pinned
        self.top = 0.0

    @property
    def height(self) -> float:
        """The height that it needs."""
        return GROUP_PX if self.lane is None else max(1, len(self.lane.layers)) * LAYER_PX + 2 * PAD_PX

    def line(self, layer: int, left: float, right: float) -> QRectF:
        """Return where a layer is drawn."""
        return QRectF(left, self.top + PAD_PX + layer * LAYER_PX, right - left, BOX_PX)

    def layer_at(self, y: float) -> int | None:
        """Return the layer at a height."""
        place = int((y - self.top - PAD_PX) // LAYER_PX)
        return place if self.lane is not None and 0 <= place < len(self.lane.layers) else None


class View(Struct, frozen=True):
    """Where time lies on a canvas: the plots' edges in px, the stretch in s."""

    left: float
    right: float
    start_s: float
    span_s: float

    @property
    def s_per_px(self) -> float:
        """How long a pixel is."""
        return self.span_s / (self.right - self.left)


def items_of(state: LaneState | None) -> tuple[list[LaneItem], list[LaneItem]]:
    """Return what stands among the rows and what is pinned above them."""
    items: list[LaneItem] = []
    pinned: list[LaneItem] = []
    for group in state.groups if state else ():
        items.append(LaneItem(group, None))
        for lane in group.lanes:
            if state and lane.key in state.pinned:
                pinned.append(LaneItem(group, lane, is_pinned=True))
        shown = () if group.is_folded else group.shown()
        items += [LaneItem(group, lane) for lane in shown if state and lane.key not in state.pinned]
    return items, pinned


def pick_at(items: Sequence[LaneItem], spot: QPointF, view: View) -> Pick | None:
    """Return the box at a place, the nearest within NEAR_PX."""
    item = next((one for one in items if one.top <= spot.y() < one.top + one.height), None)
    layer = item.layer_at(spot.y()) if item else None
    if item is None or item.lane is None or layer is None or not view.left <= spot.x() <= view.right:
        return None
    moment = view.start_s + (spot.x() - view.left) * view.s_per_px
    box = item.lane.layers[layer].at(moment * 1e9, NEAR_PX * view.s_per_px * 1e9)
    return None if box is None else Pick(item.lane, layer, box)


def lane_name(lane: Lane, look: Look) -> str:
    """Return the name of a lane: a stream or a thread."""
    if lane.stream < 0 and lane.sort == DEVICE:
        return look.say("page_lanes.no_stream")
    return look.say("page_lanes.stream" if lane.sort == DEVICE else "page_lanes.thread", number=str(lane.stream))


def group_name(group: LaneGroup, look: Look) -> str:
    """Return the name of a group: its card, or its host."""
    if group.device == "host":
        return look.say(f"page_lanes.group.{group.sort}_only")
    return look.say(f"page_lanes.group.{group.sort}", device=group.device)


def told_of(state: LaneState, pick: Pick, look: Look) -> str:
    """Return what hovering tells of a box: everything that was recorded of it, a line each."""
    events, at, say = state.events, state.event_of(pick), look.say
    start_ns, shape, payload = int(events.start_ns[at]), int(events.shape[at]), int(events.bytes[at])
    where = f"{group_name(state.group_of(pick.lane), look)} · {lane_name(pick.lane, look)}"
    lines = [state.name_of(pick)]
    lines.append(say("page_lanes.tell.time", duration=format_duration(int(events.duration_ns[at]) / 1e9), start=_moment(start_ns)))
    lines.append(say("page_lanes.tell.where", where=where, category=say(f"page_lanes.category.{_category(state, at)}")))
    launcher = state.launcher(pick)
    if launcher:
        lines.append(say("page_lanes.tell.launcher", name=launcher))
    if shape >= 0:
        text = events.shapes[shape]
        lines.append(say("page_lanes.tell.shapes", shapes=text if len(text) <= LONGEST_SHAPES else f"{text[:LONGEST_SHAPES]}…"))
    if payload >= 0:
        rate = payload / max(1, int(events.duration_ns[at]))
        lines.append(say("page_lanes.tell.bytes", bytes=look.number(payload, 0), rate=look.figure(rate)))
    if int(events.correlation[at]) >= 0:
        lines.append(say("page_lanes.tell.correlation", number=str(int(events.correlation[at]))))
    return wrapped("\n".join(lines))


def _category(state: LaneState, at: int) -> str:
    return state.events.categories[int(state.events.category[at])]


def _moment(time_ns: int) -> str:
    """Return a moment in seconds to the microsecond, in groups of three."""
    whole, part = divmod(round(time_ns / 1000), 1_000_000)
    return f"{whole}.{part // 1000:03d}\u2009{part % 1000:03d}"
