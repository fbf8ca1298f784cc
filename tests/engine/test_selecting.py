"""Plans: money to the cent, whole months, minimum, conversion of work, recommendations with reasons, what was left out and why."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine import pipeline
from app.engine.errors import EngineError
from app.engine.model.assessments import Assessment, Effort
from app.engine.model.plans import PlanPoint, Price
from app.engine.model.quantities import Quantity
from app.engine.model.requirements import Requirement
from app.engine.model.workloads import RunParameters, Workload
from app.engine.selecting import make_selection
from app.engine.selecting.cost import cost_of
from app.engine.selecting.work import parse_work

A100, ASCEND, H20 = "nvidia-a100-sxm-80gb", "ascend-910b2", "nvidia-h20-96gb"
WORKLOAD = Workload("w", "pretrain", run=RunParameters(seq_len=4096, global_batch=64))
TODAY = datetime.date(2026, 1, 1)


def price(platform: str, unit_price: float, billing="card-hour", **more) -> Price:
    return Price(
        platform=platform,
        text=platform,
        configuration="",
        basis=more.pop("basis", "card"),
        cards_per_node=8,
        billing=billing,
        unit_price=unit_price,
        currency=more.pop("currency", "CNY"),
        **more,
    )


def point(platform: str, value: float, unit="tokens/s", gpus=8, **more) -> PlanPoint:
    speed = Quantity(value, unit, value * 0.9, value * 1.1, "estimated", "fitted")
    return PlanPoint(platform, gpus, speed, more.pop("better", "higher"), **more)


def select(points, prices, assessments=(), **needs):
    requirement = Requirement(**{"work": "86.4e9 tokens", **needs})
    return make_selection(
        points,
        prices,
        assessments=assessments,
        requirement=requirement,
        workload=WORKLOAD,
        platforms=pipeline.platforms_by_id(),
        today=TODAY,
        include_restricted=True,  # test_supply.py tells what is left out otherwise
    )


def test_duration_and_total_to_the_cent():
    found = select([point(A100, 100_000)], [price(A100, 2.0, tax_rate=0.06, discount=0.9)]).plans[0]
    assert found.duration_days == pytest.approx(10) and found.total_price == pytest.approx(2.0 * 0.9 * 1.06 * 8 * 240)
    assert found.price_performance == pytest.approx(86.4e9 / found.total_price) and found.duration_low_days < 10 < found.duration_high_days
    assert found.total_low < found.total_price < found.total_high


def assessed(platform: str, currency="CNY") -> Assessment:
    effort = Effort((10.0, 20.0, 40.0), (1e3, 2e3, 4e3), currency, 100.0, ())
    return Assessment(platform, "adapt", (), effort)


def test_porting_is_in_the_total_once_and_moves_its_range():
    without = select([point(A100, 1e5)], [price(A100, 2.0)]).plans[0]
    found = select([point(A100, 1e5)], [price(A100, 2.0)], assessments=[assessed(A100)]).plans[0]
    assert found.total_price == pytest.approx(without.total_price + 2e3) and found.rental_cost == pytest.approx(without.total_price)
    assert found.total_low == pytest.approx(without.total_low + 1e3) and found.total_high == pytest.approx(without.total_high + 4e3)
    assert (found.porting_low, found.porting_cost, found.porting_high) == (1e3, 2e3, 4e3)
    assert found.price_performance == pytest.approx(86.4e9 / found.total_price)
    other = select([point(A100, 1e5)], [price(A100, 2.0)], assessments=[assessed(A100, "USD")]).plans[0]
    assert other.total_price == without.total_price and other.porting_cost is None and other.porting_days == 20.0
    assert any(note.code == "selecting.porting_currency" for note in other.notes)


def test_nodes_months_and_minimum():
    assert cost_of(price(A100, 1000, "month", basis="node"), 12, 31).total == pytest.approx(2 * 2 * 1000)
    assert cost_of(price(A100, 1.0, minimum="1 个月"), 8, 10).total == pytest.approx(8 * 30 * 24)
    assert cost_of(price(A100, 5e6, "purchase", basis="node"), 8, 10).total == pytest.approx(5e6)
    assert cost_of(Price(A100, "", "", "node", None, "month", 1.0, "CNY"), 8, 10) is None


@pytest.mark.parametrize(
    ("text", "amount", "unit"),
    [
        ("300e9 tokens", 3e11, "tokens"),
        ("1.5T tokens", 1.5e12, "tokens"),
        ("100万 样本", 1e6, "samples"),
        ("1,000 steps", 1000, "steps"),
        ("1e6 seq", 1e6, "samples"),
    ],
)
def test_work_as_people_write_it(text, amount, unit):
    found = parse_work(text)
    assert (found.amount, found.unit) == (pytest.approx(amount), unit)


@pytest.mark.parametrize("text", ["lots", "-5 tokens", "3e9", "tokens", "1e999 tokens"])
def test_work_that_is_no_amount_is_refused(text):
    with pytest.raises(EngineError):
        parse_work(text)


def test_samples_and_step_times_become_tokens():
    plans = {
        plan.platform: plan
        for plan in select([point(A100, 10, "samples/s"), point(H20, 640, "ms", better="lower")], [price(A100, 1), price(H20, 1)]).plans
    }
    assert plans[A100].speed == pytest.approx(40960) and plans[H20].speed == pytest.approx(64 * 4096 / 0.64)
    assert plans[H20].low < plans[H20].speed < plans[H20].high
    with pytest.raises(EngineError):
        select([point(A100, 10, "images/s")], [price(A100, 1)])


def test_two_recommendations_with_reasons():
    found = select([point(A100, 100_000), point(ASCEND, 80_000)], [price(A100, 10.0), price(ASCEND, 4.0)])
    fastest, best = (found.plans[found.recommended[role]] for role in ("highest_performance", "best_price_performance"))
    assert (fastest.platform, best.platform) == (A100, ASCEND) and fastest.reasons and best.reasons
    assert best.price_performance_relative == 1 and fastest.price_performance_relative == pytest.approx(0.5)
    assert all("pareto" in plan.tags for plan in found.plans) and {plan.name for plan in found.plans} == {"A", "B"}


def test_what_bars_a_plan_and_what_is_left_out():
    prices = [price(A100, 10.0, available_cards=4), price(H20, 1.0), price(ASCEND, 1.0, currency="USD"), price("", 1.0)]
    found = select([point(A100, 100_000), point(H20, 1_000)], prices, duration_days=30.0, budget=10_000.0)
    by_platform = {plan.platform: plan for plan in found.plans}
    assert "not_enough_cards" in by_platform[A100].tags and "over_budget" in by_platform[A100].tags
    assert "misses_deadline" in by_platform[H20].tags and not found.recommended
    assert {gone.reason.code for gone in found.excluded} == {"selecting.currency", "selecting.unknown_platform"}
    domestic = select([point(A100, 1e5), point(ASCEND, 1e5)], [price(A100, 1), price(ASCEND, 1)], domestic_only=True)
    assert [plan.platform for plan in domestic.plans] == [ASCEND] and domestic.excluded[0].reason.code == "selecting.not_domestic"


def test_a_speed_beyond_what_was_measured_is_never_recommended():
    found = select([point(A100, 1e5), point(H20, 9e5, out_of_range=True)], [price(A100, 1.0), price(H20, 1.0)])
    assert {found.plans[number].platform for number in found.recommended.values()} == {A100}


def test_a_service_is_priced_by_the_month():
    found = select([point(A100, 1000)], [price(A100, 1.0)], work="").plans[0]
    assert found.duration_days is None and found.total_price is None and found.price_per_month == pytest.approx(8 * 720)
    assert found.price_performance == pytest.approx(1000 * 86400 * 30 / (8 * 720))


@given(st.lists(st.tuples(st.floats(1, 1e6), st.floats(0.01, 1e4)), min_size=1, max_size=3))
def test_the_front_and_the_best_are_what_they_say(rows):
    platforms = (A100, ASCEND, H20)
    found = select(
        [point(platform, speed) for platform, (speed, _) in zip(platforms, rows, strict=False)],
        [price(platform, money) for platform, (_, money) in zip(platforms, rows, strict=False)],
    )
    plans, best = found.plans, found.plans[found.recommended["best_price_performance"]]
    assert best.price_performance == max(plan.price_performance for plan in plans)
    for plan in plans:
        beaten = any(other.total_price < plan.total_price and other.speed > plan.speed for other in plans)
        assert not (beaten and "pareto" in plan.tags)


def test_of_an_offer_in_steps_the_one_that_demands_most_and_is_met_counts():
    from msgspec.structs import replace

    from app.engine.selecting.tiers import unmet

    base = Price(
        platform="x", text="x", configuration="", basis="card", cards_per_node=8, billing="month", unit_price=5000.0, currency="CNY"
    )
    many, year = replace(base, least_cards=64), replace(base, least_months=12.0)
    assert unmet(base, 8, 10.0) is None
    assert unmet(many, 63, 10.0).code == "selecting.tier" and unmet(many, 64, 10.0) is None
    assert unmet(year, 64, 300.0).code == "selecting.tier" and unmet(year, 64, 331.0) is None, "months are paid whole"
    assert unmet(year, 64, None) is not None, "a service without an end commits to no term"
    assert unmet(replace(base, most_cards=63), 64, 10.0) is not None
