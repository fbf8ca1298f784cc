"""Whether a platform can be supplied in a country: platform_db/supply.csv, each status with its source and date."""

from pathlib import Path

from msgspec.structs import replace

from app.engine.errors import EngineError
from app.engine.model.platforms import Fact
from app.engine.paths import platform_db_folder
from app.engine.platform_store.keys import STATUSES, is_day
from app.engine.platform_store.tables import rows

FILE = "supply.csv"
COUNTRY = "CN"
COLUMNS = ("platform", "country", "status", "since", "source", "as_of", "confidence", "note")


def load_supply(folder: Path | None = None, country: str = COUNTRY) -> dict[str, dict[str, Fact]]:
    """Return platform -> its two facts of supply. Raises EngineError where a status or date is none, or a row stands twice."""
    found: dict[str, dict[str, Fact]] = {}
    seen = set()
    for line, row in rows((folder or platform_db_folder()) / FILE, COLUMNS):
        platform, status, since = row["platform"], row["status"], row["since"]
        if status not in STATUSES:
            raise EngineError("platforms.bad_status", file=FILE, place=f"{line}:status", value=status)
        if since and not is_day(since):
            raise EngineError("platforms.bad_date", file=FILE, place=f"{line}:since", key="since", value=since)
        if (platform, row["country"]) in seen:
            raise EngineError("platforms.twice", file=FILE, place=f"{line}:platform", id=f"{platform} {row['country']}")
        seen.add((platform, row["country"]))
        if row["country"] != country:
            continue
        fact = Fact(status, "", row["source"], row["as_of"], row["confidence"], "", row["note"])
        found[platform] = {"supply": fact, "supply_since": replace(fact, value=since or None)}
    return found


def unknown_supply() -> dict[str, Fact]:
    """Return the facts of a platform of which nothing was found."""
    return {"supply": Fact("unknown"), "supply_since": Fact(None)}
