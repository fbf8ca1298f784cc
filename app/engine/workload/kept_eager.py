"""What autograd keeps for the backward pass where a model runs as plain PyTorch: Hugging Face transformers, or modules written by hand.

Widths are elements per token: h hidden, q = heads x head_dim, k = kv_heads x head_dim, f intermediate, a heads, s sequence, V vocabulary;
w is the width of the compute dtype in bytes. Every part is a tensor (or several of one size) that some node of the graph saves, counted
once however many nodes save it; parameters, buffers and the batch itself are not counted. Counted from autograd,
tests/accuracy/record_autograd.py (torch 2.13, transformers 5.24; 4.57 keeps the same but where stated); the layer of GPT follows
arXiv 2205.05198, equation 1, but for what transformers computes in more steps than one kernel.

What changes the total most:
- RMSNorm of transformers works in fp32: 4h + 4 + wh a norm, against wh + 4 of a fused one.
- GPT-2's GELU is written out in transformers and keeps 5f, a fused one 2f; a gated MLP keeps 4f.
- Eager attention of Llama's kin takes its softmax in fp32 and keeps it beside its copy in w: (4 + w)·a·s; GPT-2's and BERT's keep w·a·s.
- The loss keeps one log-softmax, no logits: 4V where transformers goes to fp32 (causal models), wV elsewhere.
- Autocast over fp32 weights keeps a 16-bit copy of every matrix, and of a linear layer's input one for each layer that reads it.
"""

import msgspec

from app.engine.model.workloads import Model, RunParameters
from app.engine.workload.kept_parts import Parts, Setting, attention, experts, mlp, norm


def setting_of(
    model: Model, run: RunParameters, tokens: float, word: float, engine: str, *, autocast: bool = False, on_cpu: bool = False
) -> Setting:
    """Return the widths with nothing left open. tokens: of one micro-batch; word: bytes of the compute dtype (2 under autocast).

    autocast   fp32 weights and residual stream, 16-bit matrix products
    on_cpu     as the CPU's kernels save it (to compare with runs without a GPU): dropout masks of w bytes, no fused attention with dropout
    """
    hidden, heads = model.hidden or 0, model.heads or 1
    width = model.head_dim or hidden // heads
    return Setting(
        family=model.family,
        tokens=tokens,
        word=word,
        wide=4 if autocast else word,
        hidden=hidden,
        heads=heads,
        query=heads * width,
        key=(model.kv_heads or heads) * width,
        head_dim=width,
        inner=model.intermediate or 4 * hidden,
        vocab=model.vocab or 0,
        length=run.seq_len or 1,
        gated=model.gated if model.gated is not None else model.family not in ("gpt2", "bert", "vit"),
        plain=engine == "pytorch",
        eager=run.attention == "eager",
        dropout=run.dropout > 0,
        cached=run.recompute != "full",
        window=model.sliding_window,
        qk_norm=model.qk_norm if model.qk_norm is not None else model.family in ("qwen3", "qwen3-moe", "gemma3"),
        autocast=autocast,
        on_cpu=on_cpu,
    )


def kept_of_layer(
    model: Model,
    run: RunParameters,
    tokens: float,
    word: float,
    engine: str,
    moe: bool = False,
    *,
    autocast: bool = False,
    on_cpu: bool = False,
) -> Parts:
    """Return what one layer keeps of `tokens` tokens, as (name, bytes); with full recomputation its input alone.

    engine: "transformers" or "pytorch" (written by hand: fused GELU, loss in the model's dtype, softmax of scores in the model's dtype);
    moe: the layer has experts in place of its MLP. sliding_window below seq_len makes it a windowed layer, whose mask is kept.
    """
    here = setting_of(model, run, tokens, word, engine, autocast=autocast, on_cpu=on_cpu)
    if run.recompute == "full":
        return [("layer input", here.wide * here.hidden * tokens)]
    parts = _whole_layer(model, here, moe=moe)
    if run.recompute == "selective":
        return [part for part in parts if not part[0].startswith("scores")]
    return parts


def peak_of_recomputed_layer(
    model: Model,
    run: RunParameters,
    tokens: float,
    word: float,
    engine: str,
    moe: bool = False,
    *,
    autocast: bool = False,
    on_cpu: bool = False,
) -> float:
    """Return the bytes that a layer holds while it is run again, beyond its kept input (not counted twice where a node saves it)."""
    here = setting_of(model, run, tokens, word, engine, autocast=autocast, on_cpu=on_cpu)
    twice = here.wide * here.hidden * tokens
    if (here.rms and here.wide < 4) or (here.family == "bert" and autocast):  # noqa: PLR2004 - bytes: the norm keeps an fp32 copy instead
        twice = 0.0
    return sum(size for _, size in _whole_layer(model, here, moe=moe)) + sum(size for _, size in _angles(here)) - twice


