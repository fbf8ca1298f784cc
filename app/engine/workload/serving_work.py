"""What one card computes, reads and sends in one forward pass of a server: the prefill of inputs, or one token of every sequence.

Weights are read once a pass whatever the number of sequences, those of experts as far as a token goes to them; the cache of each sequence
is read once by every token that is decoded.
"""

from msgspec import Struct

from app.engine.model.workloads import Workload
from app.engine.workload.accounting import Exchange, Work
from app.engine.workload.kv_cache import FORMATS, KvFormat, kv_format, token_bytes, tokens_kept
from app.engine.workload.network import Attention, Layer, Matrix, Network
from app.engine.workload.quantisation import WeightFormat, weight_format
from app.engine.workload.stages import Layout, kinds_of_stage, layout_of, matrix_on_card

KERNELS = 9.0
"""Kernels of a layer of a server: two norms, four products, rotation with cache, attention, activation; KERNELS_MORE for its experts."""
KERNELS_MORE = 6.0


class Pass(Struct, frozen=True):
    """One forward pass of `sequences` sequences: `tokens` new tokens of each, against `keys` keys on average."""

    sequences: int
    tokens: float
    keys: float

    @property
    def rows(self) -> float:
        """Tokens that go through every layer."""
        return self.sequences * self.tokens


class PassWork(Struct, frozen=True):
    """Work and messages of a pass, of all pipeline stages one after the other."""

    work: tuple[Work, ...]
    sent: tuple[Exchange, ...]
    kernels: float


def pass_work(network: Network, workload: Workload, one: Pass) -> PassWork:
    """Return the work of one pass."""
    layout, how = layout_of(workload.run), weight_format(workload, plain=False)
    cache = kv_format(workload.run.kv_dtype, workload.precision or "bf16")
    work: list[Work] = []
    sent: list[Exchange] = []
    kernels = 0.0
    for stage in range(layout.pipeline):
        for layer, count in kinds_of_stage(network, stage, workload.run):
            work += [part.times(count) for part in _layer(layer, one, layout, how, cache)]
            sent += _sent(layer, one, layout, count)
            kernels += count * (KERNELS + (KERNELS_MORE if layer.experts else 0.0))
    if not network.no_output:
        rows, columns = float(one.sequences), network.vocab / layout.tensor
        work.append(_product("output", rows, columns, network.hidden, 2.0 * network.hidden * columns))
    if layout.pipeline > 1:
        size = 2 * one.rows * network.hidden / layout.tensor
        sent.append(Exchange("send", "pipeline", size, layout.pipeline - 1, 2, layout.tensor * layout.context))
    return PassWork(tuple(work), tuple(sent), kernels)


def _product(name: str, m: float, n: float, k: float, weights: float, copies: float = 1.0) -> Work:
    """One kernel, whose tiles are those of all copies (experts) together."""
    kind = "experts" if copies > 1 else "matmul"
    return Work(name, kind, 2.0 * m * n * k * copies, weights + 2 * m * k * copies, 2 * m * n * copies, 0, (m, n * copies, k, 1.0))


def _layer(layer: Layer, one: Pass, layout: Layout, how: WeightFormat, cache: KvFormat) -> list[Work]:
    found = [_multiplied(matrix, layer, one, layout, how) for matrix in layer.matrices]
    hidden = layer.matrices[0].rows
    moved = 2 * one.rows * (2 * layer.norms * hidden + 3 * layer.width / layout.tensor + 2 * layer.per_token * hidden)
    found.append(Work("norms", "memory", 0.0, moved / 2, moved / 2, 0))
    core = layer.attention
    if isinstance(core, Attention):
        keys = min(one.keys, core.window) if core.window else one.keys
        decodes = one.tokens == 1
        kept = token_bytes(layer, layout.tensor, cache)
        flops = core.flops(keys) * one.rows / layout.tensor
        read = one.sequences * kept * (tokens_kept(core.window, int(one.keys)) if decodes else one.tokens)
        found.append(Work("attention", "memory" if decodes else "attention", flops, read, kept * one.rows, 0))
    else:
        state = core.value_heads * core.key_dim * core.value_dim * FORMATS["fp32"].word / layout.tensor
        found.append(Work("linear attention", "attention", core.flops() * one.rows / layout.tensor, one.sequences * state, state, 0))
    return found


def _multiplied(matrix: Matrix, layer: Layer, one: Pass, layout: Layout, how: WeightFormat) -> Work:
    """A product by the weights on the card; of experts only those are read that a token goes to: 1 - (1 - c / E)^tokens of them."""
    on_card = matrix_on_card(matrix, layout)
    size, share = how.matrix_bytes(matrix, on_card), on_card / matrix.parameters * matrix.copies
    if matrix.module != "experts":
        return _product(matrix.name, one.rows, matrix.columns * share, matrix.rows, size)
    chosen = layer.per_token / matrix.copies
    touched = 1 - (1 - chosen) ** one.rows
    experts = max(1.0, matrix.copies / layout.expert * touched)
    rows = one.rows * layer.per_token / layout.expert / experts
    return _product(matrix.name, rows, matrix.columns / layout.expert_tensor, matrix.rows, size * touched, experts)


def _sent(layer: Layer, one: Pass, layout: Layout, count: int) -> list[Exchange]:
    """An all-reduce behind attention and one behind the MLP; tokens to their experts and back."""
    size = 2 * one.rows * layer.matrices[0].rows
    found = []
    if layout.tensor > 1:
        found.append(Exchange("all_reduce", "tensor", size, 2 * count, layout.tensor))
    if layout.expert > 1 and layer.experts:
        routed = size * layer.per_token / layout.expert
        found.append(Exchange("all_to_all", "expert", routed, 2 * count, layout.expert, layout.expert_tensor))
    return found
