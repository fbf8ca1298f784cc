"""Speed against price: a mark per plan with its interval, the Pareto front as steps, the deadline as the speed that it needs."""

from collections.abc import Collection, Sequence

from msgspec import Struct
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.gui.figures import Scale
from app.gui.look import Look
from app.gui.theme import font
from app.gui.theme.tokens import CAPTION_PX
from app.gui.widgets.glyphs import paint_glyph
from app.gui.widgets.hover import HoverCard
from app.gui.widgets.label_places import Wish, place_labels
from app.gui.widgets.plot_axes import Axis

TOP_PX, BOTTOM_PX, RIGHT_PX, REACH_PX, MOST_LABEL_PX = 8, 40, 10, 12, 150
MOST_TICKS = 6
TALLEST = 1.6
"""An interval that reaches higher than so many times the fastest plan is cut at the top, or all marks would lie at the bottom."""


class Mark(Struct, frozen=True):
    """One plan. place: its number in the selection; best: recommended; front: no other beats it in both; late: past the deadline."""

    place: int
    name: str
    price: float
    speed: float
    low: float
    high: float
    kind: str
    tip: str
    best: bool = False
    front: bool = False
    late: bool = False


class Limits(Struct, frozen=True):
    """The speed that the deadline needs, None for no deadline, and its words."""

    needed: float | None = None
    words: str = ""


