"""Rows and channels of many chapters as those of one file: columns grow on the disk, devices are known by their ids."""

from collections.abc import Sequence

import msgspec
import numpy as np

from app.engine.messages import Message
from app.engine.model.traces import Clock, Device, Trace
from app.engine.reading._channels import Channel, ChannelsPart, same_device, trace_of_channels
from app.engine.reading._columns import Columns, Spool, release
from app.engine.reading._rows import Column, Rows, RowsPart, Settle, Told, trace_of_rows
from app.engine.reading._sources import Source

_TIME, _DEVICE = "#time", "#device"


class Joined:
    """Add the parts of the chapters in order, then ask for the trace."""

    def __init__(self) -> None:
        self.told = Told({}, [], {})
        self._rows = _JoinedRows()
        self._channels = _JoinedChannels()
        self._slug = ""

    def add(self, parts: Sequence[RowsPart | ChannelsPart]) -> None:
        """Take what a reader made of the next chapter."""
        for part in parts:
            self._slug = part.slug
            self._tell(part.told)
            if isinstance(part, RowsPart):
                self._rows.add(part.rows, part.settle)
            else:
                self._channels.add(part)

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing was added."""
        return not self._slug

    def trace(self, source: Source) -> Trace:
        """Return the trace of the whole file. Raises UnreadableFile where no value is usable."""
        more = {"skipped": self.told.skipped, "warnings": self.told.warnings, "environment": self.told.environment}
        if self._channels.clock is not None:
            return trace_of_channels(source, self._slug, self._channels.whole(source), self._channels.clock, self._channels.rows, **more)
        return trace_of_rows(source, self._slug, self._rows.whole(), settle=self._rows.settle, **more)

    def _tell(self, told: Told) -> None:
        for reason, count in told.skipped.items():
            self.told.skipped[reason] = self.told.skipped.get(reason, 0) + count
        self.warn(told.warnings)
        self.told.environment = told.environment | self.told.environment

    def warn(self, warnings: Sequence[Message]) -> None:
        """Tell each thing once."""
        for warning in warnings:
            if warning not in self.told.warnings:
                self.told.warnings.append(warning)


class _JoinedRows:
    def __init__(self) -> None:
        self.settle: Settle | None = None
        self._columns = Columns()
        self._kinds: dict[str, Column] = {}
        self._infos: dict[str, Device] = {}
        self._places: dict[str, int] = {}
        self._first: Rows | None = None
        self._timed: Rows | None = None
        self._count: int | None = None

    def add(self, rows: Rows, settle: Settle | None) -> None:
        self.settle = settle
        self._first = self._first or rows
        if self._timed is None and rows.times is not None:
            self._timed = rows
        for info in rows.infos:
            self._places.setdefault(info.id, len(self._places))
            self._infos[info.id] = same_device(self._infos.get(info.id, info), info)
        if rows.count is not None:
            self._count = (self._count or 0) + rows.count
        places = np.array([self._places[info.id] for info in rows.infos], np.int32)
        piece: dict[str, np.ndarray] = {_DEVICE: places[rows.devices]}
        if rows.times is not None:
            piece[_TIME] = rows.times
        for column in rows.columns:
            owner = None if column.owner is None else int(places[column.owner])
            key = f"{column.metric}|{column.field}|{column.state}|{column.unit}|{column.factor}|{owner}"
            self._kinds.setdefault(key, msgspec.structs.replace(column, values=np.empty(0), owner=owner))
            piece[key] = column.values.astype(np.float64, copy=False)
        self._columns.add(piece, rows.devices.size)

    def whole(self) -> Rows:
        assert self._first is not None
        timed = self._timed
        return Rows(
            self._columns.take(_TIME) if timed is not None else None,
            timed.clock if timed is not None else "synthetic",
            self._columns.take(_DEVICE),
            tuple(self._infos.values()),
            tuple(msgspec.structs.replace(column, values=self._columns.take(key)) for key, column in self._kinds.items()),
            self._count,
            timed.utc_offset_s if timed is not None else None,
            self._first.step_s,
        )


class _JoinedChannels:
    def __init__(self) -> None:
        self.clock: Clock | None = None
        self.rows = 0
        self._spool = Spool()
        self._parts: dict[tuple[str, ...], list[tuple[int, int]]] = {}
        self._kinds: dict[tuple[str, ...], Channel] = {}

    def add(self, part: ChannelsPart) -> None:
        self.clock = self.clock or part.clock
        self.rows += part.rows
        slots: dict[int, int] = {}
        for channel in part.channels:
            if id(channel.times) not in slots:
                slots[id(channel.times)] = self._spool.put(channel.times)
            key = (channel.metric, channel.device.id, channel.unit, channel.state)
            device = same_device(self._kinds[key].device if key in self._kinds else channel.device, channel.device)
            self._kinds[key] = msgspec.structs.replace(channel, device=device, times=np.empty(0), values=np.empty(0))
            self._parts.setdefault(key, []).append((slots[id(channel.times)], self._spool.put(channel.values)))

    def whole(self, source: Source) -> list[Channel]:
        pieces, spool = self._spool.arrays(), Spool()
        shared: dict[tuple[int, ...], int] = {}
        slots = []
        for key, parts in self._parts.items():
            source.beat()
            times = tuple(at for at, _ in parts)
            if times not in shared:
                shared[times] = spool.put(_chained([pieces[at] for at in times]))
            slots.append((self._kinds[key], shared[times], spool.put(_chained([pieces[at] for _, at in parts]))))
        arrays = spool.arrays()
        return [msgspec.structs.replace(one, times=arrays[times], values=arrays[values]) for one, times, values in slots]


def _chained(pieces: list[np.ndarray]) -> np.ndarray:
    whole = np.concatenate(pieces)
    for piece in pieces:
        release(piece)
    return whole
