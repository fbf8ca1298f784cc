"""Which card a row belongs to when a log does not say: by its place in each tick."""

import numpy as np

from app.engine.reading._times import MISSING

MOST_CARDS = 32
MOST_LATE_ROWS = 0.05


def cards_by_order(time_ns: np.ndarray) -> tuple[int, np.ndarray]:
    """Return the number of cards and (n,) the place of each row in its tick, -1 where its tick is not whole.

    time_ns  (n,) int64 in the order of the file. The rows of one tick lie close together, ticks lie apart.
    """
    time_ns = _filled(time_ns)
    count = _count(time_ns)
    places = np.arange(time_ns.size) % count
    if count == 1:
        return 1, places
    step = np.median(time_ns[count:] - time_ns[:-count]) if time_ns.size > count else 0
    starts = np.concatenate([[0], np.flatnonzero(np.diff(time_ns) > step / 2) + 1])
    shifted = starts % count != 0
    if shifted.mean() < MOST_LATE_ROWS and not shifted[-10:].all():  # a late row now and then; no row is missing
        return count, places
    lengths = np.diff(np.append(starts, time_ns.size))
    if lengths[lengths == count].sum() < 0.8 * time_ns.size:  # ticks cannot be told apart: trust the order
        return count, places
    tick = np.repeat(np.arange(starts.size), lengths)
    places = np.arange(time_ns.size) - starts[tick]
    return count, np.where(lengths[tick] == count, places, -1)


def _filled(time_ns: np.ndarray) -> np.ndarray:
    """Return the times with the one before in place of a missing one."""
    known = time_ns != MISSING
    if known.all() or not known.any():
        return time_ns
    before = np.maximum.accumulate(np.where(known, np.arange(time_ns.size), -1))
    return time_ns[np.where(before >= 0, before, np.flatnonzero(known)[0])]


def _count(time_ns: np.ndarray) -> int:
    if time_ns.size > 1 and (time_ns == time_ns[0]).all():
        return min(time_ns.size, MOST_CARDS)
    for count in range(1, min(MOST_CARDS, time_ns.size // 2) + 1):
        whole = time_ns[: time_ns.size // count * count].reshape(-1, count)
        spread = np.percentile((whole[:, -1] - whole[:, 0]).astype(np.float64), 90)
        steps = np.diff(whole[:, 0]).astype(np.float64)
        if steps.size and np.median(steps) > 0 and np.percentile(steps, 10) >= max(3 * spread, 0.3 * steps.mean()):
            return count
    return 1
