"""From the rows of a profiler's table to Events."""

from collections.abc import Sequence

import numpy as np

from app.engine.model.traces import Events
from app.engine.reading._event_columns import COLLECTIVE

MOST_LAID_OUT = 2_000_000


def make_events(
    names: Sequence[str],
    categories: Sequence[str],
    devices: Sequence[str],
    start_ns: np.ndarray,
    duration_ns: np.ndarray,
    *,
    streams: np.ndarray | None = None,
    correlation: np.ndarray | None = None,
    shapes: Sequence[str] | None = None,
    sizes: np.ndarray | None = None,
) -> Events:
    """Return the events in order of start. All columns (n,); sizes in bytes, -1 = unknown; a shape of "" counts as none."""
    import pandas as pd

    order = np.argsort(start_ns, kind="stable")
    count = order.size

    def coded(words: Sequence[str | None]) -> tuple[np.ndarray, tuple[str, ...]]:
        codes, found = pd.factorize(np.asarray(words, dtype=object))
        return codes.astype(np.int32)[order], tuple(map(str, found))

    def numbers(column: np.ndarray | None, blank: int) -> np.ndarray:
        return np.full(count, blank, np.int64) if column is None else column.astype(np.int64)[order]

    name, name_words = coded(names)
    category, category_words = coded(categories)
    device, device_words = coded(devices)
    told = [text or None for text in shapes] if shapes is not None else [None] * count  # None is coded as -1
    shape, shape_words = coded(told)
    return Events(
        names=name_words, categories=category_words, devices=device_words, shapes=shape_words, name=name, category=category, device=device,
        stream=numbers(streams, 0), start_ns=start_ns.astype(np.int64)[order], duration_ns=duration_ns.astype(np.int64)[order],
        correlation=numbers(correlation, -1), shape=shape, bytes=numbers(sizes, -1),
    )  # fmt: skip


def kernel_category(names: Sequence[str]) -> list[str]:
    """Return "collective" for the kernels of NCCL, RCCL and HCCL by their names, "kernel" for the others."""
    known: dict[str, str] = {}
    return [known.setdefault(name, "collective" if COLLECTIVE.search(name) else "kernel") for name in names]


def laid_out(names: Sequence[str], calls: np.ndarray, total_ns: np.ndarray, category: Sequence[str], device: str = "0") -> Events:
    """Return a summary as events one after the other: each name as often as it was called, with its mean duration.

    calls (n,) int64 >= 1, total_ns (n,) int64. Beyond two million calls a name is one event: its total stays true, its count does not.
    """
    if calls.sum() > MOST_LAID_OUT:
        calls = np.ones_like(calls)
    place = np.repeat(np.arange(len(names)), calls)
    duration = np.repeat(total_ns // np.maximum(calls, 1), calls)
    ends = np.cumsum(calls) - 1
    duration[ends] += total_ns - (total_ns // np.maximum(calls, 1)) * calls  # what rounding left over
    start = np.concatenate([[0], np.cumsum(duration)[:-1]]) if duration.size else np.empty(0, np.int64)
    labels = np.asarray(names, dtype=object)[place].tolist()
    return make_events(labels, np.asarray(category, dtype=object)[place].tolist(), [device] * place.size, start, duration)
