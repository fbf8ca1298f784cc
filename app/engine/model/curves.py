"""Speed over card counts, and of a server over concurrency: curves of points, each with its interval."""

from msgspec import Struct

from app.engine.messages import Message
from app.engine.model.quantities import Kind


class ScalingPoint(Struct, frozen=True):
    """A case at one card count.

    speed, low, high   in the unit of the case; efficiency: per card over the per-card speed at the base count
    out_of_range       beyond eight times the largest known count, or below an eighth of the smallest
    """

    gpus: int
    nodes: int
    speed: float
    low: float
    high: float
    efficiency: float
    kind: Kind
    out_of_range: bool = False


class Scaling(Struct, frozen=True):
    """How a case scales on one platform.

    base_gpus       count whose per-card speed is efficiency 1: the smallest that is known or asked for
    knee_gpus       the last doubling worth it: a further one brings under 70 % of what twice the cards should; None = not in range
    loss_in_node    speed per card lost by each doubling of the cards inside a node (log2), loss_across: beyond it,
    loss_batch      by each halving of the batch per card
    """

    case: str
    platform: str
    unit: str
    better: str
    points: tuple[ScalingPoint, ...]
    base_gpus: int
    knee_gpus: int | None
    strong: bool
    loss_in_node: float
    loss_across: float
    loss_batch: float
    notes: tuple[Message, ...] = ()


class ServingPoint(Struct, frozen=True):
    """A server under one load; None = cannot be told, the reason is in notes.

    low, high   of tpot_ms; first_low, first_high: of ttft_ms
    fits        whether all sequences have room at once (None = not known); where not, the rest wait
    """

    concurrency: int
    ttft_ms: float | None = None
    tpot_ms: float | None = None
    tokens_per_s: float | None = None
    tokens_per_s_per_card: float | None = None
    low: float | None = None
    high: float | None = None
    fits: bool | None = None
    kind: Kind | None = None
    notes: tuple[Message, ...] = ()
    first_low: float | None = None
    first_high: float | None = None


class ServingEstimate(Struct, frozen=True):
    """A served model on one platform, over concurrency. most: sequences that have room at once, None = not bounded or not known."""

    platform: str
    gpus: int
    points: tuple[ServingPoint, ...]
    most: int | None = None
    notes: tuple[Message, ...] = ()
