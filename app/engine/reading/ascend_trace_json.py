"""Ascend's timelines as Chrome JSON: torch_npu's trace_view.json, msprof_*.json, task_time_*.json, hccl_*.json.

A bare list; ts is a text in µs with more digits than a float holds; what a row is stands in the metadata: the process "Ascend Hardware"
is the NPU, "HCCL" or "Communication" its collectives, "CANN" the runtime; "Overlap Analysis" repeats the others as sums.
"""

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from app.engine.messages import message
from app.engine.model.traces import Events, Trace
from app.engine.progress import Progress, part_of
from app.engine.reading._ascend import MICROSECOND, category_of
from app.engine.reading._chrome_json import EventFile, Number, utf8_pieces
from app.engine.reading._event_order import Beat
from app.engine.reading._event_rows import Coded, EventRows
from app.engine.reading._profiler_trace import MOST_NS, durations, microseconds_of, nanoseconds, trace_of_events, whole_numbers
from app.engine.reading._sources import Source
from app.engine.reading._sysstat import count_skipped

SLUG = "ascend-trace-json"
_MARKS = re.compile(
    rb'"(?:Ascend Hardware|AscendHardware|CANN|HCCL|Overlap Analysis)"|"name"\s*:\s*"AscendCL@|"transport type"\s*:|"cat"\s*:\s*"async_npu"'
    rb'|"ts"\s*:\s*"\d'  # a stamp as text: torch_npu alone does that
)
_LIST = re.compile(rb'^\s*(?:\{\s*"traceEvents"\s*:\s*)?\[')
NPU, LINKS = re.compile(r"ascend ?hardware", re.I), re.compile(r"hccl|communication", re.I)
SUMS = re.compile(r"overlap analysis", re.I)
_WHOLE = re.compile(r"^Iteration|^FP_BP|^Reduce_\d|^Data_aug")


class Args(msgspec.Struct, gc=False):
    """The arguments that tell us something."""

    name: str | None = None
    labels: str | None = None
    size: Number = msgspec.field(default=None, name="size(Byte)")
    task_type: str | None = msgspec.field(default=None, name="Task Type")


class Event(msgspec.Struct, gc=False):
    """One event as it stands in the file; ts and dur in µs."""

    ph: str = ""
    name: str | None = ""
    cat: str | None = ""
    pid: Number = None
    tid: Number = None
    ts: Number = None
    dur: Number = None
    args: Args | None = None


_NO_ARGS = Args()


class AscendTraceJson:
    """The reader."""

    slug = SLUG
    label = "Ascend trace_view / msprof JSON"
    priority = 25

    def recognises(self, head: bytes) -> bool:
        """A list of events that names an NPU's processes or calls."""
        return _LIST.match(head) is not None and _MARKS.search(head) is not None and b'"ph"' in head

    def read(self, source: Source, progress: Progress) -> Trace:
        """Read every event with a duration; sums are left out, the others are counted."""
        progress(0.0, "reading.doing.reading")
        file, timeline = EventFile(source, Event, utf8_pieces(source)), Timeline(source.beat)
        for batch in file.batches(part_of(progress, 0.0, 0.8)):
            timeline.add(batch)
        progress(0.8, "reading.doing.ordering")
        origin, events = timeline.events()
        skipped, warnings = timeline.skipped, list(file.warnings)
        count_skipped(skipped, "skipped.damaged_event", file.damaged)
        if len(events) and not set(events.categories) & {"kernel", "collective", "memcpy"}:
            warnings.append(message("reading.cpu_only"))
        return trace_of_events(source, SLUG, events, timeline.total, origin_ns=origin, skipped=skipped, warnings=warnings)


READER = AscendTraceJson()


class _Kind(NamedTuple):
    """What the category and device of an event follow from, together with what is told of its process anywhere in the file."""

    name: str
    pid: object
    cat: str
    is_task: bool
    task_type: str


