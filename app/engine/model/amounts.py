"""Amounts of compute as people order them: 多少 P, in a precision, dense or sparse."""

from msgspec import Struct

from app.engine.messages import Message


class Sparsity(Struct, frozen=True):
    """An architecture (* = any letters) whose peak is `factor` times as high with structured sparsity, in these precisions."""

    architecture: str
    precisions: tuple[str, ...]
    factor: float
    source: str = ""


class ComputeAmount(Struct, frozen=True):
    """Cards of a platform and their peak. None = not known or not there, with the reason.

    pflops   of all cards, in `precision`, dense unless is_sparse; per_card_tflops: of one
    cards    whole cards; nodes of cards_per_node
    """

    platform: str
    precision: str
    is_sparse: bool
    cards: int | None
    pflops: float | None
    per_card_tflops: float | None = None
    nodes: int | None = None
    reason: Message | None = None
