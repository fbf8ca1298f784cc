"""Predictions as bands on a log axis, so that equal relative bands look equal; the reference runs dashed through all rows.

The head with the axis stays in view; heads sort. Up and down choose a row, Space tells it, Esc clears, Enter fills a missing fact in.
"""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QKeySequence, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QWheelEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame

from app.gui.figures import Scale
from app.gui.look import Look
from app.gui.theme import font, pixmap
from app.gui.theme.tokens import CAPTION_PX, SMALL_PX
from app.gui.widgets.clipboard import copy_text
from app.gui.widgets.hover import HoverCard
from app.gui.widgets.interval_rows import PAD, ROW_PX, Band, Lanes, RowPainter, lanes_for
from app.gui.widgets.plot_axes import Axis, log_axis

HEAD_PX = 28
SORTS = ("name", "kind", "speed")


class IntervalChart(QAbstractScrollArea):
    """All bands below each other. heads: platform, kind, unit; words: fill in, reference."""

    chosen = Signal(str)  # the key of a band, "" where the choice was cleared
    fill_wanted = Signal(str)
    sort_wanted = Signal(str)

    def __init__(self, look: Look, heads: tuple[str, str], words: tuple[str, str], name: str) -> None:
        super().__init__()
        self._look, self._names, self._words = look, heads, words
        self._bands: list[Band] = []
        self._scale, self._sort = Scale(1.0, ""), ("speed", True)
        self._links: dict[int, QRectF] = {}
        self._hovered, self._wanted = -1, -1
        self.current = ""
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumSize(380, HEAD_PX + 4 * ROW_PX)
        self.viewport().setMouseTracking(True)
        self.verticalScrollBar().setSingleStep(ROW_PX)
        self._card = HoverCard(self.viewport(), self._tip_at)

    def show_bands(self, bands: Sequence[Band], scale: Scale, sort: tuple[str, bool]) -> None:
        """Show these bands in this order. sort: which head carries the arrow, and whether it falls."""
        self._bands, self._scale, self._sort = list(bands), scale, sort
        self._hovered, self._wanted = -1, -1
        self._fit_scroll()
        self.viewport().update()

    @property
    def keys(self) -> list[str]:
        """The platforms that are shown, in their order."""
        return [band.key for band in self._bands]

    def choose(self, key: str, *, scroll: bool = True) -> None:
        """Mark a row and bring it into view; "" clears."""
        self.current = key
        if key in self.keys:
            place = self.keys.index(key)
            self._wanted = place if scroll else -1
            self._follow()
            self.setAccessibleDescription(self._bands[place].tip)
        self.viewport().update()

    def _follow(self) -> None:
        """Bring the wanted row into view, once the chart has its height."""
        bar, page = self.verticalScrollBar(), self.viewport().height() - HEAD_PX
        if self._wanted >= 0:
            bar.setValue(min(max(bar.value(), (self._wanted + 1) * ROW_PX - page), self._wanted * ROW_PX))

    # Copying ------------------------------------------------------------------------------------------------------------------------

    def as_text(self) -> str:
        """Return all rows with heads and units, tab-separated."""
        look, unit = self._look, self._scale.unit
        lines = ["\t".join((*self._names, unit, f"5 % ({unit})" if unit else "5 %", f"95 % ({unit})" if unit else "95 %", ""))]
        for band in self._bands:
            value = "" if band.vague else self._scale.text(band.value, look)
            ends = ("", "") if band.low is None else (self._scale.text(band.low, look), self._scale.text(band.high, look))
            lines.append("\t".join((band.name, band.kind_word, value, *ends, band.told)))
        return "\n".join(lines)

    def as_picture(self) -> QPixmap:
        """Return a picture of all rows, those out of view too."""
        width, height = self.viewport().width(), HEAD_PX + ROW_PX * len(self._bands) + 4
        made = QPixmap(QSize(width, height) * 2)
        made.setDevicePixelRatio(2.0)
        made.fill(QColor(self._look.theme.surface))
        painter = QPainter(made)
        self._paint(painter, width, height, 0)
        painter.end()
        return made

    # Painting -----------------------------------------------------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.fillRect(self.viewport().rect(), QColor(self._look.theme.surface))
        self._paint(painter, self.viewport().width(), self.viewport().height(), self.verticalScrollBar().value())
        if self.hasFocus() and not self.current:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(self._look.theme.accent), 2))
            painter.drawRect(self.viewport().rect().adjusted(1, 1, -1, -1))

    def _paint(self, painter: QPainter, width: int, height: int, scrolled: int) -> None:
        theme = self._look.theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        lanes, axis = self._layout(width)
        bottom = min(height, HEAD_PX + ROW_PX * len(self._bands) - scrolled)
        first, last = scrolled // ROW_PX, min(len(self._bands), (scrolled + height) // ROW_PX + 1)
        shown = [(place, HEAD_PX + ROW_PX * place - scrolled) for place in range(first, last)]
        for place, top in shown:
            self._ground(painter, place, top, width)
        for tick in axis.ticks():
            painter.fillRect(QRectF(round(axis.at(tick)), HEAD_PX, 1, bottom - HEAD_PX), QColor(theme.grid))
        for band in self._bands:
            if band.is_reference and band.value:
                x = round(axis.at(band.value)) + 0.5
                painter.setPen(QPen(QColor(theme.text2), 1.2, Qt.PenStyle.DashLine))
                painter.drawLine(QPointF(x, HEAD_PX), QPointF(x, bottom))
        rows = RowPainter(self._look, lanes, axis, self._scale, self._words)
        self._links = {
            place: rows.paint(painter, self._bands[place], top, chosen=self._bands[place].key == self.current) for place, top in shown
        }
        self._head(painter, lanes, axis)

    def _layout(self, width: float) -> tuple[Lanes, Axis]:
        lanes = lanes_for(self._bands, width, self._scale, (*self._names, self._scale.unit), self._look)
        ends = [end for band in self._bands for end in (band.value, band.low, band.high) if end is not None and end > 0]
        return lanes, log_axis(ends, *lanes.plot)

    def _ground(self, painter: QPainter, place: int, top: float, width: int) -> None:
        theme, chosen = self._look.theme, self._bands[place].key == self.current
        if chosen or place == self._hovered:
            painter.fillRect(QRectF(0, top, width, ROW_PX), QColor(theme.selected if chosen else theme.hover))
        painter.fillRect(QRectF(PAD, top + ROW_PX - 1, width - 2 * PAD, 1), QColor(theme.grid))
        if chosen:
            painter.fillRect(QRectF(0, top, 3, ROW_PX), QColor(theme.accent))
            if self.hasFocus():
                painter.setPen(QPen(QColor(theme.accent), 2))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(QRectF(1, top + 1, width - 2, ROW_PX - 3))

    def _head(self, painter: QPainter, lanes: Lanes, axis: Axis) -> None:
        theme = self._look.theme
        painter.fillRect(QRectF(0, 0, lanes.width, HEAD_PX), QColor(theme.sunken))
        for y in (0, HEAD_PX - 1):
            painter.fillRect(QRectF(0, y, lanes.width, 1), QColor(theme.border))
        painter.setFont(font(CAPTION_PX))
        painter.setPen(QColor(theme.text3))
        for tick in axis.ticks():
            painter.drawText(QRectF(axis.at(tick) - 40, 0, 80, HEAD_PX), Qt.AlignmentFlag.AlignCenter, self._scale.tick(tick, self._look))
        painter.setFont(font(SMALL_PX))
        painter.setPen(QColor(theme.text2))
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(lanes.name, 0, 200, HEAD_PX), middle, self._names[0])
        painter.drawText(QRectF(lanes.chip, 0, 120, HEAD_PX), middle, self._names[1])
        painter.drawText(QRectF(lanes.value - 200, 0, 200, HEAD_PX), middle | Qt.AlignmentFlag.AlignRight, self._scale.unit)
        self._arrow(painter, lanes)

    def _arrow(self, painter: QPainter, lanes: Lanes) -> None:
        column, falls = self._sort
        advance = painter.fontMetrics().horizontalAdvance
        left = {
            "name": lanes.name + advance(self._names[0]) + 3,
            "kind": lanes.chip + advance(self._names[1]) + 3,
            "speed": lanes.value - advance(self._scale.unit) - 15,
        }[column]
        ratio = painter.device().devicePixelRatioF()
        painter.drawPixmap(
            QPointF(left, HEAD_PX / 2 - 6), pixmap("arrow-down" if falls else "arrow-up", self._look.theme.accent, 12, ratio)
        )

    # Pointer and keys ---------------------------------------------------------------------------------------------------------------

    def _place_at(self, point: QPointF) -> int:
        place = int((point.y() - HEAD_PX + self.verticalScrollBar().value()) // ROW_PX) if point.y() >= HEAD_PX else -1
        return place if place < len(self._bands) else -1

    def _tip_at(self, point: QPointF) -> str:
        place = self._place_at(point)
        return self._bands[place].tip if place >= 0 else ""

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place = self._place_at(event.position())
        over_link = place >= 0 and self._links.get(place, QRectF()).contains(event.position())
        over_head = event.position().y() < HEAD_PX
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if over_link or over_head else Qt.CursorShape.ArrowCursor)
        self._hover(place)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self._hover(-1)
        return super().viewportEvent(event)

    def _hover(self, place: int) -> None:
        if place != self._hovered:
            self._hovered = place
            self.viewport().update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._wanted = -1
        super().wheelEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        point, place = event.position(), self._place_at(event.position())
        if point.y() < HEAD_PX:
            lanes, _axis = self._layout(self.viewport().width())
            self.sort_wanted.emit(SORTS[0] if point.x() < lanes.chip - 8 else SORTS[1] if point.x() < lanes.plot[0] else SORTS[2])
        elif place >= 0 and self._links.get(place, QRectF()).contains(point):
            self.fill_wanted.emit(self._bands[place].key)
        elif place >= 0:
            self._pick(place)

    def _pick(self, place: int) -> None:
        self.choose(self._bands[place].key)
        self.chosen.emit(self.current)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        place = self.keys.index(self.current) if self.current in self.keys else -1
        page = max(1, (self.viewport().height() - HEAD_PX) // ROW_PX)
        keys, last = Qt.Key, len(self._bands) - 1
        goals = {
            keys.Key_Down: place + 1, keys.Key_Up: place - 1, keys.Key_PageDown: place + page, keys.Key_PageUp: place - page,
            keys.Key_Home: 0, keys.Key_End: last,
        }  # fmt: skip
        if event.key() in goals and self._bands:
            self._pick(max(0, min(last, goals[keys(event.key())])))
        elif event.matches(QKeySequence.StandardKey.Copy):
            copy_text(self.as_text())
        elif place >= 0 and event.key() == keys.Key_Space:
            top = HEAD_PX + ROW_PX * (place + 1) - self.verticalScrollBar().value()
            self._card.tell(self._bands[place].tip, QPointF(PAD, top).toPoint())
        elif place >= 0 and event.key() in (keys.Key_Return, keys.Key_Enter) and self._bands[place].fill:
            self.fill_wanted.emit(self.current)
        else:
            event.ignore()

    def focusInEvent(self, event: QEvent) -> None:
        super().focusInEvent(event)  # type: ignore[arg-type]
        self.viewport().update()

    def focusOutEvent(self, event: QEvent) -> None:
        super().focusOutEvent(event)  # type: ignore[arg-type]
        self.viewport().update()

    def resizeEvent(self, event: QEvent) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type]
        self._fit_scroll()
        self._follow()

    def _fit_scroll(self) -> None:
        page = self.viewport().height() - HEAD_PX
        self.verticalScrollBar().setPageStep(page)
        self.verticalScrollBar().setRange(0, max(0, ROW_PX * len(self._bands) - page))
