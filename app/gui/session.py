"""The open document: one Project snapshot, its history, its file, and the work that runs for it.

Every edit makes a new snapshot; undo goes back over whole snapshots and names what it takes back. After an edit the stale stages are
brought up to date in the background; the result replaces the snapshot it was made from, so an undo never stops half way.
"""

from pathlib import Path

from msgspec import Struct
from PySide6.QtCore import QObject, QSettings, Signal

from app.engine import pipeline
from app.engine.errors import EngineError
from app.engine.messages import Message
from app.engine.model.projects import Project, changed, stale_stages
from app.engine.progress import Progress
from app.engine.project_file import load_project, save_project
from app.gui.jobs import Jobs
from app.gui.reading_worker import ReadingWorker
from app.gui.recent import Recent

MOST_STEPS = 200


class Step(Struct, frozen=True):
    """One entry of the history: what was done (a code below gui.did) and the document after it."""

    label: str
    project: Project


class Session(QObject):
    """The document of one window. Pages listen to `changed` and call the verbs."""

    changed = Signal()
    saved = Signal()
    failed = Signal(EngineError)
    told = Signal(Message, bool)  # a sentence for the toast; whether it can be taken back

    def __init__(self, parent: QObject | None = None, settings: QSettings | None = None) -> None:
        super().__init__(parent)
        self.recent = Recent(settings or QSettings())
        self.jobs = Jobs(self)
        self.jobs.failed.connect(self.failed)
        self.reader = ReadingWorker()
        self.path: Path | None = None
        self._steps = [Step("", Project())]
        self._at = 0
        self._saved: Project | None = self.project
        self.selected_platform = ""

    @property
    def project(self) -> Project:
        """The document as it is now."""
        return self._steps[self._at].project

    @property
    def is_modified(self) -> bool:
        """Whether there is something to save."""
        return self.project is not self._saved

    @property
    def undo_label(self) -> str:
        """The code of what undo would take back, "" where there is nothing."""
        return self._steps[self._at].label if self._at else ""

    @property
    def redo_label(self) -> str:
        """The code of what redo would do again, "" where there is nothing."""
        return self._steps[self._at + 1].label if self._at + 1 < len(self._steps) else ""

    @property
    def chosen_platform(self) -> str:
        """The platform that all pages show in detail: the one chosen last, else the one of the run."""
        workload = self.project.workload
        return self.selected_platform or (workload.run.platform if workload else "")

    # Editing ------------------------------------------------------------------------------------------------------------------------

    def edit(self, label: str, **fields: object) -> None:
        """Replace fields of the project as one named step and recompute what depends on them."""
        self.replace(label, changed(self.project, **fields))

    def replace(self, label: str, project: Project) -> None:
        """Make `project` the document, as one named step."""
        self._steps = [*self._steps[: self._at + 1], Step(label, project)][-MOST_STEPS:]
        self._at = len(self._steps) - 1
        self.changed.emit()
        self.recompute()

    def undo(self) -> None:
        """Take back the last step."""
        if self._at:
            self._at -= 1
            self.changed.emit()

    def redo(self) -> None:
        """Do again what was taken back."""
        if self._at + 1 < len(self._steps):
            self._at += 1
            self.changed.emit()

    def recompute(self) -> None:
        """Bring stale and missing stages up to date in the background."""
        before = self.project
        if before.hashes and not stale_stages(before):
            return
        self.jobs.start("gui.job.compute", lambda progress: pipeline.recompute(before, progress), lambda made: self._settle(before, made))

    def _settle(self, before: Project, made: object) -> None:
        assert isinstance(made, Project)
        for place, step in enumerate(self._steps):
            if step.project is before:
                self._steps[place] = Step(step.label, made)
                if self._saved is before and not before.hashes:
                    self._saved = made
                self.changed.emit()

    # Files --------------------------------------------------------------------------------------------------------------------------

    def start_new(self, project: Project | None = None, path: Path | None = None) -> None:
        """Begin with another document and a fresh history."""
        self._steps, self._at = [Step("", project or Project())], 0
        self._saved, self.path = self.project, path
        self.changed.emit()
        if project is not None:
            self.recompute()

    def open(self, path: Path) -> None:
        """Open a project file in the background."""

        def done(project: object) -> None:
            assert isinstance(project, Project)
            self.recent.add(path)
            self.start_new(project, path)

        self.jobs.start("gui.job.open", lambda _progress: load_project(path), done)

    def open_sample(self) -> None:
        """Open the sample project that ships with the program."""
        inputs = pipeline.sample_inputs()

        def work(progress: Progress) -> Project:
            return pipeline.new_project(inputs, progress)

        self.jobs.start("gui.job.open", work, lambda project: self.start_new(project))  # type: ignore[arg-type]

    def save(self, path: Path) -> None:
        """Save; the document counts as saved when the file is whole."""
        project = self.project

        def done(_nothing: object) -> None:
            self._saved, self.path = project, path
            self.recent.add(path)
            self.saved.emit()
            self.changed.emit()

        self.jobs.start("gui.job.save", lambda _progress: save_project(project, path), done)

    def close(self) -> None:
        """Stop all work."""
        self.jobs.cancel_all()
        self.reader.stop()
