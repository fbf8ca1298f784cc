"""What was read once, kept in the user's cache: columns that are mapped back, never beside the customer's file.

An entry is named by what makes its content: SHA-256 of the file, and a stamp of this program's code, so that a changed reader reads
again. What a person said of the columns of tables is part of the stamp where a table, or a file that nothing could read, is in it.
Hashing a large file takes longer than a tenth of reading it. So a note ties path, size, inode and the times of last change of content and
of status (which no program can set back) to the entry; it is written only where the file had been at rest before it was opened, longer
than the file system's clock ticks, and did not change while it was read. A file that moved is found by its hash; a print of its size,
head and tail tells beforehand whether hashing can be of use.

Entry: magic, length and CRC-32 of the JSON, the JSON (an Outcome whose arrays are numbers), the arrays at multiples of 64 bytes, each with
a sum of its words. Anything that does not fit is ignored and read anew. Written beside and moved into place; least recently used go first.
"""

import contextlib
import hashlib
import os
import shutil
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import msgspec
import numpy as np

from app import __version__
from app.engine.model.mappings import TableMapping
from app.engine.paths import user_folder
from app.engine.reading._columns import ALIGNMENT, forget_spools, mapped, release
from app.engine.reading._outcome import Outcome
from app.engine.reading._sources import Source

MOST_BYTES = 4 * 2**30
MOST_NOTES = 20_000
LEAST_FREE_BYTES = 2**30
WORTH_S = 0.1
"""What takes less to read is read again."""
FINE_TICK_NS, COARSE_TICK_NS = 20_000_000, 2_100_000_000
_MAGIC = b"SXTRACE1"
_PRINT_BYTES = 64 * 1024
_BLOCK_BYTES = 4 * 2**20
_OLD_S = 86400
_STALE = ("unpacked-*", "traces/.new-*")


class _Array(msgspec.Struct, frozen=True, array_like=True):
    place: int
    count: int
    dtype: str
    words: int


class _Entry(msgspec.Struct, frozen=True):
    outcome: msgspec.Raw
    arrays: tuple[_Array, ...]
    size: int


class Kept:
    """The cache as one file sees it: `find`, or read and `keep`."""

    def __init__(self, path: Path, mappings: Sequence[TableMapping] = ()) -> None:
        self._path = path
        self._stamp = _stamp_with(mappings)
        self._begun_ns = time.time_ns()
        self._state = _state_of(path)
        self._print = ""

    def find(self, source: Source) -> Outcome | None:
        """Return what was kept of this file, None for nothing."""
        try:
            folder = _folder()
            for stamp in dict.fromkeys((self._stamp, _code_stamp())):
                found = self._find(folder, stamp, source)
                if found is not None and (stamp == self._stamp or not _heeds_mappings(found)):
                    return found
        except OSError:
            return None
        return None

    def _find(self, folder: Path, stamp: str, source: Source) -> Outcome | None:
        with contextlib.suppress(FileNotFoundError):
            found = _load(folder / (folder / "notes" / self._note(stamp)).read_text(encoding="ascii"), source)
            if found is not None:
                return found
        self._print = self._print or _print_of(self._path, source.size_bytes)
        for entry in folder.glob(f"{self._print}-*-{stamp}.trace"):
            if entry.name.split("-")[1] == source.sha256 and (found := _load(entry, source)) is not None:
                self._write_note(entry.name, stamp)
                return found
        return None

    def keep(self, outcome: Outcome, source: Source) -> Outcome:
        """Keep what was read, where it is worth it and the file did not change meanwhile; a full or read-only disk is no error.

        Returns the same, its columns mapped from the cache where it was kept, so that a window maps them, too, instead of copying.
        """
        if (time.time_ns() - self._begun_ns) / 1e9 < WORTH_S:
            return outcome
        try:
            folder = _folder()
            stamp = self._stamp if _heeds_mappings(outcome) else _code_stamp()
            name = f"{self._print or _print_of(self._path, source.size_bytes)}-{source.sha256}-{stamp}.trace"
            if _state_of(self._path) != self._state:
                return outcome
            _store(outcome, folder / name, source)
            self._write_note(name, stamp)
            _evict(folder, folder / name)
            return _load(folder / name, source) or outcome
        except (OSError, OverflowError):
            return outcome

    def _note(self, stamp: str) -> str:
        told = "|".join(map(str, (self._path.resolve(), *self._state, stamp)))
        return hashlib.blake2b(told.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()

    def _write_note(self, entry: str, stamp: str) -> None:
        """Tie the file to its entry, unless it changed so lately that the clock could hide another change."""
        changed = max(self._state[1:3])
        tick = FINE_TICK_NS if changed % 1_000_000 else COARSE_TICK_NS
        if self._begun_ns - changed > tick and _state_of(self._path) == self._state:
            (_folder() / "notes" / self._note(stamp)).write_text(entry, encoding="ascii")


def forget_leftovers() -> None:
    """Delete what killed processes left behind more than a day ago."""
    forget_spools()
    with contextlib.suppress(OSError):
        folder = user_folder("cache")
        for pattern in _STALE:
            for path in folder.glob(pattern):
                if time.time() - path.stat().st_mtime > _OLD_S:
                    shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)


