"""PyTorch profiler (Kineto) traces: Chrome-trace JSON, plain or packed; NVIDIA, AMD, MTIA and CPU-only, 2021 files too."""

import re

from app.engine.errors import UnreadableFile
from app.engine.messages import Message, message
from app.engine.model.traces import Clock, Device, Series, Trace
from app.engine.progress import Progress, part_of
from app.engine.reading._chrome_json import Event, EventFile
from app.engine.reading._event_columns import EventColumns
from app.engine.reading._event_order import last_end
from app.engine.reading._sources import Source

SLUG = "kineto"
_MARKS = re.compile(
    rb'"(schemaVersion|deviceProperties|baseTimeNanoseconds|distributedInfo)"'
    rb'|"cat"\s*:\s*"(cpu_op|kernel|Kernel|Operator|cuda_runtime|Runtime|user_annotation|gpu_memcpy|python_function|mtia_[a-z_]+)"'
)
_EARLIEST_NS, _LATEST_NS = 946_684_800 * 10**9, 4_102_444_800 * 10**9


class Kineto:
    """The reader."""

    slug = SLUG
    label = "PyTorch profiler (Kineto) JSON"
    priority = 30

    def recognises(self, head: bytes) -> bool:
        """A JSON with the keys or categories of Kineto."""
        return (
            head.lstrip()[:1] in (b"{", b"[")
            and _MARKS.search(head) is not None
            and (b'"traceEvents"' in head or b'"ph"' in head or b'"schemaVersion"' in head)
        )

    def read(self, source: Source, progress: Progress) -> Trace:
        """Read every event with a duration; the others are counted."""
        file, columns = EventFile(source, Event), EventColumns(source.beat)
        for batch in file.batches(part_of(progress, 0.0, 0.8)):
            columns.add(batch)
        progress(0.8, "reading.doing.ordering")
        if file.damaged:
            columns.skipped["skipped.damaged_event"] = file.damaged
        if not columns.total:
            raise UnreadableFile("reading.no_events", file=source.path)
        return _trace(source, file, columns)


READER = Kineto()


def _trace(source: Source, file: EventFile[Event], columns: EventColumns) -> Trace:
    metadata = file.metadata
    origin_us, events = columns.events()
    memory = columns.memory_series(origin_us)
    start_ns, clock = _start(metadata, origin_us)
    on_device = any(category in ("kernel", "memcpy", "memset", "collective") for category in events.categories)
    warnings: list[Message] = list(file.warnings)
    if not len(events):
        warnings.append(message("reading.only_metadata"))
    elif not on_device:
        warnings.append(message("reading.cpu_only"))
    return Trace(
        files=(source.described(SLUG, events=len(events) + sum(len(one.values) for one in memory)),),
        duration_ns=last_end(events, source.beat),
        start_ns=start_ns,
        clock=clock,
        devices=_devices(metadata, events.devices, memory),
        series=memory,
        events=events if len(events) else None,
        skipped=columns.skipped,
        warnings=tuple(warnings),
        environment=_environment(metadata),
    )


def _start(metadata: dict, origin_us: float) -> tuple[int | None, Clock]:
    base = metadata.get("baseTimeNanoseconds")
    for offset in ([int(base)] if isinstance(base, int | float) and base == base else []) + [0]:
        start = offset + int(origin_us * 1000)
        if _EARLIEST_NS < start < _LATEST_NS:
            return start, "absolute"
    return None, "relative"


def _devices(metadata: dict, ids: tuple[str, ...], memory: tuple[Series, ...]) -> tuple[Device, ...]:
    known = {}
    properties = metadata.get("deviceProperties")
    for row in properties if isinstance(properties, list) else []:
        if isinstance(row, dict):
            known[str(row.get("id"))] = row
    devices = []
    for name in sorted({*ids, *(one.device for one in memory)}):
        row = known.get(name, {})
        size = row.get("totalGlobalMem")
        devices.append(
            Device(
                name,
                "host" if name == "host" else "gpu",
                str(row.get("name", "")),
                size / 2**30 if isinstance(size, int | float) and size > 0 else None,
            )
        )
    return tuple(devices)


def _environment(metadata: dict) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, name in (("cuda_runtime_version", "cuda_runtime"), ("cuda_driver_version", "cuda_driver"), ("roctracer_version", "roctracer")):
        if key in metadata:
            found[name] = str(metadata[key])
    distributed = metadata.get("distributedInfo")
    if isinstance(distributed, dict):
        found |= {key: str(distributed[key]) for key in ("backend", "rank", "world_size", "nccl_version") if key in distributed}
    return found
