"""The open document: one Project snapshot, its history, its file, and the work that runs for it.

Every edit makes a new snapshot; undo goes back over whole snapshots and names what it takes back. After an edit the stale stages are
brought up to date in the background; the result replaces the snapshot it was made from, so an undo never stops half way.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec import Struct
from PySide6.QtCore import QObject, Signal

from app.engine import pipeline
from app.engine.errors import EngineError
from app.engine.intake import Purpose, files_below, purpose_of
from app.engine.messages import Message, message
from app.engine.model.projects import Project, changed, stale_stages
from app.engine.progress import Progress
from app.engine.project_file import load_project, save_project
from app.gui.jobs import Jobs
from app.gui.reading_worker import ReadingWorker

MOST_STEPS = 200


class Step(Struct, frozen=True):
    """One entry of the history: what was done (a code below gui.did) and the document after it."""

    label: str
    project: Project


class Sorted(Struct, frozen=True):
    """Dropped files by purpose, and those that could not be opened."""

    files: tuple[tuple[Path, Purpose], ...]
    unreadable: tuple[EngineError, ...] = ()

    def of(self, purpose: Purpose) -> tuple[Path, ...]:
        """Return the files of one purpose."""
        return tuple(path for path, found in self.files if found == purpose)


class Session(QObject):
    """The document of one window. Pages listen to `changed` and call the verbs."""

    changed = Signal()
    saved = Signal()
    failed = Signal(EngineError)
    told = Signal(Message, bool)  # a sentence for the toast; whether it can be taken back

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.jobs = Jobs(self)
        self.jobs.failed.connect(self.failed)
        self.reader = ReadingWorker()
        self.path: Path | None = None
        self._steps = [Step("", Project())]
        self._at = 0
        self._saved: Project | None = self.project
        self.selected_platform = ""
        self.compared_platforms: tuple[str, ...] = ()

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

    def take_in(self, paths: Sequence[Path], then: Callable[[Sorted], None] | None = None) -> None:
        """Sort dropped files and folders by purpose, read them, and put each where it belongs, as one step."""
        before = self.project

        def work(progress: Progress) -> tuple[Sorted, Project | None]:
            found = sort_files(paths)
            return found, self._read(found, before, progress)

        def done(outcome: object) -> None:
            found, project = outcome  # type: ignore[misc]
            self._taken_in(found, project)
            if then:
                then(found)

        self.jobs.start("gui.job.read", work, done)

    def _read(self, found: Sorted, project: Project, progress: Progress) -> Project | None:
        if found.of("project") or not found.files:
            return None
        for path in found.of("run")[-1:]:
            workload, requirement = pipeline.read_run_description(path)
            blank = requirement == type(requirement)()
            project = changed(project, workload=workload, requirement=project.requirement if blank else requirement)
        traces = found.of("trace")
        if traces:
            reading = self.reader.read(traces, progress)
            for error in reading.unreadable:
                self.failed.emit(error)
            if reading.run is not None:
                project = changed(project, trace=reading.run)
        for path in found.of("measured")[-1:]:
            project = pipeline.with_measured(project, path)
        for path in found.of("prices")[-1:]:
            project = pipeline.with_prices(project, path)
        if not project.name and project.workload:
            project = changed(project, name=project.requirement.customer or project.workload.name)
        return project

    def _taken_in(self, found: Sorted, project: Project | None) -> None:
        for error in found.unreadable:
            self.failed.emit(error)
        for path in found.of("project")[:1]:
            self.open(path)
            return
        if project is not None and project is not self.project:
            self.replace("gui.did.import", project)
            self.told.emit(message("gui.told.imported", count=len(found.files)), True)

    def start_new(self, project: Project | None = None, path: Path | None = None) -> None:
        """Begin with another document and a fresh history."""
        self._steps, self._at = [Step("", project or Project())], 0
        self._saved, self.path = self.project, path
        self.changed.emit()
        if project is not None:
            self.recompute()

    def open(self, path: Path) -> None:
        """Open a project file in the background."""
        self.jobs.start("gui.job.open", lambda _progress: load_project(path), lambda project: self.start_new(project, path))  # type: ignore[arg-type]

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
            self.saved.emit()
            self.changed.emit()

        self.jobs.start("gui.job.save", lambda _progress: save_project(project, path), done)

    def close(self) -> None:
        """Stop all work."""
        self.jobs.cancel_all()
        self.reader.stop()


def sort_files(paths: Sequence[Path]) -> Sorted:
    """Return what each dropped file is for; folders are looked through."""
    files, unreadable = [], []
    for path in files_below(paths):
        try:
            files.append((path, purpose_of(path)))
        except EngineError as error:
            unreadable.append(error)
    return Sorted(tuple(files), tuple(unreadable))
