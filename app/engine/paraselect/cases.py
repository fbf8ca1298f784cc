"""What is known of a case: its runs, its class, its run's profile, and k shrunk from the three."""

import math
from collections.abc import Sequence
from functools import cache

import msgspec
import numpy as np
from msgspec import Struct

from app.engine.errors import EngineError
from app.engine.model.estimates import Shares
from app.engine.model.measurements import MeasuredRun
from app.engine.model.platforms import Platform
from app.engine.model.profiles import Profile
from app.engine.paraselect.collinear import collinear_terms, separators
from app.engine.paraselect.fitting import FEWEST, Design, design_of
from app.engine.paraselect.known_runs import Known, known_runs
from app.engine.paraselect.pooled import ClassK, Pool
from app.engine.paraselect.shares import shares_of


class Case(Struct, frozen=True, eq=False):
    """What is known of a case. deviation, error: of its platforms left out one by one, where they decide k."""

    name: str
    known: tuple[Known, ...]
    design: Design
    own: bool
    deviation: float
    error: float | None
    pool: ClassK
    platforms: dict[str, Platform]
    profile: Profile | None = None
    kept: dict[tuple[str, tuple[int, ...]], tuple[Design, Shares | None]] = {}

    def shares(self, reference: str, without: tuple[int, ...] = ()) -> tuple[Design, Shares | None]:
        """Return the design from this reference and its k, with the terms that it cannot tell apart; without: terms to leave out."""
        key = (reference, without)
        if key not in self.kept:
            first = self.design.rows[0].platform if self.design.rows else ""
            design = self.design if reference == first else design_of(self.known, self.platforms, reference=reference)
            found = shares_of(design, self.pool, self.platforms, self.profile, without=without) if design.rows else None
            if found is not None:
                pairs = collinear_terms(design, found, separators(design, self.platforms), self.platforms)
                found = msgspec.structs.replace(found, collinear=pairs)
            self.kept[key] = (design, found)
        return self.kept[key]


@cache
def _pool(shipped: int, platforms: int) -> Pool:
    return Pool(*_POOLS[shipped, platforms])


_POOLS: dict[tuple[int, int], tuple[tuple[MeasuredRun, ...], dict[str, Platform]]] = {}


def _pool_of(shipped: tuple[MeasuredRun, ...], platforms: dict[str, Platform]) -> Pool:
    key = (id(shipped), len(platforms))
    _POOLS[key] = (shipped, platforms)
    return _pool(*key)


def case_of(
    runs: Sequence[MeasuredRun],
    wanted: MeasuredRun,
    platforms: dict[str, Platform],
    shipped: tuple[MeasuredRun, ...],
    profile: Profile | None = None,
) -> Case:
    """Return what is known of the case of a wanted row. Raises EngineError where its units differ."""
    of_case = [run for run in runs if run.case == wanted.case]
    units = {run.unit for run in of_case if run.unit}
    if len(units) > 1:
        raise EngineError("paraselect.units_differ", case=wanted.case, units=sorted(units))
    known = known_runs(of_case, wanted.case)
    pool = class_k_of(known[0].run if known else wanted, platforms, shipped)
    design = design_of(known, platforms)
    own, deviation, error = False, 0.0, None
    if len(design.rows) >= FEWEST and design.active[:2].any():
        own = True
        deviation, error = _deviation(design, pool, platforms, profile)
    return Case(wanted.case, tuple(known), design, own, deviation, error, pool, platforms, profile, {})


def class_k_of(run: MeasuredRun, platforms: dict[str, Platform], shipped: tuple[MeasuredRun, ...]) -> ClassK:
    """Return k of a run's class in the shipped runs."""
    return _pool_of(shipped, platforms).of(run)


def _deviation(design: Design, pool: ClassK, platforms: dict[str, Platform], profile: Profile | None) -> tuple[float, float | None]:
    """Return the log deviation to expect of a new platform, and the mean relative error, from the platforms left out one by one."""
    every, logs = np.arange(len(design.rows)), []
    for one in every[1:]:
        told = shares_of(design, pool, platforms, profile, rows=every[every != one])
        if told is not None:
            k = np.array(told.k)
            logs.append(math.log(float(design.relative[one]) / float(design.matrix[one][k > 0] @ k[k > 0])))
    return float(np.sqrt(np.mean(np.square(logs)))), float(np.mean(np.abs(np.expm1(logs))))
