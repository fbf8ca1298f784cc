"""Which list of kept tensors describes a layer: Megatron's fused one, or what autograd keeps module by module."""

from msgspec.structs import replace

from app.engine.model.workloads import Model, RunParameters, Workload
from app.engine.workload import kept_eager, kept_megatron
from app.engine.workload.engines import TrainingEngine
from app.engine.workload.kept import Kept, Where, Working, left_after, total_bytes
from app.engine.workload.network import Attention, Layer, Network
from app.engine.workload.stages import Layout
from app.engine.workload.states import adapted_matrices, word_of

WRITTEN_OUT = frozenset(
    {"llama", "mistral", "mixtral", "qwen2", "qwen2-moe", "qwen3", "qwen3-moe", "gemma", "gemma2", "gemma3", "gpt2", "bert", "vit"}
)
"""Families whose eager layer was counted tensor by tensor; the others are described by the fused list."""


def layer_kept(
    workload: Workload, network: Network, layer: Layer, run: RunParameters, layout: Layout, tokens: float, engine: TrainingEngine
) -> list[Kept]:
    """Return what one layer keeps of `tokens` tokens on one card when nothing is recomputed, in bytes."""
    word = word_of(workload)
    if not _eager(network, layer, engine):
        kept = kept_megatron.kept_of_layer(layer, run, layout, tokens, word)
        return _every_second_product(kept) if engine.matmul_policy and run.recompute == "selective" else kept
    own = _own(workload.model or Model(), network, layer)
    parts = kept_eager.kept_of_layer(own, replace(run, recompute="none"), tokens, word, engine.keeps, bool(layer.experts))
    if workload.task in ("lora", "qlora"):
        parts = _with_adapters(parts, layer, run, tokens, word)
    return [Kept(name, _where(name), size / layout.tensor) for name, size in parts]


def _with_adapters(parts: list[tuple[str, float]], layer: Layer, run: RunParameters, tokens: float, word: float) -> list[tuple[str, float]]:
    """Return what is kept where only adapters are trained: a frozen matrix needs its input no more, a frozen norm not what it scales.

    An adapter keeps its own input (that of the matrix) and the rank values between its two halves.
    """
    names = adapted_matrices(layer, run)
    readers = {"qkv input": {"q_proj", "k_proj", "v_proj"}, "mlp input": {"gate_proj", "up_proj", "fc_in"}}
    left = []
    for name, size in parts:
        if name.endswith("norm: normalised") or (name in readers and not readers[name] & names):
            continue
        product = name.startswith("gate, activation") and "down_proj" not in names
        left.append((name, size * (3 / 4 if product else 1)))
    return [*left, ("adapters", word * (run.lora_rank or 8) * len(names) * tokens)]


def _eager(network: Network, layer: Layer, engine: TrainingEngine) -> bool:
    one = layer.attention
    return engine.keeps != "megatron" and network.family in WRITTEN_OUT and isinstance(one, Attention) and not one.kv_rank


def _own(model: Model, network: Network, layer: Layer) -> Model:
    """The model as this layer sees it: its family by its own name, the window only where the layer looks through it."""
    window = layer.attention.window if isinstance(layer.attention, Attention) else 0
    return replace(model, family=network.family, sliding_window=window)


def _every_second_product(kept: list[Kept]) -> list[Kept]:
    """Half of the products' results, the layer's input and the attention's output stay; norms and activations are run again."""
    share = {"input": 1.0, "output": 1.0, "log_sums": 1.0, "query_key_value": 0.6, "mlp_in": 0.5, "middle": 1.0}
    return [replace(one, bytes=one.bytes * share[one.name]) for one in kept if one.name in share]


def _where(name: str) -> Where:
    return "core" if name.startswith("scores") else "norm" if "norm" in name else "attention"


def ends_kept(
    model: Model, network: Network, run: RunParameters, layout: Layout, tokens: float, word: float, vocab: int, engine: TrainingEngine
) -> tuple[float, float]:
    """Return (bytes kept in front of the layers, behind them with logits and loss)."""
    if not _eager(network, network.layers[-1], engine):
        if network.no_output:
            return 0.0, 2 * word * network.hidden * tokens / layout.norm_split
        return 0.0, total_bytes(kept_megatron.kept_outside(network, run, layout, tokens, word, vocab))
    parts = kept_eager.kept_outside(_own(model, network, network.layers[-1]), run, tokens, word, engine.keeps)
    front = sum(size for name, size in parts if name.startswith("embedding"))
    return front, (sum(size for _, size in parts) - front) / layout.tensor


def left_bytes(kept: list[Kept], run: RunParameters, input_bytes: float) -> float:
    """Return what recomputation leaves of a layer: all, all but what its modules repeat, or the layer's input alone."""
    if run.recompute == "full":
        return input_bytes
    return total_bytes(left_after(kept, run.recompute, run.recompute_modules))


def at_work(
    network: Network,
    layers: tuple[Layer, ...],
    run: RunParameters,
    layout: Layout,
    tokens: float,
    word: float,
    vocab: int,
    engine: TrainingEngine,
) -> Working:
    """Return what is at work beside what is kept. Eager: the gradient of the logits in fp32 and in the model's dtype, and the logits that
    the caller still holds; gradients of parameters are those already counted."""
    work = kept_megatron.working(network, layers, run, layout, tokens, word, vocab)
    if not engine.adds_in_place:
        work = replace(work, lasting=kept_megatron.CUBLAS_BYTES)
    if engine.keeps == "megatron":
        return work
    logits = 0 if network.no_output else tokens * vocab / layout.tensor
    wide = 4 if engine.keeps == "transformers" else word
    return Working(work.layer, logits * (wide + 2 * word), 0.0, kept_megatron.CUBLAS_BYTES)
