"""Events batch by batch into columns."""

import re
from array import array
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice
from operator import attrgetter

import numpy as np

from app.engine.model.traces import Events, Series
from app.engine.reading._chrome_json import NOTHING, Args, Event
from app.engine.reading._columns import Columns
from app.engine.reading._event_order import Beat, Made, in_order
from app.engine.reading._shape_text import shape_text

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
COLUMNS = ("name", "category", "shape", "stream", "correlation", "payload", "start", "duration")
ON_DEVICE = frozenset({"kernel", "memcpy", "memset", "collective"})
COLLECTIVE = re.compile(r"nccl|rccl|hccl|oneccl|ncclDevKernel|all_?reduce_kernel", re.IGNORECASE)
SPANS = frozenset({"Trace", "trace", "profiler_range"})
SKIPPED_PHASES = {"s": "flow", "f": "flow", "t": "flow", "M": "metadata", "i": "instant", "I": "instant", "C": "counter"}
ELEMENT_BYTES = {
    "float": 4, "float32": 4, "half": 2, "float16": 2, "bfloat16": 2, "double": 8, "long": 8, "int": 4, "short": 2, "byte": 1, "char": 1,
    "bool": 1, "float8_e4m3fn": 1, "float8_e5m2": 1, "float8_e4m3fnuz": 1, "float8_e5m2fnuz": 1,
}  # fmt: skip
VALUES_MATTER = re.compile(r"conv|attention|flash_attn", re.IGNORECASE)
"""Operators whose work follows from strides, groups or masks, not from shapes alone."""
MOST_US = 2.0**62 / 1000
"""No time stamp of ours is larger: it would not fit 64 bits of nanoseconds."""
Coding = Callable[..., np.ndarray]
_NO_ARGS = Args()
_PARTS = b"\0"  # between the pieces of JSON that tell a call's shapes: JSON has no such byte
_TS, _DUR, _CAT, _PID, _DEVICE, _CORRELATION = map(attrgetter, ("ts", "dur", "cat", "pid", "device", "correlation"))
"""Read in C: a loop of ours over the events would take twice as long."""


class Codes(dict):
    """Numbers of things in the order in which they are first met: what is known costs one look-up."""

    def __missing__(self, thing: object) -> int:
        number = self[thing] = len(self)
        return number


