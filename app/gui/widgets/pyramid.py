"""Min/max pyramid: what a curve of any length looks like in a given number of columns, at a cost that does not grow with its length.

Level n holds the minimum and maximum of each FACTOR^n neighbouring samples. A view is read from the coarsest level that still has two
cells per column, so that the work depends on the columns only and no peak is lost.
"""

import numpy as np
from numpy.typing import NDArray

FACTOR = 8
Floats = NDArray[np.float64]


class Pyramid:
    """One series. time_ns (n,) int64 ascending, values (n,) float64, nan where a sample is missing."""

    def __init__(self, time_ns: NDArray[np.int64], values: Floats) -> None:
        self.time_ns, self.values = time_ns, values
        self._levels: list[tuple[Floats, Floats]] = []
        low = high = values
        while len(low) > 4096:
            low, high = _reduce(low, np.fmin), _reduce(high, np.fmax)
            self._levels.append((low, high))

    def view(self, start_ns: int, end_ns: int, columns: int) -> tuple[Floats, Floats]:
        """Return (time_s, values) that draw the samples in [start_ns, end_ns) in so many columns.

        Both (m,), m <= 4 * FACTOR * columns: single samples where they are few, else the minimum and maximum of each cell in turn.
        One neighbour on either side is included, so that the line reaches the edge.
        """
        first = max(0, int(np.searchsorted(self.time_ns, start_ns)) - 1)
        last = min(len(self.time_ns), int(np.searchsorted(self.time_ns, end_ns)) + 1)
        count, level = last - first, 0
        while count > 2 * FACTOR * columns and level < len(self._levels):
            level += 1
            count //= FACTOR
        if level == 0:
            return self.time_ns[first:last] / 1e9, self.values[first:last]
        size = FACTOR**level
        low, high = self._levels[level - 1]
        begin, end = first // size, min(len(low), -(-last // size))
        times = np.repeat(self.time_ns[begin * size : end * size : size] / 1e9, 2)
        return times, np.column_stack((low[begin:end], high[begin:end])).ravel()


def _reduce(values: Floats, how: np.ufunc) -> Floats:
    whole = len(values) // FACTOR * FACTOR
    reduced = how.reduce(values[:whole].reshape(-1, FACTOR), axis=1)
    return np.append(reduced, how.reduce(values[whole:])) if whole < len(values) else reduced
