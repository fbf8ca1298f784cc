"""Weights, gradients and optimizer states on one card, in bytes: what stays in VRAM whatever the batch."""

from msgspec import Struct
from msgspec.structs import replace

from app.engine.messages import Message, message
from app.engine.model.workloads import RunParameters, Workload
from app.engine.workload.engines import TrainingEngine
from app.engine.workload.network import Attention, Layer, Network
from app.engine.workload.quantisation import INT8_CHANNEL, NF4, WeightFormat, grouped, layer_bytes
from app.engine.workload.stages import CardParameters, Layout, kinds_of_stage, layer_on_card, stage_layers

WORD_BYTES = {"fp64": 8, "fp32": 4, "tf32": 4, "fp16": 2, "bf16": 2, "fp8": 1, "int8": 1, "fp4": 0.5, "int4": 0.5, "": 0}
MOMENTS = {"adamw": 2.0, "adam": 2.0, "sgd": 1.0, "lion": 1.0, "muon": 1.0, "adamw8bit": 2.0, "adafactor": 0.0}
EIGHT_BIT_WORD = 1 + 4 / 2048
"""A block of 2048 moments shares one fp32 scale (Dettmers et al. 2022, arXiv:2110.02861); Adafactor keeps a row and a column per matrix
(Shazeer and Stern 2018, arXiv:1804.04235), which is told by its matrices."""


class States(Struct, frozen=True):
    """Bytes on one card. gathered: whole weights of the layers in use when the weights are spread (ZeRO-3)."""

    weights: float
    gradients: float
    master: float
    moments: float
    gathered: float = 0.0
    adapters: float = 0.0
    buckets: float = 0.0


def word_of(workload: Workload) -> float:
    """Return bytes per trained weight and activation: FP8 training keeps both in 16 bits."""
    return max(WORD_BYTES[workload.precision or "bf16"], 2)


def training_states(
    network: Network, workload: Workload, stage: int, card: CardParameters, layout: Layout, engine: TrainingEngine, said: list[Message]
) -> States:
    """Return the states of one stage of a training run."""
    run = workload.run
    if workload.task in ("lora", "qlora"):
        return _adapter_states(network, workload, stage, card, layout)
    states = spread_states(card, workload, layout, engine, said, edges_share(network) if run.optimizer.lower() == "adafactor" else 0.0)
    if run.zero_stage >= 3 and layout.shards > 1:  # noqa: PLR2004 - the stages of ZeRO
        states = replace(states, gathered=_gathered(network, stage, run, layout, word_of(workload), card))
    if run.offload == "optimizer+params":
        share = min(1.0, 2 / max(1, len(network.layers)))
        states = replace(states, weights=states.weights * share, gradients=states.gradients * share)
    return states


def spread_states(
    card: CardParameters, workload: Workload, layout: Layout, engine: TrainingEngine, said: list[Message], edges: float = 0.01
) -> States:
    """Return the states of these parameters, spread over the copies of the model (Rajbhandari et al. 2020, arXiv:1910.02054).

    Optimizer from ZeRO-1 on, gradients from ZeRO-2, weights from ZeRO-3; experts over their own, fewer copies. edges: rows and columns
    over parameters, for Adafactor.
    """
    run, word = workload.run, max(word_of(workload), 4.0 if engine.wide_weights else 0.0)
    dense, experts = card.dense + card.outside, card.experts
    optimizer, gradient, weight = (_spread(dense, experts, layout, run.zero_stage >= level) for level in (1, 2, 3))
    master = 4.0 if word < 4 and run.master_dtype == "fp32" else WORD_BYTES.get(run.master_dtype, 0) if word < 4 else 0.0  # noqa: PLR2004
    masters, moments = optimizer * master, optimizer * _moment_bytes(run, edges, said)
    if run.offload != "none":
        masters = moments = 0.0
    buckets = 2 * min(engine.bucket_elements, dense) * 2 if run.zero_stage and layout.shards > 1 else 0.0
    return States(weight * word, gradient * gradient_word(workload, engine), masters, moments, buckets=buckets)


def gradient_word(workload: Workload, engine: TrainingEngine) -> float:
    """Return bytes per gradient: as stated, else as the engine does."""
    if engine.gradient_word and "run.grad_dtype" not in workload.stated:
        return engine.gradient_word
    return WORD_BYTES.get(workload.run.grad_dtype, 4)


def _spread(dense: float, experts: float, layout: Layout, spread: bool) -> float:
    return dense / layout.shards + experts / layout.expert_shards if spread else dense + experts


