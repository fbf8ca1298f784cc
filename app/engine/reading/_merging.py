"""Several files of one run on one time axis.

Files with a calendar time keep it; one without is put at the start, with a warning. A device of the same id is the same device, unless two
files of one format tell the same metric of it at the same time: then the files come from different hosts, whose devices get the host's
number in front.
"""

from collections.abc import Sequence

import msgspec
import numpy as np

from app.engine.messages import Message, message
from app.engine.model.traces import Device, Events, Series, Trace


def merge_traces(traces: Sequence[Trace]) -> Trace | None:
    """Return one run made of all traces, None for none."""
    if len(traces) < 2:
        return traces[0] if traces else None
    dated = [trace.start_ns for trace in traces if trace.start_ns is not None]
    origin = min(dated) if dated else None
    warnings = [warning for trace in traces for warning in trace.warnings]
    prefixes = _prefixes(traces)
    if any(prefixes):
        warnings.append(message("reading.hosts_split", count=sum(map(bool, prefixes))))
    series: list[Series] = []
    devices: dict[str, Device] = {}
    skipped: dict[str, int] = {}
    shifts = []
    for trace, prefix in zip(traces, prefixes, strict=True):
        shifts.append(trace.start_ns - origin if trace.start_ns is not None and origin is not None else 0)
        if dated and trace.start_ns is None:
            warnings.append(message("reading.mixed_clocks", file=trace.files[0].name))
        series += [_moved(one, shifts[-1], prefix) for one in trace.series]
        for device in trace.devices:
            named = msgspec.structs.replace(device, id=prefix + device.id)
            known = devices.get(named.id, named)
            devices[named.id] = msgspec.structs.replace(
                known, name=known.name or named.name, memory_gib=known.memory_gib or named.memory_gib
            )
        for reason, count in trace.skipped.items():
            skipped[reason] = skipped.get(reason, 0) + count
    clocks = {trace.clock for trace in traces if trace.start_ns is not None}
    return Trace(
        files=tuple(file for trace in traces for file in trace.files),
        duration_ns=max(trace.duration_ns + shift for trace, shift in zip(traces, shifts, strict=True)),
        start_ns=origin,
        clock="local" if "local" in clocks else "absolute" if clocks else traces[0].clock,
        devices=tuple(sorted(devices.values(), key=lambda device: device.id)),
        series=tuple(_joined(series)),
        events=_joined_events(traces, shifts, prefixes),
        skipped=skipped,
        warnings=tuple(_distinct(warnings)),
        environment={name: value for trace in reversed(traces) for name, value in trace.environment.items()},
        is_snapshot=all(trace.is_snapshot for trace in traces),
    )


def _distinct(warnings: list[Message]) -> list[Message]:
    return [warning for number, warning in enumerate(warnings) if warning not in warnings[:number]]


def _prefixes(traces: Sequence[Trace]) -> list[str]:
    """Return what stands before the device ids of each trace: "" unless it overlaps another of its format."""
    split = [False] * len(traces)
    for first, one in enumerate(traces):
        for second, other in enumerate(traces[first + 1 :], first + 1):
            if one.files[0].format == other.files[0].format and _channels(one) & _channels(other) and _overlap(one, other):
                split[first] = split[second] = True
    return [f"node{number}:" if apart else "" for number, apart in enumerate(split)]


def _channels(trace: Trace) -> set[tuple[str, str]]:
    events = {(device, "events") for device in trace.events.devices} if trace.events is not None else set()
    return {(one.device, one.metric) for one in trace.series} | events


def _overlap(one: Trace, other: Trace) -> bool:
    if one.start_ns is None or other.start_ns is None:
        return True
    return one.start_ns <= other.start_ns + other.duration_ns and other.start_ns <= one.start_ns + one.duration_ns


def _moved(series: Series, shift_ns: int, prefix: str) -> Series:
    return msgspec.structs.replace(series, device=prefix + series.device, time_ns=series.time_ns + shift_ns)


def _joined(series: list[Series]) -> list[Series]:
    """Join parts of one channel; a part of worse state or a doubled time gives way."""
    groups: dict[tuple[str, str], list[Series]] = {}
    for one in series:
        groups.setdefault((one.device, one.metric), []).append(one)
    joined = []
    for parts in groups.values():
        measured = [one for one in parts if one.state == "measured"] or parts
        time_ns = np.concatenate([one.time_ns for one in measured])
        values = np.concatenate([one.values for one in measured])
        time_ns, first = np.unique(time_ns, return_index=True) if len(measured) > 1 else (time_ns, np.arange(time_ns.size))
        joined.append(msgspec.structs.replace(measured[0], time_ns=time_ns, values=values[first]))
    return joined


def _joined_events(traces: Sequence[Trace], shifts: list[int], prefixes: list[str]) -> Events | None:
    found = [
        (trace.events, shift, prefix) for trace, shift, prefix in zip(traces, shifts, prefixes, strict=True) if trace.events is not None
    ]
    if not found:
        return None
    if len(found) == 1:
        events, shift, prefix = found[0]
        return msgspec.structs.replace(events, start_ns=events.start_ns + shift, devices=tuple(prefix + one for one in events.devices))
    tables: dict[str, dict[str, int]] = {"names": {}, "categories": {}, "devices": {}, "shapes": {}}

    def renumber(words: Sequence[str], table: str, codes: np.ndarray) -> np.ndarray:
        known = tables[table]
        numbers = np.array([known.setdefault(word, len(known)) for word in words] + [-1], np.int32)
        return numbers[codes]  # a code of -1 takes the last: -1

    parts = []
    for events, shift, prefix in found:
        devices = [prefix + one for one in events.devices]
        parts.append(
            (
                renumber(events.names, "names", events.name),
                renumber(events.categories, "categories", events.category),
                renumber(devices, "devices", events.device),
                events.stream,
                events.start_ns + shift,
                events.duration_ns,
                events.correlation,
                renumber(events.shapes, "shapes", events.shape),
                events.bytes,
            )
        )
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    order = np.argsort(columns[4], kind="stable")
    name, category, device, stream, start_ns, duration_ns, correlation, shape, size = (column[order] for column in columns)
    return Events(
        names=tuple(tables["names"]),
        categories=tuple(tables["categories"]),
        devices=tuple(tables["devices"]),
        shapes=tuple(tables["shapes"]),
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
