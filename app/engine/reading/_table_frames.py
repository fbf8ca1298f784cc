"""A table as a data frame: CSV with whatever separator, or the sheet of a workbook that holds samples; its cells as numbers, times."""

import contextlib
import io
import re
import warnings
import zipfile
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from app.engine.errors import UnreadableFile
from app.engine.model.traces import Clock
from app.engine.reading._csv_text import MOST_COLUMNS, MOST_LINE_BYTES, without_long_lines
from app.engine.reading._sources import Source
from app.engine.reading._table_cells import parsed, with_decimal_point
from app.engine.reading._table_columns import names_one_time, plain
from app.engine.reading._times import MISSING, counted_times, epoch_times, parse_times

if TYPE_CHECKING:
    import pandas as pd

SEPARATORS = (",", "\t", ";", "|")
COUNTS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9, "sec": 10**9, "seconds": 10**9, "min": 60 * 10**9}
PARQUET = b"PAR1"
_MOST_TITLE_ROWS = 30
_MOST_PARQUET_BYTES = 4 * 2**30
_COMPACT = r"((?:19|20)\d\d)([01]\d)([0-3]\d)([0-2]\d)([0-5]\d)([0-5]\d)"
_LEAST_ROWS = 2
_EXCEL_1970, _FIRST_SERIAL, _LAST_SERIAL, _A_MINUTE = 25_569, 36_526, 65_000, 1 / 1440
_UNIT = re.compile(r"[\[(]?(?:%|°C|℃|C|W|kW|[KMGT]i?B(?:/s)?|B(?:/s)?|[kKMG]?bps|[kMG]?Hz|s|ms|us|ns|sec|-)[\])]?")
_QUOTED = re.compile(r'"[^"]*"')
_LONG_FORM = ({"series", "time", "value"}, {"metric", "time", "value"})


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
    return _wide(_with_units(frame))


def _with_units(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Return the table without the row of units that may stand below the heads; the units go into the heads."""
    import pandas as pd

    first = {
        str(column): "" if pd.api.types.is_scalar(cell) and pd.isna(cell) else str(cell).strip() for column, cell in frame.iloc[0].items()
    }
    units = [word for word in first.values() if word]
    if len(frame) < _LEAST_ROWS or not units or not all(_UNIT.fullmatch(word) for word in units) or all(first.values()):
        return frame
    if not any(names_one_time(column) and (not word or word in COUNTS) for column, word in first.items()):
        return frame
    below = frame.iloc[1:].reset_index(drop=True).infer_objects()
    below.columns = [f"{column} ({first[column]})" if first[column] else column for column in map(str, frame.columns)]
    return below


def _wide(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Return a dashboard's export of "Series;Time;Value" with a column for each series."""
    names = {plain(str(column)): column for column in frame.columns}
    if set(names) not in _LONG_FORM:
        return frame
    time, value = names["time"], names["value"]
    series = names.get("series", names.get("metric"))
    wide = frame.drop_duplicates([time, series]).pivot(index=time, columns=series, values=value)  # pyright: ignore[reportArgumentType]
    wide = wide.reindex(frame[time].unique()).reset_index()
    wide.columns = [str(column) for column in wide.columns]
    return wide


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
    lines = [_QUOTED.sub("", line) for line in text.splitlines()[:40] if line.strip()]
    if len(lines) > 2:
        lines = lines[:-1]
    best, most = None, 0.0
    for candidate in SEPARATORS:
        counts = Counter(line.count(candidate) for line in lines)
        number, share = counts.most_common(1)[0] if counts else (0, 0)
        if number > 0 and share >= 0.8 * len(lines) and number * share > most:
            best, most = candidate, number * share
    return best if len(lines) > 1 or (lines and best and any(map(names_one_time, text.strip().split(best)))) else None


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
    if separator not in (None, ","):
        frame = frame.apply(with_decimal_point)
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
            if any(map(names_one_time, heads)):
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


def times_of(column: "pd.Series", name: str) -> tuple[np.ndarray, Clock] | None:
    """Return the times of a column and their clock, None where most cells are none."""
    import pandas as pd

    if pd.api.types.is_datetime64_any_dtype(column):
        column = column.astype(str)
    if column.iloc[:64].astype(str).str.fullmatch(_COMPACT).all():
        column = column.astype(str).str.replace(_COMPACT, r"\1-\2-\3 \4:\5:\6", regex=True)
    numbers = parsed(column).to_numpy(np.float64)
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
    if _is_serial(numbers, name):
        return counted_times(np.round((numbers - _EXCEL_1970) * 86_400_000), 10**6), "local"
    words = re.sub(r"\W+", "_", name.lower()).split("_")  # with what stands in brackets: "Time (ms)"
    factor = next((COUNTS[word] for word in reversed(words) if word in COUNTS), 10**9)
    return counted_times(numbers, factor), "relative"


def _is_serial(numbers: np.ndarray, name: str) -> bool:
    """Tell whether these are a spreadsheet's days since 1900: with fractions, minutes apart at most, no unit in the name."""
    days = numbers[np.isfinite(numbers)]
    words = set(re.sub(r"\W+", "_", name.lower()).split("_"))
    if not days.size or days.min() < _FIRST_SERIAL or days.max() > _LAST_SERIAL or words & {*COUNTS, "elapsed", "relative", "runtime"}:
        return False
    return bool((days % 1 != 0).mean() > 0.5 and np.ptp(days) < days.size * _A_MINUTE)
