"""Arithmetic on sets of time intervals, as sorted arrays."""

import numpy as np

Spans = tuple[np.ndarray, np.ndarray]


def union(start: np.ndarray, end: np.ndarray) -> Spans:
    """Return disjoint ascending intervals that cover the same time. start, end (n,) int64 ns, start ascending."""
    if start.size == 0:
        return start, end
    reach = np.maximum.accumulate(end)
    first = np.concatenate([[True], start[1:] > reach[:-1]])
    last = np.concatenate([first[1:], [True]])
    return start[first], reach[last]


def merged(one: Spans, other: Spans) -> Spans:
    """Return what either of two sets covers."""
    start, end = np.concatenate([one[0], other[0]]), np.concatenate([one[1], other[1]])
    order = np.argsort(start, kind="stable")
    return union(start[order], end[order])


def total(spans: Spans) -> int:
    """Return the covered time."""
    return int((spans[1] - spans[0]).sum())


def overlap(one: Spans, other: Spans) -> int:
    """Return the time that two disjoint sets share."""
    return int((covered_until(other, one[1]) - covered_until(other, one[0])).sum())


def covered_until(spans: Spans, moments: np.ndarray) -> np.ndarray:
    """Return (n,) how much of the spans lies before each moment."""
    start, end = spans
    if start.size == 0:
        return np.zeros(moments.shape, np.int64)
    before = np.concatenate([[0], np.cumsum(end - start)])
    place = np.searchsorted(start, moments, side="right")
    inside = np.where(place > 0, np.maximum(end[np.maximum(place - 1, 0)] - moments, 0), 0)
    return before[place] - inside


def clipped(start: np.ndarray, end: np.ndarray, window: tuple[int, int]) -> Spans:
    """Return the parts of intervals inside a window."""
    keep = (end > window[0]) & (start < window[1])
    return np.maximum(start[keep], window[0]), np.minimum(end[keep], window[1])


def shares_of_bins(spans: Spans, window: tuple[int, int], most: int = 200) -> np.ndarray:
    """Return the covered share of each of `most` equal parts of the window, of fewer where it has not as many ns."""
    edges = np.linspace(window[0], window[1], min(most, max(window[1] - window[0], 1)) + 1).astype(np.int64)
    return np.diff(covered_until(spans, edges)) / np.maximum(np.diff(edges), 1)
