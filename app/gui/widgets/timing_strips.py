"""The strips above and below the rows: region, flags and heads of the numbers above; the time axis with the pill of the cursor below."""

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QLineEdit, QMenu, QToolButton, QWidget

from app.engine.units import format_duration
from app.gui.look import Look
from app.gui.theme import font, icon
from app.gui.theme.tokens import CAPTION_PX, RADIUS_CHIP
from app.gui.widgets.timeline import Marker, ticks, time_text, unit_of
from app.gui.widgets.timing_canvas import TICK_PX, TimingCanvas
from app.gui.widgets.timing_statistics import columns
from app.gui.widgets.timing_steps import STEP_PX, paint_step_band

TOP_PX, AXIS_PX, MOST_FLAG_PX = 24, 28, 150
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class NoteField(QLineEdit):
    """A field that Escape leaves, though the window has that key too."""

    left = Signal()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            event.accept()
            if event.type() == QEvent.Type.KeyPress:
                self.left.emit()
            return True
        return super().event(event)


class TopStrip(QWidget):
    """The bounds of the region, the flags of the markers with their names, the heads of the numbers."""

    def __init__(self, canvas: TimingCanvas, look: Look) -> None:
        super().__init__()
        self._canvas, self._look = canvas, look
        self._flags: list[tuple[QRectF, Marker]] = []
        self._editor: QLineEdit | None = None
        self.setFixedHeight(TOP_PX)
        timeline = canvas.timeline
        for signal in (timeline.moved, timeline.region_changed, timeline.marked):
            signal.connect(self.update)
        self.offset = QToolButton(self)
        self.offset.setFont(font(CAPTION_PX))
        self.offset.setToolTip(look.say("page_lanes.offset.reset"))
        self.offset.setIcon(icon("x", look.theme.text2))
        self.offset.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.offset.setFixedHeight(TOP_PX)
        self.offset.clicked.connect(lambda: timeline.shift(0.0))
        timeline.shifted.connect(self.tell_offset)
        self.tell_offset()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, theme, say = QPainter(self), self._look.theme, self._look.say
        painter.setFont(font(CAPTION_PX))
        edge, stats = self._canvas.width(), self._canvas.stats_px
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.sunken))
        painter.drawRoundedRect(QRectF(edge - stats, 0, stats, TOP_PX + 8), 6, 6)
        painter.setPen(QColor(theme.text3))
        heads = ("mean", "p95", "max") if self._canvas.has_curves else ()
        for right, name in zip(columns(QRectF(edge - stats, 0, stats, TOP_PX)), heads, strict=False):
            painter.drawText(QRectF(right - 60, 0, 60, TOP_PX), RIGHT, say(f"gui.stat.{name}"))
        self._flags = [self._paint_flag(painter, marker) for marker in self._canvas.timeline.markers if self._is_seen(marker)]
        self._paint_region(painter)

    def tell_offset(self) -> None:
        """Show how far run B is shifted; nothing where it is not."""
        offset = self._canvas.timeline.offset_s
        sign = "+" if offset > 0 else "\u2212"
        self.offset.setText(self._look.say("page_lanes.offset.shown", offset=f"{sign}{format_duration(abs(offset))}"))
        self.offset.setVisible(offset != 0)
        self.offset.adjustSize()
        self.offset.move(0, 0)

    def _is_seen(self, marker: Marker) -> bool:
        return self._canvas.timeline.start_s <= marker.time_s <= self._canvas.timeline.end_s

    def _paint_region(self, painter: QPainter) -> None:
        canvas, timeline = self._canvas, self._canvas.timeline
        if timeline.region_s is None:
            return
        words = self.region_words()
        width = painter.fontMetrics().horizontalAdvance(words) + 4
        middle = (canvas.x_of(timeline.region_s[0]) + canvas.x_of(timeline.region_s[1])) / 2
        flags = [box for box, _marker in self._flags]
        wanted = [middle - width / 2, *(box.right() + 4 for box in flags), *(box.left() - width - 4 for box in flags)]
        boxes = [QRectF(min(max(left, canvas.left), canvas.right - width), 0, width, TOP_PX) for left in wanted]
        free = [box for box in boxes if not any(box.intersects(flag) for flag in flags)]
        painter.setPen(QColor(self._look.theme.accent))
        painter.drawText((free or boxes)[0], Qt.AlignmentFlag.AlignCenter, words)

    def region_words(self) -> str:
        """Return the bounds of the region and its length, "" without one."""
        region, timeline = self._canvas.timeline.region_s, self._canvas.timeline
        if region is None:
            return ""
        start, end, delta = (time_text(value, timeline.span_s / 500, timeline.end_s) for value in (*region, region[1] - region[0]))
        return self._look.say("page_profile.region", start=start, end=end, delta=delta, unit=unit_of(timeline.end_s)[1])

    def _paint_flag(self, painter: QPainter, marker: Marker) -> tuple[QRectF, Marker]:
        theme, x = self._look.theme, self._canvas.x_of(marker.time_s)
        words = painter.fontMetrics().elidedText(marker.note, Qt.TextElideMode.ElideRight, MOST_FLAG_PX)
        width = painter.fontMetrics().horizontalAdvance(words) + 20
        left = x - width if x + width > self._canvas.right else x
        box = QRectF(left, 3, width, TOP_PX - 6)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.warn_soft))
        painter.drawRoundedRect(box, RADIUS_CHIP, RADIUS_CHIP)
        painter.setBrush(QColor(theme.warn))
        pole = left + 6
        painter.drawPolygon(QPolygonF([QPointF(pole, 7), QPointF(pole + 8, 10), QPointF(pole, 13)]))
        painter.fillRect(QRectF(pole - 1, 6, 1, TOP_PX - 12), QColor(theme.warn))
        painter.setPen(QColor(theme.warn))
        painter.drawText(box.adjusted(17, 0, 0, 0), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, words)
        return box, marker

    def flag_at(self, spot: QPoint) -> Marker | None:
        """Return the marker whose flag is here."""
        return next((marker for box, marker in reversed(self._flags) if box.contains(QPointF(spot))), None)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        marker = self.flag_at(event.position().toPoint())
        if marker is not None:
            self.edit(marker)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        marker = self.flag_at(event.pos())
        if marker is None:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(self._look.say("page_profile.marker.rename"), lambda: self.edit(marker))
        menu.addAction(self._look.say("page_profile.marker.remove"), lambda: self._canvas.timeline.unmark(marker))
        menu.popup(event.globalPos())

    def edit(self, marker: Marker) -> None:
        """Let the note of a marker be typed over its flag: Enter keeps it, Escape leaves the old one."""
        self._close_editor()
        timeline, field = self._canvas.timeline, NoteField(marker.note, self)
        field.setFont(font(CAPTION_PX))
        field.setAccessibleName(self._look.say("page_profile.marker.note"))
        field.setStyleSheet("min-height: 18px; padding: 0 4px;")
        field.setGeometry(round(min(self._canvas.x_of(marker.time_s), self._canvas.right - MOST_FLAG_PX)), 0, MOST_FLAG_PX, TOP_PX)
        field.selectAll()

        def keep() -> None:
            if self._editor is field and field.text().strip():
                timeline.unmark(marker)
                timeline.mark(marker.time_s, field.text().strip())
            self._close_editor()

        field.editingFinished.connect(keep)
        field.left.connect(self._close_editor)
        self._editor = field
        field.show()
        field.setFocus()

    def _close_editor(self) -> None:
        field, self._editor = self._editor, None
        if field is not None:
            field.hide()
            field.deleteLater()
            self._canvas.setFocus()


