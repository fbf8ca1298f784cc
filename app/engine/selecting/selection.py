"""Make plans, rank them, recommend two, and say what was left out and why."""

import datetime
from collections.abc import Mapping, Sequence
from math import inf
from string import ascii_uppercase

import msgspec
from msgspec import Struct

from app.engine.errors import EngineError
from app.engine.messages import Message, message
from app.engine.model.assessments import Assessment
from app.engine.model.costs import CostTerms
from app.engine.model.options import Options
from app.engine.model.plans import Exclusion, Plan, PlanPoint, Price, Selection
from app.engine.model.platforms import Platform
from app.engine.model.requirements import Requirement
from app.engine.model.sensitivities import DemandStrategy
from app.engine.model.speed_curves import SpeedCurve
from app.engine.model.workloads import Workload
from app.engine.selecting.amounts import dense_pflops
from app.engine.selecting.breakdown import gross_of, with_costs
from app.engine.selecting.cost import cost_of, nodes_of
from app.engine.selecting.cost_lines import form_of
from app.engine.selecting.money import cents
from app.engine.selecting.option_columns import Known, RowFacts, Speeds, Wanted, row_columns, speeds_over
from app.engine.selecting.options import make_options, parallel_cards
from app.engine.selecting.phases import phases_of, project_days
from app.engine.selecting.porting import porting_of
from app.engine.selecting.ranking import on_front, recommend, with_tags
from app.engine.selecting.sensitivity import sensitivities
from app.engine.selecting.strategy import strategy_of
from app.engine.selecting.supply import NOT_SUPPLIED, REFERENCE_ONLY, doubt_of_supply
from app.engine.selecting.tiers import met, narrowest, unmet
from app.engine.selecting.work import Work, parse_work, speeds_per_second, unit_of_speed
from app.engine.units import SECONDS_PER_DAY

DAYS_IN_MONTH = 30


class _Needs(Struct, frozen=True):
    """What all plans are made for."""

    requirement: Requirement
    workload: Workload
    platforms: Mapping[str, Platform]
    assessments: Mapping[str, Assessment]
    unpredicted: Mapping[str, Message]
    work: Work | None
    unit: str
    include_restricted: bool
    terms: CostTerms
    curves: Sequence[SpeedCurve]
    today: datetime.date


def make_selection(
    points: Sequence[PlanPoint],
    prices: Sequence[Price],
    *,
    assessments: Sequence[Assessment],
    requirement: Requirement,
    workload: Workload,
    platforms: Mapping[str, Platform],
    unpredicted: Mapping[str, Message] | None = None,
    today: datetime.date | None = None,
    include_restricted: bool = False,
    terms: CostTerms | None = None,
    curves: Sequence[SpeedCurve] = (),
    stale_after_days: float = inf,
    strategies: Sequence[DemandStrategy] = (),
) -> Selection:
    """Return all plans. Raises EngineError where the work and no speed share a unit.

    unpredicted         why a platform has no speed
    terms               forms of service, and what is assumed of costs that no sheet states
    curves              how speeds go with the card count; without them no other counts are looked at
    strategies          which product and service suit a demand
    include_restricted  rank what cannot be supplied like the rest; else it is told as left out, and its plans are for reference only
    stale_after_days    an older price is tagged
    """
    today = today or datetime.date.today()
    work = parse_work(requirement.work)
    unit = work.unit if work else next((unit_of_speed(point) for point in points if unit_of_speed(point)), "")
    if work and points and all(speeds_per_second(point, workload, unit) is None for point in points):
        raise EngineError("selecting.units_differ", work=requirement.work, unit=points[0].speed.unit)
    by_id = {found.platform: found for found in assessments}
    needs = _Needs(
        requirement, workload, platforms, by_id, unpredicted or {}, work, unit, include_restricted, terms or CostTerms(), curves, today
    )
    plans: list[Plan] = []
    excluded: list[Exclusion] = []
    for price in prices:
        made = _plan(price, points, needs)
        if isinstance(made, Plan):
            plans.append(made)
        else:
            excluded.append(Exclusion(price.platform or price.text, made))
    plans, excluded = narrowest(plans, excluded)
    excluded += _for_reference(plans)
    plans = _named(plans)
    plans = with_tags(plans, requirement, today, stale_after_days)
    plans = on_front(plans)
    plans, recommended = recommend(plans)
    found = Selection(
        plans=tuple(plans),
        recommended=recommended,
        excluded=tuple(excluded),
        work_amount=work.amount if work else None,
        work_unit=unit,
        deadline_days=requirement.duration_days,
        budget=requirement.budget,
        assumptions=_assumptions(work, plans),
        options=_options(points, prices, needs) if curves else None,
        strategy=strategy_of(workload, requirement, strategies),
    )
    return msgspec.structs.replace(found, sensitivities=sensitivities(found))


