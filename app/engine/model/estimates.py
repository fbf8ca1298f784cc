"""MemoryEstimate and Prediction: numbers that were not measured, with how far to trust them."""

from typing import Literal, TypeAlias, get_args

from msgspec import Struct

from app.engine.messages import Message
from app.engine.model.corrections import CorrectedRate, Software
from app.engine.model.quantities import Kind

Group: TypeAlias = Literal["weights", "gradients", "optimizer", "activations", "working", "kv_cache", "overhead"]
GROUPS: tuple[Group, ...] = get_args(Group)


class MemoryPart(Struct, frozen=True):
    """One thing that takes VRAM. said: what it is, a message with what it was computed from."""

    group: Group
    said: Message
    gib: float


class StageMemory(Struct, frozen=True):
    """One card of a pipeline stage at its peak: what takes how much. layers: how many the stage holds."""

    stage: int
    layers: int
    parts: tuple[MemoryPart, ...]

    @property
    def total_gib(self) -> float:
        """All of it, overhead included."""
        return sum(part.gib for part in self.parts)

    def group_gib(self, group: Group) -> float:
        """One group."""
        return sum(part.gib for part in self.parts if part.group == group)


class MemoryEstimate(Struct, frozen=True):
    """VRAM per card of the fullest pipeline stage, GiB; None = not modelled or not known.

    total_gib    peak allocated by the framework plus overhead_gib: what nvidia-smi would show; low, high its 90 % interval
    working_gib  at the fullest moment beside what is kept: gradients of activations, a layer that is recomputed, weights gathered whole
    parameters   of the whole model
    peak_stage   the fullest stage, whose parts the figures are; by_stage: every one of them
    unknown      why there is no estimate
    assumptions  what was assumed because the run description did not say; the parameter `key` names the key that settles it
    """

    weights_gib: float | None = None
    gradients_gib: float | None = None
    optimizer_gib: float | None = None
    activations_gib: float | None = None
    working_gib: float | None = None
    kv_cache_gib: float | None = None
    overhead_gib: float | None = None
    total_gib: float | None = None
    low: float | None = None
    high: float | None = None
    parameters: float | None = None
    stages: tuple[tuple[int, float], ...] = ()
    peak_stage: int = 0
    by_stage: tuple[StageMemory, ...] = ()
    unknown: Message | None = None
    assumptions: tuple[Message, ...] = ()


class Remedy(Struct, frozen=True):
    """A change that would make it fit. speed_cost: extra time as a share, None = unknown; changes: the keys ("run.recompute") to set."""

    change: Message
    total_gib: float
    speed_cost: float | None = None
    changes: tuple[tuple[str, str | int | float | bool], ...] = ()


class TimePart(Struct, frozen=True):
    """A part of a step's time. code: what it is (the catalogue's step_time.part)."""

    code: str
    seconds: float


class StepTime(Struct, frozen=True):
    """Time of one training step on one platform, from counted work and effective rates. Seconds.

    parts         of the slowest pipeline stage: products, attention, ..., messages that nothing hides, bubble, optimizer
    low, high     the 90 % interval
    tokens        of a step, of all cards (samples of pictures: their tokens); tokens_per_s: of the whole system
    utilisation   FLOP that the mathematics needs over what all cards could do at the dense peak, None where that is not known
    assumptions   what was assumed because neither run nor catalogue says; the parameter `key` names what settles it
    """

    seconds: float
    low: float
    high: float
    parts: tuple[TimePart, ...]
    tokens: float
    tokens_per_s: float
    micro_batches: int
    utilisation: float | None = None
    assumptions: tuple[Message, ...] = ()


class ModelledSpeed(Struct, frozen=True):
    """A speed of the whole system from the workload model, in the unit that was asked for; notes: what it was built on."""

    value: float
    low: float
    high: float
    unit: str
    notes: tuple[Message, ...] = ()


