"""A big CSV below a head in blocks of records, each as `frame_below` would give it: the same rows and the same lines lost as at once.

The first row rules how wide the others may be, as it does when a file is read at once; it is carried before each later block.
"""

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from app.engine.errors import UnreadableFile
from app.engine.progress import Progress
from app.engine.reading._csv_quotes import end_of_records, first_record
from app.engine.reading._csv_text import MOST_LINE_BYTES, lines_of, names_below, parsed, without_long_lines
from app.engine.reading._sources import Source

if TYPE_CHECKING:
    import pandas as pd

PIECE_BYTES = 2**19
MOST_OPEN_BYTES = 64 * 2**20
"""A record that is longer is no record: a quote was never closed."""
_SHARE = 0.8


def text_in_pieces(source: Source) -> Iterator[bytes]:
    """Yield the text of a file in pieces that take about a twentieth of a second each."""
    return source.text_pieces(PIECE_BYTES)


class CsvBlocks:
    """Iterate once over the frames; the first one comes even if it is empty.

    pieces  the text where it is begun to be read already, its next piece with the head
    head    what the pattern found, known with the first frame
    rows    of all frames so far
    lost    lines so far that do not fit
    """

    head: re.Match[bytes]

    def __init__(
        self, source: Source, pattern: re.Pattern[bytes], needs: Iterable[str], progress: Progress, pieces: Iterator[bytes] | None = None
    ) -> None:
        self.rows = 0
        self._source, self._pattern, self._needs, self._progress = source, pattern, set(needs), progress
        self._pieces = pieces or text_in_pieces(source)
        self._done = 0
        self._names = self._first = b""
        self._lines = self._long = 0

    @property
    def lost(self) -> int:
        """Lines that do not fit."""
        return max(0, self._lines - self.rows) + self._long

    def __iter__(self) -> Iterator["pd.DataFrame"]:
        """Yield the rows as text cells. Raises UnreadableFile for a table that is none, or lacks a column that is needed."""
        start = self._start()
        is_first = True
        for block in self._blocks(start):
            frame = parsed(self._source, self._names + b"\n" + self._first + block, self._needs)
            if self._first:
                frame = frame.iloc[1:].reset_index(drop=True)
            self._first = self._first or first_record(block)
            self._lines += lines_of(block)
            self.rows += len(frame)
            self._done += len(block)
            self._progress(_SHARE * self._done / max(self._done, self._source.size_bytes), "reading.doing.parsing")
            if is_first or len(frame):
                yield frame
            is_first = False

    def _start(self) -> bytes:
        """Find the head and return what stands below it in its piece."""
        for piece in self._pieces:
            found = self._pattern.search(piece)
            if found is not None:
                self.head = found
                self._names, body = names_below(self._source, piece, found)
                return body
        raise UnreadableFile("reading.no_rows", file=self._source.path)  # the head was seen as decoded, the whole decodes otherwise

    def _blocks(self, start: bytes) -> Iterator[bytes]:
        """Yield whole records; the first block is there even if it is empty, the last may break off."""
        rest, least = b"", 0
        closed = end_of_records(self._names + b"\n.\n") > 0  # else the head's last cell goes on below: nothing can be cut
        repeated = self._names + b"\n"
        for text in self._whole_lines(start):
            rest = rest + text.replace(repeated, b"")
            if len(rest) < least or not closed:
                continue
            end = end_of_records(rest)
            if end:
                yield rest[:end]
            rest = rest[end:]
            least = 0 if end else 2 * len(rest)  # a record that goes on is not looked through at each step anew
            if len(rest) > MOST_OPEN_BYTES:
                raise UnreadableFile("reading.not_a_table", file=self._source.path, detail="EOF inside string")
        yield rest

    def _whole_lines(self, start: bytes) -> Iterator[bytes]:
        """Yield the text in whole lines, without those that are too long; the last may be unfinished."""
        rest, is_long = start, False
        for piece in self._pieces:
            if is_long:
                end = piece.find(b"\n") + 1
                if not end:
                    continue
                piece, is_long = piece[end:], False
            text = rest + piece
            end = text.rfind(b"\n") + 1
            yield self._without_long(text[:end])
            rest = text[end:]
            if len(rest) > MOST_LINE_BYTES:
                rest, is_long = b"", True
                self._long += 1
        yield self._without_long(rest)

    def _without_long(self, text: bytes) -> bytes:
        text, long = without_long_lines(text)
        self._long += long
        return text
