"""The rows of a timing view on one canvas: painted once per view into a picture, cursor, region, markers and numbers above it.

One canvas for all rows and lanes, so that what crosses them is one line, and a move costs one painting. Only what is in sight is painted.
Ctrl and the wheel zoom at the pointer; for the buttons see timing_mouse.
"""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QKeySequence, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from app.gui.look import Look
from app.gui.widgets.hover import HoverCard
from app.gui.widgets.lane_heads import paint_group
from app.gui.widgets.lane_items import GROUP_PX, LaneItem, View, pick_at, told_of
from app.gui.widgets.lane_paint import Ground, paint_lane, paint_pick
from app.gui.widgets.lane_state import LaneState, Pick
from app.gui.widgets.timeline import Timeline, ticks
from app.gui.widgets.timing_mouse import Mouse
from app.gui.widgets.timing_overlay import paint_crosshair, paint_markers, paint_region, paint_zoom
from app.gui.widgets.timing_paint import Brushes, paint_row
from app.gui.widgets.timing_rows import HEAT, Row, names_px
from app.gui.widgets.timing_statistics import Numbers, paint_busy, paint_numbers
from app.gui.widgets.timing_steps import paint_step_lines

LABELS_PX, STATS_PX, GAP_PX, TICK_PX = 38, 176, 8, 90
BARE_LABELS_PX, BARE_STATS_PX = 4, 96
MOST_GROWTH = 2.4


