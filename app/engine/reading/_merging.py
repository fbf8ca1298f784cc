"""Several files of one run on one time axis.

Where each file lies is decided in _alignment.py. A device of the same id is the same device, unless two files of one format tell the same
metric of it at the same time: then they come from different ranks or hosts, whose name goes in front (_hosts.py).
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType

import msgspec
import numpy as np

from app.engine.messages import Message
from app.engine.model.traces import Device, Events, Series, Trace
from app.engine.progress import Progress, no_progress
from app.engine.reading._alignment import common_axis
from app.engine.reading._columns import Spool
from app.engine.reading._hosts import prefixes_of

NO_OFFSETS: Mapping[str, int] = MappingProxyType({})


def merge_traces(traces: Sequence[Trace], offsets_ns: Mapping[str, int] = NO_OFFSETS, progress: Progress = no_progress) -> Trace | None:
    """Return one run made of all traces, None for none.

    offsets_ns  file name -> ns that the user adds to the times of that file
    """
    if len(traces) < 2:
        return traces[0] if traces else None
    progress(0.0, "reading.doing.aligning")
    prefixes, told = prefixes_of(traces)
    axis = common_axis(traces, offsets_ns)
    shifts = axis.starts
    warnings = [*(warning for trace in traces for warning in trace.warnings), *told, *axis.warnings]
    beat = partial(progress, 0.5, "reading.doing.aligning")
    series: list[Series] = []
    skipped: Counter[str] = Counter()
    for trace, prefix, shift in zip(traces, prefixes, shifts, strict=True):
        beat()
        series += _moved(trace.series, shift, prefix)
        skipped.update(trace.skipped)
    return Trace(
        files=tuple(file for trace in traces for file in trace.files),
        duration_ns=max(trace.duration_ns + shift for trace, shift in zip(traces, shifts, strict=True)),
        start_ns=axis.start_ns,
        clock=axis.clock,
        devices=_devices(traces, prefixes),
        series=tuple(_joined(series, beat)),
        events=_joined_events(traces, shifts, prefixes, beat),
        skipped=dict(skipped),
        warnings=tuple(_distinct(warnings)),
        environment={name: value for trace in reversed(traces) for name, value in trace.environment.items()},
        is_snapshot=all(trace.is_snapshot for trace in traces),
        utc_offset_s=next((trace.utc_offset_s for trace in traces if trace.utc_offset_s is not None), None),
        alignments=axis.alignments,
    )


def _distinct(warnings: list[Message]) -> list[Message]:
    return list({msgspec.json.encode(warning): warning for warning in warnings}.values())


def _devices(traces: Sequence[Trace], prefixes: Sequence[str]) -> tuple[Device, ...]:
    """Return the devices of all traces by id; what one file does not tell of a device another may."""
    found: dict[str, Device] = {}
    for trace, prefix in zip(traces, prefixes, strict=True):
        for device in trace.devices:
            named = msgspec.structs.replace(device, id=prefix + device.id)
            known = found.get(named.id, named)
            found[named.id] = msgspec.structs.replace(known, name=known.name or named.name, memory_gib=known.memory_gib or named.memory_gib)
    return tuple(sorted(found.values(), key=lambda device: device.id))


def _moved(series: Sequence[Series], shift_ns: int, prefix: str) -> list[Series]:
    """Return the series later by `shift_ns`; times that several share stay shared, big ones lie in a spool."""
    if not shift_ns and not prefix:
        return list(series)
    if not shift_ns:
        return [msgspec.structs.replace(one, device=prefix + one.device) for one in series]
    spool = Spool()
    slots: dict[int, int] = {}
    for one in series:
        if id(one.time_ns) not in slots:
            slots[id(one.time_ns)] = spool.put(one.time_ns + shift_ns)
    times = spool.arrays()
    return [msgspec.structs.replace(one, device=prefix + one.device, time_ns=times[slots[id(one.time_ns)]]) for one in series]


def _joined(series: list[Series], beat: Callable[[], None]) -> list[Series]:
    """Join parts of one channel; a part of worse state or a doubled time gives way."""
    groups: dict[tuple[str, str], list[Series]] = {}
    for one in series:
        groups.setdefault((one.device, one.metric), []).append(one)
    joined = []
    for parts in groups.values():
        if len(parts) == 1:
            joined += parts
            continue
        beat()
        measured = [one for one in parts if one.state == "measured"] or parts
        time_ns = np.concatenate([one.time_ns for one in measured])
        values = np.concatenate([one.values for one in measured])
        time_ns, first = np.unique(time_ns, return_index=True) if len(measured) > 1 else (time_ns, np.arange(time_ns.size))
        joined.append(msgspec.structs.replace(measured[0], time_ns=time_ns, values=values[first]))
    return joined


def _joined_events(traces: Sequence[Trace], shifts: list[int], prefixes: list[str], beat: Callable[[], None]) -> Events | None:
    found = [
        (trace.events, shift, prefix) for trace, shift, prefix in zip(traces, shifts, prefixes, strict=True) if trace.events is not None
    ]
    if not found:
        return None
    if len(found) == 1:
        events, shift, prefix = found[0]
        start_ns = events.start_ns + shift if shift else events.start_ns
        return msgspec.structs.replace(events, start_ns=start_ns, devices=tuple(prefix + one for one in events.devices))
    every = [events for events, _, _ in found]
    order = np.argsort(np.concatenate([events.start_ns + shift for events, shift, _ in found]), kind="stable")
    spool = Spool()

    def put(columns: Sequence[np.ndarray]) -> None:
        beat()
        spool.put(np.concatenate(columns)[order])

    words = {}
    for table, codes in (("names", "name"), ("categories", "category"), ("devices", "device"), ("shapes", "shape")):
        known: dict[str, int] = {}
        put([_renumbered(known, events, table, codes, prefix) for events, _, prefix in found])
        words[table] = tuple(known)
    put([events.start_ns + shift for events, shift, _ in found])
    put(_apart([events.correlation for events in every]))
    for column in ("stream", "duration_ns", "bytes"):
        put([getattr(events, column) for events in every])
    name, category, device, shape, start_ns, correlation, stream, duration_ns, size = spool.arrays()
    return Events(
        **words,
        name=name,
        category=category,
        device=device,
        stream=stream,
        start_ns=start_ns,
        duration_ns=duration_ns,
        correlation=correlation,
        shape=shape,
        bytes=size,
    )


def _renumbered(known: dict[str, int], events: Events, table: str, codes: str, prefix: str) -> np.ndarray:
    """Return the codes of one file as indices into `known`, which takes in its words; -1 stays -1."""
    words = [prefix + one for one in events.devices] if table == "devices" else getattr(events, table)
    numbers = np.array([*(known.setdefault(word, len(known)) for word in words), -1], np.int32)
    return numbers[getattr(events, codes)]


def _apart(correlations: list[np.ndarray]) -> list[np.ndarray]:
    """Return correlation ids that differ from file to file: each profiler counts from 1."""
    moved, base = [], 0
    for ids in correlations:
        highest = int(ids.max(initial=-1))
        if base + highest > np.iinfo(np.int64).max - 1:
            return correlations
        moved.append(np.where(ids >= 0, ids + base, -1))
        base += highest + 1
    return moved
