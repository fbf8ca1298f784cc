"""From the rows of a monitoring log (one row per device and tick) to a Trace."""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct

from app.engine.errors import UnreadableFile
from app.engine.messages import Message, message
from app.engine.model.quantities import State
from app.engine.model.traces import Clock, Device, Series, Trace
from app.engine.reading._series import make_series, split_by_device
from app.engine.reading._sources import Source
from app.engine.reading._times import MISSING

SYNTHETIC_STEP_S = 1.0


class Column(Struct, frozen=True):
    """One metric of all rows: values (n,) float64 in `unit`, nan = missing."""

    metric: str
    unit: str
    values: np.ndarray
    state: State = "measured"


class Rows(Struct, frozen=True):
    """A log as rows.

    times    (n,) int64 ns (since 1970 where clock is absolute or local), MISSING = none; None = the log has no times
    devices  (n,) int64 index into `infos`
    count    rows of the file, where n differs (a wide table has a row for each card)
    """

    times: np.ndarray | None
    clock: Clock
    devices: np.ndarray
    infos: tuple[Device, ...]
    columns: tuple[Column, ...]
    count: int | None = None


def trace_of_rows(
    source: Source,
    slug: str,
    rows: Rows,
    *,
    skipped: dict[str, int],
    warnings: Sequence[Message] = (),
    environment: dict[str, str] | None = None,
) -> Trace:
    """Return the trace of a log. Raises UnreadableFile when no value is usable."""
    warnings = list(warnings)
    times, clock = rows.times, rows.clock
    if times is None:
        times, clock = ticks_of(rows.devices) * int(SYNTHETIC_STEP_S * 1e9), "synthetic"
        warnings.append(message("reading.synthetic_time", step=SYNTHETIC_STEP_S))
    untimed = int((times == MISSING).sum())
    if untimed:
        skipped["skipped.no_time"] = skipped.get("skipped.no_time", 0) + untimed
    known = times[times != MISSING]
    if not known.size:
        raise UnreadableFile("reading.no_samples", file=source.path)
    origin = int(known.min())
    shifted = np.where(times == MISSING, MISSING, times - origin)
    series = _series(rows, shifted, skipped)
    if not series:
        raise UnreadableFile("reading.no_samples", file=source.path)
    used = {one.device for one in series}
    snapshot = all(one.time_ns.size == 1 for one in series)
    if snapshot:
        warnings.append(message("reading.snapshot"))
    if clock == "local":
        warnings.append(message("reading.local_time"))
    return Trace(
        files=(source.described(slug, rows=len(times) if rows.count is None else rows.count),),
        duration_ns=int(known.max()) - origin,
        start_ns=origin if clock in ("absolute", "local") else None,
        clock=clock,
        devices=tuple(info for info in rows.infos if info.id in used),
        series=tuple(series),
        skipped=skipped,
        warnings=tuple(warnings),
        environment=environment or {},
        is_snapshot=snapshot,
    )


def ticks_of(devices: np.ndarray) -> np.ndarray:
    """Return (n,) int64: how many rows of the same device came before."""
    ticks = np.empty(devices.size, np.int64)
    for _, found in split_by_device(devices):
        ticks[found] = np.arange(found.size)
    return ticks


def with_occupancy(columns: list[Column], total_gib: np.ndarray | None) -> list[Column]:
    """Return the columns with VRAM occupancy beside the VRAM used, where the total (n,) is known."""
    used = next((column for column in columns if column.metric == "vram_used_gib"), None)
    if used is None or total_gib is None or any(column.metric == "vram_utilisation" for column in columns):
        return columns
    share = np.divide(used.values, total_gib, out=np.full(used.values.shape, np.nan), where=total_gib > 0)
    return [*columns, Column("vram_utilisation", "", share, used.state)]


def _series(rows: Rows, times: np.ndarray, skipped: dict[str, int]) -> list[Series]:
    found = []
    for device, at in split_by_device(rows.devices):
        for column in rows.columns:
            one = make_series(
                column.metric, rows.infos[int(str(device))].id, column.unit, times[at], column.values[at], skipped, column.state
            )
            if one is not None:
                found.append(one)
    return found
