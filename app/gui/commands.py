"""The command palette (Ctrl+Shift+P) and the list of all keys (F1), both from the window's verbs."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QLineEdit, QListWidget, QListWidgetItem, QWidget

from app.gui.look import Look
from app.gui.theme import font
from app.gui.theme.tokens import BODY_PX
from app.gui.widgets.basics import column
from app.gui.widgets.table import Cell, Column, Table

if TYPE_CHECKING:
    from app.gui.main_window import Verb


class CommandPalette(QDialog):
    """Type a few letters, Enter runs the marked command."""

    def __init__(self, verbs: Sequence["Verb"], look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(look.say("gui.action.commands"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(520, 420)
        self._verbs = [(verb, f"{look.say(verb.code)}   {verb.keys}") for verb in verbs]
        self._field, self._list = QLineEdit(), QListWidget()
        for part in (self._field, self._list):
            part.setFont(font(BODY_PX))
        self._field.setPlaceholderText(look.say("gui.commands"))
        self._field.setAccessibleName(look.say("gui.commands"))
        self._field.textChanged.connect(self._filter)
        self._field.returnPressed.connect(self._run)
        self._field.installEventFilter(self)
        self._list.itemActivated.connect(self._run)
        layout = column(self._field, self._list)
        layout.setContentsMargins(12, 12, 12, 12)
        self.setLayout(layout)
        self._filter("")

    def _filter(self, typed: str) -> None:
        self._list.clear()
        for verb, text in self._verbs:
            if all(word in text.lower() for word in typed.lower().split()):
                item = QListWidgetItem(text)
                item.setData(Qt.ItemDataRole.UserRole, verb)
                self._list.addItem(item)
        self._list.setCurrentRow(0)

    def _run(self) -> None:
        item = self._list.currentItem()
        self.accept()
        if item:
            item.data(Qt.ItemDataRole.UserRole).act()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            step = 1 if event.key() == Qt.Key.Key_Down else -1
            self._list.setCurrentRow(max(0, min(self._list.count() - 1, self._list.currentRow() + step)))
            return True
        return super().eventFilter(watched, event)


class KeysDialog(QDialog):
    """All keys in one table."""

    def __init__(self, verbs: Sequence["Verb"], look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(look.say("gui.action.keys"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(520, 640)
        rows = [(Cell(look.say(verb.code)), Cell(verb.keys)) for verb in verbs if verb.keys]
        rows += [(Cell(look.say(f"gui.plot_key.{name}")), Cell(look.say(keys))) for name, keys in PLOT_KEYS]
        table = Table((Column(look.say("gui.action_head")), Column(look.say("gui.key_head"), width=200)), rows, look.theme, row_px=28)
        layout = column(table)
        layout.setContentsMargins(12, 12, 12, 12)
        self.setLayout(layout)


PLOT_KEYS = (
    ("zoom", "W  S"), ("pan", "A  D"), ("cursor", "← →"), ("fit", "F"), ("region", "R"), ("marker", "M"), ("unmark", "Delete"),
    ("back", "Backspace"), ("tell", "Space"), ("box", "page_profile.mouse.drag"), ("hand", "page_profile.mouse.shift_drag"),
    ("choose", "page_profile.mouse.ctrl_drag"), ("wheel", "page_profile.mouse.ctrl_wheel"),
)  # fmt: skip
"""What the keys of a plot do, and the mouse: its words are codes, since they have a language."""