def _moment_bytes(run: RunParameters, edges: float, said: list[Message]) -> float:
    """Return the bytes of the optimizer's moments per parameter."""
    kind = run.optimizer.lower()
    count = MOMENTS.get(kind)
    if count is None:
        count = MOMENTS["adamw"]
        said.append(message("workload.optimizer_assumed", optimizer=run.optimizer, key="run.optimizer"))
    if kind == "adafactor":
        return 4.0 * edges
    return count * (EIGHT_BIT_WORD if kind == "adamw8bit" else WORD_BYTES.get(run.moment_dtype, 4))


def edges_share(network: Network) -> float:
    """Return rows and columns of all matrices over the parameters: what Adafactor keeps of each."""
    kinds = network.kinds()
    edges = sum(count * (one.rows + one.columns) * one.copies for layer, count in kinds.items() for one in layer.matrices)
    return edges / max(1, network.parameters)


def _gathered(network: Network, stage: int, run: RunParameters, layout: Layout, word: float, card: CardParameters) -> float:
    """The layer in use and the one fetched ahead, and what stands outside the layers, which stays gathered between the passes."""
    sizes = [layer_on_card(layer, layout).total for layer in dict.fromkeys(stage_layers(network, stage, run))]
    return word * (2 * max(sizes, default=0.0) + card.outside)


def _adapter_states(network: Network, workload: Workload, stage: int, card: CardParameters, layout: Layout) -> States:
    """LoRA (Hu et al. 2021, arXiv:2106.09685): the frozen weights as they are or quantised; adapters with gradients and states in fp32."""
    run, word = workload.run, word_of(workload)
    bits = run.weight_bits or (4 if workload.task == "qlora" else 0)
    frozen = _quantised(network, stage, run, layout, bits) if bits else (card.dense + card.experts) * word
    frozen += card.outside * word
    adapters = adapter_parameters(network, run, stage) / layout.tensor
    spread = 1.0 / layout.shards if run.zero_stage else 1.0
    weights = frozen / layout.shards if run.zero_stage >= 3 else frozen  # noqa: PLR2004
    gathered = 0.0
    if bits:  # one matrix at a time is written out in 16 bits
        biggest = max((one.weights / one.copies for layer in network.layers for one in layer.matrices), default=0)
        gathered = biggest / layout.tensor * word
    elif run.zero_stage >= 3 and layout.shards > 1:  # noqa: PLR2004
        gathered = _gathered(network, stage, run, layout, word, card)
    moments = 0.0 if run.offload != "none" else adapters * 8 * spread
    return States(weights, adapters * 4, 0.0, moments, gathered, adapters=adapters * 4)


def _quantised(network: Network, stage: int, run: RunParameters, layout: Layout, bits: int) -> float:
    """Return the bytes of the frozen layers as bitsandbytes keeps them, or in the stated groups."""
    how = grouped(bits, run.quant_group) if run.quant_group else {4: NF4, 8: INT8_CHANNEL}.get(bits, WeightFormat(bits))
    return sum(layer_bytes(layer, layout, how) * count for layer, count in kinds_of_stage(network, stage, run))


LORA_TARGETS = ("q_proj", "v_proj")
LATENT_TARGETS = ("q_proj", "q_b_proj", "kv_b_proj")
"""The same where keys and values are made of one latent vector."""
_JOINED = {
    "c_attn": ("q_proj", "k_proj", "v_proj"), "query_key_value": ("q_proj", "k_proj", "v_proj"), "W_pack": ("q_proj", "k_proj", "v_proj"),
    "c_proj": ("o_proj",), "c_fc": ("fc_in",), "mlp.c_proj": ("fc_out",), "linear_qkv": ("q_proj", "k_proj", "v_proj"),
    "linear_proj": ("o_proj",), "linear_fc1": ("gate_proj", "up_proj", "fc_in"), "linear_fc2": ("down_proj", "fc_out"),
    "query": ("q_proj",), "key": ("k_proj",), "value": ("v_proj",),
}  # fmt: skip


def adapted_matrices(layer: Layer, run: RunParameters) -> set[str]:
    """Return the names of the matrices of a layer that have an adapter; "all-linear" means every one but the router."""
    usual = LATENT_TARGETS if isinstance(layer.attention, Attention) and layer.attention.kv_rank else LORA_TARGETS
    wanted = {name for word in run.lora_targets or usual for name in _JOINED.get(word, (word,))}
    every = bool(wanted & {"all", "all-linear"})
    return {one.name for one in layer.matrices if one.name in wanted or (every and one.module != "router")}


def adapter_parameters(network: Network, run: RunParameters, stage: int) -> float:
    """Return the parameters of the LoRA adapters of one stage: rank (rows + columns) of each target matrix."""
    rank = run.lora_rank or 8
    total = 0.0
    for layer in stage_layers(network, stage, run):
        names = adapted_matrices(layer, run)
        total += sum(rank * (one.rows + one.columns) * one.copies for one in layer.matrices if one.name in names)
    return total
