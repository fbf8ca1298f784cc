"""Which architectures compute faster with structured sparsity: platform_db/sparsity.csv."""

from pathlib import Path

from app.engine.errors import EngineError
from app.engine.model.amounts import Sparsity
from app.engine.paths import platform_db_folder
from app.engine.platform_store.tables import items, rows

FILE = "sparsity.csv"
COLUMNS = ("architecture", "precisions", "factor", "source", "as_of", "confidence")
MOST = 4.0


def load_sparsity(folder: Path | None = None) -> tuple[Sparsity, ...]:
    """Return the rows. Raises EngineError for a factor that is none."""
    found = []
    for line, row in rows((folder or platform_db_folder()) / FILE, COLUMNS):
        try:
            factor = float(row["factor"])
        except ValueError:
            factor = 0.0
        if not 1 <= factor <= MOST:
            raise EngineError("platforms.bad_value", file=FILE, place=f"{line}:factor", key="factor", value=row["factor"][:40])
        found.append(Sparsity(row["architecture"], items(row["precisions"]), factor, row["source"]))
    return tuple(found)