def _folder() -> Path:
    folder = user_folder("cache") / "traces"
    (folder / "notes").mkdir(parents=True, exist_ok=True)
    return folder


def _state_of(path: Path) -> tuple[int, ...]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_dev


def _print_of(path: Path, size: int) -> str:
    with path.open("rb") as file:
        head = file.read(_PRINT_BYTES)
        file.seek(max(size - _PRINT_BYTES, 0))
        tail = file.read(_PRINT_BYTES)
    return hashlib.blake2b(b"%d|" % size + head + tail, digest_size=10).hexdigest()


@cache
def _code_stamp() -> str:
    """Return a stamp of the code that makes a trace: version, and the modules' sizes and times (the program file's, where frozen)."""
    here = Path(__file__).parent
    modules = sorted([*here.glob("*.py"), *(here.parent / "model").glob("*.py")])
    files = modules or [Path(sys.executable)]
    told = [__version__, *(f"{file.name}|{(found := file.stat()).st_size}|{found.st_mtime_ns}" for file in files)]
    return hashlib.blake2b("\n".join(told).encode(), digest_size=8).hexdigest()


def _stamp_with(mappings: Sequence[TableMapping]) -> str:
    if not mappings:
        return _code_stamp()
    return hashlib.blake2b(_code_stamp().encode() + msgspec.json.encode(tuple(mappings)), digest_size=8).hexdigest()


def _heeds_mappings(outcome: Outcome) -> bool:
    """Tell whether what a person says of tables could make another outcome: there is a table, or what might become one."""
    return bool(outcome.faults) or any(file.format == "table" for trace in outcome.traces for file in trace.files)


