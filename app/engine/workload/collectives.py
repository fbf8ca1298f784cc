"""What the cards of a training run send each other: which collective, how many bytes, how often, among which cards.

The order of the ranks is Megatron's: tensor, context, data, pipeline; experts are spread over tensor, context and data together. T tokens
on a card, h hidden, w bytes. Sources: Korthikanti et al. 2022, arXiv:2205.05198, section 4 (TP, SP); Rajbhandari et al. 2020,
arXiv:1910.02054 (ZeRO); Jacobs et al. 2023, arXiv:2309.14509 (heads exchanged for sequence); Liu et al. 2023, arXiv:2310.01889 (ring).
"""

from typing import Literal

from msgspec import Struct

from app.engine.workload.accounting import Collective, Exchange, Here, Phase
from app.engine.workload.kept_megatron import routed_tokens
from app.engine.workload.layer_work import modules_again
from app.engine.workload.network import Attention, Layer, Network
from app.engine.workload.stages import CardParameters, layer_on_card


class Overlap(Struct, frozen=True):
    """What an engine runs beside computation unless told otherwise."""

    data: bool = False
    tensor: bool = False
    expert: bool = False


OVERLAPS: dict[str, Overlap] = {
    "megatron-bridge": Overlap(data=True, expert=True),  # its recipes: overlap_grad_reduce, overlap_param_gather, dispatch beside experts
    "nemo": Overlap(data=True),
    "torchtitan": Overlap(data=True, tensor=True),  # FSDP2 fetches ahead; async TP
    "fsdp": Overlap(data=True),
    "fsdp2": Overlap(data=True),
    "pytorch": Overlap(data=True),  # DistributedDataParallel reduces buckets during the backward pass
    "deepspeed": Overlap(data=True),
    "transformers": Overlap(data=True),
    "trl": Overlap(data=True),
    "peft": Overlap(data=True),
    "accelerate": Overlap(data=True),
    "llama-factory": Overlap(data=True),
}
"""Engines that are not listed: nothing (Megatron-LM: --overlap-grad-reduce and --overlap-param-gather are off by default)."""


HOST_ADAM = 28.0


def overlap_of(here: Here) -> Overlap:
    """Return the habits of the engine of a run."""
    return OVERLAPS.get(here.workload.engine.strip().lower(), Overlap())


def layer_exchanges(layer: Layer, here: Here) -> dict[Phase, tuple[Exchange, ...]]:
    """Return the messages of one layer by phase; a layer that is recomputed sends those of its forward pass again."""
    parts = {"attention": _tensor(layer, here, "attention"), "core": _context(layer, here), "mlp": _tensor(layer, here, "mlp")}
    if layer.experts:
        parts["moe"] = _experts(layer, here)
    forward = [one for ahead, _ in parts.values() for one in ahead]
    backward = [one for _, back in parts.values() for one in back]
    run = here.run
    again: list[Exchange] = []
    if run.recompute == "full":
        again = list(forward)
    elif run.recompute == "selective" and not here.engine.matmul_policy:
        again = [one for where in modules_again(here) & parts.keys() for one in parts[where][0]]
    gathered, reduced = _spread_weights(layer, here)
    return {"forward": (*forward, *gathered), "backward": (*backward, *gathered, *reduced), "recomputed": tuple(again)}


def _tensor(layer: Layer, here: Here, where: Literal["attention", "mlp"]) -> tuple[list[Exchange], list[Exchange]]:
    """(forward, backward) of tensor parallelism around attention or MLP: w T h each.

    An all-reduce each way; with sequence parallelism a gather in front and a scatter behind, and backward the input gathered once more for
    the gradients of the weights, beside the product that gives the gradient of the input.
    """
    layout, routed_only = here.layout, where == "mlp" and not (layer.width or layer.shared_width)
    if layout.tensor == 1 or routed_only:
        return [], []
    size = here.word * here.tokens * layer.matrices[0].rows
    if not layout.sequence:
        return [_among_tensor("all_reduce", size, here)], [_among_tensor("all_reduce", size, here)]
    both = [_among_tensor("all_gather", size, here), _among_tensor("reduce_scatter", size, here)]
    return both, [*both, _among_tensor("all_gather", size, here)]


def _among_tensor(collective: Collective, size: float, here: Here) -> Exchange:
    return Exchange(collective, "tensor", size, 1, here.layout.tensor, 1, overlap_of(here).tensor)


def end_exchanges(network: Network, here: Here, *, first: bool, last: bool) -> tuple[tuple[Exchange, ...], tuple[Exchange, ...]]:
    """Return (forward, backward) of tensor parallelism outside the layers: the embedding is cut by its rows, the output by its columns.

    The loss adds two numbers per token over the cards (maximum and sum), and the wanted logit.
    """
    if here.layout.tensor == 1:
        return (), ()
    size, sequence = here.word * here.tokens * network.hidden, here.layout.sequence
    forward: list[Exchange] = []
    backward: list[Exchange] = []
    if first and network.vocab:
        forward.append(_among_tensor("reduce_scatter" if sequence else "all_reduce", size, here))
        backward += [_among_tensor("all_gather", size, here)] if sequence else []
    if last and not network.no_output:
        forward += [_among_tensor("all_gather", size, here)] if sequence else []
        forward += [_among_tensor("all_reduce", 4 * here.tokens, here)] * 3
        back: tuple[Collective, ...] = ("reduce_scatter", "all_gather") if sequence else ("all_reduce",)
        backward += [_among_tensor(collective, size, here) for collective in back]
    return tuple(forward), tuple(backward)


