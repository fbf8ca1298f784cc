"""What flips a recommendation, worked by hand; pairs in words; product and strategy by demand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.known import demand_strategies
from app.engine.messages import render
from app.engine.model.assessments import Assessment, Effort
from app.engine.model.requirements import Requirement
from app.engine.model.workloads import Model, Workload
from app.engine.selecting.strategy import strategy_of
from tests.engine.test_options import A100, ASCEND, point, price, select


def of(found, role="best_price_performance"):
    return next(one for one in found.sensitivities if one.role == role)


def levers(found) -> dict:
    return {one.what: one for one in found.levers}


def test_tipping_points_by_hand():
    """A100: 19 200 at 10.0; Ascend at 4/5 of the speed and 5.0 takes 12.5 days: 12 000. Lead 1.6."""
    found = select([point(A100, 100_000), point(ASCEND, 80_000)], [price(A100, 10.0), price(ASCEND, 5.0)])
    one, told = of(found), levers(of(found))
    assert (found.plans[found.recommended["best_price_performance"]].platform, one.lead) == (ASCEND, pytest.approx(1.6))
    assert told["price"].tipping == pytest.approx(1.6) and not told["price"].flips
    assert told["other_price"].tipping == pytest.approx(1 / 1.6) == one.tipping_discount
    assert told["speed"].tipping == pytest.approx(1 / 1.6) and told["other_speed"].tipping == pytest.approx(1.6)
    assert told["speed"].low == pytest.approx(1.6 * 0.9) and told["speed"].high == pytest.approx(1.6 * 1.1)
    fast = levers(of(found, "highest_performance"))
    assert set(fast) == {"speed", "other_speed"} and fast["speed"].tipping == pytest.approx(0.8) and not fast["speed"].flips


def test_a_close_choice_flips_within_its_interval():
    found = of(select([point(A100, 100_000), point(ASCEND, 80_000)], [price(A100, 5.2), price(ASCEND, 4.0)]))
    told = levers(found)
    assert found.lead == pytest.approx(1.04) and told["speed"].flips and told["price"].flips and told["other_speed"].flips
    assert [abs(one.high - one.low) for one in found.levers] == sorted((abs(one.high - one.low) for one in found.levers), reverse=True)


def test_porting_flips_too_and_whole_months_are_counted_anew():
    assessed = Assessment(ASCEND, "adapt", (), Effort((10.0, 20.0, 40.0), (1e3, 2e3, 9e3), "CNY", 100.0, ()))
    found = of(select([point(A100, 1e5), point(ASCEND, 8e4)], [price(A100, 10.0), price(ASCEND, 5.0)], [assessed]))
    porting = levers(found)["porting"]
    assert porting.tipping == pytest.approx((19_200 - 12_000) / 2_000) and porting.flips  # 7200 of 2000, up to 9000 is thought possible
    monthly = of(select([point(A100, 1e5), point(ASCEND, 8e4)], [price(A100, 2000.0, "month"), price(ASCEND, 1500.0, "month")]))
    assert levers(monthly)["speed"].low == levers(monthly)["speed"].high == monthly.lead  # a month is paid either way
    assert levers(monthly)["speed"].tipping == pytest.approx(12.5 / 30)  # slower than that takes a second month


@given(st.floats(0.5, 20), st.floats(0.5, 20), st.floats(2e4, 2e5), st.sampled_from(["card-hour", "month", "year"]))
def test_at_the_tipping_price_both_are_even(one, other, speed, billing):
    points = [point(A100, 1e5), point(ASCEND, speed)]
    found = select(points, [price(A100, one, billing), price(ASCEND, other, billing)])
    sensitivity = of(found)
    chosen = found.plans[found.recommended["best_price_performance"]]
    by = levers(sensitivity)["price"].tipping
    prices = [price(A100, one, billing), price(ASCEND, other, billing)]
    prices = [price(row.platform, row.unit_price * (by if row.platform == chosen.platform else 1), billing) for row in prices]
    first, second = select(points, prices).plans
    assert first.price_performance == pytest.approx(second.price_performance, rel=1e-3)


def test_a_pair_in_words():
    prices = [price(A100, 10.0, delivery_days=7), price(ASCEND, 5.0, delivery_days=28)]
    found = of(select([point(A100, 100_000), point(ASCEND, 80_000)], prices))
    assert render(found.compared, "en") == (
        "A against B: 60 % better price-performance, 20 % slower, 38 % cheaper, arrives 3 weeks later, the project takes 3 weeks longer"
    )
    assert "晚 3 周供货" in render(found.compared, "zh")


def test_a_plan_without_a_rival_has_no_sensitivity():
    assert select([point(A100, 1e5)], [price(A100, 1.0)]).sensitivities == ()


@pytest.mark.parametrize(
    ("task", "parameters", "industry", "demand"),
    [
        ("pretrain", 70e9, "", "foundation"), ("pretrain", 7e9, "", "industry"), ("lora", 7e9, "", "scenario"), ("hpc", None, "", "hpc"),
        ("inference", 671e9, "internet", "mainstream_inference"), ("inference", None, "", "ordinary_inference"),
        ("pretrain", 70e9, "高校科研", "academia"),
    ],
)  # fmt: skip
def test_product_and_strategy_by_demand(task, parameters, industry, demand):
    workload = Workload("w", task, model=Model("llama", parameters=parameters) if parameters else None)
    assert strategy_of(workload, Requirement(industry=industry), demand_strategies()).demand == demand
