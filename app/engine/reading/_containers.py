"""Folders, zip and tar archives (packed or not): their files, one at a time, each as a file on the disk.

A folder's files are read where they lie. An archive's are unpacked one by one into a private folder of the user's cache and deleted after
use; their names never become paths of the disk. What is refused is told per file, and the rest is read.
"""

import os
import stat
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from app.engine.errors import UnreadableFile
from app.engine.paths import user_folder
from app.engine.progress import Progress
from app.engine.reading._labelled import KIND as LABELLED
from app.engine.reading._labelled import is_labelled, labelled_members
from app.engine.reading._members import DAMAGE, TEMPORARY, UTF8_NAME, Budget, Member, copied, decoded_name, is_litter, refused, wrong_name
from app.engine.reading._packing import MOST_RATIO, RATIO_FREE_BYTES, packing_of
from app.engine.reading._sources import Source


def kind_of(path: Path) -> str:
    """Return "folder", "zip", "tar", "packed" (a packed file in a packed file), "labelled" (a log of several writers), else "".

    A workbook is a single file, "". Raises EngineError where it cannot be opened.
    """
    if path.is_dir():
        return "folder"
    source = Source(path)
    try:
        head = source.raw_head
    except UnreadableFile:
        return ""  # its reader tells what is wrong
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return ("packed" if source.packing else "zip") if not _is_workbook(path, source) else ""
    if _is_tar(head):
        return "tar"
    if source.packing and packing_of(head):
        return "packed"
    return LABELLED if is_labelled(source.head) else ""


def members_of(path: Path, kind: str, budget: Budget, progress: Progress) -> Iterator[Member | UnreadableFile]:
    """Yield the files of a container, or why one is not read. A member that was unpacked is deleted when the next is asked for."""
    if kind == "folder":
        yield from _folder(path, budget)
        return
    try:
        with _private_folder() as folder:
            if kind == LABELLED:
                yield from labelled_members(path, folder, budget)
                return
            unpack = {"zip": _zip, "tar": _tar, "packed": _packed}[kind]
            yield from unpack(path, folder / "member", budget, progress)
    except OSError as error:
        raise UnreadableFile("reading.not_readable", file=path, detail=error.strerror or str(error)) from error


def _is_workbook(path: Path, source: Source) -> bool:
    if source.packing:
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return "[Content_Types].xml" in archive.namelist()
    except DAMAGE:
        return b"[Content_Types].xml" in source.raw_head


def _is_tar(head: bytes) -> bool:
    if len(head) < tarfile.BLOCKSIZE or head[:1] == b"\0":
        return False
    try:
        tarfile.TarInfo.frombuf(head[: tarfile.BLOCKSIZE], "utf-8", "replace")  # checks the block's checksum
    except tarfile.HeaderError:
        return False
    return True


@contextmanager
def _private_folder() -> Iterator[Path]:
    try:
        parent: Path | None = user_folder("cache")
    except OSError:
        parent = None
    with tempfile.TemporaryDirectory(prefix=TEMPORARY, dir=parent, ignore_cleanup_errors=True) as name:  # mode 0700
        yield Path(name)


def _folder(path: Path, budget: Budget) -> Iterator[Member | UnreadableFile]:
    for folder, folders, files in os.walk(path):
        folders.sort()
        here = Path(folder)
        linked = [name for name in folders if (here / name).is_symlink()]
        folders[:] = [name for name in folders if not is_litter(name)]
        for name in sorted([*files, *linked]):
            if is_litter(name):
                continue
            budget.take_member(path)
            found, inside = here / name, (here / name).relative_to(path).as_posix()
            kind = found.lstat().st_mode
            if stat.S_ISLNK(kind):
                yield refused(path, inside, "member_link")
            elif not stat.S_ISREG(kind):
                yield refused(path, inside, "member_special")
            else:
                yield Member(inside, found)


