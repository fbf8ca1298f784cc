"""Options: every platform × card count × way of billing that was looked at, what ruled each out, the front and the best by objective."""

from msgspec import Struct

from app.engine.messages import Message


class Phase(Struct, frozen=True):
    """A part of a project: delivery, porting, verification, run, failures. days None = not known."""

    what: str
    days: float | None
    basis: Message
    low: float | None = None
    high: float | None = None


class Option(Struct, frozen=True):
    """One option that is told.

    cell             of the price row; layout: how the cards are cut, e.g. "TP2 PP1 CP1 DP4", "" where the run has no parallel layout
    money            total, or the price of a month without an amount of work; low, high from the speed's interval
    run_days         None for a service; project_days: with delivery, porting, verification and the allowance for failures
    used_share       of the paid cards and time that the run uses
    risk             probability of missing deadline or budget, None where neither was stated
    price_performance  work per currency unit
    """

    platform: str
    billing: str
    cell: str
    gpus: int
    nodes: int | None
    layout: str
    speed: float
    low: float
    high: float
    money: float
    money_low: float
    money_high: float
    run_days: float | None
    project_days: float | None
    price_performance: float
    used_share: float
    risk: float | None
    is_on_front: bool


class Options(Struct, frozen=True):
    """What the enumeration found.

    counted     options looked at; feasible: those that nothing rules out
    ruled_out   reason -> how many options it rules out (one may have several)
    told        the front (thinned where it is long: front_count is its whole length) and the best by objective
    best        fastest, cheapest, best_price_performance, lowest_risk -> index into told
    """

    counted: int
    feasible: int
    ruled_out: dict[str, int]
    told: tuple[Option, ...] = ()
    best: dict[str, int] = {}
    front_count: int = 0
    unit: str = ""
