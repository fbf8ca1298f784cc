"""k1..k4 of one case: least squares with k >= 0 and sum 1, by SLSQP from a non-negative least-squares start."""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct

from app.engine.errors import EngineError, MissingFact
from app.engine.messages import Message, message
from app.engine.model.estimates import Fit, FitPoint
from app.engine.model.measurements import MeasuredRun
from app.engine.model.platforms import Platform
from app.engine.paraselect.known_runs import Known, at_count, in_own_unit, known_runs
from app.engine.paraselect.rates import Ratios, ratios

FEWEST = 3
"""Fewer known platforms cannot determine k."""


class Design(Struct, frozen=True, eq=False):
    """A case made ready to fit.

    rows     the runs, the reference first; matrix (n, 4) ratios to the reference; relative (n,) speed_ref / speed
    active   (4,) whether a term can be used: known for all, and the fabric only with more than one card
    """

    rows: tuple[Known, ...]
    matrix: np.ndarray
    relative: np.ndarray
    active: np.ndarray
    notes: tuple[Message, ...]


def fit_case(runs: Sequence[MeasuredRun], platforms: dict[str, Platform], case: str, *, reference: str = "", loss: str = "rmse") -> Fit:
    """Return k with in-sample and leave-one-out errors (mean absolute relative errors of speed).

    loss  "rmse" of speed, or "relative" for that of relative speed. Raises EngineError where fewer than three platforms are usable.
    """
    known = known_runs(runs, case)
    design = design_of(known, platforms, reference=reference)
    if len(design.rows) < FEWEST:
        raise EngineError("paraselect.too_few", case=case, count=len(design.rows), reasons=list(design.notes))
    k = fit_k(design, loss=loss)
    cards = np.array([one.gpus for one in design.rows]) / design.rows[0].gpus
    predicted = cards / (design.matrix[:, k > 0] @ k[k > 0])
    outside = left_out(design, loss=loss)
    speeds = np.array([one.throughput for one in design.rows])
    first = design.rows[0]
    points = tuple(
        FitPoint(one.platform, one.gpus, _own(one, one.throughput), _own(one, float(first.throughput * share)), _maybe(one, first, left))
        for one, share, left in zip(design.rows, predicted.tolist(), outside, strict=True)
    )
    errors = np.abs(first.throughput * predicted / speeds - 1)[1:]
    outer = [abs(point.left_out / point.measured - 1) for point in points if point.left_out is not None]
    rmse = float(np.sqrt(np.mean([(point.predicted - point.measured) ** 2 for point in points])))
    return Fit(
        case=case,
        reference=first.platform,
        k=tuple(k.tolist()),  # type: ignore[arg-type]
        loss=loss,
        rmse=rmse,
        in_sample_mape=float(errors.mean()),
        leave_one_out_mape=float(np.mean(outer)) if outer else None,
        platforms=points,
        unit=first.run.unit,
        notes=design.notes,
    )


def _own(one: Known, work_per_time: float) -> float:
    return in_own_unit(one.run, work_per_time)


def _maybe(one: Known, first: Known, share: float | None) -> float | None:
    return None if share is None else _own(one, first.throughput * share)


def design_of(known: Sequence[Known], platforms: dict[str, Platform], *, reference: str = "", gpus: int | None = None) -> Design:
    """Return what a fit needs; platforms that cannot enter (unknown id, no compute or memory rate) are told in `notes`."""
    counts = [one.gpus for one in known]
    wanted = gpus or (max(counts, key=counts.count) if counts else 1)
    rows = at_count(known, wanted)
    notes = [message("paraselect.unknown_platform", platform=one.platform) for one in rows if one.platform not in platforms]
    rows = [one for one in rows if one.platform in platforms]
    if reference:
        if all(one.platform != reference for one in rows):
            raise EngineError("paraselect.no_reference", reference=reference, platforms=[one.platform for one in rows])
        rows.sort(key=lambda one: one.platform != reference)
    if not rows:
        return Design((), np.empty((0, 4)), np.empty(0), np.zeros(4, bool), tuple(notes))
    found: list[tuple[Known, Ratios]] = []
    for one in rows:
        pair = ratios(platforms[rows[0].platform], platforms[one.platform], one.run.precision, max(one.gpus, rows[0].gpus))
        if pair.values[0] is None and pair.values[1] is None:
            platform, key = pair.missing[0]
            notes.append(message("paraselect.missing_fact", platform=platform, key=key))
        else:
            found.append((one, pair))
    if len({one.gpus for one, _ in found}) > 1:
        notes.append(message("paraselect.counts_differ", counts=sorted({one.gpus for one, _ in found})))
    matrix = np.array([[np.nan if value is None else value for value in pair.values] for _, pair in found])
    active = np.asarray(~np.isnan(matrix).any(axis=0) if len(found) else np.zeros(4, bool))
    if wanted == 1:
        active[3] = False
    scale = np.array([one.gpus for one, _ in found]) / (found[0][0].gpus if found else 1)
    speeds = np.array([one.throughput for one, _ in found]) / scale
    return Design(tuple(one for one, _ in found), matrix, speeds[0] / speeds if len(found) else speeds, active, tuple(notes))


def fit_k(design: Design, *, loss: str = "rmse", rows: np.ndarray | None = None) -> np.ndarray:
    """Return (4,) k of the rows (all by default). Raises MissingFact where no term is known for all of them."""
    from scipy.optimize import minimize, nnls

    chosen = np.arange(len(design.rows)) if rows is None else rows
    terms = np.flatnonzero(design.active)
    if not terms.size:
        raise MissingFact("paraselect.no_term")
    matrix, wanted = design.matrix[np.ix_(chosen, terms)], design.relative[chosen]
    start, _ = nnls(matrix, wanted)
    start = start / start.sum() if start.sum() > 0 else np.full(terms.size, 1 / terms.size)

    def cost(k: np.ndarray) -> tuple[float, np.ndarray]:
        total = np.maximum(matrix @ k, 1e-9)
        scale = wanted if loss == "relative" else np.ones_like(wanted)
        error = (1 / total - 1 / wanted) * scale
        return float((error**2).sum()), 2 * ((error * scale) * (-1 / total**2)) @ matrix

    result = minimize(
        cost,
        start,
        jac=True,
        method="SLSQP",
        bounds=[(0, 1)] * terms.size,
        constraints={"type": "eq", "fun": lambda k: k.sum() - 1, "jac": lambda k: np.ones_like(k)},
        options={"ftol": 1e-12, "maxiter": 200},
    )
    better = result.x if result.success and cost(result.x)[0] <= cost(start)[0] + 1e-12 else start
    k = np.zeros(4)
    k[terms] = np.clip(better, 0, None)
    k[k < 1e-9] = 0.0  # noqa: PLR2004 - what the solver leaves of a term that is not used
    return k / k.sum()


def left_out(design: Design, *, loss: str = "rmse") -> list[float | None]:
    """Return, row by row, speed / speed_ref predicted by the k of all other rows; None for the reference itself."""
    if len(design.rows) < FEWEST:
        return [None] * len(design.rows)
    every = np.arange(len(design.rows))
    found: list[float | None] = [None]
    for one in every[1:]:
        k = fit_k(design, loss=loss, rows=every[every != one])
        found.append(float(1 / (design.matrix[one][k > 0] @ k[k > 0])) * design.rows[one].gpus / design.rows[0].gpus)
    return found
