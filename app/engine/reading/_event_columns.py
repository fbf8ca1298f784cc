"""Events batch by batch into columns."""

import re
from collections.abc import Iterable, Sequence

import numpy as np

from app.engine.model.traces import Events, Series
from app.engine.reading._chrome_json import Event

CATEGORIES = {
    "kernel": "kernel",
    "concurrent_kernel": "kernel",
    "mtia_ccp_events": "kernel",
    "gpu_memcpy": "memcpy",
    "memcpy": "memcpy",
    "gpu_memset": "memset",
    "memset": "memset",
    "cpu_op": "cpu_op",
    "operator": "cpu_op",
    "cuda_runtime": "runtime",
    "cuda_driver": "runtime",
    "runtime": "runtime",
    "mtia_runtime": "runtime",
    "privateuse1_runtime": "runtime",
    "python_function": "python",
    "user_annotation": "annotation",
    "gpu_user_annotation": "annotation",
}
ON_DEVICE = frozenset({"kernel", "memcpy", "memset", "collective"})
COLLECTIVE = re.compile(r"nccl|rccl|hccl|oneccl|ncclDevKernel|all_?reduce_kernel", re.IGNORECASE)
SPANS = frozenset({"Trace", "trace", "profiler_range"})
SKIPPED_PHASES = {"s": "flow", "f": "flow", "t": "flow", "M": "metadata", "i": "instant", "I": "instant", "C": "counter"}
ELEMENT_BYTES = {"float": 4, "float32": 4, "half": 2, "float16": 2, "bfloat16": 2, "double": 8, "long": 8, "int": 4, "byte": 1, "char": 1}


