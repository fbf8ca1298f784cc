"""The lines of a plan's price and the options over card counts as JSON; money in the plan's currency, to the cent."""

from typing import TYPE_CHECKING

from app.engine.messages import render, term

if TYPE_CHECKING:
    from app.engine.model.costs import Breakdown, CostLine
    from app.engine.model.options import Options
    from app.engine.model.sensitivities import DemandStrategy, Sensitivity


def describe_costs(costs: "Breakdown", lang: str) -> dict:
    """Return form of service, lines, unit costs, idle time and what owning costs by the month."""
    owned = costs.ownership_per_month
    return {
        "form": costs.form or None,
        "form_name": term(f"selecting.form.{costs.form}", lang) if costs.form else None,
        "lines": [_line(line, lang) for line in costs.lines],
        "unit_costs": {one.per: {"value": one.value, "low": one.low, "high": one.high} for one in costs.units},
        "idle": {"bearer": costs.idle.bearer, "share": costs.idle.share, "cost": float(costs.idle.cost), "assumed": costs.idle.is_assumed}
        if costs.idle
        else None,
        "ownership": {
            "per_month": None if owned is None else float(owned),
            "lines": [_line(line, lang) for line in costs.ownership],
            "missing": list(costs.missing),
        }
        if costs.ownership
        else None,
    }


def describe_options(options: "Options") -> dict:
    """Return how many options were looked at and why most are none, the front, the best by objective as indices into `told`."""
    from msgspec.structs import asdict

    return asdict(options) | {"told": [asdict(one) for one in options.told]}


def describe_sensitivity(found: "Sensitivity", lang: str) -> dict:
    """Return a recommendation against its runner-up and what flips it."""
    from msgspec.structs import asdict

    return asdict(found) | {"levers": [asdict(one) for one in found.levers], "compared": render(found.compared, lang)}


def describe_strategy(found: "DemandStrategy", lang: str) -> dict:
    """Return which product and service suit the demand."""
    words = {key: term(f"selecting.{key}.{found.demand}", lang) for key in ("demand", "product", "strategy")}
    return {"key": found.demand, **words, "form": found.form, "source": found.source, "confidence": found.confidence}


def _line(line: "CostLine", lang: str) -> dict:
    return {
        "what": line.what,
        "name": term(f"selecting.cost.what.{line.what}", lang),
        "quantity": line.quantity,
        "unit": line.unit,
        "unit_price": float(line.unit_price),
        "net": float(line.net),
        "tax_rate": line.tax_rate,
        "tax": float(line.tax),
        "gross": float(line.gross),
        "kind": line.kind,
        "counted": line.is_counted,
        "basis": render(line.basis, lang),
    }
