"""The parts of a layer that autograd keeps, op by op (see kept_eager): norms, attention, MLP, experts. Widths per token, sizes in bytes."""

from typing import TypeAlias

from msgspec import Struct

from app.engine.model.workloads import Model

Parts: TypeAlias = list[tuple[str, float]]
_LAYER_NORM = frozenset({"gpt2", "bert", "vit"})
_INDEX = 8  # bytes of an int64


class Setting(Struct, frozen=True):
    """Widths in elements per token and choices of one layer, nothing left open.

    word, wide   bytes of the compute dtype, and of the residual stream (4 under autocast)
    query, key   heads x head_dim, kv_heads x head_dim; inner: width of the MLP; length: tokens of one sequence
    plain        written by hand, not transformers; cached: transformers runs with its KV cache, as it does unless it checkpoints
    """

    family: str
    tokens: float
    word: float
    wide: float
    hidden: int
    heads: int
    query: int
    key: int
    head_dim: int
    inner: int
    vocab: int
    length: int
    gated: bool
    plain: bool
    eager: bool
    dropout: bool
    cached: bool
    window: int
    qk_norm: bool
    autocast: bool
    on_cpu: bool

    @property
    def rms(self) -> bool:
        """RMSNorm and rotary positions (Llama and its kin), not LayerNorm (GPT-2, BERT, ViT)."""
        return self.family not in _LAYER_NORM

    @property
    def mask(self) -> float:
        """Bytes of one element of a dropout mask: one on CUDA; the CPU multiplies by a mask of the input's dtype."""
        return self.word if self.on_cpu else 1


def norm(here: Setting, name: str) -> Parts:
    """A norm's own tensors, its output not among them (the linear layer that reads it keeps that).

    LayerNorm: input wh, mean and rstd. RMSNorm of transformers and of Meta's code: input in fp32 4h, rsqrt 4, and what the weight
    multiplies, wh (Gemma: 4h, and 1 + weight).
    """
    width, tokens = here.hidden, here.tokens
    if not here.rms:
        return [(f"{name}: input", here.wide * width * tokens), (f"{name}: mean, rstd", (2 * here.wide if here.on_cpu else 8) * tokens)]
    return _rms(here, name, width, 1, here.wide)


def _rms(here: Setting, name: str, width: int, groups: int, word: float) -> Parts:
    gemma = here.family.startswith("gemma")
    parts = [
        (f"{name}: input fp32", 4 * width * here.tokens),
        (f"{name}: rsqrt", 4 * groups * here.tokens),
        (f"{name}: normalised", (4 if gemma else word) * width * here.tokens),
    ]
    return [*parts, (f"{name}: 1 + weight", 4 * width / groups)] if gemma else parts


