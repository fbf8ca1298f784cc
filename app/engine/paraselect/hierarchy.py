"""A hierarchical Gaussian of log speed over workloads and platforms.

    log speed = offset of the case + formula with the class's k + slopes of the rates + card + architecture + vendor

Slopes and effects have a part that all share and parts of the class, its precision, the stack, the workload and the case; each is a
Gaussian around zero, so that what is measured little shrinks to what is above it: card to architecture to vendor to data sheet, case to
workload to stack to class. Everything is one covariance, and a prediction its conditional mean, in closed form.
"""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct

from app.engine.model.platforms import Platform
from app.engine.paraselect.evidence import Evidence
from app.engine.paraselect.features import Groups, Rates, formula_log, names_of, rates_of

OFFSET = 100.0
"""Variance of a case's offset: as good as unknown."""
MOST_KEPT = 4000
LEVELS = ("all", "class", "precision", "stack", "workload", "case")
EFFECTS = ("compute", "memory", "fabric", "vram", "card", "architecture", "vendor")


class Settings(Struct, frozen=True):
    """Variances by level and effect, of the noise, and k of compute and memory by class."""

    variance: dict[str, dict[str, float]]
    noise: float
    k: dict[str, tuple[float, float]]

    def matrix(self) -> np.ndarray:
        """Return (levels, effects)."""
        return np.array([[self.variance[level].get(effect, 0.0) for effect in EFFECTS] for level in LEVELS])

    def k_of(self, kind: str) -> tuple[float, float]:
        """Return k of a class, half and half where it has none."""
        return self.k.get(kind, (0.5, 0.5))


class Row(Struct, frozen=True):
    """One platform in one case or set. cases: of how many cases its speed is the median."""

    groups: Groups
    case: str
    platform: Platform
    rates: Rates
    cases: int = 1


class Posterior(Struct, frozen=True, eq=False):
    """Log speeds per card of the wanted rows and their deviations, measurement noise of one case included."""

    mean: np.ndarray
    deviation: np.ndarray


class _Coded(Struct, eq=False):
    """Rows as arrays: names (n, 6) of levels and (n, 3) of card, architecture, vendor; rates (n, 4); weight (n,); formula (n,)."""

    levels: np.ndarray
    names: np.ndarray
    rates: np.ndarray
    weight: np.ndarray
    formula: np.ndarray


class Hierarchy:
    """The model conditioned on evidence; `posterior` conditions it further on the known rows of one case."""

    def __init__(self, evidence: Sequence[Evidence], platforms: dict[str, Platform], settings: Settings) -> None:
        from scipy.linalg import cho_factor, cho_solve

        self._settings, self._variance = settings, settings.matrix()
        self._ids: dict[str, int] = {}
        rows, speeds = [], []
        for one in evidence:
            rates = rates_of(platforms[one.platform], one.precision, one.gpus) if one.platform in platforms else None
            if rates is not None:
                rows.append(Row(one.groups, f"set {one.part}", platforms[one.platform], rates, one.cases))
                speeds.append(one.log_speed)
        self._rows = self._code(rows)
        self._kept: dict[tuple[object, ...], tuple[np.ndarray, np.ndarray]] = {}
        covariance = self._covariance(self._rows, self._rows) + np.diag(settings.noise / self._rows.weight**2)
        factor = cho_factor(covariance, lower=True, overwrite_a=True, check_finite=False)
        self._inverse = cho_solve(factor, np.eye(len(rows)), check_finite=False)
        self._told = self._inverse @ (np.array(speeds) - self._rows.formula)
        self.measured = {(row.groups.kind, row.platform.id) for row in rows}
        self.architectures = {names_of(row.platform)[1] for row in rows}
        self.workloads: dict[str, set[str]] = {}
        for row in rows:
            self.workloads.setdefault(row.groups.workload, set()).add(row.platform.id)

    def posterior(self, known: Sequence[Row], speeds: Sequence[float], wanted: Sequence[Row]) -> Posterior:
        """Return the wanted log speeds given the known ones of the same case."""
        mean, covariance, count = *self._prior([*known, *wanted]), len(known)
        noise = self._settings.noise
        inside = covariance[:count, :count] + noise * np.eye(count)
        weights = np.linalg.solve(inside, covariance[:count, count:])
        found = mean[count:] + weights.T @ (np.array(speeds) - mean[:count])
        spread = np.diag(covariance)[count:] - np.einsum("ij,ij->j", weights, covariance[:count, count:]) + noise
        return Posterior(found, np.sqrt(np.maximum(spread, 1e-6)))

    def prepare(self, rows: Sequence[Row]) -> None:
        """Work out at once what the evidence says of many rows; `posterior` then finds it."""
        fresh = {_key(row): row for row in rows if _key(row) not in self._kept}
        if len(self._kept) + len(fresh) > MOST_KEPT:
            self._kept, fresh = {}, {_key(row): row for row in rows}
        if fresh:
            across = self._covariance(self._code(list(fresh.values())), self._rows)
            self._kept.update(zip(fresh, zip(across, across @ self._inverse, strict=True), strict=True))

    def _prior(self, rows: list[Row]) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and covariance of rows given the evidence alone."""
        self.prepare(rows)
        coded, found = self._code(rows), [self._kept[_key(row)] for row in rows]
        across, reduced = np.array([pair[0] for pair in found]), np.array([pair[1] for pair in found])
        return coded.formula + across @ self._told, self._covariance(coded, coded) - across @ reduced.T

    def _covariance(self, one: _Coded, other: _Coded) -> np.ndarray:
        alike = [np.equal.outer(one.levels[:, place], other.levels[:, place]) for place in range(len(LEVELS))]
        shared = [np.multiply.outer(one.rates[:, place], other.rates[:, place]) for place in range(one.rates.shape[1])]
        shared += [np.equal.outer(one.names[:, place], other.names[:, place]) for place in range(one.names.shape[1])]
        found = np.zeros(alike[0].shape)
        for level, same in enumerate(alike):
            part = np.zeros(same.shape)
            for effect, matrix in enumerate(shared):
                part += self._variance[level, effect] * matrix
            if level == len(LEVELS) - 1:  # the median of n cases has an nth of what a case has of its own
                part *= np.multiply.outer(1 / one.weight, 1 / other.weight)
                part += OFFSET
            found += same * part
        return found

    def _code(self, rows: Sequence[Row]) -> _Coded:
        levels, names = [], []
        for row in rows:
            groups, own = row.groups, row.case
            told = ("all", groups.kind, groups.precision, groups.stack or f"{own} stack", groups.workload or f"{own} workload", own)
            levels.append([self._id(f"{place} {name}") for place, name in enumerate(told)])
            names.append([self._id(name) for name in names_of(row.platform)])
        formula = [formula_log(row.rates, self._settings.k_of(row.groups.kind)) for row in rows]
        return _Coded(
            np.array(levels).reshape(-1, len(LEVELS)),
            np.array(names).reshape(-1, 3),
            np.array([row.rates for row in rows]).reshape(-1, 4),
            np.sqrt([row.cases for row in rows]),
            np.array(formula),
        )

    def _id(self, name: str) -> int:
        return self._ids.setdefault(name, len(self._ids))


def _key(row: Row) -> tuple[object, ...]:
    return (row.groups, row.platform.id, row.rates)