class AxisStrip(QWidget):
    """The time axis: round moments, the unit at the last, the pill of the cursor over the ticks that it covers."""

    def __init__(self, canvas: TimingCanvas, look: Look) -> None:
        super().__init__()
        self._canvas, self._look = canvas, look
        self._down = STEP_PX if canvas.timeline.steps else 0
        self.setFixedHeight(AXIS_PX + self._down)
        canvas.timeline.moved.connect(self.update)
        canvas.timeline.pointed.connect(self.update)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, theme = QPainter(self), self._look.theme
        edge, stats = self._canvas.width(), self._canvas.stats_px
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.sunken))
        painter.drawRoundedRect(QRectF(edge - stats, -8, stats, AXIS_PX + self._down + 4), 6, 6)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        if self._down:
            paint_step_band(painter, self._canvas)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font(CAPTION_PX))
        pill = self._pill(painter)
        painter.setPen(QColor(theme.text3))
        for box, words in self.labels():
            if not box.intersects(pill):
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)
        if not pill.isEmpty():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.text))
            painter.drawRoundedRect(pill, RADIUS_CHIP, RADIUS_CHIP)
            painter.setPen(QColor(theme.surface))
            painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, self._pill_words())

    def labels(self) -> list[tuple[QRectF, str]]:
        """Return the words of the axis with their places, all within the plots."""
        timeline, canvas = self._canvas.timeline, self._canvas
        step, moments = ticks(timeline.start_s, timeline.end_s, max(2, int((canvas.right - canvas.left) / TICK_PX)))
        _each, unit = unit_of(timeline.end_s)
        found, after, metrics = [], -1e9, QFontMetricsF(font(CAPTION_PX))
        for place, moment in enumerate(moments):
            words = time_text(moment, step, timeline.end_s) + (f" {unit}" if place == len(moments) - 1 else "")
            width = metrics.horizontalAdvance(words) + 4
            left = min(max(canvas.x_of(moment) - width / 2, canvas.left - 6), canvas.right - width + 4)
            if left > after:
                found.append((QRectF(left, 4 + self._down, width, 18), words))
                after = left + width
        return found

    def _pill_words(self) -> str:
        timeline = self._canvas.timeline
        assert timeline.cursor_s is not None
        return f"{time_text(timeline.cursor_s, timeline.span_s / 500, timeline.end_s)} {unit_of(timeline.end_s)[1]}"

    def _pill(self, painter: QPainter) -> QRectF:
        canvas, cursor = self._canvas, self._canvas.timeline.cursor_s
        if cursor is None or not canvas.shows_crosshair or not canvas.timeline.start_s <= cursor <= canvas.timeline.end_s:
            return QRectF()
        width = max(46, painter.fontMetrics().horizontalAdvance(self._pill_words()) + 14)
        left = min(max(canvas.x_of(cursor) - width / 2, canvas.left - 6), canvas.right - width + 6)
        return QRectF(left, 4 + self._down, width, 18)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._canvas.timeline.choose_step(self._canvas.time_at(event.position().x()))
