"""Where a record of a CSV ends, by the rules of pandas' C reader: line ends and commas between quotes belong to the cell.

A quote opens only at the beginning of a cell; one inside a bare cell, or behind a quoted one, is a letter like any other.
"""

import re

import numpy as np

_QUOTE, _COMMA, _LINE_END = b'",\n'
_CELL = rb'(?:"[^"]*+(?:""[^"]*+)*+"[^,\n\r]*+|[^",\n\r][^,\n\r]*+)?+'
_RECORD = re.compile(rb"[ \t]*+" + _CELL + rb"(?:," + _CELL + rb")*+(?:\r?\n|\r)")


def end_of_records(text: bytes) -> int:
    """Return where the last record ends that another line follows, 0 for none. The text begins with a record.

    Blank lines stay together, so that they are counted alike wherever the text is cut.
    """
    last = len(text.rstrip(b"\n"))
    if b'"' not in text:
        return text.rfind(b"\n", 0, last) + 1
    end = _end_between_plain_quotes(text)
    return _end_by_records(text) if end is None else end


def first_record(text: bytes) -> bytes:
    """Return the first record that is not blank with its line end; b"" where none ends."""
    place = 0
    while (found := _RECORD.match(text, place)) is not None:
        if found[0].strip(b" \t\r\n"):
            return found[0]
        place = found.end()
    return b""


def _end_between_plain_quotes(text: bytes) -> int | None:
    """Return the end where each quote stands at the edge of a cell or is doubled, None where one does not."""
    letters = np.frombuffer(text + b"\n", np.uint8)
    quotes = np.flatnonzero(letters == _QUOTE)
    for beside in (letters[quotes[::2] - 1], letters[quotes[1::2] + 1]):  # before the first letter stands the last one, a line end
        if not ((beside == _COMMA) | (beside == _LINE_END) | (beside == _QUOTE)).all():
            return None
    ends = np.flatnonzero((letters[:-2] == _LINE_END) & (letters[1:-1] != _LINE_END))
    outside = ends[np.searchsorted(quotes, ends) % 2 == 0]
    return int(outside[-1]) + 1 if outside.size else 0


def _end_by_records(text: bytes) -> int:
    end = place = 0
    while (found := _RECORD.match(text, place)) is not None:
        place = found.end()
        if text[place - 1] == _LINE_END and text[place : place + 1] not in (b"", b"\n"):
            end = place
    return end
