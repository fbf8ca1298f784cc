"""Price sheets (.xlsx): what was understood, and every doubt with its cell.

The head row may stand below a title block and span two rows; its words are those of `price_columns`. A platform name is matched exactly
or by alias; anything else is a problem for a person to decide. A row with a problem in a needed cell is left out and reported.
"""

import datetime
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile

from app.engine.errors import EngineError
from app.engine.messages import Value, message
from app.engine.model.plans import Price, PriceProblem, PriceSheet
from app.engine.platform_store import price_columns as words
from app.engine.platform_store.catalogue import Catalogue

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

MAX_BYTES = 50 * 2**20
MAX_UNPACKED_BYTES = 500 * 2**20
HEAD_ROWS_SEARCHED = 30
MAX_ROWS, MAX_COLUMNS = 20_000, 200
FEWEST_HEADS = 3

Row = dict[str, tuple[str, object]]
"""Column name -> (cell reference, value)."""


def read_price_sheet(path: Path, catalogue: Catalogue) -> PriceSheet:
    """Read all price tables of a workbook.

    Raises EngineError when it is no workbook, too large, or no sheet has a head row with platform, price and billing.
    """
    path = Path(path)
    workbook = _open(path)
    prices: list[Price] = []
    problems: list[PriceProblem] = []
    matches: dict[str, tuple[str, str, str]] = {}
    rows, tables = 0, 0
    try:
        for sheet in workbook.worksheets:
            cells = list(_cells(sheet))
            head = _find_head(cells)
            if head is None:
                continue
            tables += 1
            first, columns = head
            for number, values in cells[first:]:
                row = {
                    name: (f"{sheet.title}!{_letter(column)}{number}", values[column] if column < len(values) else None)
                    for name, column in columns.items()
                }
                if _is_empty_or_note(row):
                    continue
                rows += 1
                price = _read_row(row, catalogue, problems, matches)
                if price is not None:
                    prices.append(price)
    finally:
        workbook.close()
    if not tables:
        raise EngineError("prices.no_table", file=path.name, columns=[words.COLUMNS[name][0] for name in words.REQUIRED])
    return PriceSheet(path.name, rows, tuple(prices), tuple(problems), tuple(matches.values()))


