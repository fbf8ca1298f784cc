"""Speed over card counts as arrays; apart from what a project holds, so that reading one loads no numpy for it."""

import numpy as np
from msgspec import Struct


class SpeedCurve(Struct, frozen=True, eq=False):
    """Speed over card counts as factors of the speed at from_gpus.

    low, high  ends of the interval that other counts add to that of the known speed, as factors; far: beyond what the law was learned on
    """

    platform: str
    from_gpus: int
    counts: np.ndarray
    factor: np.ndarray
    low: np.ndarray
    high: np.ndarray
    far: np.ndarray
