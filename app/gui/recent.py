"""The projects and data that were opened last, newest first, kept in the user's settings."""

import datetime
import json
from pathlib import Path

from msgspec import Struct
from PySide6.QtCore import QSettings

KEY = "recent"
MOST = 12


class RecentItem(Struct, frozen=True):
    """One place. kind: "project", "folder" or "data". A place that is gone stays in the list, marked, so that its loss has a reason."""

    path: Path
    exists: bool
    opened_at: datetime.datetime
    kind: str


class Recent:
    """The list, at most twelve. It is read from the settings each time, so two windows share it."""

    def __init__(self, settings: QSettings) -> None:
        self._settings = settings

    def add(self, path: Path) -> None:
        """Put a place on top."""
        path = Path(path).absolute()
        now = datetime.datetime.now().astimezone().isoformat(timespec="seconds")
        kept = [entry for entry in self._entries() if entry[0] != str(path)]
        self._settings.setValue(KEY, json.dumps([(str(path), now, _kind(path)), *kept][:MOST]))

    def remove(self, path: Path) -> None:
        """Take a place out."""
        self._settings.setValue(KEY, json.dumps([entry for entry in self._entries() if entry[0] != str(path)]))

    def clear(self) -> None:
        """Forget all."""
        self._settings.remove(KEY)

    def items(self) -> list[RecentItem]:
        """Return the places, newest first. It looks whether each is still there: on a share that sleeps this takes a moment."""
        return [
            RecentItem(Path(path), _is_there(Path(path)), moment, kind) for path, when, kind in self._entries() if (moment := _moment(when))
        ]

    def _entries(self) -> list[tuple[str, str, str]]:
        """Return (path, time, kind) of what the settings hold; anything else that stands there is dropped."""
        try:
            stored = json.loads(str(self._settings.value(KEY, "[]")))
        except ValueError:
            return []
        rows = stored if isinstance(stored, list) else []
        return [tuple(row) for row in rows if isinstance(row, list) and len(row) == 3 and all(isinstance(part, str) for part in row)][:MOST]


def _kind(path: Path) -> str:
    return "project" if path.suffix.lower() == ".sxp" else "folder" if path.is_dir() else "data"


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a share that is gone, a name that no file can have
        return False


def _moment(text: str) -> datetime.datetime | None:
    try:
        return datetime.datetime.fromisoformat(text)
    except ValueError:
        return None
