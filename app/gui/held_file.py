"""A small file that one process holds: who works on a thing. The system ends the hold when the process dies, however it dies.

Not by process number: numbers are given again, and a file that was left behind would then lock its owner out.
"""

import contextlib
import datetime
import getpass
import hashlib
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from app.engine.paths import user_folder

FAR_AWAY = 2**30  # Windows locks bytes against reading too, so the byte that is held lies behind the text


class HeldFile:
    """One such file. `hold` never waits."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[str] | None = None

    def hold(self, told: dict[str, object]) -> bool:
        """Take the file and write `told` into it; False where another process has it. Raises OSError where it cannot be made."""
        while True:
            file = self.path.open("a+", encoding="utf-8")
            try:
                _lock(file.fileno())
            except OSError:
                file.close()
                return False
            if _is_same(file.fileno(), self.path):
                break
            file.close()  # its last owner took it away between our opening and locking it
        self._file = file
        self.tell(told)
        return True

    def tell(self, told: dict[str, object]) -> None:
        """Write something else into the file that is held."""
        assert self._file is not None
        self._file.seek(0)
        self._file.truncate()
        self._file.write(json.dumps(told))
        self._file.flush()

    def told(self) -> dict[str, object]:
        """Return what its owner wrote, {} where nothing can be read."""
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def release(self, *, remove: bool = True) -> None:
        """End the hold and take the file away."""
        if self._file is None:
            return
        with contextlib.suppress(OSError):
            if remove and sys.platform != "win32":
                self.path.unlink()  # before the hold ends, so that nobody else has it yet
        self._file.close()
        self._file = None
        with contextlib.suppress(OSError):
            if remove and sys.platform == "win32":
                self.path.unlink()


class HeldElsewhere(Exception):
    """Another window has the project open; `told` says who: user, pid, since."""

    def __init__(self, told: dict[str, object]) -> None:
        super().__init__()
        self.told = told


def hold_project(path: Path, own: HeldFile | None = None) -> HeldFile | None:
    """Hold a project for this window, by a file in the user's own folder, never beside the project.

    So a customer's share is left clean and a program that was killed locks nobody out. A window on another machine is not seen by it; that
    it has saved meanwhile is seen before ours would overwrite that (project_file.file_state).

    own  what this window holds already: returned as it is where it is for the same project
    Returns None where the folder cannot be written. Raises HeldElsewhere.
    """
    try:
        folder = user_folder("state") / "locks"
        folder.mkdir(exist_ok=True)
        name = hashlib.sha256(os.path.normcase(path.resolve()).encode()).hexdigest()[:32]
        lock = HeldFile(folder / f"{name}.lock")
        if own is not None and own.path == lock.path:
            return own
        held = lock.hold(_whoami())
    except OSError:
        return None
    if not held:
        raise HeldElsewhere(lock.told())
    return lock


@contextmanager
def kept_if_well(lock: HeldFile | None, own: HeldFile | None) -> Iterator[None]:
    """End the hold where the block fails, unless it was this window's before."""
    try:
        yield
    except BaseException:
        if lock is not None and lock is not own:
            lock.release()
        raise


def _whoami() -> dict[str, object]:
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):  # no such user, as in some containers
        user = ""
    return {"user": user, "pid": os.getpid(), "since": datetime.datetime.now().isoformat(timespec="minutes")}


def _is_same(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except OSError:
        return False


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        os.lseek(handle, FAR_AWAY, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
