"""Where each file of a run lies on the run's time axis.

In this order: an offset that the user gave; the file's own calendar time; local time with a zone (stated by a file of the run, else this
machine's, else the one zone that makes the files overlap); agreement of a metric with a placed file; else the start of the run, with a
warning.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from app.engine.messages import Message, has_entry, message
from app.engine.model.traces import CAPTURE, Alignment, Clock, Trace
from app.engine.reading._correlation import SURE, best_agreement

HOUR_NS = 3600 * 10**9
ZONES_S = tuple(range(-12 * 3600, 14 * 3600 + 1, 1800))
ASSUMED, GUESSED = 0.8, 0.5
"""Confidence in this machine's zone, and in one that merely makes the files meet."""
LATEST_NS = 4_102_444_800 * 10**9
"""Midnight of 2100."""


class Axis(NamedTuple):
    """starts: ns of each trace's origin from the run's; start_ns: the run's origin on the calendar, None without one."""

    starts: list[int]
    start_ns: int | None
    clock: Clock
    alignments: tuple[Alignment, ...]
    warnings: list[Message]


def common_axis(traces: Sequence[Trace], offsets_ns: Mapping[str, int]) -> Axis:
    """Return where the traces lie. offsets_ns: file name -> ns that the user adds to that file's own times."""
    warnings: list[Message] = []
    zone, zone_confidence = _zone(traces, warnings)
    has_absolute = any(_is_absolute(trace) for trace in traces)
    dated = [_calendar(trace, zone) for trace in traces]
    known = [start for start in dated if start is not None]
    offsets_ns = {name: max(-LATEST_NS, min(LATEST_NS, offset)) for name, offset in offsets_ns.items()}
    origin = min(known) if known else None
    placed: dict[int, int] = {}
    aligned: dict[int, Alignment] = {}
    for number, (trace, start) in enumerate(zip(traces, dated, strict=True)):
        name, given = trace.files[0].name, offsets_ns.get(trace.files[0].name)
        if given is not None:
            placed[number] = (start - origin if start is not None and origin is not None else 0) + given
            if trace.clock == "local" and has_absolute:  # counted from the file's own, local times
                placed[number] += zone * 10**9
            aligned[number] = Alignment(name, given, "manual")
            warnings.append(message("reading.aligned_by_hand", file=name, offset_s=round(given / 1e9, 3)))
        elif start is not None and origin is not None:
            placed[number] = start - origin
            moved = trace.clock == "local" and has_absolute
            aligned[number] = Alignment(name, -zone * 10**9, "zone", zone_confidence) if moved else Alignment(name, 0, "absolute")
    _place_the_rest(traces, placed, aligned, warnings)
    first = min(placed.values())  # an offset may have moved a file before all others
    clock: Clock = "absolute" if has_absolute else "local" if known else traces[0].clock
    return Axis(
        [placed[number] - first for number in range(len(traces))],
        origin + first if origin is not None else None,
        clock,
        tuple(aligned[number] for number in range(len(traces))),
        warnings,
    )


def _place_the_rest(traces: Sequence[Trace], placed: dict[int, int], aligned: dict[int, Alignment], warnings: list[Message]) -> None:
    if not placed:  # nobody has a calendar time: the first file is the axis
        placed[0], aligned[0] = 0, Alignment(traces[0].files[0].name, 0, "absolute")
    anchors = list(placed)
    for number, trace in enumerate(traces):
        if number in placed:
            continue
        name = trace.files[0].name
        found = [(one, anchor) for anchor in anchors if (one := best_agreement(traces[anchor], trace)) is not None]
        best, anchor = max(found, key=lambda pair: pair[0].confidence, default=(None, 0))
        if best is not None and best.confidence >= SURE:
            placed[number] = placed[anchor] + best.offset_ns
            aligned[number] = Alignment(name, placed[number], "correlated", round(best.confidence, 3))
            named = f"proposing.metric.{best.metric}"
            metric = message(named) if has_entry(named, "zh") else best.metric
            offset_s, confidence = round(placed[number] / 1e9, 3), round(best.confidence, 2)
            warnings.append(message("reading.aligned", file=name, metric=metric, offset_s=offset_s, confidence=confidence))
        else:
            placed[number] = 0
            aligned[number] = Alignment(name, 0, "start", 0.0)
            warnings.append(message("reading.mixed_clocks", file=name))


def _is_absolute(trace: Trace) -> bool:
    return trace.start_ns is not None and trace.clock != "local"


def _calendar(trace: Trace, zone_s: int) -> int | None:
    if trace.start_ns is None or not 0 <= trace.start_ns < LATEST_NS or trace.duration_ns >= LATEST_NS:
        return None  # a clock of the next century is no clock, and its times would not fit 64 bits
    return trace.start_ns - zone_s * 10**9 if trace.clock == "local" else trace.start_ns


def _zone(traces: Sequence[Trace], warnings: list[Message]) -> tuple[int, float]:
    """Return the zone of the local times in s east of Greenwich and the confidence; 0 where local and absolute times do not meet."""
    local = [trace for trace in traces if trace.start_ns is not None and trace.clock == "local"]
    absolute = [trace for trace in traces if _is_absolute(trace)]
    if not local or not absolute:
        return 0, 1.0
    told = next((trace for trace in absolute if trace.utc_offset_s or CAPTURE in trace.environment), None)  # 0 is most often a mere "Z"
    if told is not None and told.utc_offset_s is not None:
        warnings.append(message("reading.zone_known", zone=_shown(told.utc_offset_s), file=told.files[0].name))
        return told.utc_offset_s, 1.0
    here = _here(local[0].start_ns or 0)
    best = here if _overlap(local, absolute, here) else max(ZONES_S, key=lambda zone: (_overlap(local, absolute, zone), zone % 3600 == 0))
    if not _overlap(local, absolute, best):
        best = here
    warnings.append(message("reading.zone_assumed" if best == here else "reading.zone_guessed", zone=_shown(best)))
    return best, ASSUMED if best == here else GUESSED


def _here(local_ns: int) -> int:
    """Return this machine's zone at a local time."""
    try:
        local = datetime.fromtimestamp(local_ns / 1e9, UTC).replace(tzinfo=None)
        offset = local.astimezone().utcoffset()
    except (OverflowError, OSError, ValueError):
        return 0
    return int(offset.total_seconds()) if offset is not None else 0


def _overlap(local: Sequence[Trace], absolute: Sequence[Trace], zone_s: int) -> int:
    """Return the ns that local traces lie within absolute ones (1 at least where they touch)."""
    total = 0
    for one in local:
        start = (one.start_ns or 0) - zone_s * 10**9
        for other in absolute:
            begin = other.start_ns or 0
            shared = min(start + one.duration_ns, begin + other.duration_ns) - max(start, begin)
            total += max(shared + 1, 0)
    return total


def _shown(zone_s: int) -> str:
    sign, minutes = "-" if zone_s < 0 else "+", abs(zone_s) // 60
    return f"{sign}{minutes // 60}" + (f":{minutes % 60:02d}" if minutes % 60 else "")
