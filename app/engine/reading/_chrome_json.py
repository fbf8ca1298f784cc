"""A Chrome-trace JSON file piece by piece: typed events and the metadata around them, in little memory.

Pieces are cut where one event ends and the next begins, and decoded into Structs. A piece that is not quite JSON (NaN, bytes that are no
UTF-8, single backslashes of Windows paths) or is damaged goes event by event (_json_events.py): what is sound is kept, the rest counted.
"""

import re
from collections.abc import Iterator
from typing import Generic, TypeVar

import msgspec

from app.engine.errors import UnreadableFile
from app.engine.messages import Message, message
from app.engine.progress import Progress
from app.engine.reading._sources import Source

Number = int | float | str | None
Kind = TypeVar("Kind", bound=msgspec.Struct)
NOTHING = msgspec.Raw()


class Args(msgspec.Struct, gc=False):
    """The arguments that tell us something."""

    correlation: Number = None
    stream: Number = None
    device: Number = None
    bytes_: int | float | str | None = msgspec.field(default=None, name="bytes")
    dims: msgspec.Raw = msgspec.field(default=NOTHING, name="Input Dims")
    types: msgspec.Raw = msgspec.field(default=NOTHING, name="Input type")
    values: msgspec.Raw = msgspec.field(default=NOTHING, name="Concrete Inputs")
    elements: Number = msgspec.field(default=None, name="In msg nelems")
    elements_out: Number = msgspec.field(default=None, name="Out msg nelems")
    collective: Number = msgspec.field(default=None, name="Collective name")
    ranks: Number = msgspec.field(default=None, name="Group size")
    dtype: str | None = None
    device_type: Number = msgspec.field(default=None, name="Device Type")
    device_id: Number = msgspec.field(default=None, name="Device Id")
    allocated: Number = msgspec.field(default=None, name="Total Allocated")
    reserved: Number = msgspec.field(default=None, name="Total Reserved")


class Event(msgspec.Struct, gc=False):
    """One event as it stands in the file; ts and dur in µs."""

    ph: str = ""
    cat: str | None = ""
    name: str | None = ""
    pid: Number = None
    tid: Number = None
    ts: Number = None
    dur: Number = None
    args: Args | None = None


_OPENING = re.compile(rb'"traceEvents"\s*:\s*\[')
_FIRST_KEY = re.compile(rb'\s*\{\s*("[^"\\]+")')
_ANY_CUT = re.compile(rb"\}(\s*,\s*)\{")
_MOST_SUFFIX_BYTES = 64 * 2**20
_BATCH = 8192
MOST_BREAKS = 10_000
MOST_PENDING_BYTES = 256 * 2**20
_NOT_JSON = re.compile(rb"([:\[,]\s*)(NaN|-?Infinity)\b")
_BACKSLASH = re.compile(r'\\(["\\/bfnrt]|u[0-9a-fA-F]{4})|\\')
BROKEN = (msgspec.DecodeError, ValueError, RecursionError)


