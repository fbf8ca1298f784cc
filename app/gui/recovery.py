"""Autosave and recovery: an edited document is written to a file of its own, which outlives a kill and is offered at the next start."""

import contextlib
import datetime
import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from app.engine.errors import EngineError
from app.engine.progress import Progress
from app.engine.project_file import FileState, save_project
from app.gui.held_file import HeldFile
from app.gui.preferences import own_recovery_folder

if TYPE_CHECKING:
    from app.gui.session import Session

LONGEST_IDLE_S = 10.0


class RecoveryFile:
    """The recovery file of one window. Beside it lies what the window holds while it lives, which tells where the document is from."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = HeldFile(path.with_suffix(".lock"))
        told = self._lock.told()
        self.name = str(told.get("name") or "")
        self.origin = Path(str(told["path"])) if told.get("path") else None
        self.origin_state = _state_of(told.get("state"))

    @property
    def written_at(self) -> datetime.datetime | None:
        """When it was last written."""
        try:
            return datetime.datetime.fromtimestamp(self.path.stat().st_mtime)
        except OSError:
            return None

    def hold(self) -> bool:
        """Take it, as it is, from a window that is dead; False where that window lives."""
        told = self._lock.told()
        return self._lock.hold(told)

    def begin(self, name: str, origin: Path | None, state: FileState | None) -> None:
        """Hold a new one and tell where the document is from. Raises OSError."""
        self.name, self.origin, self.origin_state = name, origin, state
        told = {
            "name": name,
            "path": str(origin) if origin else "",
            "state": [state.size, state.time_ns, state.head.hex()] if state else None,
        }
        self._lock.hold(told)

    def let_go(self) -> None:
        """Leave it where it is, for later."""
        self._lock.release(remove=False)

    def discard(self) -> None:
        """Delete it."""
        for path in (self.path, self.path.with_name(f"{self.path.name}-journal")):
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
        self._lock.release()


def left_behind(folders: Iterable[Path]) -> list[RecoveryFile]:
    """Return the recovery files whose window is dead, newest first, each held by us now; let go those that are not wanted."""
    found = []
    for folder in dict.fromkeys(folders):
        for lock in folder.glob("*.lock"):
            file = RecoveryFile(lock.with_suffix(".sxp"))
            try:
                if not file.hold():
                    continue
            except OSError:
                continue
            if file.path.exists():
                found.append(file)
            else:
                file.discard()  # killed before its first save: there is nothing to recover
    return sorted(found, key=lambda file: file.path.name, reverse=True)


class Autosave(QObject):
    """Writes what changed in the background: a moment after an edit, at the latest `Preferences.autosave_s` after it."""

    def __init__(self, session: "Session") -> None:
        super().__init__(session)
        self._session = session
        self._file: RecoveryFile | None = None
        self._written = 0  # the step that the file holds
        self._edited_at: float | None = None
        self._is_writing = self._has_failed = False
        self.written_at: datetime.datetime | None = None
        self._clock = QTimer(self)
        self._clock.setSingleShot(True)
        self._clock.timeout.connect(self.write)
        session.changed.connect(self._on_changed)

    def write(self) -> None:
        """Write the document now, where it is not written yet."""
        session, serial, project = self._session, self._session.serial, self._session.project
        if self._is_writing or not session.is_modified or serial == self._written:
            return
        file = self._file or RecoveryFile(_new_path(session.preferences.recovery_folder))
        is_new, origin, state = self._file is None, session.path, session.file_state
        self._file, self._is_writing = file, True

        def work(_progress: Progress) -> EngineError | None:
            try:
                if is_new:
                    file.begin(project.name, origin, state)
                save_project(project, file.path)
            except OSError as error:
                return EngineError("document.no_recovery", file=file.path.parent, detail=error.strerror or str(error))
            except EngineError as error:
                return EngineError("document.no_recovery", file=file.path.parent, detail=error.message)
            return None

        session.jobs.start(
            "document.job.autosave", work, lambda failed: self._on_written(file, serial, failed), self._on_stopped, quiet=True
        )

    def start_over(self, recovery: RecoveryFile | None) -> None:
        """Drop the file of the document that is left; go on with `recovery` where the next one comes from it."""
        self._drop()
        self._file, self._has_failed = recovery, False
        self.written_at = recovery.written_at if recovery else None

    def close(self) -> None:
        """Stop, and delete the file."""
        self._clock.stop()
        self._is_writing = False
        self._drop()

    def _on_changed(self) -> None:
        session = self._session
        if not session.is_modified:
            self._drop()
        elif session.serial != self._written:
            now = time.monotonic()
            self._edited_at = now if self._edited_at is None else self._edited_at
            longest = float(session.preferences.autosave_s)
            rest = longest - (now - self._edited_at)
            self._clock.start(round(1000 * max(0.0, min(LONGEST_IDLE_S, longest / 3, rest))))

    def _on_written(self, file: RecoveryFile, serial: int, failed: object) -> None:
        self._is_writing = False
        if file is not self._file:  # saved, or another document, while it was written
            file.discard()
        elif isinstance(failed, EngineError):
            self._edited_at = None
            if not file.path.exists():
                file.discard()
                self._file = None
            if not self._has_failed:
                self._session.failed.emit(failed)
            self._has_failed = True
        else:
            self._written, self._edited_at, self._has_failed = serial, None, False
            self.written_at = datetime.datetime.now()
        self._session.changed.emit()

    def _on_stopped(self) -> None:
        self._is_writing = False

    def _drop(self) -> None:
        self._clock.stop()
        self._written, self._edited_at, self.written_at = 0, None, None
        if self._file is not None and not self._is_writing:
            self._file.discard()
        self._file = None


def recovery_folders(chosen: Path) -> tuple[Path, ...]:
    """Return where recovery files may lie."""
    return (chosen, own_recovery_folder())


def _new_path(folder: Path) -> Path:
    return folder / f"{time.time_ns()}-{os.getpid()}.sxp"


def _state_of(told: object) -> FileState | None:
    try:
        size, time_ns, head = told  # type: ignore[misc]
        return FileState(int(size), int(time_ns), bytes.fromhex(head))
    except (TypeError, ValueError):
        return None
