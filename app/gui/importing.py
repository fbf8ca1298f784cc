"""Taking files in: sort them, ask what must be asked, read in the background, put each where it belongs as one step.

What belongs where is decided by `app.engine.importing`; this only runs it off the event loop and asks the person between the steps.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject, Signal

from app.engine.errors import EngineError
from app.engine.importing import GOES, Answers, Case, Outcome, Questions, SecondTrace, newest_of, not_taken, questions, take_in
from app.engine.intake import Purpose, Sorted, is_text, sort_files
from app.engine.mapping_store import known_mappings, remember_mapping
from app.engine.messages import Message, message
from app.engine.model.mappings import TableMapping, TablePreview
from app.engine.model.projects import Project
from app.engine.progress import Progress
from app.engine.reading import preview_table
from app.gui.jobs import Subject
from app.gui.session import Session

MOST_REMEMBERED = 3


class Asker(Protocol):
    """Who answers; None means that the person called it off."""

    def purposes(self, paths: Sequence[Path]) -> dict[Path, Purpose] | None:
        """Say what files are for."""

    def case(self, path: Path, cases: Sequence[Case], likely: str) -> str | None:
        """Choose a case of a table of measured runs."""

    def mapping(self, preview: TablePreview) -> TableMapping | None:
        """Say what the columns of a table mean."""

    def second_trace(self) -> SecondTrace | None:
        """Say what a second trace is."""


class Importing(QObject):
    """The way in of one window. Errors go out by the session's `failed`, what was done by its `told`."""

    doubted = Signal(object, object)  # a table's path, the messages on what was guessed

    def __init__(self, session: Session, asker: Asker, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._asker = session, asker

    def take_in(self, paths: Sequence[Path], then: Callable[[], None] | None = None) -> None:
        """Sort files and folders by purpose and take them in. Unknown files inside a folder are left, those given by name are asked for."""
        named = set(paths)

        def sorted_(found: object) -> None:
            assert isinstance(found, Sorted)
            unknown = [path for path in found.of("unknown") if path in named]
            said: dict[Path, Purpose] = {path: "trace" for path in unknown if not is_text(path)}  # its reader tells why it is not read
            asked = [path for path in unknown if path not in said]
            if asked:
                said |= self._asker.purposes(asked) or dict.fromkeys(asked, "ignore")
            self._sorted(found.assigned(said), then)

        self._session.jobs.start("gui.job.read", lambda progress: sort_files(paths, progress), sorted_)

    def take_as(self, path: Path, purpose: Purpose) -> None:
        """Take a file in for a purpose that a person named."""
        self._look(Sorted(((path, purpose),)), None)

    def map_table(self, path: Path) -> None:
        """Ask what the columns of a table mean, then take it in as a trace."""

        def seen(preview: object) -> None:
            assert isinstance(preview, TablePreview)
            mapping = self._asker.mapping(preview)
            if mapping is not None:
                remember_mapping(mapping)
                self.take_as(path, "trace")

        self._session.jobs.start("intake.doing.look", lambda _progress: preview_table(path), seen)

    # The steps ----------------------------------------------------------------------------------------------------------------------

    def _sorted(self, found: Sorted, then: Callable[[], None] | None) -> None:
        projects = found.of("project")
        rest = Sorted(tuple((path, purpose) for path, purpose in found.files if purpose != "project"), found.unreadable)
        if not projects:
            self._look(rest, then)
            return
        notes = not_taken(projects)
        self._open(newest_of(projects)[0], lambda: self._look(rest, then, notes))

    def _open(self, path: Path, then: Callable[[], None]) -> None:
        """Open a project and go on when it is there; not at all where it cannot be opened."""
        session = self._session

        def forget() -> None:
            session.changed.disconnect(opened)
            session.failed.disconnect(failed)
            session.held_elsewhere.disconnect(held)

        def opened() -> None:
            if session.path == path:
                forget()
                then()

        def failed(_error: EngineError) -> None:
            forget()

        def held(_path: Path, _who: dict) -> None:
            forget()

        session.changed.connect(opened)
        session.failed.connect(failed)
        session.held_elsewhere.connect(held)
        session.open(path)

    def _look(self, found: Sorted, then: Callable[[], None] | None, notes: Sequence[Message] = ()) -> None:
        if not found.of(*GOES):
            self._end(Outcome(self._session.project, None, found.unreadable), notes, then)
            return
        project = self._session.project

        def looked(asked: object) -> None:
            assert isinstance(asked, Questions)
            answered = self._ask(found, asked)
            if answered is not None:
                self._read(*answered, notes, then)

        self._session.jobs.start("gui.job.read", lambda progress: questions(project, found, known_mappings(), progress), looked)

    def _ask(self, found: Sorted, asked: Questions) -> tuple[Sorted, Answers] | None:
        """Return what is left to be taken and the answers; None where the second trace was called off."""
        cases: dict[Path, str] = {}
        for path, listed in asked.cases.items():
            chosen = self._asker.case(path, listed, asked.likely[path])
            if chosen is None:
                found = found.assigned({path: "ignore"})
            else:
                cases[path] = chosen
        for preview in asked.tables.values():
            mapping = self._asker.mapping(preview)
            if mapping is not None:  # one that is called off is read as it is and reports why it cannot be
                remember_mapping(mapping)
        second = self._asker.second_trace() if asked.has_run else "replace"
        return None if second is None else (found, Answers(cases, known_mappings(), second))

    def _read(self, found: Sorted, answers: Answers, notes: Sequence[Message], then: Callable[[], None] | None) -> None:
        before, reader = self._session.project, self._session.reader
        subject = Subject(found.files[0][0].name if len(found.files) == 1 else "")
        subject.files, subject.total_bytes = len(found.files), sum(path.stat().st_size for path, _ in found.files if path.is_file())

        def work(progress: Progress) -> Outcome:
            return take_in(before, found, answers, reader.read, progress)

        def done(outcome: object) -> None:
            assert isinstance(outcome, Outcome)
            new = _differences(before, outcome.project)
            if new:
                if "trace" in new:
                    earlier = self._session.run_files if answers.second_trace == "merge" else ()
                    self._session.run_files = (*earlier, *found.of("trace"))
                if "prices" in new and (sheets := found.of("prices")):
                    self._session.price_file = newest_of(sheets)[0]
                self._session.edit("gui.did.import", **new)
                failed = {error.file for error in outcome.errors}
                read = [path for path, _purpose in found.files if not {str(path), path.name} & failed]
                for path in read[:MOST_REMEMBERED]:
                    self._session.recent.add(path)
            self._end(outcome, notes, then)

        self._session.jobs.start("gui.job.read", work, done, subject=subject)

    def _end(self, outcome: Outcome, notes: Sequence[Message], then: Callable[[], None] | None) -> None:
        for error in (*outcome.errors, *outcome.problems):
            self._session.failed.emit(error)
        for path, guessed in outcome.doubts.items():
            self.doubted.emit(path, guessed)
        if outcome.told is not None or notes:
            told = [outcome.told] if outcome.told is not None else []
            self._session.told.emit(message("intake.told.lines", lines=[*told, *notes]), bool(told))
        if then:
            then()


def _differences(before: Project, after: Project) -> dict[str, object]:
    """Return the fields that an import changed, to be laid over whatever was edited while it read."""
    return {name: getattr(after, name) for name in Project.__struct_fields__ if getattr(after, name) is not getattr(before, name)}
