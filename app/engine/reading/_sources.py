"""A file as readers see it: unpacked, decoded, measured and hashed; opened read-only."""

import gzip
import hashlib
import zlib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, cast

from app.engine.errors import EngineError, UnreadableFile
from app.engine.model.mappings import TableMapping
from app.engine.model.traces import SourceFile
from app.engine.texts import encoding_of

HEAD_BYTES = 64 * 1024
PIECE_BYTES = 16 * 2**20
MOST_UNPACKED_BYTES = 8 * 2**30
MOST_TEXT_BYTES = 2 * 2**30


class Source:
    """One file. Raises EngineError when it is missing, a folder, empty or not readable.

    mappings    what a person said of tables, for the reader of tables
    """

    mappings: tuple[TableMapping, ...] = ()

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            if path.is_dir():
                raise EngineError("reading.is_a_folder", file=path)
            self.size_bytes = path.stat().st_size
            with path.open("rb") as file:
                self.is_gzip = file.read(2) == b"\x1f\x8b"
        except FileNotFoundError as error:
            raise EngineError("reading.not_found", file=path) from error
        except OSError as error:
            raise EngineError("reading.not_readable", file=path, detail=error.strerror or str(error)) from error
        if self.size_bytes == 0:
            raise UnreadableFile("reading.empty", file=path)

    def open(self) -> BinaryIO:
        """Open the unpacked bytes."""
        return cast(BinaryIO, gzip.open(self.path, "rb") if self.is_gzip else self.path.open("rb"))

    def pieces(self, size: int = PIECE_BYTES) -> Iterator[bytes]:
        """Yield the unpacked bytes piece by piece. Raises UnreadableFile where the packing is damaged or bursts the limit."""
        total = 0
        try:
            with self.open() as file:
                while piece := file.read(size):
                    total += len(piece)
                    if total > MOST_UNPACKED_BYTES:
                        raise UnreadableFile("reading.too_large", file=self.path, limit=MOST_UNPACKED_BYTES // 2**30)
                    yield piece
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise UnreadableFile("reading.packing_damaged", file=self.path, place=f"byte {total}") from error

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
        for piece in self.pieces():
            total += len(piece)
            if total > MOST_TEXT_BYTES:
                raise UnreadableFile("reading.too_large", file=self.path, limit=MOST_TEXT_BYTES // 2**30)
            parts.append(piece)
        whole = b"".join(parts)
        if self.encoding == "utf-8-sig":
            whole = whole.removeprefix(b"\xef\xbb\xbf")
        else:
            whole = whole.decode(self.encoding or "latin-1", "replace").removeprefix("\ufeff").encode()
        if b"\0" in whole:
            whole = whole.replace(b"\0", b"")
        return whole.replace(b"\r\n", b"\n") if b"\r" in whole else whole

    def described(self, slug: str, *, rows: int = 0, events: int = 0) -> SourceFile:
        """Return what is kept of this file in the trace."""
        digest = hashlib.sha256()
        with self.path.open("rb") as file:
            while piece := file.read(PIECE_BYTES):
                digest.update(piece)
        return SourceFile(self.path.name, slug, self.size_bytes, digest.hexdigest(), rows, events)
