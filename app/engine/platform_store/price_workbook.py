"""The cells of a price workbook, with what a reader must know of them: merged, hidden, computed, in error, written as money.

Values come from calamine (in Rust: 5 000 rows in tens of milliseconds); what it does not tell is looked up in the XML of the sheet.
"""

import html
import io
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from app.engine.errors import EngineError
from app.engine.platform_store.price_package import read_parts

if TYPE_CHECKING:
    from python_calamine import CalamineSheet

MAX_ROWS, MAX_COLUMNS, MAX_SHEETS, MAX_AREA = 20_000, 200, 50, 20_000
FARTHEST_ROW, FARTHEST_COLUMN = 200_000, 2_000  # a filled cell beyond makes the grid larger than any price sheet
Place = tuple[int, int]
"""(row, column), from 0."""

_FILLED = re.compile(rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]{1,3})(\d{1,7})"[^>]*(?<!/)>')
_FORMULA = re.compile(rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]{1,3}\d{1,7})"[^>]*>\s*<(?:\w+:)?f\b(.*?)</(?:\w+:)?c>', re.DOTALL)
_CACHED = re.compile(rb"<(?:\w+:)?v>[^<]")
_ERROR = re.compile(rb'<(?:\w+:)?c\b(?=[^>]*\bt="e")[^>]*?\br="([A-Z]{1,3}\d{1,7})"[^>]*>')
_HIDDEN_ROW = re.compile(rb'<(?:\w+:)?row\b(?=[^>]*\bhidden="(?:1|true)")[^>]*?\br="(\d{1,7})"')
_HIDDEN_COLUMN = re.compile(rb'<(?:\w+:)?col\b(?=[^>]*\bhidden="(?:1|true)")[^>]*>')
_SPAN = re.compile(rb'\b(min|max)="(\d{1,5})"')
_STYLED = re.compile(rb'<(?:\w+:)?c\b(?=[^>]*\bs="(\d+)")[^>]*?\br="([A-Z]{1,3}\d{1,7})"[^>]*(?<!/)>')


class Grid(Struct, frozen=True):
    """One sheet of a workbook.

    rows     values, merged areas filled with their one value; origin tells for each such cell where that stands
    formulas cells that are computed -> whether their value is stored; errors: cells that show #REF! and the like
    written  cells whose number format names a currency or 万 -> that format
    is_cut   there is more than is read
    """

    title: str
    is_visible: bool
    rows: list[list[object]]
    origin: dict[Place, Place] = {}
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    formulas: dict[Place, bool] = {}
    errors: frozenset[Place] = frozenset()
    written: dict[Place, str] = {}
    is_cut: bool = False

    def ref(self, row: int, column: int) -> str:
        """Return "SHEET!B7"."""
        return f"{self.title}!{letters(column)}{row + 1}"


def read_workbook(path: Path) -> list[Grid]:
    """Return the sheets in their order. Raises EngineError where the file is no workbook or could do harm."""
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    parts = read_parts(path)
    xml_of = _sheet_parts(parts)
    formats = _money_formats(parts)
    for part in xml_of.values():
        _check_extent(path, part)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(path.read_bytes()))
        grids = []
        for number, told in enumerate(book.sheets_metadata[:MAX_SHEETS]):
            sheet = book.get_sheet_by_index(number)
            grids.append(_grid(told.name, str(told.visible).endswith(".Visible"), sheet, xml_of.get(told.name, b""), formats))
    except (CalamineError, PasswordError, ValueError, OSError) as error:
        raise EngineError("prices.not_a_workbook", file=path.name) from error
    return grids


@cache
def letters(column: int) -> str:
    """Return the letters of a column counted from 0: 27 -> "AB"."""
    made, column = "", column + 1
    while column:
        column, rest = divmod(column - 1, 26)
        made = chr(65 + rest) + made
    return made


def _place(ref: str) -> Place:
    word = ref.rstrip("0123456789")
    column = 0
    for letter in word:
        column = column * 26 + ord(letter) - 64
    return int(ref[len(word) :]) - 1, column - 1


