"""What one card computes, moves and sends in a training step: by operator, layer, phase and micro-batch. Counts only, no platform.

FLOP: a product of (m x k) with (k x n) is 2 m n k. Bytes: what an operator reads from and writes to VRAM, each operand once. Shapes: a card
holds `tokens` tokens of a micro-batch (context parallelism cuts the sequence) of hidden states of width h; matrices are those that tensor
parallelism leaves it. Source of the counts: Korthikanti et al. 2022, arXiv:2205.05198, appendix A, matrix by matrix instead of in sum.
"""

import math
from typing import Literal, TypeAlias

from msgspec import Struct

from app.engine.model.workloads import RunParameters, Workload
from app.engine.workload.engines import TrainingEngine, training_engine
from app.engine.workload.kept import Where
from app.engine.workload.network import Layer, Network, padded_vocab
from app.engine.workload.stages import CardParameters, Layout, layout_of
from app.engine.workload.states import adapted_matrices, gradient_word, word_of

Kind: TypeAlias = Literal["matmul", "experts", "attention", "memory", "optimizer"]
KINDS: tuple[Kind, ...] = ("matmul", "experts", "attention", "memory", "optimizer")
Phase: TypeAlias = Literal["forward", "backward", "recomputed"]
PHASES: tuple[Phase, ...] = ("forward", "backward", "recomputed")
Collective: TypeAlias = Literal["all_reduce", "all_gather", "reduce_scatter", "all_to_all", "send"]
Purpose: TypeAlias = Literal["tensor", "context", "expert", "pipeline", "data", "host"]


class Work(Struct, frozen=True):
    """One operator of one micro-batch on one card.

    flops                      multiplications and additions
    bytes_read, bytes_written  of VRAM
    launches                   kernels
    shape                      m, n, k of a product, and how many of that shape (experts)
    """

    name: str
    kind: Kind
    flops: float = 0.0
    bytes_read: float = 0.0
    bytes_written: float = 0.0
    launches: float = 1.0
    shape: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)

    @property
    def bytes(self) -> float:
        """Both ways."""
        return self.bytes_read + self.bytes_written

    def times(self, share: float) -> "Work":
        """Return the same work so many times."""
        return Work(
            self.name, self.kind, self.flops * share, self.bytes_read * share, self.bytes_written * share, self.launches * share, self.shape
        )


class Exchange(Struct, frozen=True):
    """Messages of one kind.

    bytes     of one: the whole tensor that a gather ends with, that a scatter or all-reduce begins with; the card's own buffer where all
              exchange with all or one sends
    count     how many of them; group: cards that take part; stride: how far apart they stand in the order of the ranks
    overlaps  whether the engine can run it beside computation
    """

    collective: Collective
    purpose: Purpose
    bytes: float
    count: float
    group: int
    stride: int = 1
    overlaps: bool = False

    def across(self, cards_per_node: int) -> bool:
        """Tell whether the group spans more than one node."""
        return (self.group - 1) * self.stride >= cards_per_node


class Operator(Struct, frozen=True):
    """An operator with its passes. where: what a selective recomputation knows it by; again: what its own backward pass repeats."""

    where: Where
    forward: Work
    backward: tuple[Work, ...]
    again: tuple[Work, ...] = ()


class Passes(Struct, frozen=True):
    """Work and messages of one layer, or of what stands outside the layers, by phase."""

    forward: tuple[Work, ...] = ()
    backward: tuple[Work, ...] = ()
    recomputed: tuple[Work, ...] = ()
    sent_forward: tuple[Exchange, ...] = ()
    sent_backward: tuple[Exchange, ...] = ()
    sent_recomputed: tuple[Exchange, ...] = ()

    def of(self, phase: Phase) -> tuple[Work, ...]:
        """Return the work of a phase."""
        return {"forward": self.forward, "backward": self.backward, "recomputed": self.recomputed}[phase]

    def sent(self, phase: Phase) -> tuple[Exchange, ...]:
        """Return the messages of a phase."""
        return {"forward": self.sent_forward, "backward": self.sent_backward, "recomputed": self.sent_recomputed}[phase]

    def flops(self, phase: Phase) -> float:
        """Return the FLOP of a phase."""
        return sum(one.flops for one in self.of(phase))


