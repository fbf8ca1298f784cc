"""The operators of one layer and of the ends of a network: products, the core of attention, norms, activations and routing.

Widths per token in elements: h hidden, q k v o the attention's, f the MLP's, E experts, c of them per token. T tokens on a card, w bytes.
"""

from collections.abc import Sequence

from app.engine.workload.accounting import UNFUSED, Here, Operator, Work
from app.engine.workload.kept import DROPPED, Where
from app.engine.workload.kept_megatron import routed_tokens
from app.engine.workload.network import Attention, Layer, Matrix, Network

_JOINED = {"q_proj": "qkv", "k_proj": "qkv", "v_proj": "qkv", "gate_proj": "in", "up_proj": "in"}
_LATENT = frozenset({"q_b_proj", "kv_b_proj"})
_WHERE: dict[str, Where] = {
    "attention": "attention",
    "cross": "attention",
    "mlp": "mlp",
    "experts": "moe",
    "router": "moe",
    "shared": "shared",
}
ROUTING_KERNELS = 60
"""Small kernels that choose, count, sort and balance tokens, each way (router, top-k, masks, auxiliary loss, permutation maps)."""
FLASH_AGAIN = 0.5
"""Fused attention keeps no scores and forms Q K^T anew in its backward pass: half a forward (Dao et al. 2022, arXiv:2205.14135)."""


def operators_of(layer: Layer, here: Here) -> list[Operator]:
    """Return the operators of a layer, in the order of its forward pass."""
    found = [*_norms(layer, here), *_products(layer, here), *_core(layer, here)]
    if layer.width:
        found.append(_activation("mlp_act", layer.width / here.layout.tensor, layer.gated, here.tokens, here))
    if layer.experts:
        found += _routing(layer, here)
    return found


def recomputed_work(operators: Sequence[Operator], here: Here) -> tuple[Work, ...]:
    """Return what is run again in the backward pass: nothing, some modules, or the whole forward pass; and fused attention's own scores."""
    own = tuple(work for one in operators for work in one.again)
    run = here.run
    if run.recompute == "full":
        return (*(one.forward for one in operators), *own)
    if run.recompute == "selective" and here.engine.matmul_policy:  # every second product, all norms and activations
        half = [one.forward.times(0.5) for one in operators if one.forward.kind in ("matmul", "experts")]
        return (*half, *(one.forward for one in operators if one.forward.kind == "memory"), *own)
    if run.recompute == "selective":
        dropped = modules_again(here)
        return (*(one.forward for one in operators if one.where in dropped), *own)
    return own


def modules_again(here: Here) -> frozenset[str]:
    """Return what a selective recomputation repeats; without named modules the attention's core."""
    return frozenset().union(*(DROPPED.get(word, frozenset()) for word in here.run.recompute_modules or ("core_attn",)))


def product(name: str, m: float, n: float, k: float, word: float, copies: float = 1.0) -> Work:
    """Return a product of (m x k) with (k x n), `copies` of them in one launch: reads both operands, writes the result."""
    flops = 2.0 * m * n * k * copies
    kind = "experts" if copies > 1 else "matmul"
    return Work(name, kind, flops, word * (m * k + k * n) * copies, word * m * n * copies, 1, (m, n, k, copies))


def added_product(name: str, m: float, n: float, k: float, here: Here, copies: float = 1.0) -> Work:
    """Return the product (k x m)^T (k x n) that gives a gradient of m x n, added to what is there."""
    done = product(name, m, n, k, here.word, copies)
    size = here.grad * m * n * copies
    if not here.engine.adds_in_place:  # written in 16 bits, then added by another kernel
        size += 2 * here.word * m * n * copies
    return Work(name, done.kind, done.flops, done.bytes_read + size, size, 1 if here.engine.adds_in_place else 2, done.shape)


def _joined(layer: Layer) -> list[tuple[str, Matrix, int]]:
    """(name, one of them, columns of all) of matrices that read the same input and are multiplied as one."""
    found: dict[tuple[str, str], tuple[Matrix, int]] = {}
    for one in layer.matrices:
        key = (one.module, _JOINED.get(one.name, one.name))
        held = found.get(key)
        found[key] = (one, held[1] + one.columns if held else one.columns)
    return [(name, one, columns) for (_, name), (one, columns) in found.items()]


def _products(layer: Layer, here: Here) -> list[Operator]:
    adapted = here.adapted(layer)
    found = []
    for name, one, columns in _joined(layer):
        m, n, k, copies = _card_shape(layer, one, columns, here)
        forward = product(name, m, n, k, here.word, copies)
        backward = [product(f"{name}, input", m, k, n, here.word, copies)]
        if not here.adapters:
            backward.append(added_product(f"{name}, weights", k, n, m, here, copies))
        where = "mla_up" if name in _LATENT else _WHERE[one.module]
        found.append(Operator(where, forward, tuple(backward)))
        if here.workload.precision == "fp8" and one.module != "router":
            found.append(_casts(name, where, m * k * copies, k * n * copies, m * n * copies, here))
        if one.name in adapted:
            found += _adapter(name, m, n, k, where, here)
    return found