class EventFile(Generic[Kind]):
    """The events of one file: iterate over `batches`, then read `metadata`, `damaged` (events lost) and `warnings`.

    kind    the Struct of an event, with a default for each field; its `args` are one too
    pieces  the text where it is not that of the source as it stands
    """

    def __init__(self, source: Source, kind: type[Kind], pieces: Iterator[bytes] | None = None) -> None:
        self.source = source
        self._kind = kind
        self._events = msgspec.json.Decoder(list[kind])
        self._pieces = source.pieces() if pieces is None else pieces
        self.metadata: dict = {}
        self.damaged = 0
        self.warnings: list[Message] = []
        self._good = 0
        self._break: int | None = None
        self._is_cut = False
        self._suffix: bytes | None = None
        self._byte = 0

    def batches(self, progress: Progress) -> Iterator[list[Kind]]:
        """Yield the events in lists, as far as they are sound. Raises UnreadableFile with the line where nothing is."""
        pieces = self._pieces
        prefix, rest = self._opening(pieces)
        for batch in self._batches(pieces, rest, progress):
            self._good += len(batch)
            for first in range(0, len(batch), _BATCH):
                self.source.beat()
                yield batch[first : first + _BATCH]
        self.metadata = self._metadata(prefix)
        self._judge()

    def _batches(self, pieces: Iterator[bytes], rest: bytes, progress: Progress) -> Iterator[list[Kind]]:
        cut_at = cut_of(rest)
        read = len(rest)
        for piece in pieces:
            read += len(piece)
            progress(min(read / max(self.source.size_bytes, read), 0.99), "reading.doing.parsing")
            if self._suffix is not None:
                if len(self._suffix) < _MOST_SUFFIX_BYTES:
                    self._suffix += piece
                continue
            cut = last_match(cut_at, piece) or (last_match(_ANY_CUT, piece) if len(rest) > 4 * len(piece) else None)
            if cut is None:
                rest += piece
                if len(rest) > MOST_PENDING_BYTES:
                    raise UnreadableFile("reading.json_broken", file=self.source.path, place=self._line_of(self._byte), detail="one event")
                continue
            yield from self._decoded(b"".join((b"[", rest, piece[: cut.start() + 1], b"]")), cut_at)
            self._byte += len(rest) + cut.end(1)
            rest = piece[cut.end(1) :]
        if self._suffix is None:
            yield from self._last_events(rest, cut_at)

    def _decoded(self, listed: bytes, cut_at: re.Pattern[bytes]) -> Iterator[list[Kind]]:
        """Yield the events of a text that is a JSON list."""
        try:
            yield self._events.decode(listed)
        except BROKEN:
            yield from self._one_by_one(listed[1:-1], cut_at, is_last=False)

    def _last_events(self, rest: bytes, cut_at: re.Pattern[bytes]) -> Iterator[list[Kind]]:
        """Take the end of the file: events, closing marks with keys in another order, and what follows the array."""
        cut = last_match(cut_at, rest)
        if cut is not None:
            yield from self._decoded(b"[" + rest[: cut.start() + 1] + b"]", cut_at)
            if self._suffix is not None:
                return
            self._byte += cut.end(1)
            rest = rest[cut.end(1) :]
        yield from self._one_by_one(rest, cut_at, is_last=True)

    def _one_by_one(self, text: bytes, cut_at: re.Pattern[bytes], *, is_last: bool) -> Iterator[list[Kind]]:
        from app.engine.reading._json_events import sound_events

        batch: list[Kind] = []
        places = [found.end(1) for found in cut_at.finditer(text)]
        for number, (start, end) in enumerate(zip([0, *places], [*places, len(text)], strict=True)):
            self.source.beat()
            found = sound_events(text[start:end], self._kind, self._events)
            batch += found.events
            if len(batch) >= _BATCH:
                yield batch
                batch = []
            if found.closed is not None:
                self._suffix = text[start + found.closed :]
                break
            if found.broken is not None:
                self.damaged += 1
                self._note(start + found.broken)
            if is_last and number == len(places):
                self._is_cut = True
                self._note(len(text) if found.broken is None else start + found.broken)
            if self.damaged > max(MOST_BREAKS, self._good + len(batch)):  # no trace any more: most of it is lost
                self._suffix, self._is_cut = b"", True
                break
        if batch:
            yield batch

    def _opening(self, pieces: Iterator[bytes]) -> tuple[bytes, bytes]:
        """Return what stands before the array of events ("" for a bare list) and the beginning of the array."""
        head = next(pieces, b"")
        if head.startswith(b"\xef\xbb\xbf"):
            head, self._byte = head[3:], 3
        bare = head.lstrip()
        if bare.startswith(b"["):
            self._byte += len(head) - len(bare) + 1
            return b"", bare[1:]
        while (found := _OPENING.search(head)) is None:
            more = next(pieces, None)
            if more is None or len(head) > MOST_PENDING_BYTES:
                raise UnreadableFile("reading.no_events", file=self.source.path)
            head += more
        self._byte += found.end()
        return head[: found.start()], head[found.end() :]

    def _note(self, at: int) -> None:
        """Keep where the first damage is, `at` bytes after what was taken so far."""
        if self._break is None:
            self._break = self._byte + at

    def _line_of(self, byte: int) -> int:
        """Return the line of a byte of the unpacked file; it is read once more, for the sake of files that are sound."""
        line, left = 1, byte
        for piece in self.source.pieces():
            line += piece.count(b"\n", 0, left)
            left -= len(piece)
            if left <= 0:
                break
        return line

    def _metadata(self, prefix: bytes) -> dict:
        if not prefix:
            return {}
        for suffix in (self._suffix, b"}"):
            whole = prefix + b'"traceEvents": []' + (suffix or b"}")
            for text in (whole, mended(whole)):
                try:
                    found = msgspec.json.decode(text)
                except BROKEN:
                    continue
                return {name: value for name, value in found.items() if name != "traceEvents"} if isinstance(found, dict) else {}
            self._is_cut = True
            self._note(0)
        return {}

    def _judge(self) -> None:
        """Tell the damage. Raises UnreadableFile where not one event is sound."""
        if self._break is None:
            return
        byte, line = self._break, self._line_of(self._break)
        if not self._good:
            raise UnreadableFile("reading.json_broken", file=self.source.path, place=line, detail=f"byte {byte}")
        if self._is_cut and self.damaged <= 1:
            self.warnings.append(message("reading.json_cut", line=line, byte=byte, good=self._good))
        else:
            self.warnings.append(message("reading.json_damaged", line=line, byte=byte, good=self._good, count=max(self.damaged, 1)))


def utf8_pieces(source: Source) -> Iterator[bytes]:
    """Yield the text of a source in UTF-8, whatever its encoding, piece by piece without regard to lines."""
    import codecs

    if source.encoding in ("", "utf-8", "utf-8-sig"):
        yield from source.pieces()
        return
    decoder = codecs.getincrementaldecoder(source.encoding)("replace")
    for piece in source.pieces():
        yield decoder.decode(piece).encode("utf-8", "replace")
    yield decoder.decode(b"", True).encode("utf-8", "replace")


def cut_of(text: bytes) -> re.Pattern[bytes]:
    """Return where one event ends and the next begins: a brace, a comma, and the key that events of this file begin with."""
    key = _FIRST_KEY.match(text)
    return _ANY_CUT if key is None else re.compile(rb"\}(\s*,\s*)\{\s*" + re.escape(key[1]))


def last_match(pattern: re.Pattern[bytes], text: bytes) -> re.Match[bytes] | None:
    """Return the last match, searched in growing windows from the end."""
    window = 1 << 14
    while True:
        found = None
        for found in pattern.finditer(text, max(0, len(text) - window)):  # noqa: B007 - the last one counts
            pass
        if found is not None or window >= len(text):
            return found
        window *= 8


def mended(text: bytes) -> bytes:
    """Return the text with NaN, single backslashes and bytes that are no UTF-8 replaced."""
    text = _NOT_JSON.sub(rb"\1null", text)
    return _BACKSLASH.sub(lambda found: found[0] if found[1] else "\\\\", text.decode("utf-8", "replace")).encode()
