"""What the learned model says of platforms beside each other on a workload it has not seen, with how far to trust that.

Only differences of log speed between platforms mean anything. Of a difference the model tells the deviation when one of the two is known;
the deviation of any weighted difference follows from those of the pairs: Var(Σ w·x) = - ½ ΣΣ w_i w_j Var(x_i - x_j) where Σ w = 0.
"""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct

from app.engine.model.platforms import Platform
from app.engine.paraselect.features import Groups, rates_of
from app.engine.paraselect.hierarchy import Hierarchy, Row


class Contrasts(Struct, frozen=True, eq=False):
    """Platforms on a new case of one group.

    ids       the platforms whose rates are known; rates their logs
    mean      (n,) log speed per card; pairs (n, n) variance of the differences, 0 between two that are both no anchors
    """

    ids: tuple[str, ...]
    rates: tuple[tuple[float, ...], ...]
    mean: np.ndarray
    pairs: np.ndarray

    def weights(self, chosen: Sequence[str]) -> np.ndarray:
        """Return equal weights of some platforms, summing to 1."""
        found = np.isin(self.ids, list(chosen)).astype(float)
        return found / found.sum()

    def deviation(self, one: np.ndarray, other: np.ndarray) -> float:
        """Return the deviation of Σ one·x - Σ other·x; at most one platform of weight is no anchor."""
        spread = one @ self.pairs @ other - (one @ self.pairs @ one + other @ self.pairs @ other) / 2
        return float(np.sqrt(max(spread, 0.0)))


def contrasts(
    hierarchy: Hierarchy, groups: Groups, precision: str, gpus: int, platforms: Sequence[Platform], anchors: Sequence[str]
) -> Contrasts:
    """Return what the model says of platforms on a case it has not seen.

    anchors  platforms that others are compared with: deviations are known of pairs that hold at least one
    """
    rows = []
    for one in platforms:
        rates = rates_of(one, precision, gpus)
        if rates is not None:
            rows.append(Row(groups, "new case", one, rates))
    hierarchy.prepare(rows)
    mean = hierarchy.posterior([], [], rows).mean if rows else np.zeros(0)
    pairs = np.zeros((len(rows), len(rows)))
    for place, row in enumerate(rows):
        if row.platform.id in anchors:
            spread = hierarchy.posterior([row], [0.0], rows).deviation ** 2
            told = np.maximum(spread - spread[place], 0.0)  # beside itself there is the noise of measuring alone
            pairs[place] = told
            pairs[:, place] = told
    return Contrasts(tuple(row.platform.id for row in rows), tuple(tuple(row.rates) for row in rows), mean, pairs)
