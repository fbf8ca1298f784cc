"""The rows of a timing view on one canvas: painted once per view into a picture, cursor, region, markers and numbers above it.

One canvas for all rows, so that what crosses them is one line, and a move costs one painting. Left drag zooms to the box, Shift or the
middle button pans, Ctrl chooses a region, the edges of the region are dragged; Ctrl and the wheel zoom at the pointer.
"""

from collections.abc import Sequence

from msgspec import Struct
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QToolTip, QWidget

from app.gui.look import Look
from app.gui.widgets.timeline import Timeline, ticks
from app.gui.widgets.timing_overlay import paint_crosshair, paint_markers, paint_region, paint_zoom
from app.gui.widgets.timing_paint import Brushes, paint_row
from app.gui.widgets.timing_rows import HEAT, Row, names_px
from app.gui.widgets.timing_statistics import Numbers, paint_numbers

LABELS_PX, STATS_PX, GAP_PX = 38, 176, 8
GRAB_PX, CLICK_PX, TICK_PX = 5, 4, 90
MOST_GROWTH = 2.4


class Drag(Struct):
    """What the mouse is about to do: zoom, pan, region, or move an edge of it; where it began and where it is, px."""

    kind: str
    begin: float
    now: float
    fixed_s: float = 0.0


class TimingCanvas(QWidget):
    """Paints the rows and takes mouse and keys. `heads` are placed beside their rows."""

    keyed = Signal(QKeyEvent)

    def __init__(self, timeline: Timeline, look: Look) -> None:
        super().__init__()
        self.timeline, self.look = timeline, look
        self.rows: Sequence[Row] = ()
        self.heads: Sequence[QWidget] = ()
        self.numbers: dict[int, Numbers] = {}
        self.shows_crosshair = True
        self._picture, self._is_stale = QPixmap(), True
        self._drag: Drag | None = None
        self._pointer: QPointF | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        timeline.moved.connect(self.redraw)
        for signal in (timeline.pointed, timeline.region_changed, timeline.marked):
            signal.connect(self.update)

    # Geometry ----------------------------------------------------------------------------------------------------------------------

    @property
    def left(self) -> float:
        """Where the plots begin."""
        return names_px(self.look) + LABELS_PX

    @property
    def right(self) -> float:
        """Where the plots end."""
        return max(self.left + 60, self.width() - STATS_PX - GAP_PX)

    def x_of(self, time_s: float) -> float:
        """Return where a moment lies."""
        return self.left + (time_s - self.timeline.start_s) / self.timeline.span_s * (self.right - self.left)

    def time_at(self, x: float) -> float:
        """Return the moment at a place."""
        return self.timeline.start_s + (x - self.left) / (self.right - self.left) * self.timeline.span_s

    def arrange(self, room_px: float) -> None:
        """Give each row its place; with room to spare the open ones grow."""
        folded = sum(row.least_px for row in self.rows if row.is_folded)
        open_px = sum(row.least_px for row in self.rows if not row.is_folded)
        growth = min(MOST_GROWTH, max(1.0, (room_px - folded) / open_px)) if open_px else 1.0
        top = 0.0
        for row, head in zip(self.rows, self.heads, strict=True):
            row.top, row.height = top, row.least_px if row.is_folded else float(int(row.least_px * growth))
            head.setGeometry(0, round(top), names_px(self.look), round(row.height))
            top += row.height
        self.setFixedHeight(max(1, round(top), int(room_px)))
        self.redraw()

    def row_at(self, y: float) -> Row | None:
        """Return the row at a height."""
        return next((row for row in self.rows if row.top <= y < row.top + row.height), None)

    # Painting ----------------------------------------------------------------------------------------------------------------------

    def redraw(self) -> None:
        """Paint the rows anew at the next occasion."""
        self._is_stale = True
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        if painter.paintEngine().type() == painter.paintEngine().Type.Raster:
            painter.drawPixmap(0, 0, self._rows_picture())
        else:  # into a vector file: no picture of pixels
            self._paint_rows(painter, 1.0, is_vector=True)
        area = QRectF(self.left, 0, self.right - self.left, self.height())
        for row in self.rows:
            paint_numbers(
                painter, row, QRectF(self.width() - STATS_PX, row.top, STATS_PX, row.height), self.numbers.get(id(row)), self.look
            )
        paint_region(painter, self, area)
        paint_markers(painter, self, area)
        if self._drag is not None and self._drag.kind == "zoom":
            paint_zoom(painter, area, self._drag.begin, self._drag.now, self.look.theme)
        if self.shows_crosshair and self.timeline.cursor_s is not None:
            paint_crosshair(painter, self, area, self._pointer)
        if self.hasFocus():
            painter.setPen(QPen(QColor(self.look.theme.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(area.adjusted(-1, 1, 1, -1))

    def _rows_picture(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        size = QSize(round(self.width() * ratio), round(self.height() * ratio))
        if self._picture.size() != size:
            self._picture, self._is_stale = QPixmap(size), True
        if self._is_stale:
            self._picture.setDevicePixelRatio(ratio)
            painter = QPainter(self._picture)
            self._paint_rows(painter, ratio)
            painter.end()
            self._is_stale = False
        return self._picture

    def _paint_rows(self, painter: QPainter, ratio: float, *, is_vector: bool = False) -> None:
        theme, around = self.look.theme, Brushes(self.look, self.timeline, ratio, is_vector)
        painter.fillRect(self.rect(), QColor(theme.surface))
        painter.fillRect(QRectF(self.width() - STATS_PX, 0, STATS_PX, self.height()), QColor(theme.sunken))
        _step, moments = ticks(self.timeline.start_s, self.timeline.end_s, max(2, int((self.right - self.left) / TICK_PX)))
        for row in self.rows:
            painter.fillRect(QRectF(0, row.top, self.right, 1), QColor(theme.grid))
            if row.is_folded or not row.channel.is_ready:
                continue
            box = row.plot(self.left, self.right)
            if row.kind != HEAT:
                for moment in moments:
                    painter.fillRect(QRectF(int(self.x_of(moment)), box.top(), 1, box.height()), QColor(theme.grid))
            paint_row(painter, row, box, around)

    # Mouse -------------------------------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        x, keys = event.position().x(), event.modifiers()
        if not self.left <= x <= self.right:
            return
        edge = self._edge_at(x)
        if event.button() == Qt.MouseButton.MiddleButton or keys & Qt.KeyboardModifier.ShiftModifier:
            self.timeline.keep_place()
            self._drag = Drag("pan", x, x)
        elif event.button() != Qt.MouseButton.LeftButton:
            return
        elif keys & Qt.KeyboardModifier.ControlModifier:
            self._drag = Drag("region", x, x, self.time_at(x))
        elif edge is not None and self.timeline.region_s is not None:
            self._drag = Drag("region", x, x, self.timeline.region_s[1 - edge])
        else:
            self._drag = Drag("zoom", x, x)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._pointer = event.position()
        x = min(max(event.position().x(), self.left), self.right)
        drag = self._drag
        if drag is None:
            inside = self.left <= event.position().x() <= self.right
            self.setCursor(Qt.CursorShape.SplitHCursor if self._edge_at(event.position().x()) is not None else Qt.CursorShape.ArrowCursor)
            self.timeline.point(self.time_at(x) if inside else None)
            return
        if drag.kind == "pan":
            self.timeline.pan((drag.now - x) / (self.right - self.left), remember=False)
        elif drag.kind == "region":
            self.timeline.choose((drag.fixed_s, self.time_at(x)))
        drag.now = x
        self.update()

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        drag, self._drag = self._drag, None
        if drag is not None and drag.kind == "zoom" and abs(drag.now - drag.begin) >= CLICK_PX:
            first, last = sorted((drag.begin, drag.now))
            self.timeline.show(self.time_at(first), self.time_at(last))
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self.left <= event.position().x() <= self.right:
            self.timeline.fit()

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

    def _edge_at(self, x: float) -> int | None:
        """Return which edge of the region is under the pointer: 0, 1 or None."""
        region = self.timeline.region_s
        if region is None:
            return None
        return next((place for place, time_s in enumerate(region) if abs(self.x_of(time_s) - x) <= GRAB_PX), None)

    # Keys, hover -------------------------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.ignore()
        self.keyed.emit(event)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            row = self.row_at(event.pos().y())
            told = self.source_of(row) if row is not None and not self.left <= event.pos().x() <= self.right else ""
            QToolTip.showText(event.globalPos(), told, self)
            return True
        return super().event(event)

    def source_of(self, row: Row) -> str:
        """Return what the numbers of a row are: source, state, samples."""
        say, channel = self.look.say, row.channel
        state = say(f"profiling.state.{channel.state}")
        name = say(f"proposing.metric.{channel.metric}")
        return say(
            "page_profile.row_tip", name=name, state=state, devices=len(channel.series), samples=f"{channel.count:,}", unit=channel.unit
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.redraw()
