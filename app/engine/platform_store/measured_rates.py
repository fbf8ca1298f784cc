"""What platforms were measured to reach: platform_db/measured_rates.csv, each rate with the tool it was measured with."""

from pathlib import Path

from app.engine.errors import EngineError
from app.engine.model.platforms import Fact
from app.engine.paths import platform_db_folder
from app.engine.platform_store.keys import CONFIDENCES, RATES, checked_number
from app.engine.platform_store.tables import rows

FILE = "measured_rates.csv"
COLUMNS = ("platform", "quantity", "value", "unit", "tool", "source", "as_of", "confidence", "note")
ACHIEVED = "achieved_bf16_tflops"
STANDS_FOR_IT = ("matmul_bf16_tflops", "matmul_fp16_tflops")
"""What predictions take as the effective rate, the first that was measured: both run on the same units at the same speed."""


def load_rates(folder: Path | None = None) -> dict[str, dict[str, Fact]]:
    """Return platform -> measured facts; of several measurements of one quantity the surest, then the first.

    Raises EngineError where a quantity, unit or value is none, or a row stands twice.
    """
    found: dict[str, dict[str, Fact]] = {}
    seen = set()
    for line, row in rows((folder or platform_db_folder()) / FILE, COLUMNS):
        platform, key = row["platform"], row["quantity"]
        if key not in RATES or key == ACHIEVED:
            raise EngineError("platforms.no_such_key", file=FILE, place=f"{line}:quantity", key=key)
        if row["unit"] != RATES[key][0]:
            raise EngineError("platforms.bad_unit", file=FILE, place=f"{line}:unit", key=key, unit=row["unit"], wanted=RATES[key][0])
        identity = (platform, key, row["tool"], row["source"])
        if identity in seen:
            raise EngineError("platforms.twice", file=FILE, place=f"{line}:platform", id=f"{platform} {key}")
        seen.add(identity)
        value = checked_number(key, row["value"], file=FILE, place=f"{line}:value")
        fact = Fact(value, row["unit"], row["source"], row["as_of"], row["confidence"], row["tool"], row["note"])
        facts = found.setdefault(platform, {})
        if key not in facts or _doubt(fact) < _doubt(facts[key]):
            facts[key] = fact
    return found


def with_achieved(measured: dict[str, Fact]) -> dict[str, Fact]:
    """Return all measured facts of a platform, unknown where nothing was measured, and the one that predictions take."""
    facts = {key: measured.get(key, Fact(None, unit)) for key, (unit, _, _) in RATES.items()}
    facts[ACHIEVED] = next((measured[key] for key in STANDS_FOR_IT if key in measured), Fact(None, RATES[ACHIEVED][0]))
    return facts


def _doubt(fact: Fact) -> int:
    return CONFIDENCES.index(fact.confidence) if fact.confidence in CONFIDENCES else len(CONFIDENCES)
