"""A file as readers see it: unpacked, decoded, measured and hashed; opened read-only.

While a reader works, each piece it takes tells the progress again (`beat`), so that a cancel is heard within one piece even by a reader
that reports seldom. Damage of the packing does not stop the reading: it is kept in `faults` and becomes a warning of the trace.
"""

import hashlib
import io
import stat
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

from app.engine.errors import EngineError, UnreadableFile
from app.engine.messages import Message, message
from app.engine.model.mappings import TableMapping
from app.engine.model.traces import SourceFile
from app.engine.progress import Progress, no_progress
from app.engine.reading._packing import MOST_RATIO, Bomb, packing_of, unpacked
from app.engine.reading._times import Before
from app.engine.texts import encoding_of

HEAD_BYTES = 64 * 1024
PIECE_BYTES = 4 * 2**20
MOST_UNPACKED_BYTES = 8 * 2**30
MOST_TEXT_BYTES = 2 * 2**30
BEAT_S = 0.05
_LEAST_BESIDE_BYTES = 256 * 1024


class Source:
    """One file. Raises EngineError when it is missing, a folder or pipe, empty or not readable.

    name      what the trace calls it: the file name, or the path inside its container
    mappings  what a person said of tables, for the reader of tables
    before    what earlier chapters of the file leave for this one: nothing for a whole file
    parts     where a chapter's rows or channels go until all are there (_chapters.py): None for a whole file
    """

    mappings: tuple[TableMapping, ...] = ()
    parts: list[Any] | None = None

    def __init__(self, path: Path, name: str = "", progress: Progress = no_progress) -> None:
        self.path = path
        self.name = name or path.name
        self.faults: list[Message] = []
        self.before: Before = {}
        self._progress = progress
        self._told: tuple[float, str] = (0.0, "reading.doing.reading")
        self._last_beat = 0.0
        self._known_sha256 = ""
        try:
            found = path.stat()
            if stat.S_ISDIR(found.st_mode):
                raise EngineError("reading.is_a_folder", file=path)
            if not stat.S_ISREG(found.st_mode):  # opening a pipe would wait for ever
                raise EngineError("reading.not_a_file", file=path)
            self.size_bytes = found.st_size
            with path.open("rb") as file:
                self.packing = packing_of(file.read(8))
        except (FileNotFoundError, NotADirectoryError) as error:
            raise EngineError("reading.not_found", file=path) from error
        except (OSError, ValueError) as error:  # ValueError: a NUL in the name
            raise EngineError("reading.not_readable", file=path, detail=getattr(error, "strerror", None) or str(error)) from error
        if self.size_bytes == 0:
            raise UnreadableFile("reading.empty", file=path)

    @property
    def is_gzip(self) -> bool:
        """Tell whether the file is packed (by gzip, bzip2 or xz)."""
        return bool(self.packing)

    def progress(self, share: float, doing: str) -> None:
        """Tell the progress; `beat` repeats it. Raises Cancelled as the given progress does."""
        self._told = (share, doing)
        self._last_beat = time.monotonic()
        self._progress(share, doing)

    def beat(self) -> None:
        """Tell the last progress again, at most twenty times a second, so that a cancel is heard. Call it in long loops."""
        now = time.monotonic()
        if now - self._last_beat > BEAT_S:
            self._last_beat = now
            self._progress(*self._told)

    def pieces(self, size: int = PIECE_BYTES) -> Iterator[bytes]:
        """Yield the unpacked bytes piece by piece, as far as they are sound; where they break goes to `faults`.

        Raises UnreadableFile where nothing can be unpacked or it bursts the limits.
        """
        total, good = 0, None
        try:
            with HashingFile(self.path) as file:
                for piece in self._raw(file, size):
                    total += len(piece)
                    if total > MOST_UNPACKED_BYTES:
                        raise UnreadableFile("reading.too_large", file=self.path, limit=MOST_UNPACKED_BYTES // 2**30)
                    good = piece
                    yield piece
                    self.beat()
                if file.hashed == self.size_bytes:
                    self._known_sha256 = file.hexdigest()
        except Bomb as error:
            raise UnreadableFile("reading.bomb", file=self.path, ratio=MOST_RATIO) from error
        except OSError as error:
            raise UnreadableFile("reading.not_readable", file=self.path, detail=error.strerror or str(error)) from error
        if good is None:
            raise UnreadableFile("reading.packing_damaged", file=self.path, place="byte 0")

    def _raw(self, file: BinaryIO, size: int) -> Iterator[bytes]:
        if self.packing:
            yield from unpacked(file, self.packing, size, self._broke)
            return
        while piece := file.read(size):
            yield piece

    def _broke(self, good_bytes: int) -> None:
        fault = message("reading.packing_cut", byte=good_bytes)
        if fault not in self.faults:
            self.faults.append(fault)

    def open(self) -> BinaryIO:
        """Open the unpacked bytes."""
        return io.BufferedReader(_Pieces(self.pieces(2**20)), 2**20) if self.packing else self.path.open("rb")

    @cached_property
    def raw_head(self) -> bytes:
        """The first 64 KiB, unpacked, as they stand in the file."""
        return next(self.pieces(HEAD_BYTES), b"")

    @cached_property
    def encoding(self) -> str:
        """The encoding of a text file: utf-8-sig, utf-16, gb18030; "" for a binary one."""
        return encoding_of(self.raw_head, cut=len(self.raw_head) == HEAD_BYTES)

    @cached_property
    def head(self) -> bytes:
        """The first 64 KiB as UTF-8, b"" for a binary file."""
        return self.raw_head.decode(self.encoding, "replace").encode() if self.encoding else b""

    def text_bytes(self) -> bytes:
        """Return the whole text as UTF-8 with \\n line ends and without NULs. Raises UnreadableFile for more than 2 GiB."""
        parts, total = [], 0
        for piece in self.text_pieces():
            total += len(piece)
            if total > MOST_TEXT_BYTES:
                raise UnreadableFile("reading.too_large", file=self.path, limit=MOST_TEXT_BYTES // 2**30)
            parts.append(piece)
        return b"".join(parts)

    def text_pieces(self, size: int = PIECE_BYTES) -> Iterator[bytes]:
        """Yield the text as `text_bytes` gives it, in pieces that end with a line; a line longer than 16 pieces is cut."""
        import codecs

        encoding = "utf-8" if self.encoding == "utf-8-sig" else self.encoding or "latin-1"
        decoder = None if encoding == "utf-8" else codecs.getincrementaldecoder(encoding)("replace")
        held, rest, first = b"", b"", True
        for piece in self.pieces(size):
            text = piece if decoder is None else decoder.decode(piece).encode("utf-8", "replace")
            if first:
                text, first = text.removeprefix(b"\xef\xbb\xbf"), False
            end = text.rfind(b"\n") + 1
            if not end and len(rest) < 16 * size:
                rest += text
                continue
            end = end or len(text)
            if held:
                yield _cleaned(held)
            held, rest = rest + text[:end], text[end:]
        rest += b"" if decoder is None else decoder.decode(b"", True).encode("utf-8", "replace")
        if held or rest:  # the last piece has the unfinished line and the line before it
            yield _cleaned(held + rest)

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of the file as it lies there; known already where it was read to its end."""
        if self._known_sha256:
            return self._known_sha256
        digest = hashlib.sha256()
        with self.path.open("rb") as file:
            while piece := file.read(PIECE_BYTES):
                digest.update(piece)
                self.beat()
        return digest.hexdigest()

    def described(self, slug: str, *, rows: int = 0, events: int = 0) -> SourceFile:
        """Return what is kept of this file in the trace."""
        return SourceFile(self.name, slug, self.size_bytes, self.sha256, rows, events)


class HashingFile(io.FileIO):
    """A file that hashes what is read of it, so that it passes once: `hashed` bytes so far.

    Big pieces are hashed beside the work on them, which takes a tenth of the time that a fast reader needs.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, "rb")
        self.hashed = 0
        self._digest = hashlib.sha256()
        self._beside = ThreadPoolExecutor(1)  # starts its thread with the first big piece
        self._last: Future[None] | None = None

    def read(self, size: int | None = -1, /) -> bytes:
        """Read and hash."""
        piece = super().read(size)
        self._settle()
        if len(piece) < _LEAST_BESIDE_BYTES:
            self._digest.update(piece)
        else:
            self._last = self._beside.submit(self._digest.update, piece)
        self.hashed += len(piece)
        return piece

    def hexdigest(self) -> str:
        """Return the SHA-256 of what was read so far."""
        self._settle()
        return self._digest.hexdigest()

    def close(self) -> None:
        """Close, as soon as nothing is hashed any more."""
        self._beside.shutdown()
        super().close()

    def _settle(self) -> None:
        if self._last is not None:
            self._last.result()
            self._last = None


class _Pieces(io.RawIOBase):
    """An iterator of bytes as a file."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._rest = pieces, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        self._rest = self._rest or next(self._pieces, b"")
        count = min(len(buffer), len(self._rest))
        buffer[:count], self._rest = self._rest[:count], self._rest[count:]
        return count


def _cleaned(text: bytes) -> bytes:
    if b"\0" in text:
        text = text.replace(b"\0", b"")
    return text.replace(b"\r\n", b"\n") if b"\r" in text else text
