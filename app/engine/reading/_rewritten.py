"""A source whose text passes through a function before a reader sees it."""

import re
from collections.abc import Callable, Iterator

from app.engine.reading._sources import PIECE_BYTES, Source
from app.engine.reading._stamps import calendar_ns

_CTIME = re.compile(
    rb"(?<![\w/])(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) {1,3}[A-Z][a-z]{2} {1,3}\d{1,2} {1,3}\d\d:\d\d:\d\d"
    rb"(?: {1,3}[A-Z]{2,5})? {1,3}\d{4}(?!\d)"
)


class Rewritten(Source):
    """The given source, its text changed piece by piece; pieces end with a line."""

    def __init__(self, source: Source, change: Callable[[bytes], bytes]) -> None:
        self.__dict__.update(source.__dict__)
        self._source, self._change = source, change

    def text_pieces(self, size: int = PIECE_BYTES) -> Iterator[bytes]:
        """Yield the changed text."""
        for piece in self._source.text_pieces(size):
            changed = self._change(piece)
            if changed:
                yield changed


def iso_dates(text: bytes) -> bytes:
    """Return the text with dates such as "Tue Feb  6 14:12:05 UTC 2024" as "2024-02-06 14:12:05Z"."""
    return _CTIME.sub(_iso, text)


def _iso(found: re.Match[bytes]) -> bytes:
    import numpy as np

    moment = calendar_ns(found.group().decode("latin-1"))
    if moment is None:
        return found.group()
    zone = b"Z" if re.search(rb" (?:UTC|GMT) ", found.group()) else b""  # other words name several zones
    return str(np.datetime64(moment, "ns").astype("datetime64[s]")).replace("T", " ").encode() + zone
