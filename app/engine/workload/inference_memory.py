"""VRAM of a served model, stage by stage: what stands still, what grows with the sequences, what one prefill step needs.

ServingStage keeps the number and length of sequences open, so that the same counts answer "how much?" here and "how many?" in serving_fit.
"""

from msgspec import Struct

from app.engine.messages import Message, message
from app.engine.model.estimates import MemoryPart, StageMemory
from app.engine.model.workloads import Workload
from app.engine.units import GIB
from app.engine.workload.engines import CONTEXT_GIB, GRAPH_GIB, ServingEngine, collective_gib, serving_engine
from app.engine.workload.kv_cache import cache_groups, kv_format, sequence_bytes, state_bytes
from app.engine.workload.network import Network
from app.engine.workload.quantisation import WeightFormat, layer_bytes, weight_format
from app.engine.workload.serving_buffers import score_bytes, step_width
from app.engine.workload.stages import Layout, kinds_of_stage, layout_of, stage_on_card
from app.engine.workload.states import WORD_BYTES

DEFAULT_TOKENS = 4096


class Load(Struct, frozen=True):
    """What is served at once: sequences of `tokens` tokens, of which `inputs` are prefilled."""

    sequences: int
    tokens: int
    inputs: int


class ServingStage(Struct, frozen=True):
    """One card of a pipeline stage; bytes. A load puts the sequences in.

    layers     how many it holds; caches: (bytes per token, window) of their keys and values; state: recurrent bytes of one sequence
    weights    quantised matrices with their scales, and what stays in 16 bits
    start      context and collectives, there before the model; runtime: libraries, kernels, workspaces; graphs: captured CUDA graphs
    width      bytes per token of a prefill step: the largest set of tensors that live at once in a layer
    chunk      tokens of that step, 0 = the whole batch of inputs
    row        bytes of one row of logits, all copies; scores: bytes per input token and key where attention writes its scores
    """

    stage: int
    engine: ServingEngine
    layers: int
    caches: tuple[tuple[float, int], ...]
    state: float
    block: int
    weights: float
    start: float
    runtime: float
    graphs: float
    width: float
    chunk: int
    row: float
    scores: float = 0.0

    def cache(self, load: Load) -> float:
        """Keys and values of all sequences, exact."""
        return load.sequences * sequence_bytes(self.caches, load.tokens)

    def padding(self, load: Load) -> float:
        """What the last page of each sequence leaves empty."""
        return load.sequences * sequence_bytes(self.caches, load.tokens, self.block) - self.cache(load)

    def states(self, load: Load) -> float:
        """Recurrent states of all sequences."""
        return load.sequences * self.state

    def step_tokens(self, load: Load) -> int:
        """Tokens of one prefill step."""
        return self.chunk or load.sequences * load.inputs

    def buffers(self, load: Load) -> float:
        """Activations of one prefill step."""
        if self.chunk and not self.scores:
            return self.chunk * self.width
        scores = load.sequences * load.inputs**2 * self.scores
        copied = 0.0 if self.chunk else self.cache(load) / max(1, self.layers)  # without pages a layer's cache grows by a copy
        return self.step_tokens(load) * self.width + scores + copied

    def logits(self, load: Load) -> float:
        """Logits of the largest batch."""
        return max(self.engine.sequences, load.sequences) * self.row

    def peak(self, load: Load) -> tuple[float, float]:
        """Return (buffers, logits) of the fullest moment: both where the engine keeps its logits, else the larger."""
        buffers, logits = self.buffers(load), self.logits(load)
        if self.engine.keeps_logits:
            return buffers, logits
        return (buffers, 0.0) if buffers >= logits else (0.0, logits)

    def fixed(self, load: Load) -> float:
        """All but what the sequences keep."""
        return self.weights + self.start + self.runtime + self.graphs + sum(self.peak(load))

    def kept(self, load: Load) -> float:
        """What the sequences keep: cache in whole pages, and states."""
        return load.sequences * (sequence_bytes(self.caches, load.tokens, self.block) + self.state)


def load_of(workload: Workload, engine: ServingEngine, said: list[Message]) -> Load:
    """Return what the run serves; what is not stated is assumed, and said."""
    run = workload.run
    tokens, inputs = run.input_len + run.output_len, run.input_len
    if run.seq_len and (not tokens or (engine.whole_length and run.seq_len >= tokens)):
        tokens = run.seq_len
    if not tokens:
        tokens = min(DEFAULT_TOKENS, (workload.model.max_positions if workload.model else None) or DEFAULT_TOKENS)
        said.append(message("workload.context_assumed", tokens=tokens, key="run.input_len"))
    if not run.concurrency:
        said.append(message("workload.concurrency_assumed", key="run.concurrency"))
    return Load(run.concurrency or 1, tokens, inputs or tokens)


