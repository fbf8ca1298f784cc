"""What the backward pass needs of one layer and of the ends of the network, tensor by tensor: shared nouns of the engines' own lists."""

from typing import Literal, TypeAlias

from msgspec import Struct

Where: TypeAlias = Literal["residual", "norm", "attention", "core", "mla_up", "mlp", "mlp_act", "moe", "moe_act", "shared", "ends"]


class Kept(Struct, frozen=True):
    """One tensor kept for the backward pass: bytes on one card of one micro-batch. where: what a selective recomputation drops it with."""

    name: str
    where: Where
    bytes: float


class Working(Struct, frozen=True):
    """What is alive beside everything kept while the fullest layer, or the output, goes backward, bytes on one card."""

    layer: float
    output: float = 0.0
    embedding: float = 0.0
    lasting: float = 0.0


DROPPED: dict[str, frozenset[str]] = {
    "core_attn": frozenset({"core"}),
    "mlp": frozenset({"mlp", "mlp_act"}),
    "moe": frozenset({"moe", "moe_act", "shared"}),
    "moe_act": frozenset({"moe_act"}),
    "layernorm": frozenset({"norm"}),
    "mla_up_proj": frozenset({"mla_up"}),
    "shared_experts": frozenset({"shared"}),
}
"""What each word of a selective recomputation drops (Megatron-Core's --recompute-modules)."""


def left_after(kept: list[Kept], recompute: str, modules: tuple[str, ...]) -> list[Kept]:
    """Return what a selective recomputation leaves; without named modules it repeats the attention's core."""
    if recompute != "selective":
        return kept
    dropped: frozenset[str] = frozenset().union(*(DROPPED.get(word, frozenset()) for word in modules or ("core_attn",)))
    return [one for one in kept if one.where not in dropped]


def total_bytes(kept: list[Kept]) -> float:
    """Return the sum."""
    return sum(one.bytes for one in kept)
