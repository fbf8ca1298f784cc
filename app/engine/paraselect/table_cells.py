"""The cells of a table as text, each with its place in the file: CSV by line, a workbook by SHEET!CELL.

What the file itself hides (an open quotation mark, merged cells, formulas that were never computed, a second sheet) is told as a fault.
"""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

from msgspec import Struct

from app.engine.errors import EngineError
from app.engine.messages import Message, message
from app.engine.paraselect.table_sheets import letter, sheets_of
from app.engine.texts import decode

HEAD_ROWS_SEARCHED = 30
FIRST_HEADS = frozenset(("case", "group"))
SEPARATORS = ",;\t|"
MOST_ROWS = 200_000
MOST_BYTES = 256 * 2**20
MOST_RECORD_LINES = 50
"""Of one row whose cells hold line ends; a quotation mark open for longer was never closed."""
INVISIBLE = dict.fromkeys([*range(0x200B, 0x2010), 0x2060, 0xFEFF, 0x00AD, 0], None) | {0xA0: " ", 0x3000: " "}


class CellFault(Struct, frozen=True):
    """What is wrong with the file at a line. column: of a cell, -1 for the row; is_row: whether the row cannot be used."""

    line: int
    column: int
    what: Message
    is_row: bool = True


class Cells(Struct, frozen=True):
    """A table as it stands in its file. head_line, lines: where the heads and each row stand; sheet: its name, "" for CSV."""

    heads: list[str]
    head_line: int
    rows: list[list[str]]
    lines: list[int]
    faults: list[CellFault] = []
    sheet: str = ""

    def place(self, line: int, column: int = 0) -> str:
        """Return the line, or SHEET!CELL in a workbook."""
        return f"{self.sheet}!{letter(max(column, 0))}{line}" if self.sheet else str(line)


def read_cells(path: Path) -> Cells:
    """Return all rows that hold anything, in order. Raises EngineError where the file is no table or has no head row with `case`."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise EngineError("run_table.too_large", file=path, limit=MOST_BYTES // 2**20)
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise EngineError("paraselect.not_found", file=path) from error
    except OSError as error:
        raise EngineError("paraselect.not_readable", file=path, detail=error.strerror or str(error)) from error
    found = _workbook(path) if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")) else _csv(path, content)
    if len(found.rows) > MOST_ROWS:
        raise EngineError("paraselect.too_many_rows", file=path, limit=MOST_ROWS)
    if not found.rows:
        raise EngineError("paraselect.no_rows", file=path)
    return found


def clean(text: str) -> str:
    """Return a cell without outer blanks and without what nobody sees (zero-width characters, NULs, hard blanks)."""
    return (text if text.isascii() and "\0" not in text else text.translate(INVISIBLE)).strip()


def _csv(path: Path, content: bytes) -> Cells:
    try:
        lines = decode(content).replace("\r", "\n").split("\n")
    except ValueError as error:
        raise EngineError("paraselect.not_a_table", file=path) from error
    first, separator = _head(lines)
    faults: list[CellFault] = []
    rows, numbers = [], []
    for number, cells in _records(lines, first, separator, faults):
        if any(cell.strip() for cell in cells):
            rows.append(cells)
            numbers.append(number)
    if not rows:
        raise EngineError("paraselect.no_rows", file=path)
    return Cells(rows[0], numbers[0], rows[1:], numbers[1:], faults)


def _head(lines: list[str]) -> tuple[int, str]:
    """Return the index of the head row and what separates its cells: the first row with `case`, else the first that is not blank."""
    for number, line in enumerate(lines[:HEAD_ROWS_SEARCHED]):
        for separator in SEPARATORS:
            if FIRST_HEADS & {clean(cell).strip('"').lower() for cell in line.split(separator)}:
                return number, separator
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    return first, max(SEPARATORS, key=lines[first].count)


def _records(lines: list[str], first: int, separator: str, faults: list[CellFault]) -> Iterator[tuple[int, list[str]]]:
    """Yield (line, cells) of each row; one with a quotation mark that is never closed is told, and the lines behind it are read on."""
    place = first
    while place < len(lines):
        record, end = lines[place], place + 1
        while '"' in record and _is_open(record, separator) and end < min(len(lines), place + MOST_RECORD_LINES):
            record, end = f"{record}\n{lines[end]}", end + 1
        if '"' in record and _is_open(record, separator):
            faults.append(CellFault(place + 1, -1, message("run_table.quote_open")))
            record, end = lines[place].replace('"', ""), place + 1
        try:
            yield place + 1, next(csv.reader([record], delimiter=separator), [])
        except csv.Error:
            faults.append(CellFault(place + 1, -1, message("run_table.row_unreadable")))
            yield place + 1, lines[place][:1000].split(separator)
        place = end


def _is_open(record: str, separator: str) -> bool:
    try:
        next(csv.reader([record], delimiter=separator, strict=True), [])
    except csv.Error as error:
        return "unexpected end of data" in str(error)
    return False


def _workbook(path: Path) -> Cells:
    """Return the first sheet with a head row; a further one is told, as one file is one table."""
    found: Cells | None = None
    faults: list[CellFault] = []
    for name, rows, merged, uncomputed in sheets_of(path):
        head = next((at for at, row in enumerate(rows[:HEAD_ROWS_SEARCHED]) if FIRST_HEADS & {clean(cell).lower() for cell in row}), None)
        if head is None:
            continue
        if found is not None:
            faults.append(CellFault(0, -1, message("run_table.other_sheet", sheet=name, taken=found.sheet), is_row=False))
            continue
        kept = [number for number in range(head + 1, len(rows)) if any(cell.strip() for cell in rows[number])]
        faults += [CellFault(line + 1, column, message("run_table.uncomputed"), is_row=False) for line, column in uncomputed if line > head]
        faults += _merged(rows, merged, head)
        found = Cells(rows[head], head + 1, [rows[number] for number in kept], [number + 1 for number in kept], faults, name)
    if found is None:
        raise EngineError("run_table.no_head", file=path)
    return found


def _merged(rows: list[list[str]], areas: Iterable[tuple[tuple[int, int], tuple[int, int]]], head: int) -> Iterator[CellFault]:
    """Fill what is merged below the head with its value; a figure that stands for several rows is told, as it was measured once."""
    speed = next((column for column, cell in enumerate(rows[head]) if clean(cell).lower() == "speed"), -1)
    for (top, left), (bottom, right) in areas:
        for row in range(max(top, head + 1), min(bottom, len(rows) - 1) + 1):
            for column in range(left, min(right, len(rows[row]) - 1) + 1):
                if (row, column) == (top, left):
                    continue
                rows[row][column] = rows[top][left]
                if column == speed and any(cell.strip() for cell in rows[row]):
                    yield CellFault(row + 1, column, message("run_table.merged_speed", value=rows[top][left]))
