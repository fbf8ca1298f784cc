"""What autograd keeps for the backward pass, in bytes per card of one pipeline stage.

Per layer and token, 16-bit words, h hidden, q query width, k key width, f MLP width (Korthikanti et al. 2022, section 4, written out):
norm inputs and outputs 8h · Q, K, V and the attention's output 4q + 4k · MLP: gate and up 4f, product 2f (gated), or 4f (two matrices).
Frameworks without fused kernels keep more; `_EAGER` engines are modelled by what their code keeps.
"""

import math

from msgspec import Struct

from app.engine.model.workloads import RunParameters, Workload
from app.engine.workload.shapes import Shape, layers_of_stage

_EAGER = frozenset({"transformers", "llama-factory", "deepspeed", "accelerate", "trl", "peft"})
CHUNK_TOKENS = 8192


class Kept(Struct, frozen=True):
    """Bytes kept at the peak of one stage: of its layers, and of embedding, logits and loss."""

    layers: float
    ends: float

    @property
    def total(self) -> float:
        """All of it."""
        return self.layers + self.ends


def kept_bytes(shape: Shape, workload: Workload, stage: int) -> Kept:
    """Return what one stage keeps, with the micro-batches that its schedule holds in flight."""
    run = workload.run
    tokens = (run.micro_batch or 1) * (run.seq_len or 1) / run.context_parallel
    scale = 2 if workload.precision in ("fp32", "tf32") else 4 if workload.precision == "fp64" else 1
    eager = workload.engine.lower() in _EAGER
    one = layer_bytes(shape, run, tokens, eager=eager) * scale
    layers = layers_of_stage(shape.layers, stage, run.pipeline_parallel)
    in_flight = micro_batches_in_flight(run, stage)
    if run.recompute == "full":
        kept_input = 2 * tokens * shape.hidden * scale / (run.tensor_parallel if run.sequence_parallel else 1)
        inside = kept_input * layers * in_flight + one
    else:
        inside = one * layers * in_flight
    return Kept(inside, _ends(shape, run, tokens, stage, in_flight, scale, eager=eager))


def layer_bytes(shape: Shape, run: RunParameters, tokens: float, *, eager: bool) -> float:
    """Return what one layer keeps of `tokens` tokens (16-bit words)."""
    query, key = shape.heads * shape.head_dim, shape.kv_heads * shape.head_dim
    norms = (16 if eager and shape.gated else 8) * shape.hidden
    dropped = 2 * shape.hidden if run.dropout > 0 else 0  # one mask byte after attention and one after the MLP
    split = 4 * query + 4 * key + 4 * shape.heads
    split += (8 if eager else 6) * shape.intermediate if shape.gated else 4 * shape.intermediate
    if run.attention == "eager" and run.recompute != "selective":
        width = (run.seq_len or 1) * shape.heads
        split += (2 + 2 + (1 if run.dropout > 0 else 0)) * width if not eager else (4 + 2 + 2) * width
    whole = norms + dropped
    if run.sequence_parallel:
        return tokens * (whole + split) / run.tensor_parallel
    return tokens * (whole + split / run.tensor_parallel)


def micro_batches_in_flight(run: RunParameters, stage: int) -> float:
    """Return how many micro-batches a stage holds: 1F1B, or interleaved (Korthikanti et al. 2022, section 4.2.3)."""
    stages = run.pipeline_parallel
    if stages == 1:
        return 1.0
    flying = float(stages - stage)
    if run.virtual_pipeline > 1:
        flying += (stages - 1) / run.virtual_pipeline
    data_parallel = max(1, (run.gpus or 1) // (run.tensor_parallel * stages * run.context_parallel))
    if run.global_batch and run.micro_batch:
        flying = min(flying, math.ceil(run.global_batch / (run.micro_batch * data_parallel)))
    return flying


def _ends(shape: Shape, run: RunParameters, tokens: float, stage: int, in_flight: float, scale: float, *, eager: bool) -> float:
    total = 0.0
    if stage == 0:
        mask = shape.hidden * in_flight if run.dropout > 0 else 0
        total += tokens * mask
    if stage == run.pipeline_parallel - 1:
        split = run.tensor_parallel
        total += tokens * (4 * shape.hidden * scale)  # input and output of the last norm
        logits = (2 + 4 + 4 if eager else 2 + 4) if scale == 1 else 4 + 4  # words, float copy, softmax kept for the loss
        total += tokens * shape.vocab / split * logits
    return total


def chunk_bytes(shape: Shape, run: RunParameters, tokens: int, sequences: int) -> float:
    """Return the working buffers of one prefill chunk and the logits of one step."""
    chunk = min(CHUNK_TOKENS, tokens * sequences)
    widest = (3 if shape.gated else 2) * shape.intermediate + 4 * shape.hidden
    logits = sequences * shape.vocab * 4 / run.tensor_parallel
    return chunk * widest * 2 / run.tensor_parallel + chunk * shape.hidden * 4 + logits
