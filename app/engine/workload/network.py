"""What a network is made of: its matrices, attentions and layers with nothing left open. Every count of the workload model starts here."""

import math
from typing import Literal, TypeAlias

from msgspec import Struct

Split: TypeAlias = Literal["columns", "rows", "whole"]
Module: TypeAlias = Literal["attention", "mlp", "experts", "shared", "router", "cross"]


class Matrix(Struct, frozen=True):
    """A weight of `rows` inputs by `columns` outputs.

    name     as LoRA targets name it
    split    how tensor parallelism cuts it; whole = every card keeps all of it
    bias     one value per column (cut with columns; whole behind rows)
    copies   experts that have one of these each; a token passes through `uses` of them
    """

    name: str
    module: Module
    rows: int
    columns: int
    split: Split = "columns"
    bias: bool = False
    copies: int = 1
    uses: float = 1

    @property
    def weights(self) -> int:
        """Parameters without biases, of all copies."""
        return self.rows * self.columns * self.copies

    @property
    def biases(self) -> int:
        """Parameters of the biases, of all copies."""
        return self.columns * self.copies if self.bias else 0

    @property
    def parameters(self) -> int:
        """All parameters."""
        return self.weights + self.biases

    @property
    def flops(self) -> float:
        """FLOP of one token forward: 2 rows columns for each copy it passes through."""
        return 2.0 * self.rows * self.columns * self.uses


class Attention(Struct, frozen=True):
    """Softmax attention of one layer.

    window        tokens that one looks back, 0 = all
    kv_rank ...   > 0: multi-head latent attention; what is cached is kv_rank + rope_dim per token
    cross_tokens  > 0: keys and values come from that many tokens of another stream (a prompt)
    """

    heads: int
    kv_heads: int
    qk_dim: int
    v_dim: int
    window: int = 0
    causal: bool = True
    kv_rank: int = 0
    q_rank: int = 0
    rope_dim: int = 0
    cross_tokens: int = 0

    @property
    def query(self) -> int:
        """Width of all queries."""
        return self.heads * self.qk_dim

    @property
    def key(self) -> int:
        """Width of all keys as they are attended to: grouped, or one per head behind a latent."""
        return (self.heads if self.kv_rank else self.kv_heads) * self.qk_dim

    @property
    def value(self) -> int:
        """Width of all values as they are attended to."""
        return (self.heads if self.kv_rank else self.kv_heads) * self.v_dim

    @property
    def output(self) -> int:
        """Width of what it gives to the output matrix."""
        return self.heads * self.v_dim

    def context(self, length: float) -> float:
        """Return how many keys a token of a whole sequence attends to on average: half of it behind a causal mask, at most a window."""
        if self.cross_tokens:
            return self.cross_tokens
        if self.window and self.window < length:
            w = float(self.window)
            return w - w * w / (2 * length) if self.causal else w
        return length / 2 if self.causal else length

    def flops(self, keys: float) -> float:
        """Return the FLOP of one token against `keys` keys: Q K^T and P V, 2 heads keys (qk_dim + v_dim)."""
        return 2.0 * self.heads * keys * (self.qk_dim + self.v_dim)


class LinearAttention(Struct, frozen=True):
    """Attention whose memory is one state per head (key_dim x value_dim) instead of a cache; conv: taps of its short convolution."""

    key_heads: int
    value_heads: int
    key_dim: int
    value_dim: int
    conv: int = 0

    @property
    def output(self) -> int:
        """Width of what it gives to the output matrix."""
        return self.value_heads * self.value_dim

    @property
    def conv_width(self) -> int:
        """Channels of the short convolution: queries, keys and values."""
        return 2 * self.key_heads * self.key_dim + self.output if self.conv else 0

    def flops(self) -> float:
        """Return the FLOP of one token: the state updated and read, 6 key_dim value_dim per head, and the convolution."""
        return 6.0 * self.value_heads * self.key_dim * self.value_dim + 2.0 * self.conv_width * self.conv


class Layer(Struct, frozen=True, eq=False):
    """One layer. Layers that are alike are one object, so that what is computed of one can be kept by it.

    matrices   its weight matrices; vectors: parameters that are not split (norms, sinks, decays)
    norms      how many times the hidden states are normalised
    width      of the MLP that every token passes (0 = experts only); expert_width, shared_width of the others
    """

    kind: str
    matrices: tuple[Matrix, ...]
    attention: Attention | LinearAttention
    vectors: int
    norms: int = 2
    width: int = 0
    gated: bool = True
    experts: int = 0
    per_token: int = 0
    expert_width: int = 0
    shared_width: int = 0
    cross: Attention | None = None

    @property
    def parameters(self) -> int:
        """All parameters of the layer."""
        return sum(one.parameters for one in self.matrices) + self.vectors

    @property
    def active_parameters(self) -> float:
        """Parameters that one token passes through."""
        return sum((one.rows * one.columns + (one.columns if one.bias else 0)) * one.uses for one in self.matrices) + self.vectors

    def of(self, *modules: Module) -> tuple[Matrix, ...]:
        """Return the matrices of these modules."""
        return tuple(one for one in self.matrices if one.module in modules)


class Network(Struct, frozen=True):
    """A transformer with nothing left open.

    layers      one per layer, the same object where they are alike
    embedding   vocab x hidden (0 for images); positions, extra: parameters beside it at the input (learned positions, token types, patches)
    head        parameters of what stands behind the layers apart from the output matrix: last norm, pooler, classifier
    tied        the output matrix is the embedding; no_output: there is none
    assumed     what was taken for granted of an unknown family
    """

    family: str
    hidden: int
    vocab: int
    layers: tuple[Layer, ...]
    tied: bool
    final_norm: int
    extra: int = 0
    head: int = 0
    no_output: bool = False
    causal: bool = True
    tokens_per_sample: int = 0
    assumed: tuple[str, ...] = ()

    @property
    def embedding(self) -> int:
        """Parameters of the token embedding."""
        return self.vocab * self.hidden

    @property
    def output(self) -> int:
        """Parameters of an output matrix of its own."""
        return 0 if self.tied or self.no_output else self.embedding

    @property
    def parameters(self) -> int:
        """All parameters of the model, exact."""
        return sum(one.parameters for one in self.layers) + self.embedding + self.extra + self.output + self.final_norm + self.head

    @property
    def active_parameters(self) -> float:
        """Parameters that one token passes through, embeddings left out, the output matrix counted."""
        outside = 0 if self.no_output else self.embedding
        return sum(one.active_parameters for one in self.layers) + outside + self.final_norm + self.head

    def kinds(self) -> dict[Layer, int]:
        """Return the different layers and how many there are of each, in the order of the first of each."""
        counted: dict[Layer, int] = {}
        for one in self.layers:
            counted[one] = counted.get(one, 0) + 1
        return counted


class Declared(Struct, frozen=True):
    """A network or code that is told by its sums: a CNN, a UNet, an HPC code.

    per sample (at the stated image size) or per unit of work: FLOP forward in matrix units and in FP64 and FP32 vector units, elements
    kept for the backward pass, bytes moved; resident_bytes: what one unit of work keeps in VRAM
    """

    family: str
    parameters: int
    flops: float = 0.0
    kept_elements: float = 0.0
    fp64_flops: float = 0.0
    fp32_flops: float = 0.0
    moved_bytes: float = 0.0
    resident_bytes: float = 0.0


def padded_vocab(vocab: int, tensor: int, multiple: int = 128) -> int:
    """Return the vocabulary as Megatron pads it: to a multiple of 128 x TP, so that every card holds the same rows."""
    step = multiple * tensor
    return math.ceil(vocab / step) * step
