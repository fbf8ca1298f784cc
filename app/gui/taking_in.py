"""What dropped files bring: sorted by purpose, read in the background, and laid onto the document as it is by then."""

from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec import Struct

from app.engine import pipeline
from app.engine.errors import EngineError
from app.engine.intake import Purpose, files_below, purpose_of
from app.engine.model.projects import Project, changed
from app.engine.model.requirements import Requirement
from app.engine.progress import Progress
from app.gui.reading_worker import ReadingWorker


class Sorted(Struct, frozen=True):
    """Dropped files by purpose, and those that could not be opened."""

    files: tuple[tuple[Path, Purpose], ...]
    unreadable: tuple[EngineError, ...] = ()

    def of(self, purpose: Purpose) -> tuple[Path, ...]:
        """Return the files of one purpose."""
        return tuple(path for path, found in self.files if found == purpose)

    @property
    def size_bytes(self) -> int:
        """The size of all files."""
        return sum(path.stat().st_size for path, _ in self.files if path.is_file())


class Brought(Struct, frozen=True):
    """What was read: fields of the project with their new values, and what could not be read."""

    fields: dict[str, object]
    unreadable: tuple[EngineError, ...] = ()

    def onto(self, project: Project) -> Project:
        """Return the project with what was read; a name that the user gave stays."""
        if not self.fields:
            return project
        made = changed(project, **self.fields)
        if made.name or made.workload is None:
            return made
        return changed(made, name=made.requirement.customer or made.workload.name)


def sort_files(paths: Sequence[Path]) -> Sorted:
    """Return what each dropped file is for; folders are looked through."""
    files, unreadable = [], []
    for path in files_below(paths):
        try:
            files.append((path, purpose_of(path)))
        except EngineError as error:
            unreadable.append(error)
    return Sorted(tuple(files), tuple(unreadable))


def read_sorted(found: Sorted, reader: ReadingWorker, progress: Progress) -> Brought:
    """Read what was dropped, traces in the process that reads. Nothing here depends on the document, which may change meanwhile."""
    fields: dict[str, object] = {}
    unreadable: list[EngineError] = list(found.unreadable)
    for read in (_run_description, _measured, _prices):
        try:
            fields |= read(found)
        except EngineError as error:
            unreadable.append(error)
    if traces := found.of("trace"):
        reading = reader.read(traces, progress)
        unreadable += reading.unreadable
        if reading.run is not None:
            fields["trace"] = reading.run
    return Brought(fields, tuple(unreadable))


def _run_description(found: Sorted) -> dict[str, object]:
    fields: dict[str, object] = {}
    for path in found.of("run")[-1:]:
        fields["workload"], requirement = pipeline.read_run_description(path)
        if requirement != Requirement():  # a bare config.json says nothing of the customer and takes nothing away
            fields["requirement"] = requirement
    return fields


def _measured(found: Sorted) -> dict[str, object]:
    fields: dict[str, object] = {}
    for path in found.of("measured")[-1:]:
        read = pipeline.with_measured(Project(), path)
        fields |= {"measured": read.measured, "case": read.case}
    return fields


def _prices(found: Sorted) -> dict[str, object]:
    return {"prices": pipeline.read_prices(sheets[-1])} if (sheets := found.of("prices")) else {}


Then = Callable[[Sorted], None]