def _store(outcome: Outcome, path: Path, source: Source) -> None:
    arrays: list[np.ndarray] = []
    known: dict[int, int] = {}

    def number(thing: object) -> int:
        if not isinstance(thing, np.ndarray):
            raise TypeError(f"cannot keep {type(thing).__name__}")
        if id(thing) not in known:  # times that several series share are kept once
            known[id(thing)] = len(arrays)
            arrays.append(np.ascontiguousarray(thing))
        return known[id(thing)]

    body = msgspec.json.encode(outcome, enc_hook=number)
    total = sum(array.nbytes for array in arrays)
    if total > MOST_BYTES // 2 or shutil.disk_usage(path.parent).free < total + LEAST_FREE_BYTES:
        return
    handle, name = tempfile.mkstemp(prefix=".new-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            _write(file, body, arrays, source)
        os.replace(name, path)
    finally:
        Path(name).unlink(missing_ok=True)


def _write(file, body: bytes, arrays: list[np.ndarray], source: Source) -> None:
    """Write the arrays after the longest head there can be, then the head in front."""
    rows, place = [], 0
    for array in arrays:
        rows.append(_Array(place, array.size, array.dtype.name, 2**64 - 1))
        place += array.nbytes + -array.nbytes % ALIGNMENT
    head = len(_MAGIC) + 12 + len(msgspec.json.encode(_Entry(msgspec.Raw(body), tuple(rows), 2**64 - 1)))
    head += -head % ALIGNMENT
    file.seek(head)
    for number, array in enumerate(arrays):
        words = 0
        for block in _blocks(array, source):
            words += _sum_of(block)
            file.write(block.data)
        rows[number] = _Array(rows[number].place, array.size, array.dtype.name, words % 2**64)
        file.write(bytes(-array.nbytes % ALIGNMENT))
    told = msgspec.json.encode(_Entry(msgspec.Raw(body), tuple(rows), head + place))
    told += b" " * (head - len(_MAGIC) - 12 - len(told))
    file.seek(0)
    file.write(_MAGIC + len(told).to_bytes(8, "little") + zlib.crc32(told).to_bytes(4, "little") + told)


def _load(path: Path, source: Source) -> Outcome | None:
    try:
        with path.open("rb") as file:
            head = file.read(len(_MAGIC) + 12)
            length = int.from_bytes(head[8:16], "little")
            size = os.fstat(file.fileno()).st_size
            told = file.read(length) if length <= size else b""
            if head[:8] != _MAGIC or zlib.crc32(told) != int.from_bytes(head[16:20], "little"):
                return None
            entry = msgspec.json.decode(told, type=_Entry)
            if entry.size != size:
                return None
            whole = mapped(file, str(path)) if entry.arrays else None
        arrays = [_array(whole, row, 20 + length, source) for row in entry.arrays]

        def hook(kind: type, value: object) -> object:
            if kind is np.ndarray and isinstance(value, int):
                return arrays[value]
            raise ValueError("no array")

        outcome = msgspec.json.decode(entry.outcome, type=Outcome, dec_hook=hook)
        os.utime(path)
    except (OSError, ValueError, TypeError, IndexError, msgspec.DecodeError):
        return None
    return outcome


def _array(whole: object, row: _Array, start: int, source: Source) -> np.ndarray:
    dtype = np.dtype(row.dtype)
    if not row.count:
        return np.empty(0, dtype)
    array = np.frombuffer(whole, dtype, row.count, start + row.place)  # type: ignore[call-overload]
    if sum(map(_sum_of, _blocks(array, source))) % 2**64 != row.words:
        raise ValueError("an array was changed")
    return array


def _blocks(array: np.ndarray, source: Source) -> Iterator[np.ndarray]:
    """Yield the bytes of an array a bounded number at once; a cancel is heard between, and mapped pages go back to the system."""
    flat = array.view(np.uint8) if array.size else np.empty(0, np.uint8)
    for first in range(0, flat.size, _BLOCK_BYTES):
        source.beat()
        block = flat[first : first + _BLOCK_BYTES]
        yield block
        release(block)


def _sum_of(flat: np.ndarray) -> int:
    """Return the sum of the 64-bit words of (n,) bytes: cheap, and no changed word escapes it."""
    even = flat.size // 8 * 8
    total = int(flat[:even].view(np.uint64).sum(dtype=np.uint64)) + int(flat[even:].sum(dtype=np.uint64))
    return total % 2**64


def _evict(folder: Path, newest: Path) -> None:
    """Delete the least recently used entries until all take no more than MOST_BYTES, and notes beyond MOST_NOTES."""
    entries = sorted((entry.stat().st_mtime, entry.stat().st_size, entry) for entry in folder.glob("*.trace"))
    total = sum(size for _, size, _ in entries)
    for _, size, entry in entries:
        if total <= MOST_BYTES:
            break
        if entry != newest:
            total -= size
            with contextlib.suppress(OSError):  # Windows keeps what another process maps
                entry.unlink()
    notes = sorted((folder / "notes").iterdir(), key=lambda note: note.stat().st_mtime)
    for note in notes[: max(len(notes) - MOST_NOTES, 0)]:
        note.unlink(missing_ok=True)
