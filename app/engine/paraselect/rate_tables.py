"""Corrected rates and software factors as the tables of `platform_db/learned/`: rates.csv and software.csv."""

import csv
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TypeVar, get_type_hints

import msgspec

from app.engine.model.corrections import CorrectedRate, Software
from app.engine.paths import platform_db_folder

JOIN = " | "
DIGITS = 4
_HEADS = {"kind": "class"}
"""A column that cannot be the name of a field."""
Told = TypeVar("Told", CorrectedRate, Software)


def write_told(path: Path, told: Sequence[CorrectedRate] | Sequence[Software], kind: type[CorrectedRate] | type[Software]) -> None:
    """Write a table with one column per field, figures with four digits, lists joined by a bar."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(_HEADS.get(name, name) for name in kind.__struct_fields__)
        writer.writerows([_cell(getattr(one, name)) for name in kind.__struct_fields__] for one in told)


def read_told(path: Path, kind: type[Told]) -> tuple[Told, ...]:
    """Read what `write_told` wrote."""
    lists = {name for name, hint in get_type_hints(kind).items() if hint == tuple[str, ...]}
    found = []
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            cells = {name: row[_HEADS.get(name, name)] for name in kind.__struct_fields__}
            values = {name: tuple(text.split(JOIN)) if name in lists else text for name, text in cells.items() if text}
            found.append(msgspec.convert(values, kind, strict=False))
    return tuple(found)


@cache
def shipped_rates() -> tuple[CorrectedRate, ...]:
    """Return the corrected rates that ship."""
    return read_told(platform_db_folder() / "learned" / "rates.csv", CorrectedRate)


@cache
def shipped_software() -> tuple[Software, ...]:
    """Return the software factors that ship."""
    return read_told(platform_db_folder() / "learned" / "software.csv", Software)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.{DIGITS}g}" if abs(value) < 10**DIGITS else f"{value:.0f}"
    return JOIN.join(value) if isinstance(value, tuple) else str(value)
