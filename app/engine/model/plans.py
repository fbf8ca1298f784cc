"""Price and Plan: what can be bought, and what is proposed."""

import datetime
from typing import Literal, TypeAlias

from msgspec import Struct

from app.engine.messages import Message
from app.engine.model.costs import Breakdown
from app.engine.model.options import Options, Phase
from app.engine.model.quantities import Kind, Quantity
from app.engine.model.sensitivities import DemandStrategy, Sensitivity

Billing: TypeAlias = Literal["card-hour", "node-hour", "month", "year", "purchase"]


class Price(Struct, frozen=True):
    """One row of a price sheet that was understood.

    platform         id of the catalogue; text is what the sheet says
    unit_price       per card or node (basis) and billing unit, in currency, as the sheet says
    tax_rate         0.06 = 6 %; None = not stated
    discount         factor 0..1 to multiply with (0.9 = 九折); 1 = none
    available_cards  None = not stated; delivery_days None = not stated, delivery_text as written
    cell             "SHEET!A5": where the row begins
    tax_included     whether the sheet's price holds the tax; None = not said. Where it does and the rate is known, unit_price is net of it:
                     unit_price × (1 + tax_rate) is always what the sheet asks for; of an unknown rate (tax_rate None) it is as written
    written_price    the price as the sheet writes it (万 multiplied out), before tax was taken out and days or quarters were brought to
                     hours or months; None = as unit_price
    least_cards …    a tier holds from least_cards to most_cards and from least_months to most_months of rental; None = no such limit.
                     Of several rows of one offer the one that demands most and is met counts (`selecting.tiers`)
    doubts           what a person should look at before relying on this price, each with its cell; price_date is the price's "as of"
    """

    platform: str
    text: str
    configuration: str
    basis: Literal["card", "node"]
    cards_per_node: int | None
    billing: Billing
    unit_price: float
    currency: str
    tax_rate: float | None = None
    discount: float = 1.0
    minimum: str = ""
    available_cards: int | None = None
    delivery_days: float | None = None
    delivery_text: str = ""
    price_date: datetime.date | None = None
    valid_until: datetime.date | None = None
    region: str = ""
    interconnect: str = ""
    storage: str = ""
    note: str = ""
    cell: str = ""
    tax_included: bool | None = None
    written_price: float | None = None
    least_cards: int | None = None
    most_cards: int | None = None
    least_months: float | None = None
    most_months: float | None = None
    doubts: tuple[Message, ...] = ()


def stale_marks(price: Price, today: datetime.date, stale_after_days: float) -> tuple[str, ...]:
    """Return why a price should be asked for anew: it is past its validity, old, or tells neither date nor validity."""
    marks = []
    if price.valid_until is not None and price.valid_until < today:
        marks.append("price_expired")
    if price.price_date is not None and (today - price.price_date).days > stale_after_days:
        marks.append("price_old")
    if price.price_date is None and price.valid_until is None:
        marks.append("price_undated")
    return tuple(marks)


class PriceProblem(Struct, frozen=True):
    """One thing wrong in a price sheet: where (SHEET!CELL), what, remedy (the message's own).

    level  "error": the price is left out; "doubt": it is taken and should be looked at; "assumed": the sheet leaves it open
    count  how many cells it is true of, the first is told
    """

    cell: str
    what: Message
    level: Literal["error", "doubt", "assumed"] = "error"
    count: int = 1


class PriceReading(Struct, frozen=True):
    """What one cell of a price sheet was taken for.

    field      column of the template, "condition" for a tier
    text       as written; value: as understood, without a language
    certainty  sure: it says so; assumed: it does not say, the reason tells what was taken; doubt: look at it
    price      index into PriceSheet.prices
    """

    cell: str
    field: str
    text: str
    value: str
    certainty: Literal["sure", "assumed", "doubt"]
    reason: Message | None = None
    price: int = 0


class PriceColumn(Struct, frozen=True):
    """What one head of a price table was taken for: field "" is none of ours, told by its cell."""

    cell: str
    head: str
    field: str


class PriceSkip(Struct, frozen=True):
    """A part of a price sheet that holds no price: where, what stands there, why it was left."""

    where: str
    text: str
    why: Message


