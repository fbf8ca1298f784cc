"""The lanes of a timing view: folding, pinning, picking with the keyboard, bringing a box into sight."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QKeyEvent

from app.gui.widgets.lane_heads import LaneActs
from app.gui.widgets.lane_items import LAYER_PX, LaneItem, told_of
from app.gui.widgets.lane_state import LaneState, Pick
from app.gui.widgets.lanes import Lane, LaneGroup

if TYPE_CHECKING:
    from app.gui.widgets.timing import TimingView

LEAST_SEEN_PX, AROUND, MARGIN_PX = 3.0, 24.0, 30


class LaneHand:
    """Moves among the lanes of a view."""

    def __init__(self, view: "TimingView", state: LaneState) -> None:
        self._view, self.state = view, state

    @property
    def acts(self) -> LaneActs:
        """What the heads ask for."""
        return LaneActs(self.fold, self.show_all, self.pin)

    def fold(self, group: LaneGroup) -> None:
        """Fold or unfold a group."""
        group.is_folded = not group.is_folded
        self._view.show_rows()

    def show_all(self, group: LaneGroup) -> None:
        """Show all lanes of a group, or the busiest only."""
        group.shows_all = not group.shows_all
        self._view.show_rows()

    def pin(self, lane: Lane) -> None:
        """Pin a lane to the top, or let it go."""
        self.state.pinned ^= {lane.key}
        self._view.show_rows()

    def begin_ns(self) -> int:
        """Return the moment at which the view begins."""
        return round(self._view.timeline.start_s * 1e9)

    # Picking -----------------------------------------------------------------------------------------------------------------------

    def show(self, pick: Pick) -> None:
        """Pick a box and bring it into sight: unfold its group, scroll, pan, and zoom in where it would be too narrow to see."""
        group = self.state.group_of(pick.lane)
        if pick.lane.key not in self.state.pinned and (group.is_folded or pick.lane not in group.shown()):
            group.is_folded, group.shows_all = False, group.shows_all or pick.lane not in group.shown()
            self._view.show_rows()
        line, canvas = self._view.timeline, self._view.canvas
        start, end = self.state.span_s(pick)
        length = max(end - start, 1e-9)
        s_per_px = line.span_s / (canvas.right - canvas.left)
        span = min(line.span_s, AROUND * length) if length < LEAST_SEEN_PX * s_per_px else line.span_s
        if span != line.span_s or start < line.start_s or min(end, start + span) > line.end_s:
            middle = (start + end) / 2 if length <= span else start + 0.4 * span
            line.show(middle - span / 2, middle + span / 2)
        self.state.choose(pick)
        item = next((one for one in canvas.items if one.lane is pick.lane), None)
        if item is not None:
            self._view.scroll_to(item.top + pick.layer * LAYER_PX)

    def step(self, event: QKeyEvent) -> bool:
        """Move among boxes by the arrows, let go by Escape, tell by Space; tell whether the key was one of these."""
        pick, keys = self.state.pick, Qt.Key
        if event.key() == keys.Key_Escape and self.state.marked:
            self.state.choose(None)
            return True
        if pick is None:
            return event.key() == keys.Key_Down and self._first()
        acts: dict[int, Callable[[], Pick | None]] = {
            keys.Key_Left: lambda: self.state.beside(-1), keys.Key_Right: lambda: self.state.beside(1),
            keys.Key_Up: lambda: self.state.above(-1) or self._other_lane(-1),
            keys.Key_Down: lambda: self.state.above(1) or self._other_lane(1),
        }  # fmt: skip
        if event.key() == keys.Key_Space:
            self._tell(pick)
            return True
        if event.key() not in acts:
            return False
        found = acts[event.key()]()
        if found is not None:
            self.show(found)
        return True

    def _first(self) -> bool:
        """Pick the first box that is seen in the first lane that is shown."""
        for item in self._lane_items():
            found = self._seen_in(item.lane, range(len(item.lane.layers)))  # type: ignore[union-attr]
            if found is not None:
                self.show(found)
                return True
        return False

    def _other_lane(self, by: int) -> Pick | None:
        pick, items = self.state.pick, self._lane_items()
        at = next((place for place, item in enumerate(items) if pick and item.lane is pick.lane), None)
        if at is None or not 0 <= at + by < len(items):
            return None
        lane = items[at + by].lane
        assert lane is not None
        return self._seen_in(lane, range(len(lane.layers))[::by])

    def _lane_items(self) -> list[LaneItem]:
        return [item for item in (*self._view.pinned.items, *self._view.canvas.items) if item.lane is not None]

    def _seen_in(self, lane: Lane, depths: range) -> Pick | None:
        line = self._view.timeline
        for depth in depths:
            first, last = lane.layers[depth].window(round(line.start_s * 1e9), round(line.end_s * 1e9))
            if last > first:
                return Pick(lane, depth, first)
        return None

    def _tell(self, pick: Pick) -> None:
        from PySide6.QtWidgets import QToolTip

        canvas = next((one for one in (self._view.pinned, self._view.canvas) if any(item.lane is pick.lane for item in one.items)), None)
        if canvas is None:
            return
        item = next(item for item in canvas.items if item.lane is pick.lane)
        box: QRectF = item.line(pick.layer, canvas.left, canvas.right)
        x = min(max(canvas.x_of(self.state.span_s(pick)[0]), canvas.left), canvas.right)
        place = canvas.mapToGlobal(QPoint(round(x), round(box.bottom()) + 4))
        QToolTip.showText(place, told_of(self.state, pick, self._view.look), canvas)
