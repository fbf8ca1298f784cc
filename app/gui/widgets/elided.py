"""One line of text that is cut with '…' where there is no room; the whole of it is told on hover."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.gui.theme import font
from app.gui.theme.tokens import SMALL_PX
from app.gui.widgets.tips import wrapped

LEAST_PX = 24


class Elided(QWidget):
    """A line in colour `ink`, cut at the right or, for paths and names, in the middle."""

    def __init__(self, text: str, ink: str, px: int = SMALL_PX, *, bold: bool = False, middle: bool = False) -> None:
        super().__init__()
        self.text = text
        self._ink, self._font = ink, font(px, bold=bold)
        self._mode = Qt.TextElideMode.ElideMiddle if middle else Qt.TextElideMode.ElideRight
        self.setToolTip(wrapped(text))
        self.setAccessibleName(text)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(self._font)
        return QSize(metrics.horizontalAdvance(self.text) + 2, metrics.height())

    def minimumSizeHint(self) -> QSize:
        return QSize(LEAST_PX, QFontMetrics(self._font).height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(self._font)
        painter.setPen(QColor(self._ink))
        shown = painter.fontMetrics().elidedText(self.text, self._mode, self.width())
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
        painter.end()
