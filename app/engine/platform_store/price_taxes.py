"""Tax in or out of a price, and its rate: what cell, head, sheet or person say, and what is known of such rates."""

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from msgspec.structs import replace

from app.engine.messages import Message, message
from app.engine.model.plans import Price
from app.engine.platform_store import price_columns as words
from app.engine.platform_store import price_terms as terms
from app.engine.platform_store.price_heads import Head, told_at

if TYPE_CHECKING:
    from app.engine.platform_store.price_rows import Cell, RowReader


def with_tax(reader: "RowReader", price: Price, head: Head, written: float) -> Price:
    """Return a price without its tax where the rate is known: the cell says before head, column, sheet and person."""
    facts, assume = reader.table.facts, reader.table.mapping.assume
    cell = reader.cell("tax_rate")
    own = terms.tax_of(cell.text) if cell else terms.Tax()
    if cell and own == terms.Tax():
        rate = terms.share(cell.value)
        if rate is None and cell.text in ("是", "含", "yes", "y", "否", "不含", "no", "n"):
            own = terms.Tax(cell.text in ("是", "含", "yes", "y"))
        elif rate is None or not 0 <= rate < 1:
            raise reader.fault(cell.ref, "bad_cell", column=words.COLUMNS["tax_rate"][0], value=cell.text)
        else:
            own = terms.Tax(None, rate)
    column = reader.table.fields["tax_rate"].tax if "tax_rate" in reader.table.fields else terms.Tax()
    sheet = cast("terms.Tax", facts.tax.value) if facts.tax else terms.Tax()
    chosen = terms.Tax(*_assumed_tax(assume))
    order = (own, head.tax, column, sheet, chosen)
    included = next((one.included for one in order if one.included is not None), None)
    rate = next((one.rate for one in order if one.rate is not None), None)
    reason = told_at(facts.tax) if facts.tax and own.rate is None and head.tax == terms.Tax() else None
    _tell_tax(reader, cell, included, rate, reason, _told_in(reader, head))
    if rate is not None and reader.table.tax_rates and not _is_known_rate(reader, rate, price.price_date or reader.table.today):
        reader.doubt(
            cell.ref if cell else reader.ref("unit_price"),
            message("prices.odd_tax", rate=f"{rate * 100:g} %"),
            once=f"{reader.table.grid.title} {rate}",
        )
    net = price.unit_price / (1 + rate) if included and rate else price.unit_price
    changed = net != written
    return replace(price, unit_price=net, tax_rate=rate, tax_included=included, written_price=written if changed else None)


def _tell_tax(
    reader: "RowReader", cell: "Cell | None", included: bool | None, rate: float | None, reason: Message | None, at: tuple[str, str]
) -> None:
    where, once = cell.ref if cell else reader.ref("unit_price"), reader.table.grid.title
    word = {True: "gross", False: "net", None: "unknown"}[included]
    value = f"{word} {rate:g}" if rate is not None else word
    if included is None:
        what = message("prices.tax_unknown" if rate is None else "prices.tax_assumed_net")
        reader.assume(where, what)
        reader.said("tax_rate", cell, value if rate is None else f"net {rate:g}", "assumed", what)
    elif included and rate is None:
        what = message("prices.tax_without_rate")
        reader.doubt(where, what, once=once)
        reader.said("tax_rate", cell, value, "doubt", what)
    else:
        reader.said("tax_rate", cell, value, "sure", reason, at)


def _told_in(reader: "RowReader", head: Head) -> tuple[str, str]:
    told = reader.table.facts.tax
    if head.tax == terms.Tax() and told:
        return told.ref, told.text[:60]
    return reader.table.grid.ref(head.row, head.column), head.text


def _is_known_rate(reader: "RowReader", rate: float, date: datetime.date) -> bool:
    valid = [known for since, known in reader.table.tax_rates if since <= date]
    return rate == 0 or any(abs(rate - known) < 1e-9 for known in valid)  # noqa: PLR2004


def _assumed_tax(assume: Mapping[str, str]) -> tuple[bool | None, float | None]:
    included = {"yes": True, "no": False}.get(assume.get("tax_included", ""))
    return included, terms.share(assume["tax_rate"]) if assume.get("tax_rate") else None