def _options(points: Sequence[PlanPoint], prices: Sequence[Price], needs: _Needs) -> Options | None:
    """Return all card counts of every row that makes a plan, None where there is no such row."""
    run, wish = needs.workload.run, needs.requirement
    speed = wish.tokens_per_s if needs.unit == "tokens" else None
    amount = needs.work.amount if needs.work else None
    wanted = Wanted(wish, amount, parallel_cards(run), needs.terms, needs.today, speed)
    speeds, rows = _speeds(points, needs), []
    for number, price in enumerate(prices):
        if price.platform in speeds and _ruled_out(price, needs) is None:
            made = row_columns(number, price, speeds[price.platform], wanted, _row_facts(price, needs))
            rows += [met(price, made, has_work=amount is not None)] if made is not None else []
    return make_options(rows, prices, wanted, run, needs.unit) if rows else None


def _speeds(points: Sequence[PlanPoint], needs: _Needs) -> dict[str, Speeds]:
    """Return the speed over card counts of every platform that has one in the unit of the work."""
    own = {(one.platform, one.gpus): one for one in points}
    found: dict[str, list[Known]] = {}
    for curve in needs.curves:
        point = own.get((curve.platform, curve.from_gpus))
        speeds = speeds_per_second(point, needs.workload, needs.unit) if point is not None else None
        if point is not None and speeds is not None and min(speeds) > 0:
            found.setdefault(curve.platform, []).append(Known(*speeds, point.out_of_range, curve))
    return {platform: speeds_over(known) for platform, known in found.items()}


def _row_facts(price: Price, needs: _Needs) -> RowFacts:
    form, assessment = form_of(price, needs.terms), needs.assessments.get(price.platform)
    porting = porting_of(price, assessment)
    return RowFacts(
        form.fee_share if form is not None else 0.0,
        porting.cost,
        porting.days or 0.0,
        assessment.fits if assessment is not None else None,
        doubt_of_supply(needs.platforms[price.platform]) is not None and not needs.include_restricted,
    )


def _for_reference(plans: Sequence[Plan]) -> list[Exclusion]:
    """Return the platforms whose plans are for reference only, each once, with the reason."""
    told = {plan.platform: plan.reasons[0] for plan in plans if REFERENCE_ONLY in plan.tags}
    return [Exclusion(platform, reason) for platform, reason in told.items()]


def _plan(price: Price, points: Sequence[PlanPoint], needs: _Needs) -> Plan | Message:
    """Return the plan of one row of the price sheet, or why there is none."""
    reason = _ruled_out(price, needs)
    if reason is not None:
        return reason
    point = _point(price, points, needs.requirement.scale_cards)
    if point is None:
        return needs.unpredicted.get(price.platform) or message("selecting.no_speed")
    speeds = speeds_per_second(point, needs.workload, needs.unit)
    if speeds is None or min(speeds) <= 0:
        return message("selecting.unit_of_point", unit=point.speed.unit, wanted=needs.unit or "?")
    days = _run_days(needs.work, speeds) if needs.work else None
    step = unmet(price, point.gpus, days[0] if days else None)
    if step is not None:
        return step
    cost = cost_of(price, point.gpus, days[0] if days else None)
    if cost is None:
        return message("selecting.no_cards_per_node")
    form = form_of(price, needs.terms)
    bought = price.billing == "purchase"
    total = gross_of(cost.line, form) if days or bought else None
    per_month = None if cost.per_month is None else gross_of(month.line, form) if (month := cost_of(price, point.gpus, None)) else None
    ends = [gross_of(end.line, form) for value in (days[1], days[2]) if (end := cost_of(price, point.gpus, value))] if days else []
    monthly_work = speeds[0] * SECONDS_PER_DAY * DAYS_IN_MONTH
    porting = porting_of(price, needs.assessments.get(price.platform))
    rental, total = total, (None if total is None else float(cents(total) + cents(porting.cost[1])))
    money = total if days else per_month
    plan = Plan(
        name="",
        platform=price.platform,
        gpus=point.gpus,
        nodes=nodes_of(price, point.gpus),
        configuration=price.configuration or f"{price.text} × {point.gpus}",
        total_price=total,
        currency=price.currency,
        duration_days=days[0] if days else None,
        price_performance=(needs.work.amount if needs.work else monthly_work) / money if money else None,
        speed=speeds[0],
        low=speeds[1],
        high=speeds[2],
        speed_unit=f"{needs.unit}/s",
        kind=point.speed.kind,
        verdict=needs.assessments[price.platform].verdict if price.platform in needs.assessments else "unknown",
        available_cards=price.available_cards,
        delivery=price.delivery_text,
        valid_until=price.valid_until,
        price=price,
        price_per_month=per_month,
        work_per_month=monthly_work,
        duration_low_days=days[1] if days else None,
        duration_high_days=days[2] if days else None,
        total_low=ends[0] + porting.cost[0] if ends else None,
        total_high=ends[1] + porting.cost[2] if ends else None,
        porting_days=porting.days,
        porting_cost=porting.cost[1] if porting.is_counted else None,
        porting_low=porting.cost[0] if porting.is_counted else None,
        porting_high=porting.cost[2] if porting.is_counted else None,
        rental_cost=rental,
        delivery_days=price.delivery_days,
        tags=_doubts(price, point, needs),
        reasons=(doubt,) if (doubt := doubt_of_supply(needs.platforms[price.platform])) else (),
        notes=(*cost.notes, *price.doubts, *porting.notes, *point.notes[:1]),
    )
    effort = found.effort if (found := needs.assessments.get(price.platform)) else None
    phases = phases_of(price.delivery_days, effort.person_days if effort else None, days, needs.terms)
    plan = msgspec.structs.replace(plan, phases=phases, project_days=project_days(phases))
    work = (needs.work.amount, needs.unit) if needs.work else None
    platform = needs.platforms[price.platform]
    plan = msgspec.structs.replace(plan, pflops=dense_pflops(platform, point.gpus, needs.workload.precision))
    return with_costs(plan, cost, form, requirement=needs.requirement, platform=platform, terms=needs.terms, work=work)


