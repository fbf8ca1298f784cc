"""When a fact is old: platform_db/thresholds.toml says after how many months it is to be looked up again."""

import tomllib
from datetime import date
from functools import cache
from pathlib import Path

from app.engine.errors import EngineError
from app.engine.paths import platform_db_folder

FILE = "thresholds.toml"
KEY = "facts.stale_after_months"
DAYS_PER_MONTH = 30.44
MOST_MONTHS = 600


@cache
def load_stale_after(folder: Path | None = None) -> float:
    """Return the months after which a fact is stale. Raises EngineError where the file says none that makes sense."""
    path = (folder or platform_db_folder()) / FILE
    try:
        value = tomllib.loads(path.read_text(encoding="utf-8")).get("facts", {}).get("stale_after_months")
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise EngineError("platforms.not_a_table", file=FILE, detail=str(error)) from error
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value <= MOST_MONTHS:
        raise EngineError(
            "platforms.bad_number",
            file=FILE,
            place=f"facts:{KEY}",
            key=KEY,
            value=str(value)[:40],
            least="1",
            most=f"{MOST_MONTHS}",
            unit="",
        )
    return float(value)


def months_since(as_of: str, today: date) -> float | None:
    """Return the age of what is dated so, None where no date can be read. A bare year or month counts from its first day."""
    try:
        return (today - date.fromisoformat(f"{as_of}-01-01"[:10])).days / DAYS_PER_MONTH
    except ValueError:
        return None
