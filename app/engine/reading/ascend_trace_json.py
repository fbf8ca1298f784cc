"""Ascend's timelines as Chrome JSON: torch_npu's trace_view.json, msprof_*.json, task_time_*.json, hccl_*.json.

A bare list; ts is a text in µs with more digits than a float holds; what a row is stands in the metadata: the process "Ascend Hardware"
is the NPU, "HCCL" or "Communication" its collectives, "CANN" the runtime; "Overlap Analysis" repeats the others as sums.
"""

import re
from collections.abc import Iterator, Sequence

import msgspec
import numpy as np

from app.engine.errors import UnreadableFile
from app.engine.messages import Message, message
from app.engine.model.traces import Trace
from app.engine.progress import Progress
from app.engine.reading._ascend import MICROSECOND, category_of
from app.engine.reading._event_table import make_events
from app.engine.reading._profiler_trace import durations, nanoseconds, trace_of_events
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


class _Args(msgspec.Struct, gc=False):
    name: str | None = None
    labels: str | None = None
    size: float | str | None = msgspec.field(default=None, name="size(Byte)")
    task_type: str | None = msgspec.field(default=None, name="Task Type")


class _Event(msgspec.Struct, gc=False):
    ph: str = ""
    name: str | None = ""
    cat: str | None = ""
    pid: int | str | float | None = None
    tid: int | str | float | None = None
    ts: str | float | int | None = None
    dur: float | str | int | None = None
    args: _Args | None = None


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
        text = source.text_bytes()
        warnings: list[Message] = []
        progress(0.2, "reading.doing.parsing")
        events = _decoded(source, text, warnings)
        del text
        progress(0.7, "reading.doing.ordering")
        return _trace(source, events, warnings)


READER = AscendTraceJson()
_BETWEEN = re.compile(rb"\}(?=\s*,\s*\{)")
_TOO_DEEP = 500


def _decoded(source: Source, text: bytes, warnings: list[Message]) -> list[_Event]:
    """Return the events; of a file that breaks off, those before the break."""
    body = text[text.index(b"[") :]
    for attempt in (body, _without_tail(body)):
        events = _listed(attempt)
        if events is not None:
            return events
    for cut in _cuts(body):
        events = _listed(body[:cut] + b"]")
        if events is not None:
            warnings.append(message("reading.broke_off", events=len(events)))
            return events
    raise UnreadableFile("reading.json_broken", file=source.path, detail="JSON")


def _cuts(body: bytes) -> Iterator[int]:
    """Yield where to cut a damaged list, the nearest before the damage first; an attempt reads the whole, so they are few."""
    try:
        msgspec.json.decode(body)
        return
    except RecursionError:
        end = body.find(b"[" * _TOO_DEEP)
    except msgspec.DecodeError as error:
        place = re.search(r"byte (\d+)", str(error))
        end = int(place[1]) if place is not None else len(body)
    for window in (2**16, 2**16, 2**20, 2**22):
        found = [one.start() + 1 for one in _BETWEEN.finditer(body, max(0, end - window), max(end, 0))]
        if not found:
            return
        yield found[-1]
        end = found[0] if len(found) == 1 else found[-1]


def _listed(body: bytes) -> list[_Event] | None:
    """Return the events of a whole list, None where it is no JSON."""
    try:
        return msgspec.json.decode(body, type=list[_Event])
    except (msgspec.DecodeError, RecursionError):
        pass
    try:
        raw = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return None
    return [event for event in map(_lenient, raw) if event is not None]


def _without_tail(body: bytes) -> bytes:
    """Return the list alone: an object may go on behind it, a comma or the closing bracket may be missing."""
    end = body.rfind(b"]")
    cut = body[: end + 1] if end > 0 else body
    return re.sub(rb",\s*\]$", b"]", cut) if end > 0 else body.rstrip().rstrip(b",") + b"]"


