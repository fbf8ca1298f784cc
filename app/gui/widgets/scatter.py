"""Thousands of predictions against their measurements on two equal log axes, with the diagonal and its ±25 % lines.

The points are painted in one call per colour from arrays and kept as a picture until size, points or theme change; nothing loops over them.
"""

from collections.abc import Callable, Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.gui.look import Look
from app.gui.theme import font
from app.gui.theme.tokens import CAPTION_PX
from app.gui.widgets.hover import HoverCard
from app.gui.widgets.plot_axes import Axis, log_axis
from app.gui.widgets.timing_paint import polygon

LEFT_PX, BOTTOM_PX, TOP_PX, RIGHT_PX = 44, 40, 8, 12
BAND, POINT_PX, ALPHA, REACH_PX = 0.25, 4.5, 0.55, 8.0
TICK_PX = 34
LEAST_RANGE = (0.5, 2.0)
"""Half and twice the known run are always in sight: a few points close together have axes too."""


class Cloud(Struct, eq=False):
    """The points. measured, predicted (n,): positive; colour (n,): the place of each one's colour. tip tells one of them."""

    measured: NDArray[np.float64]
    predicted: NDArray[np.float64]
    colour: NDArray[np.intp]
    colours: Sequence[str]
    tip: Callable[[int], str]


