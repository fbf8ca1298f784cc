"""Which reader reads a file: each is asked by priority whether it recognises the head."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Protocol, cast

import msgspec
import numpy as np

import app.engine.reading as package
from app.engine import discover
from app.engine.errors import UnreadableFile
from app.engine.model.mappings import TableMapping
from app.engine.model.traces import Trace
from app.engine.progress import Progress, no_progress
from app.engine.reading._chapters import ChapterReader, read_by_chapters
from app.engine.reading._sources import Source

FOREIGN_PACKING = ((b"7z\xbc\xaf\x27\x1c", "7z"), (b"Rar!\x1a\x07", "rar"), (b"\x28\xb5\x2f\xfd", "zstd"))


class Reader(Protocol):
    """A format."""

    slug: str
    label: str
    priority: int

    def recognises(self, head: bytes) -> bool:
        """Tell whether the first 64 KiB (unpacked, as UTF-8; as they stand for a binary file) are of this format."""
        ...

    def read(self, source: Source, progress: Progress) -> Trace:
        """Read the whole file. Raises UnreadableFile with the place where it breaks."""
        ...


@cache
def readers() -> tuple[Reader, ...]:
    """Return all readers in the order in which they are asked."""
    return tuple(sorted(cast("list[Reader]", discover.collect(package, "READER")), key=lambda reader: (reader.priority, reader.slug)))


def formats() -> tuple[str, ...]:
    """Return the slugs of all formats."""
    return tuple(reader.slug for reader in readers())


def labels() -> dict[str, str]:
    """Return the slug of each format with the name that a reader of the program's texts knows."""
    return {reader.slug: reader.label for reader in readers()}


def recognise(path: Path) -> str:
    """Return the slug of the format of a file, "" where no reader knows it. Raises EngineError where it cannot be opened."""
    source = Source(Path(path))
    head = source.head or source.raw_head
    return next((reader.slug for reader in readers() if reader.recognises(head)), "")


def read_trace(path: Path, progress: Progress = no_progress, mappings: Sequence[TableMapping] = (), *, name: str = "") -> Trace:
    """Read one file that is no container. Raises UnreadableFile when no reader knows it, naming the formats that are known.

    mappings  what a person said of the columns of tables with these heads
    name      what the trace calls the file, where that is not the name it has on the disk
    """
    source = Source(Path(path), name, progress)
    source.mappings = tuple(mappings)
    return read_source(source)


def read_source(source: Source) -> Trace:
    """Read a source with the first reader that recognises it; damage of its packing becomes a warning."""
    try:
        head = source.head or source.raw_head
        for reader in readers():
            if reader.recognises(head):
                with np.errstate(all="ignore"):  # numbers beyond reason become inf or nan, which _series.py counts
                    trace = read_by_chapters(reader, source) if isinstance(reader, ChapterReader) else None
                    if trace is None:
                        trace = reader.read(source, source.progress)
                break
        else:
            raise _unknown(source)
    except UnreadableFile as error:
        if source.faults and error.message.code != "reading.bomb":  # so little came out of it that the damage is the news
            place = f"byte {source.faults[0].params['byte']}"
            raise UnreadableFile("reading.packing_damaged", file=source.path, place=place) from error
        raise
    except RecursionError as error:
        raise UnreadableFile("reading.too_deep", file=source.path) from error
    except MemoryError as error:
        raise UnreadableFile("reading.out_of_memory", file=source.path) from error
    return msgspec.structs.replace(trace, warnings=(*trace.warnings, *source.faults)) if source.faults else trace


def _unknown(source: Source) -> UnreadableFile:
    foreign = next((name for magic, name in FOREIGN_PACKING if source.raw_head.startswith(magic)), "")
    if foreign:
        return UnreadableFile("reading.foreign_packing", file=source.path, packing=foreign)
    if not source.encoding:
        return UnreadableFile("reading.binary", file=source.path)
    if source.raw_head.startswith(b"version https://git-lfs"):
        return UnreadableFile("reading.lfs_pointer", file=source.path)
    if source.raw_head.lstrip()[:15].lower().startswith((b"<!doctype html", b"<html")):
        return UnreadableFile("reading.web_page", file=source.path)
    known = [reader.label for reader in readers()]
    if not source.raw_head.strip():
        return UnreadableFile("reading.empty", file=source.path)
    return UnreadableFile("reading.unknown_format", file=source.path, known=known)
