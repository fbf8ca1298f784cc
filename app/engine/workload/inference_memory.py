"""VRAM of a served model: weights by quantisation, the KV cache, buffers of a prefill chunk, and what the engine takes beside them."""

from app.engine.messages import Message, message
from app.engine.model.estimates import MemoryPart, StageMemory
from app.engine.model.workloads import Workload
from app.engine.units import GIB
from app.engine.workload.engines import CHANNEL_GIB, CONTEXT_GIB
from app.engine.workload.network import Attention, Layer, Network
from app.engine.workload.stages import Layout, layout_of, stage_layers, stage_on_card
from app.engine.workload.states import WORD_BYTES, quantised_bytes

DEFAULT_TOKENS = 4096
CHUNK_TOKENS = 8192


def inference_stages(network: Network, workload: Workload, said: list[Message]) -> tuple[StageMemory, ...]:
    """Return every pipeline stage with its parts, in GiB."""
    layout = layout_of(workload.run)
    tokens, sequences = _load(workload, said)
    return tuple(_stage(network, workload, stage, layout, tokens, sequences) for stage in range(layout.pipeline))


def _load(workload: Workload, said: list[Message]) -> tuple[int, int]:
    run = workload.run
    tokens = max(run.input_len + run.output_len, run.seq_len or 0)
    if not tokens:
        tokens = min(DEFAULT_TOKENS, (workload.model.max_positions if workload.model else None) or DEFAULT_TOKENS)
        said.append(message("workload.context_assumed", tokens=tokens, key="run.input_len"))
    if not run.concurrency:
        said.append(message("workload.concurrency_assumed", key="run.concurrency"))
    return tokens, run.concurrency or 1


def _stage(network: Network, workload: Workload, stage: int, layout: Layout, tokens: int, sequences: int) -> StageMemory:
    run = workload.run
    card = stage_on_card(network, stage, run, layout, network.vocab)
    word = WORD_BYTES[workload.precision or "bf16"]
    bits = run.weight_bits or (int(word * 8) if word < 2 else 0)  # noqa: PLR2004
    inside = card.dense + card.experts
    weights = quantised_bytes(inside, bits, run.quant_group) if bits else inside * word
    weights += card.outside * max(word, 2)
    kv_word = WORD_BYTES.get(run.kv_dtype or "", 0) or max(word, 2)
    layers = stage_layers(network, stage, run)
    cache = sequences * sum(kv_bytes(layer, layout.tensor, tokens, kv_word) for layer in layers)
    chunk = min(run.prefill_tokens or CHUNK_TOKENS, tokens * sequences)
    widest = max((2 * layer.width + layer.shared_width for layer in layers), default=0) + 4 * network.hidden
    buffers = chunk * widest * 2 / layout.tensor + chunk * network.hidden * 4 + sequences * network.vocab * 4 / layout.tensor
    many = (run.gpus or 1) > 1
    parts = (
        MemoryPart("weights", message("workload.part.weights"), weights / GIB),
        MemoryPart("kv_cache", message("workload.part.kv_cache", tokens=tokens, sequences=sequences), cache / GIB),
        MemoryPart("activations", message("workload.part.chunk", tokens=chunk), buffers / GIB),
        MemoryPart("overhead", message("workload.part.context"), CONTEXT_GIB if run.context_gib is None else run.context_gib),
        MemoryPart("overhead", message("workload.part.channels"), CHANNEL_GIB if many else 0.0),
    )
    return StageMemory(stage, len(layers), tuple(part for part in parts if part.gib > 0))


def kv_bytes(layer: Layer, tensor: int, tokens: int, word: float) -> float:
    """Return the bytes that one layer caches of one sequence of `tokens` tokens on one card."""
    one = layer.attention
    if not isinstance(one, Attention):
        return 0.0
    if one.kv_rank:
        return word * (one.kv_rank + one.rope_dim) * tokens
    held = min(tokens, one.window) if one.window else tokens
    return word * max(1.0, one.kv_heads / tensor) * (one.qk_dim + one.v_dim) * held