class EventColumns:
    """Collects batches; `events` and `memory_series` then give the whole."""

    def __init__(self) -> None:
        self.total = 0
        self.skipped: dict[str, int] = {}
        self._names: dict[str, int] = {}
        self._raw_categories: dict[tuple[str, str], int] = {}
        self._shapes: dict[bytes, int] = {}
        self._batches: list[tuple[np.ndarray, ...]] = []
        self._memory: list[tuple[str, float, float]] = []

    def add(self, batch: Sequence[Event]) -> None:
        """Take one batch of events in."""
        self.total += len(batch)
        whole = [event for event in batch if event.ph == "X" and event.cat not in SPANS]
        if len(whole) < len(batch):
            self._count_skipped(event for event in batch if event.ph != "X" or event.cat in SPANS)
        if not whole:
            return
        start, duration = _floats(event.ts for event in whole), _floats(event.dur for event in whole)
        bad = ~(np.isfinite(start) & (duration >= 0))
        if bad.any():
            self._skip("no_duration", int(bad.sum()))
            whole = [event for event, wrong in zip(whole, bad.tolist(), strict=True) if not wrong]
            start, duration = start[~bad], duration[~bad]
        names, categories, shapes = self._names, self._raw_categories, self._shapes
        name = np.array([names.setdefault(event.name or "", len(names)) for event in whole], np.int32)
        category = np.array([categories.setdefault((event.cat or "", _device(event)), len(categories)) for event in whole], np.int32)
        argued = [event.args for event in whole]
        stream = _ints(
            [event.tid if args is None or args.stream is None else args.stream for event, args in zip(whole, argued, strict=True)]
        )
        correlation = _ints([None if args is None else args.correlation for args in argued])
        shape = np.array(
            [-1 if args is None or not (dims := bytes(args.dims)) else shapes.setdefault(dims, len(shapes)) for args in argued], np.int32
        )
        payload = _ints([None if args is None else _payload(args) for args in argued])
        self._batches.append((name, category, shape, stream, correlation, payload, start, duration))

    def events(self) -> tuple[float, Events]:
        """Return the origin in µs and all events ordered by start."""
        if not self._batches:
            empty = np.empty(0, np.int64)
            small = empty.astype(np.int32)
            return self._origin(np.empty(0)), Events((), (), (), (), small, small, small, empty, empty, empty, empty, small, empty)
        columns = [np.concatenate(parts) for parts in zip(*self._batches, strict=True)]
        self._batches.clear()
        name, category, shape, stream, correlation, payload, start, duration = columns
        order = np.argsort(start, kind="stable")
        name, category, shape, stream, correlation, payload, start, duration = (column[order] for column in columns)
        origin = self._origin(start)
        names = tuple(self._names)
        kinds, devices, to_kind, to_device = self._kinds(names, name, category)
        return origin, Events(
            names=names,
            categories=kinds,
            devices=devices,
            shapes=tuple(re.sub(rb"\s+", b"", text).decode("utf-8", "replace") for text in self._shapes),
            name=name,
            category=to_kind,
            device=to_device,
            stream=stream,
            start_ns=np.round((start - origin) * 1000).astype(np.int64),
            duration_ns=np.round(duration * 1000).astype(np.int64),
            correlation=correlation,
            shape=shape,
            bytes=payload,
        )

    def memory_series(self, origin_us: float) -> tuple[Series, ...]:
        """Return what the allocator reported of each card: VRAM reserved, without context and other processes."""
        found = []
        for device in sorted({row[0] for row in self._memory}):
            rows = np.array([row[1:] for row in self._memory if row[0] == device])
            rows = rows[np.argsort(rows[:, 0], kind="stable")]
            time_ns = np.round((rows[:, 0] - origin_us) * 1000).astype(np.int64)
            found.append(Series("vram_used_gib", device, "GiB", time_ns, rows[:, 1] / 2**30, "estimated"))
        return tuple(found)

    def _origin(self, start: np.ndarray) -> float:
        first = [float(start.min())] if start.size else []
        return min([*first, *(row[1] for row in self._memory)], default=0.0)

    def _kinds(self, names: tuple[str, ...], name: np.ndarray, category: np.ndarray) -> tuple:
        kinds: dict[str, int] = {}
        devices: dict[str, int] = {}
        raw = list(self._raw_categories)
        of_kind = np.array([kinds.setdefault(CATEGORIES.get(cat.lower(), "other"), len(kinds)) for cat, _ in raw], np.int32)
        of_device = np.array([devices.setdefault(device, len(devices)) for _, device in raw], np.int32)
        kind = of_kind[category]
        if "kernel" in kinds:
            is_collective = np.array([COLLECTIVE.search(one) is not None for one in names], bool)
            found = is_collective[name] & (kind == kinds["kernel"])
            if found.any():
                kind[found] = kinds.setdefault("collective", len(kinds))
        return tuple(kinds), tuple(devices), kind, of_device[category]

    def _skip(self, reason: str, count: int) -> None:
        self.skipped[f"skipped.{reason}"] = self.skipped.get(f"skipped.{reason}", 0) + count

    def _count_skipped(self, events: Iterable[Event]) -> None:
        for event in events:
            if event.name == "[memory]" and event.args is not None and self._take_memory(event):
                continue
            self._skip("span" if event.ph == "X" else SKIPPED_PHASES.get(event.ph, "no_duration"), 1)

    def _take_memory(self, event: Event) -> bool:
        args = event.args
        if args is None or args.device_type not in (1, "1") or not isinstance(event.ts, int | float):
            return False
        size = args.reserved if isinstance(args.reserved, int | float) else args.allocated
        if not isinstance(size, int | float) or size < 0:
            return False
        self._memory.append((str(args.device_id), float(event.ts), float(size)))
        return True


def _device(event: Event) -> str:
    category = CATEGORIES.get((event.cat or "").lower(), "other")
    if category not in ON_DEVICE and event.cat != "gpu_user_annotation":
        return "host"
    device = event.args.device if event.args is not None else None
    if device is None:
        device = event.pid
    return str(int(device)) if isinstance(device, float) and device.is_integer() else str(device)


def _payload(args: object) -> object:
    size = args.bytes_  # type: ignore[attr-defined]
    if size is not None:
        return size
    elements, dtype = args.elements, args.dtype  # type: ignore[attr-defined]
    width = ELEMENT_BYTES.get(dtype.lower()) if isinstance(dtype, str) else None
    return elements * width if width is not None and isinstance(elements, int) else None


def _floats(values: Iterable[object]) -> np.ndarray:
    listed = list(values)
    try:
        return np.array(listed, np.float64)
    except (TypeError, ValueError):
        return np.array([_number(value) for value in listed], np.float64)


def _number(value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return float("nan")


def _ints(values: list) -> np.ndarray:
    known = [-1 if value is None else value for value in values]
    try:
        found = np.array(known)
        if found.dtype == np.int64:
            return found
    except (TypeError, ValueError, OverflowError):
        pass
    return np.array([_int(value) for value in known], np.int64)


def _int(value: object) -> int:
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return value
    if isinstance(value, str):
        digits = re.search(r"\d+", value)
        return int(digits[0]) if digits and len(digits[0]) < 18 else -1
    return int(value) if isinstance(value, float) and abs(value) < 2**53 else -1
