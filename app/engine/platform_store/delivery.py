"""Delivery times as salespeople write them."""

import re

from app.engine.platform_store.price_amounts import amount_of, plain

_SPAN = re.compile(r"(?:\d+(?:\.\d+)?\s*[-~–至到]\s*)?(\d+(?:\.\d+)?)\s*个?(工作日|天|日|days?|周|星期|weeks?|月|months?)(内|后)?")
_WORKING_DAY = 1.4


def days(text: str) -> float | None:
    """Return the days of a delivery time: "现货" 0, "2周" 14, "10 天", "3-4 weeks" (the later), "1个月" 30; None where it is none."""
    text = plain(text).lower()
    if text in ("现货", "立即", "即时", "即开即用", "in stock", "immediately", "now"):
        return 0.0
    found = _SPAN.fullmatch(text)
    if not found:
        number = amount_of(text)
        return number.value if number is not None and number.value >= 0 and not number.unit.says and not number.doubt else None
    unit = found[2]
    factor = 30.0 if unit in ("月", "month", "months") else 7.0 if unit in ("周", "星期", "week", "weeks") else 1.0
    return float(found[1]) * (_WORKING_DAY if unit == "工作日" else factor)
