"""From the columns of a table, each with its meaning, to rows of devices."""

from typing import TYPE_CHECKING

import numpy as np
from msgspec.structs import replace

from app.engine.errors import UnreadableFile
from app.engine.model.mappings import TableMapping
from app.engine.model.traces import Clock, Device
from app.engine.reading._rows import SYNTHETIC_STEP_S, Column, Rows
from app.engine.reading._sources import Source
from app.engine.reading._table_cells import numbers_of
from app.engine.reading._table_columns import Mapping, plain
from app.engine.reading._table_frames import COUNTS, times_of
from app.engine.reading._times import MISSING, counted_times, epoch_times

if TYPE_CHECKING:
    import pandas as pd

_SHOWN = 12


def mapped_rows(frame: "pd.DataFrame", mapping: TableMapping, source: Source) -> Rows:
    """Return the rows of a table as a person said what its columns mean. Raises UnreadableFile where nothing usable is left."""
    mapping = replace(mapping, columns=tuple(one for one in mapping.columns if one.column in frame.columns))
    by = mapping.column_of("device")
    codes, ids = devices_of(frame, by)
    times, clock = _mapped_times(frame, mapping, source)
    mapped = []
    for one in mapping.columns:
        values = numbers_of(frame[one.column]) if one.role == "metric" else np.empty(0)
        if np.isfinite(values).any():
            mapped.append((Mapping(one.column, one.metric or one.column, one.unit, one.factor, one.read_as, one.device), values))
    if not mapped:
        raise UnreadableFile("reading.no_metric_column", file=source.path, columns=[str(column) for column in frame.columns[:_SHOWN]])
    return spread(times, clock, codes, ids, mapped)


def _mapped_times(frame: "pd.DataFrame", mapping: TableMapping, source: Source) -> tuple[np.ndarray, Clock]:
    column = mapping.column_of("time")
    if not column:
        return np.arange(len(frame), dtype=np.int64) * int(SYNTHETIC_STEP_S * 1e9), "synthetic"
    if mapping.time_unit == "auto":
        found = times_of(frame[column], column)
        if found is not None:
            return found
    else:
        times = counted_times(numbers_of(frame[column]), COUNTS[mapping.time_unit])
        if (times != MISSING).any():
            return times, "relative" if epoch_times(times[times != MISSING].astype(np.float64)) is None else "absolute"
    raise UnreadableFile("reading.no_time_column", file=source.path, columns=[column])


def devices_of(frame: "pd.DataFrame", by: str) -> tuple[np.ndarray, list[str]]:
    """Return (n,) the number of the device of each row and the ids; by: the column of names, "" for none. A blank is device "?"."""
    import pandas as pd

    if not by:
        return np.zeros(len(frame), np.int64), ["0"]
    codes, names = pd.factorize(frame[by].astype(str).fillna("").str.strip(), sort=True)
    return codes, [device_id(str(name)) or "?" for name in names]


def device_id(text: str) -> str:
    """Return "0" for "0", "0.0", "GPU 0", "cuda:0"; else the text."""
    digits = text.lower().removeprefix("gpu").removeprefix("cuda").strip(" :_-").removesuffix(".0")
    return digits if digits.isdigit() else text


def spread(times: np.ndarray, clock: Clock, codes: np.ndarray, ids: list[str], mapped: list[tuple[Mapping, np.ndarray]]) -> Rows:
    """Give columns that name a card of their own (gpu0_util, gpu1_util) to that card."""
    ids = list(ids)
    columns: dict[tuple[str, int | None], Column] = {}
    for mapping, values in mapped:
        if mapping.device and mapping.device not in ids:
            ids.append(mapping.device)
        owner = ids.index(mapping.device) if mapping.device else None
        metric, unit, factor = mapping.metric, mapping.unit, mapping.factor
        if (metric, owner) in columns:  # the first column of a metric is the metric; another keeps its own name
            metric, unit, factor = plain(mapping.column), "?", 1.0
        columns[metric, owner] = Column(metric, unit, values, factor=factor, owner=owner)
    infos = tuple(Device(one, "host" if one == "host" else "gpu") for one in ids)
    return Rows(times, clock, codes, infos, tuple(columns.values()), len(times))
