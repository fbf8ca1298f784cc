"""A table as a file: CSV in UTF-8 with the mark that spreadsheets need to read Chinese."""

import csv
from collections.abc import Sequence
from pathlib import Path

from app.engine.errors import EngineError
from app.engine.paths import replacing


def write_csv(grid: Sequence[Sequence[str]], path: Path) -> None:
    """Write rows of text, the heads first; whole or not at all. Raises EngineError where the file cannot be written."""
    try:
        with replacing(path) as temporary, temporary.open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file).writerows(grid)
    except OSError as error:
        raise EngineError("pipeline.not_written", file=path, detail=error.strerror or str(error)) from error
