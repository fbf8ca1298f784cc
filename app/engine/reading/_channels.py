"""From channels with times of their own to a Trace: for logs whose metrics do not share rows."""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct

from app.engine.errors import UnreadableFile
from app.engine.messages import Message, message
from app.engine.model.quantities import State
from app.engine.model.traces import Clock, Device, Trace
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
    known = [channel.times[channel.times != MISSING] for channel in channels]
    filled = [times for times in known if times.size]
    if not filled:
        raise UnreadableFile("reading.no_samples", file=source.path)
    origin, end = min(int(times.min()) for times in filled), max(int(times.max()) for times in filled)
    series = []
    for channel in channels:
        shifted = np.where(channel.times == MISSING, MISSING, channel.times - origin)
        one = make_series(channel.metric, channel.device.id, channel.unit, shifted, channel.values, skipped, channel.state)
        if one is not None:
            series.append(one)
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
