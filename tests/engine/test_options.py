"""All card counts of every price row: money as cost.py counts it, what rules options out, the front, objectives, risk, phases."""

import datetime
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from app.engine import pipeline
from app.engine.known import cost_terms
from app.engine.model.assessments import Assessment, Effort
from app.engine.model.plans import PlanPoint, Price
from app.engine.model.quantities import Quantity
from app.engine.model.requirements import Requirement
from app.engine.model.workloads import RunParameters, Workload
from app.engine.paraselect import speed_curve
from app.engine.plan_curves import speed_curves
from app.engine.selecting import make_selection
from app.engine.selecting.cost import cost_of
from app.engine.selecting.option_columns import money_columns, normal_share, paid_days_of
from app.engine.selecting.options import on_front

A100, ASCEND = "nvidia-a100-sxm-80gb", "ascend-910b2"
TODAY = datetime.date(2026, 1, 1)
WORKLOAD = Workload("w", "pretrain", run=RunParameters(seq_len=4096, global_batch=64, tensor_parallel=4, pipeline_parallel=2))


def price(platform: str, unit_price: float, billing="card-hour", basis="card", **more) -> Price:
    given = {"text": platform, "configuration": "", "cards_per_node": 8, "currency": "CNY", **more}
    return Price(platform=platform, basis=basis, billing=billing, unit_price=unit_price, **given)


def point(platform: str, value: float, gpus=8) -> PlanPoint:
    return PlanPoint(platform, gpus, Quantity(value, "tokens/s", value * 0.9, value * 1.1, "estimated", "fitted"), "higher")


def select(points, prices, assessments=(), workload=WORKLOAD, **needs):
    requirement = Requirement(**{"work": "86.4e9 tokens", **needs})
    platforms = pipeline.platforms_by_id()
    return make_selection(
        points, prices, assessments=assessments, requirement=requirement, workload=workload, platforms=platforms, today=TODAY,
        include_restricted=True, terms=cost_terms(), curves=speed_curves(points, workload, platforms),
    )  # fmt: skip


BILLINGS = st.sampled_from(["card-hour", "node-hour", "month", "year", "purchase"])


@given(BILLINGS, st.sampled_from(["card", "node"]), st.integers(1, 1024), st.floats(0.5, 800.0), st.sampled_from(["", "3 个月", "10 天"]))
def test_columns_cost_what_a_plan_costs(billing, basis, gpus, days, minimum):
    row = price(A100, 12.5, billing, basis, tax_rate=0.06, discount=0.9, minimum=minimum)
    for given_days in (days, math.nan):
        wanted = cost_of(row, gpus, None if math.isnan(given_days) else given_days).total
        term = np.array([[given_days]])
        found = money_columns(row, np.array([gpus]), term, paid_days_of(row, term))
        assert found[0, 0] == pytest.approx(wanted, abs=0.011)


def test_the_known_count_is_the_plan_and_what_rules_others_out():
    found = select([point(A100, 100_000)], [price(A100, 2.0, available_cards=32)], duration_days=20.0)
    options, plan = found.options, found.plans[0]
    assert options.counted == 1024 and options.ruled_out["layout"] == 1024 - 128
    assert options.ruled_out["not_enough_cards"] == 1024 - 32 and options.ruled_out["partial_node"] == 1024 - 8 - 127
    assert options.feasible == 4 and {one.gpus for one in options.told} <= {8, 16, 24, 32}
    at_8 = next(one for one in options.told if one.gpus == 8)
    assert at_8.speed == pytest.approx(plan.speed) and at_8.money == pytest.approx(plan.total_price)
    assert at_8.run_days == pytest.approx(plan.duration_days) and at_8.layout == "TP4 PP2 DP1" and at_8.nodes == 1
    assert at_8.project_days == pytest.approx(plan.project_days)
    fastest, cheapest = (options.told[options.best[name]] for name in ("fastest", "cheapest"))
    assert fastest.gpus == 32 and cheapest.gpus == 8 and fastest.money > cheapest.money
    assert fastest.high / fastest.low > at_8.high / at_8.low  # what was not measured is less sure


