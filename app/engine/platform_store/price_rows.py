"""One row of a price table into prices: one for each price column and tier, with what every cell was taken for."""

import contextlib
import datetime
from collections.abc import Mapping
from typing import Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from app.engine.messages import Message, Value, message
from app.engine.model.plans import Price, PriceMapping, PriceReading
from app.engine.platform_store import price_columns as words
from app.engine.platform_store import price_terms as terms
from app.engine.platform_store.catalogue import Catalogue
from app.engine.platform_store.delivery import days
from app.engine.platform_store.price_amounts import Amount, amount_of, count_of, is_on_request, plain
from app.engine.platform_store.price_findings import Findings
from app.engine.platform_store.price_heads import Facts, Head, told_at
from app.engine.platform_store.price_taxes import with_tax
from app.engine.platform_store.price_tiers import tiers
from app.engine.platform_store.price_units import Asked, asked_unit
from app.engine.platform_store.price_workbook import Grid

MOST_PRICE = 1e12
TEXTS = ("configuration", "minimum", "region", "interconnect", "storage", "note")
MERGED_VERTICALLY = ("unit_price", "list_price", "available_cards")
"""A number that stands once for several rows may be of each or of all together."""


Certainty: TypeAlias = Literal["sure", "assumed", "doubt"]


class Table(Struct, frozen=True):
    """One table of a sheet: where each field stands, the columns that hold prices, what the sheet says for all rows."""

    grid: Grid
    fields: Mapping[str, Head]
    prices: tuple[Head, ...]
    facts: Facts
    mapping: PriceMapping
    catalogue: Catalogue
    tax_rates: tuple[tuple[datetime.date, float], ...]
    today: datetime.date


class Cell(Struct, frozen=True):
    """A cell of a row: its reference, value, text, and what is particular about it."""

    ref: str
    value: object
    text: str
    is_merged: bool = False
    is_computed: bool = False
    lacks_value: bool = False


class _Faulty(Exception):
    """A needed cell cannot be read."""


