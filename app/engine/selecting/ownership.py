"""What owning machines costs by the month: depreciation, power × PUE, rack, network, storage, maintenance, staff."""

from decimal import Decimal

from app.engine.model.costs import CostLine, CostTerms
from app.engine.model.platforms import Platform
from app.engine.selecting.cost_lines import HOURS_IN_MONTH, MONTHS_IN_YEAR, assumed, line_of
from app.engine.selecting.money import exact

WATTS_IN_KW = 1000.0


def power_kw(platform: Platform, gpus: int, terms: CostTerms) -> float | None:
    """Return the greatest power of the servers, None where the card's is not known."""
    card = platform.number("tdp_w")
    return None if card is None else card * gpus * terms.assumptions["system_power_factor"].value / WATTS_IN_KW


def ownership_lines(
    bought: CostLine, platform: Platform, gpus: int, nodes: int | None, terms: CostTerms, storage_tb: float | None
) -> tuple[tuple[CostLine, ...], tuple[str, ...]]:
    """Return the lines of one month, and the facts that are missing for the others. Machines are worth their gross price."""
    found = terms.assumptions
    value = {key: one.value for key, one in found.items()}
    months = exact(value["depreciation_years"]) * MONTHS_IN_YEAR
    kept = 1 - exact(value["residual_share"])

    def monthly(what: str, quantity: float, unit: str, price: Decimal | float, key: str) -> CostLine:
        return line_of(what, quantity, unit, price, kind="running", basis=assumed(found[key]))

    worth = bought.gross
    lines = [
        monthly("depreciation", 1.0, "month", worth * kept / months, "depreciation_years"),
        monthly("network", 1.0, "month", worth * exact(value["network_share"]) * kept / months, "network_share"),
        monthly("maintenance", 1.0, "month", worth * exact(value["maintenance_share"]) / MONTHS_IN_YEAR, "maintenance_share"),
    ]
    if storage_tb:
        lines.append(monthly("storage", storage_tb, "TB", exact(value["storage_tb"]) * kept / months, "storage_tb"))
    missing = []
    power = power_kw(platform, gpus, terms)
    if power is None:
        missing.append("tdp_w")
    else:
        energy = power * value["power_load"] * value["pue"] * HOURS_IN_MONTH
        lines += [
            monthly("electricity", energy, "kWh", value["electricity"], "electricity"),
            monthly("rack", power, "kW", value["rack"], "rack"),
        ]
    if nodes is None:
        missing.append("cards_per_node")
    else:
        lines.append(monthly("staff", nodes * value["staff_per_node"], "persons", value["staff_month"], "staff_per_node"))
    return tuple(lines), tuple(missing)
