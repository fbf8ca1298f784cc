"""What a dropped file is for: a project, a run description, a price sheet, a table of measured runs, or a trace.

Judged by content, cheaply; a file that looks like nothing known counts as a trace, whose readers then say what they know.
"""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Literal, TypeAlias

from app.engine.errors import EngineError
from app.engine.texts import encoding_of

Purpose: TypeAlias = Literal["project", "run", "prices", "measured", "trace"]
HEAD_BYTES = 65536
MOST_FILES = 4096
SQLITE = b"SQLite format 3\0"
ZIP = b"PK\x03\x04"


def purpose_of(path: Path) -> Purpose:
    """Return what a file is for. Raises EngineError where it cannot be opened."""
    head = _head(path)
    if head.startswith(SQLITE) and path.suffix.lower() == ".sxp":
        return "project"
    if head.startswith(ZIP):
        return _purpose_of_workbook(path)
    text = _text(head)
    if path.suffix.lower() == ".toml" or "[workload]" in text:
        return "run"
    if text.lstrip().startswith("{") and '"traceEvents"' not in text and _is_model_config(text):
        return "run"
    columns = {word.strip().strip('"').lower() for word in text.partition("\n")[0].replace(";", ",").replace("\t", ",").split(",")}
    return "measured" if {"case", "platform", "speed"} <= columns else "trace"


def files_below(paths: Iterable[Path]) -> tuple[Path, ...]:
    """Return the files among `paths` and in the folders among them, in name order, without hidden ones. Raises EngineError beyond 4096."""
    found: list[Path] = []
    for path in paths:
        found.extend(_visible(path) if path.is_dir() else [path])
        if len(found) > MOST_FILES:
            raise EngineError("reading.too_many_files", file=path, limit=MOST_FILES)
    return tuple(dict.fromkeys(found))


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


def _is_model_config(text: str) -> bool:
    return any(f'"{key}"' in text for key in ("hidden_size", "n_embd", "model_type", "num_hidden_layers", "d_model"))


def _purpose_of_workbook(path: Path) -> Purpose:
    from app.engine import pipeline

    tries: tuple[tuple[Purpose, Callable[[Path], object]], ...] = (("prices", pipeline.read_prices), ("measured", pipeline.read_measured))
    for purpose, read in tries:
        try:
            read(path)
        except EngineError as error:
            if error.message.code.split(".")[1] in ("no_table", "columns_missing", "not_a_table", "not_a_workbook", "not_readable"):
                continue
        return purpose
    return "trace"
