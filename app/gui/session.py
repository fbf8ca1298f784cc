"""The open document: one Project snapshot, its history, its file, and the work that runs for it.

Every edit makes a new snapshot; undo goes back over whole snapshots and names what it takes back. After an edit the stale stages are
brought up to date in the background; the result replaces the snapshot it was made from, so an undo never stops half way.
"""

import datetime
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QSettings, Signal

from app.engine import pipeline
from app.engine.errors import EngineError
from app.engine.intake import files_below
from app.engine.mapping_store import known_mappings
from app.engine.messages import Message
from app.engine.model.projects import Project, changed, due_stages
from app.engine.progress import Progress
from app.engine.project_file import FileState
from app.engine.recomputing import on_this_site
from app.gui.filing import ChangedOnDisk, Place, open_project, read_recovered, save_to
from app.gui.held_file import HeldElsewhere
from app.gui.history import History
from app.gui.jobs import Job, Jobs, Subject
from app.gui.preferences import Preferences, stored_settings
from app.gui.reading_worker import ReadingWorker
from app.gui.recent import Recent
from app.gui.recovery import Autosave, RecoveryFile


class Session(QObject):
    """The document of one window. Pages listen to `changed` and call the verbs."""

    changed = Signal()
    saved = Signal()
    failed = Signal(EngineError)
    told = Signal(Message, bool)  # a sentence for the toast; whether it can be taken back
    held_elsewhere = Signal(object, object)  # a project that is not opened, because of its holder (what whoami says)
    changed_on_disk = Signal(object)  # a project that is not saved, because someone else has written it since

    def __init__(self, parent: QObject | None = None, settings: QSettings | None = None) -> None:
        super().__init__(parent)
        settings = settings or stored_settings()
        self.preferences, self.recent = Preferences(settings), Recent(settings)
        self.jobs = Jobs(self)
        self.jobs.failed.connect(self.failed)
        self.reader = ReadingWorker()
        self.selected_platform = ""
        self.is_read_only = False
        self.saved_at: datetime.datetime | None = None
        self._history = History(Project())
        self._place: Place | None = None
        self._computing: Job | None = None
        self.autosave = Autosave(self)
        self.kept: dict[str, object] = {}  # what a page keeps while it is built anew: zoom, region, markers
        self.compared_platforms: tuple[str, ...] = ()
        self.price_file: Path | None = None  # likewise the price sheet
        self.run_files: tuple[Path, ...] = ()  # what the run of the project was read from here; not known of an opened project

    @property
    def project(self) -> Project:
        """The document as it is now."""
        return self._history.project

    @property
    def path(self) -> Path | None:
        """The file of the document, None before it was first saved."""
        return self._place.path if self._place else None

    @property
    def file_state(self) -> FileState | None:
        """How that file was when it was last read or written here."""
        return self._place.state if self._place else None

    @property
    def serial(self) -> int:
        """The number of the present step of the history."""
        return self._history.serial

    @property
    def is_modified(self) -> bool:
        """Whether there is something to save."""
        return self._history.is_modified

    @property
    def undo_label(self) -> str:
        """The code of what undo would take back, "" where there is nothing."""
        return self._history.undo_label

    @property
    def redo_label(self) -> str:
        """The code of what redo would do again, "" where there is nothing."""
        return self._history.redo_label

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
        self._history.push(label, project)
        self._on_step()

    def undo(self) -> None:
        """Take back the last step."""
        if self._history.move(-1):
            self._on_step()

    def redo(self) -> None:
        """Do again what was taken back."""
        if self._history.move(+1):
            self._on_step()

    def _on_step(self) -> None:
        self.changed.emit()
        self.recompute()

    def recompute(self) -> None:
        """Bring stale and missing stages up to date in the background. Only the newest document is computed; an older one is stopped."""
        before, serial = on_this_site(self.project), self._history.serial
        if self._computing is not None:
            self._computing.cancel()  # its end calls this again
            return
        if not due_stages(before):
            return

        def done(made: object) -> None:
            self._computing = None
            assert isinstance(made, Project)
            if self._history.settle(serial, made):
                self.changed.emit()
            if serial != self._history.serial:
                self.recompute()

        def stopped() -> None:
            self._computing = None
            if serial != self._history.serial:
                self.recompute()

        self._computing = self.jobs.start("gui.job.compute", lambda progress: pipeline.recompute(before, progress), done, stopped)

    # Files --------------------------------------------------------------------------------------------------------------------------

    def start_new(self, project: Project | None = None, path: Path | None = None) -> None:
        """Begin with another document and a fresh history; `path` is a file that holds just this document."""
        self._begin(History(project or Project()), Place(path) if path else None)

    def open(self, path: Path, *, read_only: bool = False) -> None:
        """Open a project file in the background. Where another window has it, nothing is opened and `held_elsewhere` tells."""

        place = self._place

        def work(_progress: Progress) -> tuple[Project, Place] | HeldElsewhere:
            try:
                return open_project(path, place, read_only=read_only)
            except HeldElsewhere as held:
                return held

        def done(outcome: object) -> None:
            if isinstance(outcome, HeldElsewhere):
                self.held_elsewhere.emit(path, outcome.told)
                return
            project, place = outcome  # type: ignore[misc]
            self.recent.add(path)
            self._begin(History(project), place, read_only=read_only)

        self.jobs.start("gui.job.open", work, done, subject=Subject(path.name))

    def take_in_comparison(self, paths: Sequence[Path]) -> None:
        """Read another run of the same work, to be laid over the run of the project."""

        def done(reading: object) -> None:
            assert isinstance(reading, pipeline.Reading)
            for error in reading.unreadable:
                self.failed.emit(error)
            if reading.run is not None:
                self.edit("page_profile.did.comparison", comparison=reading.run)

        def work(progress: Progress) -> pipeline.Reading:
            return self.reader.read(files_below(paths), progress, known_mappings())

        self.jobs.start("gui.job.read", work, done, subject=Subject(paths[0].name if len(paths) == 1 else ""))

    def realign(self, offsets_ns: Mapping[str, int]) -> None:
        """Put the files of the run on one time axis again, with offsets that the user gave (file -> ns). They are read from the cache."""
        paths = self.run_files

        def done(reading: object) -> None:
            assert isinstance(reading, pipeline.Reading)
            for error in reading.unreadable:
                self.failed.emit(error)
            if reading.run is not None and not reading.unreadable:
                self.edit("align.did", trace=reading.run)

        def work(progress: Progress) -> pipeline.Reading:
            return self.reader.read(paths, progress, known_mappings(), offsets_ns)

        self.jobs.start("gui.job.read", work, done, subject=Subject(paths[0].name if len(paths) == 1 else ""))

    def open_sample(self) -> None:
        """Open the sample project that ships with the program."""
        inputs = pipeline.sample_inputs()

        def work(progress: Progress) -> Project:
            return pipeline.new_project(inputs, progress)

        self.jobs.start("gui.job.open", work, lambda project: self.start_new(project))  # type: ignore[arg-type]

    def recover(self, found: RecoveryFile) -> None:
        """Go on with what another window left behind when it was killed: modified, with the path it had."""

        present = self._place

        def done(outcome: object) -> None:
            project, place, held = outcome  # type: ignore[misc]
            self._begin(History(project, saved=False), place, recovery=found, read_only=held)

        self.jobs.start("gui.job.open", lambda _progress: read_recovered(found, present), done, found.let_go, subject=Subject(found.name))

    def save(self, path: Path, then: Callable[[], object] | None = None, *, over: bool = False) -> None:
        """Save; the document counts as saved when the file is whole, and `then` is called.

        over  write also where someone else has changed the file since; otherwise `changed_on_disk` asks first
        """
        project, serial, place = self.project, self._history.serial, self._place

        def work(_progress: Progress) -> Place | ChangedOnDisk:
            try:
                return save_to(project, path, place, over=over)
            except ChangedOnDisk as changed:
                return changed

        def done(made: object) -> None:
            if isinstance(made, ChangedOnDisk):
                self.changed_on_disk.emit(path)
                return
            assert isinstance(made, Place)
            self._move_to(made)
            self._history.mark_saved(serial)
            self.is_read_only, self.saved_at = False, datetime.datetime.now()
            self.recent.add(path)
            self.saved.emit()
            self.changed.emit()
            if then:
                then()

        self.jobs.start("gui.job.save", work, done, subject=Subject(path.name))

    def close(self) -> None:
        """Stop all work, end the hold on the file, and forget the recovery file: what is lost by now the user has agreed to lose."""
        self.reader.restarts = False
        self.jobs.close()
        self.reader.stop()
        self.autosave.close()
        self._move_to(None)

    def _begin(self, history: History, place: Place | None, *, recovery: RecoveryFile | None = None, read_only: bool = False) -> None:
        self.autosave.start_over(recovery)
        self._history, self.selected_platform, self.is_read_only, self.saved_at = history, "", read_only, None
        self.kept, self.run_files, self.price_file = {}, (), None
        self._move_to(place)
        self._on_step()

    def _move_to(self, place: Place | None) -> None:
        before, self._place = self._place, place
        if before and before.lock and (place is None or place.lock is not before.lock):
            before.lock.release()
