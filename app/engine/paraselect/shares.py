"""k of one case by shrinkage: k of its class as the prior, moved by the run's profile, moved by the case's own measured points.

The prior is a Dirichlet around k of the class. How many points it weighs, and how far the formula is off on one platform, were learned
from the measured runs that ship (`platform_db/learned/k_scatter.csv`, written by `python -m tests.accuracy.k_scatter`). A profile adds
points in the ratio of what both are worth alone: (error of the class's k ÷ error of a trace's shares)². The measured points count by
Student's t in log speed: the noise is what was learned until the case's own rows tell it. As in the formula, the reference predicts
itself. With one row k are the prior; with many they go to the least-squares fit.
"""

import csv
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from msgspec import Struct

from app.engine.model.estimates import Shares
from app.engine.model.platforms import Platform
from app.engine.model.profiles import Profile
from app.engine.paraselect.fitting import Design
from app.engine.paraselect.pooled import ClassK
from app.engine.paraselect.profile_shares import TRACE_ERROR, profile_mean
from app.engine.paraselect.simplex import covariance, dirichlet, grid, normal, quantiles
from app.engine.paths import platform_db_folder

UNUSED = 0.02
"""Mean of a term that the class does not use but the platforms have, so that measured points can tell otherwise."""
NEGLIGIBLE = 0.025
"""k below this are told as 0: their facts are then not needed."""
FREEDOM = 4.0
"""Rows that the class's noise weighs against the scatter of the case's own ones."""
_ENDS = (0.05, 0.95)


class Scatter(Struct, frozen=True):
    """How much k of workloads scatter in a class. strength: points that the class weighs; noise: log error of the formula."""

    strength: float
    noise: float
    cases: int = 0


class Told(Struct, frozen=True, eq=False):
    """What a case's k are made from. mean: of the prior without profile; terms: places among the four."""

    terms: tuple[int, ...]
    mean: np.ndarray
    by_profile: np.ndarray | None
    scatter: Scatter
    profile_weight: float


def shares_of(
    design: Design,
    pool: ClassK,
    platforms: dict[str, Platform],
    profile: Profile | None = None,
    *,
    without: Sequence[int] = (),
    rows: np.ndarray | None = None,
) -> Shares | None:
    """Return k of the design's case, None where neither compute nor memory is known of all rows.

    without  terms to leave out (a target's rate is unknown); rows: of the design, all by default, the reference first
    """
    told = _told(design, pool, platforms, profile, without)
    if told is None:
        return None
    prior_mean, strength = told.mean, told.scatter.strength
    if told.by_profile is not None:
        prior_mean = (told.mean * strength + told.by_profile * told.profile_weight) / (strength + told.profile_weight)
        strength += told.profile_weight
    points, log_prior = grid(len(told.terms)), dirichlet(tuple(np.round(prior_mean, 9).tolist()), strength)
    log_own = log_likelihood(design, told.terms, told.scatter.noise, rows)
    prior, weights = normal(log_prior), normal(log_prior + log_own)
    before, after = float(np.trace(covariance(prior, points))), float(np.trace(covariance(weights, points)))
    count = len(design.rows) if rows is None else len(rows)
    own = max(0.0, 1 - after / before) if before > 0 and count > 1 else 0.0
    class_part = told.scatter.strength / strength
    means = weights @ points
    ends = [quantiles(weights, points[:, place], _ENDS) for place in range(len(told.terms))]
    k = _whole(means, told.terms)
    low, high = ([0.0] * 4, [0.0] * 4)
    for place, term in enumerate(told.terms):
        low[term], high[term] = min(ends[place][0], k[term]), max(ends[place][1], k[term])
    return Shares(
        k=k,
        low=tuple(low),  # type: ignore[arg-type]
        high=tuple(high),  # type: ignore[arg-type]
        prior=_whole(prior_mean, told.terms),
        by_class=(1 - own) * class_part,
        by_profile=(1 - own) * (1 - class_part),
        by_points=own,
        platforms=count,
        class_name=pool.name,
    )


def log_likelihood(design: Design, terms: tuple[int, ...], noise: float, rows: np.ndarray | None = None) -> np.ndarray:
    """Return (points,) log likelihood of each k of the grid."""
    points = grid(len(terms))
    chosen = np.arange(len(design.rows)) if rows is None else rows
    if len(chosen) < 2:  # noqa: PLR2004 - the reference predicts itself with any k
        return np.zeros(len(points))
    predicted = points @ design.matrix[np.ix_(chosen, np.array(terms))].T
    residual = np.log(np.maximum(predicted, 1e-9)) - np.log(design.relative[chosen])
    squares = (residual**2).sum(axis=1)
    return -0.5 * (FREEDOM + len(chosen) - 1) * np.log1p(squares / (FREEDOM * noise**2))


def prior_mean(pool: ClassK, terms: tuple[int, ...]) -> np.ndarray:
    """Return the class's k of these terms; one that the class does not use keeps a little."""
    k = pool.plain.k if pool.plain is not None and not set(terms) & {2, 3} else pool.k
    chosen = np.array([k[term] for term in terms])
    if chosen.sum() <= 0:
        return np.full(len(terms), 1 / len(terms))
    unused = chosen <= 0
    return np.where(unused, UNUSED, chosen / chosen.sum() * (1 - UNUSED * unused.sum()))


def terms_of(design: Design, without: Sequence[int] = ()) -> tuple[int, ...]:
    """Return the terms that are known of all rows, less those to leave out."""
    return tuple(int(term) for term in np.flatnonzero(design.active) if term not in without)


def _told(design: Design, pool: ClassK, platforms: dict[str, Platform], profile: Profile | None, without: Sequence[int]) -> Told | None:
    terms = terms_of(design, without)
    if not set(terms) & {0, 1}:
        return None
    scatter, mean = scatter_of(pool.name), prior_mean(pool, terms)
    by_profile = None
    if profile is not None:
        first = design.rows[0]
        by_profile = profile_mean(profile, mean, terms, platforms[first.platform], platforms, first.run.precision, first.gpus)
    worth = min(1.0, (pool.mape / TRACE_ERROR) ** 2)
    return Told(terms, mean, by_profile, scatter, scatter.strength * worth)


def _whole(values: np.ndarray, terms: tuple[int, ...]) -> tuple[float, float, float, float]:
    kept = np.where(values < NEGLIGIBLE, 0.0, values)
    k = np.zeros(4)
    k[list(terms)] = kept / kept.sum()
    return tuple(k.tolist())  # type: ignore[return-value]


def scatter_of(name: str) -> Scatter:
    """Return what was learned of a class, that of all classes where it has too few workloads."""
    found = _read()
    return found.get(name) or found["all"]


@lru_cache(maxsize=1)
def _read() -> dict[str, Scatter]:
    with (platform_db_folder() / "learned" / "k_scatter.csv").open(encoding="utf-8", newline="") as file:
        return {row["class"]: Scatter(float(row["strength"]), float(row["noise"]), int(row["cases"])) for row in csv.DictReader(file)}
