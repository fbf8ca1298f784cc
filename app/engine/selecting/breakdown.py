"""A plan's money in lines, from the cost of its machines: form of service, porting, what stands beside the total, ownership, unit costs."""

from decimal import Decimal

from msgspec.structs import replace

from app.engine.model.costs import Breakdown, CostLine, CostTerms, ServiceForm
from app.engine.model.plans import Plan
from app.engine.model.platforms import Platform
from app.engine.model.requirements import Requirement
from app.engine.selecting.cost import Cost
from app.engine.selecting.cost_lines import fee_line, idle_of, porting_line, transfer_line, unit_costs
from app.engine.selecting.ownership import ownership_lines


def machine_lines(machines: CostLine, form: ServiceForm | None) -> tuple[CostLine, ...]:
    """Return the machines and what their form of service adds."""
    fee = fee_line(machines, form)
    return (machines, fee) if fee is not None else (machines,)


def gross_of(machines: CostLine, form: ServiceForm | None) -> float:
    """Return what machines and form cost together."""
    return float(sum((line.gross for line in machine_lines(machines, form)), Decimal(0)))


def with_costs(
    plan: Plan,
    cost: Cost,
    form: ServiceForm | None,
    *,
    requirement: Requirement,
    platform: Platform,
    terms: CostTerms,
    work: tuple[float, str] | None,
) -> Plan:
    """Return the plan with its breakdown. work: amount and unit, None for a service."""
    lines = list(machine_lines(cost.line, form))
    if plan.total_price is not None and plan.porting_cost:
        lines.append(porting_line(plan.porting_cost))
    transfer = transfer_line(requirement, terms)
    if transfer is not None:
        lines.append(transfer)
    owned, missing = (), ()
    if plan.price.billing == "purchase" and terms.assumptions and plan.currency == "CNY":
        owned, missing = ownership_lines(cost.line, platform, plan.gpus, plan.nodes, terms, requirement.storage_tb)
    idle = idle_of(cost.line, form, used_days=plan.duration_days, paid_days=cost.paid_days, stated=requirement.utilisation)
    costs = Breakdown(
        form.form if form is not None else "",
        tuple(lines),
        unit_costs(plan, lines[0], cost.paid_days, work),
        idle,
        owned,
        missing,
    )
    return replace(plan, costs=costs)
