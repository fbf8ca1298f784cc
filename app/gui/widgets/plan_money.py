"""What a plan's money is made of and what would flip the recommendation: tables behind two tools of the plan table."""

from collections.abc import Sequence

from app.engine.model.costs import CostLine
from app.engine.model.plans import Plan, Selection
from app.engine.model.sensitivities import Sensitivity
from app.gui.look import UNKNOWN, Look
from app.gui.plan_words import AREA, PlanWords
from app.gui.widgets.table import Cell, Column, Table

SMALL_MONEY = 100
MONEY = f"{AREA}.money"
TOLD_PX = 260


def cost_tables(plan: Plan, words: PlanWords) -> list[tuple[str, Table]]:
    """Return lines, unit costs, phases and, for a purchase, what owning costs by the month; [] where no lines are known."""
    look, costs = words.look, plan.costs
    if costs is None:
        return []
    say = look.say
    form = say(f"selecting.form.{costs.form}") if costs.form else UNKNOWN
    told = say(f"{MONEY}.lines", form=form, total=look.number(float(costs.total), 2), currency=plan.currency)
    if costs.idle is not None:
        code = "idle_assumed" if costs.idle.is_assumed else "idle"
        bearer = say(f"selecting.idle.{costs.idle.bearer}")
        told += " · " + say(f"{MONEY}.{code}", bearer=bearer, percent=look.number(100 * costs.idle.share, 0))
    found = [(told, _lines(costs.lines, plan.currency, look)), (say(f"{MONEY}.units"), _units(plan, look))]
    if costs.ownership:
        owned = costs.ownership_per_month
        month = look.number(float(owned), 2) if owned is not None else UNKNOWN
        found.append((say(f"{MONEY}.ownership", month=month, currency=plan.currency), _lines(costs.ownership, plan.currency, look)))
    if plan.phases:
        found.append((say(f"{MONEY}.phases", days=look.number(plan.project_days, 0)), _phases(plan, look)))
    return found


def _lines(lines: Sequence[CostLine], currency: str, look: Look) -> Table:
    say = look.say
    heads = (
        Column(say(f"{MONEY}.what"), width=150),
        Column(say(f"{MONEY}.quantity"), "", True, 110),
        Column(say(f"{MONEY}.unit"), width=80),
        Column(say(f"{MONEY}.unit_price"), currency, True, 110),
        Column(say(f"{MONEY}.net"), currency, True, 120),
        Column(say(f"{MONEY}.tax"), currency, True, 100),
        Column(say(f"{MONEY}.gross"), currency, True, 120),
        Column(say(f"{MONEY}.basis")),
    )
    rows = [
        (
            Cell(say(f"selecting.cost.what.{line.what}")),
            Cell(look.number(line.quantity, 2), line.quantity),
            Cell(say(f"selecting.cost.unit.{line.unit}")),
            Cell(look.number(float(line.unit_price), 2), float(line.unit_price)),
            Cell(look.number(float(line.net), 2), float(line.net)),
            Cell(look.number(float(line.tax), 2), float(line.tax)),
            Cell(look.number(float(line.gross), 2), float(line.gross)),
            Cell(look.tell(line.basis), tip=look.tell(line.basis)),
        )
        for line in lines
    ]
    return Table(heads, rows, look.theme)


def _places(value: float) -> int:
    """Return the decimals of a unit cost: cents, and more where a cent is much of it."""
    return 2 if value >= SMALL_MONEY else 4


def _range(low: float | None, high: float | None, places: int, look: Look) -> Cell:
    return Cell(UNKNOWN if low is None or high is None else f"{look.number(low, places)} – {look.number(high, places)}")


def _units(plan: Plan, look: Look) -> Table:
    say = look.say
    heads = (
        Column(say(f"{MONEY}.per")),
        Column(say(f"{MONEY}.likely"), plan.currency, True, 160),
        Column(say(f"{MONEY}.range"), plan.currency, True, 260),
    )
    units = plan.costs.units if plan.costs is not None else ()
    rows = [
        (
            Cell(say(f"selecting.cost.per.{one.per}")),
            Cell(look.number(one.value, _places(one.value)), one.value),
            _range(one.low, one.high, _places(one.value), look),
        )
        for one in units
    ]
    return Table(heads, rows, look.theme)


def _phases(plan: Plan, look: Look) -> Table:
    say = look.say
    heads = (
        Column(say(f"{MONEY}.phase"), width=150),
        Column(say(f"{MONEY}.days"), "", True, 90),
        Column(say(f"{MONEY}.range"), "", True, 120),
        Column(say(f"{MONEY}.basis")),
    )
    rows = [
        (
            Cell(say(f"selecting.phase.{one.what}")),
            Cell(look.number(one.days), one.days),
            _range(one.low, one.high, 1, look),
            Cell(look.tell(one.basis), tip=look.tell(one.basis)),
        )
        for one in plan.phases
    ]
    return Table(heads, rows, look.theme)


def sensitivity_tables(selection: Selection, words: PlanWords) -> list[tuple[str, Table]]:
    """Return a table of levers for each recommendation that has a runner-up."""
    names = {plan.name: words.name(plan) for plan in selection.plans}
    return [(_told(one, names, words.look), _levers(one, names, words.look)) for one in selection.sensitivities]


def _told(found: Sensitivity, names: dict[str, str], look: Look) -> str:
    role = look.say(f"{AREA}.role.{found.role}")
    plan, other = names[found.plan], names[found.other]
    told = look.say(f"{MONEY}.against", role=role, plan=plan, other=other, factor=look.number(found.lead, 2))
    parts = found.compared.params.get("parts")
    if isinstance(parts, list):
        told += " · " + ("，" if look.lang == "zh" else ", ").join(look.tell(part) for part in parts)  # type: ignore[arg-type]
    if found.tipping_discount is not None:
        told += " · " + look.say("selecting.lever.discount", other=other, discount=found.tipping_discount)
    return told


def _levers(found: Sensitivity, names: dict[str, str], look: Look) -> Table:
    say = look.say
    heads = (
        Column(say(f"{MONEY}.lever"), width=TOLD_PX),
        Column(say(f"{MONEY}.tried"), "%", True, 120),
        Column(say(f"{MONEY}.lead_low"), "", True, 110),
        Column(say(f"{MONEY}.lead_high"), "", True, 110),
        Column(say(f"{MONEY}.tipping")),
    )
    rows = []
    for one in found.levers:
        named = say(f"selecting.lever.{one.what}", plan=names[found.plan], other=names[found.other])
        never = say("selecting.lever.never")
        tips = never if one.tipping is None else say("selecting.lever.tips", percent=100 * one.tipping)
        ends = f"{look.number(100 * one.low_at, 0)} – {look.number(100 * one.high_at, 0)}"
        cells = (Cell(look.number(one.low, 2), one.low), Cell(look.number(one.high, 2), one.high))
        rows.append((Cell(named), Cell(ends), *cells, Cell(tips, tone="warn" if one.flips else "")))
    return Table(heads, rows, look.theme)
