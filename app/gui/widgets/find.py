"""The field that finds rows: Ctrl+F goes there (the window knows it by its object name), Escape empties it."""

from PySide6.QtCore import QEvent
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QLineEdit

from app.gui.theme import Theme, font, icon
from app.gui.theme.tokens import SMALL_PX


class FindField(QLineEdit):
    """Rows are found where they hold every typed word; use `words` and `textChanged`."""

    def __init__(self, hint: str, theme: Theme, width_px: int = 180) -> None:
        super().__init__()
        self.setFont(font(SMALL_PX))
        self.setPlaceholderText(hint)
        self.setAccessibleName(hint)
        self.setToolTip(f"{hint} (Ctrl+F)")
        self.setFixedWidth(width_px)
        self.setClearButtonEnabled(True)
        self.addAction(QAction(icon("search", theme.text3), "", self), QLineEdit.ActionPosition.LeadingPosition)
        self.setObjectName("find")

    def words(self) -> list[str]:
        """Return what is looked for."""
        return self.text().lower().split()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and event.key() == QKeySequence("Esc")[0].key():
            event.accept()  # before the window takes it to cancel a job
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Cancel) and self.text():
            self.clear()
        else:
            super().keyPressEvent(event)
