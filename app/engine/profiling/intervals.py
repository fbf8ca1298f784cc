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