def _lenient(raw: object) -> _Event | None:
    if not isinstance(raw, dict):
        return None
    args = raw.get("args")
    kept = {key: value for key, value in args.items() if isinstance(value, str | int | float)} if isinstance(args, dict) else {}
    fields = {key: value for key, value in raw.items() if isinstance(value, str | int | float) and key != "args"}
    try:
        return msgspec.convert({**fields, "args": kept}, type=_Event, strict=False)
    except (msgspec.ValidationError, OverflowError):
        return _Event(ph=str(fields.get("ph", "")))


def _trace(source: Source, events: Sequence[_Event], warnings: list[Message]) -> Trace:
    import pandas as pd

    processes: dict[object, str] = {}
    labels: dict[object, str] = {}
    for event in events:
        if event.ph == "M" and event.args is not None:
            if event.name == "process_name" and event.args.name:
                processes.setdefault(event.pid, event.args.name)
            elif event.name == "process_labels" and event.args.labels:
                labels.setdefault(event.pid, event.args.labels)
    skipped: dict[str, int] = {}
    timed = [event for event in events if event.ph == "X"]
    for reason, phases in (("metadata", "M"), ("flow", "sft")):
        count_skipped(skipped, f"skipped.{reason}", sum(event.ph in phases for event in events if event.ph))
    count_skipped(skipped, "skipped.no_duration", len(events) - len(timed) - sum(skipped.values()))
    sums = [event for event in timed if _is_sum(event, processes)]
    count_skipped(skipped, "skipped.span", len(sums))
    timed = [event for event in timed if not _is_sum(event, processes)]
    start = nanoseconds(pd.Series([_text(event.ts) for event in timed], dtype=object), MICROSECOND)
    duration = durations(pd.Series([str(event.dur) for event in timed], dtype=object), MICROSECOND)
    good = (start >= 0) & (duration >= 0)
    count_skipped(skipped, "skipped.no_duration", int((~good).sum()))
    kept = [timed[row] for row in np.flatnonzero(good)]
    origin = int(start[good].min()) if good.any() else 0
    columns = [_described(event, processes, labels) for event in kept]
    made = make_events(
        [event.name or "" for event in kept],
        [category for category, _ in columns],
        [device for _, device in columns],
        start[good] - origin,
        duration[good],
        streams=np.array([event.tid if isinstance(event.tid, int) and abs(event.tid) < 2**62 else -1 for event in kept], np.int64),
        sizes=np.array([_size(event) for event in kept], np.int64),
    )
    if len(made) and not set(made.categories) & {"kernel", "collective", "memcpy"}:
        warnings.append(message("reading.cpu_only"))
    return trace_of_events(source, SLUG, made, len(events), origin_ns=origin, skipped=skipped, warnings=warnings)


def _text(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _is_sum(event: _Event, processes: dict[object, str]) -> bool:
    return bool(SUMS.search(processes.get(event.pid, "")) or _WHOLE.match(event.name or ""))


def _described(event: _Event, processes: dict[object, str], labels: dict[object, str]) -> tuple[str, str]:
    """Return our category of an event and its device."""
    process = processes.get(event.pid, "")
    digits = re.search(r"\d+", labels.get(event.pid, ""))
    device = digits[0] if digits else "0"
    if LINKS.search(process):
        # a collective stands above the tasks that it is made of: only it counts, the tasks are told as "other"
        is_task = event.args is not None and event.args.size is not None
        return ("other" if is_task else "collective"), device
    if NPU.search(process):
        kind = event.args.task_type if event.args is not None and event.args.task_type else ""
        return category_of(event.name or "", kind), device
    if (event.cat or "") in ("cpu_op", "enqueue", "dequeue"):
        return ("cpu_op" if event.cat == "cpu_op" else "runtime"), "host"
    return ("runtime" if process == "CANN" else "python" if event.cat == "python_function" else "other"), "host"


def _size(event: _Event) -> int:
    size = event.args.size if event.args is not None else None
    return int(size) if isinstance(size, int | float) and 0 <= size < 2**62 else -1
