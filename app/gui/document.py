"""The file side of a window: new, open, save, save as, leaving with unsaved changes."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog, QMessageBox

if TYPE_CHECKING:
    from app.gui.main_window import MainWindow

FILTER = "SuanXuan (*.sxp)"


class Document:
    """What the window's file verbs do. It asks; the session acts."""

    def __init__(self, window: "MainWindow") -> None:
        self._window, self._session = window, window.session

    def new(self) -> None:
        """Begin a new document."""
        self.leave(self._session.start_new)

    def open(self, path: Path) -> None:
        """Open a project in the place of the document."""
        self.leave(lambda: self._session.open(path))

    def open_sample(self) -> None:
        """Open the sample project in the place of the document."""
        self.leave(self._session.open_sample)

    def save(self) -> None:
        """Save where the document lies; ask where it lies nowhere."""
        if self._session.path:
            self._session.save(self._session.path)
        else:
            self.save_as()

    def save_as(self) -> None:
        """Ask for a place and save there."""
        title = self._window.look.say("gui.action.save_as")
        name, _ = QFileDialog.getSaveFileName(self._window, title, f"{self._session.project.name}.sxp", FILTER)
        if name:
            self._session.save(Path(name).with_suffix(".sxp"))

    def leave(self, then: Callable[[], object]) -> None:
        """Do what takes the place of the document, where the user agrees to lose his changes."""
        if self.may_close():
            then()

    def may_close(self) -> bool:
        """Tell whether the document may be left."""
        if not self._session.is_modified:
            return True
        say, choice = self._window.look.say, QMessageBox.StandardButton
        box = QMessageBox(QMessageBox.Icon.Question, say("gui.name"), say("gui.leave_unsaved"), parent=self._window)
        box.setStandardButtons(choice.Discard | choice.Cancel)
        box.button(choice.Discard).setText(say("gui.discard"))
        box.button(choice.Cancel).setText(say("gui.stay"))
        return box.exec() == choice.Discard
