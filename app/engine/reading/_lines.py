"""Lines of a text found by numpy or by single bytes: a pattern that begins at "^" is tried at every byte and takes ten times as long."""

import re
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

LINE_END = 10


def marked(text: bytes, pattern: re.Pattern[bytes], marks: Sequence[bytes]) -> Iterator[re.Match[bytes]]:
    """Yield the lines that a pattern matches; each has one of the marks in it."""
    lines: set[int] = set()
    for mark in marks:
        place = text.find(mark)
        while place >= 0:
            lines.add(text.rfind(b"\n", 0, place) + 1)
            place = text.find(mark, place + 1)
    return matching(text, pattern, sorted(lines))


def matching(text: bytes, pattern: re.Pattern[bytes], starts: Sequence[int]) -> Iterator[re.Match[bytes]]:
    """Yield the lines that a pattern matches, of those that begin at `starts`."""
    return (found for at in starts if (found := pattern.match(text, at)) is not None)


def blanked(text: bytes, lines: Iterable[re.Match[bytes]]) -> bytes:
    """Return the text with blanks in place of these matches, so that offsets stay."""
    pieces, at = [], 0
    for found in lines:
        pieces += [text[at : found.start()], b" " * (found.end() - found.start())]
        at = found.end()
    return b"".join([*pieces, text[at:]])


def short_lines(text: bytes, least: int, most: int) -> list[int]:
    """Return where the lines of so many bytes begin."""
    ends = np.append(np.flatnonzero(np.frombuffer(text, np.uint8) == LINE_END), len(text))
    starts = np.append(0, ends[:-1] + 1)
    length = ends - starts
    return starts[(length >= least) & (length <= most)].tolist()