class PriceMapping(Struct, frozen=True):
    """What a person said of price sheets with these heads; it goes before what would be guessed.

    columns  head -> field, "ignore" for none; names: platform as written -> id
    assume   field -> value where the sheet says nothing: currency basis billing tax_included tax_rate
    hidden   hidden sheets, rows and columns are read too
    """

    heads: tuple[str, ...]
    columns: dict[str, str] = {}
    names: dict[str, str] = {}
    assume: dict[str, str] = {}
    hidden: bool = False


class PriceSheet(Struct, frozen=True):
    """What an import understood. matches: (text, platform or "", certainty); heads: the layout, which a mapping is remembered for.

    assumptions  what the sheet leaves open and what is taken for it, once for each table
    """

    file: str
    rows: int
    prices: tuple[Price, ...]
    problems: tuple[PriceProblem, ...] = ()
    matches: tuple[tuple[str, str, str], ...] = ()
    readings: tuple[PriceReading, ...] = ()
    columns: tuple[PriceColumn, ...] = ()
    skipped: tuple[PriceSkip, ...] = ()
    mapping: PriceMapping | None = None
    assumptions: tuple[PriceProblem, ...] = ()

    @property
    def heads(self) -> tuple[str, ...]:
        """The layout: all heads in their order."""
        return tuple(column.head for column in self.columns)


class PlanPoint(Struct, frozen=True):
    """One speed of the whole system that a plan can be built on: measured, or predicted with its interval.

    better  "higher", or "lower" where `speed` is a time
    """

    platform: str
    gpus: int
    speed: Quantity
    better: str
    out_of_range: bool = False
    notes: tuple[Message, ...] = ()


class Plan(Struct, frozen=True):
    """One way to do the work.

    speed, low, high    in speed_unit, whole system
    duration_days       None for a service without an amount of work; low/high from the speed's interval
    total_price         in currency: rental_cost, with discount and tax as `notes` tell, and porting_cost once; None without an amount of
                        work and a term. total_low, total_high hold the low and high ends of both
    porting_cost        likely; porting_low, porting_high its range; None where it is not in the total
    phases              parts of the project in order, one after the other; project_days: all whose length is known
    costs               the lines that the total (without an amount of work: the price of a month) is made of, and unit costs
    pflops              peak of all cards in the run's precision, dense
    price_performance   work (samples or tokens) per currency unit; relative to the best plan beside it
    """

    name: str
    platform: str
    gpus: int
    nodes: int | None
    configuration: str
    total_price: float | None
    currency: str
    duration_days: float | None
    price_performance: float | None
    speed: float
    low: float
    high: float
    speed_unit: str
    kind: Kind
    verdict: str
    available_cards: int | None
    delivery: str
    valid_until: datetime.date | None
    price: Price
    price_performance_relative: float | None = None
    price_per_month: float | None = None
    work_per_month: float | None = None
    duration_low_days: float | None = None
    duration_high_days: float | None = None
    total_low: float | None = None
    total_high: float | None = None
    porting_days: float | None = None
    porting_cost: float | None = None
    porting_low: float | None = None
    porting_high: float | None = None
    rental_cost: float | None = None
    delivery_days: float | None = None
    costs: Breakdown | None = None
    phases: tuple[Phase, ...] = ()
    project_days: float | None = None
    pflops: float | None = None
    tags: tuple[str, ...] = ()
    reasons: tuple[Message, ...] = ()
    notes: tuple[Message, ...] = ()


class Exclusion(Struct, frozen=True):
    """A platform (or a price row) that is in no plan, or in one for reference only, and why."""

    platform: str
    reason: Message


class Selection(Struct, frozen=True):
    """All plans, the two recommended ones as indices into them, and what was left out; options: every card count that was looked at.

    sensitivities  each recommendation against its runner-up; strategy: product and service that suit the demand
    """

    plans: tuple[Plan, ...]
    recommended: dict[str, int]
    excluded: tuple[Exclusion, ...] = ()
    work_amount: float | None = None
    work_unit: str = ""
    deadline_days: float | None = None
    budget: float | None = None
    assumptions: tuple[Message, ...] = ()
    options: Options | None = None
    sensitivities: tuple[Sensitivity, ...] = ()
    strategy: DemandStrategy | None = None
