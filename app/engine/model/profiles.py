"""Profile: what kind of load a run is and what holds it back."""

from typing import Literal, TypeAlias

from msgspec import Struct

from app.engine.messages import Message
from app.engine.model.quantities import State

AXES = ("tensor_core", "fp32", "fp16", "vram", "vram_bandwidth", "pcie", "nvlink", "disk", "gpu", "infiniband")
LoadClass: TypeAlias = Literal["compute", "memory", "communication", "io", "host", "balanced", "unknown"]


class Axis(Struct, frozen=True):
    """One axis of the radar, as defined in interface.md.

    value, p95   share 0..1; None where not known; the state tells why
    rate_gbs     mean rate where one was measured but the peak of the platform in use is unknown
    source       which metric, which peak, which window
    """

    name: str
    value: float | None
    p95: float | None
    state: State
    source: Message
    rate_gbs: float | None = None
    worst_device: str = ""
    worst_value: float | None = None


class Statistic(Struct, frozen=True):
    """Statistics of one metric over the busy part; device "" = all devices together."""

    metric: str
    device: str
    unit: str
    samples: int
    mean: float | None
    p50: float | None
    p95: float | None
    max: float | None
    min: float | None = None


class OperatorStat(Struct, frozen=True):
    """One operator or kernel: calls, time on the device, its share of all device time (0..1).

    category   compute communication copy other, or the reader's own word
    """

    name: str
    category: str
    calls: int
    device_time_s: float
    share: float
    host_time_s: float | None = None


class Communication(Struct, frozen=True):
    """share of device busy time in collectives, and the part of it that no computation hides. None = not measured."""

    share: float | None
    exposed_share: float | None


class Bottleneck(Struct, frozen=True):
    """What holds the run back, and why we say so."""

    name: str
    evidence: tuple[Message, ...] = ()


class Advice(Struct, frozen=True):
    """What to do about it."""

    severity: Literal["high", "medium", "low"]
    text: Message
    evidence: tuple[Message, ...] = ()


class Profile(Struct, frozen=True):
    """The characteristics of one run.

    window_ns     (start, end) of the busy part, from the trace's origin
    aten_ops      canonical host operators (name, calls, device time s, share): what the operator check judges
    """

    platform: str
    duration_s: float
    window_ns: tuple[int, int]
    axes: tuple[Axis, ...]
    load_class: LoadClass
    class_scores: dict[str, float]
    bottleneck: Bottleneck
    advice: tuple[Advice, ...] = ()
    operators: tuple[OperatorStat, ...] = ()
    aten_ops: tuple[OperatorStat, ...] = ()
    communication: Communication = Communication(None, None)
    statistics: tuple[Statistic, ...] = ()
    warnings: tuple[Message, ...] = ()
