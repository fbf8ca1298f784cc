"""What pages ask of their window, without knowing it: do a named thing, take files in, show what was opened and what failed last."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.gui.notices import Notice
from app.gui.recent import Recent

MOST_FAILURES = 20


class Desk(QObject):
    """One window's desk."""

    changed = Signal()

    def __init__(self, do: Callable[[str], object], take_in: Callable[[Sequence[Path]], object], recent: Recent, parent: QObject) -> None:
        super().__init__(parent)
        self.do, self.take_in, self.recent = do, take_in, recent
        self.failures: list[Notice] = []

    def add_failure(self, notice: Notice) -> None:
        """Remember what could not be read, newest first."""
        self.failures = [notice, *(one for one in self.failures if one.what != notice.what)][:MOST_FAILURES]
        self.changed.emit()

    def forget_failure(self, what: str) -> None:
        """Forget one by its first line, for its card was closed."""
        self.failures = [one for one in self.failures if one.what != what]
        self.changed.emit()

    def forget_failures(self) -> None:
        """Forget what could not be read."""
        self.failures = []
        self.changed.emit()
