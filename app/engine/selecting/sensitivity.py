"""What flips a recommendation: price, speed and porting of the chosen plan and of its runner-up, each alone, by bisection."""

from collections.abc import Callable, Sequence

from msgspec import Struct

from app.engine.messages import Message, message
from app.engine.model.plans import Plan, Selection
from app.engine.model.sensitivities import Lever, LeverKind, Sensitivity
from app.engine.selecting.cost import cost_of
from app.engine.selecting.ranking import is_open

PRICE_ENDS = (0.9, 1.1)
LEAST, MOST, STEPS = 1e-3, 1e3, 80
LEAST_MONEY = 1e-9
"""What rounds to nothing is as good as free: a quotient is still wanted."""
DAYS_IN_WEEK = 7


class _Factors(Struct, frozen=True):
    """By what each figure of a plan is multiplied."""

    price: float = 1.0
    speed: float = 1.0
    porting: float = 1.0


def sensitivities(selection: Selection) -> tuple[Sensitivity, ...]:
    """Return each recommendation against its runner-up; none where nothing else is open."""
    found = []
    for role, number in selection.recommended.items():
        plan = selection.plans[number]
        others = [one for place, one in enumerate(selection.plans) if place != number and is_open(one) and _gain(role, one, _Factors())]
        if others and _gain(role, plan, _Factors()):
            other = max(others, key=lambda one: _gain(role, one, _Factors()))
            found.append(_against(role, plan, other))
    return tuple(found)


def _gain(role: str, plan: Plan, by: _Factors) -> float:
    """Return what a role is chosen by, with figures changed: speed, or work for the money; 0 where it is not known."""
    if role == "highest_performance":
        return plan.speed * by.speed
    if plan.duration_days is None or plan.total_price is None:
        money = (plan.price_per_month or 0.0) * by.price
        return (plan.work_per_month or 0.0) * by.speed / max(money, LEAST_MONEY)
    money = _rental(plan, by) * by.price + (plan.porting_cost or 0.0) * by.porting
    return 1 / max(money, LEAST_MONEY)


def _rental(plan: Plan, by: _Factors) -> float:
    """Return what the machines cost when the speed is another: whole months and minimum counted anew."""
    if by.speed == 1 or plan.duration_days is None:
        return plan.rental_cost or 0.0
    now, then = (cost_of(plan.price, plan.gpus, plan.duration_days / speed) for speed in (1.0, by.speed))
    if now is None or then is None or not now.total:
        return plan.rental_cost or 0.0
    return (plan.rental_cost or 0.0) * then.total / now.total


def _against(role: str, plan: Plan, other: Plan) -> Sensitivity:
    def lead(mine: _Factors, theirs: _Factors) -> float:
        return _gain(role, plan, mine) / _gain(role, other, theirs)

    speed, their_speed = ((one.low / one.speed, one.high / one.speed) for one in (plan, other))
    one = _Factors()
    levers: list[Lever] = [
        _lever("speed", speed, lambda by: lead(_Factors(speed=by), one)),
        _lever("other_speed", their_speed, lambda by: lead(one, _Factors(speed=by))),
    ]
    discount = None
    if role != "highest_performance":
        levers.append(_lever("price", PRICE_ENDS, lambda by: lead(_Factors(price=by), one)))
        theirs = _lever("other_price", PRICE_ENDS, lambda by: lead(one, _Factors(price=by)))
        levers.append(theirs)
        wanted = None if theirs.tipping is None else theirs.tipping * other.price.discount
        discount = wanted if wanted is not None and wanted <= 1 else None
        if ends := _porting_ends(plan):
            levers.append(_lever("porting", ends, lambda by: lead(_Factors(porting=by), one)))
        if ends := _porting_ends(other):
            levers.append(_lever("other_porting", ends, lambda by: lead(one, _Factors(porting=by))))
    levers.sort(key=lambda found: -abs(found.high - found.low))
    return Sensitivity(role, plan.name, other.name, lead(one, one), tuple(levers), compared(plan, other), discount)


def _porting_ends(plan: Plan) -> tuple[float, float] | None:
    if not plan.porting_cost or plan.porting_low is None or plan.porting_high is None or plan.total_price is None:
        return None
    return plan.porting_low / plan.porting_cost, plan.porting_high / plan.porting_cost


def _lever(what: LeverKind, ends: tuple[float, float], lead: Callable[[float], float]) -> Lever:
    tipping = _tipping(lead)
    return Lever(what, *ends, lead(ends[0]), lead(ends[1]), tipping, tipping is not None and ends[0] <= tipping <= ends[1])


def _tipping(lead: Callable[[float], float]) -> float | None:
    """Return the factor at which the lead is 1, None where it never is between LEAST and MOST. The lead is monotone in every figure."""
    low, high = LEAST, MOST
    rises = lead(high) > lead(low)
    if (lead(low) - 1) * (lead(high) - 1) > 0:
        return None
    for _ in range(STEPS):
        middle = (low * high) ** 0.5
        if (lead(middle) > 1) == rises:
            high = middle
        else:
            low = middle
    return (low * high) ** 0.5


def compared(plan: Plan, other: Plan) -> Message:
    """Return what sets a plan apart from another: price-performance, speed, price, delivery, project time; the differences only."""
    parts: list[Message] = []
    for code, mine, theirs in (
        ("value", plan.price_performance, other.price_performance),
        ("speed", plan.speed, other.speed),
        ("price", _money(plan), _money(other)),
    ):
        if mine and theirs and abs(share := mine / theirs - 1) >= 0.005:  # noqa: PLR2004 - what rounds to 0 % is no difference
            parts.append(message(f"selecting.compared.{code}_{'more' if share > 0 else 'less'}", percent=abs(share) * 100))
    parts += _later("delivery", plan.delivery_days, other.delivery_days)
    parts += _later("project", plan.project_days, other.project_days)
    if not parts:
        return message("selecting.compared.alike", other=other.name)
    return message("selecting.compared.pair", name=plan.name, other=other.name, parts=parts)


def _money(plan: Plan) -> float | None:
    return plan.total_price if plan.total_price is not None else plan.price_per_month


def _later(code: str, mine: float | None, theirs: float | None) -> Sequence[Message]:
    if mine is None or theirs is None or round(abs(mine - theirs)) < 1:
        return ()
    days = abs(mine - theirs)
    unit, count = ("weeks", round(days / DAYS_IN_WEEK)) if days >= 2 * DAYS_IN_WEEK else ("days", round(days))
    way = "later" if mine > theirs else "sooner"
    return (message(f"selecting.compared.{code}_{way}", span=message(f"selecting.compared.{unit}", count=count)),)