def _context(layer: Layer, here: Here) -> tuple[list[Exchange], list[Exchange]]:
    """(forward, backward) of context parallelism.

    Heads for sequence where the heads suffice: each card sends its q, k, v and takes its outputs back, and the same with their gradients.
    Else a ring: keys and values of the others come by in turn beside the computation, backward with their gradients.
    """
    one, layout = layer.attention, here.layout
    if layout.context == 1 or not isinstance(one, Attention):
        return [], []
    mine = here.word * here.tokens / layout.tensor
    stride = layout.tensor
    if one.kv_heads % (layout.context * layout.tensor) == 0:
        parts = [(one.query, 1.0), (one.key, 1.0), (one.value, 1.0), (one.output, 1.0)]
        both = [Exchange("all_to_all", "context", mine * width, count, layout.context, stride) for width, count in parts]
        return both, both
    ring = Exchange("send", "context", mine * (one.key + one.value), layout.context - 1, layout.context, stride, True)
    return [ring], [ring, ring]


def _experts(layer: Layer, here: Here) -> tuple[list[Exchange], list[Exchange]]:
    """(forward, backward) of expert parallelism: tokens to their experts and back, w h per routed token, and the same with gradients."""
    layout = here.layout
    if layout.expert == 1:
        return [], []
    routed = routed_tokens(layer, here.run, layout, here.tokens) / layout.expert_tensor
    size = here.word * routed * layer.matrices[0].rows
    both = [Exchange("all_to_all", "expert", size, 2, layout.expert, layout.expert_tensor, overlap_of(here).expert)]
    return both, both


def _spread_weights(layer: Layer, here: Here) -> tuple[list[Exchange], list[Exchange]]:
    """(weights gathered before each pass, gradients scattered behind the backward pass) of ZeRO-3 for each micro-batch; ZeRO-2 scatters."""
    run, layout, hides = here.run, here.layout, overlap_of(here).data
    if run.zero_stage < 2 or layout.shards == 1 or here.adapters:  # noqa: PLR2004 - the stages of ZeRO
        return [], []
    card = layer_on_card(layer, layout)
    groups = [(card.dense, layout.shards, layout.tensor), (card.experts, layout.expert_shards, layout.expert * layout.expert_tensor)]
    whole = [(size, group, stride) for size, group, stride in groups if size and group > 1]
    wire = 4.0 if here.engine.wide_weights else min(here.grad, 4.0)
    reduced = [Exchange("reduce_scatter", "data", wire * size, 1, group, stride, hides) for size, group, stride in whole]
    if run.zero_stage == 2:  # noqa: PLR2004
        return [], reduced
    fp8 = here.workload.precision == "fp8" and here.engine.wide_weights  # torchtitan gathers float8 copies
    word = 1.0 if fp8 else here.word
    return [Exchange("all_gather", "data", word * size, 1, group, stride, hides) for size, group, stride in whole], reduced


def handed_on(network: Network, here: Here, stage: int) -> tuple[Exchange, ...]:
    """Return what a stage hands on for one micro-batch: hidden states forward, their gradients backward, once per chunk of the model."""
    layout = here.layout
    if layout.pipeline == 1:
        return ()
    size = here.word * here.tokens * network.hidden / layout.tensor  # sequence parallel, or scattered for the way and gathered again
    sides = (stage > 0) + (stage < layout.pipeline - 1)
    chunks = layout.virtual if layout.virtual > 1 else 1
    wraps = chunks - 1 if stage in (0, layout.pipeline - 1) else 0  # interleaved: from the last stage back to the first
    return (Exchange("send", "pipeline", size, sides * chunks + wraps, 2, layout.tensor * layout.context * layout.data),)


def closing_exchanges(network: Network, card: CardParameters, here: Here, stage: int, adapters: float) -> tuple[Exchange, ...]:
    """Return the messages of one step: gradients added over the copies of the model, weights gathered again where ZeRO spreads states."""
    run, layout, hides = here.run, here.layout, overlap_of(here).data
    dense, experts = (adapters, 0.0) if here.adapters else (card.dense + card.outside, card.experts)
    groups = [(dense, layout.shards, layout.tensor), (experts, layout.expert_shards, layout.expert * layout.expert_tensor)]
    if run.zero_stage >= 2 and not here.adapters:  # noqa: PLR2004 - the layers' own share went with each micro-batch
        groups = [(card.outside, layout.shards, layout.tensor)]
    found = []
    for size, group, stride in groups:
        if not size or group == 1:
            continue
        grad = here.grad * size
        if run.zero_stage == 0:
            found.append(Exchange("all_reduce", "data", grad, 1, group, stride, hides))
        else:
            found.append(Exchange("reduce_scatter", "data", grad, 1, group, stride, hides))
            found.append(Exchange("all_gather", "data", here.word * size, 1, group, stride, hides))
    if network.tied and layout.pipeline > 1 and stage in (0, layout.pipeline - 1) and not here.adapters:
        both_ends = here.grad * here.vocab * network.hidden / layout.tensor
        found.append(
            Exchange("all_reduce", "pipeline", both_ends, 1, 2, layout.tensor * layout.context * layout.data * (layout.pipeline - 1))
        )
    return (*found, *_offloaded(dense, experts, here))


def _offloaded(dense: float, experts: float, here: Here) -> tuple[Exchange, ...]:
    """Over the host link, each step: gradients out and weights back; with parameters offloaded too, weights in for both passes.

    The host's Adam reads and writes 28 bytes a parameter; a card's share of the host's memory is taken to be as fast as its link.
    """
    run, layout = here.run, here.layout
    if run.offload == "none":
        return ()
    owned = dense / layout.shards + experts / layout.expert_shards if run.zero_stage else dense + experts
    size = owned * (here.grad + here.word + HOST_ADAM)
    if run.offload == "optimizer+params":
        size += 2 * here.word * (dense + experts)
    return (Exchange("send", "host", size, 1, 1),)
