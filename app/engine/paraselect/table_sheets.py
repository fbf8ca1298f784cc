"""The sheets of a workbook as text: their cells, what is merged, and formulas whose value the program that wrote them did not store."""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import TypeAlias

from app.engine.errors import EngineError

Area: TypeAlias = tuple[tuple[int, int], tuple[int, int]]
MOST_COLUMNS = 500
MOST_CELLS = 20_000_000
MOST_SHEET_BYTES = 2**30
_UNCOMPUTED = re.compile(rb'<c r="([A-Z]{1,3})(\d+)"[^>]*>(?:<f[^>]*/>|<f[^>]*>[^<]*</f>)(?:<v></v>|<v/>|<v>#[^<]*</v>)?</c>')
_SHEET = re.compile(r'<sheet\b[^>]*\bname="([^"]*)"[^>]*\br:id="([^"]*)"')
_TARGET = re.compile(r"<Relationship\b[^>]*>")


def sheets_of(path: Path) -> Iterator[tuple[str, list[list[str]], list[Area], list[tuple[int, int]]]]:
    """Yield (name, rows of cells, merged areas, formulas without a value) of each sheet; all counted from 0.

    Raises EngineError where it is no workbook or a sheet is larger than a table of runs can be.
    """
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        book = CalamineWorkbook.from_path(str(path))
        formulas = _formulas(path)
        for place, name in enumerate(book.sheet_names):
            sheet = book.get_sheet_by_name(name)
            if sheet.total_width > MOST_COLUMNS or sheet.total_width * sheet.total_height > MOST_CELLS:
                raise EngineError("run_table.sheet_too_large", file=path, place=f"{name}!A1", limit=MOST_COLUMNS)
            rows = [[_text(cell) for cell in line] for line in sheet.to_python(skip_empty_area=False)]
            yield name, rows, list(sheet.merged_cell_ranges or ()), formulas[place] if place < len(formulas) else []
    except (CalamineError, PasswordError, OSError) as error:
        raise EngineError("paraselect.not_a_table", file=path) from error


def letter(column: int) -> str:
    """Return the letters of a column counted from 0."""
    found = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        found = chr(65 + rest) + found
    return found


def _text(cell: object) -> str:
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _formulas(path: Path) -> list[list[tuple[int, int]]]:
    """Return the cells of each sheet, in the order of the workbook, that hold a formula and no value or an error; none where not told."""
    try:
        with zipfile.ZipFile(path) as archive:
            sheets = [rid for _, rid in _SHEET.findall(archive.read("xl/workbook.xml").decode("utf-8", "replace"))]
            targets = {}
            for found in _TARGET.findall(archive.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")):
                told = dict(re.findall(r'(\w+)="([^"]*)"', found))
                targets[told.get("Id", "")] = told.get("Target", "")
            return [_uncomputed(archive, targets.get(rid, "")) for rid in sheets]
    except (zipfile.BadZipFile, KeyError, OSError, NotImplementedError, RuntimeError):
        return []  # an old .xls, or a file whose parts stand elsewhere: its cells are read all the same


def _uncomputed(archive: zipfile.ZipFile, target: str) -> list[tuple[int, int]]:
    name = target.lstrip("/") if target.startswith("/") else str(PurePosixPath("xl") / target)
    if name not in archive.namelist() or archive.getinfo(name).file_size > MOST_SHEET_BYTES:
        return []
    return [(int(line) - 1, _column(letters)) for letters, line in _UNCOMPUTED.findall(archive.read(name))]


def _column(letters: bytes) -> int:
    number = 0
    for one in letters:
        number = number * 26 + one - 64
    return number - 1
