"""What is seen while the program is still being loaded: the frame of the window, in its place and its colours.

Nothing is imported here but Qt and the theme: numpy, pyqtgraph and the pages take three times as long as the first paint.
"""

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.gui.look import Look
from app.gui.theme import font
from app.gui.theme.tokens import FIGURE_PX, HEADER_PX, RAIL_FOLDED_PX, RAIL_PX, STATUS_PX
from app.gui.widgets.mark import MARK_PX, paint_mark

WINDOW_PX = (1440, 900)
FOLD_BELOW_PX = 1360


class Opening(QWidget):
    """The empty frame. `painted` tells that it is on the screen."""

    painted = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look, self._is_painted = look, False
        self.setWindowTitle(look.say("gui.name"))
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.resize(*WINDOW_PX)

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme, box = self._look.theme, self.rect()
        folded = box.width() < FOLD_BELOW_PX
        rail = RAIL_FOLDED_PX if folded else RAIL_PX
        painter = QPainter(self)
        painter.fillRect(box, QColor(theme.app))
        middle = QRect(0, HEADER_PX, rail, box.height() - HEADER_PX - STATUS_PX)
        for part in (QRect(0, 0, box.width(), HEADER_PX), middle, QRect(0, box.height() - STATUS_PX, box.width(), STATUS_PX)):
            painter.fillRect(part, QColor(theme.rail))
        edge = QColor(theme.border)
        painter.fillRect(QRect(0, HEADER_PX - 1, box.width(), 1), edge)
        painter.fillRect(QRect(rail - 1, HEADER_PX, 1, middle.height()), edge)
        painter.fillRect(QRect(0, box.height() - STATUS_PX, box.width(), 1), edge)
        paint_mark(painter, QRect(16, (HEADER_PX - MARK_PX) // 2, MARK_PX, MARK_PX), theme)
        if not folded:
            painter.setFont(font(FIGURE_PX, bold=True))
            painter.setPen(QColor(theme.text))
            painter.drawText(QRect(24 + MARK_PX, 0, rail, HEADER_PX), Qt.AlignmentFlag.AlignVCenter, self._look.say("gui.name"))
        if not self._is_painted:
            self._is_painted = True
            self.painted.emit()
