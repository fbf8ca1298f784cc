"""Distributions over k of the formula, k >= 0 with sum 1, as weights of a grid: exact at the edges, where k are 0, and always the same."""

from functools import lru_cache
from itertools import combinations

import numpy as np

STEPS = {2: 100, 3: 40, 4: 24}
"""Steps per edge by the number of terms: at most 2925 points."""
_NEWTON, _DAMPING = 12, 1e-9


@lru_cache(maxsize=8)
def grid(terms: int) -> np.ndarray:
    """Return (points, terms): all k whose values are multiples of one step."""
    if terms == 1:
        return np.ones((1, 1))
    steps = STEPS[terms]
    bars = np.array(list(combinations(range(steps + terms - 1), terms - 1)), dtype=float).reshape(-1, terms - 1)
    edges = np.hstack([np.full((len(bars), 1), -1.0), bars, np.full((len(bars), 1), float(steps + terms - 1))])
    return (np.diff(edges, axis=1) - 1) / steps


@lru_cache(maxsize=512)
def dirichlet(mean: tuple[float, ...], strength: float) -> np.ndarray:
    """Return (points,) log weights of a Dirichlet of this mean and strength (points of data that it weighs).

    The grid is coarse where a parameter is below one, so it is tilted until its mean is the one asked for.
    """
    points = grid(len(mean))
    if len(mean) == 1:
        return np.zeros(1)
    wanted = np.array(mean)
    base = np.log(np.maximum(points, 0.5 / STEPS[len(mean)])) @ (strength * wanted - 1)
    tilt = np.zeros(len(mean))
    for _ in range(_NEWTON):
        weights = normal(base + points @ tilt)
        off = wanted - weights @ points
        if np.abs(off).max() < 1e-9:  # noqa: PLR2004 - closer than anyone reads
            break
        spread = covariance(weights, points)
        step = np.linalg.lstsq(spread + _DAMPING * np.eye(len(mean)), off, rcond=None)[0]
        tilt += step * min(1.0, 20.0 / max(np.abs(step).max(), 1e-12))
    return base + points @ tilt


def normal(logs: np.ndarray) -> np.ndarray:
    """Return weights with sum 1 of log weights."""
    weights = np.exp(logs - logs.max())
    return weights / weights.sum()


def covariance(weights: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return (terms, terms)."""
    centred = points - weights @ points
    return (centred * weights[:, None]).T @ centred


def quantiles(weights: np.ndarray, values: np.ndarray, shares: tuple[float, ...]) -> list[float]:
    """Return the points below which these shares of the weight lie."""
    order = np.argsort(values, kind="stable")
    reach = np.cumsum(weights[order])
    return [float(values[order][min(int(np.searchsorted(reach, share)), values.size - 1)]) for share in shares]
