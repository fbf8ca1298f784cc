"""What a dropped file is for: a project, a run description, a price sheet, a table of measured runs, or a trace.

Judged by content, cheaply enough for a drag that is still under way; what nothing is known of is "unknown", for a person to say.
"""

import html
import os
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Literal, TypeAlias

from msgspec import Struct

from app.engine.errors import EngineError
from app.engine.progress import Progress, no_progress
from app.engine.texts import encoding_of

Purpose: TypeAlias = Literal["project", "run", "model", "prices", "measured", "questionnaire", "trace", "unknown", "ignore"]
HEAD_BYTES = 65536
MOST_FILES = 4096
SQLITE = b"SQLite format 3\0"
ZIP = b"PK\x03\x04"
WORKBOOKS = (".xlsx", ".xlsm")
MOST_WORDS = 600
TITLE_LINES = 30
MEASURED_COLUMNS = {"case", "platform", "speed"}


class Sorted(Struct, frozen=True):
    """Dropped files by purpose, and those that could not be opened."""

    files: tuple[tuple[Path, Purpose], ...]
    unreadable: tuple[EngineError, ...] = ()

    def of(self, *purposes: Purpose) -> tuple[Path, ...]:
        """Return the files of these purposes."""
        return tuple(path for path, found in self.files if found in purposes)

    def assigned(self, purposes: dict[Path, Purpose]) -> "Sorted":
        """Return the same files, some with the purpose that a person named."""
        return Sorted(tuple((path, purposes.get(path, found)) for path, found in self.files), self.unreadable)


def sort_files(paths: Iterable[Path], progress: Progress = no_progress) -> Sorted:
    """Return what each dropped file is for; folders are looked through."""
    files: list[tuple[Path, Purpose]] = []
    unreadable: list[EngineError] = []
    try:
        found = files_below(paths)
    except EngineError as error:
        return Sorted((), (error,))
    for number, path in enumerate(found):
        progress(number / len(found), "intake.doing.sort")
        try:
            files.append((path, purpose_of(path)))
        except EngineError as error:
            unreadable.append(error)
    return Sorted(tuple(files), tuple(unreadable))


def purpose_of(path: Path) -> Purpose:
    """Return what a file is for. Raises EngineError where it cannot be opened."""
    head = _head(path)
    if head.startswith(SQLITE) and path.suffix.lower() == ".sxp":
        return "project"
    if path.suffix.lower() in WORKBOOKS and not zipfile.is_zipfile(path):
        raise EngineError("prices.not_a_workbook", file=path)
    if head.startswith(ZIP) and _is_questionnaire(path):
        return "questionnaire"
    if _is_archive(path):
        return "trace"  # the reader tells what of it is none
    if head.startswith(ZIP):
        return _purpose_of_words(_workbook_words(path)) or _purpose_of_trace(path, ())
    text = _text(head)
    if path.suffix.lower() == ".toml" or re.search(r"^\s*\[workload\]", text, re.MULTILINE):
        return "run"
    if text.lstrip().startswith("{") and '"traceEvents"' not in text and (found := _purpose_of_arguments(text)):
        return found
    lines = text.splitlines()[:TITLE_LINES]
    words = [[word.strip(' "\t') for word in re.split("[,;\t|]", line)] for line in lines]
    found = _purpose_of_words(words[0] if words else ()) or _purpose_of_trace(path, [word for line in words for word in line])
    return _purpose_of_arguments(text) or found if found == "unknown" else found


def is_text(path: Path) -> bool:
    """Tell whether a file is a text or a workbook, which a person can name a purpose for. One that cannot be opened is none."""
    try:
        head = _head(path)
    except EngineError:
        return False
    return head.startswith(ZIP) or bool(head and encoding_of(head, cut=True))


