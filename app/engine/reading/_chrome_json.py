"""A Chrome-trace JSON file piece by piece: typed events and the metadata around them, in little memory.

Pieces of 16 MiB are cut where one event ends and the next begins, and decoded into Structs. Where the cut cannot be found, or the text is
not quite JSON (NaN, bytes that are no UTF-8, single backslashes of Windows paths), the whole file is mended and decoded at once.
"""

import re
from collections.abc import Iterator

import msgspec

from app.engine.errors import UnreadableFile
from app.engine.progress import Progress
from app.engine.reading._sources import Source

Number = int | float | str | None
_NOTHING = msgspec.Raw()


class Args(msgspec.Struct, gc=False):
    """The arguments that tell us something."""

    correlation: Number = None
    stream: Number = None
    device: Number = None
    bytes_: int | float | str | None = msgspec.field(default=None, name="bytes")
    dims: msgspec.Raw = msgspec.field(default=_NOTHING, name="Input Dims")
    elements: Number = msgspec.field(default=None, name="In msg nelems")
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


_EVENTS = msgspec.json.Decoder(list[Event])
_OPENING = re.compile(rb'"traceEvents"\s*:\s*\[')
_FIRST_KEY = re.compile(rb'\s*\{\s*("[^"\\]+")')
_NOT_JSON = re.compile(rb"([:\[,]\s*)(NaN|-?Infinity)\b")
_BACKSLASH = re.compile(r'\\(["\\/bfnrt]|u[0-9a-fA-F]{4})|\\')


class _Uncut(Exception):
    """The pieces cannot be cut; read the whole."""


class EventFile:
    """The events of one file: iterate over `batches`, then read `metadata`."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.metadata: dict = {}

    def batches(self, progress: Progress) -> Iterator[list[Event]]:
        """Yield the events in lists. Raises UnreadableFile with the line where the JSON breaks."""
        done = 0
        try:
            for batch in self._pieces(progress):
                done += len(batch)
                yield batch
        except (_Uncut, msgspec.DecodeError):
            yield self._whole()[done:]

    def _pieces(self, progress: Progress) -> Iterator[list[Event]]:
        pieces = self.source.pieces()
        prefix, rest = _opening(pieces)
        key = _FIRST_KEY.match(rest)
        if key is None:
            raise _Uncut
        between = re.compile(rb"\}(\s*,\s*)\{\s*" + re.escape(key[1]))
        read = len(rest)
        for piece in pieces:
            read += len(piece)
            progress(min(read / max(self.source.size_bytes, read), 0.99), "reading.doing.parsing")
            rest += piece
            cut = _last(between, rest)
            if cut is None:
                continue
            yield _EVENTS.decode(b"[" + rest[: cut.start() + 1] + b"]")
            rest = rest[cut.end(1) :]
        last = _last(between, rest)
        events, suffix = _closing(rest, last.end(1) if last else 0)
        yield _EVENTS.decode(b"[" + events + b"]")
        self.metadata = _metadata(prefix, suffix)

    def _whole(self) -> list[Event]:
        text = b"".join(self.source.pieces())
        try:
            return self._decoded(text)
        except msgspec.DecodeError:
            text = _mended(text)
        try:
            return self._decoded(text)
        except msgspec.DecodeError as error:
            raise UnreadableFile(
                "reading.json_broken", file=self.source.path, place=_line_of(text, str(error)), detail=str(error).partition(" (byte")[0]
            ) from error

    def _decoded(self, text: bytes) -> list[Event]:
        whole = msgspec.json.decode(text)
        events = whole.get("traceEvents", []) if isinstance(whole, dict) else whole
        if not isinstance(events, list):
            raise msgspec.DecodeError("traceEvents is no list")
        self.metadata = {name: value for name, value in whole.items() if name != "traceEvents"} if isinstance(whole, dict) else {}
        return [event for event in map(_lenient, events) if event is not None]


def _opening(pieces: Iterator[bytes]) -> tuple[bytes, bytes]:
    head = next(pieces, b"").removeprefix(b"\xef\xbb\xbf")
    if head.lstrip().startswith(b"["):
        return b"", head.lstrip()[1:]
    while (found := _OPENING.search(head)) is None:
        more = next(pieces, None)
        if more is None:
            raise _Uncut
        head += more
    return head[: found.start()], head[found.end() :]


def _last(pattern: re.Pattern[bytes], text: bytes) -> re.Match[bytes] | None:
    """Return the last match, searched in growing windows from the end."""
    window = 1 << 16
    while True:
        found = None
        for found in pattern.finditer(text, max(0, len(text) - window)):  # noqa: B007 - the last one counts
            pass
        if found is not None or window >= len(text):
            return found
        window *= 8


def _closing(rest: bytes, last: int) -> tuple[bytes, bytes]:
    """Return the events before the end of the array and what follows it. last: where the last event of the usual form begins."""
    import json

    decode, at = json.JSONDecoder().raw_decode, 0
    text = rest[last:].decode("utf-8", "surrogateescape")
    try:
        while True:  # the closing marks of the profiler, a handful, have keys in another order
            at += _blanks(text, at)
            if text[at : at + 1] == "]":
                break
            _, at = decode(text, at)
            at += _blanks(text, at)
            if text[at : at + 1] == ",":
                at += 1
    except ValueError as error:
        raise _Uncut from error
    end = last + len(text[:at].encode("utf-8", "surrogateescape"))
    return rest[:end].rstrip().removesuffix(b","), rest[end + 1 :]


def _blanks(text: str, at: int) -> int:
    return len(text[at : at + 4096]) - len(text[at : at + 4096].lstrip())


def _metadata(prefix: bytes, suffix: bytes) -> dict:
    if not prefix:
        return {}
    try:
        whole = msgspec.json.decode(prefix + b'"traceEvents": []' + suffix)
    except msgspec.DecodeError:
        try:
            whole = msgspec.json.decode(_mended(prefix + b'"traceEvents": []' + suffix))
        except msgspec.DecodeError as error:
            raise _Uncut from error
    return {name: value for name, value in whole.items() if name != "traceEvents"}


def _mended(text: bytes) -> bytes:
    text = _NOT_JSON.sub(rb"\1null", text)
    return _BACKSLASH.sub(lambda found: found[0] if found[1] else "\\\\", text.decode("utf-8", "replace")).encode()


def _lenient(raw: object) -> Event | None:
    if not isinstance(raw, dict):
        return None
    fields = {name: value for name, value in raw.items() if isinstance(value, str | int | float | dict)}
    args = fields.get("args")
    if isinstance(args, dict):
        kept = {name: value for name, value in args.items() if isinstance(value, str | int | float) or name == "Input Dims"}
        fields["args"] = kept
    else:
        fields.pop("args", None)
    try:
        return msgspec.json.decode(msgspec.json.encode(fields), type=Event)
    except (msgspec.DecodeError, TypeError, OverflowError):
        return Event(ph=str(fields.get("ph", "")))


def _line_of(text: bytes, error: str) -> str:
    at = re.search(r"byte (\d+)", error)
    return str(text.count(b"\n", 0, int(at[1])) + 1) if at else str(text.count(b"\n") + 1)
