"""Packed bytes unpacked as far as they go: gzip, bzip2, xz, recognised by their first bytes.

A stream that breaks off gives what came before the break; the place of the break is told, not raised, because half a log is worth reading.
"""

import bz2
import contextlib
import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO, Protocol, cast

GZIP, BZIP2, XZ = b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00"
READ_BYTES = 256 * 1024
MOST_RATIO = 400
"""Unpacked to packed size beyond which a stream counts as a bomb; real logs reach 10 to 100."""
RATIO_FREE_BYTES = 64 * 2**20
"""Below this unpacked size the ratio does not matter."""


class Inflater(Protocol):
    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class Bomb(Exception):
    """The stream unpacks to more than MOST_RATIO times its packed size."""


def packing_of(head: bytes) -> str:
    """Return "gzip", "bzip2", "xz", or "" for bytes that are not packed."""
    for magic, name in ((GZIP, "gzip"), (BZIP2, "bzip2"), (XZ, "xz")):
        if head.startswith(magic):
            return name
    return ""


def unpacked(file: BinaryIO, packing: str, size: int, broke: Callable[[int], None]) -> Iterator[bytes]:
    """Yield the unpacked bytes in pieces of `size`, the last one shorter. Raises Bomb.

    broke  is called once with the number of unpacked bytes that are good where the stream is damaged or cut
    """
    pending, have, total = [], 0, 0
    for piece in _inflated(file, packing, size):
        if piece is None:
            broke(total)
            break
        pending.append(piece)
        have += len(piece)
        total += len(piece)
        if total > RATIO_FREE_BYTES and total > MOST_RATIO * max(file.tell(), 1):
            raise Bomb
        if have >= size:
            whole = b"".join(pending)
            for start in range(0, have - size + 1, size):
                yield whole[start : start + size]
            pending, have = [whole[have - have % size :]], have % size
    if have:
        yield b"".join(pending)


def _inflated(file: BinaryIO, packing: str, size: int) -> Iterator[bytes | None]:
    """Yield unpacked bytes; None at last where the stream is damaged or cut."""
    inflater, tail = _inflater(packing), b""
    while True:
        packed = tail or file.read(READ_BYTES)
        tail = b""
        if not packed:
            if not inflater.eof:
                yield None
            return
        before = inflater.copy() if packing == "gzip" else None  # type: ignore[attr-defined]
        done = False
        try:
            for piece in _drained(inflater, packed, size):
                done = True
                yield piece
        except (zlib.error, OSError, EOFError, lzma.LZMAError):
            if before is not None and not done:
                yield from last_good(before, packed)
            yield None
            return
        if inflater.eof:  # another member may follow; padding of zeros may, too
            tail = (inflater.unused_data or file.read(READ_BYTES)).lstrip(b"\0")
            if not packing_of(tail):
                if tail:
                    yield None
                return
            inflater = _inflater(packing)


def _drained(inflater: Inflater, packed: bytes, size: int) -> Iterator[bytes]:
    """Yield what these packed bytes give; never more than `size` at once, so that a bomb cannot fill the memory."""
    while True:
        piece = inflater.decompress(packed, size)
        if piece:
            yield piece
        packed = getattr(inflater, "unconsumed_tail", b"")
        if inflater.eof or (not packed and getattr(inflater, "needs_input", len(piece) < size)):
            return


def last_good(inflater: Inflater, packed: bytes) -> Iterator[bytes]:
    """Yield what lies before the damage: an inflater that fails gives nothing of its last input, so it is fed byte by byte."""
    with contextlib.suppress(zlib.error):
        for start in range(len(packed)):
            piece = inflater.decompress(packed[start : start + 1], READ_BYTES)
            if piece:
                yield piece


def _inflater(packing: str) -> Inflater:
    if packing == "gzip":
        return cast(Inflater, zlib.decompressobj(31))
    return cast(Inflater, bz2.BZ2Decompressor() if packing == "bzip2" else lzma.LZMADecompressor(lzma.FORMAT_XZ))
