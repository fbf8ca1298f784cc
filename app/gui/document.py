"""The file side of a window: new, open, save, save as, leaving with unsaved changes, the questions that come with files."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from app.gui.recovery import RecoveryFile, left_behind, recovery_folders
from app.gui.recovery_dialog import RecoveryDialog
from app.gui.widgets import question

if TYPE_CHECKING:
    from app.gui.main_window import MainWindow

FILTER = "SuanXuan (*.sxp)"


class Document(QObject):
    """What the window's file verbs do. It asks; the session acts."""

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self._window, self._session = window, window.session
        self._session.held_elsewhere.connect(self._on_held)
        self._session.changed_on_disk.connect(self._on_changed_on_disk)
        self._may_close = False
        self._then: Callable[[], object] | None = None
        self.recovery: RecoveryDialog | None = None

    def new(self) -> None:
        """Begin a new document."""
        self.leave(self._session.start_new)

    def open(self, path: Path) -> None:
        """Open a project in the place of the document."""
        self.leave(lambda: self._session.open(path))

    def open_sample(self) -> None:
        """Open the sample project in the place of the document."""
        self.leave(self._session.open_sample)

    def save(self, then: Callable[[], object] | None = None) -> None:
        """Save where the document lies; ask where it lies nowhere or where another window has it."""
        path = self._session.path
        if path is None or self._session.is_read_only:
            self.save_as(then)
        else:
            self._save(path, then)

    def save_as(self, then: Callable[[], object] | None = None) -> None:
        """Ask for a place and save there."""
        session, say = self._session, self._window.look.say
        known = session.path or Path(f"{_file_name(session.project.name) or say('gui.untitled')}.sxp")
        if session.is_read_only:
            known = known.with_stem(f"{known.stem} 2")
        name, _ = QFileDialog.getSaveFileName(self._window, say("gui.action.save_as"), str(known), FILTER)
        if name:
            self._save(Path(name) if name.lower().endswith(".sxp") else Path(f"{name}.sxp"), then)

    def leave(self, then: Callable[[], object], otherwise: Callable[[], object] = lambda: None) -> None:
        """Do what takes the place of the document: at once, after saving, or never (`otherwise`), as the user decides about his changes."""
        if not self._session.is_modified:
            then()
            return
        say = self._window.look.say
        name = self._session.path.stem if self._session.path else self._session.project.name or say("gui.untitled")
        answers = (("save", say("gui.action.save")), ("stay", say("gui.cancel")), ("discard", say("gui.discard")))
        text = say("document.leave.why")
        answer = question.ask(self._window, self._window.look, say("document.leave.title", name=name), text, answers, symbol="save")
        if answer == "save":
            self.save(then)
        elif answer == "discard":
            then()
        else:
            otherwise()

    def may_close(self) -> bool:
        """Tell whether the window may close now; where it must be saved first, the window closes after that."""
        self._may_close, is_asking = False, True

        def close() -> None:
            self._may_close = True
            if not is_asking:
                self._window.close()

        self.leave(close)
        is_asking = False
        return self._may_close

    # Questions ----------------------------------------------------------------------------------------------------------------------

    def offer_recovery(self) -> None:
        """Look for what a killed window left behind, and offer it."""
        folders = recovery_folders(self._session.preferences.recovery_folder)
        self._session.jobs.start("document.job.look", lambda _progress: left_behind(folders), self._offer, quiet=True)

    def _offer(self, found: object) -> None:
        assert isinstance(found, list)
        if found:
            self.recovery = RecoveryDialog(found, self._window.look, self._recover, self._window)
            self.recovery.open()

    def _recover(self, file: RecoveryFile) -> None:
        self.leave(lambda: self._session.recover(file), file.let_go)

    def _save(self, path: Path, then: Callable[[], object] | None) -> None:
        self._then = then
        self._session.save(path, then)

    def _on_held(self, path: Path, who: dict) -> None:
        say = self._window.look.say
        user, since, pid = (str(who.get(name) or "—") for name in ("user", "since", "pid"))
        text = say("document.held.why", user=user, since=since.replace("T", " "), pid=pid)
        answers = (("read", say("document.held.read_only")), ("cancel", say("gui.cancel")))
        if (
            question.ask(self._window, self._window.look, say("document.held.title", name=path.name), text, answers, symbol="lock")
            == "read"
        ):
            self._session.open(path, read_only=True)

    def _on_changed_on_disk(self, path: Path) -> None:
        say, then = self._window.look.say, self._then
        answers = (("as", say("gui.action.save_as")), ("cancel", say("gui.cancel")), ("over", say("document.outdated.over")))
        title = say("document.outdated.title", name=path.name)
        answer = question.ask(self._window, self._window.look, title, say("document.outdated.why"), answers, symbol="triangle-alert")
        if answer == "as":
            self.save_as(then)
        elif answer == "over":
            self._session.save(path, then, over=True)


def _file_name(name: str) -> str:
    """Return a project's name as a file may be called."""
    return "".join(" " if letter in '<>:"/\\|?*' or ord(letter) < 32 else letter for letter in name).strip(" .")[:100]
