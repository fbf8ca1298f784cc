"""The toast after an export: what was written, with the ways to open it."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from app.engine.messages import message
from app.gui.look import Look
from app.gui.notices import Toast
from app.gui.widgets.basics import button


class WrittenToast(Toast):
    """Says which files were written; opens the first of them, or the folder they lie in."""

    def __init__(self, parent: QWidget, look: Look) -> None:
        super().__init__(parent, look, lambda: None)
        self._files: tuple[Path, ...] = ()
        say, theme = look.say, look.theme
        self.open_file = button(say("page_proposal.open_file"), theme, lambda: self._open(self._files[0]), symbol="external-link")
        self.open_folder = button(say("page_proposal.open_folder"), theme, lambda: self._open(self._files[0].parent), symbol="folder-open")
        self.layout().addWidget(self.open_file)  # type: ignore[union-attr]
        self.layout().addWidget(self.open_folder)  # type: ignore[union-attr]

    def tell_files(self, files: Sequence[Path]) -> None:
        """Show what was written."""
        self._files = tuple(files)
        self.tell(message("gui.told.written", name=[path.name for path in files]), False)

    def _open(self, path: Path) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))
        self.hide()
