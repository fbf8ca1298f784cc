"""The evaluation of the runs that ship, as stored when they were learned from: scores, and every prediction beside its measurement.

`platform_db/learned/evaluation.csv` and `held_out.csv` begin with a line that tells what they were made from; a test compares it.
"""

import csv
import hashlib
from collections.abc import Sequence
from functools import lru_cache
from itertools import islice
from pathlib import Path

from msgspec import convert
from msgspec.structs import astuple, fields

from app.engine.model.evaluations import PROTOCOLS, Evaluation, HeldOut, Score
from app.engine.paths import platform_db_folder

SCORES, POINTS = "evaluation.csv", "held_out.csv"
MOST_POINTS = 2000
SOURCES = ("measured/measured.csv", "learned/model.toml", "learned/evidence.csv", "learned/widths.csv", "scaling_law.toml")
"""What the figures are made from, below platform_db/."""
MARK = "# sha256 of measured.csv, model.toml, evidence.csv, widths.csv, scaling_law.toml: "


def made_from(database: Path | None = None) -> str:
    """Return what tells one state of the data and of what was learned from another; line ends of the system do not matter."""
    digest = hashlib.sha256()
    for name in SOURCES:
        digest.update(((database or platform_db_folder()) / name).read_text(encoding="utf-8").encode())
    return digest.hexdigest()


def stored_from(name: str, folder: Path | None = None) -> str:
    """Return what a stored file says it was made from."""
    with ((folder or _folder()) / name).open(encoding="utf-8") as file:
        return file.readline().removeprefix(MARK).strip()


def write_stored(found: Evaluation, folder: Path | None = None, database: Path | None = None) -> None:
    """Write scores, and of the points so many of each protocol as a plot can show."""
    mark = MARK + made_from(database)
    for name, kind, rows in ((SCORES, Score, found.scores), (POINTS, HeldOut, thinned(found.points))):
        with ((folder or _folder()) / name).open("w", encoding="utf-8", newline="") as file:
            file.write(mark + "\n")
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow([field.name for field in fields(kind)])
            writer.writerows([_text(value) for value in astuple(row)] for row in rows)


def thinned(points: Sequence[HeldOut], most: int = MOST_POINTS) -> list[HeldOut]:
    """Return at most so many points of each protocol, evenly taken."""
    kept: list[HeldOut] = []
    for protocol in PROTOCOLS:
        of_one = [point for point in points if point.protocol == protocol]
        kept += of_one if len(of_one) <= most else [of_one[place * len(of_one) // most] for place in range(most)]
    return kept


@lru_cache(maxsize=2)
def read_stored(folder: Path | None = None) -> Evaluation:
    """Return the stored evaluation, read once."""
    return Evaluation(stored_scores(folder), convert(_rows(POINTS, folder), tuple[HeldOut, ...], strict=False))


@lru_cache(maxsize=2)
def stored_scores(folder: Path | None = None) -> tuple[Score, ...]:
    """Return the stored scores alone, read once: what is quoted beside a prediction."""
    return convert(_rows(SCORES, folder), tuple[Score, ...], strict=False)


def _rows(name: str, folder: Path | None) -> list[dict[str, str]]:
    with ((folder or _folder()) / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(islice(file, 1, None)))


def _text(value: object) -> object:
    return f"{value:.4g}" if isinstance(value, float) else str(value).lower() if isinstance(value, bool) else value


def _folder() -> Path:
    return platform_db_folder() / "learned"
