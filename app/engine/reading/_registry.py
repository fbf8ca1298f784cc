"""Which reader reads a file: each is asked by priority whether it recognises the head."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Protocol, cast

import app.engine.reading as package
from app.engine import discover
from app.engine.errors import UnreadableFile
from app.engine.model.mappings import TableMapping
from app.engine.model.traces import Trace
from app.engine.progress import Progress, no_progress
from app.engine.reading._sources import Source


class Reader(Protocol):
    """A format."""

    slug: str
    label: str
    priority: int

    def recognises(self, head: bytes) -> bool:
        """Tell whether the first 64 KiB (unpacked, as UTF-8; b"" for a binary file) are of this format."""
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


def read_trace(path: Path, progress: Progress = no_progress, mappings: Sequence[TableMapping] = ()) -> Trace:
    """Read one file. Raises UnreadableFile when no reader knows it, naming the formats that are known."""
    source = Source(Path(path))
    source.mappings = tuple(mappings)
    head = source.head or source.raw_head
    for reader in readers():
        if reader.recognises(head):
            return reader.read(source, progress)
    raise _unknown(source)


def _unknown(source: Source) -> UnreadableFile:
    if not source.encoding:
        return UnreadableFile("reading.binary", file=source.path)
    known = [reader.label for reader in readers()]
    if len(source.raw_head.strip()) < 8:
        return UnreadableFile("reading.empty", file=source.path)
    return UnreadableFile("reading.unknown_format", file=source.path, known=known)
