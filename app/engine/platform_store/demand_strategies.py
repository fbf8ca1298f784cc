"""Which product and service strategy suits a demand: platform_db/demand_strategies.csv, the first row that fits counts."""

from pathlib import Path

from app.engine.errors import EngineError
from app.engine.messages import LANGUAGES, has_entry
from app.engine.model.sensitivities import DemandStrategy
from app.engine.paths import platform_db_folder
from app.engine.platform_store.tables import items, rows

FILE = "demand_strategies.csv"
COLUMNS = ("demand", "tasks", "industries", "least_parameters", "form", "source", "as_of", "confidence")


def load_demand_strategies(folder: Path | None = None) -> tuple[DemandStrategy, ...]:
    """Return the rows in their order. Raises EngineError for a number that is none and for a demand or a form without words."""
    found = []
    for line, row in rows((folder or platform_db_folder()) / FILE, COLUMNS):
        try:
            least = float(row["least_parameters"])
        except ValueError as error:
            raise _bad(line, "least_parameters", row) from error
        for key, code in (("demand", "selecting.demand"), ("form", "selecting.form")):
            if not all(has_entry(f"{code}.{row[key]}", lang) for lang in LANGUAGES):
                raise _bad(line, key, row)
        said = (row["source"], row["as_of"], row["confidence"])
        found.append(DemandStrategy(row["demand"], items(row["tasks"]), items(row["industries"]), least, row["form"], *said))
    return tuple(found)


def _bad(line: int, key: str, row: dict[str, str]) -> EngineError:
    return EngineError("platforms.bad_value", file=FILE, place=f"{line}:{key}", key=key, value=row[key][:40])
