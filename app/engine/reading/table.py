"""Any CSV, TSV or .xlsx with a time column: columns are mapped to metrics by name and unit, and doubt is told."""

import io
import warnings as warnings_off
import zipfile
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from app.engine.errors import UnreadableFile
from app.engine.messages import Message, message
from app.engine.model.traces import Clock, Device, Trace
from app.engine.progress import Progress
from app.engine.reading._columns import release
from app.engine.reading._rows import Column, Rows, trace_of_rows
from app.engine.reading._sources import Source
from app.engine.reading._table_columns import DEVICE_NAMES, TIME_NAMES, Mapping, map_column, plain
from app.engine.reading._table_stream import streamed_table
from app.engine.reading._times import MISSING, epoch_times, parse_times

if TYPE_CHECKING:
    import pandas as pd

SLUG = "table"
SEPARATORS = (",", "\t", ";", "|")
_RELATIVE = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9, "sec": 10**9, "seconds": 10**9, "min": 60 * 10**9}
_MOST_TITLE_ROWS = 30
_SHOWN = 12
STREAM_FROM_BYTES = 16 * 2**20
MOST_NS = 2.0**62
MOST_COLUMNS = 20_000
MOST_HEAD_BYTES = 2**20
"""A longer first line is no head of a table."""


class TableReader:
    """The reader; asked last, for anything that looks like a table."""

    slug = SLUG
    label = "CSV / TSV / XLSX"
    priority = 90

    def recognises(self, head: bytes) -> bool:
        """A workbook, or lines with a constant number of separators."""
        if head.startswith(b"PK\x03\x04"):
            return b"[Content_Types].xml" in head or b"xl/" in head
        return _separator(head.decode("utf-8", "replace")) is not None

    def read(self, source: Source, progress: Progress) -> Trace:
        """Read the table. Raises UnreadableFile when it has no time column or no metric."""
        progress(0.0, "reading.doing.reading")
        skipped: dict[str, int] = {}
        warnings: list[Message] = []
        rows = self._streamed(source, progress, skipped, warnings)
        if rows is None:
            frame = _workbook(source) if source.raw_head.startswith(b"PK\x03\x04") else _csv(source, skipped)
            if frame.empty:
                raise UnreadableFile("reading.no_rows", file=source.path)
            progress(0.5, "reading.doing.parsing")
            times, clock, time_columns = _times(frame, source)
            rows = _rows(frame, times, clock, time_columns, warnings, source)
        return trace_of_rows(source, SLUG, rows, skipped=skipped, warnings=warnings)

    def _streamed(self, source: Source, progress: Progress, skipped: dict[str, int], warnings: list[Message]) -> Rows | None:
        """Return the rows of a big, regular CSV, read piece by piece; None for all others."""
        separator = _separator(source.head.decode("utf-8", "replace"))
        if source.size_bytes < STREAM_FROM_BYTES or separator is None:
            return None
        found = streamed_table(source, separator, progress, skipped)
        if found is None:
            return None
        if not found.length:
            raise UnreadableFile("reading.no_rows", file=source.path)
        if found.times is None:
            raise UnreadableFile("reading.no_time_column", file=source.path, columns=found.heads[:_SHOWN])
        times, clock = (
            found.times if isinstance(found.times, tuple) else _parsed_numbers(found.times, found.time_name) or (None, "relative")
        )
        if times is None:
            raise UnreadableFile("reading.no_time_column", file=source.path, columns=found.heads[:_SHOWN])
        return _meanings(found.columns, times, clock, found.codes, found.ids, warnings, source)


READER = TableReader()


def _separator(text: str) -> str | None:
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
    text, lost = _without_long_lines(text)
    separator = _separator(text[:65536].decode("utf-8", "replace"))
    widest = max(map(len, text[:MOST_HEAD_BYTES].split(b"\n")[:1]), default=0)
    if widest >= MOST_HEAD_BYTES or text.partition(b"\n")[0].count((separator or ",").encode()) > MOST_COLUMNS:
        raise UnreadableFile("reading.not_a_table", file=source.path, detail=f"> {MOST_COLUMNS} columns")
    options = {"on_bad_lines": "skip", "skipinitialspace": True, "encoding_errors": "replace", "low_memory": False, "index_col": False}
    try:
        with warnings_off.catch_warnings(action="ignore", category=pd.errors.ParserWarning):  # rows longer than the head
            frame = pd.read_csv(io.BytesIO(text), sep=separator, **options)
    except (ValueError, pd.errors.ParserError) as error:
        raise UnreadableFile("reading.not_a_table", file=source.path, detail=str(error).splitlines()[0]) from error
    lost += text.count(b"\n") + (not text.endswith(b"\n")) - 1 - text.count(b"\n\n") - len(frame)
    if lost > 0:
        skipped["skipped.bad_row"] = lost
    return frame


def _without_long_lines(text: bytes) -> tuple[bytes, int]:
    """Return the text without lines of more than MOST_HEAD_BYTES, which would make as many columns, and how many they were."""
    if len(text) <= MOST_HEAD_BYTES:
        return text, 0
    ends = np.flatnonzero(np.frombuffer(text, np.uint8) == ord("\n"))
    bounds = np.concatenate([[-1], ends, [len(text)]])
    long = np.flatnonzero(np.diff(bounds) > MOST_HEAD_BYTES)
    if not long.size:
        return text, 0
    keep = [text[start:end] for start, end in zip([0, *(bounds[long + 1] + 1)], [*(bounds[long] + 1), len(text)], strict=True)]
    return b"".join(keep), int(long.size)


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