def chunk_of(workload: Workload, engine: ServingEngine) -> int:
    """Return the tokens of a prefill step: as stated, else so many inputs, else the engine's default; 0 = the whole batch."""
    run = workload.run
    if run.prefill_tokens or not engine.chunk:
        return run.prefill_tokens
    return engine.chunk_inputs * run.input_len if engine.chunk_inputs and run.input_len else engine.chunk


def serving_stages(network: Network, workload: Workload, said: list[Message]) -> tuple[tuple[ServingStage, ...], Load]:
    """Return every pipeline stage and what the run serves."""
    name, engine, named = serving_engine(workload)
    if not named:
        said.append(message("workload.engine_assumed", engine=name, key="workload.engine"))
    load, layout = load_of(workload, engine, said), layout_of(workload.run)
    how = weight_format(workload, plain=engine.shares == "all")
    if network.tokens_per_sample:  # a picture is one input, and leaves nothing behind
        load = Load(load.sequences, network.tokens_per_sample, network.tokens_per_sample)
    return tuple(_stage(network, workload, stage, layout, engine, how) for stage in range(layout.pipeline)), load


def _stage(network: Network, workload: Workload, stage: int, layout: Layout, engine: ServingEngine, how: WeightFormat) -> ServingStage:
    run = workload.run
    kinds = kinds_of_stage(network, stage, run)
    outside = stage_on_card(network, stage, run, layout, network.vocab).outside
    word = max(WORD_BYTES[workload.precision or "bf16"], 2)
    cards = max(run.tensor_parallel * run.pipeline_parallel * run.context_parallel, run.expert_parallel)
    context = CONTEXT_GIB if run.context_gib is None else run.context_gib
    last = stage == layout.pipeline - 1 and network.causal and not network.no_output
    scores = score_bytes(kinds, layout.tensor, word) if run.attention == "eager" else 0.0
    return ServingStage(
        stage=stage,
        engine=engine,
        layers=sum(count for _, count in kinds),
        caches=cache_groups(kinds, layout.tensor, kv_format(run.kv_dtype, workload.precision or "bf16")),
        state=state_bytes(kinds, layout.tensor),
        block=run.kv_block or engine.block,
        weights=sum(count * layer_bytes(layer, layout, how) for layer, count in kinds) + outside * word,
        start=(context + collective_gib(engine, cards, layout.tensor)) * GIB,
        runtime=engine.runtime_gib * GIB,
        graphs=sum(count for _, count in kinds) * engine.graphs * GRAPH_GIB * GIB,
        width=step_width(network, kinds, layout, word, how.activation_bytes),
        chunk=0 if network.tokens_per_sample else chunk_of(workload, engine),
        row=network.vocab * 4 * engine.logits_copies if last else 0.0,
        scores=scores,
    )


def inference_stages(network: Network, workload: Workload, said: list[Message]) -> tuple[StageMemory, ...]:
    """Return every pipeline stage with its parts, in GiB."""
    stages, load = serving_stages(network, workload, said)
    return tuple(StageMemory(one.stage, one.layers, parts_of(one, load)) for one in stages)


def parts_of(one: ServingStage, load: Load) -> tuple[MemoryPart, ...]:
    """Return the parts of one stage."""
    buffers, logits = one.peak(load)
    parts = (
        MemoryPart("weights", message("workload.part.weights"), one.weights / GIB),
        MemoryPart("kv_cache", message("workload.part.kv_cache", tokens=load.tokens, sequences=load.sequences), one.cache(load) / GIB),
        MemoryPart("working", message("workload.part.pages", block=one.block), one.padding(load) / GIB),
        MemoryPart("working", message("workload.part.recurrent", sequences=load.sequences), one.states(load) / GIB),
        MemoryPart("activations", message("workload.part.chunk", tokens=one.step_tokens(load)), buffers / GIB),
        MemoryPart("activations", message("workload.part.logits", rows=max(one.engine.sequences, load.sequences)), logits / GIB),
        MemoryPart("overhead", message("workload.part.graphs", sizes=one.engine.graphs), one.graphs / GIB),
        MemoryPart("overhead", message("workload.part.runtime"), one.runtime / GIB),
        MemoryPart("overhead", message("workload.part.start"), one.start / GIB),
    )
    return tuple(part for part in parts if part.gib > 0)
