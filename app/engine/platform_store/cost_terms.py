"""Forms of service and what no price sheet states: platform_db/service_forms.csv and cost_assumptions.csv."""

import math
from pathlib import Path

from app.engine.errors import EngineError
from app.engine.model.costs import Assumption, CostTerms, ServiceForm
from app.engine.paths import platform_db_folder
from app.engine.platform_store.tables import items, rows

FORMS, ASSUMPTIONS = "service_forms.csv", "cost_assumptions.csv"
SAID = ("source", "as_of", "confidence")
FORM_COLUMNS = ("form", "words", "billings", "idle_bearer", "used_share", "fee_share", *SAID)
ASSUMPTION_COLUMNS = ("key", "value", "low", "high", "unit", *SAID)
NEEDED = (
    "depreciation_years", "residual_share", "system_power_factor", "power_load", "pue", "electricity", "rack", "network_share",
    "storage_tb", "maintenance_share", "staff_per_node", "staff_month", "transfer_tb", "verification_days", "failure_share",
)  # fmt: skip
SHARES = ("residual_share", "power_load", "failure_share")


def load_cost_terms(folder: Path | None = None) -> CostTerms:
    """Return forms and assumptions. Raises EngineError naming line and key where a value is impossible or one is missing."""
    folder = folder or platform_db_folder()
    forms = tuple(_form(line, row) for line, row in rows(folder / FORMS, FORM_COLUMNS))
    found = {row["key"]: _assumption(line, row) for line, row in rows(folder / ASSUMPTIONS, ASSUMPTION_COLUMNS)}
    for key in NEEDED:
        if key not in found:
            raise EngineError("platforms.no_such_key", file=ASSUMPTIONS, place=key, key=key)
    return CostTerms(forms, found)


def _form(line: int, row: dict[str, str]) -> ServiceForm:
    if row["idle_bearer"] not in ("renter", "provider"):
        raise _bad(FORMS, line, "idle_bearer", row["idle_bearer"])
    used, fee = (_number(FORMS, line, key, row[key], 1.0) for key in ("used_share", "fee_share"))
    if used <= 0:
        raise _bad(FORMS, line, "used_share", row["used_share"])
    said = (row[key] for key in SAID)
    return ServiceForm(row["form"], items(row["words"]), items(row["billings"]), row["idle_bearer"], used, fee, *said)  # type: ignore[arg-type]


def _assumption(line: int, row: dict[str, str]) -> Assumption:
    most = 1.0 if row["key"] in SHARES else 1e9
    value, low, high = (_number(ASSUMPTIONS, line, key, row[key], most) for key in ("value", "low", "high"))
    if not low <= value <= high or (row["key"] == "depreciation_years" and low <= 0):
        raise _bad(ASSUMPTIONS, line, "value", row["value"])
    if not row["source"]:
        raise EngineError("platforms.no_source", file=ASSUMPTIONS, place=f"{line}:source")
    return Assumption(row["key"], value, low, high, row["unit"], *(row[key] for key in SAID))


def _number(file: str, line: int, key: str, text: str, most: float) -> float:
    try:
        value = float(text)
    except ValueError as error:
        raise _bad(file, line, key, text) from error
    if not math.isfinite(value) or not 0 <= value <= most:
        raise _bad(file, line, key, text)
    return value


def _bad(file: str, line: int, key: str, value: str) -> EngineError:
    return EngineError("platforms.bad_value", file=file, place=f"{line}:{key}", key=key, value=value[:40])
