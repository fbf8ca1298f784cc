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
    spread       standard deviation of the cards' values; None for a single card
    """

    name: str
    value: float | None
    p95: float | None
    state: State
    source: Message
    rate_gbs: float | None = None
    worst_device: str = ""
    worst_value: float | None = None
    spread: float | None = None


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

    category       compute communication copy other, or the reader's own word
    shapes         the input shapes of most of its device time, as recorded; "" = not recorded
    flops, bytes   of all its calls together, from the shapes; None where no rule knows them
    tflops, gbs    achieved: flops and bytes by its device time
    bound          which side of the platform's roofline it lies on; None without platform, flops or bytes
    tensor_core    whether its kernels run on matrix units, by their names; None = cannot be told
    """

    name: str
    category: str
    calls: int
    device_time_s: float
    share: float
    host_time_s: float | None = None
    shapes: str = ""
    flops: float | None = None
    bytes: float | None = None
    tflops: float | None = None
    gbs: float | None = None
    bound: Literal["compute", "memory"] | None = None
    tensor_core: bool | None = None


class TimeShares(Struct, frozen=True):
    """How one card spent the window, as shares that sum to 1; device "" = mean over cards.

    computing       some kernel that is no collective runs
    communicating   a collective runs and no computation hides it
    copying         a copy or memset runs and nothing else
    idle            nothing runs
    communication   all time in collectives, hidden or not; copies likewise
    streams         stream -> share of the window in which it works
    """

    device: str
    computing: float
    communicating: float
    copying: float
    idle: float
    communication: float = 0.0
    copies: float = 0.0
    streams: dict[int, float] = {}


class Steps(Struct, frozen=True):
    """The steps of a run.

    source    annotation (ProfilerStep and the like), user (an annotation that repeats), period (found in the kernels' names)
    start_ns, end_ns   of each step, from the trace's origin, in order
    jitter    standard deviation ÷ mean of the steps' times, the first one left out; None for fewer than three steps
    """

    source: Literal["annotation", "user", "period"]
    start_ns: tuple[int, ...]
    end_ns: tuple[int, ...]
    mean_s: float
    p50_s: float
    p95_s: float
    jitter: float | None


class Gap(Struct, frozen=True):
    """Time in which a card waits, gathered by what its host did meanwhile; the rows of all causes sum to all such time.

    cause      dataloader, sync (the host waits for the card), copy, launch (kernels shorter than their launches), python, other (calls that
               take long: loading, compiling, allocating), queued (not the host: the work had been launched, or the host itself waited for
               the card; it waits for another stream, another card, or for work that was not recorded)
    operator   the host operator or annotation that took most of it, "" where none was recorded
    share      of the window, mean over cards
    """

    cause: Literal["dataloader", "sync", "copy", "launch", "python", "other", "queued"]
    operator: str
    count: int
    time_s: float
    share: float


class Collective(Struct, frozen=True):
    """Collectives of one kind and size.

    kind            all_reduce all_gather reduce_scatter broadcast reduce all_to_all send_recv other
    bytes           payload of one call, None = not recorded; ranks: size of the group, None = not recorded
    algorithm_gbs   payload ÷ time; bus_gbs: that times the factor of nccl-tests (2(n-1)/n of an all-reduce …)
    """

    kind: str
    calls: int
    time_s: float
    bytes: float | None = None
    ranks: int | None = None
    algorithm_gbs: float | None = None
    bus_gbs: float | None = None


class Straggler(Struct, frozen=True):
    """A card that falls behind the others. value, median: means of the metric over the busy part; seconds: how long it was behind."""

    device: str
    metric: str
    value: float
    median: float
    seconds: float | None = None


class NodeSummary(Struct, frozen=True):
    """The cards of one node together: mean, spread (standard deviation over its cards) and the worst card, of one metric."""

    node: str
    cards: int
    metric: str
    mean: float
    spread: float
    worst_device: str
    worst: float


class Efficiency(Struct, frozen=True):
    """Model FLOP utilisation: the model's FLOP per second ÷ the cards' dense peak. how: the message that shows the sum."""

    mfu: float
    tflops_per_card: float
    how: Message


class Communication(Struct, frozen=True):
    """share of device busy time in collectives; exposed_share: the part that no computation hides, of device busy time too.

    None = not measured. exposed_share ÷ share is how much of the communication is exposed; of the window it is TimeShares.communicating.
    """

    share: float | None
    exposed_share: float | None


class Bottleneck(Struct, frozen=True):
    """What holds the run back, and why we say so. state: how the figures were got that decide it, "" where nothing was concluded."""

    name: str
    evidence: tuple[Message, ...] = ()
    state: Literal["measured", "estimated", ""] = ""


class Advice(Struct, frozen=True):
    """What to do about it. gain: (least, most) share of the run's time that it may save, None where no figure bears one."""

    severity: Literal["high", "medium", "low"]
    text: Message
    evidence: tuple[Message, ...] = ()
    gain: tuple[float, float] | None = None


class Dependence(Struct, frozen=True):
    """How much the run depends on one resource (资源依赖程度): high medium low, or unknown where it was not measured."""

    resource: Literal["compute", "vram_capacity", "vram_bandwidth", "card_links", "node_links", "host", "storage"]
    level: Literal["high", "medium", "low", "unknown"]
    evidence: tuple[Message, ...] = ()


class Profile(Struct, frozen=True):
    """The characteristics of one run.

    window_ns     (start, end) of the busy part, from the trace's origin
    time_shares   the mean over cards first, then card by card
    nodes         empty for a single node; stragglers: the worst first
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
    time_shares: tuple[TimeShares, ...] = ()
    steps: Steps | None = None
    gaps: tuple[Gap, ...] = ()
    collectives: tuple[Collective, ...] = ()
    efficiency: Efficiency | None = None
    dependence: tuple[Dependence, ...] = ()
    stragglers: tuple[Straggler, ...] = ()
    nodes: tuple[NodeSummary, ...] = ()


class Change(Struct, frozen=True):
    """One figure of two runs. share: of the total change of time that it explains, None where that is not told."""

    name: str
    unit: str
    before: float | None
    after: float | None
    share: float | None = None


class RunComparison(Struct, frozen=True):
    """Two runs set against each other.

    speed_up    how many times as fast the second is, by step time or else by the work of equal operators; None = cannot be told
    axes        by axis; statistics by metric; operators by name, the largest change of device time first, in s per step
    cause       the sentence that names what explains most of the change
    """

    speed_up: float | None
    by: Literal["step", "operators", "none"]
    axes: tuple[Change, ...]
    statistics: tuple[Change, ...]
    operators: tuple[Change, ...]
    cause: Message
    before_class: LoadClass = "unknown"
    after_class: LoadClass = "unknown"