class Scatter(QWidget):
    """The plot. words: what stands at the two axes."""

    def __init__(self, words: tuple[str, str], look: Look, name: str) -> None:
        super().__init__()
        self._words, self._look = words, look
        self._cloud = Cloud(np.ones(0), np.ones(0), np.zeros(0, np.intp), (), str)
        self._picture: tuple[tuple[object, ...], QPixmap] | None = None
        self._current = -1
        self.setAccessibleName(name)
        self.setMinimumSize(240, 190)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._card = HoverCard(self, self._tip_at)

    def sizeHint(self) -> QSize:
        return QSize(420, 360)

    def show_cloud(self, cloud: Cloud) -> None:
        """Show other points."""
        self._cloud, self._picture, self._current = cloud, None, -1
        self.update()

    # Painting -----------------------------------------------------------------------------------------------------------------------

    def _axes(self) -> tuple[Axis, Axis]:
        cloud = self._cloud
        ends = [float(end) for both in (cloud.measured, cloud.predicted) if len(both) for end in (both.min(), both.max())]
        ends += LEAST_RANGE
        return log_axis(ends, LEFT_PX, self.width() - RIGHT_PX), log_axis(ends, self.height() - BOTTOM_PX, TOP_PX)

    def _places(self, across: Axis, up: Axis) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the pixels of all points."""
        return _at(across, self._cloud.measured), _at(up, self._cloud.predicted)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, theme = QPainter(self), self._look.theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        across, up = self._axes()
        self._ticks(painter, across, up)
        area = QRectF(QPointF(across.start, up.end), QPointF(across.end, up.start))
        painter.setClipRect(area)
        self._lines(painter, across, up)
        painter.drawPixmap(0, 0, self._points(across, up))
        if self._current >= 0:
            x, y = self._places(across, up)
            painter.setPen(QPen(QColor(theme.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(QPointF(x[self._current], y[self._current]), 7, 7)
        painter.setClipping(False)
        if self.hasFocus():
            painter.setPen(QPen(QColor(theme.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 4, 4)

    def _points(self, across: Axis, up: Axis) -> QPixmap:
        key = (self.size(), self.devicePixelRatioF())
        if self._picture is not None and self._picture[0] == key:
            return self._picture[1]
        ratio = self.devicePixelRatioF()
        made = QPixmap(self.size() * ratio)
        made.setDevicePixelRatio(ratio)
        made.fill(Qt.GlobalColor.transparent)
        painter = QPainter(made)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        x, y = self._places(across, up)
        for place in reversed(range(len(self._cloud.colours))):  # the first colours are those of the largest groups' names: on top
            chosen = self._cloud.colour == place
            if not chosen.any():
                continue
            ink = QColor(self._cloud.colours[place])
            ink.setAlphaF(ALPHA)
            painter.setPen(QPen(ink, POINT_PX, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            painter.drawPoints(polygon(x[chosen], y[chosen]))
        painter.end()
        self._picture = (key, made)
        return made

    def _ticks(self, painter: QPainter, across: Axis, up: Axis) -> None:
        theme, centre = self._look.theme, Qt.AlignmentFlag.AlignCenter
        painter.setFont(font(CAPTION_PX))
        for tick in across.ticks():
            painter.fillRect(QRectF(round(across.at(tick)), up.end, 1, up.start - up.end), QColor(theme.grid))
            painter.setPen(QColor(theme.text3))
            painter.drawText(QRectF(across.at(tick) - 30, up.start + 3, 60, 16), centre, self._look.figure(tick, 2))
        for tick in up.ticks(TICK_PX):
            painter.fillRect(QRectF(across.start, round(up.at(tick)), across.end - across.start, 1), QColor(theme.grid))
            painter.setPen(QColor(theme.text3))
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRectF(0, up.at(tick) - 8, across.start - 6, 16), right, self._look.figure(tick, 2))
        painter.drawText(QRectF(across.start, up.start + 21, across.end - across.start, 16), centre, self._words[0])
        width = painter.fontMetrics().horizontalAdvance(self._words[1]) + 8
        box = QRectF(across.start + 6, up.end + 2, width, 16)
        painter.fillRect(box, QColor(theme.surface))
        painter.drawText(box, centre, self._words[1])

    def _lines(self, painter: QPainter, across: Axis, up: Axis) -> None:
        """Draw where prediction and measurement agree, and where they are 25 % apart."""
        theme = self._look.theme
        step = (up.end - up.start) / np.log(up.high / up.low)
        painter.setPen(QPen(QColor(theme.text3), 1, Qt.PenStyle.DotLine))
        for factor in (1 - BAND, 1 + BAND):
            lift = float(np.log(factor) * step)
            painter.drawLine(QPointF(across.start, up.start + lift), QPointF(across.end, up.end + lift))
        painter.setPen(QPen(QColor(theme.text2), 1.2, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(across.start, up.start), QPointF(across.end, up.end))

    # Pointer and keys ---------------------------------------------------------------------------------------------------------------

    def nearest(self, point: QPointF) -> int:
        """Return the place of the point within reach of the pointer, -1 for none."""
        if not len(self._cloud.measured):
            return -1
        x, y = self._places(*self._axes())
        far = np.hypot(x - point.x(), y - point.y())
        place = int(far.argmin())
        return place if far[place] <= REACH_PX else -1

    def place_of(self, number: int) -> QPointF:
        """Return where a point is painted."""
        x, y = self._places(*self._axes())
        return QPointF(x[number], y[number])

    def _tip_at(self, point: QPointF) -> str:
        near = self.nearest(point)
        return self._cloud.tip(near) if near >= 0 else ""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Right: 1, Qt.Key.Key_Left: -1}.get(Qt.Key(event.key()))
        count = len(self._cloud.measured)
        if step is not None and count:
            order = np.argsort(self._cloud.measured, kind="stable")
            at = int(np.flatnonzero(order == self._current)[0]) + step if self._current >= 0 else 0
            self._current = int(order[min(max(at, 0), count - 1)])
            self.update()
        elif event.key() == Qt.Key.Key_Space and self._current >= 0:
            self._card.tell(self._cloud.tip(self._current), self.place_of(self._current).toPoint())
        else:
            super().keyPressEvent(event)


def _at(axis: Axis, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the pixels of values on a logarithmic axis, as Axis.at does for one."""
    return axis.start + (axis.end - axis.start) * np.log(values / axis.low) / np.log(axis.high / axis.low)
