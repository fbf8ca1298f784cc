"""选型方案: the plan table, price against performance, the recommendation with reasons, what was excluded and why."""

from collections.abc import Sequence

from app.engine.model.plans import Plan
from app.engine.model.proposals import Block, Column, PlanChart, PlanDot, Table, Text
from app.engine.proposing._facts import Facts, SectionMaker, decimals_of
from app.engine.units import format_number

MOST_PLANS, MOST_EXCLUDED = 20, 30


def blocks(facts: Facts) -> Sequence[Block]:
    """Return the chapter; () without prices."""
    selection = facts.project.selection
    if selection is None:
        return ()
    best, fastest = facts.plan("best_price_performance"), facts.plan("highest_performance")
    found: list[Block] = []
    if best is not None and fastest is not None:
        names = {
            "best": best.name,
            "best_platform": facts.label(best.platform),
            "fastest": fastest.name,
            "fastest_platform": facts.label(fastest.platform),
        }
        found.append(Text(facts.say("plans.answer", count=len(selection.plans), **names), "answer"))
    else:
        found.append(Text(facts.say("plans.none_recommended", count=len(selection.plans)), "answer"))
    if selection.plans:
        found.append(_table(facts))
        found += _costs(facts)
    chart = plan_chart(facts)
    if chart is not None:
        found.append(chart)
    found.append(Text(facts.say("plans.recommendation"), "section"))
    roles: dict[int, list[str]] = {}
    for role, number in selection.recommended.items():
        roles.setdefault(number, []).append(facts.word(f"selecting.tag.{role}"))
    for number, words in roles.items():
        plan = selection.plans[number]
        why = "; ".join(facts.render(reason) for reason in plan.reasons)
        named = {"role": words, "name": plan.name, "platform": facts.label(plan.platform), "cards": plan.gpus, "why": why}
        found.append(Text(facts.say("plans.recommended", **named), "bullet"))
    if selection.excluded and facts.project.settings.show_excluded:
        found.append(_excluded(facts))
    return found


def _table(facts: Facts) -> Table:
    selection = facts.project.selection
    assert selection is not None
    service = all(plan.total_price is None for plan in selection.plans)
    unit = facts.money(1.0, selection.plans[0].currency)[1]
    speed_places = min((decimals_of(plan.speed) for plan in selection.plans), default=1)
    columns = (
        Column(facts.say("plans.plan"), weight=0.7),
        Column(facts.say("plans.configuration"), weight=2.5),
        Column(facts.say("plans.month" if service else "plans.price"), unit, weight=1.5),
        Column(facts.say("plans.days"), facts.say("unit.days"), weight=1.2),
        Column(facts.say("plans.value"), facts.say("plans.relative"), "number2", 0.9),
        Column(facts.say("plans.speed"), selection.plans[0].speed_unit, weight=2.0),
        Column(facts.say("plans.available"), format="integer", weight=0.8),
        Column(facts.say("plans.delivery"), weight=1.1),
        Column(facts.say("plans.valid"), format="date", weight=1.65),
        Column(facts.say("plans.remark"), weight=1.9),
    )
    rows = tuple(_row(facts, plan, speed_places) for plan in selection.plans[:MOST_PLANS])
    marked = tuple(number for number in sorted(set(selection.recommended.values())) if number < MOST_PLANS)
    return Table(
        facts.say("plans.caption"),
        columns,
        rows,
        note=" ".join(facts.render(said) for said in selection.assumptions),
        highlighted=marked,
        name="plans",
    )


def _speed(facts: Facts, plan: Plan, places: int) -> str:
    """Return the speed with its interval; the interval alone beyond what was measured."""
    if "out_of_range" in plan.tags:
        return f"({format_number(plan.low, places)}–{format_number(plan.high, places)})"
    return facts.interval(plan.speed, plan.low, plan.high, places)


