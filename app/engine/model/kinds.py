"""PlatformKind: what kind of platform a run asks for, told before any product: VRAM, memory, links between cards and nodes, precision."""

from typing import Literal, TypeAlias, get_args

from msgspec import Struct

from app.engine.messages import Message, message
from app.engine.model.quantities import Kind

Aspect: TypeAlias = Literal["vram", "memory", "link", "network", "precision"]
ASPECTS: tuple[Aspect, ...] = get_args(Aspect)
Strength: TypeAlias = Literal["must", "prefer", "any", "unknown"]
"""any: it does not matter, the cheaper of the two is enough."""


SIZES = {True: "large", False: "small", None: "unknown"}
WORDS = {True: "yes", False: "no", None: "unknown"}
MATCHED: tuple[Aspect, ...] = ("vram", "memory", "link", "precision")
"""What a platform is matched in; the network belongs to the site it stands in."""


class Sent(Struct, frozen=True):
    """Messages of one purpose that one card sends in a step (in a pass of a server).

    each_bytes   of the largest of them; count: how many
    near_bytes   that go over links within a node, far_bytes: that leave it for this card, all of them together
    rounds       of latency, one after the other: count x doublings of the group
    cards        of a group; overlaps: whether the engine runs them beside computation
    """

    purpose: str
    each_bytes: float
    count: float
    near_bytes: float
    far_bytes: float
    rounds: float
    cards: int
    overlaps: bool = False


class CardTime(Struct, frozen=True):
    """Computing of a step on one card of the base, and its links at the rates that long runs reach of them. Nothing waits for messages.

    arithmetic_s, traffic_s   all operators at the rate of their arithmetic alone, of the VRAM alone
    busy_s                    operator by operator, what bounds each; at_hbm_s: the same with the bandwidth of a middling HBM card
    link_gbs                  of the fabric, 0 = there is none, None = not known; domain: cards that it joins
    """

    platform: str
    arithmetic_s: float
    traffic_s: float
    busy_s: float
    at_hbm_s: float
    link_gbs: float | None = None
    host_gbs: float | None = None
    network_gbs: float | None = None
    domain: int = 1


class Demand(Struct, frozen=True):
    """What one card of a run does in a step (training), a pass (a server: one token of every sequence) or a unit of work (HPC).

    flops, moved_bytes   None = not known, `unknown` says why
    sent                 None = not known; () = nothing is sent
    alone_gib            VRAM that one card would need to hold the model alone, one sample at a time
    cards, nodes         None = not stated
    """

    per: Literal["step", "pass", "unit"]
    flops: float | None = None
    moved_bytes: float | None = None
    sent: tuple[Sent, ...] | None = None
    times: tuple[CardTime, ...] = ()
    alone_gib: float | None = None
    cards: int | None = None
    nodes: int | None = None
    unknown: Message | None = None


class Scenario(Struct, frozen=True):
    """Step one of ParaSelect. large: the model must be cut over cards, None = not known; optimised: as stated, None = no run described."""

    phase: Literal["training", "finetuning", "inference", "hpc"]
    large: bool | None
    optimised: bool
    reasons: tuple[Message, ...] = ()

    @property
    def words(self) -> tuple[Message, ...]:
        """The scenario in words: training, large model, before optimisation."""
        size = () if self.phase == "hpc" else (message(f"kinds.size.{SIZES[self.large]}"),)
        return (message(f"kinds.phase.{self.phase}"), *size, message(f"kinds.state.{'after' if self.optimised else 'before'}"))


class Recommendation(Struct, frozen=True):
    """The answer to one question.

    verdict      vram: large small · memory: hbm gddr · link: fabric pcie none · network: infiniband roce ethernet none ·
                 precision: its name; "" = unknown
    need, supply figures in `unit`: what the run needs, what a middling platform of the base offers. memory: the bandwidth from which
                 arithmetic bounds it on a middling GDDR card (recorded: what was in use); link: at which messages take as long as computing
    low, high    of need, 90 %
    gain         how many times as fast the run is with the better of the two kinds, at the middling card; gain_low, gain_high: over the
                 cards of the base, 5 % and 95 %
    missing      keys of the run description that would decide
    """

    aspect: Aspect
    verdict: str = ""
    strength: Strength = "unknown"
    reasons: tuple[Message, ...] = ()
    need: float | None = None
    supply: float | None = None
    unit: str = ""
    low: float | None = None
    high: float | None = None
    gain: float | None = None
    gain_low: float | None = None
    gain_high: float | None = None
    kind: Kind = "modelled"
    missing: tuple[str, ...] = ()

    @property
    def answer(self) -> Message | str:
        """The verdict in words."""
        if self.aspect == "precision" and self.verdict:
            return self.verdict.upper()
        return message(f"kinds.verdict.{self.verdict or 'unknown'}")

    @property
    def brief(self) -> Message:
        """The one figure behind the answer; the last reason where there is none."""
        if self.aspect == "precision" and self.verdict:
            return Message("kinds.brief.precision", self.reasons[0].params)
        known = self.need is not None if self.aspect == "vram" else self.gain is not None
        if not known:
            return self.said[-1]
        return message(f"kinds.brief.{self.aspect}", need=self.need, supply=self.supply, gain=self.gain)

    @property
    def said(self) -> tuple[Message, ...]:
        """The reasons, and what would decide where it is not known."""
        return (*self.reasons, message("kinds.match.missing", keys=self.missing)) if self.missing else self.reasons


class KindMatch(Struct, frozen=True):
    """Whether one platform of the base is of the kind; None = a fact is not known. vram: holds the run as it is described."""

    platform: str
    vram: bool | None
    memory: bool | None
    link: bool | None
    precision: bool | None

    @property
    def fits(self) -> bool | None:
        """All of it: False where one is wrong, None where one is not known."""
        answers = (self.vram, self.memory, self.link, self.precision)
        return False if False in answers else None if None in answers else True

    @property
    def said(self) -> Message:
        """Whether it is of the kind, and in what it is not or is not known."""
        wanted = False if self.fits is False else None
        names = [message(f"kinds.aspect.{name}") for name in MATCHED if getattr(self, name) is wanted]
        return message(f"kinds.match.is_{WORDS[self.fits]}", names=names)


class PlatformKind(Struct, frozen=True):
    """The kind of platform that a run asks for, and which platforms of the base are of it."""

    scenario: Scenario
    recommendations: tuple[Recommendation, ...]
    matches: tuple[KindMatch, ...] = ()

    def of(self, aspect: Aspect) -> Recommendation:
        """Return the answer to one question."""
        return next(one for one in self.recommendations if one.aspect == aspect)

    @property
    def counted(self) -> Message:
        """How many platforms of the base are of the kind."""
        unknown = sum(one.fits is None for one in self.matches)
        return message("kinds.match.count", fitting=len(self.fitting), all=len(self.matches), unknown=unknown)

    @property
    def fitting(self) -> tuple[str, ...]:
        """The platforms that are of the kind in everything."""
        return tuple(one.platform for one in self.matches if one.fits)
