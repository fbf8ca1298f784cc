"""From the rows of a monitoring log (one row per device and tick) to a Trace."""

from collections.abc import Callable, Sequence

import msgspec
import numpy as np
from msgspec import Struct

from app.engine.errors import UnreadableFile
from app.engine.messages import Message, message
from app.engine.model.quantities import State
from app.engine.model.traces import Clock, Device, Series, Trace
from app.engine.reading._columns import Spool, release
from app.engine.reading._series import clean_values, split_by_device
from app.engine.reading._sources import Source
from app.engine.reading._times import MISSING

SYNTHETIC_STEP_S = 1.0
_STRIDE = 2**17
HOUR_NS = 3600 * 10**9


class Column(Struct, frozen=True):
    """One metric of all rows: values (n,) float64, nan = missing.

    factor  what turns the values into `unit`
    owner   index into `infos` where the whole column is of one device, whatever device the row is of
    field   what tells columns of one metric apart until one of them is chosen
    told    the warning that goes with the values, where the column is chosen
    """

    metric: str
    unit: str
    values: np.ndarray
    state: State = "measured"
    factor: float = 1.0
    owner: int | None = None
    field: str = ""
    told: Message | None = None


class Rows(Struct, frozen=True):
    """A log as rows.

    times    (n,) int64 ns (since 1970 where clock is absolute or local), MISSING = none; None = the log has no times
    devices  (n,) int64 index into `infos`
    count    rows of the file, where n differs (a wide table has a row for each card)
    utc_offset_s  the zone that the times state, s east of Greenwich
    step_s   interval of the ticks of a log without times
    """

    times: np.ndarray | None
    clock: Clock
    devices: np.ndarray
    infos: tuple[Device, ...]
    columns: tuple[Column, ...]
    count: int | None = None
    utc_offset_s: int | None = None
    step_s: float = SYNTHETIC_STEP_S


class Told(Struct):
    """What a reading says besides its values; grows while it is made."""

    skipped: dict[str, int]
    warnings: list[Message]
    environment: dict[str, str]


Settle = Callable[[Source, Rows, Told], Rows]
"""Decides what only all rows together can tell: which of several columns of a metric has values, what cards are called."""


class RowsPart(Struct, frozen=True):
    """The rows of one chapter, as a reader gave them."""

    slug: str
    rows: Rows
    told: Told
    settle: Settle | None = None


def trace_of_rows(
    source: Source,
    slug: str,
    rows: Rows,
    *,
    skipped: dict[str, int],
    warnings: Sequence[Message] = (),
    environment: dict[str, str] | None = None,
    settle: Settle | None = None,
) -> Trace:
    """Return the trace of a log, an empty one for a chapter, whose rows wait in `source.parts`.

    Raises UnreadableFile when no value is usable.
    """
    told = Told(skipped, list(warnings), environment or {})
    if source.parts is not None:
        source.parts.append(RowsPart(slug, rows, told, settle))
        return Trace((), 0)
    return _trace(source, slug, rows if settle is None else settle(source, rows, told), told)


def _trace(source: Source, slug: str, rows: Rows, told: Told) -> Trace:
    skipped, warnings = told.skipped, told.warnings
    times, clock = rows.times, rows.clock
    if times is None:
        times, clock = ticks_of(rows.devices) * int(rows.step_s * 1e9), "synthetic"
        warnings.append(message("reading.synthetic_time", step=rows.step_s))
    source.beat()
    if clock == "local":
        times = _over_clock_change(times, rows.devices, warnings)
        source.beat()
    untimed = int((times == MISSING).sum())
    if untimed:
        skipped["skipped.no_time"] = skipped.get("skipped.no_time", 0) + untimed
    known = times[times != MISSING]
    if not known.size:
        raise UnreadableFile("reading.no_samples", file=source.path)
    origin = int(known.min())
    latest = int(known.max())
    del known
    source.beat()
    series = _series(rows, times, origin, skipped, source)
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
        duration_ns=latest - origin,
        start_ns=origin if clock in ("absolute", "local") else None,
        clock=clock,
        devices=tuple(info for info in rows.infos if info.id in used),
        series=tuple(series),
        skipped=skipped,
        warnings=tuple(warnings),
        environment=told.environment,
        is_snapshot=snapshot,
        utc_offset_s=rows.utc_offset_s,
    )


