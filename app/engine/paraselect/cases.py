"""What is known of a case: its runs, its own fit where there are enough, the class it belongs to."""

import math
from collections.abc import Sequence
from functools import cache

import numpy as np
from msgspec import Struct

from app.engine.errors import EngineError
from app.engine.model.measurements import MeasuredRun
from app.engine.model.platforms import Platform
from app.engine.paraselect.fitting import FEWEST, Design, design_of, fit_k, left_out
from app.engine.paraselect.known_runs import Known, known_runs
from app.engine.paraselect.pooled import ClassK, Pool


class Case(Struct, frozen=True, eq=False):
    """What is known of a case: its runs, its own fit where there are enough, its class."""

    name: str
    known: tuple[Known, ...]
    design: Design
    k: tuple[float, ...] | None
    deviation: float
    error: float | None
    pool: ClassK


@cache
def _pool(shipped: int, platforms: int) -> Pool:
    return Pool(*_POOLS[shipped, platforms])


_POOLS: dict[tuple[int, int], tuple[tuple[MeasuredRun, ...], dict[str, Platform]]] = {}


def _pool_of(shipped: tuple[MeasuredRun, ...], platforms: dict[str, Platform]) -> Pool:
    key = (id(shipped), len(platforms))
    _POOLS[key] = (shipped, platforms)
    return _pool(*key)


def case_of(runs: Sequence[MeasuredRun], wanted: MeasuredRun, platforms: dict[str, Platform], shipped: tuple[MeasuredRun, ...]) -> Case:
    """Return what is known of the case of a wanted row. Raises EngineError where its units differ."""
    of_case = [run for run in runs if run.case == wanted.case]
    units = {run.unit for run in of_case if run.unit}
    if len(units) > 1:
        raise EngineError("paraselect.units_differ", case=wanted.case, units=sorted(units))
    known = known_runs(of_case, wanted.case)
    pool = _pool_of(shipped, platforms).of(known[0].run if known else wanted)
    design = design_of(known, platforms)
    k, deviation, error = None, 0.0, None
    if len(design.rows) >= FEWEST and design.active.any():
        k = tuple(fit_k(design).tolist())
        deviation, error = _deviation(design)
    return Case(wanted.case, tuple(known), design, k, deviation, error, pool)


def _deviation(design: Design) -> tuple[float, float | None]:
    """Return the log deviation to expect of a new platform, and the mean relative error, from the platforms left out one by one."""
    shares = left_out(design)
    cards = np.array([one.gpus for one in design.rows]) / design.rows[0].gpus
    measured = cards / design.relative
    logs = np.array([math.log(share / true) for share, true in zip(shares, measured.tolist(), strict=True) if share is not None])
    return float(np.sqrt(np.mean(logs**2))), float(np.mean(np.abs(np.exp(logs) - 1)))
