"""What a plan costs, as its row of the price sheet says."""

import math
import re

from msgspec import Struct

from app.engine.messages import Message, message
from app.engine.model.plans import Price

HOURS_IN_DAY, DAYS_IN_MONTH, DAYS_IN_YEAR = 24, 30, 365
_MINIMUM = re.compile(r"(\d+(?:\.\d+)?)\s*(小时|h|hours?|天|日|d|days?|个?月|months?|年|years?)", re.IGNORECASE)


class Cost(Struct, frozen=True):
    """Money for a time of use. per_month: what a month costs; paid_days: what is paid for, with minimum and whole periods."""

    total: float
    per_month: float | None
    paid_days: float | None
    notes: tuple[Message, ...]


def nodes_of(price: Price, gpus: int) -> int | None:
    """Return the number of nodes, None where the sheet does not say how many cards a node has."""
    return math.ceil(gpus / price.cards_per_node) if price.cards_per_node else None


def cost_of(price: Price, gpus: int, days: float | None) -> Cost | None:
    """Return the cost of `gpus` cards for `days`; of one month where days is None. None where nodes are priced and not countable.

    Months and years are paid whole; net price × discount × (1 + tax where the sheet states a rate).
    """
    nodes = nodes_of(price, gpus)
    if price.basis == "node" or price.billing == "node-hour":
        if nodes is None:
            return None
        count = float(nodes)
    else:
        count = float(gpus)
    rate = price.unit_price * price.discount * (1 + (price.tax_rate or 0.0)) * count
    notes: list[Message] = []
    if price.tax_rate is None:
        notes.append(message("selecting.tax_unknown"))
    if price.billing == "purchase":
        return Cost(rate, None, None, tuple(notes))
    per_month = _periods(price.billing, float(DAYS_IN_MONTH), whole=False) * rate
    if days is None:
        return Cost(per_month, per_month, float(DAYS_IN_MONTH), tuple(notes))
    paid = max(days, _minimum_days(price.minimum))
    if paid > days:
        notes.append(message("selecting.minimum", minimum=price.minimum))
    periods = _periods(price.billing, paid, whole=True)
    if price.billing in ("month", "year"):
        notes.append(message(f"selecting.whole_{price.billing}", count=periods))
    return Cost(periods * rate, per_month, paid, tuple(notes))


def _periods(billing: str, days: float, *, whole: bool) -> float:
    if billing in ("card-hour", "node-hour"):
        return days * HOURS_IN_DAY
    length = DAYS_IN_MONTH if billing == "month" else DAYS_IN_YEAR
    return math.ceil(days / length - 1e-9) if whole else days / length


def _minimum_days(text: str) -> float:
    found = _MINIMUM.search(text)
    if not found:
        return 0.0
    unit = found[2].lower().removeprefix("个")
    days = {
        "小": 1 / HOURS_IN_DAY,
        "h": 1 / HOURS_IN_DAY,
        "天": 1,
        "日": 1,
        "d": 1,
        "月": DAYS_IN_MONTH,
        "m": DAYS_IN_MONTH,
        "年": DAYS_IN_YEAR,
        "y": DAYS_IN_YEAR,
    }
    return float(found[1]) * days[unit[0]]
