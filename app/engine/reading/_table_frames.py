"""A table as a data frame: CSV with whatever separator, or the sheet of a workbook that holds samples; its cells as numbers, times."""

import contextlib
import io
import warnings
import zipfile
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from app.engine.errors import UnreadableFile
from app.engine.model.traces import Clock
from app.engine.reading._csv_text import MOST_COLUMNS, MOST_LINE_BYTES, without_long_lines
from app.engine.reading._sources import Source
from app.engine.reading._table_columns import TIME_NAMES, plain
from app.engine.reading._times import MISSING, counted_times, epoch_times, parse_times

if TYPE_CHECKING:
    import pandas as pd

SEPARATORS = (",", "\t", ";", "|")
COUNTS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9, "sec": 10**9, "seconds": 10**9, "min": 60 * 10**9}
PARQUET = b"PAR1"
_MOST_TITLE_ROWS = 30
_MOST_PARQUET_BYTES = 4 * 2**30


def is_workbook(head: bytes) -> bool:
    """Tell whether this is a file of the Office family."""
    return head.startswith(b"PK\x03\x04")


def is_parquet(head: bytes) -> bool:
    """Tell whether this is a Parquet file."""
    return head.startswith(PARQUET)


def load_frame(source: Source, skipped: dict[str, int]) -> "pd.DataFrame":
    """Return the table, its heads distinct texts. Raises UnreadableFile where there is none or it has no rows."""
    head = source.raw_head
    frame = _workbook(source) if is_workbook(head) else _parquet(source) if is_parquet(head) else _csv(source, skipped)
    if frame.empty:
        raise UnreadableFile("reading.no_rows", file=source.path)
    frame.columns = _distinct([str(column) for column in frame.columns])
    return frame


def _distinct(heads: list[str]) -> list[str]:
    """Return the heads, a repeated one with its number behind it."""
    seen: set[str] = set()
    for place, head in enumerate(heads):
        number = 1
        while heads[place] in seen:
            number += 1
            heads[place] = f"{head}.{number}"
        seen.add(heads[place])
    return heads


def separator_of(text: str) -> str | None:
    """Return what separates the cells: the candidate that gives most lines the same number (> 1) of cells."""
    lines = [line for line in text.splitlines()[:40] if line.strip()]
    if len(lines) > 2:
        lines = lines[:-1]
    best, most = None, 0.0
    for candidate in SEPARATORS:
        counts = Counter(line.count(candidate) for line in lines)
        number, share = counts.most_common(1)[0] if counts else (0, 0)
        if number > 0 and share >= 0.8 * len(lines) and number * share > most:
            best, most = candidate, number * share
    return best if len(lines) > 1 or (lines and best and any(plain(cell) in TIME_NAMES for cell in lines[0].split(best))) else None


def _csv(source: Source, skipped: dict[str, int]) -> "pd.DataFrame":
    import pandas as pd

    text = source.text_bytes().lstrip()
    if text[:5].lower().startswith(b"sep=") and b"\n" in text:  # Excel's hint
        text = text.partition(b"\n")[2]
    text, lost = without_long_lines(text)
    separator = separator_of(text[:65536].decode("utf-8", "replace"))
    widest = max(map(len, text[:MOST_LINE_BYTES].split(b"\n")[:1]), default=0)
    if widest >= MOST_LINE_BYTES or text.partition(b"\n")[0].count((separator or ",").encode()) > MOST_COLUMNS:
        raise UnreadableFile("reading.not_a_table", file=source.path, detail=f"> {MOST_COLUMNS} columns")
    options = {"on_bad_lines": "skip", "skipinitialspace": True, "encoding_errors": "replace", "low_memory": False, "index_col": False}
    try:
        with warnings.catch_warnings(action="ignore", category=pd.errors.ParserWarning):  # rows longer than the head
            frame = pd.read_csv(io.BytesIO(text), sep=separator, **options)
    except (ValueError, pd.errors.ParserError) as error:
        raise UnreadableFile("reading.not_a_table", file=source.path, detail=str(error).splitlines()[0]) from error
    lost += text.count(b"\n") + (not text.endswith(b"\n")) - 1 - text.count(b"\n\n") - len(frame)
    if lost > 0:
        skipped["skipped.bad_row"] = lost
    return frame


