"""A file inside a container: how it is counted, named, refused, and unpacked as far as it is sound."""

import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import BinaryIO, NamedTuple

from app.engine.errors import UnreadableFile
from app.engine.messages import Message, message
from app.engine.progress import Progress
from app.engine.reading._packing import MOST_RATIO, RATIO_FREE_BYTES
from app.engine.texts import encoding_of

MOST_MEMBERS = 4096
MOST_TOTAL_BYTES = 16 * 2**30
MOST_DEPTH = 3
UTF8_NAME = 0x800
TEMPORARY = "unpacked-"
_COPY_BYTES = 2**20
_OUR_LITTER = frozenset({"__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini"})
DAMAGE = (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)


class Member(NamedTuple):
    """A file of a container. name: its path inside; path: where it lies now; fault: what is wrong with it, None for nothing."""

    name: str
    path: Path
    fault: Message | None = None


class Budget:
    """What may still be unpacked, over all levels of one container."""

    def __init__(self) -> None:
        self.members = MOST_MEMBERS
        self.bytes = MOST_TOTAL_BYTES

    def take_member(self, container: Path) -> None:
        """Count a file. Raises UnreadableFile beyond MOST_MEMBERS."""
        self.members -= 1
        if self.members < 0:
            raise UnreadableFile("reading.container_too_many", file=container, limit=MOST_MEMBERS)

    def take_bytes(self, container: Path, count: int) -> None:
        """Count unpacked bytes. Raises UnreadableFile beyond MOST_TOTAL_BYTES."""
        self.bytes -= count
        if self.bytes < 0:
            raise UnreadableFile("reading.container_too_large", file=container, limit=MOST_TOTAL_BYTES // 2**30)


def refused(container: Path, name: str, code: str, **params: str | int) -> UnreadableFile:
    """Return the error of one file of a container."""
    return UnreadableFile(f"reading.{code}", file=f"{container}/{name}", **params)


def is_litter(name: str) -> bool:
    return name in _OUR_LITTER or name.startswith(".")


def decoded_name(raw: bytes) -> str:
    """Return a zip's name that is not marked as UTF-8: Windows writes its own code page."""
    return raw.decode(encoding_of(raw) or "cp437", "replace")


def wrong_name(name: str) -> str:
    """Return the code of what is wrong with a name inside an archive, "" for nothing."""
    plain = name.replace("\\", "/")
    parts = PurePosixPath(plain).parts
    if plain.startswith("/") or (len(plain) > 1 and plain[1] == ":") or ".." in parts or "\0" in plain or not parts:
        return "member_traversal"
    return ""


def copied(
    open_member: Callable[[], BinaryIO],
    member: Member,
    path: Path,
    budget: Budget,
    progress: Progress,
    *,
    most: int,
    step: int = _COPY_BYTES,
) -> Member | UnreadableFile:
    """Unpack one member to its path as far as it is sound, and return it; a break is its fault.

    most  bytes that the directory promises; step  bytes of one read
    """
    done = 0
    try:
        with member.path.open("wb") as out, open_member() as packed:
            while piece := packed.read(step):
                done += len(piece)
                budget.take_bytes(path, len(piece))
                if done > most + _COPY_BYTES:  # the directory lied about the size
                    return refused(path, member.name, "member_bomb", ratio=MOST_RATIO, size=RATIO_FREE_BYTES // 2**20)
                out.write(piece)
                if done % _COPY_BYTES < step:
                    progress(0.0, "reading.doing.unpacking")
    except DAMAGE as error:
        detail = str(error) or type(error).__name__
        if not done:
            return refused(path, member.name, "member_damaged", detail=detail)
        return member._replace(fault=message("reading.member_cut", byte=done, detail=detail))
    return member if done >= most else member._replace(fault=message("reading.member_cut", byte=done, detail="EOF"))
