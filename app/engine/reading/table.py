"""Any CSV, TSV, .xlsx or Parquet file with a time column: columns are mapped to metrics by name and unit, and doubt is told."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from app.engine.errors import UnreadableFile
from app.engine.messages import Message, message
from app.engine.model.mappings import mapping_of
from app.engine.model.traces import Clock, Trace
from app.engine.progress import Progress
from app.engine.reading._columns import release
from app.engine.reading._rows import Rows, trace_of_rows
from app.engine.reading._sources import Source
from app.engine.reading._table_cells import measured
from app.engine.reading._table_columns import DEVICE_NAMES, Mapping, map_column, names_one_time, plain
from app.engine.reading._table_frames import counted, is_parquet, is_workbook, load_frame, separator_of, times_of
from app.engine.reading._table_rows import device_id, devices_of, mapped_rows, spread
from app.engine.reading._table_stream import StreamedTable, heads_of, streamed_table
from app.engine.reading._times import is_time_of_day

if TYPE_CHECKING:
    import pandas as pd

SLUG = "table"
_SHOWN = 12
DATE_NAMES = frozenset(("date", "日期", "day"))
STREAM_FROM_BYTES = 16 * 2**20


class TableReader:
    """The reader; asked last, for anything that looks like a table."""

    slug = SLUG
    label = "CSV / TSV / XLSX / Parquet"
    priority = 90

    def recognises(self, head: bytes) -> bool:
        """A workbook, a Parquet file, or lines with a constant number of separators."""
        if is_parquet(head):
            return True
        if is_workbook(head):
            return b"[Content_Types].xml" in head or b"xl/" in head
        return separator_of(head.decode("utf-8", "replace")) is not None

    def read(self, source: Source, progress: Progress) -> Trace:
        """Read the table. Raises UnreadableFile when it has no time column or no metric."""
        progress(0.0, "reading.doing.reading")
        skipped: dict[str, int] = {}
        warnings: list[Message] = []
        streamed = _streamed(source, progress, skipped)
        if streamed is not None:
            rows = _streamed_rows(streamed, warnings, source)
        else:
            frame = load_frame(source, skipped)
            progress(0.5, "reading.doing.parsing")
            mapping = mapping_of(frame.columns, source.mappings)
            rows = mapped_rows(frame, mapping, source) if mapping is not None else _frame_rows(frame, warnings, source)
        return trace_of_rows(source, SLUG, rows, skipped=skipped, warnings=warnings)


READER = TableReader()


def _streamed(source: Source, progress: Progress, skipped: dict[str, int]) -> StreamedTable | None:
    """Return a big, regular CSV, read piece by piece; None for all others, and where a person said what its columns mean."""
    separator = separator_of(source.head.decode("utf-8", "replace"))
    if source.size_bytes < STREAM_FROM_BYTES or separator is None:
        return None
    if mapping_of(heads_of(source, separator), source.mappings) is not None:
        return None
    return streamed_table(source, separator, progress, skipped)


def _streamed_rows(table: StreamedTable, warnings: list[Message], source: Source) -> Rows:
    if not table.length:
        raise UnreadableFile("reading.no_rows", file=source.path)
    if table.times is None:
        raise UnreadableFile("reading.no_time_column", file=source.path, columns=table.heads[:_SHOWN])
    times, clock = table.times if isinstance(table.times, tuple) else counted(table.times, table.time_name)
    ids = [device_id(one) or "?" for one in table.ids]
    return _rows([(name, values, "") for name, values in table.columns], times, clock, (table.codes, ids), warnings, source)


def _frame_rows(frame: "pd.DataFrame", warnings: list[Message], source: Source) -> Rows:
    times, clock, time_columns = _times(frame, source)
    by = next((column for column in frame.columns if plain(str(column)) in DEVICE_NAMES and column not in time_columns), None)
    pairs = [(str(column), *measured(frame[column])) for column in frame.columns if column not in time_columns and column != by]
    return _rows(pairs, times, clock, devices_of(frame, str(by or "")), warnings, source)


def _times(frame: "pd.DataFrame", source: Source) -> tuple[np.ndarray, Clock, set[object]]:
    """Return the times, their clock, and all columns that are times; a calendar time goes before a counter."""
    named = [column for column in frame.columns if names_one_time(str(column))]
    dated = next((column for column in frame.columns if plain(str(column)) in DATE_NAMES), None)
    best: tuple[np.ndarray, Clock] | None = None
    for column in named:
        texts = frame[column]
        if dated is not None and column != dated and is_time_of_day(str(texts.iloc[0])):
            texts = frame[dated].astype(str) + " " + texts.astype(str)
        found = times_of(texts, str(column))
        if found is not None and (best is None or (best[1] == "relative" and found[1] != "relative")):
            best = found
    if best is None:
        shown = [str(column) for column in frame.columns[:_SHOWN]]
        raise UnreadableFile("reading.no_time_column", file=source.path, columns=shown)
    used: set[object] = {*named, dated}
    return *best, used


def _rows(
    pairs: Sequence[tuple[str, np.ndarray, str]],
    times: np.ndarray,
    clock: Clock,
    devices: tuple[np.ndarray, list[str]],
    warnings: list[Message],
    source: Source,
) -> Rows:
    """Return the rows with each column as a metric of ours; doubt is told."""
    mapped: list[tuple[Mapping, np.ndarray]] = []
    for name, values, unit in pairs:
        source.beat()
        if np.isfinite(values).any():
            mapped.append((map_column(name, values, unit), values))
        release(values)
    if not mapped:
        raise UnreadableFile("reading.no_metric_column", file=source.path, columns=[name for name, _, _ in pairs[:_SHOWN]])
    for mapping, _ in mapped:
        if mapping.doubt:
            warnings.append(message("reading.doubtful_column", column=mapping.column, metric=mapping.metric, unit=mapping.read_as))
    unknown = [mapping.column for mapping, _ in mapped if not mapping.known]
    if unknown:
        warnings.append(message("reading.unmapped_columns", columns=unknown[:_SHOWN]))
    return spread(times, clock, *devices, mapped)
