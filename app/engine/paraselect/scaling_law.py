"""How speed per card falls with the number of cards, learned from the scaling runs that ship (platform_db/scaling_law.toml).

    log2(speed per card) = c - a · log2(cards within a fabric or node) - b · log2(cards over those) + d · log2(batch per card)

a, b and d of a case are its class's, moved by its own runs as far as their number and noise allow (a linear Gaussian model).
None is negative: more cards never promise more per card. None lets the whole system become slower: each stays under MOST_LOSS.
"""

import math
import tomllib
from collections.abc import Sequence
from functools import cache

import numpy as np
from msgspec import Struct, convert

from app.engine.model.platforms import Platform
from app.engine.paths import platform_db_folder

CARDS_PER_NODE = 8
MOST_LOSS = 0.97
LEVEL_SPREAD = 100.0
"""Of c: it is the case's own."""


class Slopes(Struct, frozen=True):
    """Losses per doubling: within a fabric, across nodes, by a halved batch."""

    inside: float
    across: float
    batch: float


class Classes(Struct, frozen=True):
    """One figure per class of scaling: stencil codes, training over a fabric, over the host link, one model served by several cards."""

    hpc: Slopes
    fabric: Slopes
    host: Slopes
    serving: Slopes


class Law(Struct, frozen=True):
    """platform_db/scaling_law.toml.

    mean, spread   of each slope over the cases of a class; noise: of one run about its law, by class; all in log2
    intervals      90 % ends in standard deviations of the prediction: one known count, several; serving apart
    """

    mean: Classes
    spread: Classes
    noise: dict[str, float]
    intervals: dict[str, float]

    def ends(self, name: str, *, several: bool) -> tuple[float, float]:
        """Return the ends for a class."""
        key = f"{kind_of(name)}{'several' if several else 'one'}"
        return self.intervals[f"{key}_low"], self.intervals[f"{key}_high"]


def kind_of(name: str) -> str:
    """Return what the names of a class's interval ends begin with."""
    return "serving_" if name == "serving" else ""


@cache
def scaling_law() -> Law:
    """Return the law that ships, read once."""
    return convert(tomllib.loads((platform_db_folder() / "scaling_law.toml").read_text(encoding="utf-8")), Law)


class Setup(Struct, frozen=True):
    """Where a case runs. name: of its class; island: cards that one fabric or node joins."""

    name: str
    island: float


def setup_of(platform: Platform, task: str, cards_per_node: float = CARDS_PER_NODE) -> Setup:
    """Return the class of a case on a platform, and how many cards stand together there."""
    fabric = platform.fabric
    joined = fabric.kind != "none" and bool(fabric.one_direction_gbs) and not fabric.pairs_only
    domain = (fabric.domain_cards or CARDS_PER_NODE) if joined else 1
    name = {"hpc": "hpc", "inference": "serving"}.get(task) or ("fabric" if joined else "host")
    return Setup(name, max(float(domain), cards_per_node))


def features(gpus: float, batch: float, setup: Setup) -> tuple[float, float, float]:
    """Return what the three losses are multiplied with. batch: per card, over that of the case's first run."""
    return math.log2(min(gpus, setup.island)), max(0.0, math.log2(gpus / setup.island)), -math.log2(batch)


class Fitted(Struct, frozen=True, eq=False):
    """The law of one case: level and slopes, with their covariance and the noise of a run."""

    level: float
    slopes: np.ndarray
    covariance: np.ndarray
    noise: float

    def at(self, point: Sequence[float]) -> tuple[float, float]:
        """Return (log2 of the speed per card, its standard deviation)."""
        row = np.array([1.0, *(-value for value in point)])
        return self.level + float(row[1:] @ self.slopes), math.sqrt(float(row @ self.covariance @ row) + self.noise**2)


def fitted(points: Sequence[Sequence[float]], logs: Sequence[float], setup: Setup, law: Law, places: Sequence[int] = ()) -> Fitted:
    """Return the law of a case from its known runs: their features and log2 speeds per card.

    places  of each run's platform, 0 = the one whose level is told; others have a level of their own and tell of the slopes alone
    """
    where = np.array(places or [0] * len(points))
    levels = int(where.max()) + 1
    prior = np.array([*[0.0] * levels, *_three(getattr(law.mean, setup.name))])
    spread = np.diag([*[LEVEL_SPREAD**2] * levels, *(value**2 for value in _three(getattr(law.spread, setup.name)))])
    rows = np.column_stack([where[:, None] == np.arange(levels), -np.array(points, float).reshape(-1, 3)]).astype(float)
    seen = np.array(logs, float)
    noise = law.noise[setup.name]
    gain = spread @ rows.T @ np.linalg.inv(rows @ spread @ rows.T + noise**2 * np.eye(len(seen)))
    slopes = _sane((prior + gain @ (seen - rows @ prior))[levels:])
    kept = [0, levels, levels + 1, levels + 2]
    told = where == 0
    level = float(np.mean(seen[told] - rows[told][:, levels:] @ slopes))
    return Fitted(level, slopes, (spread - gain @ rows @ spread)[np.ix_(kept, kept)], noise)


def _sane(slopes: np.ndarray) -> np.ndarray:
    """Return the slopes as a law allows them; with one global batch the loss by batch comes on top of the others."""
    batch = min(max(float(slopes[2]), 0.0), MOST_LOSS / 2)
    return np.array([*np.clip(slopes[:2], 0.0, MOST_LOSS - batch), batch])


def _three(one: Slopes) -> tuple[float, float, float]:
    return one.inside, one.across, one.batch