def _times(frame: "pd.DataFrame", source: Source) -> tuple[np.ndarray, Clock, set[object]]:
    """Return the times, their clock, and all columns that are times; a calendar time goes before a counter."""
    named = [column for column in frame.columns if plain(str(column)) in TIME_NAMES]
    best: tuple[np.ndarray, Clock] | None = None
    for column in named:
        found = _parsed(frame[column], str(column))
        if found is not None and (best is None or (best[1] == "relative" and found[1] != "relative")):
            best = found
    if best is None:
        shown = [str(column) for column in frame.columns[:_SHOWN]]
        raise UnreadableFile("reading.no_time_column", file=source.path, columns=shown)
    return *best, set(named)


def _parsed(column: "pd.Series", name: str) -> tuple[np.ndarray, Clock] | None:
    import pandas as pd

    if pd.api.types.is_datetime64_any_dtype(column):
        column = column.astype(str)
    numbers = numbers_of(column).to_numpy(np.float64)
    if np.isfinite(numbers).mean() > 0.5:
        return _parsed_numbers(numbers, name)
    texts = column.astype(str)
    times, clock = parse_times(texts)
    return (times, clock) if (times != MISSING).mean() > 0.5 else None


def _parsed_numbers(numbers: np.ndarray, name: str) -> tuple[np.ndarray, Clock]:
    """Return the times of a column of numbers: calendar times by their magnitude, else counted in the unit that the name tells."""
    epoch = epoch_times(numbers)
    if epoch is not None:
        return epoch, "absolute"
    words = plain(name).split("_")
    factor = next((_RELATIVE[word] for word in reversed(words) if word in _RELATIVE), 10**9)
    scaled = np.where(np.isfinite(numbers) & (np.abs(numbers) < MOST_NS / factor), numbers, np.nan) * factor
    return np.where(np.isfinite(scaled), np.round(np.nan_to_num(scaled)), MISSING).astype(np.int64), "relative"


def numbers_of(column: "pd.Series") -> "pd.Series":
    """Return the column as float64, nan for what is no number or has more digits than any number of ours."""
    import pandas as pd

    try:
        return pd.to_numeric(column, errors="coerce")
    except OverflowError:
        return pd.to_numeric(column.astype(str).str.slice(0, 300), errors="coerce").astype(np.float64)


def _rows(frame: "pd.DataFrame", times: np.ndarray, clock: Clock, time_columns: set, warnings: list[Message], source: Source) -> Rows:
    import pandas as pd

    by = next((column for column in frame.columns if plain(str(column)) in DEVICE_NAMES and column not in time_columns), None)
    codes, ids = pd.factorize(frame[by].astype(str).str.strip(), sort=True) if by is not None else (np.zeros(len(frame), np.int64), ["0"])
    pairs = [(str(column), _values(frame[column])) for column in frame.columns if column not in time_columns and column != by]
    return _meanings(pairs, times, clock, codes, [str(one) for one in ids], warnings, source)


def _meanings(
    pairs: Sequence[tuple[str, np.ndarray]],
    times: np.ndarray,
    clock: Clock,
    codes: np.ndarray,
    ids: list[str],
    warnings: list[Message],
    source: Source,
) -> Rows:
    """Return the rows with each column as a metric of ours; doubt is told."""
    mapped: list[tuple[Mapping, np.ndarray]] = []
    for name, values in pairs:
        source.beat()
        if np.isfinite(values).any():
            mapped.append((map_column(name, values), values))
        release(values)
    if not any(mapping.known for mapping, _ in mapped) and not mapped:
        raise UnreadableFile("reading.no_metric_column", file=source.path, columns=[name for name, _ in pairs[:_SHOWN]])
    for mapping, _ in mapped:
        if mapping.doubt:
            warnings.append(message("reading.doubtful_column", column=mapping.column, metric=mapping.metric, unit=mapping.read_as))
    unknown = [mapping.column for mapping, _ in mapped if not mapping.known]
    if unknown:
        warnings.append(message("reading.unmapped_columns", columns=unknown[:_SHOWN]))
    return _spread(times, clock, codes, [_device_id(one) for one in ids], mapped)


def _device_id(text: str) -> str:
    """Return "0" for "0", "0.0", "GPU 0", "cuda:0"; else the text."""
    digits = text.lower().removeprefix("gpu").removeprefix("cuda").strip(" :_-").removesuffix(".0")
    return digits if digits.isdigit() else text


def _spread(times: np.ndarray, clock: Clock, codes: np.ndarray, ids: list[str], mapped: list[tuple[Mapping, np.ndarray]]) -> Rows:
    """Give columns that name a card of their own (gpu0_util, gpu1_util) to that card."""
    columns: dict[tuple[str, int | None], Column] = {}
    for mapping, values in mapped:
        if mapping.device and mapping.device not in ids:
            ids.append(mapping.device)
        owner = ids.index(mapping.device) if mapping.device else None
        columns[mapping.metric, owner] = Column(mapping.metric, mapping.unit, values, factor=mapping.factor, owner=owner)
    infos = tuple(Device(one, "host" if one == "host" else "gpu") for one in ids)
    return Rows(times, clock, codes, infos, tuple(columns.values()), len(times))


def _values(column: "pd.Series") -> np.ndarray:
    """Return numbers; cells such as "45 %" or "1,024 MiB" lose their unit."""
    import pandas as pd

    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        return column.to_numpy(np.float64)
    numbers = numbers_of(column)
    if numbers.notna().mean() < 0.5:
        stripped = (
            column.astype(str).str.replace(",", "").str.extract(r"^\s*(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*[%A-Za-z/°]*\s*$", expand=False)
        )
        numbers = numbers_of(stripped)
    return numbers.to_numpy(np.float64)
