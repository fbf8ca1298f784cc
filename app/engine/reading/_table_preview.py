"""The beginning of a table with what its columns are taken for, for a person to correct; and what a correction would make of it."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.engine.errors import UnreadableFile
from app.engine.model.mappings import ColumnCheck, ColumnMapping, ColumnPreview, TablePreview
from app.engine.reading._sources import Source
from app.engine.reading._table_cells import measured
from app.engine.reading._table_columns import DEVICE_NAMES, map_column, names_one_time, plain, plausible_limits
from app.engine.reading._table_frames import is_workbook, load_frame, separator_of, times_of

if TYPE_CHECKING:
    import pandas as pd

CHECKED_ROWS, SHOWN_ROWS = 2000, 6


def preview_table(path: Path) -> TablePreview:
    """Return the beginning of a table. Raises UnreadableFile where the file is none."""
    source = Source(Path(path))
    if not is_workbook(source.raw_head) and separator_of(source.head.decode("utf-8", "replace")) is None:
        raise UnreadableFile("reading.not_a_table", file=path, detail=source.path.suffix)
    frame = load_frame(source, {})
    columns = tuple(_column(frame[name]) for name in frame.columns)
    return TablePreview(source.path.name, len(frame), columns)


def check_column(column: ColumnPreview, mapping: ColumnMapping) -> ColumnCheck:
    """Return what would be read of the previewed rows."""
    numbers = column.numbers[np.isfinite(column.numbers)]
    if mapping.role != "metric" or not numbers.size:
        return ColumnCheck(numbers.size if mapping.role == "metric" else len(column.numbers))
    with np.errstate(over="ignore", invalid="ignore"):
        low, high = float(numbers.min()) * mapping.factor, float(numbers.max()) * mapping.factor
    limits = plausible_limits(mapping.metric)
    return ColumnCheck(numbers.size, low, high, None if limits is None else limits[0] <= low and high <= limits[1])


def _column(column: "pd.Series") -> ColumnPreview:
    name = str(column.name)
    first = column.iloc[:CHECKED_ROWS]
    whole, unit = measured(column)  # of the whole column, since its cells may have several units
    numbers = whole[:CHECKED_ROWS]
    texts = tuple("" if cell is None or cell != cell else str(cell) for cell in column.iloc[:SHOWN_ROWS])
    if names_one_time(name):
        return ColumnPreview(ColumnMapping(name, "time"), times_of(first, name) is not None, numbers, texts)
    if plain(name) in DEVICE_NAMES:
        return ColumnPreview(ColumnMapping(name, "device"), True, numbers, texts)
    if not np.isfinite(numbers).any():
        return ColumnPreview(ColumnMapping(name), True, numbers, texts)
    found = map_column(name, numbers, unit)
    guess = ColumnMapping(name, "metric" if found.known else "ignore", found.metric, found.unit, found.factor, found.read_as, found.device)
    return ColumnPreview(guess, found.known and not found.doubt, numbers, texts)
