"""What the lists of precisions of the data sheets cannot say: platform_db/precision_notes.csv."""

from pathlib import Path
from typing import get_args

from app.engine.errors import EngineError
from app.engine.model.assessments import PrecisionNote
from app.engine.model.workloads import Precision
from app.engine.paths import platform_db_folder
from app.engine.platform_store.tables import rows

FILE = "precision_notes.csv"
COLUMNS = ("scope", "precision", "support", "format", "effect", "needs", "source", "confidence")
ALLOWED: dict[str, tuple[str, ...]] = {
    "precision": get_args(Precision),
    "support": ("native", "emulated", "absent"),
    "needs": ("", "convert"),
    "confidence": ("high", "medium", "low"),
}


def load_precision_notes(folder: Path | None = None) -> tuple[PrecisionNote, ...]:
    """Return all notes in the order of the file. Raises EngineError naming the cell of an impossible value or a row without a source."""
    found: dict[tuple[str, str], PrecisionNote] = {}
    for line, row in rows((folder or platform_db_folder()) / FILE, COLUMNS):
        for key, values in ALLOWED.items():
            if row[key] not in values:
                raise EngineError("platforms.bad_value", file=FILE, place=f"{line}:{key}", key=key, value=row[key])
        if not row["source"]:
            raise EngineError("platforms.no_source", file=FILE, place=f"{line}:source")
        what = row["scope"], row["precision"]
        if what in found:
            raise EngineError("platforms.twice", file=FILE, place=f"{line}:scope", id=" ".join(what))
        found[what] = PrecisionNote(**{key: row[key] for key in COLUMNS})  # type: ignore[arg-type] - the values were checked above
    return tuple(found.values())
