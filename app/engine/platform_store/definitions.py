"""How the peaks of a data sheet are meant: platform_db/peak_definitions.csv, the first row that fits a platform and a key counts."""

from fnmatch import fnmatchcase
from pathlib import Path

from msgspec import Struct

from app.engine.errors import EngineError
from app.engine.paths import platform_db_folder
from app.engine.platform_store.keys import LIMITS
from app.engine.platform_store.tables import items, rows

FILE = "peak_definitions.csv"
COLUMNS = ("platforms", "keys", "definition", "source", "as_of", "confidence")
WORDS = frozenset(
    {
        "dense", "assumed", "tensor", "matrix", "cube", "cube_and_vector", "vector", "matrix_or_vector", "half_rate", "hf32",
        "tf32_plus", "accumulate_fp32", "accumulate_int32", "one_direction", "both_directions", "data_sheet",
    }
)  # fmt: skip
SAME_FOR_ALL = {
    "host_bw_gbs": "one_direction", "fabric_bw_one_direction_gbs": "one_direction", "memory_gb": "data_sheet",
    "memory_bw_gbs": "data_sheet", "tdp_w": "data_sheet",
}  # fmt: skip


class PeakDefinition(Struct, frozen=True):
    """One row: which platforms (patterns with *), which keys, what their figures mean."""

    platforms: tuple[str, ...]
    keys: tuple[str, ...]
    definition: str


def load_definitions(folder: Path | None = None) -> tuple[PeakDefinition, ...]:
    """Return the rows in their order. Raises EngineError for a key or a word that is not known."""
    found = []
    for line, row in rows((folder or platform_db_folder()) / FILE, COLUMNS):
        for key in items(row["keys"]):
            if key not in LIMITS:
                raise EngineError("platforms.no_such_key", file=FILE, place=f"{line}:keys", key=key)
        for word in items(row["definition"]):
            if word not in WORDS:
                raise EngineError("platforms.bad_definition", file=FILE, place=f"{line}:definition", value=word)
        found.append(PeakDefinition(items(row["platforms"]), items(row["keys"]), row["definition"]))
    return tuple(found)


def definition_of(definitions: tuple[PeakDefinition, ...], platform: str, key: str) -> str:
    """Return how a figure is meant, "" where nothing is said of it."""
    if key in SAME_FOR_ALL:
        return SAME_FOR_ALL[key]
    for one in definitions:
        if key in one.keys and any(fnmatchcase(platform, pattern) for pattern in one.platforms):
            return one.definition
    return ""
