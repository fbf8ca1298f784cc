"""k of a class from the measured data that ship with the program, and how wrong they are on families left out."""

from collections.abc import Sequence

import msgspec
import numpy as np
from msgspec import Struct

from app.engine.model.measurements import MeasuredRun
from app.engine.model.platforms import Platform
from app.engine.paraselect.known_runs import at_count, known_runs
from app.engine.paraselect.rates import ratios

FOLDS = 5
FEWEST_PAIRS = 20
UNTRIED = 1.0
"""Log error where nothing could be held out to find it."""
PLAIN_TERMS, ONE_CARD_TERMS, MANY_CARD_TERMS = (0, 1), (0, 1, 2), (0, 1, 2, 3)
"""Compute and memory rates are known of most platforms; the links are not, and then the plain k serve."""
_LIMIT = 1.5  # log error beyond which a pair is an outlier (a wrong unit, a broken port) and weighs no more


class ClassK(Struct, frozen=True):
    """k of one class. low, high: the 5 % and 95 % points of log(measured / predicted) on workloads left out of the fit.

    ratio_low, ratio_high   range of predicted speed ratios that the data cover
    plain                   the same with compute and memory alone, for platforms whose links are not known
    """

    name: str
    k: tuple[float, float, float, float]
    low: float
    high: float
    mape: float
    pairs: int
    groups: int
    ratio_low: float
    ratio_high: float
    plain: "ClassK | None" = None


def class_of(run: MeasuredRun) -> str:
    """Return the class of a workload: hpc, decode, inference or training; one card and several differ in what talks."""
    many = "many" if (run.gpus or 1) > 1 else "one"
    if run.task == "hpc":
        return "hpc-one"
    if run.task == "inference":
        phase = "decode" if run.phase == "decode" or run.extra.get("quantity") == "tpot" else "inference"
        return f"{phase}-{many}"
    return f"training-{many}"


class _Pairs(Struct, eq=False):
    matrix: np.ndarray
    truth: np.ndarray
    weight: np.ndarray
    fold: np.ndarray
    groups: int


class Pool:
    """The classes of one set of measured runs; each is fitted when first asked for."""

    def __init__(self, runs: Sequence[MeasuredRun], platforms: dict[str, Platform]) -> None:
        self._platforms = platforms
        self._by_class: dict[str, dict[str, list[MeasuredRun]]] = {}
        for run in runs:
            if run.speed is not None and run.gpus is not None and run.platform in platforms:
                self._by_class.setdefault(class_of(run), {}).setdefault(run.case, []).append(run)
        self._fitted: dict[str, ClassK] = {}

    def of(self, run: MeasuredRun) -> ClassK:
        """Return the class of a run, the nearest one with enough data where its own has too little."""
        name = class_of(run)
        for candidate in (name, "inference-many", "training-many", "inference-one"):
            if candidate.endswith(name.rpartition("-")[2]) or candidate == name:
                fitted = self._class(candidate)
                if fitted.pairs >= FEWEST_PAIRS:
                    return fitted
        return self._class("training-many")

    def _class(self, name: str) -> ClassK:
        if name not in self._fitted:
            pairs = _pairs(self._by_class.get(name, {}), self._platforms)
            plain = _fit_class(name, pairs, PLAIN_TERMS)
            terms = ONE_CARD_TERMS if name.endswith("-one") else MANY_CARD_TERMS
            self._fitted[name] = msgspec.structs.replace(_fit_class(name, pairs, terms), plain=plain)
        return self._fitted[name]


