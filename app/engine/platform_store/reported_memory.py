"""What a card really offers: platform_db/reported_memory.csv, and estimates for the cards that it does not list."""

import math
import statistics
from collections.abc import Iterable, Mapping
from pathlib import Path

from msgspec import Struct

from app.engine.errors import EngineError
from app.engine.model.platforms import Fact
from app.engine.paths import platform_db_folder
from app.engine.platform_store.tables import rows

FILE = "reported_memory.csv"
COLUMNS = ("platform", "reported_gib", "free_gib", "source", "as_of", "confidence")
ESTIMATED = "estimated: median share of the data sheet among cards with {kind} memory whose tools' output is known"
TAKEN = "estimated: what the tool reports, less what driver and idle card take (median of the known ones)"


class Reported(Struct, frozen=True):
    """GiB: total, as nvidia-smi, npu-smi, rocm-smi ... print it, and free, what a program finds before it starts (None = unknown)."""

    total: float
    free: float | None
    source: str
    as_of: str
    confidence: str


def load_reported_memory(folder: Path | None = None) -> dict[str, Reported]:
    """Return what is known, by platform. Raises EngineError naming the cell of an impossible value."""
    found: dict[str, Reported] = {}
    for line, row in rows((folder or platform_db_folder()) / FILE, COLUMNS):
        total, free = _gib(line, "reported_gib", row["reported_gib"]), _gib(line, "free_gib", row["free_gib"])
        if total is None or (free is not None and free > total):
            key = "free_gib" if total else "reported_gib"
            raise EngineError("platforms.bad_value", file=FILE, place=f"{line}:{key}", key=key, value=row[key])
        if not row["source"]:
            raise EngineError("platforms.no_source", file=FILE, place=f"{line}:source")
        if row["platform"] in found:
            raise EngineError("platforms.twice", file=FILE, place=f"{line}:platform", id=row["platform"])
        found[row["platform"]] = Reported(total, free, row["source"], row["as_of"], row["confidence"])
    return found


def memory_facts(known: Mapping[str, Reported], sheets: Iterable[tuple[str, float | None, str, str]]) -> dict[str, dict[str, Fact]]:
    """Return the facts reported_gib and free_gib of every platform.

    sheets: (platform, memory_gb of the data sheet, memory type, date). A card that is not listed gets the median share of its memory type
    (ECC in GDDR6 takes a sixteenth, HBM keeps all but half a percent), and both say so.
    """
    listed = list(sheets)
    shares: dict[str, list[float]] = {}
    for platform, size, kind, _ in listed:
        if platform in known and size:
            for word in (_kind(kind), ""):
                shares.setdefault(word, []).append(known[platform].total / size)
    taken = statistics.median(one.total - one.free for one in known.values() if one.free is not None) if known else 0.0
    return {platform: _facts(known.get(platform), size, kind, date, shares, taken) for platform, size, kind, date in listed}


def _facts(
    known: Reported | None, size: float | None, kind: str, date: str, shares: Mapping[str, list[float]], taken: float
) -> dict[str, Fact]:
    if known is not None:
        total = Fact(known.total, "GiB", known.source, known.as_of, known.confidence)
    elif size is None or not shares:
        return {key: Fact(None, "GiB", ESTIMATED.format(kind=kind or "any"), date, "low") for key in ("reported_gib", "free_gib")}
    else:
        found = shares.get(_kind(kind), shares[""])
        total = Fact(size * statistics.median(found), "GiB", ESTIMATED.format(kind=kind or "any"), date, "low")
    if known is not None and known.free is not None:
        free = Fact(known.free, "GiB", known.source, known.as_of, known.confidence)
    else:
        value = total.value if isinstance(total.value, float) else 0.0
        free = Fact(max(value - taken, value * 0.9), "GiB", TAKEN, total.as_of, "low")
    return {"reported_gib": total, "free_gib": free}


def _kind(memory_type: str) -> str:
    """Return the type of memory without its generation's letter: HBM2e -> hbm, GDDR6X -> gddr6x."""
    word = memory_type.strip().lower()
    return "hbm" if "hbm" in word else word


def _gib(line: int, key: str, cell: str) -> float | None:
    if not cell.strip():
        return None
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not 0 < value < 1e4:  # noqa: PLR2004 - no card has ten terabytes
        raise EngineError("platforms.bad_value", file=FILE, place=f"{line}:{key}", key=key, value=cell)
    return value
