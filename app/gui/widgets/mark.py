"""The sign of the program: three rising bars on the accent."""

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.gui.theme import Theme
from app.gui.theme.tokens import RADIUS_BUTTON

MARK_PX = 24


class Mark(QWidget):
    """The sign as a widget."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setFixedSize(MARK_PX, MARK_PX)
        self._theme = theme

    def paintEvent(self, _event: QPaintEvent) -> None:
        paint_mark(QPainter(self), self.rect(), self._theme)


def paint_mark(painter: QPainter, box: QRect, theme: Theme) -> None:
    """Paint the sign into a square of 24 px."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(theme.accent))
    painter.drawRoundedRect(box, RADIUS_BUTTON, RADIUS_BUTTON)
    painter.setBrush(QColor(theme.on_accent))
    for place, height in enumerate((6, 10, 14)):
        painter.drawRoundedRect(QRectF(box.x() + 5 + 5 * place, box.y() + 19 - height, 4, height), 1, 1)
