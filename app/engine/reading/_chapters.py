"""Big text logs chapter by chapter: a reader reads a megabyte as it would read a file, and what it made of each is joined.

A reader opts in by `chapters(head)`: a pattern of what a chapter may end with, so that no record is cut in two. It keeps what the next
chapter needs of this one (the names of the columns, the stamp that still holds, whether midnight has passed) in `source.before`, and hands
its rows to `trace_of_rows` or `trace_of_channels`, which let a chapter's wait. What only the whole can tell is settled then (`Settle`).
"""

import copy
import re
import time
from collections.abc import Iterator
from itertools import chain
from typing import Protocol, runtime_checkable

from app.engine.errors import UnreadableFile
from app.engine.messages import message
from app.engine.model.traces import Trace
from app.engine.progress import Progress
from app.engine.reading._joining import Joined
from app.engine.reading._sources import PIECE_BYTES, Source
from app.engine.reading._times import Before

CHAPTER_BYTES = 2**18
"""The first chapter; the others are four times as long at most, or a quarter, so that each takes about CHAPTER_S."""
CHAPTER_S = 0.05
LEAST_BYTES = 8 * 2**20
"""A smaller file is read at once."""
MOST_CHAPTERS_BYTES = 4 * 2**20
"""What is not readable is tried again together with what follows, up to this size."""
_WINDOWS = (2**14, 2**18)


@runtime_checkable
class ChapterReader(Protocol):
    """A reader of a format that can be read by chapters."""

    def chapters(self, head: bytes) -> re.Pattern[bytes] | None:
        """Return what a chapter may end with, None where this file has to be read at once."""
        ...

    def read(self, source: Source, progress: Progress) -> Trace:
        """Read a file or a chapter."""
        ...


class Chapter(Source):
    """A piece of a file's text as a source of its own; what concerns the file (head, name, faults) is the file's."""

    def __init__(self, whole: Source, text: bytes, before: Before, begin: float, end: float) -> None:
        self.__dict__.update(whole.__dict__)
        self._whole, self._text, self._begin, self._end = whole, text, begin, end
        self.before, self.parts = before, []

    def progress(self, share: float, doing: str) -> None:
        """Tell the share of the whole file."""
        self._whole.progress(self._begin + share * (self._end - self._begin), doing)

    def beat(self) -> None:
        """Let a cancel be heard."""
        self._whole.beat()

    def text_bytes(self) -> bytes:
        """Return the chapter's text."""
        return self._text

    def text_pieces(self, size: int = PIECE_BYTES) -> Iterator[bytes]:
        """Yield the chapter's text."""
        yield self._text


def read_by_chapters(reader: ChapterReader, source: Source) -> Trace | None:
    """Return the trace of a big text file, None where it has to be read at once.

    Raises UnreadableFile as the reader does where no chapter can be read.
    """
    if not source.encoding or (not source.packing and source.size_bytes < LEAST_BYTES):
        return None
    ends = reader.chapters(source.head)
    if ends is None:
        return None
    reading = _Reading(reader, source)
    chapters = _chapters(source, ends, reading)
    first, second = next(chapters, b""), next(chapters, b"")
    if not second:  # small when unpacked, or without a place to cut it
        return None
    for text in chain((first, second), chapters):
        reading.read(text)
    return reading.trace()


class _Reading:
    """One chapter waits, so that a last one that cannot be read alone can be put to it."""

    def __init__(self, reader: ChapterReader, source: Source) -> None:
        self._reader, self._source = reader, source
        self._joined = Joined()
        self._before: Before = {}
        self._waiting: tuple[bytes, Before, list] | None = None
        self._failed = b""
        self._error: UnreadableFile | None = None
        self._done = 0
        self.chapter_bytes = CHAPTER_BYTES

    def read(self, text: bytes) -> None:
        """Read the next chapter, or keep it for the next where it cannot be read alone."""
        text = self._failed + text
        kept = copy.deepcopy(self._before)
        begin = time.perf_counter()
        parts = self._parts_of(text)
        self.chapter_bytes = next_size(len(text), time.perf_counter() - begin)
        if parts is None:
            self._before, self._failed = kept, text
            self.chapter_bytes = len(text)  # twice as much next time, so that all trials together take twice as long as one
            if len(text) > MOST_CHAPTERS_BYTES:
                self._give_up()
            return
        if self._waiting is not None:
            self._joined.add(self._waiting[2])
        self._waiting, self._failed = (text, kept, parts), b""
        self._done += len(text)

    def trace(self) -> Trace | None:
        """Return the trace of all chapters."""
        if self._failed and self._waiting is not None:
            text, self._before, parts = self._waiting
            self._done -= len(text)
            together = self._parts_of(text + self._failed)
            self._joined.add(parts if together is None else together)
            self._done += len(text)
            if together is None:
                self._give_up()
        elif self._waiting is not None:
            self._joined.add(self._waiting[2])
        if self._joined.is_empty:
            if self._error is not None and self._done:
                raise self._error
            return None  # to be read at once, which tells what is wrong
        self._source.progress(0.95, "reading.doing.ordering")
        return self._joined.trace(self._source)

    def _parts_of(self, text: bytes) -> list | None:
        total = max(self._source.size_bytes, self._done + len(text))
        chapter = Chapter(self._source, text, self._before, 0.95 * self._done / total, 0.95 * (self._done + len(text)) / total)
        try:
            self._reader.read(chapter, chapter.progress)
        except UnreadableFile as error:
            self._error = self._error or error
            return None
        return chapter.parts

    def _give_up(self) -> None:
        """Go on without what cannot be read."""
        lines = self._failed.count(b"\n") + (not self._failed.endswith(b"\n"))
        skipped = self._joined.told.skipped
        skipped["skipped.unreadable_part"] = skipped.get("skipped.unreadable_part", 0) + lines
        self._joined.warn([message("reading.part_unreadable", byte=self._done, lines=lines)])
        self._done += len(self._failed)
        self._failed = b""


def next_size(size: int, took_s: float) -> int:
    """Return how long the next chapter should be after one of so many bytes that took so long."""
    return int(min(max(size * CHAPTER_S / max(took_s, 1e-6), CHAPTER_BYTES / 4), CHAPTER_BYTES * 4))


def _chapters(source: Source, ends: re.Pattern[bytes], reading: _Reading) -> Iterator[bytes]:
    """Yield the text in pieces of at least `reading.chapter_bytes` that end with a match of `ends`."""
    pieces: list[bytes] = []
    size, least = 0, 0
    for piece in source.text_pieces(max(CHAPTER_BYTES // 4, 1)):
        pieces.append(piece)
        size += len(piece)
        if size < max(least, reading.chapter_bytes):
            continue
        text = b"".join(pieces)
        end = _last_end(text, ends)
        if end:
            yield text[:end]
        pieces = [text[end:]]
        size = len(pieces[0])
        least = 0 if end else 2 * size  # without an end it is not sought at each step anew
    if size:
        yield b"".join(pieces)


def _last_end(text: bytes, ends: re.Pattern[bytes]) -> int:
    """Return where the last match ends, 0 without one."""
    for window in (*_WINDOWS, len(text)):
        end = max((found.end() for found in ends.finditer(text, max(len(text) - window, 0))), default=0)
        if end:
            return end
    return 0
