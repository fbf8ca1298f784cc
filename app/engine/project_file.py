"""The project file (.sxp): one SQLite database that holds one Project.

Layout, version 2
  PRAGMA application_id   0x53585031 ("SXP1"): tells our file from other databases
  PRAGMA user_version     version of the layout; migrations.py brings older ones up, newer ones are refused
  part(name, json)        one row for each field of Project that is not at its default, as msgspec writes it
  blob(hash, piece, data) the arrays, content-addressed by SHA-256 and cut in pieces; in the JSON they stand as {"hash", "dtype", "shape"}

A save writes only parts and blobs that changed, in one transaction, so a cut leaves the old project whole; a new file is written
beside the target and moved into place. A part is read into typed Structs, so a file made by a stranger can hold wrong values but no
code. A file of which a third is free (a trace was deleted) is packed after the save. The journal is SQLite's own beside the file, deleted
with each save (no WAL: that needs memory shared by all who have the file open, which a network share does not give).
"""

import hashlib
import math
import os
import shutil
import sqlite3
import tempfile
import weakref
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

import msgspec
import numpy as np

from app.engine.errors import EngineError, NewerVersion
from app.engine.migrations import VERSION, migrate
from app.engine.model.projects import Project
from app.engine.paths import replacing

APPLICATION_ID = 0x53585031
PIECE_BYTES = 64 * 2**20
DTYPES = ("int32", "int64", "float64")
MAX_ARRAY_BYTES = 2**36
HEAD_BYTES = 100
PACK_FROM_SHARE, PACK_FROM_BYTES = 1 / 3, 2**20

_SCHEMA = """
CREATE TABLE IF NOT EXISTS part(name TEXT PRIMARY KEY, json BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS blob(hash TEXT NOT NULL, piece INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY(hash, piece));
"""


class FileState(msgspec.Struct, frozen=True):
    """What tells one state of a project file from another: its size, its time, and SQLite's head, which counts the saves."""

    size: int
    time_ns: int
    head: bytes


def file_state(path: Path) -> FileState | None:
    """Return the state of a file, None where it is not there or cannot be read."""
    try:
        with path.open("rb") as file:
            told = os.fstat(file.fileno())
            return FileState(told.st_size, told.st_mtime_ns, file.read(HEAD_BYTES))
    except OSError:
        return None


def save_project(project: Project, path: Path) -> None:
    """Save a project; an existing project file is updated in place, anything else is replaced as a whole.

    Raises EngineError when the disk is full, the folder is read-only or the file is in use; the old file is then as it was.
    """
    path = Path(path)
    try:
        if _is_ours(path):
            _write(project, path)
        else:
            _write_new(project, path)
    except (sqlite3.Error, OSError) as error:
        raise _saving_failed(error, path) from error


def load_project(path: Path) -> Project:
    """Read a project file. Raises NewerVersion for a newer layout, EngineError for a missing, foreign or damaged file."""
    path = Path(path)
    if not path.is_file():
        raise EngineError("project.not_found", file=path)
    if not _is_ours(path):
        raise EngineError("project.not_a_project", file=path)
    try:
        with _opened(path) as database:
            version = _pragma(database, "user_version")
            if version > VERSION:
                raise NewerVersion("project.newer", file=path, version=version, known=VERSION)
            parts = dict(database.execute("SELECT name, json FROM part"))
            raw = {name: msgspec.json.decode(json) for name, json in parts.items()}
            return _rebuild(migrate(raw, version), database)
    except (sqlite3.Error, msgspec.DecodeError, ValueError, TypeError, zlib.error) as error:
        raise EngineError("project.damaged", file=path, detail=str(error)) from error


def _rebuild(raw: dict, database: sqlite3.Connection) -> Project:
    def decode(kind: type, value: object) -> object:
        if kind is np.ndarray:
            return _read_array(database, value)
        raise TypeError(f"unexpected {kind.__name__}")

    return msgspec.convert(raw, Project, dec_hook=decode, str_keys=True, builtin_types=())


def _write_new(project: Project, path: Path) -> None:
    with replacing(path) as temporary:
        _write(project, temporary)


def _write(project: Project, path: Path) -> None:
    arrays: dict[str, np.ndarray] = {}
    parts = {name: _encode(value, arrays) for name, value in _fields_not_default(project).items()}
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode=DELETE")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("PRAGMA secure_delete=ON")  # what the user deletes of a customer's data does not stay in free pages
        database.execute("BEGIN IMMEDIATE")
        try:
            _update(database, parts, arrays)
            database.execute("COMMIT")
        except BaseException:
            if database.in_transaction:
                database.execute("ROLLBACK")
            raise
        _pack(database)


def _pack(database: sqlite3.Connection) -> None:
    """Give free pages back where they are a good part of the file. Where there is no room to pack, the save stands and the next tries."""
    free, pages, size = (_pragma(database, name) for name in ("freelist_count", "page_count", "page_size"))
    if free * size > PACK_FROM_BYTES and free > PACK_FROM_SHARE * pages:
        with suppress(sqlite3.Error):
            database.execute("VACUUM")


