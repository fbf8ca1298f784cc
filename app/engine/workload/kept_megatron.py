"""What Megatron-LM keeps for the backward pass and has at work in it, in bytes on one card.

Widths per token in elements: h hidden, q k v the attention's, f the MLP's. Source of the layer: Korthikanti et al. 2022, arXiv:2205.05198,
section 4 (34 s b h + 5 a s^2 b of a GPT layer), written out for gated MLPs, grouped queries, latent attention and experts as Megatron-Core
with Transformer Engine builds them: fused attention keeps Q, K, V, its output and a log-sum per head; norms keep input and output; a gated
MLP keeps both halves and their product; experts the permuted tokens.
"""

import math

from msgspec.structs import replace

from app.engine.model.workloads import RunParameters
from app.engine.workload.kept import Kept, Where, Working
from app.engine.workload.network import Attention, Layer, Matrix, Network
from app.engine.workload.stages import Layout

CUBLAS_BYTES = 64 * 2**20  # its workspaces, inside the allocator
MASK = 1  # bytes per element of a dropout mask


def kept_of_layer(layer: Layer, run: RunParameters, layout: Layout, tokens: float, word: float) -> list[Kept]:
    """Return what one layer keeps of `tokens` tokens of a card (the sequence cut by context parallelism); word: bytes per element."""
    hidden = _hidden(layer)
    whole = tokens / layout.norm_split  # where tensor parallelism alone repeats, sequence parallelism cuts
    kept = [Kept("input", "residual", word * hidden * whole), Kept("norm", "norm", word * hidden * whole)]
    kept += _attention(layer, run, layout, tokens, word)
    if run.dropout:
        kept += [Kept("attention_dropped", "residual", MASK * hidden * whole), Kept("mlp_dropped", "residual", MASK * hidden * whole)]
    kept += [Kept("middle", "residual", word * hidden * whole), Kept("mlp_norm", "norm", word * hidden * whole)]
    if layer.norms > 2:  # noqa: PLR2004 - Gemma norms what attention and MLP give back, too
        kept.append(Kept("post_norms", "norm", 2 * word * hidden * whole))
    if layer.width:
        kept += _mlp("mlp", layer.width, layer.gated, tokens / layout.tensor, word)
    if layer.experts:
        kept += _experts(layer, run, layout, tokens, word)
    return kept


def _hidden(layer: Layer) -> int:
    return layer.matrices[0].rows


def _attention(layer: Layer, run: RunParameters, layout: Layout, tokens: float, word: float) -> list[Kept]:
    one, mine = layer.attention, tokens / layout.tensor
    if not isinstance(one, Attention):
        widths = one.conv_width + 2 * one.key_heads * one.key_dim + 3 * one.output
        return [Kept("linear_attention", "attention", word * widths * mine)]
    kept = _projections(one, tokens, mine, word)
    if run.attention == "eager":
        scores = one.heads * (run.seq_len or 1) * mine
        kept.append(Kept("scores", "core", (2 * word + MASK if run.dropout else word) * scores))
        copies = 1
    else:
        kept.append(Kept("log_sums", "attention", 4 * one.heads * mine))
        copies = 2 if layout.context > 1 else 1  # the output of the exchanged heads, and as it is sent back
    kept.append(Kept("output", "attention", copies * word * one.output * mine))
    return kept


def _projections(one: Attention, tokens: float, mine: float, word: float) -> list[Kept]:
    if not one.kv_rank:
        return [Kept("query_key_value", "attention", word * (one.query + one.key + one.value) * mine)]
    latents = 2 * (one.q_rank + one.kv_rank) + one.rope_dim  # before and after their norms
    joined = one.heads * (one.qk_dim - one.rope_dim) + one.value  # keys and values leave one matrix; values are a view of it
    return [
        Kept("latents", "attention", word * latents * tokens),
        Kept("query_key_value", "mla_up", word * (one.query + one.key + joined) * mine),
    ]


def _mlp(name: str, width: float, gated: bool, tokens: float, word: float, outer: Where = "mlp", act: Where = "mlp_act") -> list[Kept]:
    return [
        Kept(f"{name}_in", outer, word * width * (2 if gated else 1) * tokens),
        Kept(f"{name}_act", act, word * width * tokens),
    ]


