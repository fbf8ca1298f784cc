"""Reading a customer's source from one window: ask for the folder, read it as a job, keep the result in the project, show it."""

from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QWidget

from app.engine.messages import message
from app.engine.model.porting import Scan
from app.engine.porting import scan_source
from app.gui.jobs import Subject
from app.gui.look import Look
from app.gui.scan_dialog import ScanDialog
from app.gui.session import Session


class SourceScans(QObject):
    """The scans of one window; `dialog` is the one that was opened last."""

    def __init__(self, window: QWidget, session: Session) -> None:
        super().__init__(window)
        self._window, self._session = window, session
        self.dialog: ScanDialog | None = None

    @property
    def _look(self) -> Look:
        return self._window.look  # type: ignore[attr-defined] - it changes with theme and language

    def open(self) -> None:
        """Show the scan of the project; where there is none, ask for a folder."""
        scan = self._session.project.scan
        if scan is None:
            self.choose()
        else:
            self.show(scan)

    def choose(self) -> None:
        """Ask for a folder and scan it."""
        name = QFileDialog.getExistingDirectory(self._window, self._look.say("scan.open"))
        if name:
            self.scan(Path(name))

    def scan(self, folder: Path) -> None:
        """Read a folder in the background, put what it holds into the project as one step, and show it."""

        def done(found: object) -> None:
            assert isinstance(found, Scan)
            self._session.edit("scan.did", scan=found)
            count = sum(one.count for one in found.findings)
            self._session.told.emit(message("scan.told", folder=found.folder, files=found.files, findings=count), True)
            self.show(found)

        self._session.jobs.start("scan.job.scan", lambda progress: scan_source(folder, progress), done, subject=Subject(folder.name))

    def show(self, scan: Scan) -> None:
        """Open the window that shows a scan."""
        platform = self._session.chosen_platform
        self.dialog = ScanDialog(scan, platform, self._look, self._window, self.choose, self.forget)
        self.dialog.open()

    def forget(self) -> None:
        """Take the scan out of the project."""
        self._session.edit("scan.did_forget", scan=None)