class MemoryFit(Struct, frozen=True):
    """One estimate against one platform. fits None = unknown.

    usable_gib       what the run may take of the card: for a server with a memory_fraction, the estimate's total at which its cache is full
    max_concurrency  sequences that run at once; max_context: tokens of each of the stated sequences; max_input_batch: inputs in one step
                     beside them. None = does not apply, or memory does not bound it
    step             time of a training step there, whether it fits or not; None = not told
    """

    platform: str
    capacity_gib: float | None
    usable_gib: float | None
    fits: bool | None
    headroom_gib: float | None
    remedies: tuple[Remedy, ...] = ()
    max_micro_batch: int | None = None
    max_concurrency: int | None = None
    max_context: int | None = None
    max_input_batch: int | None = None
    step: StepTime | None = None


class Collinear(Struct, frozen=True):
    """Two terms that the known platforms cannot tell apart. separates: a platform on which a measurement would, "" where none is known."""

    one: str
    other: str
    separates: str = ""


class Shares(Struct, frozen=True):
    """k of a case, shrunk, with what they stand on.

    k, low, high, prior   k1..k4, their 90 % interval, and what k would be without the case's own points
    by_class, by_profile, by_points   how much of k comes from the class, the run's profile and the case's own points; sum 1
    platforms             known platforms that k stand on; class_name: as in the catalogue (paraselect.class)
    """

    k: tuple[float, float, float, float]
    low: tuple[float, float, float, float]
    high: tuple[float, float, float, float]
    prior: tuple[float, float, float, float]
    by_class: float
    by_profile: float
    by_points: float
    platforms: int
    class_name: str
    collinear: tuple[Collinear, ...] = ()


class Prediction(Struct, frozen=True):
    """One wanted row of a table of runs.

    value, low, high   in `unit`; None = not predictable, the reason is notes[0]
    k                  (k1..k4) of the formula, None where it was not used
    terms              (k_i · ratio_i) shown to the user, in the order compute, memory, host, fabric
    error_mape         expected relative error from leave-one-out, 0..1
    siblings           rows or cases that the number leans on
    basis              what it rests on, as intervals are kept and held-out errors told: "several same measured classic" (several known
                       rows, one of the same vendor, the platform measured on other workloads of the class, no big generative model),
                       "counts" for another card count
    corrected          TFLOPS' and memory bandwidth that the learned model stands for here; software: what the platform's software decides
    batch              samples in work at once that the number holds for (of a card in training), None where no row tells
    shares             k with interval and origin, None where the formula was not used
    batch_most         the largest that has room on the platform, None = not told; batch_gain: its speed ÷ this one, not part of the number
    """

    row: int
    case: str
    platform: str
    gpus: int | None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    unit: str = ""
    better: str = "higher"
    kind: Kind | None = None
    reference_row: int | None = None
    k: tuple[float, float, float, float] | None = None
    terms: tuple[float, ...] = ()
    out_of_range: bool = False
    error_mape: float | None = None
    siblings: tuple[str, ...] = ()
    notes: tuple[Message, ...] = ()
    basis: str = ""
    corrected: CorrectedRate | None = None
    software: Software | None = None
    batch: float | None = None
    batch_most: int | None = None
    batch_gain: float | None = None
    shares: Shares | None = None


class FitPoint(Struct, frozen=True):
    """One platform of a fit: measured, predicted by all, predicted when left out."""

    platform: str
    gpus: int
    measured: float
    predicted: float
    left_out: float | None


class Fit(Struct, frozen=True):
    """k1..k4 of one case. Errors are relative, 0..1; rmse in the table's unit. shares: k shrunk to its class, as predictions use them."""

    case: str
    reference: str
    k: tuple[float, float, float, float]
    loss: str
    rmse: float
    in_sample_mape: float
    leave_one_out_mape: float | None
    platforms: tuple[FitPoint, ...]
    unit: str = ""
    notes: tuple[Message, ...] = ()
    shares: Shares | None = None
