"""Speed over many card counts at once, from one known count: the law of scaling_law.py over arrays."""

import numpy as np

from app.engine.model.platforms import Platform
from app.engine.model.speed_curves import SpeedCurve
from app.engine.paraselect.scaling import FAR_COUNT
from app.engine.paraselect.scaling_law import Law, scaling_law, setup_of


def speed_curve(
    platform: Platform, task: str, from_gpus: int, counts: np.ndarray, *, is_strong: bool, law: Law | None = None
) -> SpeedCurve:
    """Return speed over counts as factors. is_strong: the global batch is kept; else the batch per card is."""
    law = law or scaling_law()
    setup = setup_of(platform, task)
    slopes, spread = (getattr(one, setup.name) for one in (law.mean, law.spread))
    cards = counts.astype(float)

    def losses(gpus: np.ndarray) -> np.ndarray:
        inside, across = np.log2(np.minimum(gpus, setup.island)), np.maximum(0.0, np.log2(gpus / setup.island))
        return np.stack([inside, across, np.log2(gpus / from_gpus) if is_strong else np.zeros_like(gpus)])

    steps = losses(cards) - losses(np.array([float(from_gpus)]))
    mean, wide = (np.array([one.inside, one.across, one.batch]) for one in (slopes, spread))
    factor = 2.0 ** -(mean @ steps) * cards / from_gpus
    deviation = np.sqrt(((wide[:, None] * steps) ** 2).sum(axis=0) + np.where(counts == from_gpus, 0.0, law.noise[setup.name] ** 2))
    low, high = law.ends(setup.name, several=False)
    up = cards >= from_gpus  # below the known count the long side lies above
    far = (cards > FAR_COUNT * from_gpus) | (cards * FAR_COUNT < from_gpus)
    ends = (np.where(up, low, -high) * deviation, np.where(up, high, -low) * deviation)
    return SpeedCurve(platform.id, from_gpus, counts, factor, 2.0 ** ends[0], 2.0 ** ends[1], far)
