"""Cells of a piece of a separated log by numpy: no Python object per cell, lines of another width told apart.

A piece holds whole lines. Numbers may carry a unit behind ("64348 MiB", "47 %") and blanks around; what is no number is nan, never 0.
"""

import re
from collections.abc import Sequence

import numpy as np

from app.engine.model.traces import Clock
from app.engine.reading._digits import parse_long, parse_short
from app.engine.reading._times import MISSING, counted_times, epoch_times, is_time_of_day, parse_regular, parse_times, times_of_day

LINE_END, BLANK = 10, 32
WIDEST = 24
WIDEST_STAMP = 35
WIDEST_TEXT = 96
_LEADING = np.zeros(256, bool)
_LEADING[list(b' \t"')] = True
_RANDOM = np.random.default_rng(20260101).integers(1, 2**63, 1 + WIDEST_TEXT // 8, np.uint64) * np.uint64(2) + np.uint64(1)


class Cells:
    """The cells of one piece. rows: lines of `width` cells; bad: other lines that are not blank; blank: blank lines."""

    def __init__(self, piece: bytes, width: int, separator: bytes = b",") -> None:
        if not piece.endswith(b"\n"):
            piece += b"\n"
        self._hold(piece)
        buffer = self._buffer[: len(piece)]
        cuts = np.flatnonzero((buffer == ord(separator)) | (buffer == LINE_END))
        ends = np.flatnonzero(buffer[cuts] == LINE_END)
        before = np.concatenate([[-1], ends[:-1]])
        good = ends - before == width
        lengths = np.diff(cuts[ends], prepend=-1)
        self.blank = int((lengths[~good] == 1).sum())
        self.bad = int((~good).sum()) - self.blank
        table = cuts.reshape(-1, width) if good.all() else cuts[(before[good] + 1)[:, None] + np.arange(width)]
        self.rows = len(table)
        first = np.concatenate([[-1], cuts[ends][:-1]])[good]
        self._ends = np.ascontiguousarray(table.T)
        self._starts = np.vstack([first, self._ends[:-1]]) + 1

    @classmethod
    def at(cls, text: bytes, starts: np.ndarray, ends: np.ndarray) -> "Cells":
        """Return cells that lie at these places, (width, rows) int64 each."""
        cells = cls.__new__(cls)
        cells._hold(text)
        cells._starts, cells._ends, cells.rows, cells.bad, cells.blank = starts, ends, starts.shape[1], 0, 0
        return cells

    def _hold(self, text: bytes) -> None:
        self._bytes = text + bytes(WIDEST_TEXT)  # so that a cell at the end can be read over its end
        self._buffer = np.frombuffer(self._bytes, np.uint8)
        self._words = np.ndarray(len(self._bytes) - 8, "<u8", self._bytes, strides=(1,))  # the eight bytes from each place on

    def places(self) -> np.ndarray:
        """Return (rows,) where the first cell of each row begins."""
        return self._starts[0]

    def numbers(self, column: int) -> np.ndarray:
        """Return (rows,) float64, nan where the cell holds no number."""
        start = self._starts[column]
        for _ in range(4):
            leading = self._buffer[start] == BLANK
            if not leading.any():
                break
            start = start + leading
        values, sure = parse_short(self._words, start)
        rest = np.flatnonzero(~sure)
        if rest.size:
            start, length = self._cell(column, rest)
            width = int(min(length.max(), WIDEST))
            values[rest], odd = parse_long(self._grid(start, width), np.minimum(length, width))
            odd |= length > WIDEST
            for row in np.flatnonzero(odd).tolist():
                values[rest[row]] = _float(self._bytes[start[row] : start[row] + length[row]])
        return values

    def times(self, column: int) -> tuple[np.ndarray, Clock]:
        """Return (rows,) int64 ns since 1970, MISSING where the cell holds no time, and their clock.

        Times of day have a relative clock and do not go on after midnight: `over_midnight` does, for the whole file.
        """
        import pandas as pd

        start, length = self._cell(column)
        if self.rows and 19 <= length[0] <= WIDEST_STAMP and (length == length[0]).all():
            regular = parse_regular(self._grid(start, int(length[0])))
            if regular is not None:
                return regular
        epoch = self.numbers(column)
        if self.rows and np.isfinite(epoch).mean() > 0.5:
            found = epoch_times(epoch)
            if found is not None:
                return found, "absolute"
            if re.fullmatch(r"\d{1,9}(?:\.\d+)?", self.text(0, column)):  # a script's own seconds
                return counted_times(epoch, 10**9), "relative"
        codes, texts = self.codes(column)
        stamps = pd.Series(texts, dtype=str)
        of_day = self.rows > 0 and is_time_of_day(self.text(0, column))
        known, clock = (times_of_day(stamps), "relative") if of_day else parse_times(stamps)
        return np.append(known, MISSING)[codes], clock

    def last_bytes(self, column: int) -> tuple[np.ndarray, np.ndarray]:
        """Return (rows,) uint8 the last byte of each cell and the byte before it."""
        end = self._ends[column]
        return self._buffer[end - 1], self._buffer[np.maximum(end - 2, 0)]

    def text(self, row: int, column: int) -> str:
        """Return one cell, stripped."""
        start, end = int(self._starts[column, row]), int(self._ends[column, row])
        return self._bytes[start:end].decode("utf-8", "replace").strip(' \t"')

    def codes(self, column: int) -> tuple[np.ndarray, list[str]]:
        """Return (rows,) the number of each cell's text, and the texts."""
        import pandas as pd

        start, length = self._cell(column)
        width = int(min(max(length.max(initial=1), 1), WIDEST_TEXT) + 7) // 8 * 8
        grid = self._grid(start, width)
        grid[np.arange(width)[None, :] >= length[:, None]] = 0
        words = np.ascontiguousarray(grid).view(np.uint64)
        with np.errstate(over="ignore"):
            hashed = (words * _RANDOM[: words.shape[1]]).sum(axis=1, dtype=np.uint64) + length.astype(np.uint64)
        codes, found = pd.factorize(hashed)
        first = np.full(len(found), -1)
        first[codes[::-1]] = np.arange(self.rows)[::-1]
        return codes, [self.text(row, column) for row in first.tolist()]

    def texts(self, column: int) -> np.ndarray:
        """Return (rows,) the cells as text; equal cells are one object."""
        codes, found = self.codes(column)
        return np.array(found, object)[codes]

    def _cell(self, column: int, rows: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return where each cell begins and its length, without the blanks and quotes around."""
        start, end = self._starts[column], self._ends[column]
        if rows is not None:
            start, end = start[rows], end[rows]
        for _ in range(4):
            leading = _LEADING[self._buffer[start]] & (start < end)
            if not leading.any():
                break
            start = start + leading
        for _ in range(2):
            trailing = _LEADING[self._buffer[end - 1]] & (end > start)
            if not trailing.any():
                break
            end = end - trailing
        return start, end - start

    def _grid(self, start: np.ndarray, width: int) -> np.ndarray:
        """Return (rows, width) uint8: the bytes from each start on."""
        windows = np.lib.stride_tricks.sliding_window_view(self._buffer, max(width, 1))
        return windows[start]


class BlankWords:
    """Words between blanks, by lines."""

    def __init__(self, text: bytes) -> None:
        self._text = text
        buffer = np.frombuffer(text, np.uint8)
        dark = np.zeros(buffer.size + 2, bool)
        np.greater(buffer, BLANK, out=dark[1:-1])
        edges = np.flatnonzero(dark[1:] != dark[:-1])
        self._starts, self._ends = edges[::2], edges[1::2]
        self._breaks = np.concatenate([[0], np.flatnonzero(buffer == LINE_END) + 1, [buffer.size + 1]])
        self._first = np.searchsorted(self._starts, self._breaks)
        self._counts = np.diff(self._first)
        self._sharp = buffer[self._starts] == ord("#")

    def lines_of(self, first: Sequence[bytes]) -> np.ndarray:
        """Return (lines,) whether the line's first words are of these patterns."""
        found = self._counts >= len(first)
        for place, pattern in enumerate(first):
            codes, texts = self.cells(found, place + 1).codes(place)
            known = np.array([re.fullmatch(pattern, text.encode()) is not None for text in texts], bool)
            found[found] = known[codes]
        return found

    def are_wide(self, width: int, *, tail: bool) -> np.ndarray:
        """Return (lines,) whether the line has so many words, or more with a tail; none but the first may begin with "#"."""
        good = self._counts >= width if tail else self._counts == width
        if self._sharp.any() and width > 1:
            line = np.searchsorted(self._first, np.flatnonzero(self._sharp), "right") - 1
            place = np.flatnonzero(self._sharp) - self._first[line]
            good[line[(place > 0) & (place < width - tail)]] = False
        return good

    def starts_of_words(self) -> list[int]:
        """Return where the lines begin whose last word is no number."""
        filled = np.flatnonzero(self._counts)
        last = np.frombuffer(self._text, np.uint8)[self._starts[self._first[filled + 1] - 1]]
        return self._breaks[filled[(last > ord("9")) | (last < ord("-"))]].tolist()

    def are_filled(self) -> np.ndarray:
        """Return (lines,) whether the line has a word."""
        return self._counts > 0

    def begin_at_once(self) -> np.ndarray:
        """Return (lines,) whether no blank is before the first word."""
        found = self._counts > 0
        found[found] = self._starts[self._first[:-1][found]] == self._breaks[:-1][found]
        return found

    def lines(self, chosen: np.ndarray) -> list[bytes]:
        """Return the text of the lines that are chosen."""
        at = np.flatnonzero(chosen)
        return [self._text[start:end] for start, end in zip(self._breaks[at].tolist(), (self._breaks[at + 1] - 1).tolist(), strict=True)]

    def cells(self, chosen: np.ndarray, width: int) -> "Cells":
        """Return the first words of the lines that are chosen as cells."""
        table = self._first[:-1][chosen] + np.arange(width)[:, None]
        return Cells.at(self._text, self._starts[table], self._ends[table])


def _float(cell: bytes) -> float:
    try:
        return float(cell.strip(b' \t"').split(b" ")[0])
    except ValueError:
        return float("nan")