def files_below(paths: Iterable[Path]) -> tuple[Path, ...]:
    """Return the files among `paths` and in the folders among them, in name order, without hidden ones. Raises EngineError beyond 4096."""
    found: list[Path] = []
    for path in paths:
        for one in _visible(path) if path.is_dir() else (path,):
            found.append(one)
            if len(found) > MOST_FILES:
                raise EngineError("reading.too_many_files", file=path, limit=MOST_FILES)
    return tuple(dict.fromkeys(found))


def glance(paths: Iterable[Path], most: int, is_late: Callable[[], bool]) -> tuple[list[tuple[str, str]], int]:
    """Return (name, purpose) of the first files of a drag and how many more there are, for as long as it is not late.

    A folder that is not looked into any more counts as one; purposes besides those of Purpose: "folder", "unreadable",
    "unseen", and "skipped" for what is unknown inside a folder.
    """
    shown: list[tuple[str, str]] = []
    more = 0
    for path in paths:
        inside = [path] if is_late() or not path.is_dir() else _listed(path)
        room = most - len(shown)
        more += max(0, len(inside) - room)
        for one in inside[:room]:
            found = "unseen" if is_late() else _glanced(one)
            shown.append((one.name, "skipped" if found == "unknown" and one is not path else found))
    return shown, more


def _listed(folder: Path) -> list[Path]:
    """Return the files of a folder and, as folders, those inside it: a drag does not wait for a whole tree."""
    try:
        return [folder / name for name in sorted(os.listdir(folder)) if not name.startswith(".")]  # noqa: PTH208 - names only: fast
    except OSError:
        return [folder]


def _glanced(path: Path) -> str:
    if path.is_dir():
        return "folder"
    try:
        return purpose_of(path)
    except EngineError:
        return "unreadable"


def _visible(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and not any(part.startswith(".") for part in path.relative_to(folder).parts):
            yield path


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(HEAD_BYTES)
    except FileNotFoundError as error:
        raise EngineError("reading.not_found", file=path) from error
    except OSError as error:
        raise EngineError("reading.not_readable", file=path, detail=error.strerror or str(error)) from error


def _text(head: bytes) -> str:
    encoding = encoding_of(head, cut=True)
    return head.decode(encoding, "replace").removeprefix("\ufeff") if encoding else ""


def _is_archive(path: Path) -> bool:
    from app.engine.reading import container_kind

    return container_kind(path) != ""


def _is_questionnaire(path: Path) -> bool:
    from app.engine.questionnaire import is_questionnaire

    return is_questionnaire(path)


def _purpose_of_arguments(text: str) -> Purpose | None:
    """Return what a file of another program describes: a model, or a run."""
    from app.engine.workload import format_of

    found = format_of(text)
    return "model" if found in ("hugging-face", "diffusers") else "run" if found else None


def _workbook_words(path: Path) -> list[str]:
    """Return the first words of a workbook, without opening it as one."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if re.fullmatch(r"xl/(sharedStrings|worksheets/sheet\d+)\.xml", name)]
            heads = [archive.open(name).read(HEAD_BYTES).decode("utf-8", "replace") for name in names]
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError):
        return []
    return [html.unescape(word).strip() for word in re.findall(r"<t(?: [^>]*)?>([^<]*)</t>", "".join(heads))[:MOST_WORDS]]


def _purpose_of_words(words: Iterable[str]) -> Purpose | None:
    """Return what a table with these words is for where they tell it."""
    from app.engine.platform_store import names_prices

    heads = {word.lower() for word in words}
    if heads >= MEASURED_COLUMNS or heads >= (MEASURED_COLUMNS - {"case"}) | {"group"}:
        return "measured"
    return "prices" if names_prices(heads) else None


def _purpose_of_trace(path: Path, words: Iterable[str]) -> Purpose:
    from app.engine.reading import names_time, recognise

    slug = recognise(path)
    if slug == "table":
        heads = words or _workbook_words(path)
        return "trace" if names_time(heads) else "unknown"
    return "trace" if slug else "unknown"
