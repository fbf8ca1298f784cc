"""A plan's money line by line: worked examples to the cent, forms of service, idle time, ownership, unit costs."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine import pipeline
from app.engine.errors import EngineError
from app.engine.known import cost_terms
from app.engine.model.assessments import Assessment, Effort
from app.engine.model.plans import Plan, PlanPoint, Price
from app.engine.model.quantities import Quantity
from app.engine.model.requirements import Requirement
from app.engine.model.workloads import RunParameters, Workload
from app.engine.platform_store import load_cost_terms
from app.engine.selecting import make_selection
from app.engine.selecting.cost import cost_of
from app.engine.selecting.cost_lines import form_of

A100 = "nvidia-a100-sxm-80gb"
WORKLOAD = Workload("w", "pretrain", run=RunParameters(seq_len=4096, global_batch=64))


def price(unit_price: float, billing="card-hour", basis="card", **more) -> Price:
    given = {"platform": A100, "text": A100, "configuration": "", "cards_per_node": 8, "currency": "CNY", **more}
    return Price(basis=basis, billing=billing, unit_price=unit_price, **given)


def plan_of(row: Price, speed=100_000.0, assessments=(), **needs) -> Plan:
    point = PlanPoint(A100, 8, Quantity(speed, "tokens/s", speed * 0.9, speed * 1.1, "estimated", "fitted"), "higher")
    requirement = Requirement(**{"work": "86.4e9 tokens", **needs})
    return make_selection(
        [point], [row], assessments=assessments, requirement=requirement, workload=WORKLOAD, platforms=pipeline.platforms_by_id(),
        include_restricted=True, terms=cost_terms(),
    ).plans[0]  # fmt: skip


def test_lines_of_a_worked_example_to_the_cent():
    """86.4e9 tokens at 100 000 tokens/s are 10 days: 8 × 240 = 1920 card-hours at 12.345 × 0.9 = 11.1105, 6 % tax, 2000 of porting."""
    assessed = Assessment(A100, "adapt", (), Effort((10.0, 20.0, 40.0), (1e3, 2e3, 4e3), "CNY", 100.0, ()))
    plan = plan_of(price(12.345, tax_rate=0.06, discount=0.9, cell="S!A3"), assessments=[assessed])
    machines, porting = plan.costs.lines
    assert (machines.net, machines.tax, machines.gross) == (Decimal("21332.16"), Decimal("1279.93"), Decimal("22612.09"))
    assert (porting.what, porting.gross, porting.kind) == ("porting", Decimal("2000.00"), "one_off")
    assert machines.unit == "card-hour" and machines.quantity == pytest.approx(1920) and machines.basis.params["cell"] == "S!A3"
    assert plan.total_price == 24612.09 == float(plan.costs.total) and plan.costs.form == "service"
    units = {one.per: one for one in plan.costs.units}
    assert units["card_hour"].value == pytest.approx(22612.09 / 1920) and units["node_hour"].value == pytest.approx(22612.09 / 240)
    assert units["million_tokens"].value == pytest.approx(24612.09 / 86_400) and units["run"].value == plan.total_price
    assert units["million_tokens"].low < units["million_tokens"].value < units["million_tokens"].high
    assert units["year"].value == pytest.approx(12 * units["month"].value)


def test_tax_is_of_the_rounded_net_half_up():
    line = cost_of(price(0.125, "month", tax_rate=0.5), 1, 30).line
    assert (line.net, line.tax) == (Decimal("0.13"), Decimal("0.07"))


def test_whole_months_leave_idle_time_with_the_renter():
    """10 days of a month that is paid whole: two thirds idle."""
    plan = plan_of(price(900.0, "month", basis="node"))
    assert plan.costs.form == "rental" and plan.costs.idle.bearer == "renter" and not plan.costs.idle.is_assumed
    assert plan.costs.idle.share == pytest.approx(2 / 3) and plan.costs.idle.cost == Decimal("600.00")


def test_a_service_by_the_month_is_idle_by_its_utilisation():
    stated = plan_of(price(900.0, "month", basis="node"), work="", utilisation=0.25)
    assert stated.costs.idle.share == pytest.approx(0.75) and not stated.costs.idle.is_assumed
    assert plan_of(price(900.0, "month", basis="node"), work="").costs.idle.is_assumed
    assert plan_of(price(1.0), work="").costs.idle is None  # on demand: the provider's


def test_the_form_that_a_row_names_goes_before_its_billing():
    terms = cost_terms()
    assert form_of(price(1.0), terms).form == "service" and form_of(price(1.0, "purchase"), terms).form == "purchase"
    named = price(10.0, note="算力运营平台调度")
    assert form_of(named, terms).form == "operation"
    plan, plain = plan_of(named), plan_of(price(10.0))
    machines, fee = plan.costs.lines
    assert fee.what == "fee" and fee.net == Decimal("1920.00") == machines.net / 10
    assert plan.total_price == pytest.approx(plain.total_price * 1.1) and plan.rental_cost == plan.total_price


def test_owning_by_hand():
    """8 cards of 400 W in one node of 1 200 000: see platform_db/cost_assumptions.csv."""
    plan = plan_of(price(1_200_000.0, "purchase", basis="node"), storage_tb=10.0)
    lines = {line.what: line.gross for line in plan.costs.ownership}
    assert lines["depreciation"] == Decimal("23750.00")  # 1.2e6 × 0.95 / 48
    assert lines["network"] == Decimal("2850.00") and lines["maintenance"] == Decimal("5000.00")
    assert lines["storage"] == Decimal("158.33")  # 10 × 800 × 0.95 / 48
    assert lines["electricity"] == Decimal("3064.32")  # 6.08 kW × 0.8 × 1.25 × 720 h × 0.7
    assert lines["rack"] == Decimal("2128.00") and lines["staff"] == Decimal("900.00")
    assert plan.costs.ownership_per_month == sum(lines.values()) and plan.total_price == 1_200_000.0
    assert {one.per for one in plan.costs.units} == {"run", "million_tokens"}


def test_owning_is_not_told_where_the_nodes_are_not_known():
    costs = plan_of(price(1e5, "purchase", cards_per_node=None)).costs
    assert costs.missing == ("cards_per_node",) and costs.ownership_per_month is None


def test_data_transfer_stands_beside_the_total():
    plan, plain = plan_of(price(1.0), storage_tb=20.0), plan_of(price(1.0))
    assert [line.what for line in plan.costs.lines if not line.is_counted] == ["transfer"]
    assert plan.total_price == plain.total_price == float(plan.costs.total)


@given(
    st.floats(0.01, 1e5), st.floats(0.05, 1.0), st.sampled_from([None, 0.0, 0.06, 0.09, 0.13]), st.floats(100.0, 1e7),
    st.sampled_from(["card-hour", "node-hour", "month", "year", "purchase"]), st.sampled_from(["", "算力运营", "算力网络"]),
)  # fmt: skip
def test_totals_are_the_sums_of_printed_lines_and_discounts_never_cost_more(unit_price, discount, tax, speed, billing, note):
    row = price(unit_price, billing, tax_rate=tax, discount=discount, note=note)
    plan = plan_of(row, speed)
    assert float(plan.costs.total) == plan.total_price
    assert all(
        line.net == line.net.quantize(Decimal("0.01")) and line.tax == line.tax.quantize(Decimal("0.01")) for line in plan.costs.lines
    )
    lower = plan_of(price(unit_price, billing, tax_rate=tax, discount=discount * 0.9, note=note), speed)
    assert lower.total_price <= plan.total_price and plan.total_low <= plan.total_price <= plan.total_high


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("cost_assumptions.csv", "pue,1.25", "pue,2.25"),
        ("cost_assumptions.csv", "pue,", "puh,"),
        ("service_forms.csv", "provider", "nobody"),
    ],
)
def test_a_wrong_figure_is_refused_with_its_place(tmp_path, file, old, new):
    from app.engine.paths import platform_db_folder

    for name in ("cost_assumptions.csv", "service_forms.csv"):
        text = (platform_db_folder() / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(text.replace(old, new, 1) if name == file else text, encoding="utf-8")
    with pytest.raises(EngineError) as caught:
        load_cost_terms(tmp_path)
    assert caught.value.file == file
