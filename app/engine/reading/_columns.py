"""Columns that grow piece by piece without filling the memory: beyond a limit they live in a file of the user's cache, mapped back.

The file has no name of its own on POSIX (it is deleted while open), so that nothing stays behind whatever happens.
"""

import contextlib
import mmap
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

import numpy as np

from app.engine.paths import user_folder
from app.engine.reading._times import MISSING

SPILL_BYTES = 32 * 2**20
ALIGNMENT = 64
SPOOL = "spool-"


class Spool:
    """Arrays put one after the other; `arrays` gives them all back, from the memory or by one memory map."""

    def __init__(self) -> None:
        self._small: list[np.ndarray] = []
        self._bytes = 0
        self._file: IO[bytes] | None = None
        self._places: list[tuple[int, np.dtype, int]] = []

    def put(self, array: np.ndarray) -> int:
        """Take a (n,) array and return its number."""
        array = np.ascontiguousarray(array)
        if self._fits(array.nbytes):
            self._small.append(array)
            return len(self._small) - 1
        return self._write((array,), array.size, array.dtype)

    def put_parts(self, parts: Iterable[np.ndarray], count: int, dtype: np.dtype) -> int:
        """Take a (count,) array that comes part by part, so that it never is in the memory whole, and return its number."""
        if self._fits(count * dtype.itemsize):
            self._small.append(np.concatenate([np.empty(0, dtype), *parts]))
            return len(self._small) - 1
        return self._write(parts, count, dtype)

    def arrays(self) -> list[np.ndarray]:
        """Return all arrays in order; the spool ends here."""
        if self._file is None:
            return self._small
        with self._file as file:
            file.flush()
            whole = mapped(file)
        return [np.frombuffer(whole, dtype, count, place) if count else np.empty(0, dtype) for place, dtype, count in self._places]

    def _fits(self, nbytes: int) -> bool:
        """Tell whether the next array stays in the memory; where it does not, all before it go to the file."""
        self._bytes += nbytes
        if self._file is None and self._bytes > SPILL_BYTES:
            self._file = spool_file()
            for one in self._small:
                self._write((one,), one.size, one.dtype)
            self._small = []
        return self._file is None

    def _write(self, parts: Iterable[np.ndarray], count: int, dtype: np.dtype) -> int:
        assert self._file is not None
        self._file.write(bytes(-self._file.tell() % ALIGNMENT))
        self._places.append((self._file.tell(), dtype, count))
        for part in parts:
            self._file.write(part.data.cast("B") if part.size else b"")
            release(part)
        return len(self._places) - 1


class Columns:
    """Named columns of equal length that grow together; each is read back whole."""

    def __init__(self) -> None:
        self._parts: dict[str, list[np.ndarray]] = {}
        self._files: dict[str, IO[bytes]] = {}
        self._dtypes: dict[str, np.dtype] = {}
        self._bytes = 0
        self.length = 0

    def add(self, piece: dict[str, np.ndarray], length: int) -> None:
        """Take the next `length` rows; a column that is missing in this piece, or was missing before, is nan, MISSING or -1 there."""
        for name in piece.keys() - self._dtypes.keys():
            self._dtypes[name] = piece[name].dtype
            self._append(name, _missing(self.length, piece[name].dtype))
        for name, dtype in self._dtypes.items():
            self._append(name, piece[name] if name in piece else _missing(length, dtype))
        self.length += length

    def names(self) -> Iterator[str]:
        """Return the names of the columns."""
        return iter(self._dtypes)

    def take(self, name: str) -> np.ndarray:
        """Return a whole column and let go of it."""
        file = self._files.pop(name, None)
        dtype = self._dtypes[name]
        if file is None:
            parts = self._parts.pop(name)
            return np.concatenate(parts) if parts else np.empty(0, dtype)
        with file:
            file.flush()
            return np.frombuffer(mapped(file), dtype) if self.length else np.empty(0, dtype)

    def _append(self, name: str, array: np.ndarray) -> None:
        array = np.ascontiguousarray(array)
        self._bytes += array.nbytes
        if name not in self._files and self._bytes > SPILL_BYTES:
            file = self._files[name] = spool_file()
            for one in self._parts.pop(name, []):
                file.write(one.data.cast("B") if one.size else b"")
        if name in self._files:
            self._files[name].write(array.data.cast("B") if array.size else b"")
        else:
            self._parts.setdefault(name, []).append(array)


def _missing(length: int, dtype: np.dtype) -> np.ndarray:
    return np.full(length, np.nan if dtype.kind == "f" else MISSING if dtype == np.int64 else -1, dtype)


def spool_file() -> IO[bytes]:
    """Open a new private file in the user's cache; in the system's folder for temporary files where there is none."""
    try:
        folder: Path | None = user_folder("cache")
    except OSError:
        folder = None
    return tempfile.TemporaryFile(prefix=SPOOL, dir=folder)


class MappedFile(mmap.mmap):
    """A whole file mapped; the arrays made of it keep it alive, what is written to them stays private. path: "" where it has no name."""

    path = ""


def mapped(file: IO[bytes], path: str = "") -> MappedFile:
    """Map a whole file."""
    made = MappedFile(file.fileno(), 0, access=mmap.ACCESS_COPY)
    made.path = path
    return made


def file_of(array: np.ndarray) -> tuple[str, int] | None:
    """Return the named file that an array is mapped from and the array's place in it, None for every other array."""
    found = _map_of(array)
    return (found[0].path, found[1]) if found is not None and isinstance(found[0], MappedFile) and found[0].path else None


def _map_of(array: np.ndarray) -> tuple[mmap.mmap, int] | None:
    base = array
    while isinstance(base, np.ndarray) and base.base is not None:
        base = base.base  # type: ignore[assignment]
    if isinstance(base, memoryview):
        base = base.obj  # type: ignore[assignment]
    if not isinstance(base, mmap.mmap):
        return None
    return base, array.__array_interface__["data"][0] - np.frombuffer(base, np.uint8, 1).__array_interface__["data"][0]


def release(array: np.ndarray) -> None:
    """Give the pages of a mapped array back to the system; they come again from the file when needed. Nothing for other arrays."""
    found = _map_of(array)
    if found is None or not hasattr(found[0], "madvise"):
        return
    base, start = found
    first = start // mmap.PAGESIZE * mmap.PAGESIZE
    with contextlib.suppress(OSError, ValueError):
        base.madvise(mmap.MADV_DONTNEED, first, min(start + array.nbytes, len(base)) - first)


def forget_spools() -> None:
    """Delete what a killed process left behind where files keep their names (Windows)."""
    if os.name != "nt":
        return
    with contextlib.suppress(OSError):
        for path in user_folder("cache").glob(SPOOL + "*"):
            with contextlib.suppress(OSError):
                path.unlink()