def kept_outside(
    model: Model, run: RunParameters, tokens: float, word: float, engine: str, *, autocast: bool = False, on_cpu: bool = False
) -> Parts:
    """Return what embedding, last norm, head and loss keep, as (name, bytes); names of the embedding's parts begin with "embedding"."""
    here = setting_of(model, run, tokens, word, engine, autocast=autocast, on_cpu=on_cpu)
    parts: Parts = [*_embedding(here), *([] if run.recompute == "full" else _angles(here))]
    if here.family == "vit":
        return [*parts, *norm(here, "last norm"), *_image_ends(model, here)]
    if here.family == "bert":
        each = here.word * here.hidden * tokens
        under = msgspec.structs.replace(here, wide=here.word)  # autocast: the norm reads a 16-bit activation
        parts += [("transform input", each), ("transform gelu input", each), *norm(under, "transform norm")]
        parts += [("transform weight cast", word * here.hidden**2)] if autocast else []
    else:
        parts += norm(here, "last norm")
    parts.append(("head input", here.word * here.hidden * tokens))
    if autocast:
        parts.append(("head weight cast", word * here.hidden * here.vocab))
    if here.family == "gemma2":
        parts.append(("logits tanh", word * here.vocab * tokens))
    upcast = autocast or not (here.plain or here.family == "bert")
    parts.append(("log-softmax", (4 if upcast else word) * here.vocab * tokens))
    if not here.plain and here.family != "bert":
        parts.append(("labels shifted", 8 * tokens))
    return parts


def kept_in_all(
    model: Model, run: RunParameters, word: float, engine: str, *, autocast: bool = False, on_cpu: bool = False
) -> tuple[float, float]:
    """Return (bytes kept when the forward pass is over, most bytes kept at once up to the end of backward) of one micro-batch on one card.

    With full recomputation the peak is the loss on top of all layer inputs, or one layer run again on top of them when the loss is done,
    whichever is more; without it both numbers are one.
    """
    tokens = float((run.micro_batch or 1) * (run.seq_len or 1))
    inside = worst = 0.0
    for kind, moe, number in _kinds(model):
        one = kept_of_layer(kind, run, tokens, word, engine, moe, autocast=autocast, on_cpu=on_cpu)
        inside += number * sum(size for _, size in one)
        worst = max(worst, peak_of_recomputed_layer(kind, run, tokens, word, engine, moe, autocast=autocast, on_cpu=on_cpu))
    outside = kept_outside(model, run, tokens, word, engine, autocast=autocast, on_cpu=on_cpu)
    kept = inside + sum(size for _, size in outside)
    if run.recompute != "full":
        return kept, kept
    early = sum(size for name, size in outside if name.startswith("embedding"))
    return kept, max(kept, inside + early + worst)


def _image_ends(model: Model, here: Setting) -> Parts:
    """ViT: the class token, a view that keeps the whole of the last norm's output, and the loss; under autocast the casts instead."""
    images, patch = here.tokens / here.length, model.channels * model.patch_size**2
    parts: Parts = [("log-softmax", images * (4 if here.autocast else here.word) * model.classes)]
    if not here.autocast:
        return [("class token", here.word * here.hidden * here.tokens), *parts]
    casts = images * (model.channels * model.image_size**2 + here.hidden) + here.hidden * (patch + model.classes)
    return [*parts, ("embedding casts of pixels and patches, head weight cast", here.word * casts)]


def _kinds(model: Model) -> list[tuple[Model, bool, int]]:
    """Return (model, experts or not, number) of each kind of layer: windowed or in full, with experts or without."""
    found: dict[tuple[bool, bool], int] = {}
    for at in range(model.layers or 0):
        in_full = bool(model.global_layers_every) and (at + 1) % model.global_layers_every == 0
        moe = model.experts > 0 and at >= model.first_dense_layers and (at + 1) % max(1, model.moe_every) == 0
        found[in_full, moe] = found.get((in_full, moe), 0) + 1
    open_model = msgspec.structs.replace(model, sliding_window=0)
    return [(open_model if in_full else model, moe, number) for (in_full, moe), number in found.items()]


def _whole_layer(model: Model, here: Setting, *, moe: bool) -> Parts:
    post = here.family in ("gemma2", "gemma3")
    feed = experts(model, here) if moe else mlp(here)
    if here.family == "bert":
        return [*attention(here), *norm(here, "attention norm"), *feed, *norm(here, "mlp norm")]
    return [
        *norm(here, "attention norm"),
        *attention(here),
        *(norm(here, "attention post norm") if post else []),
        *norm(here, "mlp norm"),
        *feed,
        *(norm(here, "mlp post norm") if post else []),
    ]


def _angles(here: Setting) -> Parts:
    """Cosines and sines of rotary positions: s x head_dim each, once for all layers; hand-written models hold them as buffers."""
    if here.plain or not here.rms:
        return []
    return [("angles", 2 * here.wide * here.head_dim * here.length)]


def _embedding(here: Setting) -> Parts:
    """Positions (int64, once for the batch), BERT's norm, and the dropout mask of GPT-2, BERT and ViT."""
    if here.rms:
        return []
    parts: Parts = []
    if here.family in ("gpt2", "bert"):
        parts.append(("embedding positions", 8 * here.length))
    if here.family == "bert":
        parts += norm(here, "embedding norm")
    if here.family == "gpt2" and here.eager and not (here.plain or here.cached):
        parts.append(("embedding: attention mask, an input of every layer", here.wide * here.length * here.tokens))
    if here.dropout:
        parts.append(("embedding dropout mask", here.mask * here.hidden * here.tokens))
    return parts
