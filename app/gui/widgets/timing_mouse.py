"""What the mouse does on the rows: left drag zooms to the box, Shift or the middle button pans, Ctrl chooses a region, Alt shifts run B.

The edges of the region are dragged; a click picks what lies there; a double click takes the step between two markers, else all of the run.
"""

from typing import TYPE_CHECKING

from msgspec import Struct
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QMouseEvent

if TYPE_CHECKING:
    from app.gui.widgets.timing_canvas import TimingCanvas

GRAB_PX, CLICK_PX = 5, 4
Cursors, Keys, Buttons = Qt.CursorShape, Qt.KeyboardModifier, Qt.MouseButton


class Drag(Struct):
    """What the mouse is about to do: zoom, pan, region, offset; where it began and where it is, px; what stays, s."""

    kind: str
    begin: float
    now: float
    fixed_s: float = 0.0


class Mouse:
    """The mouse on one canvas."""

    def __init__(self, canvas: "TimingCanvas") -> None:
        self._canvas, self._line = canvas, canvas.timeline
        self.drag: Drag | None = None

    def press(self, event: QMouseEvent) -> None:
        """Begin a drag."""
        canvas, line, x, keys = self._canvas, self._line, event.position().x(), event.modifiers()
        if not canvas.left <= x <= canvas.right:
            return
        edge = self.edge_at(x)
        if event.button() == Buttons.MiddleButton or keys & Keys.ShiftModifier:
            line.keep_place()
            self.drag = Drag("pan", x, x)
        elif event.button() != Buttons.LeftButton:
            return
        elif keys & Keys.AltModifier and canvas.can_shift:
            self.drag = Drag("offset", x, x, line.offset_s)
        elif keys & Keys.ControlModifier:
            self.drag = Drag("region", x, x, canvas.time_at(x))
        elif edge is not None and line.region_s is not None:
            self.drag = Drag("region", x, x, line.region_s[1 - edge])
        else:
            self.drag = Drag("zoom", x, x)

    def move(self, event: QMouseEvent) -> None:
        """Go on with a drag; without one the cursor follows."""
        canvas, line, drag = self._canvas, self._line, self.drag
        x = min(max(event.position().x(), canvas.left), canvas.right)
        if drag is None:
            self._hover(event.position())
            return
        if drag.kind == "pan":
            line.pan((drag.now - x) / (canvas.right - canvas.left), remember=False)
        elif drag.kind == "region":
            line.choose((drag.fixed_s, canvas.time_at(x)))
        elif drag.kind == "offset":
            line.shift(drag.fixed_s + (x - drag.begin) / (canvas.right - canvas.left) * line.span_s)
        drag.now = x
        canvas.update()

    def _hover(self, spot: QPointF) -> None:
        canvas = self._canvas
        inside = canvas.left <= spot.x() <= canvas.right
        shape = Cursors.ArrowCursor
        if inside and self.edge_at(spot.x()) is not None:
            shape = Cursors.SplitHCursor
        elif inside and canvas.pick_at(spot) is not None:
            shape = Cursors.PointingHandCursor
        canvas.setCursor(shape)
        self._line.point(canvas.time_at(spot.x()) if inside else None)

    def release(self, event: QMouseEvent) -> None:
        """End a drag: zoom to the box, or pick what was clicked."""
        canvas, drag = self._canvas, self.drag
        self.drag = None
        if drag is not None and drag.kind == "zoom":
            if abs(drag.now - drag.begin) >= CLICK_PX:
                first, last = sorted((drag.begin, drag.now))
                self._line.show(canvas.time_at(first), canvas.time_at(last))
            elif canvas.lanes is not None:
                canvas.lanes.choose(canvas.pick_at(event.position()))
        canvas.update()

    def double(self, event: QMouseEvent) -> None:
        """Make the step here the region; without one, or where it is, show all of the run."""
        canvas, x = self._canvas, event.position().x()
        if canvas.left <= x <= canvas.right and not self._line.choose_step(canvas.time_at(x)):
            self._line.fit()

    def edge_at(self, x: float) -> int | None:
        """Return which edge of the region is under the pointer: 0, 1 or None."""
        region = self._line.region_s
        if region is None:
            return None
        return next((place for place, time_s in enumerate(region) if abs(self._canvas.x_of(time_s) - x) <= GRAB_PX), None)
