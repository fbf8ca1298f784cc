"""Which files of a folder are read: no link is followed, nothing huge, nothing binary, no folder of installed packages; all is counted."""

import os
import stat
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct, field

from app.engine.errors import EngineError
from app.engine.model.porting import Unread
from app.engine.progress import Progress

MOST_FILES, MOST_ENTRIES, MOST_DEPTH = 50_000, 1_000_000, 64
MOST_BYTES = 4 << 20
MOST_NOTEBOOK_BYTES = 32 << 20
TOLD_EVERY = 500
INSTALLED = frozenset(
    (
        ".git", ".hg", ".svn", "__pycache__", "node_modules", "site-packages", "dist-packages", ".venv", "venv", ".tox", ".nox", ".eggs",
        ".mypy_cache", ".ruff_cache", ".pytest_cache", ".ipynb_checkpoints",
    )
)  # fmt: skip
PYTHON, NATIVE = (".py", ".pyw"), (".cu", ".cuh", ".cpp", ".cc", ".cxx", ".c", ".h", ".hpp", ".hip")
KINDS = {".ipynb": "notebook", ".sh": "shell", ".bash": "shell", ".slurm": "shell"}
KINDS |= dict.fromkeys(PYTHON, "python") | dict.fromkeys(NATIVE, "native")
LOOKED_AT = 400


class Source(Struct, frozen=True):
    """One file to read. name: relative to the folder, with /; kind: python notebook native shell requirements pyproject conda."""

    path: Path
    name: str
    kind: str


class Walk(Struct):
    """What a folder holds. modules: names that imports may mean inside the folder itself."""

    sources: list[Source] = []
    skipped: Counter[str] = field(default_factory=Counter)
    unreadable: list[Unread] = []
    modules: set[str] = set()


def kind_of(name: str) -> str:
    """Return what a file is by its name, "" for one that is not read."""
    lower = name.lower()
    if lower == "pyproject.toml":
        return "pyproject"
    if lower in ("environment.yml", "environment.yaml", "conda.yml", "conda.yaml"):
        return "conda"
    if lower.startswith("requirements") and lower.endswith((".txt", ".in")):
        return "requirements"
    return KINDS.get(os.path.splitext(lower)[1], "")  # noqa: PTH122 - half a million names, none of which needs a Path


def walk(folder: Path, progress: Progress) -> Walk:
    """Return the files of a folder to read. Raises EngineError for what is no folder, or one that cannot be opened."""
    if not folder.is_dir():
        raise EngineError("scan.no_folder", file=folder)
    found = Walk()
    waiting: list[tuple[str, str, int]] = [(str(folder), "", 0)]
    seen = 0
    while waiting:
        path, inside, depth = waiting.pop()
        try:
            with os.scandir(path) as entries:
                listed = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            if not inside:
                raise EngineError("scan.not_opened", file=folder, detail=error.strerror or str(error)) from error
            found.unreadable.append(Unread(inside, 0, "not_opened", error.strerror or ""))
            continue
        for entry in listed:
            seen += 1
            if seen % TOLD_EVERY == 0:
                progress(0.0, "scan.doing.look")
            if seen > MOST_ENTRIES or len(found.sources) >= MOST_FILES:
                found.skipped["too_many"] += 1
                return found
            _sort(entry, f"{inside}/{entry.name}" if inside else entry.name, depth, found, waiting)
    return found


def _sort(entry: os.DirEntry, name: str, depth: int, found: Walk, waiting: list[tuple[str, str, int]]) -> None:
    name = name.encode("utf-8", "replace").decode()  # names that are no text in any encoding
    try:
        if entry.is_symlink():
            found.skipped["link"] += 1
        elif entry.is_dir(follow_symlinks=False):
            if entry.name in INSTALLED or depth >= MOST_DEPTH:
                found.skipped["installed" if entry.name in INSTALLED else "too_deep"] += 1
            else:
                found.modules.add(entry.name)
                waiting.append((entry.path, name, depth + 1))
        elif kind := kind_of(entry.name):
            told = entry.stat(follow_symlinks=False)
            if not stat.S_ISREG(told.st_mode):
                found.skipped["special"] += 1
            elif told.st_size > (MOST_NOTEBOOK_BYTES if kind == "notebook" else MOST_BYTES):
                found.skipped["huge"] += 1
            else:
                if kind == "python":
                    found.modules.add(entry.name.rpartition(".")[0])
                found.sources.append(Source(Path(entry.path), name, kind))
        else:
            found.skipped["other"] += 1
    except OSError as error:
        found.unreadable.append(Unread(name, 0, "not_opened", error.strerror or ""))


def read_bytes(path: Path) -> bytes:
    """Return what a regular file holds, at most as much as its kind allows. Raises OSError; a link or a pipe put there meanwhile too."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(0, "not a regular file")
        return file.read(MOST_NOTEBOOK_BYTES)


def looks_like_source(folder: Path) -> bool:
    """Tell whether a folder holds program source rather than records of a run, by its first few hundred names."""
    counts = Counter(_first_kinds(folder))
    return sum(counts[kind] for kind in ("python", "notebook", "native")) > counts["record"]


def _first_kinds(folder: Path) -> Iterator[str]:
    waiting, looked = [folder], 0
    while waiting:
        try:
            entries = sorted(os.scandir(waiting.pop(0)), key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in entries:
            looked += 1
            if looked > LOOKED_AT:
                return
            if entry.is_symlink() or entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in INSTALLED:
                    waiting.append(Path(entry.path))
            elif kind := kind_of(entry.name):
                yield kind
            elif entry.name.lower().endswith((".csv", ".json", ".gz", ".xlsx", ".log", ".sqlite", ".db", ".parquet", ".zip")):
                yield "record"
