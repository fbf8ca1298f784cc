"""The long arrays of a JSON document piece by piece; what stands around them, in little memory, as a document of its own.

An array of objects is cut between its elements and decoded into Structs; in the document that is left it stands empty. Where it ends is
found by walking through the one piece that does not decode.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from app.engine.errors import UnreadableFile
from app.engine.progress import Progress
from app.engine.reading._chrome_json import BROKEN, cut_of, last_match, utf8_pieces
from app.engine.reading._sources import Source

Path = tuple[str | int, ...]
"""Keys, and the number of the element in each array on the way."""
_MOST_ELEMENT_BYTES = 64 * 2**20
_ARRAY = re.compile(rb'"([\w-]+)"\s*:\s*\[\s*(?=\{)')
_TOKEN = re.compile(rb'"((?:[^"\\]|\\.)*)"|[{}\[\]:,]')
_OVERLAP_BYTES = 256  # of what was searched for an opening in vain; longer keys and blanks are not written
_DECODE = json.JSONDecoder().raw_decode


class _Ignored(msgspec.Struct, gc=False):
    """An element that nobody asked for."""


class _Walked(NamedTuple):
    """What a piece of an array begins with: elements, the byte behind them, whether the array ends there."""

    elements: list
    end: int
    is_closed: bool


class ArrayFile:
    """One document, or several one after another. Iterate over `batches`; `rest` then is what stood around the arrays.

    wanted   keys on the way -> the Struct of the elements of the array there
    through  keys of arrays whose elements hold such arrays; all other arrays of objects are passed over
    """

    def __init__(self, source: Source, wanted: Mapping[tuple[str, ...], type], through: frozenset[str] = frozenset()) -> None:
        self.source = source
        self.rest = b""
        self._wanted = wanted
        self._through = through
        self._outside = _Outside()
        self._buffer = b""

    def batches(self, progress: Progress) -> Iterator[tuple[Path, list[Any]]]:
        """Yield the path and some elements of a wanted array, in the order of the file. Raises UnreadableFile where it is no JSON."""
        pieces = self._told(progress)
        self._buffer = next(pieces, b"").removeprefix(b"\xef\xbb\xbf")
        try:
            while (path := self._opening(pieces)) is not None:
                kind = self._wanted.get(tuple(key for key in path if isinstance(key, str)), _Ignored)
                for batch in self._elements(pieces, kind):
                    self.source.beat()
                    if batch and kind is not _Ignored:
                        yield path, batch
        finally:
            self.rest = self._outside.text()

    def _told(self, progress: Progress) -> Iterator[bytes]:
        read = 0
        for piece in utf8_pieces(self.source):
            read += len(piece)
            progress(min(read / max(self.source.size_bytes, read), 0.99), "reading.doing.parsing")
            yield piece

    def _opening(self, pieces: Iterator[bytes]) -> Path | None:
        """Go on to behind the bracket that opens the next array of objects; return its path, None at the end of the document."""
        start = 0
        while True:
            found = _ARRAY.search(self._buffer, start)
            if found is not None and found[1].decode() in self._through:
                start = found.end()
            elif found is not None:
                path = (*self._outside.take(self._buffer[: found.start()]), found[1].decode())
                self._outside.take(self._buffer[found.start() : found.end()] + b"]")
                self._buffer = self._buffer[found.end() :]
                return path
            else:
                start = max(start, len(self._buffer) - _OVERLAP_BYTES)
                if not self._more(pieces):
                    self._outside.take(self._buffer)
                    return None

    def _elements(self, pieces: Iterator[bytes], kind: type) -> Iterator[list]:
        """Yield the elements up to the end of the array; the buffer then begins behind its bracket."""
        decoder, cut_at = msgspec.json.Decoder(list[kind]), cut_of(self._buffer)
        while True:
            listed = self._listed(decoder, cut_at)
            yield listed
            if listed and self._more(pieces):
                continue
            walked = self._walked(kind)
            yield walked.elements
            self._buffer = self._buffer[walked.end :]
            if walked.is_closed:
                return
            if len(self._buffer) > _MOST_ELEMENT_BYTES or not self._more(pieces, max(len(self._buffer), 1)):
                raise UnreadableFile("reading.json_broken", file=self.source.path, detail="JSON")

    def _listed(self, decoder: msgspec.json.Decoder, cut_at: re.Pattern[bytes]) -> list:
        """Return the elements up to the last place where one ends and the next begins; none where the array ends before it."""
        cut = last_match(cut_at, self._buffer)
        if cut is None:
            return []
        try:
            listed = decoder.decode(b"[" + self._buffer[: cut.start() + 1] + b"]")
        except BROKEN:
            return []
        self._buffer = self._buffer[cut.end(1) :]
        return listed

    def _walked(self, kind: type) -> _Walked:
        """Walk over the elements that the buffer begins with, up to the end of the array or to what is not whole."""
        text = self._buffer.decode("utf-8", "surrogateescape")
        elements, at, end = [], 0, 0
        while True:
            self.source.beat()
            at = _behind_blanks(text, at)
            if text[at : at + 1] == "]":
                return _Walked(elements, _bytes_of(text[: at + 1]), True)
            try:
                start, (_, at) = at, _DECODE(text, at)
                elements.append(msgspec.json.decode(text[start:at].encode("utf-8", "surrogateescape"), type=kind))
            except BROKEN:
                return _Walked(elements, _bytes_of(text[:end]), False)
            at = _behind_blanks(text, at)
            if text[at : at + 1] == ",":
                at = _behind_blanks(text, at + 1)
            elif text[at : at + 1] != "]":
                return _Walked(elements[:-1], _bytes_of(text[:end]), False)
            end = at

    def _more(self, pieces: Iterator[bytes], least: int = 1) -> bool:
        """Add the next pieces to the buffer, at least so many bytes; tell whether there were any."""
        added: list[bytes] = []
        while sum(map(len, added)) < least and (piece := next(pieces, None)) is not None:
            added.append(piece)
        self._buffer = b"".join((self._buffer, *added))
        return bool(added)


class _Outside:
    """The document without the elements of its arrays, token by token: where in it one stands."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._way: list[tuple[str, int | None]] = []
        self._text, self._key = "", ""

    def take(self, text: bytes) -> Path:
        """Take the next part, which ends between tokens; return the keys that lead to its end."""
        self._parts.append(text)
        for token in _TOKEN.finditer(text):
            mark = token[0]
            if mark in (b"{", b"["):
                self._way.append((self._key, 0 if mark == b"[" else None))
            elif mark in (b"}", b"]"):
                del self._way[-1:]
            elif mark == b",":
                self._way[-1:] = [(key, number if number is None else number + 1) for key, number in self._way[-1:]]
            elif mark == b":":
                self._key = self._text
                continue
            else:
                self._text = token[1].decode("utf-8", "replace")
                continue
            self._key = ""
        return tuple(step for steps in self._way for step in steps if step not in ("", None))

    def text(self) -> bytes:
        """Return all of it."""
        return b"".join(self._parts)


def _behind_blanks(text: str, at: int) -> int:
    while text[at : at + 1] in (" ", "\n", "\r", "\t"):
        at += 1
    return at


def _bytes_of(text: str) -> int:
    return len(text.encode("utf-8", "surrogateescape"))
