"""Rows of events block by block, times in ns as they stand in the file, words as codes; `events` gives them all in order."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np

from app.engine.model.traces import Events
from app.engine.reading._columns import Columns, release
from app.engine.reading._event_order import BLOCK_ROWS, Beat, Made, in_order

_NUMBERS = {"start": None, "duration": None, "stream": 0, "correlation": -1, "bytes": -1}
_CODES = {"name": 0, "category": 0, "device": 0, "shape": -1}


class Coded(NamedTuple):
    """What the codes of a column stand for.

    columns  the columns of codes that tell it, usually one of its own name
    make     their blocks -> indices into words; None where the codes are these
    """

    words: Iterable[str]
    columns: tuple[str, ...]
    make: Callable[..., np.ndarray] | None = None


class EventRows:
    """Collects blocks. first_ns is the earliest start so far, None while there is none."""

    def __init__(self, beat: Beat) -> None:
        self.first_ns: int | None = None
        self._beat = beat
        self._columns = Columns()

    def __len__(self) -> int:
        return self._columns.length

    def add(self, start: np.ndarray, duration: np.ndarray, **more: np.ndarray) -> None:
        """Take the next rows: start and duration (n,) int64 ns, stream, correlation and bytes int64, codes of words int32."""
        if not start.size:
            return
        first = int(start.min())
        self.first_ns = first if self.first_ns is None else min(first, self.first_ns)
        self._columns.add({"start": start, "duration": duration, **more}, start.size)

    def without(self, column: str, wrong: np.ndarray) -> "EventRows":
        """Return the rows whose code in the column is not wrong: (codes,) bool. These rows end here."""
        kept = EventRows(self._beat)
        taken = {name: self._columns.take(name) for name in list(self._columns.names())}
        for first in range(0, self._columns.length, BLOCK_ROWS):
            blocks = {name: values[first : first + BLOCK_ROWS] for name, values in taken.items()}
            good = ~wrong[blocks[column]]
            kept.add(**{name: block[good] for name, block in blocks.items()})
            for block in blocks.values():
                release(block)
            self._beat()
        return kept

    def events(self, origin_ns: int, name: Coded, category: Coded, device: Coded, shape: Coded | None = None) -> Events:
        """Return all rows, `origin_ns` taken off their start; columns that never came are 0 for streams, -1 for the others."""
        if not self._columns.length:
            self._columns.add({"start": np.empty(0, np.int64), "duration": np.empty(0, np.int64)}, 0)
        known = set(self._columns.names())
        plan = [Made(("start",), np.int64, lambda block: block - origin_ns)]
        for column in ("duration", "stream", "correlation", "bytes"):
            plan.append(Made((column,), np.int64) if column in known else _constant(np.int64, _NUMBERS[column]))
        told = {"name": name, "category": category, "device": device, "shape": shape or Coded((), ("shape",))}
        for column, coded in told.items():
            there = known.issuperset(coded.columns)
            plan.append(Made(coded.columns, np.int32, coded.make) if there else _constant(np.int32, _CODES[column]))
        start, duration, stream, correlation, size, names, categories, devices, shapes = in_order(self._columns, plan, self._beat)
        words = {column: tuple(coded.words) for column, coded in told.items()}
        return Events(
            names=words["name"], categories=words["category"], devices=words["device"], shapes=words["shape"], name=names,
            category=categories, device=devices, stream=stream, start_ns=start, duration_ns=duration, correlation=correlation,
            shape=shapes, bytes=size,
        )  # fmt: skip


def codes_of(known: dict, values: np.ndarray) -> np.ndarray:
    """Return (n,) int32 codes of (n,) integers or texts; `known` gives a code to each that is new, in order of appearance."""
    import pandas as pd

    places, found = pd.factorize(values, use_na_sentinel=False)
    return np.array([known.setdefault(value, len(known)) for value in found.tolist()], np.int32)[places]


def _constant(dtype: type, value: int | None) -> Made:
    return Made(("start",), dtype, lambda block: np.full(block.size, value, dtype))
