"""A hierarchical Gaussian of log speed over workloads and platforms.

    log speed = offset of the case + formula with the class's k + slopes of the rates + card + architecture + vendor

Slopes and effects have a part that all share and parts of the task, the class, its precision, the software, the kind of workload, the
model and the case (features.Groups); each is a Gaussian around zero, so that what is measured little shrinks to what is above it: card to
architecture to vendor to data sheet, case to model to kind to class. Everything is one covariance, and a prediction its conditional
mean, in closed form. Noise has heavy tails (Student's t): what all else contradicts weighs less, in the evidence (`doubted`) as among the
known rows of a case.
"""

from collections.abc import Sequence

import msgspec
import numpy as np
from msgspec import Struct

from app.engine.model.platforms import Platform
from app.engine.paraselect.evidence import Evidence
from app.engine.paraselect.features import Groups, Rates, formula_log, kind_of, names_of, rates_of

OFFSET = 100.0
"""Variance of a case's offset: as good as unknown."""
MOST_KEPT, MOST_BLOCKS = 4000, 8
LEVELS = (
    "all", "task", "class", "precision", "framework", "stack", "area", "family", "model", "workload", "load", "stack_load", "model_load",
    "case",
)  # fmt: skip
EFFECTS = ("compute", "memory", "fabric", "vram", "tf32", "card", "architecture", "vendor")
SLOPES, NAMES = 5, 3
EVIDENCE_TAILS, CASE_TAILS = 3.0, 2.0
"""Degrees of freedom of the noise: of the evidence, and of the rows of a case, where a broken one does more harm."""
ROUNDS = 4
FEWEST_TO_DOUBT = 3
AT_ONCE = 100_000
"""Products of effects that are worked out in one piece: what stays in the cache of a core is three times as fast."""


class Settings(Struct, frozen=True):
    """Variances by level and effect, of the noise, and k of compute and memory by class."""

    variance: dict[str, dict[str, float]]
    noise: float
    k: dict[str, tuple[float, float]]

    def matrix(self) -> np.ndarray:
        """Return (levels, effects)."""
        return np.array([[self.variance[level].get(effect, 0.0) for effect in EFFECTS] for level in LEVELS])

    def k_of(self, groups: Groups) -> tuple[float, float]:
        """Return k of what a workload computes where that is told, else of its class, half and half where it has none."""
        kind = kind_of(groups.workload.partition(" ")[2])
        if kind is not None and kind.compute_share is not None:
            return kind.compute_share, 1 - kind.compute_share
        return self.k.get(groups.kind, (0.5, 0.5))


class Row(Struct, frozen=True):
    """One platform in one case or set. cases: of how many cases its speed is the median; doubt: how many times the noise it has."""

    groups: Groups
    case: str
    platform: Platform
    rates: Rates
    cases: int = 1
    doubt: float = 1.0


class Posterior(Struct, frozen=True, eq=False):
    """Log speeds per card of the wanted rows and their deviations, measurement noise of one case included."""

    mean: np.ndarray
    deviation: np.ndarray


class Coded(Struct, eq=False):
    """Rows as arrays: names (n, levels) and (n, 3) of card, architecture, vendor; rates (n, 5); weight (n,); formula (n,); doubt (n,)."""

    levels: np.ndarray
    names: np.ndarray
    rates: np.ndarray
    weight: np.ndarray
    formula: np.ndarray
    doubt: np.ndarray


class Opened(Struct, frozen=True, eq=False):
    """What `posterior` is made of, for explaining it. n rows, m rows of evidence.

    mean, covariance  (n,) and (n, n) given the evidence alone, without noise
    pulls             (n, m) by how much a row's log speed moves with that of each row of evidence
    rows, evidence    as arrays; residuals: (m,) measured less told where a row of evidence is left out
    """

    mean: np.ndarray
    covariance: np.ndarray
    pulls: np.ndarray
    rows: Coded
    evidence: Coded
    residuals: np.ndarray
    settings: Settings

    def noises(self, speeds: np.ndarray) -> np.ndarray:
        """Return the noise of each of the first rows, which are known: what the others contradict has more."""
        count = len(speeds)
        away, free = speeds - self.mean[:count], self.covariance[:count, :count]
        noise = self.settings.noise
        return noise * (_scales(free, away, noise, CASE_TAILS) if count >= FEWEST_TO_DOUBT else np.ones(count))


class _Block(Struct, frozen=True, eq=False):
    """Known rows: as arrays, their mean and covariance given the evidence, and their covariance (k, n) with it before."""

    coded: Coded
    mean: np.ndarray
    across: np.ndarray
    covariance: np.ndarray


