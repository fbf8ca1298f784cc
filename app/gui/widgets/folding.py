"""A line that unfolds: icon, name, what was found, an arrow; below it what stands behind the finding."""

from collections.abc import Callable

from msgspec import Struct
from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from app.gui.theme import Theme, font, pixmap
from app.gui.theme.tokens import CAPTION_PX, RADIUS_CHIP, SMALL_PX
from app.gui.widgets.basics import KIND_GLYPHS, LEVEL_ICONS, column
from app.gui.widgets.tips import wrapped

LINE_PX, ICON_PX, NAME_AT_PX, GAP_PX = 28, 14, 22, 8


class Line(Struct, frozen=True):
    """What the line says. level: ok warning blocked unknown; kind and kind_word: the chip of a kind of number, "" for none."""

    level: str
    name: str
    summary: str
    kind: str = ""
    kind_word: str = ""


class FoldLine(QAbstractButton):
    """The line itself: a button, so that Space and Enter work on it; checked while it is unfolded."""

    def __init__(self, line: Line, name_px: int, theme: Theme, *, can_unfold: bool) -> None:
        super().__init__()
        self.line = line
        self._theme, self._name_px, self._can_unfold = theme, name_px, can_unfold
        self.setCheckable(can_unfold)
        self.setFixedHeight(LINE_PX)
        self.setText(f"{line.name}: {line.summary}")
        self.setAccessibleName(self.text())
        self.setToolTip(wrapped(line.summary))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if can_unfold else Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def sizeHint(self) -> QSize:
        return QSize(200, LINE_PX)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, theme, rect = QPainter(self), self._theme, self.rect()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(QRect(0, 0, rect.width(), 1), QColor(theme.grid))
        if self.underMouse() and self._can_unfold:
            painter.fillRect(rect.adjusted(0, 1, 0, 0), QColor(theme.hover))
        if self.hasFocus():
            painter.setPen(QPen(QColor(theme.accent), 2))
            painter.drawRoundedRect(rect.adjusted(1, 2, -1, -1), RADIUS_CHIP, RADIUS_CHIP)
        middle, ratio = rect.center().y() + 1, self.devicePixelRatioF()
        symbol = pixmap(LEVEL_ICONS[self.line.level], theme.level(self.line.level)[0], ICON_PX, ratio)
        painter.drawPixmap(2, middle - ICON_PX // 2, symbol)
        right = rect.right() - 2
        if self._can_unfold:
            arrow = "chevron-down" if self.isChecked() else "chevron-right"
            painter.drawPixmap(right - ICON_PX, middle - ICON_PX // 2, pixmap(arrow, theme.text3, ICON_PX, ratio))
        right = self._chip(painter, right - ICON_PX - 4, middle)
        self._words(painter, right)
        painter.end()

    def _words(self, painter: QPainter, right: int) -> None:
        theme, side = self._theme, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.setFont(font(SMALL_PX, bold=True))
        painter.setPen(QColor(theme.text))
        painter.drawText(QRect(NAME_AT_PX, 1, self._name_px, LINE_PX - 1), side, self.line.name)
        left = NAME_AT_PX + self._name_px + GAP_PX
        painter.setFont(font(SMALL_PX))
        painter.setPen(QColor(theme.text2))
        shown = painter.fontMetrics().elidedText(self.line.summary, Qt.TextElideMode.ElideRight, right - left)
        painter.drawText(QRect(left, 1, right - left, LINE_PX - 1), side, shown)

    def _chip(self, painter: QPainter, right: int, middle: int) -> int:
        """Paint the chip of the kind and return where the words must end."""
        if not self.line.kind:
            return right
        text = f"{KIND_GLYPHS[self.line.kind]} {self.line.kind_word}"
        painter.setFont(font(CAPTION_PX))
        width = painter.fontMetrics().horizontalAdvance(text) + 12
        box = QRect(right - width, middle - 9, width, 18)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.chip(self.line.kind)))
        painter.drawRoundedRect(box, RADIUS_CHIP, RADIUS_CHIP)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QColor(self._theme.kind(self.line.kind)))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
        return right - width - GAP_PX


class Fold(QWidget):
    """A line and, once it is unfolded, the widget that `body` makes; None where there is nothing behind it."""

    unfolded = Signal()

    def __init__(self, line: Line, name_px: int, theme: Theme, body: Callable[[], QWidget] | None) -> None:
        super().__init__()
        self.head = FoldLine(line, name_px, theme, can_unfold=body is not None)
        self._make, self._body = body, None
        self._column = column(self.head, spacing=4)
        self.setLayout(self._column)
        self.head.toggled.connect(self._show)

    def set_open(self, is_open: bool) -> None:
        """Unfold or fold."""
        self.head.setChecked(is_open)

    def is_open(self) -> bool:
        """Tell whether it is unfolded."""
        return self.head.isChecked()

    def _show(self, is_open: bool) -> None:
        if self._body is None and self._make is not None:
            self._body = self._make()
            self._column.addWidget(self._body)
            self._column.addSpacing(4)
        if self._body is not None:
            self._body.setVisible(is_open)
        if is_open:
            self.unfolded.emit()
