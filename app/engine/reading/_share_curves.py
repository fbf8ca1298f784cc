"""Shares of single kernels as curves over time, from columns that need not be in the memory whole."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from app.engine.model.traces import Series
from app.engine.reading._columns import Columns, release
from app.engine.reading._event_order import BLOCK_ROWS, Beat

MOST_BINS = 2000
DECIMALS = 9
"""What is less than this came from rounding: a pipe that never worked reads 0."""


class ShareCurves:
    """Collects the shares of a table block by block; `series` then gives the curves of each device."""

    def __init__(self, beat: Beat) -> None:
        self._beat = beat
        self._columns = Columns()
        self._ends: dict[int, int] = {}
        self._known: dict[tuple[int, str], int] = {}

    def add(self, start: np.ndarray, duration: np.ndarray, device: np.ndarray, shares: Mapping[str, np.ndarray]) -> None:
        """Take the next rows: start and duration (n,) int64 ns, device (n,) codes, shares 0..1, nan where not known."""
        if not shares:
            return
        for code in np.unique(device).tolist():
            here = device == code
            self._ends[code] = max(self._ends.get(code, 0), int((start[here] + duration[here]).max()))
            for metric, share in shares.items():
                count = int(_is_known(duration[here], share[here]).sum())
                self._known[code, metric] = self._known.get((code, metric), 0) + count
        self._columns.add({"#start": start, "#duration": duration, "#device": device, **shares}, start.size)

    def series(self, origin_ns: int, devices: Sequence[str]) -> list[Series]:
        """Return a measured series for each device and metric that any of its kernels has. The rows end here.

        origin_ns  what is taken off the starts
        devices    the name behind each code
        """
        curves = {key: Curve(self._ends[key[0]] - origin_ns, count) for key, count in self._known.items() if count}
        for start, duration, device, shares in self._blocks():
            for code in np.unique(device).tolist():
                here = device == code
                for metric, share in shares.items():
                    if (code, metric) in curves:
                        curves[code, metric].add(start[here] - origin_ns, duration[here], share[here])
                        self._beat()
        return [
            Series(metric, devices[code], "", *curves[code, metric].points())
            for code in range(len(devices))
            for metric in self._metrics()
            if (code, metric) in curves
        ]

    def _metrics(self) -> list[str]:
        return list(dict.fromkeys(metric for _, metric in self._known))

    def _blocks(self) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, dict[str, np.ndarray]]]:
        columns = {name: self._columns.take(name) for name in list(self._columns.names())}
        for first in range(0, self._columns.length, BLOCK_ROWS):
            block = {name: column[first : first + BLOCK_ROWS] for name, column in columns.items()}
            yield block["#start"], block["#duration"], block["#device"], {metric: block[metric] for metric in self._metrics()}
            for column in block.values():
                release(column)


class Curve:
    """The share that the kernels running in each cell of time had on average; a cell without any counts 0.

    end_ns  where the last kernel ends, > 0
    count   of the kernels with a duration whose share is known, > 0
    """

    def __init__(self, end_ns: int, count: int) -> None:
        self._edges = np.linspace(0, end_ns, min(MOST_BINS, count) + 1)
        self._weighted, self._unknown = _Boxes(self._edges), _Boxes(self._edges)

    def add(self, start_ns: np.ndarray, duration_ns: np.ndarray, share: np.ndarray) -> None:
        """Take the next kernels, (n,) each; share 0..1, nan = not known: such a kernel leaves its time out of the mean."""
        known = _is_known(duration_ns, share)
        self._weighted.add(start_ns[known], duration_ns[known], share[known])
        self._unknown.add(start_ns[~known], duration_ns[~known], np.ones((~known).sum()))

    def points(self) -> tuple[np.ndarray, np.ndarray]:
        """Return (time_ns, values), the middle of each cell and its mean."""
        width = np.maximum(np.diff(self._edges) - self._unknown.areas(), 1.0)
        middle = ((self._edges[:-1] + self._edges[1:]) / 2).astype(np.int64)
        return middle, np.clip(self._weighted.areas() / width, 0, 1).round(DECIMALS)


def share_over_time(start_ns: np.ndarray, duration_ns: np.ndarray, share: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (time_ns, values) of the curve of (n,) kernels, empty where no share is known."""
    known = int(_is_known(duration_ns, share).sum())
    if not known:
        return np.empty(0, np.int64), np.empty(0)
    curve = Curve(int((start_ns + duration_ns).max()), known)
    curve.add(start_ns, duration_ns, share)
    return curve.points()


class _Boxes:
    """The area of the sum of many boxes in each cell. Starts and ends are summed apart, each in the order in which they come: rounding
    then does not depend on the blocks.
    """

    def __init__(self, edges: np.ndarray) -> None:
        self._edges = edges
        self._area, self._step = np.zeros((2, edges.size - 1)), np.zeros((2, edges.size))

    def add(self, start: np.ndarray, duration: np.ndarray, height: np.ndarray) -> None:
        last = self._edges.size - 2
        for side, at in enumerate((start, start + duration)):
            cell = np.clip(np.searchsorted(self._edges, at, "right") - 1, 0, last)
            np.add.at(self._area[side], cell, height * (self._edges[cell + 1] - at))
            np.add.at(self._step[side], cell + 1, height)

    def areas(self) -> np.ndarray:
        level = np.cumsum(self._step[0] - self._step[1])[:-1]
        return self._area[0] - self._area[1] + level * np.diff(self._edges)


def _is_known(duration: np.ndarray, share: np.ndarray) -> np.ndarray:
    return np.isfinite(share) & (duration > 0)
