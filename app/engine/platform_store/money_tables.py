"""Rates of exchange and of value-added tax: platform_db/currency.csv and tax.csv, each row with its date and source."""

import datetime
from pathlib import Path

from msgspec import Struct

from app.engine.errors import EngineError
from app.engine.paths import platform_db_folder
from app.engine.platform_store.tables import rows

CURRENCY_FILE, TAX_FILE = "currency.csv", "tax.csv"
BASE = "CNY"


class ExchangeRate(Struct, frozen=True):
    """What one unit of a currency was worth in CNY on a day."""

    currency: str
    date: datetime.date
    cny: float
    source: str


class TaxRate(Struct, frozen=True):
    """A rate of value-added tax from a day on."""

    rate: float
    what_zh: str
    what_en: str
    valid_from: datetime.date
    valid_until: datetime.date | None
    source: str


def load_exchange_rates(folder: Path | None = None) -> tuple[ExchangeRate, ...]:
    """Return all rates, the oldest first. Raises EngineError with line and column where one is impossible."""
    path = (folder or platform_db_folder()) / CURRENCY_FILE
    found = [
        ExchangeRate(row["currency"], _date(path, line, "date", row), _number(path, line, "cny", row, 1e-6, 1e6), row["source"])
        for line, row in rows(path, ("currency", "date", "cny", "source"))
    ]
    return tuple(sorted(found, key=lambda rate: (rate.currency, rate.date)))


def load_taxes(folder: Path | None = None) -> tuple[TaxRate, ...]:
    """Return the rates of tax. Raises EngineError with line and column where one is impossible."""
    path = (folder or platform_db_folder()) / TAX_FILE
    return tuple(
        TaxRate(
            _number(path, line, "rate", row, 0.0, 0.99),
            row["what_zh"],
            row["what_en"],
            _date(path, line, "valid_from", row),
            _date(path, line, "valid_until", row) if row["valid_until"] else None,
            row["source"],
        )
        for line, row in rows(path, ("rate", "what_zh", "what_en", "valid_from", "valid_until", "source"))
    )


def load_tax_rates(folder: Path | None = None) -> tuple[tuple[datetime.date, float], ...]:
    """Return (valid from, rate) of all rates of tax."""
    return tuple((tax.valid_from, tax.rate) for tax in load_taxes(folder))


def _date(path: Path, line: int, key: str, row: dict[str, str]) -> datetime.date:
    try:
        return datetime.date.fromisoformat(row[key])
    except ValueError as error:
        raise EngineError("platforms.bad_date", file=path.name, place=f"{line}:{key}", key=key, value=row[key]) from error


def _number(path: Path, line: int, key: str, row: dict[str, str], least: float, most: float) -> float:
    try:
        value = float(row[key])
    except ValueError:
        value = -1.0
    if not least <= value <= most:
        told = {"key": key, "value": row[key], "least": f"{least:g}", "most": f"{most:g}", "unit": ""}
        raise EngineError("platforms.bad_number", file=path.name, place=f"{line}:{key}", **told)
    return value