def attention(here: Setting) -> Parts:
    """Input of the projections, q and k norms, q, k, v, scores or log-sum-exp, output, dropout mask of the output."""
    readers = 3 if here.autocast and here.family != "gpt2" else 1
    parts: Parts = [("qkv input", readers * here.word * here.hidden * here.tokens)]
    if here.autocast:
        parts.append(("attention weight casts", here.word * here.hidden * (2 * here.query + 2 * here.key)))
    if here.qk_norm:
        parts += _rms(here, "query norm", here.query, here.heads, here.word)
        parts += _rms(here, "key norm", here.key, here.key // here.head_dim, here.word)
    if here.eager or (here.on_cpu and here.dropout):
        parts += _scores(here)
    else:
        parts += _flash(here)
    if not here.rms and here.dropout:
        parts.append(("attention dropout mask", here.mask * here.hidden * here.tokens))
    return parts


def _flash(here: Setting) -> Parts:
    """q, k, v, output in w, log-sum-exp in fp32; a window's mask as w-wide bias (b x s x s a layer), keys and values then repeated."""
    windowed = here.window and here.length > here.window and not here.plain
    key = here.query if windowed else here.key
    parts = [
        ("q, k, v", here.word * (here.query + 2 * key) * here.tokens),
        ("attention output", here.word * here.query * here.tokens),
        ("log-sum-exp", 4 * here.heads * here.tokens),
    ]
    if windowed:
        parts.append(("window bias", here.word * here.length * here.tokens))
    return parts + _cached(here)


def _cached(here: Setting) -> Parts:
    """GPT-2 in transformers: its KV cache copies k and v, while the view of q keeps the whole of q, k, v."""
    if here.family != "gpt2" or here.plain or not here.cached:
        return []
    return [("k, v copied by the cache", 2 * here.word * here.key * here.tokens)]


def _scores(here: Setting) -> Parts:
    """Attention by matrices: q, k, v at full width, softmax, its dropout, and its copy for the second product; a x s a token each."""
    words = 4 if here.on_cpu and not here.eager else here.word  # the CPU's fallback of sdpa works in fp32
    one = here.heads * here.length * here.tokens
    softmax = 4 if _softmax_in_fp32(here) else words
    single = here.tokens <= here.length
    key = here.key if single and here.key == here.head_dim and not here.plain else here.query  # one head for all of one sequence: no copy
    parts = [("q, k, v", words * (here.query + 2 * key) * here.tokens), ("scores: softmax", softmax * one)]
    if here.family == "gemma2":
        parts.append(("scores: tanh", words * one))
    if here.dropout:
        parts.append(("scores: dropout mask", (words if here.on_cpu else 1) * one))
    if here.dropout or softmax != words:
        parts.append(("scores: as multiplied", words * one))
    if here.plain and here.eager:
        parts.append(("scores: causal mask", here.length * here.length))
    if here.eager and single:  # a batch of one is not copied for the product, so the view of q stays
        parts += _cached(here)
    return [*parts, ("attention output", here.word * here.query * here.tokens)]


def _softmax_in_fp32(here: Setting) -> bool:
    """Models of transformers but GPT-2 and BERT ask for it; autocast does it on CUDA, and on the CPU where a mask of fp32 is added."""
    if here.autocast:
        return not (here.on_cpu and here.family == "bert")
    return not here.plain and here.family not in ("gpt2", "bert")


def mlp(here: Setting) -> Parts:
    """Gated: input, gate, activation, up, product. Not gated: input, up, activation, and what GELU written out in four steps keeps."""
    readers = 2 if here.autocast and here.gated else 1
    parts: Parts = [("mlp input", readers * here.word * here.hidden * here.tokens)]
    if here.autocast:
        parts.append(("mlp weight casts", here.word * here.hidden * here.inner * (3 if here.gated else 2)))
    one = here.inner * here.tokens
    if here.gated:
        parts.append(("gate, activation, up, product", 4 * here.word * one))
    elif here.family == "gpt2" and not here.plain:
        # input, half of it, tanh, 1 + tanh, product; CUDA's autocast takes the power, and what follows, to fp32
        parts.append(("gelu in steps", (16 if here.autocast and not here.on_cpu else 5 * here.word) * one))
    else:
        parts.append(("gelu input, output", 2 * here.word * one))
    if not here.rms and here.dropout:
        parts.append(("mlp dropout mask", here.mask * here.hidden * here.tokens))
    return parts


def experts(model: Model, here: Setting) -> Parts:
    """A router and its experts, grouped (transformers 5) or one by one: each token goes to experts_per_token of them.

    Router: input wh, softmax 4E, indices 8k, Mixtral's weights and their sum. Each token and expert: gathered input wh, 4wf, output wh,
    weight, and three indices; the grouped product knows no autocast and works in the weights' dtype. Shared experts (Qwen2-MoE): 4wf,
    output and gate. transformers 4.57 keeps wh more a token and expert.
    """
    chosen, width, mixtral = model.experts_per_token, model.moe_intermediate or here.inner, here.family == "mixtral"
    routing = 4 * model.experts + _INDEX * chosen + (4 + 4 * chosen if mixtral else 0)
    slot = 2 * here.wide * here.hidden + 4 * here.wide * width + 3 * _INDEX + (4 if mixtral else here.word)
    parts: Parts = [
        ("router input", here.word * here.hidden * here.tokens),
        ("routing", routing * here.tokens),
        ("experts: input, gate and up, activation, product, output", chosen * slot * here.tokens),
    ]
    shared = model.shared_intermediate or model.shared_experts * width
    if shared:
        parts.append(("shared expert", (4 * here.word * shared + here.word * (here.hidden + 1)) * here.tokens))
    return parts