def _update(database: sqlite3.Connection, parts: dict[str, bytes], arrays: dict[str, np.ndarray]) -> None:
    for statement in _SCHEMA.strip().split("\n"):
        database.execute(statement)
    database.execute(f"PRAGMA application_id={APPLICATION_ID}")
    database.execute(f"PRAGMA user_version={VERSION}")
    known = dict(database.execute("SELECT name, length(json) FROM part"))
    database.executemany("DELETE FROM part WHERE name=?", [(name,) for name in known.keys() - parts.keys()])
    for name, json in parts.items():
        as_before = known.get(name) == len(json) and database.execute("SELECT json=? FROM part WHERE name=?", (json, name)).fetchone()[0]
        if not as_before:
            database.execute("INSERT OR REPLACE INTO part VALUES(?,?)", (name, json))
    stored = {row[0] for row in database.execute("SELECT DISTINCT hash FROM blob")}
    database.executemany("DELETE FROM blob WHERE hash=?", [(digest,) for digest in stored - arrays.keys()])
    for digest in arrays.keys() - stored:
        whole = _bytes_of(arrays[digest])
        pieces = range(0, len(whole), PIECE_BYTES)
        database.executemany(
            "INSERT INTO blob VALUES(?,?,?)",
            ((digest, number, zlib.compress(whole[start : start + PIECE_BYTES], 1)) for number, start in enumerate(pieces)),
        )


def _fields_not_default(project: Project) -> dict[str, object]:
    blank = Project()
    return {name: value for name in project.__struct_fields__ if (value := getattr(project, name)) != getattr(blank, name)}


def _encode(value: object, arrays: dict[str, np.ndarray]) -> bytes:
    def store(thing: object) -> dict:
        if not isinstance(thing, np.ndarray):
            raise TypeError(f"cannot save {type(thing).__name__}")
        digest = _digest(thing)
        if thing.size:
            arrays[digest] = thing
        return {"hash": digest, "dtype": thing.dtype.name, "shape": list(thing.shape)}

    return msgspec.json.encode(value, enc_hook=store)


_DIGESTS: dict[int, tuple[weakref.ref, str]] = {}


def _digest(array: np.ndarray) -> str:
    """Return the SHA-256 of an array, computed once, for it never changes: so a project of 10^8 samples is autosaved in a moment."""
    known = _DIGESTS.get(id(array))
    if known is not None and known[0]() is array:
        return known[1]
    digest = hashlib.sha256(_bytes_of(array)).hexdigest()
    _remember(array, digest)
    return digest


def _remember(array: np.ndarray, digest: str) -> None:
    key = id(array)
    _DIGESTS[key] = (weakref.ref(array, lambda _gone: _DIGESTS.pop(key, None)), digest)


def _bytes_of(array: np.ndarray) -> memoryview | bytes:
    return np.ascontiguousarray(array).data.cast("B") if array.size else b""


def _read_array(database: sqlite3.Connection, told: object) -> np.ndarray:
    if not isinstance(told, dict) or told.get("dtype") not in DTYPES:
        raise ValueError("an array is described wrongly")
    shape = msgspec.convert(told.get("shape"), list[int])
    dtype = np.dtype(told["dtype"])
    size = math.prod(shape) * dtype.itemsize
    if any(length < 0 for length in shape) or size > MAX_ARRAY_BYTES:
        raise ValueError("an array has an impossible shape")
    if size == 0:
        return np.empty(shape, dtype)
    rows = database.execute("SELECT data FROM blob WHERE hash=? ORDER BY piece", (told.get("hash"),))
    whole = b"".join(_inflate(row[0]) for row in rows)
    if len(whole) != size or hashlib.sha256(whole).hexdigest() != told["hash"]:
        raise ValueError("an array is cut short or was changed")
    array = np.frombuffer(whole, dtype).reshape(shape)
    _remember(array, told["hash"])
    return array


def _inflate(data: bytes) -> bytes:
    inflater = zlib.decompressobj()
    piece = inflater.decompress(data, PIECE_BYTES)
    if inflater.unconsumed_tail:
        raise ValueError("a piece is larger than we ever write")
    return piece


def _is_ours(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            head = file.read(72)
    except FileNotFoundError:
        return False
    return head.startswith(b"SQLite format 3\0") and int.from_bytes(head[68:72], "big") == APPLICATION_ID


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open for reading. After a kill in mid-save a journal lies beside the file and must be rolled back first: in place, else in a copy."""
    journal = path.with_name(f"{path.name}-journal")
    with ExitStack() as stack:
        if journal.exists() and not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            for source in (path, journal):
                shutil.copy(source, folder / source.name)
            path, journal = folder / path.name, folder / journal.name
        mode = "rw" if journal.exists() else "ro"
        yield stack.enter_context(closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode={mode}", uri=True)))


def _pragma(database: sqlite3.Connection, name: str) -> int:
    return database.execute(f"PRAGMA {name}").fetchone()[0]


def _saving_failed(error: Exception, path: Path) -> EngineError:
    import errno

    text = str(error)
    if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT) or "disk is full" in text:
        return EngineError("project.disk_full", file=path)
    if isinstance(error, PermissionError) or "readonly" in text or getattr(error, "errno", None) == errno.EROFS:
        return EngineError("project.read_only", file=path)
    if isinstance(error, FileNotFoundError):
        return EngineError("project.no_folder", file=path)
    if "locked" in text:
        return EngineError("project.in_use", file=path)
    return EngineError("project.not_saved", file=path, detail=text)
