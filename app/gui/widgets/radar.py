"""The radar: rings at a quarter, the first axis at the top, unknown axes as hatched sectors; the polygon breaks there, never at zero."""

import math

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from app.engine.model.profiles import Axis
from app.gui.look import Look
from app.gui.theme import font, hatching
from app.gui.theme.tokens import CAPTION_PX


class Radar(QWidget):
    """One run. The table of the same axes stands beside it."""

    def __init__(self, axes: tuple[Axis, ...], look: Look) -> None:
        super().__init__()
        self._axes, self._look = axes, look
        self.setMinimumSize(260, 220)
        told = "; ".join(f"{look.say(f'profiling.axis.{axis.name}')} {look.number(axis.value, 2)}" for axis in axes)
        self.setAccessibleName(told)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        radius = min(self.width() / 2 - 70, self.height() / 2 - 26)
        middle = QPointF(self.width() / 2, self.height() / 2)
        self._ground(painter, middle, radius)
        self._run(painter, middle, radius)
        self._words(painter, middle, radius)

    def _spot(self, middle: QPointF, radius: float, place: float, share: float) -> QPointF:
        angle = 2 * math.pi * place / len(self._axes) - math.pi / 2
        return QPointF(middle.x() + radius * share * math.cos(angle), middle.y() + radius * share * math.sin(angle))

    def _ground(self, painter: QPainter, middle: QPointF, radius: float) -> None:
        theme, count = self._look.theme, len(self._axes)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for share in (0.25, 0.5, 0.75, 1.0):
            painter.setPen(QPen(QColor(theme.border2 if share == 1.0 else theme.grid), 1))
            painter.drawPolygon(QPolygonF([self._spot(middle, radius, place, share) for place in range(count)]))
        for place, axis in enumerate(self._axes):
            painter.setPen(QPen(QColor(theme.grid), 1))
            painter.drawLine(middle, self._spot(middle, radius, place, 1.0))
            if axis.value is None:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(hatching(theme.hatch))
                edge = [self._spot(middle, radius, place + side, 1.0) for side in (-0.45, 0.0, 0.45)]
                painter.drawPolygon(QPolygonF([middle, *edge]))
                painter.setBrush(Qt.BrushStyle.NoBrush)

    def _run(self, painter: QPainter, middle: QPointF, radius: float) -> None:
        colour = QColor(self._look.theme.data[0])
        soft = QColor(colour)
        soft.setAlphaF(0.12)
        count = len(self._axes)
        spots = [None if a.value is None else self._spot(middle, radius, n, min(1.0, a.value)) for n, a in enumerate(self._axes)]
        for place, spot in enumerate(spots):
            after = spots[(place + 1) % count]
            if spot is not None and after is not None:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(soft)
                painter.drawPolygon(QPolygonF([middle, spot, after]))
                painter.setPen(QPen(colour, 1.5))
                painter.drawLine(spot, after)
        painter.setPen(QPen(colour, 1.5))
        for axis, spot in zip(self._axes, spots, strict=True):
            if spot is not None:
                painter.setBrush(QColor(self._look.theme.surface) if axis.state == "estimated" else colour)
                painter.drawEllipse(spot, 3, 3)

    def _words(self, painter: QPainter, middle: QPointF, radius: float) -> None:
        painter.setFont(font(CAPTION_PX))
        painter.setPen(QColor(self._look.theme.text2))
        for place, axis in enumerate(self._axes):
            spot = self._spot(middle, radius + 12, place, 1.0)
            side = spot.x() - middle.x()
            across = (
                Qt.AlignmentFlag.AlignHCenter if abs(side) < 4 else Qt.AlignmentFlag.AlignLeft if side > 0 else Qt.AlignmentFlag.AlignRight
            )
            left = spot.x() - (50 if abs(side) < 4 else 0 if side > 0 else 100)
            box = QRectF(left, spot.y() - 8, 100, 16)
            painter.drawText(box, across | Qt.AlignmentFlag.AlignVCenter, self._look.say(f"profiling.axis.{axis.name}"))
