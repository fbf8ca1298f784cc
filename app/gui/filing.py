"""Opening and saving as it runs in the background: the hold on the file, the file itself, and what state it was in. No Qt here."""

from pathlib import Path

from msgspec import Struct

from app.engine.errors import EngineError
from app.engine.model.projects import Project
from app.engine.project_file import FileState, file_state, load_project, save_project
from app.gui.held_file import HeldElsewhere, HeldFile, hold_project, kept_if_well
from app.gui.recovery import RecoveryFile


class Place(Struct, frozen=True):
    """Where a document lies: its file, this window's hold on it, and how the file was when we last read or wrote it."""

    path: Path
    lock: HeldFile | None = None
    state: FileState | None = None


class ChangedOnDisk(Exception):
    """Someone else has written the file since we read it."""


def open_project(path: Path, present: Place | None, *, read_only: bool) -> tuple[Project, Place]:
    """Hold and read a project. Raises HeldElsewhere unless it is to be read only, and EngineError as load_project does."""
    own = present.lock if present else None
    lock = None if read_only else hold_project(path, own)
    with kept_if_well(lock, own):
        state = file_state(path)
        return load_project(path), Place(path, lock, state)


def save_to(project: Project, path: Path, present: Place | None, *, over: bool) -> Place:
    """Save a project and return where it lies now. Raises ChangedOnDisk unless `over`; EngineError where another window has the file."""
    own = present.lock if present else None
    known = present.state if present and present.path == path else None
    if known and not over and file_state(path) not in (None, known):
        raise ChangedOnDisk
    try:
        lock = hold_project(path, own)
    except HeldElsewhere as held:
        raise EngineError("document.open_elsewhere", file=path) from held
    with kept_if_well(lock, own):
        save_project(project, path)
    return Place(path, lock, file_state(path))


def read_recovered(found: RecoveryFile, present: Place | None) -> tuple[Project, Place | None, bool]:
    """Read what a killed window left: the document, where it belongs, and whether another window has that file by now."""
    project = load_project(found.path)
    if found.origin is None:
        return project, None, False
    try:
        lock = hold_project(found.origin, present.lock if present else None)
    except HeldElsewhere:
        return project, Place(found.origin), True
    return project, Place(found.origin, lock, found.origin_state), False
