"""Speed over card counts of every platform that has a price and a known speed: what the enumeration of plans is built on."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np

from app.engine.model.plans import PlanPoint
from app.engine.model.platforms import Platform
from app.engine.model.speed_curves import SpeedCurve
from app.engine.model.workloads import Workload

MOST_CARDS = 1024


def speed_curves(points: Sequence[PlanPoint], workload: Workload, platforms: Mapping[str, Platform]) -> tuple[SpeedCurve, ...]:
    """Return the curve of each known speed, by the law that `scale` tells; a stated global batch is kept."""
    from app.engine.paraselect import speed_curve

    is_strong = bool(workload.run.global_batch)
    counts = _counts()
    return tuple(
        speed_curve(platforms[one.platform], workload.task, one.gpus, counts, is_strong=is_strong)
        for one in points
        if one.platform in platforms
    )


@lru_cache(maxsize=1)
def _counts() -> np.ndarray:
    counts = np.arange(1, MOST_CARDS + 1)
    counts.flags.writeable = False
    return counts
