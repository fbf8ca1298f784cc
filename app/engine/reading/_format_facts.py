"""What makes each format, which axes it feeds, what it cannot tell: `resources/formats.csv`, for people who choose what to record."""

import csv
from functools import cache

from msgspec import Struct

from app.engine.paths import resources_folder
from app.engine.reading._registry import labels


class FormatFact(Struct, frozen=True):
    """One format.

    feeds   axes of the radar, and "operators", "cpu", "power"; with * behind it only as a stand-in, with + only by an option of the tool
    cannot  what it does not tell, by language
    """

    slug: str
    label: str
    command: str
    feeds: tuple[str, ...]
    cannot: dict[str, str]


@cache
def format_facts() -> tuple[FormatFact, ...]:
    """Return the facts of all formats, in the order of the file."""
    names = labels()
    with (resources_folder() / "formats.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            FormatFact(row["slug"], names[row["slug"]], row["command"], tuple(row["feeds"].split()), _cannot(row))
            for row in csv.DictReader(file)
        )


def _cannot(row: dict[str, str]) -> dict[str, str]:
    return {lang: row[f"cannot_{lang}"] for lang in ("zh", "en")}
