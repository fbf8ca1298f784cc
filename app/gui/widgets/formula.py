"""The terms of the formula as stacked bars, in the colours of their k; the sum at the right, the reference dashed at 1."""

from collections.abc import Sequence

from msgspec import Struct
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QWidget

from app.engine.model.estimates import Shares
from app.engine.paraselect import TermsRow
from app.gui.look import UNKNOWN, Look
from app.gui.theme import Theme, font
from app.gui.theme.tokens import CAPTION_PX, FIGURE_PX, SMALL_PX
from app.gui.widgets.basics import boxed, label, row, well
from app.gui.widgets.glyphs import ink_on
from app.gui.widgets.hover import HoverCard
from app.gui.widgets.plot_axes import Axis

ROW_PX, BAR_PX, AXIS_PX, SUM_PX = 29, 15, 22, 44
LEAST_ROWS, MOST_ROWS = 6, 14


def term_colours(theme: Theme) -> tuple[str, ...]:
    """Return the colours of compute, memory, host link and fabric."""
    return theme.data[0], theme.data[2], theme.data[3], theme.data[1]


def k_tiles(k: Sequence[float] | None, names: Sequence[str], tips: Sequence[str], look: Look, shares: Shares | None = None) -> QWidget:
    """Return k1..k4 as tiles with their colour squares and intervals; a k of 0 is grey, an unknown one a dash."""
    tiles = row(spacing=8)
    for number, (name, tip, colour) in enumerate(zip(names, tips, term_colours(look.theme), strict=True), 1):
        value = k[number - 1] if k else None
        square = QFrame()
        square.setFixedSize(8, 8)
        square.setStyleSheet(f"background:{colour if value else look.theme.other}; border-radius:2px;")
        text = UNKNOWN if value is None else "0" if value == 0 else look.number(value, 2)
        figure = row(label(text, FIGURE_PX, bold=True), spacing=6)
        if shares is not None and shares.high[number - 1] > 0:
            ends = (look.number(end[number - 1], 2) for end in (shares.low, shares.high))
            figure.addWidget(label("–".join(ends), SMALL_PX, tone="2"), 0, Qt.AlignmentFlag.AlignBottom)
        figure.addStretch(1)
        tile = well(boxed(row(square, label(f"k{number} {name}", SMALL_PX, tone="2"), None, spacing=6)), boxed(figure))
        tile.setToolTip(tip)
        tiles.addWidget(tile, 1)
    return boxed(tiles)


class FormulaRow(Struct, frozen=True):
    """One bar: the platform's name and terms, and what hovering tells."""

    name: str
    terms: TermsRow
    tip: str


