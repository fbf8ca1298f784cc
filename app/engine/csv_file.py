"""Writing a table as CSV that a spreadsheet opens as it is meant: UTF-8 with a mark, no cell that it would run."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from app.engine.paths import replacing


def write_csv(path: Path, rows: Iterable[Sequence[str]]) -> None:
    """Write rows of text, the heads first. Raises OSError as the file system does; no partial file is left."""
    with replacing(Path(path)) as temporary, temporary.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([plain(cell) for cell in row] for row in rows)


def plain(text: str) -> str:
    """Return a cell that a spreadsheet takes for text or a number, never for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "@", "\t", "\r") or (text[:1] == "-" and not _is_number(text)) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
