"""Predictions as bands on a log axis, so that equal relative bands look equal; the reference runs dashed through all rows."""

import math

from msgspec import Struct
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.gui.look import Look
from app.gui.theme import font, hatching
from app.gui.theme.tokens import CAPTION_PX, SMALL_PX
from app.gui.widgets.basics import KIND_GLYPHS

NAME_PX, VALUE_PX, ROW_PX, AXIS_PX = 170, 190, 28, 24


class Band(Struct, frozen=True):
    """One row. value None: `told` says why; vague: beyond the fitted range, so only the band is drawn."""

    name: str
    value: float | None
    low: float | None
    high: float | None
    kind: str
    told: str
    vague: bool = False
    is_reference: bool = False


class IntervalChart(QWidget):
    """All bands below each other; a click chooses a row."""

    chosen = Signal(int)

    def __init__(self, bands: list[Band], unit: str, look: Look) -> None:
        super().__init__()
        self._bands, self._unit, self._look = bands, unit, look
        self.current = -1
        ends = [end for band in bands for end in (band.value, band.low, band.high) if end is not None and end > 0]
        self._range = (min(ends) * 0.9, max(ends) * 1.1) if ends else (1.0, 10.0)
        self.setFixedHeight(ROW_PX * len(bands) + AXIS_PX)
        self.setMinimumWidth(460)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def sizeHint(self) -> QSize:
        return QSize(640, self.height())

    def choose(self, place: int) -> None:
        """Mark a row."""
        self.current = place
        self.update()
        self.chosen.emit(place)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = int(event.position().y() // ROW_PX)
        if place < len(self._bands):
            self.choose(place)

    def keyPressEvent(self, event: object) -> None:
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(event.key())  # type: ignore[attr-defined]
        if step is None:
            super().keyPressEvent(event)  # type: ignore[arg-type]
        else:
            self.choose(max(0, min(len(self._bands) - 1, self.current + step)))

    def _x(self, value: float) -> float:
        low, high = self._range
        width = self.width() - NAME_PX - VALUE_PX
        return NAME_PX + width * math.log(max(value, low) / low) / math.log(high / low)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme = self._look.theme
        bottom = ROW_PX * len(self._bands)
        painter.setFont(font(CAPTION_PX))
        for tick in _ticks(*self._range):
            x = self._x(tick)
            painter.setPen(QColor(theme.grid))
            painter.drawLine(QPointF(x, 0), QPointF(x, bottom))
            painter.setPen(QColor(theme.text3))
            painter.drawText(QRectF(x - 40, bottom + 4, 80, 16), Qt.AlignmentFlag.AlignHCenter, self._look.figure(tick))
        painter.drawText(QRectF(self.width() - VALUE_PX, bottom + 4, VALUE_PX - 8, 16), Qt.AlignmentFlag.AlignRight, self._unit)
        for place, band in enumerate(self._bands):
            self._row(painter, place, band)
        for band in self._bands:
            if band.is_reference and band.value:
                painter.setPen(QPen(QColor(theme.text2), 1, Qt.PenStyle.DashLine))
                painter.drawLine(QPointF(self._x(band.value), 0), QPointF(self._x(band.value), bottom))

    def _row(self, painter: QPainter, place: int, band: Band) -> None:
        theme, look, top = self._look.theme, self._look, ROW_PX * place
        if place == self.current:
            painter.fillRect(QRectF(0, top, self.width(), ROW_PX), QColor(theme.selected))
            painter.fillRect(QRectF(0, top + 4, 3, ROW_PX - 8), QColor(theme.accent))
        painter.setFont(font(SMALL_PX, bold=band.is_reference))
        painter.setPen(QColor(theme.text))
        name = painter.fontMetrics().elidedText(band.name, Qt.TextElideMode.ElideMiddle, NAME_PX - 16)
        painter.drawText(QRectF(8, top, NAME_PX - 12, ROW_PX), Qt.AlignmentFlag.AlignVCenter, name)
        painter.setFont(font(CAPTION_PX))
        middle = top + ROW_PX / 2
        right = QRectF(self.width() - VALUE_PX, top, VALUE_PX - 8, ROW_PX)
        if band.value is None or band.low is None or band.high is None:
            area = QRectF(NAME_PX, top + 6, self.width() - NAME_PX - 8, ROW_PX - 12)
            painter.fillRect(area, hatching(theme.hatch))
            painter.setPen(QColor(theme.text2))
            text = painter.fontMetrics().elidedText(band.told, Qt.TextElideMode.ElideRight, int(area.width()) - 12)
            painter.fillRect(QRectF(area.left(), area.top(), painter.fontMetrics().horizontalAdvance(text) + 12, 16), QColor(theme.surface))
            painter.drawText(area.adjusted(6, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, text)
            return
        self._band(painter, band, middle)
        painter.setPen(QColor(theme.text))
        parts = f"{look.figure(band.low)} – {look.figure(band.high)}"
        told = parts if band.vague else f"{look.figure(band.value)}  ({parts})"
        painter.drawText(right, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, told)

    def _band(self, painter: QPainter, band: Band, middle: float) -> None:
        theme = self._look.theme
        colour = QColor(theme.kind(band.kind))
        soft = QColor(colour)
        soft.setAlphaF(0.24)
        left, right = self._x(band.low or 0), self._x(band.high or 0)
        style = Qt.PenStyle.DashLine if band.vague else Qt.PenStyle.SolidLine
        painter.setPen(QPen(colour, 1, style))
        painter.setBrush(Qt.BrushStyle.NoBrush if band.vague else soft)
        painter.drawRoundedRect(QRectF(left, middle - 5, right - left, 10), 2, 2)
        for end in (left, right):
            painter.drawLine(QPointF(end, middle - 7), QPointF(end, middle + 7))
        if not band.vague:
            painter.setPen(colour)
            painter.setFont(font(14))
            x = self._x(band.value or 0)
            painter.drawText(QRectF(x - 10, middle - 11, 20, 20), Qt.AlignmentFlag.AlignCenter, KIND_GLYPHS.get(band.kind, "○"))
            painter.setFont(font(CAPTION_PX))


def _ticks(low: float, high: float) -> list[float]:
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in ((1,), (1, 3), (1, 2, 5)):
        ticks = [step * 10.0**decade for decade in decades for step in steps if low <= step * 10.0**decade <= high]
        if len(ticks) >= 3:
            break
    return ticks[:6]
