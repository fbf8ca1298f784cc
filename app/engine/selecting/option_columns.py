"""The columns of one price row over card counts: speed, days, money, what rules an option out. Arrays only."""

import datetime
from collections.abc import Sequence

import numpy as np
from msgspec import Struct

from app.engine.model.costs import CostTerms
from app.engine.model.plans import Price
from app.engine.model.requirements import Requirement
from app.engine.model.speed_curves import SpeedCurve
from app.engine.selecting.cost import DAYS_IN_MONTH, HOURS_IN_DAY, minimum_days, period_days
from app.engine.units import SECONDS_PER_DAY

REASONS = (
    "layout", "partial_node", "far", "misses_deadline", "over_budget", "not_enough_cards", "late_delivery", "does_not_fit",
    "reference_only", "too_slow",
)  # fmt: skip
BITS = {reason: 1 << place for place, reason in enumerate(REASONS)}
Z90 = 1.6449


class Known(Struct, frozen=True):
    """A known speed of the platform in units of work per second, and how it scales."""

    speed: float
    low: float
    high: float
    is_far: bool
    curve: SpeedCurve


class Wanted(Struct, frozen=True):
    """What all rows are held against. work: amount, None for a service; parallel: cards that hold one copy of the model."""

    requirement: Requirement
    work: float | None
    parallel: int
    terms: CostTerms
    today: datetime.date
    wanted_speed: float | None = None


class RowFacts(Struct, frozen=True):
    """What else is known of a row: fee of its form, porting (money and days low, likely, high), whether it fits and can be supplied."""

    fee_share: float = 0.0
    porting_cost: tuple[float, float, float] = (0.0, 0.0, 0.0)
    porting_days: float = 0.0
    fits: bool | None = None
    is_reference: bool = False


class Columns(Struct, frozen=True, eq=False):
    """One price row over card counts, or many rows one after the other; row: the number of the price row."""

    row: np.ndarray
    gpus: np.ndarray
    speed: np.ndarray
    low: np.ndarray
    high: np.ndarray
    days: np.ndarray
    project_days: np.ndarray
    money: np.ndarray
    money_low: np.ndarray
    money_high: np.ndarray
    used: np.ndarray
    risk: np.ndarray


class Row(Struct, frozen=True, eq=False):
    """What came of a price row: its feasible options, how many options it has, and how many each set of reasons rules out."""

    feasible: Columns
    counted: int
    by_bits: np.ndarray


class Speeds(Struct, frozen=True, eq=False):
    """The speed of one platform over card counts; far: stretched beyond what the law holds for."""

    gpus: np.ndarray
    speed: np.ndarray
    low: np.ndarray
    high: np.ndarray
    far: np.ndarray


def row_columns(number: int, price: Price, speeds: Speeds, wanted: Wanted, facts: RowFacts) -> Row | None:
    """Return the options of a price row, None where nodes are priced and cannot be counted."""
    by_node = price.basis == "node" or price.billing == "node-hour"
    if price.cards_per_node is None and by_node:
        return None
    likely = _days(wanted.work, speeds.speed)
    rent = money_columns(price, speeds.gpus, likely, paid_days_of(price, likely)) * (1 + facts.fee_share)
    once = facts.porting_cost if wanted.work else (0.0, 0.0, 0.0)
    bits = _bits(speeds.gpus, speeds.speed, likely, rent + once[1], speeds.far, price, wanted, facts)
    open_to = np.flatnonzero(bits == 0)
    gpus, speed, low, high = (one[open_to] for one in (speeds.gpus, speeds.speed, speeds.low, speeds.high))
    days = np.stack([likely[open_to], _days(wanted.work, high), _days(wanted.work, low)])
    paid = paid_days_of(price, days)
    money = money_columns(price, gpus, days, paid) * (1 + facts.fee_share) + np.array([once[1], once[0], once[2]])[:, None]
    used = np.minimum(1.0, days[0] / np.maximum(paid[0], 1e-12)) if wanted.work else np.ones(gpus.size)
    if price.cards_per_node and by_node:
        used = used * gpus / (np.ceil(gpus / price.cards_per_node) * price.cards_per_node)
    project = days[0] * (1 + _value(wanted, "failure_share")) + _fixed_days(price, facts, wanted)
    risk = _risk(days[0], money[0], once[1], low, high, price, wanted)
    columns = Columns(np.full(gpus.size, number), gpus, speed, low, high, days[0], project, money[0], money[1], money[2], used, risk)
    return Row(columns, bits.size, np.bincount(bits, minlength=1 << len(REASONS)))


def _days(work: float | None, speed: np.ndarray) -> np.ndarray:
    return work / speed / SECONDS_PER_DAY if work else np.full(speed.size, np.nan)