def _pairs(groups: dict[str, list[MeasuredRun]], platforms: dict[str, Platform]) -> _Pairs:
    matrix, truth, weight, fold = [], [], [], []
    families = sorted({runs[0].workload for runs in groups.values()})
    fold_of = {family: number % FOLDS for number, family in enumerate(families)}
    used = 0
    for case, runs in groups.items():
        known = known_runs(runs, case)
        counts = [one.gpus for one in known]
        rows = [one for one in at_count(known, max(counts, key=counts.count)) if one.gpus == known[0].gpus]
        pairs = [(one, other) for one in rows for other in rows if one.platform != other.platform]
        found = []
        for one, other in pairs:
            pair = ratios(platforms[one.platform], platforms[other.platform], one.run.precision, one.gpus)
            values = pair.values
            if values[0] is not None and values[1] is not None:
                host = values[2] if values[2] is not None else values[1]
                found.append(
                    ([values[0], values[1], host, values[3] if values[3] is not None else host], one.throughput / other.throughput)
                )
        for row, relative in found:
            matrix.append(row)
            truth.append(relative)
            weight.append(1 / len(found))
            fold.append(fold_of[runs[0].workload])
        used += bool(found)
    return _Pairs(np.array(matrix).reshape(-1, 4), np.array(truth), np.array(weight), np.array(fold), used)


def _fit_class(name: str, pairs: _Pairs, terms: tuple[int, ...]) -> ClassK:
    if len(pairs.truth) < FEWEST_PAIRS:
        return ClassK(name, (0.5, 0.5, 0.0, 0.0), -UNTRIED, UNTRIED, 1.0, len(pairs.truth), pairs.groups, 0.1, 10.0)
    residual = np.where(np.arange(len(pairs.truth)) % 2, UNTRIED, -UNTRIED)  # what no fold holds out: of a class with one family
    for number in range(FOLDS):
        inside = pairs.fold != number
        if inside.all() or not inside.any():
            continue
        k = _robust_k(pairs.matrix[inside], pairs.truth[inside], pairs.weight[inside], terms)
        residual[~inside] = np.log(pairs.matrix[~inside] @ k) - np.log(pairs.truth[~inside])
    k = _robust_k(pairs.matrix, pairs.truth, pairs.weight, terms)
    low, high = _weighted_points(residual, pairs.weight, (0.05, 0.95))
    mape = float(np.average(np.minimum(np.abs(np.exp(-residual) - 1), 2.0), weights=pairs.weight))
    predicted = 1 / (pairs.matrix @ k)
    return ClassK(
        name,
        tuple(k.tolist()),
        low,
        high,
        mape,
        len(pairs.truth),
        pairs.groups,
        float(predicted.min()),
        float(predicted.max()),
    )  # type: ignore[arg-type]


def _robust_k(matrix: np.ndarray, truth: np.ndarray, weight: np.ndarray, allowed: tuple[int, ...]) -> np.ndarray:
    """Return (4,) k that minimise the weighted Huber-like log error, k >= 0, sum 1, 0 outside the allowed terms."""
    from scipy.optimize import minimize

    terms = np.array(allowed)
    wanted = np.log(truth)
    columns = matrix[:, terms]

    def cost(k: np.ndarray) -> tuple[float, np.ndarray]:
        total = np.maximum(columns @ k, 1e-9)
        error = np.log(total) - wanted
        root = np.sqrt(1 + (error / _LIMIT) ** 2)
        return float((weight * (root - 1)).sum()), (weight * error / root / total) @ columns / _LIMIT**2

    start = np.full(terms.size, 1 / terms.size)
    result = minimize(
        cost, start, jac=True, method="SLSQP", bounds=[(0, 1)] * terms.size, constraints={"type": "eq", "fun": lambda k: k.sum() - 1}
    )
    k = np.zeros(4)
    k[terms] = np.clip(result.x, 0, None)
    k[k < 1e-6] = 0.0  # noqa: PLR2004
    return k / k.sum()


def _weighted_points(values: np.ndarray, weight: np.ndarray, shares: tuple[float, float]) -> tuple[float, float]:
    order = np.argsort(values)
    reach = np.cumsum(weight[order]) / weight.sum()
    low, high = (float(values[order][min(np.searchsorted(reach, share), values.size - 1)]) for share in shares)
    return low, high
