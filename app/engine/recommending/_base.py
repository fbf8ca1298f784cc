"""What the platform base offers of each kind, and what stands in the middle of a number of cards."""

from collections.abc import Callable, Sequence

from msgspec import Struct

from app.engine.messages import Message
from app.engine.model.estimates import MemoryEstimate, MemoryFit
from app.engine.model.kinds import CardTime, Demand
from app.engine.model.platforms import Platform
from app.engine.model.profiles import Profile
from app.engine.model.workloads import Workload


class Context(Struct, frozen=True, eq=False):
    """All that a question may be answered from. used: the platform of the profile, None = not known."""

    workload: Workload
    demand: Demand
    memory: MemoryEstimate
    fits: tuple[MemoryFit, ...]
    platforms: tuple[Platform, ...]
    profile: Profile | None = None
    used: Platform | None = None

    def axis(self, name: str) -> float | None:
        """Return a measured share of the profile; estimates do not count here."""
        axes = self.profile.axes if self.profile else ()
        return next((one.value for one in axes if one.name == name and one.state == "measured"), None)


class Gains(Struct, frozen=True):
    """Speed-ups over a number of cards: the middle one with its card, and the ends that leave 5 % out on each side."""

    middle: float
    low: float
    high: float
    card: CardTime
    count: int


def memory_kind(platform: Platform) -> str:
    """Return hbm, gddr, other, or "" where the type is not known."""
    text = platform.text("memory_type").upper()
    return "hbm" if text.startswith("HBM") else "gddr" if text.startswith("GDDR") else "other" if text else ""


def missing_of(why: Message) -> tuple[str, ...]:
    """Return the keys of the run description that a reason names."""
    keys = why.params.get("keys")
    return tuple(str(key) for key in keys) if isinstance(keys, list) else ("[model]",) if why.code == "workload.no_model" else ()


def middle(values: Sequence[float]) -> float | None:
    """Return the middle of some numbers, the lower of two; None of none."""
    return sorted(values)[(len(values) - 1) // 2] if values else None


def gains(cards: Sequence[CardTime], gain: Callable[[CardTime], float]) -> Gains | None:
    """Return how much these cards gain; None where there are none."""
    if not cards:
        return None
    ranked = sorted(((gain(card), number) for number, card in enumerate(cards)))
    last = len(ranked) - 1
    value, number = ranked[last // 2]
    return Gains(value, ranked[round(0.05 * last)][0], ranked[round(0.95 * last)][0], cards[number], len(cards))
