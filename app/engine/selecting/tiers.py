"""Prices by volume and term: which step of an offer a plan of so many cards and days may ask for."""

import math
from collections.abc import Sequence

import numpy as np

from app.engine.messages import Message, message
from app.engine.model.plans import Exclusion, Plan, Price
from app.engine.selecting.option_columns import Columns, Row

DAYS_IN_MONTH = 30
TIER = "selecting.tier"


def unmet(price: Price, gpus: int, days: float | None) -> Message | None:
    """Return why a price does not hold for so many cards and days, None where it does.

    A use without an end (days None) commits to no term: a price that asks for more than a month does not hold.
    """
    months = 1.0 if days is None else days / DAYS_IN_MONTH
    cards = (price.least_cards or 0) <= gpus <= (math.inf if price.most_cards is None else price.most_cards)
    # Paid by the month a run of 5.2 months is one of 6.
    started = math.ceil(months - 1e-9) if price.billing in ("month", "year") else months
    ends = (price.least_months or 0.0) <= started + 1e-9 and (price.most_months is None or months <= price.most_months + 1e-9)
    if cards and ends:
        return None
    return message(TIER, cards=_range(price.least_cards, price.most_cards), months=_range(price.least_months, price.most_months))


def met(price: Price, made: Row, *, has_work: bool) -> Row:
    """Return the options of one price row that its tier holds for; what it is not offered for is no option and is not counted."""
    if (price.least_cards, price.most_cards, price.least_months, price.most_months) == (None,) * 4:
        return made
    found = made.feasible
    days = found.days.tolist() if has_work else [None] * found.gpus.size
    kept = np.array([unmet(price, gpus, day) is None for gpus, day in zip(found.gpus.tolist(), days, strict=True)], dtype=bool)
    gone, by_bits = int(np.count_nonzero(~kept)), made.by_bits.copy()
    by_bits[0] -= gone
    return Row(Columns(*(getattr(found, name)[kept] for name in Columns.__struct_fields__)), made.counted - gone, by_bits)


def narrowest(plans: Sequence[Plan], excluded: Sequence[Exclusion]) -> tuple[list[Plan], list[Exclusion]]:
    """Return of each offer the plan whose price demands most, and the exclusions without the steps of offers that have a plan."""
    best: dict[tuple, Plan] = {}
    for plan in plans:
        if _is_step(plan.price):
            known = best.get(_offer(plan.price))
            if known is None or _demand(plan.price) > _demand(known.price):
                best[_offer(plan.price)] = plan
    kept = [plan for plan in plans if best.get(_offer(plan.price), plan) is plan]
    platforms = {plan.platform for plan in kept}
    return kept, [gone for gone in excluded if gone.reason.code != TIER or gone.platform not in platforms]


def _is_step(price: Price) -> bool:
    return price.least_cards is not None or price.least_months is not None


def _demand(price: Price) -> tuple[float, float]:
    return (price.least_months or 0.0, price.least_cards or 0)


def _offer(price: Price) -> tuple:
    return (
        price.platform,
        price.configuration,
        price.basis,
        price.billing,
        price.currency,
        price.region,
        price.interconnect,
        price.storage,
    )


def _range(least: float | None, most: float | None) -> str:
    if least is None and most is None:
        return "—"
    return f"≥ {least:g}" if most is None else f"≤ {most:g}" if least is None else f"{least:g}-{most:g}"
