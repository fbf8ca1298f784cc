"""What a run's own profile says of k: how its time divides, as far as it was measured. A hint of limited weight, never k itself."""

import numpy as np

from app.engine.model.platforms import Platform
from app.engine.model.profiles import Profile
from app.engine.paraselect.rates import ratios

TRACE_ERROR = 0.40
"""Mean error of speed on an unseen platform where shares of a trace were taken directly as k (fitted k with the same rows: 0.19)."""
_AXES = (("tensor_core", "fp32", "fp16"), ("vram_bandwidth",), ("pcie",), ("nvlink", "infiniband"))
_SCORES = ("compute", "memory", "", "communication")


def measured_shares(profile: Profile) -> tuple[float | None, ...]:
    """Return how busy the four resources are, 0..1: their axis, for the fabric exposed communication, else the class's score."""
    values = {axis.name: axis.value for axis in profile.axes if axis.state in ("measured", "estimated") and axis.value is not None}
    found: list[float | None] = []
    for names, score in zip(_AXES, _SCORES, strict=True):
        known = [values[name] for name in names if name in values]
        found.append(max(known) if known else profile.class_scores.get(score))
    exposed = profile.communication.exposed_share
    if exposed is not None:
        found[3] = exposed
    return tuple(None if one is None else min(max(one, 0.0), 1.0) for one in found)


def profile_mean(
    profile: Profile,
    mean: np.ndarray,
    terms: tuple[int, ...],
    reference: Platform,
    platforms: dict[str, Platform],
    precision: str,
    gpus: int,
) -> np.ndarray | None:
    """Return k of the terms as the profile divides them, on the reference; None where fewer than two of them were measured.

    Terms that were not measured keep their share of `mean`. Shares recorded on another platform are brought over by the rates of the two.
    """
    shares = measured_shares(profile)
    measured = np.array([shares[term] is not None for term in terms])
    values = np.array([shares[term] or 0.0 for term in terms])
    recorded = platforms.get(profile.platform)
    if recorded is not None and recorded.id != reference.id:
        pair = ratios(recorded, reference, precision, gpus).values
        if any(pair[term] is None for term, known in zip(terms, measured, strict=True) if known):
            return None
        values = values * np.array([pair[term] or 1.0 for term in terms])
    if measured.sum() < 2 or values.sum() <= 0:  # noqa: PLR2004 - one share alone divides nothing
        return None
    found = mean.copy()
    found[measured] = values[measured] / values.sum() * mean[measured].sum()
    return found
