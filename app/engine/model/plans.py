"""Price and Plan: what can be bought, and what is proposed."""

import datetime
from typing import Literal, TypeAlias

from msgspec import Struct

from app.engine.messages import Message
from app.engine.model.costs import Breakdown
from app.engine.model.options import Options, Phase
from app.engine.model.quantities import Kind, Quantity

Billing: TypeAlias = Literal["card-hour", "node-hour", "month", "year", "purchase"]


class Price(Struct, frozen=True):
    """One row of a price sheet that was understood.

    platform         id of the catalogue; text is what the sheet says
    unit_price       per card or node (basis) and billing unit, in currency, as the sheet says
    tax_rate         0.06 = 6 %; None = not stated
    discount         factor 0..1 to multiply with (0.9 = 九折); 1 = none
    available_cards  None = not stated; delivery_days None = not stated, delivery_text as written
    cell             "SHEET!A5": where the row begins
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


class PriceProblem(Struct, frozen=True):
    """One thing wrong in a price sheet: where (SHEET!CELL), what, remedy (the message's own)."""

    cell: str
    what: Message


class PriceSheet(Struct, frozen=True):
    """What an import understood. matches: (text, platform or "", certainty)."""

    file: str
    rows: int
    prices: tuple[Price, ...]
    problems: tuple[PriceProblem, ...] = ()
    matches: tuple[tuple[str, str, str], ...] = ()


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
    tags: tuple[str, ...] = ()
    reasons: tuple[Message, ...] = ()
    notes: tuple[Message, ...] = ()


class Exclusion(Struct, frozen=True):
    """A platform (or a price row) that is in no plan, or in one for reference only, and why."""

    platform: str
    reason: Message


class Selection(Struct, frozen=True):
    """All plans, the two recommended ones as indices into them, and what was left out; options: every card count that was looked at."""

    plans: tuple[Plan, ...]
    recommended: dict[str, int]
    excluded: tuple[Exclusion, ...] = ()
    work_amount: float | None = None
    work_unit: str = ""
    deadline_days: float | None = None
    budget: float | None = None
    assumptions: tuple[Message, ...] = ()
    options: Options | None = None