class FormulaBars(QWidget):
    """The reference, the chosen platform and those around it: as many as there is room for."""

    chosen = Signal(str)

    def __init__(self, look: Look, name: str) -> None:
        super().__init__()
        self._look = look
        self._rows: list[FormulaRow] = []
        self._current = ""
        self.setAccessibleName(name)
        self.setMinimumHeight(LEAST_ROWS * ROW_PX + AXIS_PX)
        self.setMinimumWidth(300)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        HoverCard(self, self._tip_at)

    def sizeHint(self) -> QSize:
        return QSize(500, self.minimumHeight())

    def show_rows(self, rows: Sequence[FormulaRow], current: str) -> None:
        """Show the bars of these platforms, the fastest first, and mark the chosen one."""
        self._rows, self._current = list(rows), current
        self.setMaximumHeight(min(MOST_ROWS, max(LEAST_ROWS, len(rows))) * ROW_PX + AXIS_PX)
        self.update()

    @property
    def shown(self) -> list[FormulaRow]:
        """The bars that have room: reference and chosen one always, then the nearest."""
        return around(self._rows, self._current, max(LEAST_ROWS, (self.height() - AXIS_PX) // ROW_PX))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, theme = QPainter(self), self._look.theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        shown = self.shown
        axis, bottom = self._axis(shown), ROW_PX * len(shown)
        painter.setFont(font(CAPTION_PX))
        ticks = axis.ticks(60)
        decimals = (
            0 if all(tick == round(tick) for tick in ticks) else 1 if all(abs(tick * 10 - round(tick * 10)) < 1e-6 for tick in ticks) else 2
        )
        for tick in ticks:
            x = axis.at(tick)
            painter.fillRect(QRectF(round(x), 0, 1, bottom), QColor(theme.grid))
            painter.setPen(QColor(theme.text3))
            painter.drawText(QRectF(x - 30, bottom + 3, 60, 16), Qt.AlignmentFlag.AlignHCenter, self._look.number(tick, decimals))
        for place, one in enumerate(shown):
            self._bar(painter, one, ROW_PX * place, axis)
        painter.setPen(QPen(QColor(theme.text2), 1.2, Qt.PenStyle.DashLine))
        if shown:
            painter.drawLine(QPointF(axis.at(1.0), 0), QPointF(axis.at(1.0), bottom))
        if self.hasFocus():
            painter.setPen(QPen(QColor(theme.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 4, 4)

    def _axis(self, shown: Sequence[FormulaRow]) -> Axis:
        most = max((one.terms.total for one in shown), default=1.0)
        names = max((QFontMetricsF(font(SMALL_PX, bold=True)).horizontalAdvance(one.name) for one in shown), default=0.0)
        return Axis(0.0, max(1.1, most * 1.08), min(names + 12, 0.32 * self.width()), self.width() - SUM_PX - 8)

    def _bar(self, painter: QPainter, one: FormulaRow, top: float, axis: Axis) -> None:
        theme, look, bold = self._look.theme, self._look, one.terms.platform == self._current
        if bold:
            painter.fillRect(QRectF(0, top + 1, self.width(), ROW_PX - 2), QColor(theme.selected))
        painter.setFont(font(SMALL_PX, bold=bold))
        painter.setPen(QColor(theme.text))
        name = QFontMetricsF(painter.font()).elidedText(one.name, Qt.TextElideMode.ElideRight, axis.start - 10)
        painter.drawText(QRectF(4, top, axis.start, ROW_PX), Qt.AlignmentFlag.AlignVCenter, name)
        where = QRectF(self.width() - SUM_PX - 4, top, SUM_PX, ROW_PX)
        painter.drawText(where, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, look.number(one.terms.total, 2))
        painter.setFont(font(CAPTION_PX))
        painter.setClipPath(_rounded(QRectF(axis.start, top + (ROW_PX - BAR_PX) / 2, axis.at(one.terms.total) - axis.start, BAR_PX)))
        start = 0.0
        for value, colour in zip(one.terms.terms, term_colours(theme), strict=False):
            box = QRectF(axis.at(start), top + (ROW_PX - BAR_PX) / 2, axis.at(start + value) - axis.at(start) - 1, BAR_PX)
            start += value
            if box.width() <= 0:
                continue
            painter.fillRect(box, QColor(colour))
            ink, text = ink_on(colour, theme), look.number(value, 2)
            if ink and box.width() > painter.fontMetrics().horizontalAdvance(text) + 6:
                painter.setPen(QColor(ink))
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
        painter.setClipping(False)

    def _tip_at(self, point: QPointF) -> str:
        place = int(point.y() // ROW_PX)
        return self.shown[place].tip if 0 <= place < len(self.shown) else ""

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = int(event.position().y() // ROW_PX)
        if 0 <= place < len(self.shown):
            self.chosen.emit(self.shown[place].terms.platform)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
        if step is None or not self._rows:
            event.ignore()
            return
        keys = [one.terms.platform for one in self._rows]
        place = keys.index(self._current) + step if self._current in keys else 0
        self.chosen.emit(keys[max(0, min(len(keys) - 1, place))])


def around(rows: Sequence[FormulaRow], current: str, count: int) -> list[FormulaRow]:
    """Return the reference, the current one and the nearest to it by place, in their order, `count` at most."""
    keys = [one.terms.platform for one in rows]
    reference = next((place for place, one in enumerate(rows) if one.terms.is_reference), 0)
    middle = keys.index(current) if current in keys else reference
    nearest = sorted(range(len(rows)), key=lambda place: (place not in (reference, middle), abs(place - middle)))
    return [rows[place] for place in sorted(nearest[:count])]


def _rounded(box: QRectF) -> QPainterPath:
    path = QPainterPath()
    path.addRoundedRect(box, 2, 2)
    return path
