"""Any CSV, TSV or .xlsx with a time column: columns are mapped to metrics by name and unit, and doubt is told."""

from typing import TYPE_CHECKING

import numpy as np

from app.engine.errors import UnreadableFile
from app.engine.messages import Message, message
from app.engine.model.mappings import mapping_of
from app.engine.model.traces import Clock, Trace
from app.engine.progress import Progress
from app.engine.reading._rows import Rows, trace_of_rows
from app.engine.reading._sources import Source
from app.engine.reading._table_columns import DEVICE_NAMES, TIME_NAMES, Mapping, map_column, plain
from app.engine.reading._table_frames import is_workbook, load_frame, numbers_of, separator_of, times_of
from app.engine.reading._table_rows import devices_of, mapped_rows, spread

if TYPE_CHECKING:
    import pandas as pd

SLUG = "table"
_SHOWN = 12


class TableReader:
    """The reader; asked last, for anything that looks like a table."""

    slug = SLUG
    label = "CSV / TSV / XLSX"
    priority = 90

    def recognises(self, head: bytes) -> bool:
        """A workbook, or lines with a constant number of separators."""
        if is_workbook(head):
            return b"[Content_Types].xml" in head or b"xl/" in head
        return separator_of(head.decode("utf-8", "replace")) is not None

    def read(self, source: Source, progress: Progress) -> Trace:
        """Read the table. Raises UnreadableFile when it has no time column or no metric."""
        progress(0.0, "reading.doing.reading")
        skipped: dict[str, int] = {}
        frame = load_frame(source, skipped)
        progress(0.5, "reading.doing.parsing")
        warnings: list[Message] = []
        mapping = mapping_of(frame.columns, source.mappings)
        if mapping is not None:
            rows = mapped_rows(frame, mapping, source)
        else:
            times, clock, time_columns = _times(frame, source)
            rows = _rows(frame, times, clock, time_columns, warnings, source)
        return trace_of_rows(source, SLUG, rows, skipped=skipped, warnings=warnings)


READER = TableReader()


def _times(frame: "pd.DataFrame", source: Source) -> tuple[np.ndarray, Clock, set[object]]:
    """Return the times, their clock, and all columns that are times; a calendar time goes before a counter."""
    named = [column for column in frame.columns if plain(str(column)) in TIME_NAMES]
    best: tuple[np.ndarray, Clock] | None = None
    for column in named:
        found = times_of(frame[column], str(column))
        if found is not None and (best is None or (best[1] == "relative" and found[1] != "relative")):
            best = found
    if best is None:
        shown = [str(column) for column in frame.columns[:_SHOWN]]
        raise UnreadableFile("reading.no_time_column", file=source.path, columns=shown)
    return *best, set(named)


def _rows(frame: "pd.DataFrame", times: np.ndarray, clock: Clock, time_columns: set, warnings: list[Message], source: Source) -> Rows:
    by = next((column for column in frame.columns if plain(str(column)) in DEVICE_NAMES and column not in time_columns), None)
    codes, ids = devices_of(frame, str(by or ""))
    mapped: list[tuple[Mapping, np.ndarray]] = []
    for column in frame.columns:
        if column in time_columns or column == by:
            continue
        values = numbers_of(frame[column])
        if np.isfinite(values).any():
            mapped.append((map_column(str(column), values), values))
    if not any(mapping.known for mapping, _ in mapped) and not mapped:
        raise UnreadableFile("reading.no_metric_column", file=source.path, columns=[str(column) for column in frame.columns[:_SHOWN]])
    for mapping, _ in mapped:
        if mapping.doubt:
            warnings.append(message("reading.doubtful_column", column=mapping.column, metric=mapping.metric, unit=mapping.read_as))
    unknown = [mapping.column for mapping, _ in mapped if not mapping.known]
    if unknown:
        warnings.append(message("reading.unmapped_columns", columns=unknown[:_SHOWN]))
    return spread(times, clock, codes, ids, mapped)
