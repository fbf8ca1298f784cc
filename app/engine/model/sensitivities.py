"""What would flip a recommendation, and which product and service strategy suit the demand."""

from typing import Literal, TypeAlias

from msgspec import Struct

from app.engine.messages import Message

LeverKind: TypeAlias = Literal["price", "speed", "other_price", "other_speed", "porting", "other_porting"]


class Lever(Struct, frozen=True):
    """One figure that may be other than assumed.

    low_at, high_at  factors of it that are tried: the 90 % interval of a speed or of porting, a tenth either way of a price
    low, high        lead of the chosen plan there: its advantage over the other as a factor, 1 = even
    tipping          factor of the figure at which both are even, None where no change flips the choice
    flips            the tipping point lies between low_at and high_at
    """

    what: LeverKind
    low_at: float
    high_at: float
    low: float
    high: float
    tipping: float | None
    flips: bool


class Sensitivity(Struct, frozen=True):
    """A recommended plan against its runner-up, by name. lead: the advantage as a factor; levers: the greatest effect first.

    compared          the pair in words
    tipping_discount  discount factor of the other's price row from which it would be chosen, None where none does it
    """

    role: str
    plan: str
    other: str
    lead: float
    levers: tuple[Lever, ...]
    compared: Message
    tipping_discount: float | None = None


class DemandStrategy(Struct, frozen=True):
    """One row of platform_db/demand_strategies.csv: what demand is told by, and what is advised for it.

    tasks, industries  any of them, () = all; least_parameters: of the model, 0 = any
    form               of service_forms.csv
    """

    demand: str
    tasks: tuple[str, ...]
    industries: tuple[str, ...]
    least_parameters: float
    form: str
    source: str = ""
    as_of: str = ""
    confidence: str = ""
