"""Price sheets (.xlsx) as salespeople keep them: what was understood, cell by cell, and every doubt with its cell.

Each sheet has its own heads, which may stand below a title block, span two lines and come again further down; notes between the rows are
listed and searched for what they say of all rows. A platform name is matched exactly or by alias; anything else is a person's to decide.
A row with a problem in a needed cell is left out and reported; what is hidden is told and left out unless a person asks for it.
"""

import datetime
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

from msgspec.structs import replace

from app.engine.errors import EngineError
from app.engine.messages import message
from app.engine.model.plans import PriceColumn, PriceMapping, PriceSheet
from app.engine.platform_store import price_columns as words
from app.engine.platform_store.catalogue import Catalogue
from app.engine.platform_store.money_tables import load_tax_rates
from app.engine.platform_store.price_amounts import plain
from app.engine.platform_store.price_findings import Findings
from app.engine.platform_store.price_heads import HEAD_ROWS_SEARCHED, Facts, Head, facts_of, find_heads
from app.engine.platform_store.price_rows import RowReader, Table
from app.engine.platform_store.price_workbook import MAX_ROWS, Grid, read_workbook

SUMMARIES = ("汇总", "总览", "目录", "封面", "说明", "summary", "overview", "cover", "readme", "contents")
MOST_LISTED, LONGEST_TOTAL = 10, 14


def read_price_sheet(
    path: Path,
    catalogue: Catalogue,
    mappings: Sequence[PriceMapping] = (),
    today: datetime.date | None = None,
    *,
    hidden: bool = False,
) -> PriceSheet:
    """Read all price tables of a workbook.

    mappings  what a person said of layouts; the one with these heads is used
    hidden    read hidden sheets, rows and columns as well, whatever the mapping says
    Raises EngineError when it is no workbook, could do harm, has formulas for heads, or no sheet has a head row with platform and price.
    """
    path = Path(path)
    grids = read_workbook(path)
    bare = PriceMapping(())
    sheets = [_Sheet(grid, bare) for grid in grids]
    layout = tuple(column.head for sheet in sheets for column in _columns_of(sheet))
    mapping = next((one for one in mappings if one.heads == layout), bare)
    rates = load_tax_rates()
    findings = Findings()
    if hidden and not mapping.hidden:
        mapping = replace(mapping, heads=layout, hidden=True)
    if mapping is not bare:
        sheets = [_Sheet(grid, mapping) for grid in grids]
    with_tables = [sheet for sheet in sheets if sheet.tables]
    for sheet in sheets:
        reason = sheet.left_out(alone=len(with_tables) == 1)
        if reason:
            findings.skip(sheet.grid.title, "", message(f"prices.{reason}"))
            continue
        sheet.check_heads(path)
        findings.columns += _columns_of(sheet)
        sheet.tell(findings)
        for heads, rows in sheet.tables:
            table = Table(
                sheet.grid, _fields(heads), _price_heads(heads), sheet.facts, mapping, catalogue, rates, today or datetime.date.today()
            )
            _tell_heads(table, heads, findings)
            reader = RowReader(table, findings)
            for row in rows:
                reader.read(row)
    if not with_tables:
        raise EngineError("prices.no_table", file=path.name, columns=[words.COLUMNS[name][0] for name in words.REQUIRED])
    return PriceSheet(
        file=path.name,
        rows=findings.rows,
        prices=tuple(findings.prices),
        problems=findings.problems,
        matches=tuple(findings.matches.values()),
        readings=tuple(findings.readings),
        columns=tuple(findings.columns),
        skipped=tuple(findings.skipped),
        assumptions=findings.assumptions,
        mapping=PriceMapping(layout) if mapping is bare else mapping,
    )


