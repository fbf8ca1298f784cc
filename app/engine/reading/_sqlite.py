"""A customer's SQLite file: opened read-only and immutable, so that no journal is made beside it; a packed one is unpacked to the cache."""

import re
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np

from app.engine.errors import UnreadableFile
from app.engine.paths import user_folder
from app.engine.progress import Progress
from app.engine.reading._sources import Source

MAGIC = b"SQLite format 3\0"
ROWS_AT_ONCE = 50_000
_NAME = re.compile(rb"CREATE (?:TABLE|VIEW) [`\"]?(\w+)", re.I)


def tables_in_head(head: bytes) -> set[str]:
    """Return the tables that the first pages of a database declare, without opening it."""
    return {name.decode() for name in _NAME.findall(head)} if head.startswith(MAGIC) else set()


@contextmanager
def opened(source: Source) -> Iterator[sqlite3.Connection]:
    """Open a database for reading. Raises UnreadableFile where it is damaged, then or while the block reads on."""
    folder = None
    path = source.path
    try:
        if source.is_gzip:
            folder = Path(tempfile.mkdtemp(dir=user_folder("cache")))
            path = folder / "unpacked.sqlite"
            with path.open("wb") as file:
                for piece in source.pieces():
                    file.write(piece)
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as database:
            database.text_factory = lambda raw: raw.decode("utf-8", "replace")
            yield database
    except (sqlite3.Error, OverflowError) as error:
        raise UnreadableFile("reading.database_damaged", file=source.path, detail=str(error)) from error
    finally:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


def names_of(database: sqlite3.Connection) -> set[str]:
    """Return the names of all tables and views."""
    return {row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")}


def columns_of(database: sqlite3.Connection, table: str) -> set[str]:
    """Return the column names of a table or view."""
    return {row[1] for row in database.execute(f'PRAGMA table_info("{table}")')}


def integers(database: sqlite3.Connection, table: str, columns: Sequence[str], progress: Progress) -> np.ndarray:
    """Return (columns, rows) int64 of a table; a missing column, a NULL and what is no integer are -1."""
    known = columns_of(database, table)
    terms = [f'CASE WHEN typeof("{name}") = \'integer\' THEN "{name}" ELSE -1 END' if name in known else "-1" for name in columns]
    cursor = database.execute(f'SELECT {", ".join(terms)} FROM "{table}"')
    parts = []
    while rows := cursor.fetchmany(ROWS_AT_ONCE):
        parts.append(np.array(rows, np.int64).T)
        progress(0.5, "reading.doing.parsing")
    return np.concatenate(parts, axis=1) if parts else np.empty((len(columns), 0), np.int64)
