"""Esc clears what is chosen on a page before it reaches the window, where it would cancel the running job."""

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent

from app.gui.page import Page


class ChoosingPage(Page):
    """A page whose views share one choice."""

    def has_choice(self) -> bool:
        """Tell whether something is chosen."""
        raise NotImplementedError

    def clear_choice(self) -> None:
        """Choose nothing."""
        raise NotImplementedError

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and self._clears(event):
            event.accept()  # the key comes as a key press then, not as the window's shortcut
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._clears(event):
            self.clear_choice()
        else:
            super().keyPressEvent(event)

    def _clears(self, event: QEvent) -> bool:
        return isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape and self.has_content() and self.has_choice()