class TimingCanvas(QWidget):
    """Paints the rows, below them the lanes, and takes mouse and keys. `heads` and `lane_heads` are placed beside them."""

    keyed = Signal(QKeyEvent)

    def __init__(self, timeline: Timeline, look: Look, lanes: LaneState | None = None) -> None:
        super().__init__()
        self.timeline, self.look, self.lanes = timeline, look, lanes
        self.rows: Sequence[Row] = ()
        self.heads: Sequence[QWidget] = ()
        self.items: Sequence[LaneItem] = ()
        self.lane_heads: Sequence[QWidget] = ()
        self.numbers: dict[int, Numbers] = {}
        self.shows_crosshair, self.can_shift, self.has_curves = True, False, True
        self._picture, self._band, self._is_stale = QPixmap(), QRect(), True
        self._mouse = Mouse(self)
        self._pointer: QPointF | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._hover = HoverCard(self, self.told_at)
        timeline.moved.connect(self.redraw)
        timeline.shifted.connect(self.redraw)
        for signal in (timeline.pointed, timeline.region_changed, timeline.marked):
            signal.connect(self.update)
        if lanes is not None:
            lanes.picked.connect(self.redraw)

    # Geometry ----------------------------------------------------------------------------------------------------------------------

    @property
    def left(self) -> float:
        """Where the plots begin."""
        return names_px(self.look) + (LABELS_PX if self.has_curves else BARE_LABELS_PX)

    @property
    def stats_px(self) -> int:
        """How wide the numbers at the right are; lanes alone have one."""
        return STATS_PX if self.has_curves else BARE_STATS_PX

    @property
    def right(self) -> float:
        """Where the plots end."""
        return max(self.left + 60, self.width() - self.stats_px - GAP_PX)

    @property
    def view(self) -> View:
        """Where time lies."""
        return View(self.left, self.right, self.timeline.start_s, self.timeline.span_s)

    def x_of(self, time_s: float) -> float:
        """Return where a moment lies."""
        return self.left + (time_s - self.timeline.start_s) / self.timeline.span_s * (self.right - self.left)

    def time_at(self, x: float) -> float:
        """Return the moment at a place."""
        return self.timeline.start_s + (x - self.left) / (self.right - self.left) * self.timeline.span_s

    def arrange(self, room_px: float) -> None:
        """Give each row and lane its place; with room to spare the open rows grow."""
        folded = sum(row.least_px for row in self.rows if row.is_folded)
        open_px = sum(row.least_px for row in self.rows if not row.is_folded)
        lanes_px = sum(item.height for item in self.items)
        growth = min(MOST_GROWTH, max(1.0, (room_px - folded - lanes_px) / open_px)) if open_px else 1.0
        top = 0.0
        for row, head in zip(self.rows, self.heads, strict=True):
            row.top, row.height = top, row.least_px if row.is_folded else float(int(row.least_px * growth))
            head.setGeometry(0, round(top), names_px(self.look), round(row.height))
            top += row.height
        for item, head in zip(self.items, self.lane_heads, strict=True):
            item.top = top
            head.setGeometry(0, round(top), names_px(self.look), round(item.height))
            top += item.height
        self.setFixedHeight(max(1, round(top), int(room_px)))
        self.redraw()

    def row_at(self, y: float) -> Row | None:
        """Return the row at a height."""
        return next((row for row in self.rows if row.top <= y < row.top + row.height), None)

    def pick_at(self, spot: QPointF) -> Pick | None:
        """Return the box of a lane at a place."""
        return pick_at(self.items, spot, self.view)

    # Painting ----------------------------------------------------------------------------------------------------------------------

    def redraw(self) -> None:
        """Paint the rows anew at the next occasion."""
        self._is_stale = True
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        seen = self.visibleRegion().boundingRect().united(event.rect())
        if painter.paintEngine().type() == painter.paintEngine().Type.Raster:
            picture = self._rows_picture(seen)
            painter.drawPixmap(self._band.topLeft(), picture)
        else:  # into a vector file: no picture of pixels
            self._paint_rows(painter, 1.0, seen, is_vector=True)
        area = QRectF(self.left, 0, self.right - self.left, self.height())
        self._paint_numbers(painter)
        paint_region(painter, self, area)
        paint_markers(painter, self, area)
        drag = self._mouse.drag
        if drag is not None and drag.kind == "zoom":
            paint_zoom(painter, area, drag.begin, drag.now, self.look.theme)
        if self.shows_crosshair and self.timeline.cursor_s is not None:
            paint_crosshair(painter, self, area, self._pointer)
        if self.hasFocus():
            painter.setPen(QPen(QColor(self.look.theme.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(area.adjusted(-1, 1, 1, -1))

    def _paint_numbers(self, painter: QPainter) -> None:
        for row in self.rows:
            box = QRectF(self.width() - self.stats_px, row.top, self.stats_px, row.height)
            paint_numbers(painter, row, box, self.numbers.get(id(row)), self.look)
        stretch = self.timeline.region_s or (0.0, self.timeline.duration_s)
        for item in self.items:
            box = QRectF(self.width() - self.stats_px, item.top, self.stats_px, min(item.height, GROUP_PX))
            if item.lane is not None:
                paint_busy(painter, box, item.lane.busy(round(stretch[0] * 1e9), round(stretch[1] * 1e9)), self.look)

    def _rows_picture(self, seen: QRect) -> QPixmap:
        """Return the picture of the rows that are in sight; made anew when they or the stretch have changed."""
        ratio = self.devicePixelRatioF()
        band = QRect(0, seen.top(), self.width(), max(1, seen.height()))
        size = QSize(round(band.width() * ratio), round(band.height() * ratio))
        if self._picture.size() != size:
            self._picture, self._is_stale = QPixmap(size), True
        if self._is_stale or band != self._band:
            self._band = band
            self._picture.setDevicePixelRatio(ratio)
            painter = QPainter(self._picture)
            painter.translate(0, -band.top())
            self._paint_rows(painter, ratio, band)
            painter.end()
            self._is_stale = False
        return self._picture

    def _paint_rows(self, painter: QPainter, ratio: float, band: QRect, *, is_vector: bool = False) -> None:
        theme, around = self.look.theme, Brushes(self.look, self.timeline, ratio, is_vector)
        painter.fillRect(band, QColor(theme.surface))
        painter.fillRect(QRectF(self.width() - self.stats_px, band.top(), self.stats_px, band.height()), QColor(theme.sunken))
        _step, moments = ticks(self.timeline.start_s, self.timeline.end_s, max(2, int((self.right - self.left) / TICK_PX)))
        grid = [int(self.x_of(moment)) for moment in moments]
        for row in self.rows:
            if row.top > band.bottom() or row.top + row.height < band.top():
                continue
            painter.fillRect(QRectF(0, row.top, self.right, 1), QColor(theme.grid))
            if row.is_folded or not row.channel.is_ready:
                continue
            box = row.plot(self.left, self.right)
            for x in grid if row.kind != HEAT else ():
                painter.fillRect(QRectF(x, box.top(), 1, box.height()), QColor(theme.grid))
            paint_row(painter, row, box, around)
        curves = QRectF(self.left, band.top(), self.right - self.left, band.height())
        paint_step_lines(painter, self, curves)
        if self.lanes is not None:
            self._paint_lanes(painter, band, grid, Ground(self.look, self.lanes, self.view, ratio, is_vector))

    def _paint_lanes(self, painter: QPainter, band: QRect, grid: Sequence[int], ground: Ground) -> None:
        seen = [item for item in self.items if item.top <= band.bottom() and item.top + item.height >= band.top()]
        for item in seen:
            self._paint_item(painter, item, grid, ground)
        if seen:
            paint_step_lines(painter, self, QRectF(self.left, seen[0].top, self.right - self.left, band.bottom() + 1 - seen[0].top))
        for item in seen:
            if item.lane is None:
                paint_group(painter, item, QRectF(self.left, item.top, self.right - self.left, GROUP_PX), self.look)
        if ground.state.pick is not None:
            paint_pick(painter, self.items, ground)

    def _paint_item(self, painter: QPainter, item: LaneItem, grid: Sequence[int], ground: Ground) -> None:
        theme = self.look.theme
        painter.fillRect(QRectF(0, item.top, self.right, 1), QColor(theme.grid))
        if item.lane is None:
            return
        for x in grid:
            painter.fillRect(QRectF(x, item.top, 1, item.height), QColor(theme.grid))
        paint_lane(painter, item, ground)

    # Mouse -------------------------------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self._mouse.press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._pointer = event.position()
        self._mouse.move(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._mouse.release(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._mouse.double(event)

    def leaveEvent(self, _event: QEvent) -> None:
        self._pointer = None
        self.timeline.point(None)

    def wheelEvent(self, event: QWheelEvent) -> None:
        across = event.angleDelta().x()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.timeline.zoom(0.8 if event.angleDelta().y() > 0 else 1.25, self.time_at(event.position().x()))
        elif abs(across) > abs(event.angleDelta().y()):
            self.timeline.pan(-across / 1200, remember=False)
        else:
            event.ignore()  # the rows scroll

    # Keys, hover -------------------------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.ignore()
        self.keyed.emit(event)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride and self.lanes is not None:
            lets_go = event.key() == Qt.Key.Key_Escape and self.lanes.marked
            if lets_go or event.matches(QKeySequence.StandardKey.Find):
                event.accept()  # before the window takes the key: lets go of what is picked, finds boxes
                return True
        return super().event(event)

    def told_at(self, spot: QPointF) -> str:
        """Return what hovering tells: of a box in a lane, or beside the plots where the numbers of a row come from."""
        if self.left <= spot.x() <= self.right:
            pick = self.pick_at(spot) if self._mouse.drag is None else None
            return told_of(self.lanes, pick, self.look) if pick is not None and self.lanes is not None else ""
        row = self.row_at(spot.y())
        return self.source_of(row) if row is not None else ""

    def source_of(self, row: Row) -> str:
        """Return what the numbers of a row are: source, state, samples."""
        say, channel = self.look.say, row.channel
        state, name = say(f"profiling.state.{channel.state}"), say(f"proposing.metric.{channel.metric}")
        return say(
            "page_profile.row_tip", name=name, state=state, devices=len(channel.series), samples=f"{channel.count:,}", unit=channel.unit
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.redraw()
