"""A zip whose directory at the end is missing (a copy that was cut off): its files by the heads that stand before each of them."""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from app.engine.errors import UnreadableFile
from app.engine.messages import message
from app.engine.progress import Progress
from app.engine.reading._members import UTF8_NAME, Budget, Member, decoded_name, is_litter, refused, wrong_name
from app.engine.reading._packing import MOST_RATIO, RATIO_FREE_BYTES, READ_BYTES, last_good

_HEAD = struct.Struct("<4s5H3I2H")
_MAGIC = b"PK\x03\x04"
_ENCRYPTED, _STREAMED = 1, 8
_STORED, _DEFLATED = 0, 8


def salvaged_zip(path: Path, target: Path, budget: Budget, progress: Progress) -> Iterator[Member | UnreadableFile]:
    """Yield what can be unpacked, one file after the other, until the first head that makes no sense."""
    with path.open("rb") as file:
        while len(head := file.read(_HEAD.size)) == _HEAD.size:
            magic, _, flags, method, _, _, _, packed, size, name_length, extra_length = _HEAD.unpack(head)
            if magic != _MAGIC:
                return
            raw = file.read(name_length)
            name = raw.decode("utf-8", "replace") if flags & UTF8_NAME else decoded_name(raw)
            file.seek(extra_length, 1)
            budget.take_member(path)
            start = file.tell()
            wrong = wrong_name(name) or ("member_encrypted" if flags & _ENCRYPTED else "")
            if wrong or is_litter(PurePosixPath(name).name) or name.endswith("/"):
                if wrong:
                    yield refused(path, name, wrong)
                if flags & _STREAMED:
                    return  # nothing tells where it ends
                file.seek(start + packed)
            elif method == _DEFLATED:
                yield _inflated(file, Member(name, target), path, budget, progress)
                if flags & _STREAMED:
                    _skip_sizes(file)
            elif method == _STORED and not flags & _STREAMED:
                yield _stored(file, Member(name, target), packed, path, budget)
            else:
                yield refused(path, name, "member_damaged", detail=f"method {method}")
                return


def _inflated(file: BinaryIO, member: Member, path: Path, budget: Budget, progress: Progress) -> Member | UnreadableFile:
    inflater, done, begin = zlib.decompressobj(-15), 0, file.tell()
    with member.path.open("wb") as out:

        def put(piece: bytes) -> None:
            nonlocal done
            done += len(piece)
            budget.take_bytes(path, len(piece))
            out.write(piece)

        while not inflater.eof and (packed := inflater.unconsumed_tail or file.read(READ_BYTES)):
            before = inflater.copy()
            try:
                put(inflater.decompress(packed, 2**20))
            except zlib.error as error:
                for piece in last_good(before, packed):
                    put(piece)
                return member._replace(fault=message("reading.member_cut", byte=done, detail=str(error)))
            if done > RATIO_FREE_BYTES and done > MOST_RATIO * (file.tell() - begin):
                return refused(path, member.name, "member_bomb", ratio=MOST_RATIO, size=RATIO_FREE_BYTES // 2**20)
            progress(0.0, "reading.doing.unpacking")
    file.seek(-len(inflater.unused_data), 1)
    return member if inflater.eof else member._replace(fault=message("reading.member_cut", byte=done, detail="EOF"))


def _skip_sizes(file: BinaryIO) -> None:
    """Pass the sizes that follow a streamed file: 12 bytes, 16 with a signature, 8 more for large files."""
    start = file.tell()
    following = file.read(64)
    found = following.find(_MAGIC)
    file.seek(start + (found if found >= 0 else len(following)))


def _stored(file: BinaryIO, member: Member, size: int, path: Path, budget: Budget) -> Member:
    done = 0
    with member.path.open("wb") as out:
        while done < size and (piece := file.read(min(READ_BYTES, size - done))):
            budget.take_bytes(path, len(piece))
            out.write(piece)
            done += len(piece)
    return member if done == size else member._replace(fault=message("reading.member_cut", byte=done, detail="EOF"))
