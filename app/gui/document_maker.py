"""Makes the pages of the documents in the background, again some time after each edit; the newest request wins."""

import datetime
import tempfile
from pathlib import Path

from msgspec import Struct
from PySide6.QtCore import QObject, QTimer, Signal
from shiboken6 import isValid

from app.engine import pipeline
from app.engine.model.projects import Project
from app.engine.progress import Progress, part_of
from app.engine.proposing import EditableText, ExportCheck
from app.gui.jobs import Job, Jobs
from app.gui.widgets.pdf_pages import PdfPages

WAIT_MS = 300


class MadeDocument(Struct, frozen=True):
    """What was made of a project: the pages in one language, the texts that can be edited, what is open."""

    lang: str
    pages: PdfPages
    texts: tuple[EditableText, ...]
    checks: tuple[ExportCheck, ...]


class DocumentMaker(QObject):
    """made: a MadeDocument of the newest request."""

    made = Signal(object)

    def __init__(self, jobs: Jobs, parent: QObject) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._job: Job | None = None
        self._asked: tuple[Project, str] | None = None
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.timeout.connect(self._begin)

    @property
    def is_busy(self) -> bool:
        """Whether newer pages are on their way."""
        return self._job is not None or self._wait.isActive()

    def make(self, project: Project, lang: str, *, at_once: bool = False) -> None:
        """Ask for the documents of a project: at once, or when no other edit follows soon."""
        self._asked = (project, lang)
        if at_once:
            self._begin()
        else:
            self._wait.start(WAIT_MS)

    def _begin(self) -> None:
        assert self._asked is not None
        if self._job is not None:
            self._job.cancel()
        project, lang = self._asked

        def done(made: object) -> None:
            if isValid(self) and self._job is job:  # the page may be gone: it is built anew with another theme or language
                self._job = None
                self.made.emit(made)

        def stopped() -> None:
            if self._job is job:
                self._job = None

        job = self._job = self._jobs.start("gui.job.preview", lambda progress: make_document(project, lang, progress), done, stopped)


def make_document(project: Project, lang: str, progress: Progress) -> MadeDocument:
    """Write the pages of a project and judge them. Takes about a second: not on the event loop."""
    with tempfile.TemporaryDirectory() as folder:
        pdf = Path(folder) / "preview.pdf"
        pipeline.write_proposal(project, lang, pdf=pdf, progress=part_of(progress, 0.0, 0.9))
        pages = PdfPages(pdf.read_bytes())
    checks = pipeline.export_checks(project, lang, datetime.date.today())
    return MadeDocument(lang, pages, pipeline.proposal_texts(project, lang), checks)