def first_with_values(columns: Sequence[Column], told: Told) -> tuple[Column, ...]:
    """Return one column for each metric: the first that has a value."""
    found: dict[str, Column] = {}
    for column in columns:
        known = found.get(column.metric)
        if known is None or (not has_values(known) and has_values(column)):
            found[column.metric] = column
    told.warnings += [one.told for one in found.values() if one.told is not None and has_values(one)]
    return tuple(found.values())


def has_values(column: Column) -> bool:
    """Tell whether a column has a value, without reading more of it than needed."""
    found = any(np.isfinite(column.values[at : at + _STRIDE]).any() for at in range(0, column.values.size, _STRIDE))
    release(column.values)
    return found


def settle_columns(_: Source, rows: Rows, told: Told) -> Rows:
    """Settle rows by taking the first column of each metric that has a value."""
    return msgspec.structs.replace(rows, columns=first_with_values(rows.columns, told))


def _over_clock_change(times: np.ndarray, devices: np.ndarray, warnings: list[Message]) -> np.ndarray:
    """Return local times that go on where the clock was set back by an hour: one step back, by an hour less the usual step."""
    back = _steps_back(times)
    if len(back) != 1:
        return times
    place = back[0]
    known = times[times != MISSING]
    steps = np.diff(known)
    usual = int(np.median(steps[steps > 0])) if (steps > 0).any() else 10**9
    if abs(int(steps.min()) + HOUR_NS) > max(2 * usual, 2 * 10**9) or usual > HOUR_NS // 12:
        return times
    if not np.isin(devices[place:], devices[:place]).all():  # another card's log is appended
        return times
    warnings.append(message("reading.clock_set_back"))
    moved = times.copy()
    moved[place:][moved[place:] != MISSING] += HOUR_NS
    return moved


def _steps_back(times: np.ndarray) -> list[int]:
    """Return the rows whose time is half an hour or more before that of the row above, two of them at most, a stretch at a time."""
    found: list[int] = []
    last: int | None = None
    for at in range(0, times.size, _STRIDE):
        piece = times[at : at + _STRIDE]
        known = np.flatnonzero(piece != MISSING)
        if not known.size:
            continue
        clock = piece[known]
        steps = np.diff(clock, prepend=clock[0] if last is None else last)
        found += (at + known[steps < -HOUR_NS // 2]).tolist()
        last = int(clock[-1])
        if len(found) > 1:
            break
    return found[:2]


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


def _series(rows: Rows, times: np.ndarray, origin: int, skipped: dict[str, int], source: Source) -> list[Series]:
    """Return the series by device and column; the times of a device are held once, and big logs lie in a mapped file."""
    spool, found = Spool(), []
    places: dict[int | None, list[tuple[int, np.ndarray, int]]] = {None: []}
    source.beat()
    for device, rows_of in split_by_device(rows.devices) if any(column.owner is None for column in rows.columns) else ():
        source.beat()
        at = _in_order(times, rows_of)
        places[None].append((int(str(device)), at, spool.put(times[at] - origin)))
    owners = {column.owner for column in rows.columns} - {None}
    if owners:
        source.beat()
        at = _in_order(times, np.arange(times.size))
        source.beat()
        slot = spool.put(times[at] - origin)
        source.beat()
        places |= {owner: [(int(owner or 0), at, slot)] for owner in owners}
    release(times)
    for number, column in enumerate(rows.columns):
        for device, at, time_slot in places[column.owner]:
            source.beat()
            values = column.values[at].astype(np.float64, copy=False)
            if column.factor != 1:
                with np.errstate(over="ignore", invalid="ignore"):  # what does not fit becomes inf, which is no sample
                    values *= column.factor
            if at.size and clean_values(column.metric, column.unit, values, skipped):
                found.append((device, number, column, time_slot, spool.put(values)))
        release(column.values)
    arrays = spool.arrays()
    return [
        Series(column.metric, rows.infos[device].id, column.unit, arrays[time_slot], arrays[slot], column.state)
        for device, _, column, time_slot, slot in sorted(found, key=lambda one: one[:2])
    ]


def _in_order(times: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Return the rows `at` that have a time, in order of it."""
    own = times[at]
    known = own != MISSING
    if not known.all():
        at, own = at[known], own[known]
    return at[np.argsort(own, kind="stable")] if own.size > 1 and (np.diff(own) < 0).any() else at
