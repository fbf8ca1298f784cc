"""What the commands that read a table of measured runs share: its problems on stderr, the rest goes on."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli._frame import print_fault
from app.engine.errors import EngineError
from app.engine.messages import render, render_remedy

if TYPE_CHECKING:
    from app.engine.model.measurements import RunTable


def read_told(path: Path, lang: str) -> "RunTable":
    """Return a table of measured runs and print what is wrong with it. Raises EngineError where no row can be used."""
    from app.engine import pipeline

    table = pipeline.read_measured(path)
    for fault in table.errors():
        print_fault(fault, lang)
    return sound(table)


def sound(table: "RunTable") -> "RunTable":
    """Return the table. Raises EngineError where it has no row that can be used."""
    if not table.runs:
        raise EngineError("run_table.no_sound_row", file=table.file)
    return table


def describe_problems(table: "RunTable", lang: str) -> list[dict]:
    """Return the problems of a table for a document."""
    return [
        {
            "file": table.file,
            "row": one.row or None,
            "place": one.place,
            "column": one.column or None,
            "what": render(one.what, lang),
            "remedy": render_remedy(one.what, lang),
            "used": one.is_used,
        }
        for one in table.problems
    ]


@contextmanager
def of_file(file: Path) -> Iterator[None]:
    """Say which file is at fault where what reads no files raises."""
    try:
        yield
    except EngineError as error:
        error.file = error.file or str(file)
        raise
