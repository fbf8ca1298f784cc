"""Prices in the currency of the requirement: by the rate of the price's day or the last one before, told with date, source and age."""

import datetime
from collections.abc import Sequence

from msgspec.structs import replace

from app.engine.messages import message
from app.engine.model.plans import Price
from app.engine.platform_store.money_tables import BASE, ExchangeRate


def rate_on(rates: Sequence[ExchangeRate], currency: str, day: datetime.date) -> ExchangeRate | None:
    """Return the last rate of a currency up to a day, None where none is known; CNY is worth 1."""
    if currency == BASE:
        return ExchangeRate(BASE, day, 1.0, "")
    known = [rate for rate in rates if rate.currency == currency and rate.date <= day]
    return max(known, key=lambda rate: rate.date) if known else None


def in_currency(
    prices: Sequence[Price], wanted: str, rates: Sequence[ExchangeRate], today: datetime.date, stale_after_days: float
) -> tuple[Price, ...]:
    """Return the prices in one currency, each that was converted with a doubt that tells how; one without a rate stays as it is."""
    return tuple(price if price.currency == wanted else _converted(price, wanted, rates, today, stale_after_days) for price in prices)


def _converted(price: Price, wanted: str, rates: Sequence[ExchangeRate], today: datetime.date, stale_after_days: float) -> Price:
    own, other = rate_on(rates, price.currency, today), rate_on(rates, wanted, today)
    if own is None or other is None:
        return price
    factor = own.cny / other.cny
    told = [one for one in (own, other) if one.currency != BASE]
    oldest = min(one.date for one in told)
    code = "prices.converted_stale" if (today - oldest).days > stale_after_days else "prices.converted"
    source = told[0].source
    doubt = message(code, currency=price.currency, wanted=wanted, rate=f"{factor:.6g}", date=oldest.isoformat(), source=source)
    return replace(price, currency=wanted, unit_price=price.unit_price * factor, doubts=(*price.doubts, doubt))