class RowReader:
    """Reads the rows of one table into `findings`."""

    def __init__(self, table: Table, findings: Findings) -> None:
        self.table, self.out = table, findings
        self._first: dict[tuple, tuple[str, float]] = {}
        self.row = 0
        self._cells: dict[int, Cell | None] = {}
        self.readings: list[PriceReading] = []
        self._doubts: list[Message] = []

    def read(self, row: int) -> None:
        """Read one row of data."""
        self.out.rows += 1
        self.row, self.readings, self._doubts, self._cells = row, [], [], {}
        try:
            common = self._common()
        except _Faulty:
            return
        for head in self.table.prices:
            kept, doubts = list(self.readings), list(self._doubts)
            with contextlib.suppress(_Faulty):
                self._price(head, common)
            self.readings, self._doubts = kept, doubts

    # Cells --------------------------------------------------------------------------------------------------------------------------

    def cell(self, field: str | Head) -> Cell | None:
        """Return the cell of a field; None where the table has no such column or the cell is blank."""
        head = self.table.fields.get(field) if isinstance(field, str) else field
        if head is None:
            return None
        if head.column not in self._cells:
            self._cells[head.column] = self._cell(head.column)
        return self._cells[head.column]

    def _cell(self, column: int) -> Cell | None:
        grid = self.table.grid
        values, place = grid.rows[self.row], (self.row, column)
        value = values[column] if column < len(values) else ""
        if place in grid.errors:
            value = "#"
        text, computed = plain(value), grid.formulas.get(place)
        if not text and computed is None:
            return None
        origin = grid.origin.get(place, place)
        return Cell(grid.ref(*origin), value, text, origin[0] != self.row, computed is not None, computed is False and not text)

    def said(
        self,
        field: str,
        cell: Cell | None,
        value: object,
        certainty: Certainty = "sure",
        reason: Message | None = None,
        at: tuple[str, str] = ("", ""),
    ) -> None:
        """Note what a cell was taken for; `at` is where it is told (reference, text) if not in a cell of the row."""
        place, text = (cell.ref, cell.text) if cell else at
        if reason is None and cell is not None and (cell.is_computed or cell.is_merged):
            reason = message("prices.computed" if cell.is_computed else "prices.merged", place=cell.ref)
            doubtful = cell.is_merged and field in MERGED_VERTICALLY
            if doubtful:
                certainty = "doubt"
                self.doubt(cell.ref, message("prices.merged_number", text=text))
        self.readings.append(PriceReading(place, field, text, str(value), certainty, reason))

    def doubt(self, ref: str, what: Message, *, once: str = "") -> None:
        """Note a doubt on this price."""
        self._doubts.append(what)
        self.out.doubt(ref, what, once=once)

    def assume(self, ref: str, what: Message) -> None:
        """Note what the sheet leaves open and what is taken for it; told once for a table."""
        self.out.assume(ref, what, once=self.table.grid.title)

    def fault(self, ref: str, code: str, /, **params: Value) -> _Faulty:
        """Note why this row is left out."""
        self.out.problem(ref, message(f"prices.{code}", **params))
        return _Faulty()

    def ref(self, field: str) -> str:
        """Return the cell of a field in this row; that of the platform where the table has no such column."""
        head = self.table.fields.get(field) or self.table.fields["platform"]
        return self.table.grid.ref(self.row, head.column)

    # What all prices of a row share ---------------------------------------------------------------------------------------------------

    def _common(self) -> Price:
        platform, text = self._platform()
        faults = 0
        counts: list[int | None] = []
        for name in ("cards_per_node", "available_cards"):
            count = count_of(cell.value) if (cell := self.cell(name)) else None
            counts.append(count)
            if cell and count is None:
                self.fault(cell.ref, "bad_cell", column=words.COLUMNS[name][0], value=cell.text)
                faults += 1
            elif cell:
                self.said(name, cell, count)
        try:
            dated = self._dates()
        except _Faulty:
            faults += 1
            dated = (None, None)
        if platform is None or faults:
            self._check_prices()
            raise _Faulty
        texts = [cell.text if (cell := self.cell(name)) else "" for name in TEXTS]
        configuration, minimum, region, interconnect, storage, note = texts
        delivery = self.cell("delivery")
        delivery_days = days(delivery.text) if delivery else None
        if delivery:
            self.said(
                "delivery",
                delivery,
                "" if delivery_days is None else f"{delivery_days:g}",
                "sure" if delivery_days is not None else "doubt",
            )
        return Price(
            platform=platform, text=text, basis="card", billing="card-hour", unit_price=0.0, currency="", price_date=dated[0],
            valid_until=dated[1], delivery_days=delivery_days, delivery_text=delivery.text if delivery else "",
            cell=self.table.grid.ref(self.row, self.table.fields["platform"].column),
            cards_per_node=counts[0], available_cards=counts[1], configuration=configuration, minimum=minimum, region=region,
            interconnect=interconnect, storage=storage, note=note,
        )  # fmt: skip

    def _check_prices(self) -> None:
        """Tell also what is wrong with the prices of a row that is left out for another reason: one reading tells all."""
        for head in self.table.prices:
            cell = self.cell(head)
            if cell and amount_of(cell.value) is None:
                self._no_amount(cell)

    def _platform(self) -> tuple[str | None, str]:
        cell, catalogue = self.cell("platform"), self.table.catalogue
        if cell is None:
            self.fault(self.ref("platform"), "no_platform")
            return None, ""
        text = cell.text
        if said := self.table.mapping.names.get(text):
            self.out.matches.setdefault(text, (text, said, "chosen"))
            self.said("platform", cell, said, "sure", message("prices.chosen"))
            return said, text
        if text not in self.out.matches:
            match = catalogue.match(text)
            self.out.matches[text] = (text, match.platforms[0] if match.certainty in ("exact", "alias") else "", match.certainty)
        _, found, certainty = self.out.matches[text]
        if found:
            self.said("platform", cell, found, "sure", message("prices.alias") if certainty == "alias" and not cell.is_merged else None)
            return found, text
        if certainty == "ambiguous":
            self.fault(cell.ref, "ambiguous", text=text, platforms=list(catalogue.match(text).platforms))
        else:
            self.fault(cell.ref, "unknown_platform", text=text, near=list(catalogue.near(text, 3)))
        return None, text

    def _dates(self) -> tuple[datetime.date | None, datetime.date | None]:
        date, end = self._day("price_date", is_end=False), self._day("valid_until", is_end=True)
        made = date.date if date else None
        if made and made > self.table.today:
            self.doubt(self.ref("price_date"), message("prices.date_ahead", date=made.isoformat()), once=f"ahead {made}")
        until = end.date if end else None
        if end and end.days is not None:
            if made is None:
                self.doubt(self.ref("valid_until"), message("prices.validity_needs_date", days=end.days), once=self.table.grid.title)
            else:
                until = made + datetime.timedelta(days=end.days)
                self.said("valid_until", self.cell("valid_until"), until, "assumed", message("prices.validity_counted", days=end.days))
        return made, until

    def _day(self, field: Literal["price_date", "valid_until"], *, is_end: bool) -> terms.Day | None:
        cell, told = self.cell(field), getattr(self.table.facts, field)
        if cell is None:
            if told is not None:
                certainty: Certainty = "assumed" if told.value.assumed else "sure"
                self.said(
                    field, None, told.value.date or f"{told.value.days or 0:g} d", certainty, told_at(told), (told.ref, told.text[:60])
                )
            return told.value if told else None
        day = terms.day_of(cell.value, is_end=is_end)
        if day is None:
            raise self.fault(cell.ref, "bad_cell", column=words.COLUMNS[field][0], value=cell.text)
        reason = message("prices.date_assumed") if day.assumed else None
        self.said(field, cell, day.date or ("∞" if day.forever else ""), "assumed" if day.assumed else "sure", reason)
        return day

    # One price ------------------------------------------------------------------------------------------------------------------------

    def _price(self, head: Head, common: Price) -> None:
        cell = self.cell(head)
        if cell is None:
            if len(self.table.prices) == 1:
                raise self.fault(self.table.grid.ref(self.row, head.column), "bad_price", value="")
            return  # of several price columns a row need not fill all
        amount = amount_of(cell.value)
        if amount is None or not 0 < amount.value < MOST_PRICE or cell.text == "#" or cell.lacks_value:
            raise self._no_amount(cell)
        asked = asked_unit(self, head, cell, amount, common)
        self._amount(cell, amount, asked)
        price = replace(
            common, basis=asked.basis, billing=asked.billing, currency=asked.currency, unit_price=amount.value * asked.factor,
            cards_per_node=common.cards_per_node or asked.cards,
        )  # fmt: skip
        price = with_tax(self, price, head, amount.value * asked.scale)
        for made, condition in tiers(self, price, head):
            self._accept(made, cell, [condition] if condition else [])

    def _no_amount(self, cell: Cell) -> _Faulty:
        if cell.lacks_value:
            return self.fault(cell.ref, "no_stored_value")
        if cell.text == "#":
            return self.fault(cell.ref, "error_value")
        return self.fault(cell.ref, "on_request" if is_on_request(cell.text) else "bad_price", value=cell.text)

    def _amount(self, cell: Cell, amount: Amount, asked: Asked) -> None:
        certainty: Certainty = "sure"
        reason = asked.reason
        if amount.doubt:
            certainty, reason = "doubt", message(f"prices.amount_{amount.doubt}", text=cell.text, low=amount.low, high=amount.value)
            self.doubt(cell.ref, reason)
        self.said("unit_price", cell, f"{amount.value * asked.factor:.10g}", certainty, reason)

    def _accept(self, price: Price, cell: Cell, more: list[PriceReading]) -> None:
        offer = (
            price.platform, price.configuration, price.basis, price.billing, price.currency, price.region, price.interconnect,
            price.storage, price.minimum, price.least_cards, price.most_cards, price.least_months,
            price.most_months, price.valid_until, price.note,
        )  # fmt: skip
        first = self._first.setdefault(offer, (cell.ref, price.unit_price * price.discount))
        if first[0] != cell.ref:
            same = abs(first[1] - price.unit_price * price.discount) < 1e-9 * first[1]
            self.doubt(cell.ref, message("prices.twice" if same else "prices.contradicts", place=first[0]))
        number = len(self.out.prices)
        self.out.prices.append(replace(price, doubts=tuple(self._doubts)) if self._doubts else price)
        self.out.readings += [
            PriceReading(one.cell, one.field, one.text, one.value, one.certainty, one.reason, number) for one in (*self.readings, *more)
        ]