def _experts(layer: Layer, run: RunParameters, layout: Layout, tokens: float, word: float) -> list[Kept]:
    routed = routed_tokens(layer, run, layout, tokens)
    kept = [
        Kept("router", "moe", 4 * 3 * layer.experts * tokens / layout.norm_split),  # logits, scores and the map, 4 bytes each
        Kept("permuted", "moe", word * _hidden(layer) * routed),
        *_mlp("experts", layer.expert_width / layout.expert_tensor, layer.gated, routed, word, "moe", "moe_act"),
    ]
    if layer.shared_width:
        kept += _mlp("shared", layer.shared_width, layer.gated, tokens / layout.tensor, word, "shared", "shared")
    return kept


def routed_tokens(layer: Layer, run: RunParameters, layout: Layout, tokens: float) -> float:
    """Return the tokens that the experts of one card work on: per_token copies of each, spread evenly and times the stated imbalance."""
    return layer.per_token * tokens / layout.tensor * layout.expert_tensor * run.expert_imbalance


def kept_outside(network: Network, run: RunParameters, layout: Layout, tokens: float, word: float, vocab: int) -> list[Kept]:
    """Return what the last stage keeps behind its layers: the last norm's input and output, and the logits of the loss."""
    whole = tokens / layout.norm_split
    fused = run.attention != "eager"  # Transformer Engine's loss works in the logits' own place
    return [
        Kept("last_norm", "ends", 2 * word * network.hidden * whole),
        Kept("logits", "ends", (word if fused else 4) * vocab / layout.tensor * tokens),
    ]


def working(
    network: Network, layers: tuple[Layer, ...], run: RunParameters, layout: Layout, tokens: float, word: float, vocab: int
) -> Working:
    """Return what is at work beside what is kept.

    layer      gradients of one layer's activations, the sequence gathered where it is cut
    output     gradient of the output matrix in 16 bits and of the last hidden states; embedding: gradient of the token embedding
    lasting    one 16-bit gradient buffer per shape of matrix, which Transformer Engine holds for weights whose gradients are added up in
               32 bits (fused accumulation), and the workspaces of the matrix library
    """
    shapes = {
        (one.rows, one.columns): one.rows * one.columns / (layout.expert_tensor if one.module == "experts" else layout.tensor)
        for layer in dict.fromkeys(layers)
        for one in _fused_shapes(layer)
    }
    row = vocab * network.hidden / layout.tensor * word
    moving = word * network.hidden * tokens
    return Working(
        layer=max((layer_working(layer, run, layout, tokens, word) for layer in dict.fromkeys(layers)), default=0.0),
        output=row + 2 * moving,
        embedding=row + moving,
        lasting=word * sum(shapes.values()) + CUBLAS_BYTES if run.attention != "eager" else CUBLAS_BYTES,
    )


_JOINED = {"q_proj": "qkv", "k_proj": "qkv", "v_proj": "qkv", "gate_proj": "in", "up_proj": "in"}


def _fused_shapes(layer: Layer) -> list[Matrix]:
    """Matrices as Megatron joins them: Q, K and V are one, gate and up are one."""
    joined: dict[tuple[str, str], Matrix] = {}
    for one in layer.matrices:
        key = (one.module, _JOINED.get(one.name, one.name))
        held = joined.get(key)
        joined[key] = replace(held, columns=held.columns + one.columns) if held else one
    return list(joined.values())


def layer_working(layer: Layer, run: RunParameters, layout: Layout, tokens: float, word: float) -> float:
    """Return the gradients alive in the backward pass of one layer, at its MLP, where everything of the layer is still kept."""
    hidden = _hidden(layer)
    gathered = 2 * word * hidden * tokens if layout.sequence else 0.0
    alive = 2 * word * hidden * tokens / layout.norm_split + gathered
    halves = 2 if layer.gated else 1
    if layer.experts:
        routed = routed_tokens(layer, run, layout, tokens)
        alive += word * routed * (2 * hidden + halves * layer.expert_width / layout.expert_tensor)
    return max(alive, alive + word * halves * layer.width * tokens / layout.tensor) + _eager_working(layer, run, layout, tokens, word)


def _eager_working(layer: Layer, run: RunParameters, layout: Layout, tokens: float, word: float) -> float:
    if run.attention != "eager" or not isinstance(layer.attention, Attention):
        return 0.0
    return math.prod((word, layer.attention.heads, run.seq_len or 1, tokens)) / layout.tensor
