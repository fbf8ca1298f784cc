"""How good predictions are: scores, the predictions behind them set beside what was measured, and rows that could not be tried."""

from msgspec import Struct

from app.engine.messages import Message, message

PROTOCOLS = ("leave_one_platform_out", "one_run_known", "leave_one_workload_out", "card_counts")
VENDOR, BASIS = "vendor:", "kind:"
"""Subsets beside "all", "domestic" and the classes begin so: the vendor of the predicted platform, the basis of the prediction."""


class Score(Struct, frozen=True):
    """How good predictions are by one protocol on one subset. Errors, coverage, widths are shares.

    subset                     "all", "domestic", a class, "vendor:Huawei" or "kind:one same measured classic" (Prediction.basis)
    macro_mean, macro_median   over groups of a source, then over sources equally
    coverage                   how many of the rows lie in their 90 % interval
    half_width                 median of half the interval ÷ prediction
    """

    protocol: str
    subset: str
    groups: int
    rows: int
    macro_mean: float
    macro_median: float
    coverage: float
    half_width: float


class HeldOut(Struct, frozen=True):
    """A measured speed beside its prediction, which was made without it.

    measured, predicted, low, high   per card, over the speed per card of the known run `reference`; higher is faster, times included
    kind                             the class of the workload; basis: what the prediction rested on (Prediction.basis)
    """

    protocol: str
    kind: str
    vendor: str
    domestic: bool
    basis: str
    platform: str
    reference: str
    workload: str
    source: str
    measured: float
    predicted: float
    low: float
    high: float

    def is_in(self, subset: str) -> bool:
        """Tell whether a subset of the scores holds it."""
        return subset in ("all", self.kind, VENDOR + self.vendor, BASIS + self.basis) or (subset == "domestic" and self.domestic)


class Skipped(Struct, frozen=True):
    """A row that no prediction could be set beside, and why."""

    row: int
    case: str
    platform: str
    reason: Message


def standing_of(basis: str, scores: tuple[Score, ...]) -> Score | None:
    """Return the held-out score of predictions of one basis, by the protocol that knew as much; None where there is none."""
    protocol = {"one": "one_run_known", "several": "leave_one_platform_out", "counts": "card_counts"}.get(basis.partition(" ")[0])
    return next((one for one in scores if (one.protocol, one.subset) == (protocol, BASIS + basis)), None)


def standing_words(score: Score) -> Message:
    """Return what is quoted beside a prediction: how often the interval held, on how many, and how far off they were."""
    return message(
        "evaluation.standing",
        coverage=score.coverage,
        rows=score.rows,
        mean=score.macro_mean,
        basis=basis_words(score.subset.removeprefix(BASIS)),
    )


class Evaluation(Struct, frozen=True):
    """Everything that is told of one table."""

    scores: tuple[Score, ...] = ()
    points: tuple[HeldOut, ...] = ()
    skipped: tuple[Skipped, ...] = ()

    def score(self, protocol: str, subset: str = "all") -> Score | None:
        """Return one score, None where there is none."""
        return next((one for one in self.scores if (one.protocol, one.subset) == (protocol, subset)), None)


def protocol_words(protocol: str) -> Message:
    """Return what a protocol is called."""
    return Message(f"evaluation.protocol.{protocol}")


def subset_words(subset: str) -> Message | str:
    """Return what a subset is called; a vendor has its own name."""
    if subset in ("all", "domestic"):
        return Message(f"evaluation.subset.{subset}")
    if subset.startswith(VENDOR):
        return subset.removeprefix(VENDOR)
    return basis_words(subset.removeprefix(BASIS)) if subset.startswith(BASIS) else Message(f"paraselect.class.{subset}")


def basis_words(basis: str) -> Message:
    """Return what a prediction rests on, in words: one known run or several, its vendor, whether the platform was measured elsewhere."""
    return message("evaluation.basis.words", words=[Message(f"evaluation.basis.{word}") for word in basis.split()])