def _row(facts: Facts, plan: Plan, speed_places: int) -> tuple:
    money = plan.total_price if plan.total_price is not None else plan.price_per_month
    remark = " · ".join(
        [facts.word(f"selecting.tag.{tag}") for tag in plan.tags if tag != "pareto"]
        + [facts.word(f"assessing.verdict.{plan.verdict}"), facts.word(f"paraselect.kind.{plan.kind}")]
    )
    days = (
        facts.interval(plan.duration_days, plan.duration_low_days, plan.duration_high_days, 0) if plan.duration_days is not None else None
    )
    return (
        plan.name,
        f"{facts.label(plan.platform)} × {plan.gpus}",
        facts.money(money, plan.currency)[0] if money is not None else None,
        days,
        plan.price_performance_relative,
        _speed(facts, plan, speed_places),
        plan.available_cards,
        plan.delivery or None,
        plan.valid_until,
        remark,
    )


def _costs(facts: Facts) -> list[Table]:
    """Return what the totals are made of: machines, porting once; [] where no total holds porting."""
    selection = facts.project.selection
    assert selection is not None
    plans = [plan for plan in selection.plans[:MOST_PLANS] if plan.total_price is not None]
    if not any(plan.porting_cost for plan in plans):
        return []
    unit = facts.money(1.0, plans[0].currency)[1]
    columns = (
        Column(facts.say("plans.plan"), weight=0.7),
        Column(facts.say("plans.configuration"), weight=2.6),
        Column(facts.say("plans.rental"), unit, weight=1.4),
        Column(facts.say("plans.porting"), unit, weight=2.4),
        Column(facts.say("plans.total"), unit, weight=2.6),
    )

    def money(value: float | None, low: float | None, high: float | None, currency: str) -> str:
        told = [facts.money(one, currency)[0] for one in (value, low, high)]
        return told[0] if low is None or high is None or not facts.intervals else f"{told[0]} ({told[1]}–{told[2]})"

    rows = tuple(
        (
            plan.name,
            f"{facts.label(plan.platform)} × {plan.gpus}",
            facts.money(plan.rental_cost, plan.currency)[0],
            money(plan.porting_cost, plan.porting_low, plan.porting_high, plan.currency),
            money(plan.total_price, plan.total_low, plan.total_high, plan.currency),
        )
        for plan in plans
    )
    return [Table(facts.say("plans.costs"), columns, rows, name="plan_costs")]


def plan_chart(facts: Facts) -> PlanChart | None:
    """Return price against duration (speed without an amount of work), None for fewer than two plans."""
    selection = facts.project.selection
    if selection is None:
        return None
    timed = all(plan.duration_days is not None for plan in selection.plans)
    roles = {number: role for role, number in selection.recommended.items()}
    dots = []
    for number, plan in enumerate(selection.plans):
        money = plan.total_price if plan.total_price is not None else plan.price_per_month
        if money is None:
            continue
        shown = money / 1e4 if facts.lang == "zh" and plan.currency == "CNY" else money
        x = plan.duration_days if timed and plan.duration_days is not None else plan.speed
        role = facts.word(f"selecting.tag.{roles[number]}") if number in roles else ""
        dots.append(PlanDot(f"{plan.name} {facts.label(plan.platform)}", shown, x, role, "pareto" in plan.tags))
    if len(dots) < 2:  # noqa: PLR2004
        return None
    x_unit = facts.say("plans.axis_days") if timed else facts.say("plans.axis_speed", unit=selection.plans[0].speed_unit)
    unit = facts.money(1.0, selection.plans[0].currency)[1]
    return PlanChart(
        facts.say("plans.chart"), unit, x_unit, tuple(dots), facts.say("plans.chart_note" if timed else "plans.chart_note_speed")
    )


def _excluded(facts: Facts) -> Table:
    selection = facts.project.selection
    assert selection is not None
    columns = (Column(facts.say("plans.platform"), weight=2.0), Column(facts.say("plans.reason"), weight=5.0))
    rows = tuple((facts.label(gone.platform), facts.render(gone.reason)) for gone in selection.excluded[:MOST_EXCLUDED])
    return Table(facts.say("plans.excluded"), columns, rows, name="excluded")


SECTION = SectionMaker(6, "plans", blocks)
