"""The report of a defect: types, places in code, versions. No messages, no values, no paths: no customer data.

No Qt here: the reading process imports this module.
"""

import contextlib
import datetime
import hashlib
import importlib.metadata
import os
import platform
import sys
import traceback
from pathlib import Path

from app import __version__
from app.engine.paths import program_folder, user_folder

MOST_REPORTS = 20
MOST_PLACES = 60
PARTS = ("PySide6-Essentials", "numpy", "pandas", "scipy", "pyqtgraph", "msgspec", "reportlab")


def places_of(error: BaseException) -> tuple[str, ...]:
    """Return where an error came through, "module:line function" each, the place where it was raised last."""
    return tuple(f"{_module(frame.filename)}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__))[
        -MOST_PLACES:
    ]


def described(error: BaseException) -> tuple[str, ...]:
    """Return the lines that tell an error and what it came from: the type of each and its places."""
    lines: list[str] = []
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        kind = getattr(cause, "kind", "") if type(cause).__name__ == "ReadingDefect" else ""
        lines += [type(cause).__name__ + (f" in the reading process: {kind}" if kind else "")]
        lines += [f"  {place}" for place in (*getattr(cause, "places", ()), *places_of(cause))]
        cause = cause.__cause__ or cause.__context__
    return tuple(lines)


def report_of(lines: tuple[str, ...]) -> str:
    """Return the text of a report."""
    now = datetime.datetime.now().astimezone().isoformat(timespec="seconds")
    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    head = [f"SuanXuan {__version__}", f"time {now}", f"system {system}", f"python {platform.python_version()}", *_versions()]
    return "\n".join([*head, "", *lines, ""])


def write_report(report: str) -> Path | None:
    """Write the text of a report into the user's folder, keep the newest twenty, and return its path; None where nothing can be written."""
    try:
        folder = crash_folder()
        stamp = datetime.datetime.now().strftime("%Y%m%d-%H%M%S-%f")
        path = folder / f"crash-{stamp}-{os.getpid()}.txt"
        path.write_text(report, encoding="utf-8")
    except OSError:
        return None
    for old in sorted(folder.glob("crash-*.txt"))[:-MOST_REPORTS]:
        with contextlib.suppress(OSError):
            old.unlink()
    return path


def key_of(lines: tuple[str, ...]) -> str:
    """Return what is equal for the same defect."""
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def crash_folder() -> Path:
    """Return the folder of the reports. Raises OSError where it cannot be made."""
    folder = user_folder("state") / "crashes"
    folder.mkdir(exist_ok=True)
    return folder


def _versions() -> list[str]:
    found = []
    for name in PARTS:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found.append(f"{name} {importlib.metadata.version(name)}")
    return found


def _module(filename: str) -> str:
    """Return a file of ours from the program's folder on, one of a library from its package on, anything else by its name."""
    path = Path(filename)
    for folder in (program_folder(), *(Path(entry) for entry in sorted(sys.path, key=len, reverse=True) if entry)):
        with contextlib.suppress(ValueError):
            return path.relative_to(folder).as_posix()
    return path.name
