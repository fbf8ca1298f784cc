"""Min/max pyramid: what a curve of any length looks like in a given number of columns, at a cost that does not grow with its length.

Level n holds the minimum and maximum of each FACTOR^n neighbouring samples. A view is read from the coarsest level that still has two
cells per column and folded into the columns, so that the work depends on the columns only and no peak is lost.
"""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

FACTOR = 8
LEAST_CELLS = 4096
CHUNK = 1 << 20
Floats = NDArray[np.float32]


class Stretch(Struct, frozen=True, eq=False):
    """What draws a stretch of a curve.

    time_s, values   (m,) the line; where it was folded, the minimum and maximum of each column in turn
    high             (m / 2,) the maximum of each column, None where every sample is drawn
    """

    time_s: NDArray[np.float64]
    values: Floats
    high: Floats | None = None


class Pyramid:
    """One series. time_ns (n,) int64 ascending, values (n,), nan where a sample is missing; kept as float32, which a screen cannot tell."""

    def __init__(self, time_ns: NDArray[np.int64], values: NDArray[np.floating]) -> None:
        self.time_ns = time_ns
        self.values: Floats = np.ascontiguousarray(values, np.float32)
        self.has_gaps = any(np.isnan(self.values[at : at + CHUNK]).any() for at in range(0, len(values), CHUNK))
        self._least, self._most = (np.fmin, np.fmax) if self.has_gaps else (np.minimum, np.maximum)
        self._levels: list[tuple[Floats, Floats]] = []
        low = high = self.values
        while len(low) > LEAST_CELLS:
            low, high = _coarser(low, self._least), _coarser(high, self._most)
            self._levels.append((low, high))
        self.lowest = float(self._least.reduce(low)) if len(low) else 0.0
        self.highest = float(self._most.reduce(high)) if len(high) else 0.0

    def view(self, start_ns: int, end_ns: int, columns: int) -> Stretch:
        """Return what draws the samples in [start_ns, end_ns) in so many columns; at most four points a column.

        One neighbour on either side is included, so that the line reaches the edge.
        """
        first = max(0, int(np.searchsorted(self.time_ns, start_ns)) - 1)
        last = min(len(self.time_ns), int(np.searchsorted(self.time_ns, end_ns)) + 1)
        if last - first <= columns:
            return Stretch(self.time_ns[first:last] / 1e9, self.values[first:last])
        size, low, high = self._level(last - first, columns)
        fold = max(1, (last - first) // (size * columns))
        # Columns begin at multiples of their own width, whatever the view: the picture does not flicker while it is panned.
        begin = first // (size * fold) * fold
        end = min(len(low), -(-last // (size * fold)) * fold)
        starts = np.arange(0, end - begin, fold)
        lows, highs = self._least.reduceat(low[begin:end], starts), self._most.reduceat(high[begin:end], starts)
        times = self.time_ns[(starts + begin) * size] / 1e9
        values = np.empty(2 * len(lows), np.float32)
        values[0::2], values[1::2] = lows, highs
        return Stretch(np.repeat(times, 2), values, highs)

    def _level(self, count: int, columns: int) -> tuple[int, Floats, Floats]:
        """Return (samples a cell, minima, maxima) of the coarsest level with two cells a column."""
        depth = 0
        while depth < len(self._levels) and count >= 2 * columns * FACTOR ** (depth + 1):
            depth += 1
        return (FACTOR**depth, *self._levels[depth - 1]) if depth else (1, self.values, self.values)

    def at(self, time_ns: int) -> float:
        """Return the last sample at or before a moment, nan where there is none."""
        place = int(np.searchsorted(self.time_ns, time_ns, side="right")) - 1
        return float(self.values[place]) if place >= 0 else float("nan")


def _coarser(values: Floats, how: np.ufunc) -> Floats:
    """Reduce each FACTOR neighbours to one, in three halvings and piece by piece: it stays in the cache and lets other threads run."""
    whole = len(values) // FACTOR * FACTOR
    reduced = np.empty(-(-len(values) // FACTOR), np.float32)
    for at in range(0, whole, CHUNK):
        half = how(values[at : min(whole, at + CHUNK) : 2], values[at + 1 : min(whole, at + CHUNK) : 2])
        half = how(half[0::2], half[1::2])
        how(half[0::2], half[1::2], out=reduced[at // FACTOR : at // FACTOR + len(half) // 2])
    if whole < len(values):
        reduced[-1] = how.reduce(values[whole:])
    return reduced