def _casts(name: str, where: Where, inputs: float, weights: float, outputs: float, here: Here) -> Operator:
    """FP8 products: input and weight, backward the gradient, are read for their maximum, read again and written both ways round."""
    w = here.word
    forward = Work(f"{name}, casts", "memory", 0.0, 2 * w * (inputs + weights), 2 * (inputs + weights), 4)
    return Operator(where, forward, (Work(f"{name}, casts", "memory", 0.0, 2 * w * outputs, 2 * outputs, 2),))


def _card_shape(layer: Layer, one: Matrix, columns: int, here: Here) -> tuple[float, float, float, float]:
    """Return m, n, k and copies of a matrix's product on one card."""
    layout, tokens = here.layout, here.tokens
    if one.module == "experts":
        experts, cut = one.copies / layout.expert, layout.expert_tensor
        rows = routed_tokens(layer, here.run, layout, tokens) / experts
        return (rows, columns / cut, one.rows, experts) if one.split == "columns" else (rows, columns, one.rows / cut, experts)
    if one.split == "whole":
        return tokens / layout.norm_split, columns, one.rows, 1.0
    if one.split == "rows":
        return tokens, columns, one.rows / layout.tensor, 1.0
    return tokens, columns / layout.tensor, one.rows, 1.0


def _adapter(name: str, m: float, n: float, k: float, where: Where, here: Here) -> list[Operator]:
    """Two thin products of the rank (Hu et al. 2021, arXiv:2106.09685) with gradients of their own, and the sum with the frozen result."""
    rank = here.run.lora_rank or 8
    pairs = ((f"{name}, A", rank, k), (f"{name}, B", n, rank))
    found = [
        Operator(
            where,
            product(label, m, wide, deep, here.word),
            (product(label, m, deep, wide, here.word), product(label, deep, wide, m, here.word)),
        )
        for label, wide, deep in pairs
    ]
    return [*found, _moved(f"{name}, sum", where, 2 * n * m, n * m, 0, n * m, here)]


def _moved(name: str, where: Where, read: float, written: float, back_read: float, back_written: float, here: Here) -> Operator:
    """An operator bound by memory; elements read and written forward and backward."""
    w = here.word * (1.0 if here.fused else UNFUSED)
    kernels = 1.0 if here.fused else 4.0
    forward = Work(name, "memory", 0.0, w * read, w * written, kernels)
    return Operator(where, forward, (Work(name, "memory", 0.0, w * back_read, w * back_written, kernels),))


def _norms(layer: Layer, here: Here) -> list[Operator]:
    """Each norm reads and writes h; backward it reads input and gradient. Each of the two additions (with dropout) reads two and writes
    one, backward the two branches' gradients are added. Rotations read and write q and k."""
    size = layer.matrices[0].rows * here.tokens / here.layout.norm_split
    dropped = 0.5 if here.dropout else 0.0  # a byte of mask an element
    found = [_moved("norm", "norm", size, size, 2 * size, size, here) for _ in range(layer.norms)]
    found += [_moved("add", "residual", 2 * size, (1 + dropped) * size, (2 + dropped) * size, size, here) for _ in range(2)]
    one, mine = layer.attention, here.tokens / here.layout.tensor
    if isinstance(one, Attention):
        turned = (one.query + one.key) * mine
        if one.kv_rank:  # latents are normalised, keys are put together from two parts
            turned = (one.query + 2 * one.key + one.value) * mine + (one.q_rank + one.kv_rank) * here.tokens
        where: Where = "mla_up" if one.kv_rank else "attention"
        if here.workload.model is None or here.workload.model.family not in ("gpt", "gpt2", "bert", "vit"):
            found.append(_moved("rotation", where, turned, turned, turned, turned, here))
    return found


def _core(layer: Layer, here: Here) -> list[Operator]:
    found = [_attended(one, here) for one in (layer.attention, layer.cross) if isinstance(one, Attention)]
    one = layer.attention
    if not isinstance(one, Attention):
        mine = here.tokens / here.layout.tensor
        moved = here.word * (one.conv_width + 2 * one.key_heads * one.key_dim + 2 * one.output) * mine
        forward = Work("linear attention", "attention", one.flops() * mine, moved, here.word * one.output * mine, 4)
        found.append([Operator("core", forward, (forward.times(2.0),))])
    return [one for group in found for one in group]


def _attended(one: Attention, here: Here) -> list[Operator]:
    """Q K^T and P V of one layer. Fused: half the square behind a causal mask, a window cuts it; eager: the whole square is formed."""
    mine, w = here.tokens / here.layout.tensor, here.word
    widths = w * (one.query + one.key + one.value) * mine
    out = w * one.output * mine
    if here.run.attention != "eager":
        padded = 2 * max(one.qk_dim, one.v_dim) / (one.qk_dim + one.v_dim)  # kernels work at the wider of two widths (latent attention)
        flops = one.flops(one.context(here.length)) * mine * padded
        forward = Work("attention", "attention", flops, widths, out)
        backward = Work("attention", "attention", 2 * flops, 2 * widths + 2 * out, widths, 2)
        return [Operator("core", forward, (backward,), (Work("scores again", "attention", FLASH_AGAIN * flops, launches=0),))]
    return _eager(one, here, widths, out)


