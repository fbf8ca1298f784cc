"""A list to choose one value from, with its arrow: a style sheet that frames the field takes Qt's own arrow away."""

from collections.abc import Sequence

from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QComboBox

from app.gui.theme import Theme, font, pixmap
from app.gui.theme.tokens import SMALL_PX

ARROW_PX = 14


class Choice(QComboBox):
    """choices: (value, text) each; `currentData` is the value."""

    def __init__(self, name: str, choices: Sequence[tuple[object, str]], theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setFont(font(SMALL_PX))
        self.setAccessibleName(name)
        self.setToolTip(name)
        for value, text in choices:
            self.addItem(text, value)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        arrow = pixmap("chevron-down", self._theme.text2 if self.isEnabled() else self._theme.disabled, ARROW_PX, self.devicePixelRatioF())
        painter.drawPixmap(self.width() - ARROW_PX - 7, (self.height() - ARROW_PX) // 2, arrow)
        painter.end()
