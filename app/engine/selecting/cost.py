"""What a plan costs, as its row of the price sheet says."""

import math
import re

from msgspec import Struct

from app.engine.messages import Message, message
from app.engine.model.costs import CostLine
from app.engine.model.plans import Price
from app.engine.selecting.cost_lines import line_of
from app.engine.selecting.money import exact

HOURS_IN_DAY, DAYS_IN_MONTH, DAYS_IN_YEAR = 24, 30, 365
_DAYS = {"month": DAYS_IN_MONTH, "year": DAYS_IN_YEAR}
_MINIMUM = re.compile(r"(\d+(?:\.\d+)?)\s*(小时|h|hours?|天|日|d|days?|个?月|months?|年|years?)", re.IGNORECASE)


class Cost(Struct, frozen=True):
    """Money for a time of use. per_month: what a month costs; paid_days: what is paid for, with minimum and whole periods.

    line    machines × time, priced: its gross is the total
    """

    total: float
    per_month: float | None
    paid_days: float | None
    notes: tuple[Message, ...]
    line: CostLine


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
    notes: list[Message] = []
    if price.tax_rate is None:
        notes.append(message("selecting.tax_unknown"))
    if price.billing == "purchase":
        bought = machines_line(price, count, 1.0)
        return Cost(float(bought.gross), None, None, tuple(notes), bought)
    month = machines_line(price, count, _periods(price.billing, float(DAYS_IN_MONTH), whole=False))
    per_month = float(month.gross)
    if days is None:
        return Cost(per_month, per_month, float(DAYS_IN_MONTH), tuple(notes), month)
    paid = max(days, minimum_days(price.minimum))
    if paid > days:
        notes.append(message("selecting.minimum", minimum=price.minimum))
    periods = _periods(price.billing, paid, whole=True)
    if price.billing in ("month", "year"):
        notes.append(message(f"selecting.whole_{price.billing}", count=periods))
    paid = max(paid, periods * _DAYS.get(price.billing, 0))
    line = machines_line(price, count, periods)
    return Cost(float(line.gross), per_month, paid, tuple(notes), line)


def machines_line(price: Price, count: float, periods: float) -> CostLine:
    """Return what `count` cards or nodes cost for so many billing periods; 1 period of a purchase."""
    by_node = price.basis == "node" or price.billing == "node-hour"
    unit = f"{'node' if by_node else 'card'}-{'hour' if price.billing.endswith('hour') else price.billing}"
    kind = "one_off" if price.billing == "purchase" else "running"
    basis = message("selecting.cost.from_sheet", cell=price.cell or "—")
    unit_price = exact(price.unit_price) * exact(price.discount)
    return line_of("machines", count * periods, unit, unit_price, kind=kind, basis=basis, tax_rate=price.tax_rate)


def _periods(billing: str, days: float, *, whole: bool) -> float:
    if billing in ("card-hour", "node-hour"):
        return days * HOURS_IN_DAY
    length = _DAYS[billing]
    return math.ceil(days / length - 1e-9) if whole else days / length


def period_days(billing: str) -> int | None:
    """Return the days of a period that is paid whole, None where hours are paid."""
    return _DAYS.get(billing)


def minimum_days(text: str) -> float:
    """Return the least term that a row states, 0 where it states none."""
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