def _grid(title: str, is_visible: bool, sheet: "CalamineSheet", xml: bytes, formats: dict[int, str]) -> Grid:
    raw = sheet.to_python(skip_empty_area=False, nrows=MAX_ROWS)
    rows: list[list[object]] = [list(row[:MAX_COLUMNS]) for row in raw]
    origin: dict[Place, Place] = {}
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or ():
        right = min(right, MAX_COLUMNS - 1)
        if top >= len(rows) or (bottom - top + 1) * (right - left + 1) > MAX_AREA:
            continue
        value = rows[top][left] if left < len(rows[top]) else ""
        for row in range(top, min(bottom + 1, len(rows))):
            rows[row].extend([""] * (right + 1 - len(rows[row])))
            for column in range(left, right + 1):
                rows[row][column] = value
                origin[row, column] = (top, left)
    spans = [dict(_SPAN.findall(found)) for found in _HIDDEN_COLUMN.findall(xml)]
    hidden = {
        n for span in spans if span.keys() == {b"min", b"max"} for n in range(int(span[b"min"]) - 1, min(int(span[b"max"]), MAX_COLUMNS))
    }
    written = {}
    if formats:
        written = {_place(ref.decode()): formats[int(style)] for style, ref in _STYLED.findall(xml) if int(style) in formats}
    return Grid(
        title=title,
        is_visible=is_visible,
        rows=rows,
        origin=origin,
        hidden_rows=frozenset(int(found) - 1 for found in _HIDDEN_ROW.findall(xml)),
        hidden_columns=frozenset(hidden),
        formulas={_place(ref.decode()): bool(_CACHED.search(rest)) for ref, rest in _FORMULA.findall(xml)},
        errors=frozenset(_place(ref.decode()) for ref in _ERROR.findall(xml)),
        written=written,
        is_cut=len(raw) == MAX_ROWS and sheet.total_height > MAX_ROWS,
    )


def _check_extent(path: Path, xml: bytes) -> None:
    found = _FILLED.findall(xml)
    farthest = max((int(row) for _, row in found), default=0)
    column = max((_place(f"{word.decode()}1")[1] for word in {word for word, _ in found}), default=0)
    if farthest > FARTHEST_ROW or column > FARTHEST_COLUMN:
        raise EngineError("prices.too_far", file=path.name, place=f"{letters(column)}{farthest}")


def _attributes(tag: str) -> dict[str, str]:
    return {name: html.unescape(value) for name, value in re.findall(r'([\w:]+)\s*=\s*"([^"]*)"', tag)}


def _sheet_parts(parts: dict[str, bytes]) -> dict[str, bytes]:
    """Return sheet name -> its XML."""
    folder = next((name[: -len("workbook.xml")] for name in parts if name.lower().endswith("xl/workbook.xml")), "xl/")
    rels = parts.get(f"{folder}_rels/workbook.xml.rels", b"").decode("utf-8", "replace")
    targets = {}
    for tag in re.findall(r"<(?:\w+:)?Relationship\b[^>]*>", rels):
        told = _attributes(tag)
        target = told.get("Target", "")
        targets[told.get("Id", "")] = target[1:] if target.startswith("/") else folder + target
    found = {}
    for tag in re.findall(r"<(?:\w+:)?sheet\b[^>]*>", parts.get(f"{folder}workbook.xml", b"").decode("utf-8", "replace")):
        told = _attributes(tag)
        found[told.get("name", "")] = parts.get(targets.get(told.get("r:id", ""), ""), b"")
    return found


def _money_formats(parts: dict[str, bytes]) -> dict[int, str]:
    """Return style number -> its number format, for those that name a currency or 万."""
    styles = next((part for name, part in parts.items() if name.lower().endswith("xl/styles.xml")), b"").decode("utf-8", "replace")
    codes = {}
    for tag in re.findall(r"<(?:\w+:)?numFmt\b[^>]*>", styles):
        told = _attributes(tag)
        if told.get("numFmtId", "").isdigit() and re.search(r"[$¥￥€万]|USD|CNY|EUR", told.get("formatCode", "")):
            codes[told["numFmtId"]] = told["formatCode"]
    block = re.search(r"<(?:\w+:)?cellXfs\b.*?</(?:\w+:)?cellXfs>", styles, re.DOTALL)
    used = re.findall(r"<(?:\w+:)?xf\b[^>]*>", block[0]) if block else []
    return {number: codes[fmt] for number, tag in enumerate(used) if (fmt := _attributes(tag).get("numFmtId", "")) in codes}