class Hierarchy:
    """The model conditioned on evidence; `posterior` conditions it further on the known rows of one case."""

    def __init__(self, evidence: Sequence[Evidence], platforms: dict[str, Platform], settings: Settings) -> None:
        from scipy.linalg import cho_factor, lapack

        self._settings, self._variance = settings, settings.matrix()
        self._ids: dict[str, int] = {}
        rows, speeds = rows_of(evidence, platforms)
        self.evidence = usable(evidence, platforms)
        self._rows = self._code(rows)
        self._kept: dict[tuple[object, ...], tuple[np.ndarray, np.ndarray]] = {}
        self._blocks: dict[tuple[object, ...], _Block] = {}
        lower = np.tril(lapack.dpotri(cho_factor(self._noisy(), lower=True, overwrite_a=True, check_finite=False)[0], lower=1)[0])
        self._inverse = lower + np.tril(lower, -1).T
        self._away = np.array(speeds) - self._rows.formula
        self._told = self._inverse @ self._away
        self.measured = {(row.groups.kind, row.platform.id) for row in rows}
        self.architectures = {names_of(row.platform)[1] for row in rows}
        self.workloads: dict[str, set[str]] = {}
        for row in rows:
            self.workloads.setdefault(row.groups.workload, set()).add(row.platform.id)

    def posterior(self, known: Sequence[Row], speeds: Sequence[float], wanted: Sequence[Row]) -> Posterior:
        """Return the wanted log speeds given the known ones of the same case."""
        self.prepare([*known, *wanted])
        block, noise, count = self._block(known), self._settings.noise, len(known)
        coded, pairs = self._code(wanted), [self._kept[_key(row)] for row in wanted]
        across, reduced = np.array([pair[0] for pair in pairs]), np.array([pair[1] for pair in pairs])
        away = np.array(speeds) - block.mean
        scales = _scales(block.covariance, away, noise, CASE_TAILS) if count >= FEWEST_TO_DOUBT else np.ones(count)
        shared = covariance_of(block.coded, coded, self._variance) - block.across @ reduced.T
        weights = np.linalg.solve(block.covariance + np.diag(noise * scales), shared)
        own = np.diag(covariance_of(coded, coded, self._variance)) - np.einsum("ij,ij->i", across, reduced)
        spread = own - np.einsum("ij,ij->j", weights, shared) + noise
        return Posterior(coded.formula + across @ self._told + weights.T @ away, np.sqrt(np.maximum(spread, 1e-6)))

    def prepare(self, rows: Sequence[Row]) -> None:
        """Work out at once what the evidence says of many rows; `posterior` then finds it."""
        fresh = {_key(row): row for row in rows if _key(row) not in self._kept}
        if len(self._kept) + len(fresh) > MOST_KEPT:
            self._kept, fresh = {}, {_key(row): row for row in rows}
        if fresh:
            across = covariance_of(self._code(list(fresh.values())), self._rows, self._variance)
            self._kept.update(zip(fresh, zip(across, across @ self._inverse, strict=True), strict=True))

    def opened(self, rows: Sequence[Row]) -> Opened:
        """Return what the evidence says of rows and what that leans on; places are those of `evidence`."""
        mean, covariance = self._prior(list(rows))
        pulls = np.array([self._kept[_key(row)][1] for row in rows])
        return Opened(mean, covariance, pulls, self._code(rows), self._rows, self._told / np.diag(self._inverse), self._settings)

    def doubts(self) -> np.ndarray:
        """Return (n,) how many times the noise each row of the evidence has, as all the others see it."""
        free = covariance_of(self._rows, self._rows, self._variance)
        own = self._settings.noise / self._rows.weight**2
        return _scales(free, self._away, own, EVIDENCE_TAILS)

    def _noisy(self) -> np.ndarray:
        free = covariance_of(self._rows, self._rows, self._variance)
        free[np.diag_indices_from(free)] += self._settings.noise * self._rows.doubt / self._rows.weight**2
        return free

    def _prior(self, rows: list[Row]) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and covariance of rows given the evidence alone."""
        self.prepare(rows)
        coded, found = self._code(rows), [self._kept[_key(row)] for row in rows]
        across, reduced = np.array([pair[0] for pair in found]), np.array([pair[1] for pair in found])
        return coded.formula + across @ self._told, covariance_of(coded, coded, self._variance) - across @ reduced.T

    def _block(self, known: Sequence[Row]) -> "_Block":
        """Return what stays the same while many rows are asked from the same known ones."""
        key = tuple((_key(row), row.case, row.cases, row.doubt) for row in known)
        if key not in self._blocks:
            across = np.array([self._kept[_key(row)][0] for row in known]).reshape(len(known), len(self._away))
            mean, covariance = self._prior(list(known)) if known else (np.zeros(0), np.zeros((0, 0)))
            self._blocks = {**dict(list(self._blocks.items())[-MOST_BLOCKS:]), key: _Block(self._code(known), mean, across, covariance)}
        return self._blocks[key]

    def _code(self, rows: Sequence[Row]) -> Coded:
        return code(rows, self._settings, self._ids)


def usable(evidence: Sequence[Evidence], platforms: dict[str, Platform]) -> tuple[Evidence, ...]:
    """Return the evidence whose platforms have rates."""
    return tuple(
        one for one in evidence if one.platform in platforms and rates_of(platforms[one.platform], one.precision, one.gpus) is not None
    )


def rows_of(evidence: Sequence[Evidence], platforms: dict[str, Platform]) -> tuple[list[Row], list[float]]:
    """Return the rows of evidence whose platforms have rates, and their log speeds."""
    rows, speeds = [], []
    for one in evidence:
        rates = rates_of(platforms[one.platform], one.precision, one.gpus) if one.platform in platforms else None
        if rates is not None:
            rows.append(Row(one.groups, f"set {one.part}", platforms[one.platform], rates, one.cases, one.doubt))
            speeds.append(one.log_speed)
    return rows, speeds


def doubted(evidence: Sequence[Evidence], platforms: dict[str, Platform], settings: Settings) -> tuple[Evidence, ...]:
    """Return the evidence with the doubt that all of it casts on each row."""
    known = usable(evidence, platforms)
    if not known:
        return ()
    scales = Hierarchy(known, platforms, settings).doubts()
    return tuple(msgspec.structs.replace(one, doubt=float(scale)) for one, scale in zip(known, scales, strict=True))


def code(rows: Sequence[Row], settings: Settings, ids: dict[str, int]) -> Coded:
    """Return rows as arrays; ids gives each name its number and grows."""
    levels, names = [], []
    for row in rows:
        groups, own = row.groups, row.case
        told = ["all", *(getattr(groups, "kind" if level == "class" else level) or f"{own} alone" for level in LEVELS[1:-1]), own]
        levels.append([ids.setdefault(f"{place} {name}", len(ids)) for place, name in enumerate(told)])
        names.append([ids.setdefault(f"name {name}", len(ids)) for name in names_of(row.platform)])
    return Coded(
        np.array(levels).reshape(-1, len(LEVELS)),
        np.array(names).reshape(-1, NAMES),
        np.array([row.rates for row in rows]).reshape(-1, SLOPES),
        np.sqrt([row.cases for row in rows]),
        np.array([formula_log(row.rates, settings.k_of(row.groups)) for row in rows]),
        np.array([row.doubt for row in rows]),
    )


def shared_effects(one: Coded, other: Coded) -> np.ndarray:
    """Return (effects, n, m): products of the rates' logs, then 1 where card, architecture, vendor are the same."""
    slopes = np.einsum("ie,je->eij", one.rates, other.rates)
    return np.concatenate([slopes, one.names.T[:, :, None] == other.names.T[:, None, :]])


