"""The lines of a plan's price: machines, the fee of a form of service, porting; data transfer beside them; idle time; unit costs."""

from decimal import Decimal
from typing import Literal

from app.engine.messages import Message, message
from app.engine.model.costs import Assumption, CostLine, CostTerms, Idle, ServiceForm, UnitCost
from app.engine.model.plans import Plan, Price
from app.engine.model.requirements import Requirement
from app.engine.selecting.money import cents, exact

HOURS_IN_MONTH, MONTHS_IN_YEAR = 720, 12
MADE_OF = {"tokens": ("million_tokens", 1e6), "samples": ("thousand_samples", 1e3), "images": ("thousand_images", 1e3)}


def line_of(
    what: str,
    quantity: float,
    unit: str,
    unit_price: Decimal | float,
    *,
    kind: Literal["one_off", "running"],
    basis: Message,
    tax_rate: float | None = None,
    is_counted: bool = True,
) -> CostLine:
    """Return one priced line: net to the cent, tax from the rounded net."""
    net = cents(exact(quantity) * exact(unit_price))
    tax = cents(net * exact(tax_rate or 0.0))
    return CostLine(what, quantity, unit, exact(unit_price), net, tax, kind, basis, tax_rate, is_counted)


def form_of(price: Price, terms: CostTerms) -> ServiceForm | None:
    """Return the form of service of a row: the one that its words name, else what its billing means."""
    said = f"{price.configuration} {price.note}".lower()
    named = next((form for form in terms.forms if any(word.lower() in said for word in form.words)), None)
    if named is not None and (price.billing == "purchase") == (named.form == "purchase"):
        return named
    return next((form for form in terms.forms if price.billing in form.billings), None)


def fee_line(machines: CostLine, form: ServiceForm | None) -> CostLine | None:
    """Return what a form of service adds to the machines' price, None for nothing."""
    if form is None or not form.fee_share:
        return None
    basis = message("selecting.cost.assumed", source=form.source)
    return line_of("fee", form.fee_share, "share", machines.net, kind="running", basis=basis, tax_rate=machines.tax_rate)


def porting_line(cost: float) -> CostLine:
    """Return the assessment's porting cost, paid once."""
    return line_of("porting", 1.0, "once", cost, kind="one_off", basis=message("selecting.cost.from_assessment"))


def transfer_line(requirement: Requirement, terms: CostTerms) -> CostLine | None:
    """Return what bringing the data once may cost; beside the total, since no sheet states it. None without an amount of data."""
    found = terms.assumptions.get("transfer_tb")
    if not requirement.storage_tb or found is None or requirement.currency != "CNY":
        return None
    return line_of(
        "transfer", requirement.storage_tb, "TB", found.value, kind="one_off", basis=assumed(found), is_counted=False
    )  # fmt: skip


def assumed(found: Assumption) -> Message:
    """Return that a figure is assumed, its range and who says so."""
    return message("selecting.cost.assumed_range", low=found.low, high=found.high, unit=found.unit, source=found.source)


def idle_of(
    machines: CostLine, form: ServiceForm | None, *, used_days: float | None, paid_days: float | None, stated: float | None
) -> Idle | None:
    """Return what is paid and not used: with a term, the part of the paid time beyond the run; for a service, by utilisation.

    stated  the utilisation that the customer states, 0..1
    """
    if form is None or form.idle_bearer == "provider" and used_days is None:
        return None
    if used_days is not None and paid_days:
        share, is_assumed = max(0.0, 1 - used_days / paid_days), False
    else:
        share, is_assumed = 1 - (stated or form.used_share), not stated
    return Idle(form.idle_bearer, share, cents(machines.gross * exact(share)), is_assumed)


def unit_costs(plan: Plan, machines: CostLine, paid_days: float | None, work: tuple[float, str] | None) -> tuple[UnitCost, ...]:
    """Return what one card-hour, node-hour, month, year, run and amount of work costs; low and high from the speed's interval.

    paid_days  None where machines are bought: then no hour has a price of its own
    work       amount and unit of the work, None for a service, which is told by the month
    """
    found: list[UnitCost] = []
    if paid_days:
        hour = float(machines.gross) / (paid_days * 24)
        found.append(UnitCost("card_hour", hour / plan.gpus))
        if plan.nodes:
            found.append(UnitCost("node_hour", hour / plan.nodes))
    if plan.price_per_month is not None:
        found += [UnitCost("month", plan.price_per_month), UnitCost("year", plan.price_per_month * MONTHS_IN_YEAR)]
    if work is not None and plan.total_price is not None:
        found.append(UnitCost("run", plan.total_price, plan.total_low, plan.total_high))
        amount, unit = work
        ends = (plan.total_price, plan.total_low, plan.total_high)
    elif plan.price_per_month is not None and plan.work_per_month:
        amount, unit, price = plan.work_per_month, plan.speed_unit.removesuffix("/s"), plan.price_per_month
        ends = (price, price * plan.speed / plan.high, price * plan.speed / plan.low)
    else:
        return tuple(found)
    if unit in MADE_OF:
        name, size = MADE_OF[unit]
        found.append(UnitCost(name, *(None if end is None else end / amount * size for end in ends)))  # type: ignore[arg-type]
    return tuple(found)
