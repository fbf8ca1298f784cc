"""Buttons that choose one verdict, each with its icon, its word and its count."""

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QPushButton, QWidget

from app.gui.look import Look
from app.gui.theme import BUTTON_ICON, font, icon
from app.gui.theme.tokens import SMALL_PX
from app.gui.widgets.basics import LEVEL_ICONS, row

ALL = "all"


class LevelFilter(QWidget):
    """words: (level, word) each; `chosen` tells a level, "all" for every one."""

    chosen = Signal(str)

    def __init__(self, words: Mapping[str, str], look: Look) -> None:
        super().__init__()
        self.level = ALL
        self._words, self._buttons = dict(words), {}
        group, line = QButtonGroup(self), row(spacing=6)
        for level, word in words.items():
            made = chip_button(word)
            made.setChecked(level == ALL)
            if level != ALL:
                made.setIcon(icon(LEVEL_ICONS[level], look.theme.level(level)[0], gap=4))
                made.setIconSize(BUTTON_ICON)
            made.clicked.connect(lambda _checked=False, level=level: self.choose(level))
            group.addButton(made)
            line.addWidget(made)
            self._buttons[level] = made
        self.setLayout(line)

    def choose(self, level: str) -> None:
        """Choose a level."""
        self.level = level
        self._buttons[level].setChecked(True)
        self.chosen.emit(level)

    def set_counts(self, counts: Mapping[str, int]) -> None:
        """Show how many there are of each."""
        for level, made in self._buttons.items():
            made.setText(f"{self._words[level]} {counts.get(level, 0)}")


def chip_button(word: str) -> QPushButton:
    """Return a small button that is on or off."""
    made = QPushButton(word)
    made.setFont(font(SMALL_PX))
    made.setProperty("chip", True)
    made.setCheckable(True)
    made.setAutoDefault(False)
    made.setFixedHeight(28)
    return made
