"""When a price is stale: platform_db/price_limits.toml says after how many days it is to be asked for anew."""

import datetime
import tomllib
from functools import cache
from pathlib import Path

from msgspec import Struct

from app.engine.errors import EngineError
from app.engine.model.plans import Price, stale_marks
from app.engine.paths import platform_db_folder

FILE, MOST_DAYS = "price_limits.toml", 3650


class PriceLimits(Struct, frozen=True):
    """Days after which a price, and a rate of exchange, is stale."""

    stale_after_days: float
    currency_after_days: float


@cache
def load_price_limits(folder: Path | None = None) -> PriceLimits:
    """Return the limits. Raises EngineError where the file says none that makes sense."""
    path = (folder or platform_db_folder()) / FILE
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8")).get("prices", {})
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise EngineError("platforms.not_a_table", file=FILE, detail=str(error)) from error
    found = []
    for key in ("stale_after_days", "currency_after_days"):
        value = table.get(key)
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value <= MOST_DAYS:
            told = {"key": f"prices.{key}", "value": str(value)[:40], "least": "1", "most": f"{MOST_DAYS}", "unit": "d"}
            raise EngineError("platforms.bad_number", file=FILE, place=f"prices:{key}", **told)
        found.append(float(value))
    return PriceLimits(*found)


def staleness(price: Price, today: datetime.date, limits: PriceLimits) -> tuple[str, ...]:
    """Return what is stale about a price: price_expired, price_old, price_undated; nothing for ()."""
    return stale_marks(price, today, limits.stale_after_days)