class StageWork(Struct, frozen=True):
    """One card of a pipeline stage.

    layers     the different layers and how many of each; ends: embedding on the first stage, output matrix and loss on the last
    handed     what it sends to its neighbours for each micro-batch
    optimizer  of one step; closing: messages of one step (gradients, weights)
    """

    stage: int
    layers: tuple[tuple[Layer, Passes, int], ...]
    ends: Passes
    handed: tuple[Exchange, ...]
    optimizer: tuple[Work, ...]
    closing: tuple[Exchange, ...]

    def flops(self, phase: Phase) -> float:
        """Return the FLOP of a phase of one micro-batch."""
        return self.ends.flops(phase) + sum(count * passes.flops(phase) for _, passes, count in self.layers)


class StepWork(Struct, frozen=True):
    """A step: its different stages with how many are alike, and how many micro-batches go through them.

    model_flops   what the mathematics of the whole step needs, nothing repeated
    """

    stages: tuple[tuple[StageWork, int], ...]
    micro_batches: int
    layout: Layout
    tokens: float
    model_flops: float


class Here(Struct, frozen=True):
    """What a card of a run sees of a micro-batch, nothing left open.

    tokens    of a card; length: of one sequence; word: bytes of weights and activations, grad: of a gradient that is added up
    fused     norms, activations and additions are one kernel each; written out they pass through VRAM UNFUSED times as often
    """

    workload: Workload
    run: RunParameters
    layout: Layout
    engine: TrainingEngine
    tokens: float
    length: float
    word: float
    grad: float
    vocab: int
    fused: bool
    dropout: float

    @property
    def adapters(self) -> bool:
        """Whether only adapters are trained."""
        return self.workload.task in ("lora", "qlora")

    def adapted(self, layer: Layer) -> set[str]:
        """Return the names of the matrices with an adapter."""
        return adapted_matrices(layer, self.run) if self.adapters else set()


UNFUSED = 2.5
"""Passes through VRAM of a norm, an activation or a rotation written out in PyTorch, over those of one fused kernel: an RMSNorm in fp32
reads and writes its width five times (cast, square and mean, scale, cast, weight), a gated activation two and a half."""


def here_of(network: Network, workload: Workload) -> Here:
    """Return the setting of a training run."""
    run, layout = workload.run, layout_of(workload.run)
    name, engine = training_engine(workload)
    length = float(network.tokens_per_sample or run.seq_len or 1)
    dropout = run.dropout
    if not dropout and engine.keeps == "megatron" and network.family in ("gpt2", "bert") and "run.dropout" not in workload.stated:
        dropout = 0.1  # Megatron's default, and that of the published configurations
    return Here(
        workload=workload,
        run=run,
        layout=layout,
        engine=engine,
        tokens=(run.micro_batch or 1) * length / run.context_parallel,
        length=length,
        word=word_of(workload),
        grad=gradient_word(workload, engine),
        vocab=padded_vocab(network.vocab, layout.tensor) if engine.pads_vocab else network.vocab,
        fused=engine.keeps == "megatron" or name == "torchtitan",
        dropout=dropout,
    )


def micro_batches(run: RunParameters, layout: Layout) -> int:
    """Return how many micro-batches go through a copy of the model in one step; without a global batch four per stage."""
    each = (run.micro_batch or 1) * layout.data
    return max(1, math.ceil((run.global_batch or 0) / each)) if run.global_batch else (4 * layout.pipeline if layout.pipeline > 1 else 1)


def optimizer_work(card: CardParameters, here: Here, adapters: float) -> tuple[Work, ...]:
    """Return the optimizer step of one card: bound by memory.

    Of each parameter of its shard: the norm of the gradients reads them, clipping reads and writes them, Adam reads gradient, master weight
    and two moments and writes the last three, the 16-bit weight is written from the master. Of each parameter that the card holds: its
    gradient is scaled where gradients are averaged over copies of the model, and cleared.
    """
    run, layout = here.run, here.layout
    dense, experts = (adapters, 0.0) if here.adapters else (card.dense + card.outside, card.experts)
    owned = dense / layout.shards + experts / layout.expert_shards if run.zero_stage or here.engine.wide_weights else dense + experts
    held = dense + experts
    if run.zero_stage >= 2:  # noqa: PLR2004 - gradients are spread
        held = owned
    moment = {"fp32": 4.0, "bf16": 2.0, "fp16": 2.0, "fp8": 1.0}.get(run.moment_dtype, 4.0)
    grad = 4.0 if here.adapters else here.grad
    scaled = grad * held if layout.shards > 1 else 0.0
    if run.offload != "none":
        owned = 0.0
    read = owned * (3 * grad + 8 + 2 * moment) + scaled
    written = owned * (grad + 4 + 2 * moment + here.word) + held * grad + scaled
    return (Work("optimizer", "optimizer", 12 * owned, read, written, 20),)