def _eager(one: Attention, here: Here, widths: float, out: float) -> list[Operator]:
    """Scores of heads x length a token pass through VRAM: product, softmax, dropout, product; backward the same twice over."""
    keys = float(one.cross_tokens or here.length)
    mine, w = here.tokens / here.layout.tensor, here.word
    scores = one.heads * keys * mine
    half = one.flops(keys) * mine / 2
    mask = 1.0 if here.dropout else 0.0
    products = [
        Operator(
            "core",
            Work(name, "matmul", half, read, written),
            (Work(f"{name}, gradients", "matmul", 2 * half, 2 * read + written, written + read, 2),),
        )
        for name, read, written in (
            ("scores", widths / 2, w * scores),
            ("weighted", w * scores + widths / 2, out),
        )
    ]
    softmax = Operator(
        "core",
        Work("softmax", "memory", 0.0, w * scores, w * scores),
        (Work("softmax", "memory", 0.0, 2 * w * scores, w * scores),),
    )
    if not here.dropout:
        return [products[0], softmax, products[1]]
    drop = Work("dropout", "memory", 0.0, w * scores, (w + mask) * scores)
    dropped = Operator("core", drop, (Work("dropout", "memory", 0.0, (w + mask) * scores, w * scores),))
    return [products[0], softmax, dropped, products[1]]


def _activation(where: Where, width: float, gated: bool, tokens: float, here: Here) -> Operator:
    """Gated: two halves in, one out; backward three in, two out."""
    size = width * tokens
    return _moved("activation", where, (2 if gated else 1) * size, size, (3 if gated else 2) * size, (2 if gated else 1) * size, here)


def _routing(layer: Layer, here: Here) -> list[Operator]:
    """Router scores in fp32, tokens copied to their experts and back (and sorted by expert where cards exchange them), activations."""
    layout, hidden = here.layout, layer.matrices[0].rows
    routed = routed_tokens(layer, here.run, layout, here.tokens)
    copies = 2.0 if layout.expert > 1 else 1.0
    moved = copies * hidden * routed
    scores = 6.0 * layer.experts * here.tokens / layout.norm_split
    router = _moved("routing", "moe", scores, scores, scores, scores, here)
    router = Operator("moe", _kernels(router.forward, ROUTING_KERNELS), tuple(_kernels(one, ROUTING_KERNELS) for one in router.backward))
    found = [router, *(_moved(name, "moe", moved, moved, moved, moved, here) for name in ("to experts", "from experts"))]
    found.append(_activation("moe_act", layer.expert_width / layout.expert_tensor, layer.gated, routed, here))
    if layer.shared_width:
        found.append(_activation("shared", layer.shared_width / layout.tensor, layer.gated, here.tokens, here))
    return found


def _kernels(one: Work, launches: float) -> Work:
    return Work(one.name, one.kind, one.flops, one.bytes_read, one.bytes_written, launches, one.shape)


def end_operators(network: Network, here: Here, *, first: bool, last: bool) -> list[Operator]:
    """Return the embedding of the first stage; last norm, output matrix and loss of the last one."""
    found: list[Operator] = []
    hidden, tensor, tokens = network.hidden, here.layout.tensor, here.tokens
    whole = tokens / here.layout.norm_split
    if first and network.vocab:
        size = here.word * hidden * tokens
        back = Work("embedding", "memory", 0.0, size + here.grad * hidden * tokens, here.grad * hidden * tokens)
        found.append(Operator("ends", Work("embedding", "memory", 0.0, size, size), () if here.adapters else (back,)))
    if last and not network.no_output:
        found.append(_moved("last norm", "ends", hidden * whole, hidden * whole, 2 * hidden * whole, hidden * whole, here))
        columns = here.vocab / tensor
        forward = product("output", tokens, columns, hidden, here.word)
        backward = [product("output, input", tokens, hidden, columns, here.word)]
        if not here.adapters:
            backward.append(added_product("output, weights", hidden, columns, tokens, here))
        found.append(Operator("ends", forward, tuple(backward)))
        logits = tokens * columns
        # fused: read twice, the gradient written in its place; written out: fp32 copy, maximum, exponentials, sum
        wide, passes = (here.word, 2.0) if here.fused and here.run.attention != "eager" else (4.0, 4.0)
        loss = Work("loss", "memory", 0.0, wide * passes * logits, wide * logits * passes / 2, 3)
        found.append(Operator("ends", loss, (Work("loss", "memory", 0.0, wide * logits, here.word * logits),)))
    return found