def covariance_of(one: Coded, other: Coded, variance: np.ndarray) -> np.ndarray:
    """Return (n, m) covariances without noise. variance: (levels, effects)."""
    step = max(1, AT_ONCE // max(1, len(EFFECTS) * len(other.weight)))
    found = np.empty((len(one.weight), len(other.weight)))
    for start in range(0, len(found), step):
        part = slice(start, start + step)
        some = Coded(*(getattr(one, name)[part] for name in one.__struct_fields__))
        effects = shared_effects(some, other)
        own = (variance @ effects.reshape(len(EFFECTS), -1)).reshape(len(LEVELS), *effects.shape[1:])
        # the median of n cases has an nth of what a case has of its own
        own[-1] = own[-1] * np.multiply.outer(1 / some.weight, 1 / other.weight) + OFFSET
        own *= some.levels.T[:, :, None] == other.levels.T[:, None, :]
        found[part] = own.sum(axis=0)
    return found


def _scales(free: np.ndarray, away: np.ndarray, noise: np.ndarray | float, tails: float) -> np.ndarray:
    """Return by how much each row's noise is to be scaled (>= 1) under Student's t, by expectation and maximisation.

    free (n, n) covariance without noise; away (n,) from the mean; noise: variance of a row, or of each
    """
    scales, own = np.ones(len(away)), np.broadcast_to(noise, away.shape)
    for _ in range(ROUNDS):
        now = own * scales
        inverse = np.linalg.inv(free + np.diag(now))
        residual = now * (inverse @ away)
        unsure = np.maximum(now - now**2 * np.diag(inverse), 0.0)
        scales = np.maximum((tails + (residual**2 + unsure) / own) / (tails + 1), 1.0)
    return scales


def _key(row: Row) -> tuple[object, ...]:
    return (row.groups, row.platform.id, row.rates)
