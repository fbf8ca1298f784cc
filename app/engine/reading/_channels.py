"""From channels with times of their own to a Trace: for logs whose metrics do not share rows."""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct

from app.engine.errors import UnreadableFile
from app.engine.messages import Message, message
from app.engine.model.quantities import State
from app.engine.model.traces import Clock, Device, Series, Trace
from app.engine.reading._columns import Spool, release
from app.engine.reading._rows import Told
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


class ChannelsPart(Struct, frozen=True):
    """The channels of one chapter, as a reader gave them."""

    slug: str
    channels: Sequence[Channel]
    clock: Clock
    rows: int
    told: Told


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
    """Return the trace of a log, an empty one for a chapter, whose channels wait in `source.parts`.

    Raises UnreadableFile when no value is usable.
    """
    if source.parts is not None:
        source.parts.append(ChannelsPart(slug, channels, clock, rows, Told(skipped, list(warnings), environment or {})))
        return Trace((), 0)
    return _trace(source, slug, channels, clock, rows, Told(skipped, list(warnings), environment or {}))


def _trace(source: Source, slug: str, channels: Sequence[Channel], clock: Clock, rows: int, told: Told) -> Trace:
    bounds = [_bounds(times, source) for times in {id(channel.times): channel.times for channel in channels}.values()]
    filled = [found for found in bounds if found is not None]
    if not filled:
        raise UnreadableFile("reading.no_samples", file=source.path)
    origin, end = min(first for first, _ in filled), max(last for _, last in filled)
    series = _series(channels, origin, told.skipped, source)
    if not series:
        raise UnreadableFile("reading.no_samples", file=source.path)
    snapshot = all(one.time_ns.size == 1 for one in series)
    if snapshot:
        told.warnings.append(message("reading.snapshot"))
    if clock == "local":
        told.warnings.append(message("reading.local_time"))
    used = {one.device for one in series}
    devices: dict[str, Device] = {}
    for channel in channels:
        if channel.device.id in used:
            devices[channel.device.id] = same_device(devices.get(channel.device.id, channel.device), channel.device)
    return Trace(
        files=(source.described(slug, rows=rows),),
        duration_ns=end - origin,
        start_ns=origin if clock in ("absolute", "local") else None,
        clock=clock,
        devices=tuple(devices.values()),
        series=tuple(series),
        skipped=told.skipped,
        warnings=tuple(told.warnings),
        environment=told.environment,
        is_snapshot=snapshot,
    )


def same_device(known: Device, found: Device) -> Device:
    """Return what both say of one device; of two sizes the larger."""
    sizes = [one.memory_gib for one in (known, found) if one.memory_gib]
    return Device(found.id, found.kind, known.name or found.name, max(sizes) if sizes else None)


def _bounds(times: np.ndarray, source: Source) -> tuple[int, int] | None:
    source.beat()
    known = times[times != MISSING]
    release(times)
    return (int(known.min()), int(known.max())) if known.size else None


def _series(channels: Sequence[Channel], origin: int, skipped: dict[str, int], source: Source) -> list[Series]:
    """Return the series; times that several share are held once, and big ones lie in a mapped file."""
    spool, slots = Spool(), {}
    found: list[tuple[Channel, int, int]] = []
    for channel in channels:
        source.beat()
        shifted = np.where(channel.times == MISSING, MISSING, channel.times - origin)
        one = make_series(channel.metric, channel.device.id, channel.unit, shifted, channel.values, skipped, channel.state)
        release(channel.times)
        release(channel.values)
        if one is not None:
            if id(channel.times) not in slots:
                slots[id(channel.times)] = spool.put(one.time_ns)
            found.append((channel, slots[id(channel.times)], spool.put(one.values)))
    arrays = spool.arrays()
    return [Series(one.metric, one.device.id, one.unit, arrays[times], arrays[values], one.state) for one, times, values in found]