class EventColumns:
    """Collects batches; `events` and `memory_series` then give the whole."""

    def __init__(self, beat: Beat) -> None:
        self.total = 0
        self.skipped: dict[str, int] = {}
        self._names = Codes()
        self._owners = Codes()
        self._shapes = Codes()
        self._told: list[bool] = []
        self._columns = Columns()
        self._first = np.inf
        self._beat = beat
        self._memory: list[tuple[str, float, float]] = []

    def add(self, batch: Sequence[Event]) -> None:
        """Take one batch of events in."""
        self.total += len(batch)
        whole = [event for event in batch if event.ph == "X" and event.cat not in SPANS]
        if len(whole) < len(batch):
            self._count_skipped([event for event in batch if event.ph != "X" or event.cat in SPANS])
        if not whole:
            return
        start, duration = _floats(list(map(_TS, whole))), _floats(list(map(_DUR, whole)))
        bad = ~(np.isfinite(start) & (duration >= 0) & (duration < MOST_US) & (np.abs(start) < MOST_US))
        if bad.any():
            self._skip("no_duration", int(bad.sum()))
            whole = [event for event, wrong in zip(whole, bad.tolist(), strict=True) if not wrong]
            start, duration = start[~bad], duration[~bad]
        self._first = min(self._first, float(start.min(initial=np.inf)))
        names, owners = self._names, self._owners
        name = np.array([names[event.name or ""] for event in whole], np.int32)
        argued = [event.args or _NO_ARGS for event in whole]
        owner = zip(map(_CAT, whole), map(_PID, whole), map(_DEVICE, argued), strict=True)
        category = np.array(list(map(owners.__getitem__, owner)), np.int32)
        stream = _ints([event.tid if args.stream is None else args.stream for event, args in zip(whole, argued, strict=True)])
        correlation = _ints(list(map(_CORRELATION, argued)))
        shape = self._shapes_of(argued, name)
        payload = _ints([None if args.bytes_ is None and args.elements is None else _payload(args) for args in argued])
        batch_columns = (name, category, shape, stream, correlation, payload, start, duration)
        self._columns.add(dict(zip(COLUMNS, batch_columns, strict=True)), len(whole))

    def _shapes_of(self, argued: Sequence[Args], name: np.ndarray) -> np.ndarray:
        """Return (n,) int32 numbers of the distinct input shapes, -1 for none.

        The values of the other arguments differ from call to call; they are kept only where the work depends on them.
        """
        shapes = self._shapes
        if len(self._told) < len(self._names):
            self._told += [VALUES_MATTER.search(one) is not None for one in islice(self._names, len(self._told), None)]
        told = np.array(self._told, bool)[name].tolist()
        return np.array(
            [
                -1 if args.dims is NOTHING and args.elements is None else shapes[_shape_key(args, all_told)]
                for args, all_told in zip(argued, told, strict=True)
            ],
            np.int32,
        )

    def events(self) -> tuple[float, Events]:
        """Return the origin in µs and all events ordered by start."""
        if not self._columns.length:
            empty = np.empty(0, np.int64)
            small = empty.astype(np.int32)
            return self._origin(), Events((), (), (), (), small, small, small, empty, empty, empty, empty, small, empty)
        origin = self._origin(self._first)
        names = tuple(self._names)
        kinds, devices, kind_of, device_of = self._kinds(names)
        plan = [
            Made(("start",), np.int64, partial(_nanoseconds, origin=origin)),
            Made(("duration",), np.int64, partial(_nanoseconds, origin=0.0)),
            Made(("name",), np.int32),
            Made(("name", "category"), np.int32, kind_of),
            Made(("category",), np.int32, device_of),
            Made(("shape",), np.int32),
            *(Made((column,), np.int64) for column in ("stream", "correlation", "payload")),
        ]
        start_ns, duration_ns, name, category, device, shape, stream, correlation, payload = in_order(self._columns, plan, self._beat)
        return origin, Events(
            names=names,
            categories=tuple(kinds),
            devices=tuple(devices),
            shapes=tuple(map(_shape_of, self._shapes)),
            name=name,
            category=category,
            device=device,
            stream=stream,
            start_ns=start_ns,
            duration_ns=duration_ns,
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

    def _origin(self, *first: float) -> float:
        return min([*first, *(row[1] for row in self._memory)], default=0.0)

    def _kinds(self, names: tuple[str, ...]) -> tuple[dict[str, int], dict[str, int], Coding, Coding]:
        """Return the categories, the devices, and what makes their codes of blocks of (name, category) and of (category)."""
        kinds: dict[str, int] = {}
        devices: dict[str, int] = {}
        raw = [(cat or "", _device(cat, pid, device)) for cat, pid, device in self._owners]
        of_kind = np.array([kinds.setdefault(CATEGORIES.get(cat.lower(), "other"), len(kinds)) for cat, _ in raw], np.int32)
        of_device = np.array([devices.setdefault(device, len(devices)) for _, device in raw], np.int32)
        is_collective = np.array([COLLECTIVE.search(one) is not None for one in names], bool)

        def kind_of(name: np.ndarray, category: np.ndarray) -> np.ndarray:
            kind = of_kind[category]
            found = is_collective[name] & (kind == kinds.get("kernel", -1))
            if found.any():
                kind[found] = kinds.setdefault("collective", len(kinds))
            return kind

        return kinds, devices, kind_of, of_device.take

    def _skip(self, reason: str, count: int) -> None:
        self.skipped[f"skipped.{reason}"] = self.skipped.get(f"skipped.{reason}", 0) + count

    def _count_skipped(self, events: list[Event]) -> None:
        kinds = Counter(event.ph for event in events if event.args is None or event.name != "[memory]" or not self._take_memory(event))
        for phase, count in kinds.items():
            self._skip("span" if phase == "X" else SKIPPED_PHASES.get(phase, "no_duration"), count)

    def _take_memory(self, event: Event) -> bool:
        args = event.args
        if args is None or args.device_type not in (1, "1") or not isinstance(event.ts, int | float):
            return False
        size = args.reserved if isinstance(args.reserved, int | float) else args.allocated
        if not isinstance(size, int | float) or size < 0:
            return False
        self._memory.append((str(args.device_id), float(event.ts), float(size)))
        return True


def _nanoseconds(microseconds: np.ndarray, origin: float) -> np.ndarray:
    shifted = microseconds - origin
    shifted *= 1000
    with np.errstate(invalid="ignore"):
        return np.round(shifted, out=shifted).astype(np.int64)


def _device(cat: str | None, pid: object, device: object) -> str:
    """Return the device that events of this category, process and argument "device" belong to."""
    category = CATEGORIES.get((cat or "").lower(), "other")
    if category not in ON_DEVICE and cat != "gpu_user_annotation":
        return "host"
    device = pid if device is None else device
    return str(int(device)) if isinstance(device, float) and device.is_integer() else str(device)


def _shape_key(args: Args, all_told: bool) -> bytes:
    """Return what tells the shapes of a call, as JSON pieces; of a collective its message, as text."""
    if args.elements is not None:
        return _message_text(args)
    if all_told and args.values is not NOTHING:
        return _PARTS.join((args.dims, args.types, args.values))
    return _PARTS.join((args.dims, args.types))


def _shape_of(key: bytes) -> str:
    return shape_text(*key.split(_PARTS, 2)) if _PARTS in key else key.decode("utf-8", "replace")


def _payload(args: Args) -> object:
    """Return the size of a copy or of a collective's message, as nccl-tests counts it: the larger of what goes in and what comes out."""
    if args.bytes_ is not None:
        return args.bytes_
    width = ELEMENT_BYTES.get(args.dtype.lower()) if isinstance(args.dtype, str) else None
    elements = max((one for one in (args.elements, args.elements_out) if isinstance(one, int)), default=None)
    return elements * width if width is not None and elements is not None else None


def _message_text(args: Args) -> bytes:
    """Return what stands for the shape of a collective: its name, elements and group, so that no column of its own is needed."""
    return f"{args.collective or ''};in={args.elements};out={args.elements_out};ranks={args.ranks}".encode()


def _floats(values: list) -> np.ndarray:
    try:
        return np.array(values, np.float64)
    except (TypeError, ValueError, OverflowError):
        return np.array([_number(value) for value in values], np.float64)


def _number(value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return float("nan")


def _ints(values: list) -> np.ndarray:
    known = [-1 if value is None else value for value in values]
    try:
        return np.frombuffer(array("q", known), np.int64)  # in half the time that numpy needs to find out the type
    except (TypeError, OverflowError):
        pass
    return np.array([_int(value) for value in known], np.int64)


def _int(value: object) -> int:
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return value
    if isinstance(value, str):
        digits = re.search(r"\d+", value)
        return int(digits[0]) if digits and len(digits[0]) < 18 else -1
    return int(value) if isinstance(value, float) and abs(value) < 2**53 else -1