def _open(path: Path):
    import warnings
    import zipfile

    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    if not path.is_file():
        raise EngineError("prices.not_found", file=path)
    try:
        with zipfile.ZipFile(path) as archive:
            if path.stat().st_size > MAX_BYTES or sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED_BYTES:
                raise EngineError("prices.too_large", file=path.name, limit=MAX_BYTES // 2**20)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns of styles and extensions that do not concern us
            return openpyxl.load_workbook(path, read_only=False, data_only=True, keep_links=False)
    except (BadZipFile, InvalidFileException, KeyError, ValueError, EOFError, SyntaxError) as error:
        raise EngineError("prices.not_a_workbook", file=path.name) from error
    except PermissionError as error:
        raise EngineError("prices.not_readable", file=path.name) from error


def _cells(sheet: "Worksheet") -> Iterable[tuple[int, tuple[object, ...]]]:
    merged = {}
    for area in sheet.merged_cells.ranges:
        if area.size["rows"] * area.size["columns"] <= MAX_COLUMNS * 10:
            value = sheet.cell(area.min_row, area.min_col).value
            merged.update(dict.fromkeys(area.cells, value))
    limit = min(sheet.max_row or 0, MAX_ROWS)
    for number, values in enumerate(sheet.iter_rows(max_row=limit, max_col=min(sheet.max_column or 0, MAX_COLUMNS), values_only=True), 1):
        yield number, tuple(merged.get((number, column + 1), value) for column, value in enumerate(values))


def _find_head(cells: list[tuple[int, tuple[object, ...]]]) -> tuple[int, dict[str, int]] | None:
    """Return the index of the first row of data and the column of each head."""
    best: tuple[int, dict[str, int]] | None = None
    for index, (_, values) in enumerate(cells[:HEAD_ROWS_SEARCHED]):
        below = cells[index + 1][1] if index + 1 < len(cells) else ()
        one = _heads([values])
        two = _heads([values, below])
        found, height = (two, 2) if len(two) > len(one) and not _looks_like_data(below) else (one, 1)
        if len(found) >= FEWEST_HEADS and all(name in found for name in words.REQUIRED) and (best is None or len(found) > len(best[1])):
            best = index + height, found
    return best


def _heads(levels: list[tuple[object, ...]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for values in levels:
        for column, value in enumerate(values):
            name = words.column_of(value) if isinstance(value, str) else None
            if name and name not in found:
                found[name] = column
    return found


def _looks_like_data(values: tuple[object, ...]) -> bool:
    return any(isinstance(value, int | float | datetime.date) for value in values)


def _is_empty_or_note(row: Row) -> bool:
    """Tell whether a row is blank, or a remark between the rows: text in the first cell, neither price nor billing."""
    filled = {name for name, (_, value) in row.items() if words.plain(value)}
    return not filled or not filled & {"unit_price", "billing", "platform"} or filled == {"platform"}


def _read_row(row: Row, catalogue: Catalogue, problems: list[PriceProblem], matches: dict[str, tuple[str, str, str]]) -> Price | None:
    faults: list[PriceProblem] = []

    def fault(column: str, code: str, /, **params: Value) -> None:
        faults.append(PriceProblem(row[column][0] if column in row else row["platform"][0], message(f"prices.{code}", **params)))

    def text(column: str) -> str:
        return words.plain(row[column][1]) if column in row else ""

    platform = _platform(text("platform"), catalogue, fault, matches)
    unit_price = words.amount(row["unit_price"][1])
    if unit_price is None or not 0 < unit_price < 1e12:  # noqa: PLR2004
        fault("unit_price", "bad_price", value=text("unit_price"))
    billing = words.BILLING_WORDS.get(text("billing").lower())
    if billing is None:
        fault("billing", "bad_billing", value=text("billing"))
    optional = _optional_cells(row, text, fault)
    basis = _basis(text("basis"), billing, fault)
    if basis == "node" and optional["cards_per_node"] is None:
        fault("cards_per_node", "cards_needed")
    currency = words.CURRENCIES.get(text("currency").lower()) if text("currency") else "CNY"
    if currency is None:
        fault("currency", "bad_currency", value=text("currency"))
    problems.extend(faults)
    if faults or platform is None or unit_price is None or billing is None or basis is None or currency is None:
        return None
    if not text("currency"):
        problems.append(PriceProblem(row["platform"][0], message("prices.currency_assumed")))
    return Price(
        platform=platform,
        text=text("platform"),
        configuration=text("configuration"),
        basis="node" if basis == "node" else "card",
        billing=billing,  # type: ignore[arg-type] - a value of BILLING_WORDS
        unit_price=unit_price,
        currency=currency,
        minimum=text("minimum"),
        delivery_days=words.days(text("delivery")) if text("delivery") else None,
        delivery_text=text("delivery"),
        region=text("region"),
        interconnect=text("interconnect"),
        storage=text("storage"),
        note=text("note"),
        cell=row["platform"][0],
        **optional,
    )


def _platform(text: str, catalogue: Catalogue, fault, matches: dict[str, tuple[str, str, str]]) -> str | None:
    if not text:
        fault("platform", "no_platform")
        return None
    match = catalogue.match(text)
    found = match.platforms[0] if match.certainty in ("exact", "alias") else ""
    matches.setdefault(text, (text, found, match.certainty))
    if found:
        return found
    if match.certainty == "ambiguous":
        fault("platform", "ambiguous", text=text, platforms=list(match.platforms))
    else:
        fault("platform", "unknown_platform", text=text)
    return None


def _optional_cells(row: Row, text, fault) -> dict:
    """Read the cells that may be blank; what stands there must make sense."""
    readers = {
        "cards_per_node": _count,
        "tax_rate": words.share,
        "discount": words.discount,
        "available_cards": _count,
        "price_date": words.date,
        "valid_until": words.date,
    }
    found: dict[str, object] = {}
    for column, read in readers.items():
        if not text(column):
            found[column] = 1.0 if column == "discount" else None
            continue
        found[column] = read(row[column][1])
        if found[column] is None or (column == "tax_rate" and not 0 <= found[column] < 1):  # type: ignore[operator]
            fault(column, "bad_cell", column=words.COLUMNS[column][0], value=text(column))
    return found


def _count(cell: object) -> int | None:
    number = words.amount(cell)
    return int(number) if number is not None and number >= 0 and number == int(number) else None


def _basis(text: str, billing: str | None, fault) -> str | None:
    if not text:
        if billing in ("card-hour", "node-hour"):  # the billing unit says it
            return "card" if billing == "card-hour" else "node"
        fault("basis", "basis_needed")
        return None
    basis = words.BASIS_WORDS.get(text.lower())
    if basis is None:
        fault("basis", "bad_cell", column=words.COLUMNS["basis"][0], value=text)
    elif {("card-hour", "node"), ("node-hour", "card")} & {(billing, basis)}:
        fault("basis", "basis_contradicts", basis=text, billing=str(billing))
    return basis


def _letter(column: int) -> str:
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
