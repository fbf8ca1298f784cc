"""Which plans meet the needs, which are on the Pareto front, which two are recommended."""

import datetime
from collections.abc import Sequence
from math import inf

import msgspec

from app.engine.messages import Message, message
from app.engine.model.plans import Plan, Selection, stale_marks
from app.engine.model.requirements import Requirement
from app.engine.selecting.option_columns import delivers_late
from app.engine.selecting.supply import REFERENCE_ONLY
from app.engine.units import SECONDS_PER_DAY

BARRED = frozenset({"misses_deadline", "over_budget", "not_enough_cards", "out_of_range", "does_not_fit", "late_delivery", REFERENCE_ONLY})
"""A plan with one of these is shown and never recommended."""


def with_tags(plans: Sequence[Plan], requirement: Requirement, today: datetime.date, stale_after_days: float = inf) -> list[Plan]:
    """Return the plans with what speaks against each, of their prices too: past validity, old, undated, in doubt."""
    tagged = []
    for plan in plans:
        tags = [*plan.tags]
        if requirement.duration_days and plan.duration_days is not None and plan.duration_days > requirement.duration_days:
            tags.append("misses_deadline")
        money = plan.total_price if plan.total_price is not None else plan.price_per_month
        if requirement.budget and money is not None and money > requirement.budget:
            tags.append("over_budget")
        if plan.available_cards is not None and plan.available_cards < plan.gpus:
            tags.append("not_enough_cards")
        if delivers_late(plan.price, requirement, today):
            tags.append("late_delivery")
        if plan.valid_until is not None and plan.valid_until < today:
            tags.append("price_expired")
        tags += [mark for mark in stale_marks(plan.price, today, stale_after_days) if mark != "price_expired"]
        if plan.price.doubts:
            tags.append("price_doubtful")
        tagged.append(msgspec.structs.replace(plan, tags=tuple(dict.fromkeys(tags))))
    return tagged


def on_front(plans: Sequence[Plan]) -> list[Plan]:
    """Mark the plans that no other beats in both price and speed; those for reference neither stand on the front nor beat others."""

    def money(plan: Plan) -> float:
        value = plan.total_price if plan.total_price is not None else plan.price_per_month
        return float("inf") if value is None else value

    ranked = sorted((plan for plan in plans if REFERENCE_ONLY not in plan.tags), key=lambda plan: (money(plan), -plan.speed))
    front, best = set(), float("-inf")
    for plan in ranked:
        if money(plan) < float("inf") and plan.speed > best:
            front.add((money(plan), plan.speed))
            best = plan.speed
    return [
        msgspec.structs.replace(plan, tags=(*plan.tags, "pareto"))
        if REFERENCE_ONLY not in plan.tags and (money(plan), plan.speed) in front
        else plan
        for plan in plans
    ]


def recommend(plans: Sequence[Plan]) -> tuple[list[Plan], dict[str, int]]:
    """Return the plans with their reasons, and the index of the fastest and of the best value among those that nothing bars."""
    open_to = [number for number, plan in enumerate(plans) if is_open(plan)]
    chosen: dict[str, int] = {}
    if open_to:
        chosen["highest_performance"] = max(open_to, key=lambda number: plans[number].speed)
    valued = [number for number in open_to if plans[number].price_performance is not None]
    if valued:
        chosen["best_price_performance"] = max(valued, key=lambda number: plans[number].price_performance or 0.0)
    told = list(plans)
    for role, number in chosen.items():
        plan = told[number]
        told[number] = msgspec.structs.replace(
            plan, tags=(*plan.tags, role), reasons=(*plan.reasons, *_reasons(role, plan, plans, open_to))
        )
    return told, chosen


def is_open(plan: Plan) -> bool:
    """Tell whether nothing bars a plan: it meets every condition and its speed was not stretched."""
    return not BARRED & set(plan.tags)


def needed_speed(selection: Selection) -> float | None:
    """Return the speed, in the unit of the plans, that does the work by the deadline; None where either was not stated."""
    if not selection.work_amount or not selection.deadline_days:
        return None
    return selection.work_amount / (selection.deadline_days * SECONDS_PER_DAY)


def overlaps(role: str, plan: Plan, second: Plan) -> bool:
    """Tell whether the 90 % intervals of a recommended plan and its runner-up overlap, so that their order is not certain."""
    return _band(role, plan)[0] < _band(role, second)[1]


def _band(role: str, plan: Plan) -> tuple[float, float]:
    """Return the interval of what a role is chosen by: speed, or the work per unit of money."""
    if role == "highest_performance":
        return plan.low, plan.high
    value = plan.price_performance or 0.0
    if plan.total_price and plan.total_low and plan.total_high:
        return value * plan.total_price / plan.total_high, value * plan.total_price / plan.total_low
    return value * plan.low / plan.speed, value * plan.high / plan.speed


def _reasons(role: str, plan: Plan, plans: Sequence[Plan], open_to: list[int]) -> list[Message]:
    others = [plans[number] for number in open_to if plans[number].name != plan.name]
    if role == "best_price_performance":
        others = [other for other in others if other.price_performance]
    if not others:
        return [message("selecting.only_one")]
    if role == "highest_performance":
        second = max(others, key=lambda other: other.speed)
        told = [message("selecting.fastest", other=second.name, factor=plan.speed / second.speed)]
    else:
        second = max(others, key=lambda other: other.price_performance or 0.0)
        factor = (plan.price_performance or 0.0) / (second.price_performance or 1.0)
        told = [message("selecting.best_value", other=second.name, factor=factor)]
    return [*told, message("selecting.overlaps", other=second.name)] if overlaps(role, plan, second) else told
