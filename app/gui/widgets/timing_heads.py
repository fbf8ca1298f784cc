"""The head of a row of the timing view: fold arrow, colour, name, source chip, unit; the scale of a heat map; the row's menu."""

from collections.abc import Callable

from msgspec import Struct
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QMenu, QWidget

from app.gui.look import Look
from app.gui.theme import font, icon
from app.gui.theme.tokens import CAPTION_PX, SMALL_PX
from app.gui.widgets.basics import label, state_chip, tool
from app.gui.widgets.timing_rows import DEVICES, FOLDED_PX, HEAT, MEAN, Row, names_px, round_text

INDENT_PX, SQUARE_PX, LEAST_WITH_CHIP_PX = 24, 9, 44


class Acts(Struct, frozen=True):
    """What a head can ask for."""

    fold: Callable[[Row], object]
    turn: Callable[[Row, str], object]
    hide: Callable[[Row], object]
    pin: Callable[[Row], object]


class RowHead(QWidget):
    """One head. Its square, scale and legend are painted; arrow and menu are buttons."""

    def __init__(self, row: Row, look: Look, acts: Acts) -> None:
        super().__init__()
        self._row, self._look, self._acts, self._width = row, look, acts, names_px(look)
        say, theme = look.say, look.theme
        words = say(f"proposing.metric.{row.channel.metric}")
        self.setAccessibleName(words)
        folded = row.is_folded
        arrow = tool(
            "chevron-right" if folded else "chevron-down", say(f"page_profile.{'unfold' if folded else 'fold'}", name=words), theme
        )
        arrow.setParent(self)
        arrow.setFixedSize(24, 24)
        arrow.move(-4, 1)
        arrow.clicked.connect(lambda: acts.fold(row))
        self._menu_button = tool("ellipsis", say("page_profile.row_menu", name=words), theme)
        self._menu_button.setParent(self)
        self._menu_button.setFixedSize(24, 24)
        self._menu_button.move(self._width - 24, 1 if folded else FOLDED_PX - 2)
        self._menu_button.clicked.connect(self.open_menu)
        indent = INDENT_PX - 2 if row.kind == HEAT else INDENT_PX + SQUARE_PX + 3
        self._name(words, indent)
        if not folded:
            self._details()

    def _name(self, words: str, indent: int) -> None:
        room = self._width - indent - (24 if self._row.is_folded else 0)
        shown = label(QFontMetricsF(font(SMALL_PX)).elidedText(words, Qt.TextElideMode.ElideRight, room), SMALL_PX)
        shown.setParent(self)
        shown.setGeometry(indent, 3, room, 20)
        shown.setToolTip(words)

    def _details(self) -> None:
        say, row = self._look.say, self._row
        if row.kind == HEAT:
            merged = row.channel.is_ready and row.channel.heat is not None and row.channel.heat.is_merged
            text = label(
                say("page_profile.heat_merged" if merged else "gui.heat_rows", count=len(row.channel.series)), CAPTION_PX, tone="3"
            )
            text.setParent(self)
            text.setGeometry(INDENT_PX - 2, 22, self._width - INDENT_PX - 24, 16)
            return
        mark = state_chip(row.channel.state, say(f"profiling.state.{row.channel.state}"), self._look.theme)
        mark.setParent(self)
        mark.move(INDENT_PX - 2, 26)
        mark.resize(mark.sizeHint().width(), 18)
        unit = label(row.channel.unit, CAPTION_PX, tone="3")
        unit.setParent(self)
        left = INDENT_PX + mark.width() + 4
        unit.setGeometry(left, 26, self._width - 24 - left, 18)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, row, theme = QPainter(self), self._row, self._look.theme
        if row.kind == HEAT:
            if not row.is_folded:
                self._paint_scale(painter)
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(row.colour(theme)))
        painter.drawRoundedRect(QRectF(INDENT_PX - 2, FOLDED_PX // 2 - SQUARE_PX // 2 - 1, SQUARE_PX, SQUARE_PX), 2, 2)
        if row.kind == DEVICES and not row.is_folded:
            self._paint_legend(painter)

    def _paint_scale(self, painter: QPainter) -> None:
        theme, row = self._look.theme, self._row
        box = QRectF(INDENT_PX - 2, 42, self._width - INDENT_PX - 28, 6)
        gradient = QLinearGradient(box.topLeft(), box.topRight())
        for place, colour in enumerate(theme.heat):
            gradient.setColorAt(place / (len(theme.heat) - 1), QColor(colour))
        painter.fillRect(box, gradient)
        painter.setFont(font(CAPTION_PX))
        painter.setPen(QColor(theme.text3))
        below = QRectF(box.left(), 48, box.width(), 15)
        top = round_text(row.channel.top) if row.channel.is_ready else ""
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, "0")
        painter.drawText(below, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"{top} {row.channel.unit}")

    def _paint_legend(self, painter: QPainter) -> None:
        painter.setFont(font(CAPTION_PX))
        each = (self._width - INDENT_PX + 2) / max(1, len(self._row.channel.devices))
        for place, device in enumerate(self._row.channel.devices):
            left = INDENT_PX - 2 + place * each
            painter.fillRect(QRectF(left, LEAST_WITH_CHIP_PX + 7, 4, 6), QColor(self._row.colour(self._look.theme, place)))
            painter.setPen(QColor(self._look.theme.text3))
            words = painter.fontMetrics().elidedText(device, Qt.TextElideMode.ElideLeft, round(each - 6))
            painter.drawText(QRectF(left + 6, LEAST_WITH_CHIP_PX + 2, each - 6, 16), Qt.AlignmentFlag.AlignVCenter, words)

    def menu(self) -> QMenu:
        """Return the row's menu: how it is shown, and hiding it."""
        say, row = self._look.say, self._row
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for kind in (MEAN, DEVICES, HEAT):
            action = menu.addAction(say(f"page_profile.kind.{kind}"), lambda kind=kind: self._acts.turn(row, kind))
            action.setCheckable(True)
            action.setChecked(row.kind == kind)
            action.setEnabled(kind == MEAN or (row.channel.is_ready and bool(row.channel.curves if kind == DEVICES else row.channel.heat)))
        menu.addSeparator()
        code = "page_lanes.unpin" if row.is_pinned else "page_lanes.pin"
        menu.addAction(icon("pin", self._look.theme.text2), say(code), lambda: self._acts.pin(row))
        menu.addAction(icon("x", self._look.theme.text2), say("page_profile.hide_row"), lambda: self._acts.hide(row))
        return menu

    def open_menu(self) -> None:
        """Open the row's menu below its button."""
        self.menu().popup(self._menu_button.mapToGlobal(self._menu_button.rect().bottomLeft()))
