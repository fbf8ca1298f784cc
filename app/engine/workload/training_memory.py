"""VRAM of a training run, stage by stage: states, what autograd keeps, and what is at work at the fullest moment.

A stage is fullest at one of three moments: in the backward pass of its last layer, when every micro-batch in flight is still kept; on the
last stage in the backward pass of the output matrix, with logits; on the first at the gradient of the token embedding, when the layers of
one micro-batch are already gone.
"""

from msgspec import Struct
from msgspec.structs import replace

from app.engine.messages import Message, message
from app.engine.model.estimates import Group, MemoryPart, StageMemory
from app.engine.model.workloads import Model, RunParameters, Workload
from app.engine.units import GIB
from app.engine.workload.engines import CHANNEL_GIB, CONTEXT_GIB, SLACK_SHARE, TrainingEngine, training_engine
from app.engine.workload.keeping import at_work, ends_kept, layer_kept, left_bytes
from app.engine.workload.kept import Working, total_bytes
from app.engine.workload.network import Network, padded_vocab
from app.engine.workload.stages import Layout, in_flight, layers_of_stage, layout_of, stage_layers, stage_on_card
from app.engine.workload.states import States, training_states, word_of


class Activations(Struct, frozen=True):
    """Bytes of one stage at its fullest: kept by its layers and behind them, inner tensors of a layer that is recomputed, and at work."""

    layers: float
    ends: float
    recomputed: float
    working: float
    flying: float


def training_stages(network: Network, workload: Workload, said: list[Message]) -> tuple[StageMemory, ...]:
    """Return every pipeline stage with its parts, bytes told in GiB."""
    layout = layout_of(workload.run)
    name, engine = training_engine(workload)
    if name != workload.engine.strip().lower():
        said.append(message("workload.engine_assumed", engine=name, key="workload.engine"))
    run = _with_dropout(network, workload, engine, said)
    if run.zero_stage < engine.least_zero:
        run = replace(run, zero_stage=engine.least_zero)
        if "run.zero_stage" not in workload.stated:
            said.append(message("workload.zero_assumed", stage=engine.least_zero, engine=name, key="run.zero_stage"))
    workload = replace(workload, run=run)
    vocab = padded_vocab(network.vocab, layout.tensor) if engine.pads_vocab else network.vocab
    return tuple(_stage(network, workload, run, stage, layout, engine, vocab, said) for stage in range(layout.pipeline))


def _with_dropout(network: Network, workload: Workload, engine: TrainingEngine, said: list[Message]) -> RunParameters:
    """Megatron trains GPT-2 and BERT with a dropout of 0.1 unless the run says otherwise, as their published configurations do."""
    if engine.keeps != "megatron" or network.family not in ("gpt2", "bert") or "run.dropout" in workload.stated or workload.run.dropout:
        return workload.run
    said.append(message("workload.dropout_assumed", dropout=0.1, key="run.dropout"))
    return replace(workload.run, dropout=0.1)


def _stage(
    network: Network,
    workload: Workload,
    run: RunParameters,
    stage: int,
    layout: Layout,
    engine: TrainingEngine,
    vocab: int,
    said: list[Message],
) -> StageMemory:
    card = stage_on_card(network, stage, run, layout, vocab)
    states = training_states(network, workload, stage, card, layout, engine, said)
    acts = stage_activations(network, workload, run, stage, layout, engine, vocab)
    parts = [*_state_parts(states, layout), *_activation_parts(acts, run)]
    allocated = sum(part.gib for part in parts)
    count = layers_of_stage(len(network.layers), stage, run)
    return StageMemory(stage, count, tuple(part for part in [*parts, *_overhead(run, allocated, states)] if part.gib > 0))


def _part(group: Group, code: str, size: float, **params: float) -> MemoryPart:
    return MemoryPart(group, message(f"workload.part.{code}", **params), size / GIB)


def _state_parts(states: States, layout: Layout) -> list[MemoryPart]:
    return [
        _part("weights", "weights", states.weights),
        _part("working", "gathered", states.gathered),
        _part("weights", "adapters", states.adapters),
        _part("gradients", "gradients", states.gradients),
        _part("optimizer", "master", states.master, shards=layout.shards),
        _part("optimizer", "moments", states.moments, shards=layout.shards),
    ]


def _activation_parts(acts: Activations, run: RunParameters) -> list[MemoryPart]:
    code = "layer_inputs" if run.recompute == "full" else "kept_layers"
    return [
        _part("activations", code, acts.layers, flying=acts.flying),
        _part("activations", "kept_ends", acts.ends),
        _part("working", "recomputed", acts.recomputed),
        _part("working", "working", acts.working),
    ]


def _overhead(run: RunParameters, allocated: float, states: States) -> list[MemoryPart]:
    context = CONTEXT_GIB if run.context_gib is None else run.context_gib
    slack = SLACK_SHARE if run.slack_share is None else run.slack_share
    return [
        _part("overhead", "context", context * GIB),
        _part("overhead", "channels", CHANNEL_GIB * GIB if (run.gpus or 1) > 1 else 0.0),
        _part("overhead", "buckets", states.buckets),
        _part("overhead", "slack", slack * allocated * GIB, share=slack),
    ]


def stage_activations(
    network: Network, workload: Workload, run: RunParameters, stage: int, layout: Layout, engine: TrainingEngine, vocab: int
) -> Activations:
    """Return what one stage keeps and works on at its fullest moment, in bytes on one card."""
    tokens, word, model = card_tokens(network, run), word_of(workload), workload.model or Model()
    layers, flying = stage_layers(network, stage, run), in_flight(run, layout, stage)
    inner = {layer: layer_kept(workload, network, layer, run, layout, tokens, engine) for layer in dict.fromkeys(layers)}
    inputs = word * network.hidden * tokens / layout.norm_split
    left = {layer: left_bytes(kept, run, inputs) for layer, kept in inner.items()}
    kept = flying * sum(left[layer] for layer in layers)
    first, last = stage == 0, stage == layout.pipeline - 1
    front, behind = ends_kept(model, network, run, layout, tokens, word, vocab, engine)
    ends = front * flying * first + behind * last
    work = at_work(network, layers, run, layout, tokens, word, vocab, engine)
    recomputed = max((total_bytes(one) for one in inner.values()), default=0.0) - inputs if run.recompute == "full" else 0.0
    moments = _moments(kept, ends, recomputed, flying, work, first=first, last=last)
    alive = max(0.0, max(moments) - kept - ends) + work.lasting
    return Activations(kept, ends, min(recomputed, alive), alive - min(recomputed, alive), flying)


def _moments(kept: float, ends: float, recomputed: float, flying: float, work: Working, *, first: bool, last: bool) -> list[float]:
    found = [kept + recomputed + work.layer]
    if last:
        found.append(kept + ends + work.output)
    if first:
        found.append(kept * (1 - 1 / flying) + work.embedding)
    return found


def card_tokens(network: Network, run: RunParameters) -> float:
    """Return the tokens of one micro-batch on one card: context parallelism cuts the sequence; pictures and clips have their own length."""
    length = network.tokens_per_sample or run.seq_len or 1
    return (run.micro_batch or 1) * length / run.context_parallel
