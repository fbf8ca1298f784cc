"""From channels with times of their own to a Trace: for logs whose metrics do not share rows."""

from collections.abc import Sequence

import msgspec
import numpy as np
from msgspec import Struct

from app.engine.errors import UnreadableFile
from app.engine.messages import Message, message
from app.engine.model.quantities import State
from app.engine.model.traces import Clock, Device, Series, Trace
from app.engine.reading._columns import Spool, release
from app.engine.reading._series import make_series
from app.engine.reading._sources import Source
from app.engine.reading._times import MISSING

HOST = Device("host", "host")


class Channel(Struct, frozen=True):
    """One metric of one device: times (n,) int64 ns (since 1970 for an absolute or local clock), values (n,) float64, nan = missing."""

    metric: str
    unit: str
    device: Device
    times: np.ndarray
    values: np.ndarray
    state: State = "measured"


def trace_of_channels(
    source: Source,
    slug: str,
    channels: Sequence[Channel],
    clock: Clock,
    rows: int,
    *,
    skipped: dict[str, int],
    warnings: Sequence[Message] = (),
    environment: dict[str, str] | None = None,
) -> Trace:
    """Return the trace of a log. Raises UnreadableFile when no value is usable."""
    bounds = [_bounds(channel.times) for channel in channels]
    filled = [found for found in bounds if found is not None]
    if not filled:
        raise UnreadableFile("reading.no_samples", file=source.path)
    origin, end = min(least for least, _ in filled), max(most for _, most in filled)
    series = _series_of(source, channels, origin, skipped)
    if not series:
        raise UnreadableFile("reading.no_samples", file=source.path)
    told = list(warnings)
    snapshot = all(one.time_ns.size == 1 for one in series)
    if snapshot:
        told.append(message("reading.snapshot"))
    if clock == "local":
        told.append(message("reading.local_time"))
    used = {one.device for one in series}
    devices: dict[str, Device] = {}
    for channel in channels:
        if channel.device.id in used:
            known, found = devices.get(channel.device.id, channel.device), channel.device
            devices[found.id] = Device(found.id, found.kind, known.name or found.name, known.memory_gib or found.memory_gib)
    return Trace(
        files=(source.described(slug, rows=rows),),
        duration_ns=end - origin,
        start_ns=origin if clock in ("absolute", "local") else None,
        clock=clock,
        devices=tuple(devices.values()),
        series=tuple(series),
        skipped=skipped,
        warnings=tuple(told),
        environment=environment or {},
        is_snapshot=snapshot,
    )


def _bounds(times: np.ndarray) -> tuple[int, int] | None:
    known = times[times != MISSING]
    return (int(known.min()), int(known.max())) if known.size else None


def _series_of(source: Source, channels: Sequence[Channel], origin_ns: int, skipped: dict[str, int]) -> list[Series]:
    """Return the series from the origin on; big ones lie in a spool, and those that share their times go on sharing them."""
    spool = Spool()
    made: list[tuple[Series, int, int]] = []
    times = shifted = np.empty(0, np.int64)
    slot = -1
    for channel in channels:
        source.beat()
        if channel.times is not times:
            times, slot = channel.times, -1
            shifted = np.where(times == MISSING, MISSING, times - origin_ns)
        one = make_series(channel.metric, channel.device.id, channel.unit, shifted, channel.values, skipped, channel.state)
        if one is None:
            continue
        if one.time_ns is not shifted:
            place = spool.put(one.time_ns)
        else:
            place = slot = spool.put(shifted) if slot < 0 else slot
        nothing = np.empty(0)
        made.append((msgspec.structs.replace(one, time_ns=nothing, values=nothing), place, spool.put(one.values)))
        release(channel.times)
        release(channel.values)
    arrays = spool.arrays()
    return [msgspec.structs.replace(one, time_ns=arrays[time], values=arrays[values]) for one, time, values in made]