def _workbook(source: Source) -> "pd.DataFrame":
    """Return the first sheet that has a head with a time column, else the first that has rows."""
    import pandas as pd
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_path(str(source.path))
        sheets = [book.get_sheet_by_name(name).to_python(skip_empty_area=True) for name in book.sheet_names]
    except (CalamineError, zipfile.BadZipFile, OSError) as error:
        raise UnreadableFile("reading.not_a_table", file=source.path, detail=str(error)) from error
    fallback = pd.DataFrame()
    for rows in sheets:
        for number, row in enumerate(rows[:_MOST_TITLE_ROWS]):
            heads = [str(cell) for cell in row]
            frame = pd.DataFrame(rows[number + 1 :], columns=heads).replace("", None)
            if any(plain(head) in TIME_NAMES for head in heads):
                return frame
            if fallback.empty and sum(map(bool, heads)) > 1:
                fallback = frame
    return fallback


def _parquet(source: Source) -> "pd.DataFrame":
    """Return the rows of a Parquet file. Raises UnreadableFile where fastparquet, an optional extra, is not installed."""
    try:
        import fastparquet  # pyarrow would do as well, but where it is there, pandas changes how it holds texts
    except ImportError as error:
        raise UnreadableFile("reading.needs_parquet", file=source.path) from error
    printed = io.StringIO()  # the library prints where it meets damage, and goes on with whatever it made of it
    try:
        with contextlib.redirect_stdout(printed), source.open() as packed:
            file = fastparquet.ParquetFile(io.BytesIO(packed.read()))
            unpacked = sum(group.total_byte_size or 0 for group in file.row_groups)
            if unpacked > _MOST_PARQUET_BYTES or len(file.columns) > MOST_COLUMNS:
                raise UnreadableFile("reading.too_large", file=source.path, limit=_MOST_PARQUET_BYTES // 2**30)
            frame = file.to_pandas(index=False)
        if printed.getvalue():
            raise UnreadableFile("reading.not_a_table", file=source.path, detail=printed.getvalue().splitlines()[0])
        return frame
    except UnreadableFile:
        raise
    except Exception as error:
        raise UnreadableFile("reading.not_a_table", file=source.path, detail=(str(error).splitlines() or ["?"])[0]) from error


def numbers_of(column: "pd.Series") -> np.ndarray:
    """Return numbers; cells such as "45 %" or "1,024 MiB" lose their unit."""
    import pandas as pd

    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        return column.to_numpy(np.float64)
    numbers = _parsed(column)
    if numbers.notna().mean() < 0.5:
        stripped = (
            column.astype(str).str.replace(",", "").str.extract(r"^\s*(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*[%A-Za-z/°]*\s*$", expand=False)
        )
        numbers = _parsed(stripped)
    return numbers.to_numpy(np.float64)


def times_of(column: "pd.Series", name: str) -> tuple[np.ndarray, Clock] | None:
    """Return the times of a column and their clock, None where most cells are none."""
    import pandas as pd

    if pd.api.types.is_datetime64_any_dtype(column):
        column = column.astype(str)
    numbers = _parsed(column).to_numpy(np.float64)
    if np.isfinite(numbers).mean() > 0.5:
        return counted(numbers, name)
    texts = column.astype(str)
    times, clock = parse_times(texts)
    return (times, clock) if (times != MISSING).mean() > 0.5 else None


def counted(numbers: np.ndarray, name: str) -> tuple[np.ndarray, Clock]:
    """Return the times of a column of numbers: calendar times by their magnitude, else counted in the unit that the name tells."""
    epoch = epoch_times(numbers)
    if epoch is not None:
        return epoch, "absolute"
    words = plain(name).split("_")
    factor = next((COUNTS[word] for word in reversed(words) if word in COUNTS), 10**9)
    return counted_times(numbers, factor), "relative"


def _parsed(column: "pd.Series") -> "pd.Series":
    """Return the column as numbers, nan for what is none or has more digits than any number of ours."""
    import pandas as pd

    try:
        return pd.to_numeric(column, errors="coerce")
    except OverflowError:
        return pd.to_numeric(column.astype(str).str.slice(0, 300), errors="coerce").astype(np.float64)
