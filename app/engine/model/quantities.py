"""Quantity: what every shown number is."""

from typing import Literal, TypeAlias

from msgspec import Struct

from app.engine.messages import Message

State: TypeAlias = Literal["measured", "estimated", "not_measured", "not_applicable"]
Kind: TypeAlias = Literal["measured", "fitted", "transferred", "pooled", "modelled"]


class Quantity(Struct, frozen=True):
    """One number with all that is needed to trust or doubt it.

    value      None = unknown (never 0); state tells why
    low, high  90 % interval where the number is predicted or estimated
    unit       as shown, "" for a share 0..1
    source     where it comes from: a document, a file, or a message of how it was computed
    """

    value: float | None
    unit: str = ""
    low: float | None = None
    high: float | None = None
    state: State = "measured"
    kind: Kind = "measured"
    source: str | Message = ""
