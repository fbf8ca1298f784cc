"""Of what a price is: per card or node, per hour, month, year or once, in which currency, and by what its number is multiplied."""

from typing import TYPE_CHECKING, Literal, cast

from msgspec import Struct

from app.engine.messages import Message, message
from app.engine.model.plans import Billing, Price
from app.engine.platform_store import price_columns as words
from app.engine.platform_store.price_amounts import TIME_FACTORS, Amount, Unit, currency_of, unit_of
from app.engine.platform_store.price_heads import Head, merged_units, told_at

if TYPE_CHECKING:
    from app.engine.platform_store.price_rows import Cell, RowReader

HOURS_PER_DAY = 24.0


class Asked(Struct, frozen=True):
    """What one price asks for. scale: 万; factor: scale, and days or quarters brought to hours or months."""

    basis: Literal["card", "node"]
    billing: Billing
    currency: str
    scale: float = 1.0
    factor: float = 1.0
    cards: int | None = None
    reason: Message | None = None


def asked_unit(reader: "RowReader", head: Head, cell: "Cell", amount: Amount, common: Price) -> Asked:
    """Return what a price is of: the cell says before the head, that before columns, those before the sheet, last what a person said."""
    facts, assume = reader.table.facts, reader.table.mapping.assume
    sheet = cast("Unit", facts.unit.value) if facts.unit else Unit()
    is_small = bool(amount.unit.says or head.unit.says)
    own = merged_units(head.unit, amount.unit)
    written = _format_unit(reader, head)
    unit = merged_units(merged_units(Unit(sheet.scale, sheet.currency), written), own)
    billing, column = _billing(reader, own)
    time = own.time or column.time or ("once" if billing == "purchase" else "") or sheet.time or _assumed_time(assume)
    basis = _basis(reader, own, column, sheet, time)
    if not time:
        raise reader.fault(cell.ref if "billing" not in reader.table.fields else reader.ref("billing"), "billing_needed")
    if not basis:
        raise reader.fault(reader.ref("basis"), "basis_needed")
    cards = own.cards or column.cards
    if basis == "node" and not (common.cards_per_node or cards):
        raise reader.fault(reader.ref("cards_per_node"), "cards_needed")
    currency, certainty, reason = _currency(reader, amount, unit)
    if certainty == "assumed":
        reader.doubt(cell.ref, message("prices.currency_assumed"), once=reader.table.grid.title)
    head_at = (reader.table.grid.ref(head.row, head.column), head.text)
    at = head_at if head.unit.says else (facts.unit.ref, facts.unit.text[:60]) if facts.unit else (cell.ref, cell.text)
    reader.said("currency", reader.cell("currency"), currency, certainty, reason, at)
    scale = own.scale if own.scale != 1 else 1.0 if amount.unit.says and amount.unit.currency else unit.scale
    bare, factor = (time, 1.0) if time == "once" else TIME_FACTORS[time]
    name = {"hour": f"{basis}-hour", "month": "month", "year": "year", "once": "purchase"}[bare]
    told = message("prices.unit_from", unit=f"{basis} {time}", scale=f"{scale:g}", time=time) if scale != 1 or factor != 1 else None
    told = told or (told_at(facts.unit) if facts.unit and not is_small else None)
    reader.said("basis", reader.cell("basis") or (None if own.basis else reader.cell("billing")), basis, at=at)
    reader.said("billing", reader.cell("billing"), name, at=at)
    if factor != 1:
        reader.assume(cell.ref, message("prices.time_counted", time=time, factor=f"{factor:g}"))
    return Asked(basis, cast("Billing", name), currency, scale, scale / factor, cards, told)


def _format_unit(reader: "RowReader", head: Head) -> Unit:
    """Return what the number format of a cell says: a currency. A 万 in it only shows the number otherwise."""
    code = reader.table.grid.written.get((reader.row, head.column), "")
    if not code:
        return Unit()
    for mark, currency in (("US$", "USD"), ("USD", "USD"), ("$-409", "USD"), ("€", "EUR"), ("¥", "CNY"), ("￥", "CNY"), ("CNY", "CNY")):
        if mark in code:
            return Unit(currency=currency)
    return Unit(currency="USD") if '"$"' in code or code.lstrip("_(").startswith("$") else Unit()


def _billing(reader: "RowReader", own: Unit) -> tuple[str, Unit]:
    """Return what the column of billing says."""
    cell = reader.cell("billing")
    if cell is None:
        return "", Unit()
    word = words.BILLING_WORDS.get(cell.text.lower())
    unit = {"card-hour": Unit(basis="card", time="hour"), "node-hour": Unit(basis="node", time="hour"), "month": Unit(time="month"),
            "year": Unit(time="year"), "purchase": Unit()}[word] if word else unit_of(cell.text)  # fmt: skip
    if cell.text.lower() in ("元/卡/月", "元/台/月"):
        unit = unit_of(cell.text)
    if unit is None or not (unit.time or word == "purchase"):
        raise reader.fault(cell.ref, "bad_billing", value=cell.text)
    if own.time and unit.time and own.time != unit.time and len(reader.table.prices) == 1:
        raise reader.fault(cell.ref, "units_contradict", billing=cell.text, unit=own.time)
    return word or "", unit


def _basis(reader: "RowReader", own: Unit, column: Unit, sheet: Unit, time: str) -> Literal["", "card", "node"]:
    cell = reader.cell("basis")
    said = words.BASIS_WORDS.get(cell.text.lower()) if cell else ""
    if cell and not said:
        unit = unit_of(cell.text)
        said = unit.basis if unit else None
        if not said:
            raise reader.fault(cell.ref, "bad_cell", column=words.COLUMNS["basis"][0], value=cell.text)
    ones = [one for one in (own.basis, said, column.basis) if one]
    if len(set(ones)) > 1:
        ref = cell.ref if cell else reader.ref("billing")
        raise reader.fault(
            ref, "basis_contradicts", basis=cell.text if cell else column.basis, billing=f"{own.basis or column.basis} {time}"
        )
    found = ones[0] if ones else sheet.basis or reader.table.mapping.assume.get("basis", "")
    return cast('Literal["", "card", "node"]', found)


def _assumed_time(assume: dict[str, str]) -> str:
    return {"card-hour": "hour", "node-hour": "hour", "purchase": "once"}.get(assume.get("billing", ""), assume.get("billing", ""))


def _currency(reader: "RowReader", amount: Amount, unit: Unit) -> tuple[str, Literal["sure", "assumed"], Message | None]:
    """Return the currency of a price: its cell, its column, the column of currencies, the number format, the head, the sheet; else CNY."""
    table, cell = reader.table, reader.cell("currency")
    if cell:
        code = currency_of(cell.text)
        if code is None:
            raise reader.fault(cell.ref, "bad_currency", value=cell.text)
        if unit.currency and unit.currency != code and not (unit.currency == "CNY" and not amount.unit.currency):
            raise reader.fault(cell.ref, "currency_contradicts", one=code, other=unit.currency)
        return code, "sure", None
    if unit.currency:
        return unit.currency, "sure", None
    if table.facts.currency:
        return str(table.facts.currency.value), "sure", told_at(table.facts.currency)
    if said := table.mapping.assume.get("currency"):
        return said, "sure", message("prices.chosen")
    return "CNY", "assumed", message("prices.currency_assumed")
