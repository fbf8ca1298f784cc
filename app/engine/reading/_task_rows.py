"""Tasks of a profiler's table block by block: words and numbers as they stand in the rows, events in order at the end."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from app.engine.model.traces import Events
from app.engine.reading._event_order import Beat
from app.engine.reading._event_rows import Coded, EventRows, codes_of
from app.engine.reading._profiler_trace import plain_numbers, whole_numbers

if TYPE_CHECKING:
    import pandas as pd


class TaskRows:
    """Collects blocks as `make_events` takes a whole table. devices: the devices so far, in order of appearance."""

    def __init__(self, beat: Beat) -> None:
        self.devices: dict[str, int] = {}
        self._names: dict[str, int] = {}
        self._kinds: dict[str, int] = {}
        self._shapes: dict[str, int] = {}
        self._rows = EventRows(beat)

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def origin_ns(self) -> int:
        """The earliest start, 0 without rows."""
        return self._rows.first_ns or 0

    def add(
        self,
        start: np.ndarray,
        duration: np.ndarray,
        names: Sequence[str],
        categories: Sequence[str],
        devices: Sequence[str],
        *,
        shapes: Sequence[str] | None = None,
        **numbers: np.ndarray | None,
    ) -> np.ndarray:
        """Take the next rows, stream, correlation and bytes among the numbers; return (n,) int32 the number of each one's device."""
        owners = _coded(self.devices, devices)
        more = {column: values for column, values in numbers.items() if values is not None}
        if shapes is not None:
            more["shape"] = self._shapes_of(shapes)
        self._rows.add(start, duration, name=_coded(self._names, names), category=_coded(self._kinds, categories), device=owners, **more)
        return owners

    def events(self) -> Events:
        """Return all rows in order, from the first start on. The rows end here."""
        shapes = Coded(self._shapes, ("shape",))
        name, category, device = (
            Coded(words, (column,)) for words, column in ((self._names, "name"), (self._kinds, "category"), (self.devices, "device"))
        )
        return self._rows.events(self.origin_ns, name, category, device, shapes)

    def _shapes_of(self, shapes: Sequence[str]) -> np.ndarray:
        known = self._shapes
        return np.array([known.setdefault(text, len(known)) if text else -1 for text in shapes], np.int32)


def for_each(function: Callable[..., str], *columns: Sequence[str]) -> list[str]:
    """Return what a function makes of each row of cells; it is asked once for each distinct row."""
    known: dict[tuple[str, ...], str] = {}
    return [known[row] if row in known else known.setdefault(row, function(*row)) for row in zip(*columns, strict=True)]


def counts(frame: "pd.DataFrame", column: str | None) -> np.ndarray | None:
    """Return (n,) int64 the whole numbers of a column, -1 for what is none; None without such a column."""
    return whole_numbers(plain_numbers(frame[column])) if column is not None and column in frame else None


def _coded(known: dict[str, int], words: Sequence[str]) -> np.ndarray:
    return codes_of(known, np.asarray(words, dtype=object))
