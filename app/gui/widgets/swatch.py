"""A small sample of how something is drawn, for legends: the dashed band, the hatch."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.gui.theme import Theme, hatching


class _Swatch(QWidget):
    def __init__(self, pattern: str, theme: Theme) -> None:
        super().__init__()
        self._pattern, self._theme = pattern, theme
        self.setFixedSize(26, 12)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, theme = QPainter(self), self._theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        if self._pattern == "hatched":
            painter.fillRect(box, hatching(theme.hatch))
        else:
            painter.setPen(QPen(QColor(theme.text3), 1, Qt.PenStyle.DashLine))
            painter.drawRoundedRect(box, 2, 2)


def swatch(pattern: str, theme: Theme) -> QWidget:
    """Return the sample of a pattern: "dashed" or "hatched"."""
    return _Swatch(pattern, theme)
