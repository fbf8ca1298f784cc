"""A list to choose one value from."""

from collections.abc import Sequence

from PySide6.QtWidgets import QComboBox

from app.gui.theme import font
from app.gui.theme.tokens import SMALL_PX


class Choice(QComboBox):
    """choices: (value, text) each; `currentData` is the value."""

    def __init__(self, name: str, choices: Sequence[tuple[object, str]]) -> None:
        super().__init__()
        self.setFont(font(SMALL_PX))
        self.setAccessibleName(name)
        self.setToolTip(name)
        for value, text in choices:
            self.addItem(text, value)