def _run_days(work: Work, speeds: tuple[float, float, float]) -> tuple[float, float, float]:
    """Return likely, low and high days; the highest speed gives the lowest."""
    value, low, high = (work.amount / speed / SECONDS_PER_DAY for speed in speeds)
    return value, high, low


def _doubts(price: Price, point: PlanPoint, needs: _Needs) -> tuple[str, ...]:
    """A speed beyond what was measured, or of a configuration that does not fit there as it is, carries no recommendation."""
    found = needs.assessments.get(price.platform)
    tags = ("out_of_range",) if point.out_of_range else ()
    if doubt_of_supply(needs.platforms[price.platform]) is not None:
        tags += (NOT_SUPPLIED if needs.include_restricted else REFERENCE_ONLY,)
    return (*tags, "does_not_fit") if found is not None and found.fits is False else tags


def _ruled_out(price: Price, needs: _Needs) -> Message | None:
    platform = needs.platforms.get(price.platform)
    if platform is None:
        return message("selecting.unknown_platform", text=price.text)
    if needs.requirement.domestic_only and not platform.domestic:
        return message("selecting.not_domestic")
    if price.currency != needs.requirement.currency:
        return message("selecting.currency", currency=price.currency, wanted=needs.requirement.currency)
    found = needs.assessments.get(price.platform)
    if found is not None and found.verdict == "blocked":
        return message("selecting.blocked", why=found.reason)
    return None


def _point(price: Price, points: Sequence[PlanPoint], wanted: int | None) -> PlanPoint | None:
    own = [point for point in points if point.platform == price.platform]
    if not own:
        return None
    if wanted is None:
        return own[0]
    return min(own, key=lambda point: abs(point.gpus - wanted))


def _named(plans: list[Plan]) -> list[Plan]:
    """Name the plans A, B, C … by price-performance, the best first, those for reference last; give each its value relative to the best."""
    ranked = sorted(plans, key=lambda plan: (REFERENCE_ONLY in plan.tags, -(plan.price_performance or 0.0)))
    best = ranked[0].price_performance if ranked else None
    return [
        msgspec.structs.replace(
            plan,
            name=_letters(number),
            price_performance_relative=plan.price_performance / best if best and plan.price_performance else None,
        )
        for number, plan in enumerate(ranked)
    ]


def _letters(number: int) -> str:
    count = len(ascii_uppercase)
    return (_letters(number // count - 1) if number >= count else "") + ascii_uppercase[number % count]


def _assumptions(work: Work | None, plans: list[Plan]) -> tuple[Message, ...]:
    said = [message("selecting.assume_continuous")] if work else [message("selecting.assume_month")]
    if any(plan.porting_days for plan in plans):
        said.append(message("selecting.assume_porting" if any(plan.total_price for plan in plans) else "selecting.assume_porting_apart"))
    if any(plan.price.tax_rate is not None for plan in plans):
        said.append(message("selecting.assume_net"))
    return tuple(said)
