"""Statistics of any stretch of a series at a cost that hardly grows with its length: sums, counts and maxima by block."""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

BLOCK, BLOCKS_FROM = 64, 1 << 16
CHUNK = 1 << 20
EXACT_MOST, SAMPLED = 100_000, 20_000


class Told(Struct, frozen=True):
    """Mean, p95 and maximum. is_rough: the p95 is that of an even choice of the samples; the other two are always exact."""

    mean: float
    p95: float
    maximum: float
    is_rough: bool = False


class Samples:
    """One series. time_ns (n,) int64 ascending, values (n,), nan where a sample is missing; the arrays are not copied."""

    def __init__(self, time_ns: NDArray[np.int64], values: NDArray[np.floating]) -> None:
        self.time_ns, self.values = time_ns, values
        self._block = BLOCK if len(values) >= BLOCKS_FROM else 1
        blocks = len(values) // self._block
        sums, counts, self._maxima = np.zeros(blocks + 1), np.zeros(blocks + 1, np.int64), np.empty(blocks)
        step = max(1, CHUNK // self._block)
        for at in range(0, blocks, step):
            end = min(blocks, at + step)
            rows = values[at * self._block : end * self._block].reshape(-1, self._block)
            good = np.isfinite(rows)
            counts[at + 1 : end + 1] = good.sum(axis=1)
            sums[at + 1 : end + 1] = np.where(good, rows, 0).sum(axis=1)
            self._maxima[at:end] = np.where(good, rows, -np.inf).max(axis=1)
        self._sums, self._counts = np.cumsum(sums), np.cumsum(counts)
        self.step_ns = int(np.median(np.diff(time_ns[:4097]))) if len(time_ns) > 1 else 0

    def places(self, start_ns: int, end_ns: int) -> tuple[int, int]:
        """Return the places of the samples with start_ns <= time <= end_ns."""
        return int(np.searchsorted(self.time_ns, start_ns)), int(np.searchsorted(self.time_ns, end_ns, side="right"))

    def total(self, first: int, last: int) -> tuple[float, int, float]:
        """Return (sum, count, maximum) of the known samples in [first, last); the maximum of none is -inf."""
        begin, end = -(-first // self._block), last // self._block
        if begin >= end:
            return _total(self.values[first:last])
        before, after = _total(self.values[first : begin * self._block]), _total(self.values[end * self._block : last])
        return (
            float(self._sums[end] - self._sums[begin]) + before[0] + after[0],
            int(self._counts[end] - self._counts[begin]) + before[1] + after[1],
            max(float(self._maxima[begin:end].max()), before[2], after[2]),
        )

    def cells(self, edges_ns: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the mean between each two edges; a cell between two samples holds the earlier one; nan where samples are missing."""
        places = np.searchsorted(self.time_ns, edges_ns)
        sums, counts = self._until(places)
        found = np.full(len(edges_ns) - 1, np.nan)
        np.divide(np.diff(sums), np.diff(counts), out=found, where=np.diff(counts) > 0)
        between = np.flatnonzero((np.diff(places) == 0) & (places[1:] > 0))
        if between.size:
            held = places[between + 1] - 1
            fresh = edges_ns[between] - self.time_ns[held] <= 1.5 * self.step_ns
            found[between[fresh]] = self.values[held[fresh]]
        return found

    def _until(self, places: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Return the sum and the count of the samples before each place; by whole blocks where a cell holds many."""
        first, last = int(places[0]), int(places[-1])
        if self._block > 1 and last - first <= 4 * self._block * len(places):
            piece = self.values[first:last]
            good = np.isfinite(piece)
            sums = np.concatenate(((0.0,), np.cumsum(np.where(good, piece, 0))))
            return sums[places - first], np.concatenate(((0,), np.cumsum(good)))[places - first]
        return self._sums[places // self._block], self._counts[places // self._block]


def statistics(series: Sequence[Samples], start_ns: int, end_ns: int, *, exact: bool = False) -> Told | None:
    """Return the statistics of all samples of all series with start_ns <= time <= end_ns; None where there is none.

    Without `exact` the p95 of more than EXACT_MOST samples is taken from every n-th of them, so that a region can be dragged.
    """
    places = [one.places(start_ns, end_ns) for one in series]
    totals = [one.total(*place) for one, place in zip(series, places, strict=True)]
    count = sum(total[1] for total in totals)
    if not count:
        return None
    held = sum(last - first for first, last in places)
    every = 1 if exact or held <= EXACT_MOST else -(-held // SAMPLED)
    values = np.concatenate([one.values[first:last:every] for one, (first, last) in zip(series, places, strict=True)])
    values = values[np.isfinite(values)]
    p95 = float(np.percentile(values, 95, overwrite_input=True)) if values.size else float("nan")
    return Told(sum(total[0] for total in totals) / count, p95, max(total[2] for total in totals), every > 1)


def _total(values: NDArray[np.floating]) -> tuple[float, int, float]:
    known = values[np.isfinite(values)]
    return (float(known.sum()), known.size, float(known.max())) if known.size else (0.0, 0, -np.inf)
