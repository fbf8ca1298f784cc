"""What crosses all rows of a timing view: the region, the markers, the box of a zoom, the crosshair with its values."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from app.gui.theme import Theme, font
from app.gui.theme.tokens import CAPTION_PX, RADIUS_CHIP

if TYPE_CHECKING:
    from app.gui.widgets.timing_canvas import TimingCanvas

SOFT, SIDE_SHARE = 0.10, 0.75


def paint_region(painter: QPainter, canvas: "TimingCanvas", area: QRectF) -> None:
    """Paint the region: accent 10 % with two edge lines."""
    if canvas.timeline.region_s is None:
        return
    theme = canvas.look.theme
    first, last = (canvas.x_of(time_s) for time_s in canvas.timeline.region_s)
    painter.save()
    painter.setClipRect(area)
    soft = QColor(theme.accent)
    soft.setAlphaF(SOFT)
    painter.fillRect(QRectF(first, area.top(), last - first, area.height()), soft)
    for x in (first, last):
        painter.fillRect(QRectF(round(x), area.top(), 1, area.height()), QColor(theme.accent))
    painter.restore()


def paint_markers(painter: QPainter, canvas: "TimingCanvas", area: QRectF) -> None:
    """Paint the lines of the markers; their flags stand above the rows."""
    painter.setPen(QPen(QColor(canvas.look.theme.warn), 1, Qt.PenStyle.DotLine))
    for marker in canvas.timeline.markers:
        x = round(canvas.x_of(marker.time_s)) + 0.5
        if area.left() <= x <= area.right():
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))


def paint_zoom(painter: QPainter, area: QRectF, begin: float, now: float, theme: Theme) -> None:
    """Paint the box that a zoom will show."""
    box = QRectF(min(begin, now), area.top(), abs(now - begin), area.height())
    soft = QColor(theme.text)
    soft.setAlphaF(SOFT)
    painter.fillRect(box, soft)
    painter.setPen(QPen(QColor(theme.text2), 1, Qt.PenStyle.DashLine))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(box.adjusted(0, 0, 0, -1))


def paint_crosshair(painter: QPainter, canvas: "TimingCanvas", area: QRectF, pointer: QPointF | None) -> None:
    """Paint the line of the cursor and a box of values beside it in each open row."""
    time_s = canvas.timeline.cursor_s
    assert time_s is not None
    x = round(canvas.x_of(time_s)) + 0.5
    if not area.left() - 1 <= x <= area.right() + 1:
        return
    painter.setPen(QPen(QColor(canvas.look.theme.text2), 1, Qt.PenStyle.DashLine))
    painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
    is_left = x > area.left() + SIDE_SHARE * area.width()
    for row in canvas.rows:
        if row.is_folded:
            continue
        over = pointer is not None and row.top <= pointer.y() < row.top + row.height
        line = row.line_at(pointer.y()) if over and pointer is not None and row.channel.is_ready else None
        words = row.readings(time_s, canvas.look, line, canvas.timeline.offset_s)
        if words:
            middle = pointer.y() if over and pointer is not None and row.kind == "heat" else row.top + row.height / 2
            _box(painter, words, QPointF(x, middle), canvas.look.theme, is_left=is_left)


def _box(painter: QPainter, words: list[str], spot: QPointF, theme: Theme, *, is_left: bool) -> None:
    painter.setFont(font(CAPTION_PX))
    width = max(painter.fontMetrics().horizontalAdvance(word) for word in words) + 13
    height = 15 * len(words) + 5
    box = QRectF(round(spot.x() - width - 5) if is_left else round(spot.x() + 4), round(spot.y() - height / 2), width, height)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(theme.border), 1))
    painter.setBrush(QColor(theme.surface))
    painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS_CHIP, RADIUS_CHIP)
    for place, word in enumerate(words):
        painter.setPen(QColor(theme.text if place == 0 else theme.text2))
        line = QRectF(box.left(), box.top() + 2.5 + 15 * place, box.width(), 15)
        painter.drawText(line, Qt.AlignmentFlag.AlignCenter, word)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
