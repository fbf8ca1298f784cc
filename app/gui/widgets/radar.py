"""The radar: rings at a quarter, the first axis at the top, unknown axes as hatched sectors; the polygon breaks there, never at zero.

Run A is filled and solid, run B neutral and dashed. The table of the same axes stands beside it.
"""

import math

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QHelpEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.engine.model.profiles import Axis
from app.gui.look import Look
from app.gui.theme import font, hatching
from app.gui.theme.tokens import CAPTION_PX

RINGS, WORD_GAP_PX, LINE_PX, HEIGHT_PX = (0.25, 0.5, 0.75, 1.0), 9, 16, 172
FILL, HALF_SECTOR, POINT_PX, NEAR_PX = 0.14, 0.48, 3.0, 14.0


class Radar(QWidget):
    """The axes of a run; `other` are those of the comparison run, () for none."""

    def __init__(self, axes: tuple[Axis, ...], look: Look, other: tuple[Axis, ...] = ()) -> None:
        super().__init__()
        self._axes, self._look = axes, look
        self._other = {axis.name: axis for axis in other}
        self._names = [look.say(f"profiling.axis.{axis.name}") for axis in axes]
        self.setMinimumSize(240, HEIGHT_PX)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("; ".join(f"{name} {look.number(axis.value, 2)}" for name, axis in zip(self._names, axes, strict=True)))

    # Geometry ----------------------------------------------------------------------------------------------------------------------

    def radius(self) -> float:
        """Return the radius at which every word still fits."""
        metrics = QFontMetricsF(font(CAPTION_PX))
        room = self.height() / 2 - LINE_PX - 6
        for place, name in enumerate(self._names):
            across = abs(math.cos(self._angle(place)))
            if across > 0.05:
                room = min(room, (self.width() / 2 - WORD_GAP_PX - metrics.horizontalAdvance(name) - 2) / across)
        return max(20.0, room)

    def spot(self, place: float, share: float) -> QPointF:
        """Return where a share of an axis lies."""
        angle, radius = self._angle(place), self.radius()
        return QPointF(self.width() / 2 + radius * share * math.cos(angle), self.height() / 2 + radius * share * math.sin(angle))

    def _angle(self, place: float) -> float:
        return 2 * math.pi * place / len(self._axes) - math.pi / 2

    # Painting ----------------------------------------------------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = self._look.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._ground(painter)
        if self._other:
            self._run(painter, [self._other.get(axis.name) for axis in self._axes], theme.other, is_second=True)
        self._run(painter, list(self._axes), theme.data[0], is_second=False)
        self._words(painter)

    def _ground(self, painter: QPainter) -> None:
        theme, count = self._look.theme, len(self._axes)
        middle = self.spot(0, 0)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(hatching(theme.hatch))
        for place, axis in enumerate(self._axes):
            if axis.value is None:
                edge = [self.spot(place - HALF_SECTOR, _edge(count)), self.spot(place, 1.0), self.spot(place + HALF_SECTOR, _edge(count))]
                painter.drawPolygon(QPolygonF([middle, *edge]))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(theme.border), 1))
        for place in range(count):
            painter.drawLine(middle, self.spot(place, 1.0))
        for share in RINGS:
            painter.setPen(QPen(QColor(theme.border2 if share == 1.0 else theme.border), 1))
            painter.drawPolygon(QPolygonF([self.spot(place, share) for place in range(count)]))

    def _run(self, painter: QPainter, axes: list[Axis | None], colour: str, *, is_second: bool) -> None:
        spots = [None if a is None or a.value is None else self.spot(n, min(1.0, a.value)) for n, a in enumerate(axes)]
        pen = QPen(QColor(colour), 1.5, Qt.PenStyle.DashLine if is_second else Qt.PenStyle.SolidLine)
        soft, middle = QColor(colour), self.spot(0, 0)
        soft.setAlphaF(FILL)
        for place, spot in enumerate(spots):
            after = spots[(place + 1) % len(spots)]
            if spot is None or after is None:
                continue
            if not is_second:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(soft)
                painter.drawPolygon(QPolygonF([middle, spot, after]))
            painter.setPen(pen)
            painter.drawLine(spot, after)
        painter.setPen(QPen(QColor(colour), 1.5))
        for axis, spot in zip(axes, spots, strict=True):
            if axis is not None and spot is not None:
                painter.setBrush(QColor(self._look.theme.surface if axis.state == "estimated" else colour))
                painter.drawEllipse(spot, POINT_PX, POINT_PX)

    def _words(self, painter: QPainter) -> None:
        painter.setFont(font(CAPTION_PX))
        painter.setPen(QColor(self._look.theme.text2))
        for box, words in self.words():
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)
        painter.setPen(QColor(self._look.theme.text3))
        ground = QColor(self._look.theme.surface)
        ground.setAlphaF(0.8)
        for share, text in ((0.5, "0.5"), (1.0, "1")):
            spot = self.spot(len(self._axes) / 2, share)
            box = QRectF(spot.x() - 20, spot.y() - 8, 18, 14)
            painter.fillRect(box.adjusted(0, 1, 0, -1), ground)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)

    def words(self) -> list[tuple[QRectF, str]]:
        """Return the names of the axes with their boxes; every box is as wide as its words."""
        metrics, found = QFontMetricsF(font(CAPTION_PX)), []
        reach = 1 + WORD_GAP_PX / self.radius()
        for place, name in enumerate(self._names):
            spot, width = self.spot(place, reach), metrics.horizontalAdvance(name) + 2
            side, down = spot.x() - self.width() / 2, spot.y() - self.height() / 2
            left = spot.x() - width / 2 if abs(side) < 6 else spot.x() - 2 if side > 0 else spot.x() - width + 2
            top = spot.y() - LINE_PX / 2 if abs(side) >= 6 else spot.y() - (LINE_PX - 4 if down < 0 else 4)
            found.append((QRectF(left, top, width, LINE_PX), name))
        return found

    # Hover -------------------------------------------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.told_at(QPointF(event.pos())), self)
            return True
        return super().event(event)

    def told_at(self, spot: QPointF) -> str:
        """Return what is told about the axis that is nearest to a place; "" at the middle."""
        at = self.axis_at(spot)
        if at is None:
            return ""
        axis = self._axes[at]
        return axis_tip(axis, self._look, self._other.get(axis.name))

    def axis_at(self, spot: QPointF) -> int | None:
        """Return the place of the axis that is nearest, None at the middle."""
        across, down = spot.x() - self.width() / 2, spot.y() - self.height() / 2
        if math.hypot(across, down) < NEAR_PX:
            return None
        turn = (math.atan2(down, across) + math.pi / 2) / (2 * math.pi)
        return round(turn * len(self._axes)) % len(self._axes)