def test_more_cards_never_promise_more_per_card():
    platforms = pipeline.platforms_by_id()
    for is_strong in (True, False):
        curve = speed_curve(platforms[A100], "pretrain", 8, np.arange(1, 1025), is_strong=is_strong)
        assert curve.factor[7] == 1 and curve.low[7] == curve.high[7] == 1
        assert (np.diff(curve.factor / curve.counts) <= 1e-12).all() and (curve.low <= 1).all() and (curve.high >= 1).all()


@given(
    arrays(float, st.shared(st.integers(1, 60), key="n"), elements=st.floats(0, 20).map(round)),
    arrays(float, st.shared(st.integers(1, 60), key="n"), elements=st.floats(0, 20).map(round)),
)
def test_the_front_is_not_dominated_and_dominates_the_rest(money, slow):
    front = on_front(money, slow)
    better = lambda one, other: money[one] <= money[other] and slow[one] <= slow[other]  # noqa: E731
    assert not any(better(one, other) for one in front for other in front if one != other)
    assert all(any(better(one, other) for one in front) for other in range(money.size))


def test_risk_is_that_of_the_interval():
    """At the deadline itself it is a half; where the low end just makes it, 5 %."""
    assert normal_share(np.array([0.0, -1.6449, 1.6449])) == pytest.approx([0.5, 0.05, 0.95], abs=1e-4)
    even = select([point(A100, 100_000)], [price(A100, 2.0, available_cards=8)], duration_days=10.0).options.told[0]
    assert even.risk == pytest.approx(0.5, abs=1e-6)
    safe = select([point(A100, 100_000)], [price(A100, 2.0, available_cards=8)], duration_days=10 / math.sqrt(0.9 / 1.1) ** 1).options.told[
        0
    ]
    assert safe.risk == pytest.approx(0.05, abs=1e-3)
    tight = 8 * 240 * 2.0
    found = select([point(A100, 100_000)], [price(A100, 2.0, available_cards=8)], budget=tight, duration_days=100.0).options
    assert found.told[0].risk == pytest.approx(0.5, abs=1e-6) and found.best["lowest_risk"] == 0
    assert select([point(A100, 100_000)], [price(A100, 2.0)]).options.told[0].risk is None


def test_phases_add_up_and_unknown_delivery_is_told_as_unknown():
    assessed = Assessment(A100, "adapt", (), Effort((10.0, 20.0, 40.0), (1e3, 2e3, 4e3), "CNY", 100.0, ()))
    plan = select([point(A100, 100_000)], [price(A100, 2.0, delivery_days=14)], [assessed]).plans[0]
    assert [(one.what, one.days) for one in plan.phases] == [
        ("delivery", 14), ("porting", 20.0), ("verification", 5.0), ("run", pytest.approx(10)), ("failures", pytest.approx(0.5)),
    ]  # fmt: skip
    assert plan.project_days == pytest.approx(49.5)
    unknown = select([point(A100, 100_000)], [price(A100, 2.0)]).plans[0]
    assert unknown.phases[0].days is None and unknown.project_days == pytest.approx(15.5)


def test_a_late_delivery_bars_a_plan():
    prices = [price(A100, 2.0, delivery_days=40), price(ASCEND, 3.0, delivery_days=10)]
    found = select([point(A100, 1e5), point(ASCEND, 9e4)], prices, deliver_by=datetime.date(2026, 1, 31))
    late = {plan.platform: "late_delivery" in plan.tags for plan in found.plans}
    assert late == {A100: True, ASCEND: False} and found.options.ruled_out["late_delivery"] == 1024
    assert {found.plans[number].platform for number in found.recommended.values()} == {ASCEND}


def test_a_service_by_the_month_has_options_too():
    workload = Workload("w", "inference", run=RunParameters(tensor_parallel=2))
    found = select([point(A100, 1000)], [price(A100, 1.0)], workload=workload, work="", tokens_per_s=3000.0).options
    cheapest = found.told[found.best["cheapest"]]
    assert cheapest.run_days is None and cheapest.speed >= 3000 and cheapest.gpus % 2 == 0 and found.ruled_out["too_slow"] > 0
    assert cheapest.money == pytest.approx(cheapest.gpus * 720)


def test_a_far_count_is_no_option():
    found = select([point(A100, 100_000)], [price(A100, 2.0)])
    assert max(one.gpus for one in found.options.told) <= 64 and found.options.ruled_out["far"] == 1024 - 64
