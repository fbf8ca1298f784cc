"""Buffers of one step of a served model: the largest set of tensors that live at once in a layer. Nothing is kept for a backward pass."""

from collections.abc import Sequence

from app.engine.workload.network import Attention, Layer, Network
from app.engine.workload.stages import Layout

STREAMS = 3
"""Beside a block's own tensors: the residual, the block's input and its output (all tokens x hidden)."""


def step_width(network: Network, kinds: Sequence[tuple[Layer, int]], layout: Layout, word: float, quantised: float) -> float:
    """Return bytes per token of a step on one card: streams, and the wider of attention and MLP.

    quantised: bytes per element of the copy that a W8A8 matrix makes of its input.
    """
    widest = max((max(_attention(layer, layout, word, quantised), _mlp(layer, layout, word, quantised)) for layer, _ in kinds), default=0.0)
    experts = max((_experts(layer, network.hidden, layout, word, quantised) for layer, _ in kinds), default=0.0)
    return STREAMS * network.hidden * word + max(widest, experts)


def _attention(layer: Layer, layout: Layout, word: float, quantised: float) -> float:
    """Queries, keys and values, and what attention gives to the output matrix."""
    one = layer.attention
    if isinstance(one, Attention):
        inside = one.query + one.key + one.value + one.output
        latent = one.q_rank + one.kv_rank + one.rope_dim
        return (inside / layout.tensor + latent) * word + one.output / layout.tensor * quantised
    return (2 * (one.conv_width or 3 * one.output) + 2 * one.output) / layout.tensor * word + one.output / layout.tensor * quantised


def _mlp(layer: Layer, layout: Layout, word: float, quantised: float) -> float:
    """Gate and up side by side, their product, and its quantised copy."""
    columns = 3 if layer.gated else 2
    return layer.width / layout.tensor * (columns * word + quantised)


def _experts(layer: Layer, hidden: int, layout: Layout, word: float, quantised: float) -> float:
    """A token is copied to each of its experts and back; with expert parallelism a card sees its share of the copies."""
    if not layer.experts:
        return 0.0
    columns = 3 if layer.gated else 2
    inside = layer.expert_width / layout.expert_tensor * (columns * word + quantised)
    copies = layer.per_token / layout.expert * (inside + 2 * hidden * word)
    return copies + layer.shared_width / layout.tensor * (columns * word + quantised)


def score_bytes(kinds: Sequence[tuple[Layer, int]], tensor: int, word: float) -> float:
    """Return bytes per query and key where attention is not fused: scores, their fp32 softmax and its cast back, all heads of a layer."""
    heads = max((layer.attention.heads for layer, _ in kinds if isinstance(layer.attention, Attention)), default=0)
    return heads / tensor * (2 * word + 4)
