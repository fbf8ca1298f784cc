"""Parameters of dense Llama and GPT-2 shapes, whole and per card of a pipeline stage."""

from msgspec import Struct

from app.engine.messages import Message, message
from app.engine.model.workloads import Model

LLAMA_LIKE = frozenset({"llama"})
MODELLED = LLAMA_LIKE | {"gpt2"}
_NEEDED = ("layers", "hidden", "heads", "vocab")


class Shape(Struct, frozen=True):
    """A shape with nothing left open.

    gated   the MLP has a gate (SwiGLU: three matrices) or not (two)
    biases  linear layers have biases (GPT-2)
    """

    layers: int
    hidden: int
    heads: int
    kv_heads: int
    head_dim: int
    intermediate: int
    vocab: int
    positions: int
    tied: bool
    gated: bool
    biases: bool

    @property
    def attention(self) -> int:
        """Parameters of the attention matrices of one layer: Q, K, V, O."""
        query = self.heads * self.head_dim
        return self.hidden * (query + 2 * self.kv_heads * self.head_dim) + query * self.hidden

    @property
    def mlp(self) -> int:
        """Parameters of the MLP matrices of one layer."""
        return (3 if self.gated else 2) * self.hidden * self.intermediate

    @property
    def vectors(self) -> int:
        """Parameters of norms and biases of one layer, which tensor parallelism mostly repeats."""
        if not self.biases:
            return 2 * self.hidden
        return 4 * self.hidden + 3 * self.hidden + self.hidden + self.intermediate + self.hidden

    @property
    def embedding(self) -> int:
        """Parameters of the token embedding (the output head has as many)."""
        return self.vocab * self.hidden

    @property
    def final_norm(self) -> int:
        """Parameters of the last norm."""
        return self.hidden * (2 if self.biases else 1)


def shape_of(model: Model | None) -> Shape | Message:
    """Return the shape, or the reason why it is not known."""
    if model is None:
        return message("workload.no_model")
    if model.family not in MODELLED or model.experts or model.kv_lora_rank:
        return message("workload.family_unknown", family=model.family)
    missing = [f"[model] {key}" for key in _NEEDED if getattr(model, key) is None]
    gated = model.family in LLAMA_LIKE
    if gated and model.intermediate is None:
        missing.append("[model] intermediate")
    if missing or model.layers is None or model.hidden is None or model.heads is None or model.vocab is None:
        return message("workload.shape_missing", keys=missing)
    return Shape(
        layers=model.layers,
        hidden=model.hidden,
        heads=model.heads,
        kv_heads=model.kv_heads or model.heads,
        head_dim=model.head_dim or max(1, model.hidden // model.heads),
        intermediate=model.intermediate or 4 * model.hidden,
        vocab=model.vocab,
        positions=0 if gated else model.max_positions or 1024,
        tied=model.tied_embeddings if model.tied_embeddings is not None else not gated,
        gated=gated,
        biases=not gated,
    )


def count_parameters(model: Model | None) -> int | None:
    """Return the number of parameters of the whole model, None for a family that is not modelled."""
    shape = shape_of(model)
    if isinstance(shape, Message):
        return None
    outside = shape.embedding * (1 if shape.tied else 2) + shape.positions * shape.hidden + shape.final_norm
    return shape.layers * (shape.attention + shape.mlp + shape.vectors) + outside


def stage_parameters(shape: Shape, stage: int, stages: int, tensor: int) -> tuple[float, float]:
    """Return the parameters per card of one pipeline stage: those of layers, and those of embedding, head and last norm."""
    layers = layers_of_stage(shape.layers, stage, stages)
    inside = layers * ((shape.attention + shape.mlp) / tensor + shape.vectors)
    outside = 0.0
    if stage == 0:
        outside += (shape.embedding + shape.positions * shape.hidden) / tensor
    if stage == stages - 1:
        outside += shape.final_norm
        if not shape.tied or stages > 1:  # a tied head on another stage is a copy
            outside += shape.embedding / tensor
    return inside, outside


def layers_of_stage(layers: int, stage: int, stages: int) -> int:
    """Return how many layers a stage holds; the first ones take what does not divide."""
    return layers // stages + (stage < layers % stages)


def linear_sizes(shape: Shape) -> dict[str, tuple[int, int]]:
    """Return (in, out) of each linear layer under the names that LoRA targets use."""
    query, key = shape.heads * shape.head_dim, shape.kv_heads * shape.head_dim
    sizes = {"q_proj": (shape.hidden, query), "k_proj": (shape.hidden, key), "v_proj": (shape.hidden, key), "o_proj": (query, shape.hidden)}
    if shape.gated:
        mlp = {"gate_proj": (shape.hidden, shape.intermediate), "up_proj": (shape.hidden, shape.intermediate)}
        return sizes | mlp | {"down_proj": (shape.intermediate, shape.hidden)}
    sizes |= {"c_attn": (shape.hidden, query + 2 * key), "c_proj": (query, shape.hidden)}
    return sizes | {"c_fc": (shape.hidden, shape.intermediate), "mlp.c_proj": (shape.intermediate, shape.hidden)}
