"""Read the CSV tables of platform_db, with an error that names file and line."""

import csv
from collections.abc import Iterator
from pathlib import Path

from app.engine.errors import EngineError


def rows(path: Path, needed: tuple[str, ...] = ()) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield (line, row) of a CSV table.

    Raises EngineError when the file is missing, is not UTF-8, lacks a needed column, or a row has too few or too many cells.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            heads = next(reader, [])
            lacking = [name for name in needed if name not in heads]
            if lacking:
                raise EngineError("platforms.columns_missing", file=path.name, columns=lacking)
            for cells in reader:
                if len(cells) != len(heads):
                    raise EngineError("platforms.row_length", file=path.name, place=reader.line_num, cells=len(cells), columns=len(heads))
                yield reader.line_num, dict(zip(heads, cells, strict=True))
    except FileNotFoundError as error:
        raise EngineError("platforms.file_missing", file=path.name) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise EngineError("platforms.not_a_table", file=path.name, detail=str(error)) from error


def items(cell: str) -> tuple[str, ...]:
    """Return the parts of a cell that holds a list, separated by semicolons."""
    return tuple(part.strip() for part in cell.split(";") if part.strip())
