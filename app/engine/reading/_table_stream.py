"""A big, regular CSV piece by piece: one line of names, cells without quoted separators, numbers with a point.

What is not of that kind is left to pandas, which takes the whole text at once.
"""

import re

import numpy as np
from msgspec import Struct

from app.engine.model.traces import Clock
from app.engine.progress import Progress
from app.engine.reading._columns import Columns
from app.engine.reading._csv_cells import Cells
from app.engine.reading._sources import Source
from app.engine.reading._table_columns import DEVICE_NAMES, names_one_time, plain
from app.engine.reading._times import epoch_times, over_midnight

PIECE_BYTES = 2**21
# cells in several units, and dates whose order only the whole column tells
_UNITED = re.compile(rb"\d ?(?:[kKMGTP]i?(?:[Bb]|bit)|kW|mW|[kMG]Hz)")
_ODD_DATE = re.compile(
    rb"(?:^|[,;\t|])(?:\d{1,2}[/.-]\d{1,2}[/.-]\d{4}|\d{4}[/-]\d[/-]|\d{4}[/-]\d\d[/-]\d[ T,]|\d{4}\xe5\xb9\xb4)", re.MULTILINE
)
MOST_COLUMNS = 512


class StreamedTable(Struct):
    """times: (ns, clock) of stamps, or numbers as they stand; None without a time column."""

    heads: list[str]
    length: int
    times: tuple[np.ndarray, Clock] | np.ndarray | None
    time_name: str
    codes: np.ndarray
    ids: list[str]
    columns: list[tuple[str, np.ndarray]]


def heads_of(source: Source, separator: str) -> list[str]:
    """Return the names in the first line."""
    head = source.head.lstrip(b"\xef\xbb\xbf").partition(b"\n")[0]
    return [name.strip().strip('"') for name in head.decode("utf-8", "replace").split(separator)]


def streamed_table(source: Source, separator: str, progress: Progress, skipped: dict[str, int]) -> StreamedTable | None:
    """Return the table, None where it is not regular enough."""
    head, _, body = source.head.lstrip(b"\xef\xbb\xbf").partition(b"\n")
    names = heads_of(source, separator)
    if b'"' in body or head[:4].lower() == b"sep=" or not 2 <= len(names) <= MOST_COLUMNS or (separator != "," and b"," in body):
        return None
    if _UNITED.search(body) is not None or _quoted_separator(head, separator) or _ODD_DATE.search(body) is not None:
        return None
    if len(set(names)) < len(names) or any(name.replace(".", "", 1).isdigit() for name in names):
        return None
    table = _Table(names)
    done = 0
    for number, piece in enumerate(source.text_pieces(PIECE_BYTES)):
        done += len(piece)
        progress(min(0.9 * done / max(source.size_bytes, done), 0.89), "reading.doing.parsing")
        cells = Cells(piece.partition(b"\n")[2] if number == 0 else piece, len(names), separator.encode())
        if cells.bad:
            skipped["skipped.bad_row"] = skipped.get("skipped.bad_row", 0) + cells.bad
        if cells.rows:
            table.add(cells)
    return table.whole()


def _quoted_separator(head: bytes, separator: str) -> bool:
    """Tell whether a separator stands in quotes among the names."""
    return any(separator.encode() in one for one in re.findall(rb'"[^"]*"', head))


class _Table:
    """The columns as they grow."""

    def __init__(self, names: list[str]) -> None:
        self._names = names
        self._times = [place for place, name in enumerate(names) if names_one_time(name)]
        self._time: int | None = None
        self._clock: Clock | None = None
        self._device = next((place for place, name in enumerate(names) if plain(name) in DEVICE_NAMES and place not in self._times), None)
        self._ids: dict[str, int] = {}
        self._columns = Columns()

    def add(self, cells: Cells) -> None:
        """Take the rows of one piece."""
        if self._time is None:
            self._choose_time(cells)
        piece: dict[str, np.ndarray] = {}
        for place, name in enumerate(self._names):
            if place == self._time:
                piece[name] = cells.numbers(place) if self._clock is None else cells.times(place)[0]
            elif place == self._device:
                codes, texts = cells.codes(place)
                piece[name] = np.array([self._ids.setdefault(text, len(self._ids)) for text in texts], np.int32)[codes]
            elif place not in self._times:
                piece[name] = cells.numbers(place)
        self._columns.add(piece, cells.rows)

    def whole(self) -> StreamedTable:
        """Return everything."""
        length, names = self._columns.length, self._names
        times = self._columns.take(names[self._time]) if self._time is not None and length else None
        if times is not None and self._clock == "relative":
            times = over_midnight(times)
        codes = self._columns.take(names[self._device]) if self._device is not None and length else np.zeros(length, np.int32)
        order = sorted(self._ids)
        if order:
            codes = np.array([order.index(one) for one in self._ids], np.int32)[codes]
        rest = [name for place, name in enumerate(names) if place not in self._times and place != self._device]
        return StreamedTable(
            names,
            length,
            times if times is None or self._clock is None else (times, self._clock),
            names[self._time] if self._time is not None else "",
            codes,
            order or ["0"],
            [(name, self._columns.take(name)) for name in rest] if length else [],
        )

    def _choose_time(self, cells: Cells) -> None:
        """Choose the column of times; a calendar time goes before a counter."""
        for place in self._times:
            numbers = cells.numbers(place)
            if np.isfinite(numbers).mean() > 0.5:
                if self._time is None or epoch_times(numbers) is not None:
                    self._time, self._clock = place, None
                if epoch_times(numbers) is not None:
                    return
                continue
            times, clock = cells.times(place)
            if (times > 0).mean() > 0.5:
                self._time, self._clock = place, clock
                return