class Timeline:
    """Collects batches of events; `events` then gives the whole. skipped counts those without a duration, total all."""

    def __init__(self, beat: Beat) -> None:
        self.total = 0
        self.skipped: dict[str, int] = {}
        self._rows = EventRows(beat)
        self._processes: dict[object, str] = {}
        self._labels: dict[object, str] = {}
        self._kinds: dict[_Kind, int] = {}
        self._timeless: Counter[_Kind] = Counter()

    def add(self, batch: Sequence[Event]) -> None:
        """Take one batch in."""
        self.total += len(batch)
        timed = [event for event in batch if event.ph == "X"]
        if len(timed) < len(batch):
            self._take_others([event for event in batch if event.ph != "X"])
        start, duration = _stamps([event.ts for event in timed]), _durations([event.dur for event in timed])
        good = (start >= 0) & (duration >= 0)
        if not good.all():
            self._timeless.update(_kind(event) for event, is_good in zip(timed, good.tolist(), strict=True) if not is_good)
            timed = [event for event, is_good in zip(timed, good.tolist(), strict=True) if is_good]
            start, duration = start[good], duration[good]
        kinds = self._kinds
        self._rows.add(
            start,
            duration,
            name=np.array([kinds.setdefault(_kind(event), len(kinds)) for event in timed], np.int32),
            stream=np.array([event.tid if isinstance(event.tid, int) and abs(event.tid) < 2**62 else -1 for event in timed], np.int64),
            bytes=np.array([_size(event) for event in timed], np.int64),
        )

    def events(self) -> tuple[int, Events]:
        """Return the first start in ns and all events but the sums."""
        is_sum = np.array([self._is_sum(kind) for kind in self._kinds], bool)
        before, rows = len(self._rows), self._rows.without("name", is_sum) if is_sum.any() else self._rows
        sums = sum(count for kind, count in self._timeless.items() if self._is_sum(kind))
        count_skipped(self.skipped, "skipped.span", before - len(rows) + sums)
        count_skipped(self.skipped, "skipped.no_duration", self._timeless.total() - sums)
        names: dict[str, int] = {}
        categories: dict[str, int] = {}
        devices: dict[str, int] = {}
        codes = np.zeros((3, len(self._kinds)), np.int32)
        for kind, code in self._kinds.items():
            if not is_sum[code]:
                category, device = self._described(kind)
                codes[0, code] = names.setdefault(kind.name, len(names))
                codes[1, code] = categories.setdefault(category, len(categories))
                codes[2, code] = devices.setdefault(device, len(devices))
        told = (Coded(words, ("name",), of_kind.take) for words, of_kind in zip((names, categories, devices), codes, strict=True))
        origin = rows.first_ns or 0
        return origin, rows.events(origin, *told)

    def _take_others(self, events: Sequence[Event]) -> None:
        """Take what is told of processes, and count what has no duration."""
        for event in events:
            if event.ph == "M" and event.args is not None:
                if event.name == "process_name" and event.args.name:
                    self._processes.setdefault(event.pid, event.args.name)
                elif event.name == "process_labels" and event.args.labels:
                    self._labels.setdefault(event.pid, event.args.labels)
        for phase, count in Counter(event.ph for event in events).items():
            reason = "metadata" if phase == "M" else "flow" if phase in ("s", "f", "t") else "no_duration"
            count_skipped(self.skipped, f"skipped.{reason}", count)

    def _is_sum(self, kind: _Kind) -> bool:
        return bool(SUMS.search(self._processes.get(kind.pid, "")) or _WHOLE.match(kind.name))

    def _described(self, kind: _Kind) -> tuple[str, str]:
        """Return our category of an event and its device."""
        process = self._processes.get(kind.pid, "")
        digits = re.search(r"\d+", self._labels.get(kind.pid, ""))
        device = digits[0] if digits else "0"
        if LINKS.search(process):
            # a collective stands above the tasks that it is made of: only it counts, the tasks are told as "other"
            return ("other" if kind.is_task else "collective"), device
        if NPU.search(process):
            return category_of(kind.name, kind.task_type), device
        if kind.cat in ("cpu_op", "enqueue", "dequeue"):
            return ("cpu_op" if kind.cat == "cpu_op" else "runtime"), "host"
        return ("runtime" if process == "CANN" else "python" if kind.cat == "python_function" else "other"), "host"


def _kind(event: Event) -> _Kind:
    args = event.args or _NO_ARGS
    return _Kind(event.name or "", event.pid, event.cat or "", args.size is not None, args.task_type or "")


def _stamps(values: list[Number]) -> np.ndarray:
    """Return (n,) int64 ns of stamps in µs, exact to the ns; -1 where there is none."""
    import pandas as pd

    texts = [f"{value:.3f}" if isinstance(value, float) else str(value) for value in values]
    fast = microseconds_of(texts)
    return nanoseconds(pd.Series(texts, dtype=object), MICROSECOND) if fast is None else fast


def _durations(values: list[Number]) -> np.ndarray:
    """Return (n,) int64 ns of durations in µs; -1 where there is none."""
    import pandas as pd

    if any(isinstance(value, str) or value is None for value in values):
        return durations(pd.Series([str(value) for value in values], dtype=object), MICROSECOND)
    numbers = np.array(values, np.float64) * 10.0**MICROSECOND
    return whole_numbers(np.where((numbers >= 0) & (numbers < MOST_NS), numbers, np.nan))


def _size(event: Event) -> int:
    size = event.args.size if event.args is not None else None
    return int(size) if isinstance(size, int | float) and 0 <= size < 2**62 else -1