def _zip(path: Path, target: Path, budget: Budget, progress: Progress) -> Iterator[Member | UnreadableFile]:
    try:
        archive = zipfile.ZipFile(path)
    except DAMAGE as error:  # the directory stands at the end: cut off, most often
        from app.engine.reading._broken_zip import salvaged_zip

        yield from salvaged_zip(path, target, budget, progress)
        yield UnreadableFile("reading.container_damaged", file=path, detail=str(error))
        return
    with archive:
        infos = [info for info in archive.infolist() if not info.is_dir()]
        for number, info in enumerate(infos):
            progress(number / len(infos), "reading.doing.unpacking")
            name = _zip_name(info)
            wrong = wrong_name(name) or _wrong_zip_kind(info)
            if not wrong and (is_litter(PurePosixPath(name).name) or "__MACOSX" in name):
                continue
            budget.take_member(path)
            if wrong:
                yield refused(path, name, wrong)
            elif info.file_size > RATIO_FREE_BYTES and info.file_size > MOST_RATIO * max(info.compress_size, 1):
                yield refused(path, name, "member_bomb", ratio=MOST_RATIO, size=RATIO_FREE_BYTES // 2**20)
            else:
                yield _zip_member(archive, info, Member(name, target), path, budget, progress)


def _zip_name(info: zipfile.ZipInfo) -> str:
    try:
        return info.filename if info.flag_bits & UTF8_NAME else decoded_name(info.filename.encode("cp437"))
    except UnicodeEncodeError:
        return info.filename


def _wrong_zip_kind(info: zipfile.ZipInfo) -> str:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if stat.S_ISLNK(kind):
        return "member_link"
    if kind and not stat.S_ISREG(kind):
        return "member_special"
    return "member_encrypted" if info.flag_bits & 1 else ""


def _zip_member(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, member: Member, path: Path, budget: Budget, progress: Progress
) -> Member | UnreadableFile:
    def open_member() -> BinaryIO:
        return cast(BinaryIO, archive.open(info))

    found = copied(open_member, member, path, budget, progress, most=info.file_size)
    if found is member:
        return found
    budget.bytes += min(member.path.stat().st_size, info.file_size)
    again = copied(open_member, member, path, budget, progress, most=info.file_size, step=512)  # a failing read gives nothing: small steps
    return again._replace(fault=found.fault or again.fault) if isinstance(again, Member) and isinstance(found, Member) else again


def _tar(path: Path, target: Path, budget: Budget, progress: Progress) -> Iterator[Member | UnreadableFile]:
    source = Source(path, progress=progress)
    with source.open() as packed:
        try:
            with tarfile.open(fileobj=packed, mode="r|") as archive:
                for info in archive:
                    source.beat()
                    wrong = wrong_name(info.name) or _wrong_tar_kind(info)
                    if info.isdir() or (not wrong and is_litter(PurePosixPath(info.name).name)):
                        continue
                    budget.take_member(path)
                    name = info.name.removeprefix("./")
                    if wrong:
                        yield refused(path, name, wrong)
                        continue
                    open_member = partial(_tar_member, archive, info)
                    yield copied(open_member, Member(name, target), path, budget, progress, most=info.size, step=8192)
        except (tarfile.TarError, EOFError, ValueError, OverflowError) as error:
            yield UnreadableFile("reading.container_damaged", file=path, detail=str(error))
            return
    if source.faults:
        yield UnreadableFile("reading.container_damaged", file=path, detail=f"byte {source.faults[0].params['byte']}")


def _tar_member(archive: tarfile.TarFile, info: tarfile.TarInfo) -> BinaryIO:
    found = archive.extractfile(info)
    if found is None:
        raise tarfile.ExtractError(info.name)
    return cast(BinaryIO, found)


def _wrong_tar_kind(info: tarfile.TarInfo) -> str:
    if info.issym() or info.islnk():
        return "member_link"
    return "" if info.isreg() else "member_special"


def _packed(path: Path, target: Path, budget: Budget, progress: Progress) -> Iterator[Member | UnreadableFile]:
    """Unpack a packed file whose content is packed again or a zip."""
    source = Source(path, progress=progress)
    with target.open("wb") as out:
        for piece in source.pieces():
            budget.take_bytes(path, len(piece))
            out.write(piece)
    yield Member(path.stem, target, source.faults[0] if source.faults else None)
