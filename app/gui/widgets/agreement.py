"""Predicted against measured on two equal log axes, with the diagonal and its ±10 % band."""

from collections.abc import Sequence

from msgspec import Struct
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.gui.figures import Scale
from app.gui.look import Look
from app.gui.theme import Theme, font
from app.gui.theme.tokens import CAPTION_PX
from app.gui.widgets.glyphs import paint_glyph
from app.gui.widgets.hover import HoverCard
from app.gui.widgets.plot_axes import Axis, log_axis

LEFT_PX, BOTTOM_PX, TOP_PX, RIGHT_PX = 40, 38, 10, 12
TOLERANCE, REACH_PX = 0.10, 10


class Pair(Struct, frozen=True):
    """One platform: measured and predicted, the kind of the prediction, and what hovering tells."""

    key: str
    name: str
    measured: float
    predicted: float
    kind: str
    tip: str


class AgreementPlot(QWidget):
    """The points; a click or the arrow keys choose one."""

    chosen = Signal(str)

    def __init__(self, pairs: Sequence[Pair], scale: Scale, words: tuple[str, str], look: Look, name: str) -> None:
        super().__init__()
        self._pairs, self._scale, self._words, self._look = list(pairs), scale, words, look
        self._current = ""
        self.setAccessibleName(name)
        self.setMinimumSize(220, 200)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._card = HoverCard(self, self._tip_at)

    def sizeHint(self) -> QSize:
        return QSize(300, 320)

    def choose(self, key: str) -> None:
        """Mark a platform."""
        self._current = key
        self.update()

    def _axes(self) -> tuple[Axis, Axis]:
        both = [value for pair in self._pairs for value in (pair.measured, pair.predicted)]
        return (
            log_axis(both, LEFT_PX, self.width() - RIGHT_PX),
            log_axis(both, self.height() - BOTTOM_PX, TOP_PX),
        )

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, theme = QPainter(self), self._look.theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        across, up = self._axes()
        self._ticks(painter, across, up)
        area = QRectF(QPointF(across.start, up.end), QPointF(across.end, up.start))
        painter.setClipRect(area)
        self._diagonal(painter, across, up)
        painter.setClipping(False)
        for pair in sorted(self._pairs, key=lambda one: one.key == self._current):
            place, marked = self._place(pair, across, up), pair.key == self._current
            if marked:
                painter.setPen(QPen(QColor(theme.accent), 2))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawEllipse(place, 9, 9)
                self._name(painter, pair, place, area)
            paint_glyph(painter, pair.kind, place, theme, size=9)
        if self.hasFocus():
            painter.setPen(QPen(QColor(theme.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 4, 4)

    def _ticks(self, painter: QPainter, across: Axis, up: Axis) -> None:
        theme, centre = self._look.theme, Qt.AlignmentFlag.AlignCenter
        painter.setFont(font(CAPTION_PX))
        for tick in across.ticks():
            painter.fillRect(QRectF(round(across.at(tick)), up.end, 1, up.start - up.end), QColor(theme.grid))
            painter.setPen(QColor(theme.text3))
            painter.drawText(QRectF(across.at(tick) - 30, up.start + 3, 60, 16), centre, self._scale.tick(tick, self._look))
        for tick in up.ticks(30):
            painter.fillRect(QRectF(across.start, round(up.at(tick)), across.end - across.start, 1), QColor(theme.grid))
            painter.setPen(QColor(theme.text3))
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRectF(0, up.at(tick) - 8, across.start - 5, 16), right, self._scale.tick(tick, self._look))
        painter.drawText(QRectF(across.start, up.start + 20, across.end - across.start, 16), centre, self._words[0])
        _boxed_text(painter, QPointF(across.start + 6, up.end + 2), self._words[1], theme)

    def _diagonal(self, painter: QPainter, across: Axis, up: Axis) -> None:
        theme, low, high = self._look.theme, across.low, across.high
        ends = [
            (value, value * factor)
            for value, factor in ((low, 1 - TOLERANCE), (high, 1 - TOLERANCE), (high, 1 + TOLERANCE), (low, 1 + TOLERANCE))
        ]
        flat = Axis(low * 0.5, high * 2, _beyond(up, low * 0.5), _beyond(up, high * 2), is_log=True)  # the band runs out of the plot
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.unk_soft))
        painter.drawPolygon(QPolygonF([QPointF(across.at(one), flat.at(other)) for one, other in ends]))
        painter.setPen(QPen(QColor(theme.text2), 1.2, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(across.start, up.start), QPointF(across.end, up.end))

    def _name(self, painter: QPainter, pair: Pair, place: QPointF, area: QRectF) -> None:
        painter.setFont(font(CAPTION_PX, bold=True))
        width = painter.fontMetrics().horizontalAdvance(pair.name) + 8
        left = place.x() + 12 if place.x() + 12 + width < area.right() else place.x() - 12 - width
        _boxed_text(painter, QPointF(max(area.left(), left), place.y() - 8), pair.name, self._look.theme, strong=True)

    def _place(self, pair: Pair, across: Axis, up: Axis) -> QPointF:
        return QPointF(across.at(pair.measured), up.at(pair.predicted))

    def _near(self, point: QPointF) -> Pair | None:
        across, up = self._axes()
        ranked = sorted((((self._place(pair, across, up) - point).manhattanLength(), place) for place, pair in enumerate(self._pairs)))
        return self._pairs[ranked[0][1]] if ranked and ranked[0][0] <= REACH_PX else None

    def _tip_at(self, point: QPointF) -> str:
        pair = self._near(point)
        return pair.tip if pair else ""

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if pair := self._near(event.position()):
            self.chosen.emit(pair.key)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1, Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
        ordered = sorted(self._pairs, key=lambda pair: pair.measured)
        keys = [pair.key for pair in ordered]
        if step is not None and keys:
            place = keys.index(self._current) + step if self._current in keys else 0
            self.chosen.emit(keys[max(0, min(len(keys) - 1, place))])
        elif event.key() == Qt.Key.Key_Space and self._current in keys:
            pair = ordered[keys.index(self._current)]
            self._card.tell(pair.tip, self._place(pair, *self._axes()).toPoint())
        else:
            event.ignore()


def _beyond(axis: Axis, value: float) -> float:
    """Return the pixel of a value outside the axis."""
    from math import log

    return axis.start + (axis.end - axis.start) * log(value / axis.low) / log(axis.high / axis.low)


def _boxed_text(painter: QPainter, at: QPointF, text: str, theme: Theme, *, strong: bool = False) -> None:
    """Write on card ground, so that lines below do not cross the words."""
    width = painter.fontMetrics().horizontalAdvance(text) + 8
    box = QRectF(at.x(), at.y(), width, 16)
    painter.fillRect(box, QColor(theme.surface))
    painter.setPen(QColor(theme.text if strong else theme.text3))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