class PlanChart(QWidget):
    """The plans; a click, or the arrow keys in the order of price, choose one. heads: what stands at the two axes."""

    chosen = Signal(int)  # the place of a plan

    def __init__(self, marks: Sequence[Mark], limits: Limits, scales: tuple[Scale, Scale], heads: tuple[str, str], look: Look) -> None:
        super().__init__()
        self._all, self._limits, self._look = sorted(marks, key=lambda mark: mark.price), limits, look
        self._marks = self._all
        self._money, self._speed = scales
        self._heads = heads
        self._current = -1
        self.setAccessibleName(" – ".join(reversed(heads)))
        self.setMinimumSize(240, 130)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._card = HoverCard(self, self._tip_at)

    def sizeHint(self) -> QSize:
        return QSize(370, 420)

    def keep(self, places: Collection[int] | None) -> None:
        """Show these plans only; None shows all."""
        self._marks = [mark for mark in self._all if places is None or mark.place in places]
        self.update()

    def shown(self) -> list[Mark]:
        """Return the marks in sight, the cheapest first."""
        return list(self._marks)

    def choose(self, place: int) -> None:
        """Mark a plan; -1 clears."""
        self._current = place
        self.update()

    # Painting -----------------------------------------------------------------------------------------------------------------------

    def _axes(self) -> tuple[Axis, Axis]:
        prices, needed = [mark.price for mark in self._marks] or [0.0, 1.0], self._limits.needed
        speeds = [mark.speed for mark in self._marks] or [1.0]
        top = min(max((mark.high for mark in self._marks), default=1.0), TALLEST * max(speeds))
        low = min([*(mark.low for mark in self._marks), *([needed] if needed else [])], default=0.0)
        room, lift = 0.12 * (max(prices) - min(prices) or max(prices) or 1.0), 0.05 * (top - low or top or 1.0)
        left = max((QFontMetricsF(font(CAPTION_PX)).horizontalAdvance(self._speed.tick(top, self._look)), 24.0)) + 8
        return (
            Axis(max(0.0, min(prices) - room), max(prices) + room, left, self.width() - RIGHT_PX),
            Axis(max(0.0, low - lift), max(top, needed or 0.0) + lift, self.height() - BOTTOM_PX, TOP_PX),
        )

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, theme = QPainter(self), self._look.theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        across, up = self._axes()
        area = QRectF(QPointF(across.start, up.end), QPointF(across.end, up.start))
        self._ticks(painter, across, up)
        if self._limits.needed:
            self._deadline(painter, self._limits.needed, across, up, area)
        self._front(painter, across, up)
        for mark in self._marks:
            self._interval(painter, mark, across, up)
        for mark in self._marks:
            at = QPointF(across.at(mark.price), up.at(mark.speed))
            if mark.place == self._current:
                painter.setPen(QPen(QColor(theme.accent), 2))
                painter.setBrush(QColor(theme.selected))
                painter.drawEllipse(at, 11, 11)
            paint_glyph(painter, mark.kind, at, theme, size=13 if mark.best else 10, colour=theme.disabled if mark.late else "")
        self._labels(painter, across, up, area)
        if self.hasFocus():
            painter.setPen(QPen(QColor(theme.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 4, 4)

    def _ticks(self, painter: QPainter, across: Axis, up: Axis) -> None:
        theme, centre = self._look.theme, Qt.AlignmentFlag.AlignCenter
        painter.setFont(font(CAPTION_PX))
        for axis, scale, flat in ((across, self._money, True), (up, self._speed, False)):
            shown = Axis(axis.low / scale.factor, axis.high / scale.factor, axis.start, axis.end)
            for tick in shown.ticks(max(60 if flat else 44, abs(axis.end - axis.start) / MOST_TICKS)):
                place = round(shown.at(tick))
                line = QRectF(place, up.end, 1, up.start - up.end) if flat else QRectF(across.start, place, across.end - across.start, 1)
                painter.fillRect(line, QColor(theme.grid))
                painter.setPen(QColor(theme.text3))
                text = scale.tick(tick * scale.factor, self._look)
                box = QRectF(place - 30, up.start + 4, 60, 16) if flat else QRectF(0, place - 8, across.start - 6, 16)
                painter.drawText(box, centre if flat else Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
        painter.drawText(QRectF(across.start, up.start + 22, across.end - across.start, 16), centre, self._heads[0])

    def _deadline(self, painter: QPainter, needed: float, across: Axis, up: Axis, area: QRectF) -> None:
        theme, y = self._look.theme, round(up.at(needed)) + 0.5
        soft = QColor(theme.bad)
        soft.setAlphaF(0.07)
        painter.fillRect(QRectF(area.left(), y, area.width(), area.bottom() - y), soft)
        painter.setPen(QPen(QColor(theme.bad), 1.2, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(across.start, y), QPointF(across.end, y))
        painter.drawText(self._deadline_box(up, area), Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self._limits.words)

    def _deadline_box(self, up: Axis, area: QRectF) -> QRectF:
        y = up.at(self._limits.needed or 0.0)
        width = QFontMetricsF(font(CAPTION_PX)).horizontalAdvance(self._limits.words) + 4
        top = y + 2 if y + 18 <= area.bottom() else y - 18
        return QRectF(area.right() - width - 4, top, width, 16)

    def _taken(self, up: Axis, area: QRectF) -> list[QRectF]:
        """Return where the deadline and its words stand."""
        if not self._limits.needed:
            return []
        return [self._deadline_box(up, area), QRectF(area.left(), up.at(self._limits.needed) - 1, area.width(), 3)]

    def _front(self, painter: QPainter, across: Axis, up: Axis) -> None:
        front = [QPointF(across.at(mark.price), up.at(mark.speed)) for mark in self._marks if mark.front]
        if not front:
            return
        line = [QPointF(front[0].x(), up.start)]
        for at in front:
            line += [QPointF(at.x(), line[-1].y()), at]
        line.append(QPointF(across.end, front[-1].y()))
        colour = QColor(self._look.theme.accent)
        colour.setAlphaF(0.6)
        painter.setPen(QPen(colour, 1.4, Qt.PenStyle.DashLine))
        painter.drawPolyline(line)

    def _interval(self, painter: QPainter, mark: Mark, across: Axis, up: Axis) -> None:
        theme, x = self._look.theme, across.at(mark.price)
        colour = QColor(theme.disabled if mark.late else theme.kind(mark.kind))
        colour.setAlphaF(0.45)
        top, bottom = up.at(mark.high), up.at(mark.low)
        painter.fillRect(QRectF(x - 1.5, top, 3, bottom - top), colour)
        if mark.high > up.high:  # it goes on above the plot
            painter.setPen(QPen(colour, 1.5))
            painter.drawPolyline([QPointF(x - 4, top + 4), QPointF(x, top), QPointF(x + 4, top + 4)])

    def _labels(self, painter: QPainter, across: Axis, up: Axis, area: QRectF) -> None:
        theme, points = self._look.theme, {mark.place: QPointF(across.at(mark.price), up.at(mark.speed)) for mark in self._marks}
        told = [mark for mark in self._marks if mark.best or mark.front or mark.place == self._current]
        told.sort(key=lambda mark: (not mark.best, mark.place != self._current, -mark.speed))
        names: dict[int, str] = {}
        wishes = []
        for mark in told:
            metrics = QFontMetricsF(font(CAPTION_PX, bold=mark.best))
            names[mark.place] = metrics.elidedText(mark.name, Qt.TextElideMode.ElideMiddle, MOST_LABEL_PX)
            strong = mark.best or mark.place == self._current
            wishes.append(Wish(mark.place, points[mark.place], metrics.horizontalAdvance(names[mark.place]) + 4, strong))
        boxes = place_labels(wishes, area, list(points.values()), self._taken(up, area))
        ground = QColor(theme.surface)
        ground.setAlphaF(0.8)
        for mark in told:
            if mark.place in boxes:
                painter.fillRect(boxes[mark.place], ground)
                painter.setFont(font(CAPTION_PX, bold=mark.best))
                painter.setPen(QColor(theme.text if mark.best else theme.text2))
                painter.drawText(boxes[mark.place], Qt.AlignmentFlag.AlignCenter, names[mark.place])

    # Pointer and keys ---------------------------------------------------------------------------------------------------------------

    def _near(self, point: QPointF) -> Mark | None:
        across, up = self._axes()
        far = {mark.place: (QPointF(across.at(mark.price), up.at(mark.speed)) - point).manhattanLength() for mark in self._marks}
        nearest = min(self._marks, key=lambda mark: far[mark.place], default=None)
        return nearest if nearest is not None and far[nearest.place] <= REACH_PX else None

    def _tip_at(self, point: QPointF) -> str:
        mark = self._near(point)
        return mark.tip if mark else ""

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if mark := self._near(event.position()):
            self.chosen.emit(mark.place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Right: 1, Qt.Key.Key_Left: -1}.get(Qt.Key(event.key()))
        places = [mark.place for mark in self._marks]
        if step is not None and places:
            place = places.index(self._current) + step if self._current in places else 0
            self.chosen.emit(places[max(0, min(len(places) - 1, place))])
        elif event.key() == Qt.Key.Key_Space and self._current in places:
            mark = self._marks[places.index(self._current)]
            across, up = self._axes()
            self._card.tell(mark.tip, QPointF(across.at(mark.price), up.at(mark.speed)).toPoint())
        else:
            event.ignore()
