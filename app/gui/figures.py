"""How figures of one kind are told together: one factor, one unit, equal decimals; and the short names of platforms."""

import re
from collections import Counter
from collections.abc import Iterable
from functools import cache
from statistics import median

from msgspec import Struct

from app.engine import pipeline
from app.gui.look import Look

NO_DECIMALS_FROM = 1000
"""Of the end of an interval: decimals say nothing there, and bands of cards that no one measured are wide."""
THOUSANDS_FROM = 10_000
_BRACKET = re.compile(r"\s*[(（].*[)）]\s*$")


class Scale(Struct, frozen=True):
    """`value / factor` is shown with so many decimals; the unit stands in the head."""

    factor: float
    unit: str
    decimals: int = 1

    def text(self, value: float | None, look: Look) -> str:
        """Return a figure without its unit."""
        return look.number(None if value is None else value / self.factor, self.decimals)

    def band(self, low: float | None, high: float | None, look: Look) -> str:
        """Return an interval without its unit, "" where there is none."""
        return "" if low is None or high is None else f"{self._end(low, look)} – {self._end(high, look)}"

    def _end(self, value: float, look: Look) -> str:
        large = abs(value / self.factor) >= NO_DECIMALS_FROM
        return look.number(value / self.factor, 0) if large else self.text(value, look)

    def tick(self, value: float, look: Look) -> str:
        """Return the figure of an axis: no decimals that say nothing."""
        shown = value / self.factor
        return look.number(shown, 0) if abs(shown - round(shown)) < 1e-9 * max(1.0, abs(shown)) else look.figure(shown, 2)


def speed_scale(values: Iterable[float | None], unit: str, look: Look) -> Scale:
    """Return how speeds are told: in thousands where most are large (千 tokens/s, k tokens/s)."""
    known = [abs(value) for value in values if value is not None] or [0.0]
    top = max(known)
    if median(known) >= THOUSANDS_FROM:
        return Scale(1e3, look.say("page_prediction.thousand", unit=unit), 0 if min(known) >= 1e5 else 1)
    return Scale(1.0, unit, 0 if top >= 1000 else 1 if top >= 100 else 2 if top >= 1 else 4)


def money_scale(currency: str, look: Look) -> Scale:
    """Return how amounts are told: 万元 in Chinese, k CNY in English; other currencies by their code."""
    unit = look.say("gui.unit.money") if currency in ("", "CNY") else look.say("page_plans.money_unit", currency=currency)
    return Scale(1e4 if look.lang == "zh" else 1e3, unit, 1 if look.lang == "zh" else 0)


def short_name(platform_id: str, look: Look) -> str:
    """Return the product's name without vendor and remark in brackets, as far as no other platform is called so."""
    return _short_names(look.lang).get(platform_id, platform_id)


def full_name(platform_id: str, look: Look) -> str:
    """Return vendor and product; the id where the catalogue does not know it."""
    platform = pipeline.platforms_by_id().get(platform_id)
    return platform.label(look.lang) if platform else platform_id


@cache
def _short_names(lang: str) -> dict[str, str]:
    platforms = pipeline.catalogue().platforms
    products = {one.id: (one.product_zh if lang == "zh" else "") or one.product_en for one in platforms}
    bare = {key: _BRACKET.sub("", name) or name for key, name in products.items()}
    count = Counter(bare.values())
    count_products = Counter(products.values())
    return {
        one.id: bare[one.id] if count[bare[one.id]] == 1 else products[one.id] if count_products[products[one.id]] == 1 else one.label(lang)
        for one in platforms
    }