class _Sheet:
    """One sheet cut into its tables and the rest: titles, notes, totals, what is hidden."""

    def __init__(self, grid: Grid, mapping: PriceMapping) -> None:
        self.grid, self._mapping = grid, mapping
        self.tables: list[tuple[list[Head], list[int]]] = []
        self.notes: list[tuple[str, str, bool]] = []
        self.totals: list[tuple[str, str]] = []
        self.hidden: list[int] = []
        self.facts = Facts()
        if grid.is_visible or mapping.hidden:
            self._cut()
            self.facts = facts_of(self.notes)

    def _uses(self, column: int) -> bool:
        return self._mapping.hidden or column not in self.grid.hidden_columns

    def _cut(self) -> None:
        rows = self.grid.rows
        found = find_heads(self.grid, range(min(len(rows), HEAD_ROWS_SEARCHED)), self._uses, self._mapping.columns)
        if found is None:
            return
        start, heads = found
        top = min(head.row for head in heads)
        self._note(range(top), above=True)
        column = _fields(heads)["platform"].column
        current: list[int] = []
        self.tables.append((heads, current))
        row = start
        while row < len(rows):
            values = rows[row]
            again = column < len(values) and isinstance(values[column], str) and words.column_of(values[column]) == "platform"
            if again and (further := find_heads(self.grid, (row,), self._uses, self._mapping.columns)):
                row, heads = further
                column, current = _fields(heads)["platform"].column, []
                self.tables.append((heads, current))
                continue
            self._sort(row, heads, current)
            row += 1

    def _sort(self, row: int, heads: list[Head], current: list[int]) -> None:
        """Put a row among the data, the notes, the totals or what is hidden."""
        is_blank = not any(value not in ("", None) for value in self.grid.rows[row])
        if is_blank and not any((row, head.column) in self.grid.formulas for head in heads):
            return
        if row in self.grid.hidden_rows and not self._mapping.hidden:
            self.hidden.append(row)
        elif any(isinstance(value, str) and 0 < len(value) <= LONGEST_TOTAL and _is_total(value) for value in self.grid.rows[row]):
            self.totals.append((self.grid.ref(row, 0), " ".join(plain(value) for value in self.grid.rows[row] if value not in ("", None))))
        elif self._is_note(row, heads):
            self._note((row,), above=False)
        else:
            current.append(row)

    def _is_note(self, row: int, heads: list[Head]) -> bool:
        """Tell whether a row is a remark: one text alone or merged over several columns, with neither price nor billing beside it."""
        values, grid = self.grid.rows[row], self.grid
        shown = {column for column, value in enumerate(values) if value not in ("", None)}
        shown |= {head.column for head in heads if (row, head.column) in grid.formulas or (row, head.column) in grid.errors}
        filled = {head.field for head in heads if head.column in shown}
        places = {grid.origin.get((row, column), (row, column)) for column in shown}
        if len(places) == 1 and len(shown) > 1 and next(iter(places))[0] == row:
            return True
        return not filled & {"unit_price", "list_price", "billing", "platform"} or filled == {"platform"}

    def _note(self, rows: Iterable[int], *, above: bool) -> None:
        for row in rows:
            seen = set()
            for column, value in enumerate(self.grid.rows[row]):
                origin = self.grid.origin.get((row, column), (row, column))
                if value not in ("", None) and origin not in seen and origin[0] == row:
                    seen.add(origin)
                    self.notes.append((self.grid.ref(*origin), plain(value), above))

    def left_out(self, *, alone: bool) -> str:
        """Return the code of the reason why this sheet is not read, "" where it is."""
        if not self.grid.is_visible and not self._mapping.hidden:
            return "sheet_hidden"
        if not self.tables:
            return "sheet_empty" if not any(any(row) for row in self.grid.rows) else "sheet_without_heads"
        return "sheet_summary" if not alone and any(word in self.grid.title.lower() for word in SUMMARIES) else ""

    def check_heads(self, path: Path) -> None:
        """Raise EngineError where a head is computed: what a column means would change with the file that computes it."""
        for heads, _ in self.tables:
            top, bottom = min(head.row for head in heads), max(head.row for head in heads) + 1
            for row, column in self.grid.formulas:
                if top <= row <= bottom and any(head.column == column and row == head.row for head in heads):
                    raise EngineError("prices.formula_in_head", file=path.name, place=self.grid.ref(row, column))

    def tell(self, findings: Findings) -> None:
        """Report what is in no table."""
        grid = self.grid
        for ref, text, above in self.notes:
            findings.skip(ref, text, message("prices.title" if above else "prices.note"))
        for ref, text in self.totals:
            findings.skip(ref, text, message("prices.total_row"))
        if self.hidden:
            told = [str(row + 1) for row in self.hidden[:MOST_LISTED]]
            what = message("prices.rows_hidden", count=len(self.hidden), rows=told)
            findings.skip(grid.title, "", what)
            findings.doubt(grid.ref(self.hidden[0], 0), what)
        filled = {column for row in grid.rows for column in grid.hidden_columns if column < len(row) and row[column] not in ("", None)}
        if filled and not self._mapping.hidden:
            what = message("prices.columns_hidden", count=len(filled))
            findings.skip(grid.title, "", what)
            findings.doubt(grid.ref(0, min(filled)), what)
        if grid.is_cut:
            findings.doubt(grid.ref(MAX_ROWS - 1, 0), message("prices.too_many_rows", most=MAX_ROWS))
        for name, ref, text in self.facts.unclear:
            findings.doubt(ref, message("prices.told_twice", field=words.COLUMNS.get(name, (name,))[0], text=text[:60]))
        for ref, text in self.facts.discounts:
            findings.doubt(ref, message("prices.discount_in_note", text=text[:60]))


@lru_cache(maxsize=8192)
def _is_total(text: str) -> bool:
    return plain(text).strip(" :").lower() in words.TOTALS


def _columns_of(sheet: _Sheet) -> list[PriceColumn]:
    return [PriceColumn(sheet.grid.ref(head.row, head.column), head.text, head.field) for heads, _ in sheet.tables for head in heads]


def _fields(heads: list[Head]) -> dict[str, Head]:
    found: dict[str, Head] = {}
    for head in heads:
        if head.field:
            found.setdefault(head.field, head)
    return found


def _price_heads(heads: list[Head]) -> tuple[Head, ...]:
    """Return the columns to take prices from: a price before tax goes before the same with tax, the asked price before the listed one."""
    asked = [head for head in heads if head.field == "unit_price"] or [head for head in heads if head.field == "list_price"]
    kept = []
    for head in asked:
        twins = [one for one in asked if one.unit == head.unit and one.condition == head.condition]
        if head.tax.included and any(one.tax.included is False for one in twins):
            continue
        kept.append(head)
    return tuple(kept)


def _tell_heads(table: Table, heads: list[Head], findings: Findings) -> None:
    """Report the columns that are not used and the heads that were not wholly understood."""
    for head in heads:
        ref = table.grid.ref(head.row, head.column)
        if head.field in ("unit_price", "list_price") and head not in table.prices:
            findings.skip(ref, head.text, message("prices.column_second"))
        elif head.field == "total" or not head.field:
            findings.skip(ref, head.text, message("prices.column_total" if head.field else "prices.column_unknown"))
        elif table.fields[head.field] != head and head.field != "unit_price":
            findings.doubt(ref, message("prices.column_twice", head=head.text))
        if head.loose and head in table.prices:
            findings.doubt(ref, message("prices.head_loose", head=head.text))
