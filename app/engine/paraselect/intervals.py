"""The 90 % interval of a learned prediction by its deviation, as `correcting` makes it; and what it is as a share of the number."""

import math

import numpy as np

from app.engine.model.estimates import Prediction
from app.engine.paraselect.correcting import CAUTION, MOST_DEVIATION, NOISE
from app.engine.paraselect.learned import Z90


def model_half(deviation: float, width: float) -> float:
    """Return half the interval, as a log."""
    return float(halves(np.array(deviation), np.array(width)))


def halves(deviation: np.ndarray, width: np.ndarray) -> np.ndarray:
    """Return half the intervals, as logs: by the deviation, never less than equal cards differ nor than the caution of the number."""
    caution = CAUTION * np.minimum(deviation, MOST_DEVIATION) ** 2
    return np.maximum(np.maximum(NOISE, Z90 * width * deviation), 2 * caution)


def shares_of(half: np.ndarray, deviation: np.ndarray) -> np.ndarray:
    """Return half intervals in relation to the numbers, which are told below the middle."""
    return np.sinh(half) * np.exp(CAUTION * np.minimum(deviation, MOST_DEVIATION) ** 2)


def log_half(found: Prediction) -> float | None:
    """Return half the interval that was told, as a log; None where there is none."""
    return math.log(found.high / found.low) / 2 if found.low and found.high else None


def half_share(found: Prediction) -> float | None:
    """Return half the interval that was told in relation to the number: 0.22 for ± 22 %."""
    return (found.high - found.low) / 2 / found.value if found.value and found.low is not None and found.high is not None else None
