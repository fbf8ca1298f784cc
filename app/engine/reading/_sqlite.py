"""SQLite reports opened so that nothing is ever written beside a customer's file, and no query runs on after a cancel."""

import contextlib
import re
import shutil
import sqlite3
import tempfile
from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from itertools import chain
from operator import itemgetter
from pathlib import Path

import numpy as np

from app.engine.errors import Cancelled, UnreadableFile
from app.engine.paths import user_folder
from app.engine.progress import Progress
from app.engine.reading._members import TEMPORARY
from app.engine.reading._sources import Source

MAGIC = b"SQLite format 3\0"
ROWS_AT_ONCE = 10_000
STEPS_PER_BEAT = 20_000
MOST_STEPS = 20_000_000_000
"""Steps of SQLite's machine for all queries of one report: minutes. A hostile view could run for ever."""
_NAME = re.compile(rb"CREATE (?:TABLE|VIEW) [`\"]?(\w+)", re.I)


def tables_in_head(head: bytes) -> set[str]:
    """Return the tables that the first pages of a database declare, without opening it."""
    return {name.decode() for name in _NAME.findall(head)} if head.startswith(MAGIC) else set()


@contextmanager
def open_sqlite(source: Source) -> Iterator[sqlite3.Connection]:
    """Open a report read-only and immutable: no -wal, -shm or -journal appears beside it. A packed one, or one with a log of changes
    beside it, is opened as a copy in the user's cache. Text that is no UTF-8 is replaced.

    Raises UnreadableFile where the database is damaged, Cancelled within a query.
    """
    stopped: list[BaseException] = []
    steps = 0

    def beat() -> bool:
        nonlocal steps
        steps += STEPS_PER_BEAT
        try:
            source.beat()
        except Cancelled as cancelled:
            stopped.append(cancelled)
            return True
        return steps > MOST_STEPS

    with ExitStack() as stack:
        path, mode = _at_rest(source, stack)
        try:
            database = stack.enter_context(closing(sqlite3.connect(f"{path.resolve().as_uri()}?{mode}", uri=True)))
            database.text_factory = lambda raw: raw.decode("utf-8", "replace")
            database.execute("PRAGMA trusted_schema=OFF")
            database.execute("PRAGMA query_only=ON")
            database.set_progress_handler(beat, STEPS_PER_BEAT)
            yield database
        except (sqlite3.Error, OverflowError, UnicodeDecodeError) as error:  # the last: SQLite quotes a damaged name in its own words
            if stopped:
                raise stopped[0] from None
            code = "reading.sqlite_too_slow" if steps > MOST_STEPS else "reading.sqlite_damaged"
            raise UnreadableFile(code, file=source.path, detail=str(error)) from error


def _at_rest(source: Source, stack: ExitStack) -> tuple[Path, str]:
    """Return the file to open and how: the customer's own, or a copy."""
    logs = [log for end in ("-wal", "-journal") if (log := source.path.with_name(source.path.name + end)).is_file() and log.stat().st_size]
    if not source.packing and not logs:
        return source.path, "mode=ro&immutable=1"
    try:
        parent: Path | None = user_folder("cache")
    except OSError:
        parent = None
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=TEMPORARY, dir=parent, ignore_cleanup_errors=True)))
    copy = folder / "report.sqlite"
    with copy.open("wb") as out:
        for piece in source.pieces():
            out.write(piece)
    for log in logs:
        with contextlib.suppress(OSError):
            shutil.copyfile(log, folder / (copy.name + log.name.removeprefix(source.path.name)))
    return copy, "mode=rw"


def names_of(database: sqlite3.Connection) -> set[str]:
    """Return the names of all tables and views."""
    return {row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")}


def columns_of(database: sqlite3.Connection, table: str) -> set[str]:
    """Return the column names of a table or view."""
    return {row[1] for row in database.execute(f'PRAGMA table_info("{table}")')}


def row_blocks(
    database: sqlite3.Connection, table: str, numbers: Sequence[str], texts: Sequence[str], progress: Progress
) -> Iterator[tuple[np.ndarray, list[list]]]:
    """Yield the rows of a table or view, a bounded number at once, in the order in which they lie there.

    numbers  columns of integers, given as (columns, rows) int64; a missing column, a NULL and what is no integer are -1
    texts    columns given as they are, a list each; a missing one is None throughout
    """
    known = columns_of(database, table)
    there = [name for name in numbers if name in known]
    terms = [f'ifnull("{name}", -1)' for name in there] + [f'"{name}"' if name in known else "NULL" for name in texts]
    cursor = database.execute(f'SELECT {", ".join(terms) or "NULL"} FROM "{table}"')
    most, done = _most_rows(database, table), 0
    while rows := cursor.fetchmany(ROWS_AT_ONCE):
        block = np.full((len(numbers), len(rows)), -1, np.int64)
        block[[name in known for name in numbers]] = _integers(rows, len(there)).T
        yield block, [[row[len(there) + place] for row in rows] for place in range(len(texts))]
        done += len(rows)
        progress(min(done / most, 0.99) if most else done / (done + ROWS_AT_ONCE), "reading.doing.parsing")


def _most_rows(database: sqlite3.Connection, table: str) -> int:
    """Return the highest rowid, which costs nothing: about the number of rows; 0 for a view."""
    try:
        most = database.execute(f'SELECT MAX(rowid) FROM "{table}"').fetchone()[0]
    except sqlite3.OperationalError:
        return 0
    return most if isinstance(most, int) else 0


def _integers(rows: list[tuple], count: int) -> np.ndarray:
    """Return (rows, count) int64 of the first cells of each row."""
    cells: Iterable = chain.from_iterable(rows if len(rows[0]) == count else map(itemgetter(slice(count)), rows))
    try:
        flat = array("q", cells)
    except TypeError:  # what SQLite holds need not be what the column declares
        flat = array("q", (cell if isinstance(cell, int) else -1 for row in rows for cell in row[:count]))
    return np.frombuffer(flat, np.int64).reshape(-1, count) if count else np.empty((len(rows), 0), np.int64)
