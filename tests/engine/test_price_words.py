"""Amounts, units, dates, tax, tiers: what was written comes back, and whatever else is written raises nothing and stays in its limits."""

import datetime
import math

from hypothesis import given
from hypothesis import strategies as some

from app.engine.model.plans import Price
from app.engine.platform_store.exchange import in_currency
from app.engine.platform_store.money_tables import ExchangeRate, load_exchange_rates, load_taxes
from app.engine.platform_store.price_amounts import amount_of, plain, unit_of
from app.engine.platform_store.price_columns import column_of
from app.engine.platform_store.price_heads import facts_of
from app.engine.platform_store.price_terms import condition_of, day_of, discount, tax_of

MARKS = "0123456789.,-~万元卡时月年台天/%折税含不≥以上个起约$¥ USD()（）至到有效期"
cents = some.integers(1, 10**10)


@given(cents, some.sampled_from(["", "￥", "$", "USD "]), some.sampled_from(["", "/卡时", "/月/台", "/GPU/小时"]), some.booleans())
def test_an_amount_comes_back_to_the_cent(number, before, per, grouped):
    text = f"{number / 100:,.2f}" if grouped else f"{number / 100:.2f}"
    found = amount_of(f"{before}{text}{per}")
    assert found is not None and round(found.value * 100) == number and not found.doubt
    assert found.unit.currency == {"": "", "￥": "CNY", "$": "USD", "USD ": "USD"}[before]


@given(some.integers(1, 9999), some.integers(1, 9999))
def test_a_range_is_never_a_firm_price(first, second):
    found = amount_of(f"{first}-{second}")
    assert found is None if second <= first else found is not None and (found.low, found.value, found.doubt) == (first, second, "range")


@given(some.integers(1, 99_999))
def test_ten_thousands_are_multiplied_once(number):
    assert math.isclose(amount_of(f"{number / 100}万元").value, number * 100)
    assert unit_of("万元/台/月").scale == 1e4


@given(some.dates(datetime.date(2000, 1, 1), datetime.date(2099, 12, 31)), some.sampled_from("-/."))
def test_a_date_comes_back_in_every_form(day, mark):
    forms = [day, day.isoformat(), f"{day.year}{mark}{day.month}{mark}{day.day}", f"{day.year}年{day.month}月{day.day}日", f"{day:%Y%m%d}"]
    assert {day_of(form, is_end=True).date for form in forms} == {day}


@given(some.integers(1, 4096), some.integers(0, 4096))
def test_a_tier_holds_its_ends(least, more):
    most = least + more
    assert [(one.least_cards, one.most_cards) for one in (condition_of(f"{least}-{most}卡"), condition_of(f"≥{least}张"))] == [
        (least, most), (least, None)
    ]  # fmt: skip


@given(some.text(alphabet=MARKS, max_size=24) | some.text(max_size=24))
def test_no_text_breaks_a_reader_or_gives_what_cannot_be(text):
    amount, factor, tax = amount_of(text), discount(text), tax_of(text)
    assert amount is None or (math.isfinite(amount.value) and amount.value >= 0)
    assert factor is None or 0 < factor <= 1
    assert tax.rate is None or 0 <= tax.rate < 1
    day, tier = day_of(text, is_end=True), condition_of(text, "卡")
    assert day is None or day.date is None or 1 <= day.date.year <= 9999
    assert tier is None or tier.least_cards is None or tier.most_cards is None or tier.least_cards <= tier.most_cards
    unit_of(text), column_of(text), facts_of([("A1", text, True), ("A9", text, False)])
    assert plain(plain(text)) == plain(text)


def test_the_tables_of_money_are_dated_and_sourced():
    assert all(rate.source and rate.cny > 0 for rate in load_exchange_rates())
    today = datetime.date(2026, 11, 25)
    in_force = {tax.rate for tax in load_taxes() if tax.valid_from <= today and (tax.valid_until is None or tax.valid_until >= today)}
    assert {0.06, 0.09, 0.13} <= in_force and 0.16 not in in_force and all(tax.source for tax in load_taxes())


def test_a_price_is_converted_by_the_last_rate_known_and_an_old_one_is_told():
    price = Price("x", "x", "", "card", 8, "card-hour", 2.0, "USD")
    rates = [ExchangeRate("USD", datetime.date(2026, 11, 20), 7.0, "bank"), ExchangeRate("USD", datetime.date(2026, 12, 20), 8.0, "later")]
    (made,) = in_currency([price], "CNY", rates, datetime.date(2026, 11, 25), 45)
    assert (made.currency, made.unit_price, made.doubts[-1].code) == ("CNY", 14.0, "prices.converted")
    (old,) = in_currency([price], "CNY", rates[:1], datetime.date(2027, 3, 1), 45)
    assert old.doubts[-1].code == "prices.converted_stale" and old.doubts[-1].params["source"] == "bank"
    assert in_currency([price], "JPY", rates, datetime.date(2026, 11, 25), 45) == (price,), "without a rate it stays as it is"
