"""How a run cuts a network over its cards: layers of each pipeline stage, parameters that one card holds, micro-batches in flight."""

import math

from msgspec import Struct

from app.engine.model.workloads import RunParameters
from app.engine.workload.network import Layer, Matrix, Network


class Layout(Struct, frozen=True):
    """Degrees of parallelism with nothing left open.

    data            copies of the model
    shards          cards over which ZeRO spreads the states of dense parameters: data x context
    expert_tensor   how each expert is cut; expert_shards: copies of each expert
    """

    tensor: int
    pipeline: int
    virtual: int
    context: int
    expert: int
    expert_tensor: int
    data: int
    sequence: bool

    @property
    def shards(self) -> int:
        """Cards that share the optimizer states of dense parameters."""
        return self.data * self.context

    @property
    def expert_shards(self) -> int:
        """Cards that share the optimizer states of one expert."""
        return max(1, self.shards * self.tensor // (self.expert * self.expert_tensor))

    @property
    def norm_split(self) -> int:
        """By how much sequence parallelism cuts what tensor parallelism would repeat."""
        return self.tensor if self.sequence else 1


def layout_of(run: RunParameters) -> Layout:
    """Return the layout; experts are cut as the rest is (Megatron's default) unless the cards do not suffice for that."""
    each = run.tensor_parallel * run.pipeline_parallel * run.context_parallel
    data = max(1, (run.gpus or each) // each)
    room = data * run.context_parallel * run.tensor_parallel
    cut = run.expert_tensor_parallel or (run.tensor_parallel if room % (run.expert_parallel * run.tensor_parallel) == 0 else 1)
    sequence = run.sequence_parallel and run.tensor_parallel > 1
    return Layout(
        run.tensor_parallel, run.pipeline_parallel, run.virtual_pipeline, run.context_parallel, run.expert_parallel, cut, data, sequence
    )


def layers_of_stage(layers: int, stage: int, run: RunParameters) -> int:
    """Return how many layers a stage holds: first and last as stated, the rest evenly; what does not divide goes to the first of them."""
    stages = run.pipeline_parallel
    if stages == 1:
        return layers
    fixed = {0: run.first_stage_layers, stages - 1: run.last_stage_layers}
    if fixed.get(stage):
        return fixed[stage]
    free = [number for number in range(stages) if not fixed.get(number)]
    rest = max(0, layers - sum(fixed.values()))
    place = free.index(stage)
    return rest // len(free) + (place < rest % len(free))


def stage_layers(network: Network, stage: int, run: RunParameters) -> tuple[Layer, ...]:
    """Return the layers of one stage. Interleaved: it holds every `pipeline`-th chunk of the network."""
    layers, stages, chunks = network.layers, run.pipeline_parallel, run.virtual_pipeline
    if chunks > 1 and len(layers) % (stages * chunks) == 0:
        size = len(layers) // (stages * chunks)
        starts = [(chunk * stages + stage) * size for chunk in range(chunks)]
        return tuple(layer for start in starts for layer in layers[start : start + size])
    start = sum(layers_of_stage(len(layers), number, run) for number in range(stage))
    return layers[start : start + layers_of_stage(len(layers), stage, run)]


def kinds_of_stage(network: Network, stage: int, run: RunParameters) -> tuple[tuple[Layer, int], ...]:
    """Return the different layers of one stage and how many there are of each."""
    counted: dict[int, tuple[Layer, int]] = {}
    for layer in stage_layers(network, stage, run):
        counted[id(layer)] = (layer, counted[id(layer)][1] + 1 if id(layer) in counted else 1)
    return tuple(counted.values())


class CardParameters(Struct, frozen=True):
    """Parameters that one card holds: of dense layers, of experts, of the embedding, of the output matrix with the last norm."""

    dense: float = 0.0
    experts: float = 0.0
    embedding: float = 0.0
    output: float = 0.0

    @property
    def outside(self) -> float:
        """Those outside the layers."""
        return self.embedding + self.output

    @property
    def total(self) -> float:
        """All of them."""
        return self.dense + self.experts + self.outside


def matrix_on_card(one: Matrix, layout: Layout) -> float:
    """Return how many parameters of a matrix one card holds."""
    if one.module == "experts":
        return one.parameters / layout.expert / layout.expert_tensor
    if one.split == "whole":
        return float(one.parameters)
    biases = one.biases if one.split == "rows" else one.biases / layout.tensor
    return one.weights / layout.tensor + biases


def layer_on_card(layer: Layer, layout: Layout) -> CardParameters:
    """Return what one card holds of a layer."""
    experts = sum(matrix_on_card(one, layout) for one in layer.of("experts"))
    dense = sum(matrix_on_card(one, layout) for one in layer.matrices if one.module != "experts") + layer.vectors
    return CardParameters(dense=dense, experts=experts)


def stage_on_card(network: Network, stage: int, run: RunParameters, layout: Layout, vocab: int) -> CardParameters:
    """Return what one card of a stage holds; `vocab`: rows of the embedding with padding. A tied output on another stage is a copy."""
    made = {layer: layer_on_card(layer, layout) for layer in network.kinds()}
    layers = [made[layer] for layer in stage_layers(network, stage, run)]
    embedding = output = 0.0
    if stage == 0:
        embedding = vocab * network.hidden / layout.tensor + network.extra
    if stage == run.pipeline_parallel - 1:
        output = network.final_norm + network.head
        if not network.no_output and (not network.tied or run.pipeline_parallel > 1):
            output += vocab * network.hidden / layout.tensor
    return CardParameters(sum(one.dense for one in layers), sum(one.experts for one in layers), embedding, output)


def in_flight(run: RunParameters, layout: Layout, stage: int) -> float:
    """Return how many micro-batches a stage holds at its fullest.

    1F1B: stages - stage; interleaved: (stages - 1) / chunks more (Korthikanti et al. 2022, arXiv:2205.05198, section 4.2.3);
    never more than there are.
    """
    stages = layout.pipeline
    if stages == 1:
        return 1.0
    flying = float(stages - stage)
    if layout.virtual > 1:
        flying += (stages - 1) / layout.virtual
    if run.global_batch and run.micro_batch:
        flying = min(flying, math.ceil(run.global_batch / (run.micro_batch * layout.data)))
    return flying