def money_columns(price: Price, gpus: np.ndarray, days: np.ndarray, paid: np.ndarray) -> np.ndarray:
    """Return what machines cost for so many days, or a month of them where days are NaN: cost.py over arrays, not rounded."""
    by_node = price.basis == "node" or price.billing == "node-hour"
    count = np.ceil(gpus / price.cards_per_node) if by_node and price.cards_per_node else gpus.astype(float)
    rate = price.unit_price * price.discount * (1 + (price.tax_rate or 0.0)) * count
    if price.billing == "purchase":
        return np.broadcast_to(rate, days.shape)
    length = period_days(price.billing)
    periods = np.where(np.isnan(days), DAYS_IN_MONTH, paid) * HOURS_IN_DAY if length is None else None
    if periods is None:
        periods = np.where(np.isnan(days), DAYS_IN_MONTH / length, paid / length)  # type: ignore[operator]
    return rate * periods


def paid_days_of(price: Price, days: np.ndarray) -> np.ndarray:
    """Return what is paid for: the minimum, whole months and years."""
    if price.billing == "purchase":
        return days
    paid = np.maximum(days, minimum_days(price.minimum))
    length = period_days(price.billing)
    return paid if length is None else np.ceil(paid / length - 1e-9) * length


def speeds_over(known: Sequence[Known]) -> Speeds:
    """Return speeds over card counts, each count from the nearest known one."""
    gpus = known[0].curve.counts
    away = np.stack([np.abs(np.log(gpus / one.curve.from_gpus)) for one in known])
    nearest, every = away.argmin(axis=0), np.arange(gpus.size)
    pick = lambda values: np.stack(values)[nearest, every]  # noqa: E731 - one word for four columns
    speed = pick([one.speed * one.curve.factor for one in known])
    down = pick([np.hypot(np.log(one.low / one.speed), np.log(one.curve.low)) for one in known])
    up = pick([np.hypot(np.log(one.high / one.speed), np.log(one.curve.high)) for one in known])
    far = pick([one.curve.far | one.is_far for one in known])
    return Speeds(gpus, speed, speed * np.exp(-down), speed * np.exp(up), far)


def _fixed_days(price: Price, facts: RowFacts, wanted: Wanted) -> float:
    return (price.delivery_days or 0.0) + facts.porting_days + _value(wanted, "verification_days")


def _value(wanted: Wanted, key: str) -> float:
    found = wanted.terms.assumptions.get(key)
    return found.value if found is not None else 0.0


def _risk(days: np.ndarray, money: np.ndarray, once: float, low: np.ndarray, high: np.ndarray, price: Price, wanted: Wanted) -> np.ndarray:
    """Return the probability that the run is slower than deadline and budget allow, NaN where neither was stated.

    The speed is log-normal with its 90 % interval; time goes with 1/speed, and so does money by the hour, month or year (whole periods
    taken as parts). A purchase costs the same at any speed.
    """
    wish = wanted.requirement
    if wanted.work is None or not (wish.duration_days or wish.budget):
        return np.full(days.size, np.nan)
    least = np.full(days.size, -np.inf)
    if wish.duration_days:
        least = np.maximum(least, np.log(days / wish.duration_days))
    if wish.budget and price.billing != "purchase":
        left = max(wish.budget - once, 1e-9)
        least = np.maximum(least, np.log(np.maximum(money - once, 1e-9) / left))
    elif wish.budget:
        least = np.where(money > wish.budget, np.inf, least)
    deviation = np.maximum(np.log(high / low) / (2 * Z90), 1e-9)
    return normal_share(least / deviation)


def normal_share(x: np.ndarray) -> np.ndarray:
    """Return the share of a normal distribution below x (Abramowitz and Stegun 26.2.17, error below 1e-7)."""
    size = np.minimum(np.abs(x), 40.0)
    t = 1 / (1 + 0.2316419 * size)
    tail = np.exp(-(size**2) / 2) / np.sqrt(2 * np.pi)
    tail = tail * t * (0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
    return np.where(x > 0, 1 - tail, tail)


def _bits(
    gpus: np.ndarray, speed: np.ndarray, days: np.ndarray, money: np.ndarray, far: np.ndarray, price: Price, wanted: Wanted, facts: RowFacts
) -> np.ndarray:
    """Return what rules each option out, one bit a reason."""
    wish, node = wanted.requirement, price.cards_per_node
    late = delivers_late(price, wish, wanted.today)
    tests: dict[str, np.ndarray | bool] = {
        "layout": gpus % wanted.parallel != 0,
        "partial_node": (gpus > node) & (gpus % node != 0) if node else False,
        "far": far,
        "misses_deadline": days > wish.duration_days if wish.duration_days and wanted.work else False,
        "over_budget": money > wish.budget if wish.budget else False,
        "not_enough_cards": gpus > price.available_cards if price.available_cards is not None else False,
        "late_delivery": late,
        "does_not_fit": facts.fits is False,
        "reference_only": facts.is_reference,
        "too_slow": speed < wanted.wanted_speed if wanted.wanted_speed else False,
    }
    bits = np.zeros(gpus.size, np.int64)
    for reason, holds in tests.items():
        bits |= np.where(holds, BITS[reason], 0)
    return bits


def delivers_late(price: Price, wish: Requirement, today: datetime.date) -> bool:
    """Tell whether a row is delivered after the day that is asked for; never where either is not known or that day is past."""
    if price.delivery_days is None or wish.deliver_by is None or wish.deliver_by < today:
        return False
    return today + datetime.timedelta(days=price.delivery_days) > wish.deliver_by