def _edge(count: int) -> float:
    """Return how far a sector reaches half way to the next axis, where the outer ring is a straight line."""
    return math.cos(math.pi / count) / math.cos(math.pi / count - 2 * math.pi / count * HALF_SECTOR)


def axis_tip(axis: Axis, look: Look, other: Axis | None = None) -> str:
    """Return what hovering tells of an axis: value, p95, state, source, worst device."""
    say = look.say
    name, state = say(f"profiling.axis.{axis.name}"), say(f"profiling.state.{axis.state}")
    lines = [say("page_profile.axis_tip", name=name, value=look.number(axis.value, 2), p95=look.number(axis.p95, 2), state=state)]
    if axis.worst_device and axis.worst_value is not None:
        lines.append(say("page_profile.axis_worst", device=axis.worst_device, value=look.number(axis.worst_value, 2)))
    if axis.spread is not None:
        lines.append(say("page_profile.axis_spread", spread=look.number(axis.spread, 2)))
    if axis.rate_gbs is not None:
        lines.append(say("page_profile.axis_rate", rate=look.figure(axis.rate_gbs)))
    lines.append(look.tell(axis.source))
    if other is not None:
        lines.append(f"B {look.number(other.value, 2)} · P95 {look.number(other.p95, 2)} · {say(f'profiling.state.{other.state}')}")
    return "\n".join(lines)
