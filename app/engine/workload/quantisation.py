"""Weights as a server keeps them: bits, scales and zero points of each format, and what stays in 16 bits."""

from msgspec import Struct

from app.engine.model.workloads import Workload
from app.engine.workload.network import Layer, Matrix
from app.engine.workload.stages import Layout, matrix_on_card

KEPT_WHOLE = frozenset({"router"})
"""Modules that every format leaves in 16 bits: a router picks experts by small differences. Embeddings, output matrix, norms and biases
stay too (`modules_to_not_convert`, `ignore` of the published GPTQ, AWQ, FP8 and NVFP4 checkpoints)."""


class WeightFormat(Struct, frozen=True):
    """How one weight is kept.

    bits         of the weight
    block        weights that share a scale; 0 = one column of the matrix
    scale_bytes  of the scale of a block, zero point included
    activation_bytes   activations are quantised too before each matrix (W8A8): bytes per element of the copy, 0 = they are not
    """

    bits: float
    block: int = 0
    scale_bytes: float = 0.0
    activation_bytes: float = 0.0

    @property
    def quantised(self) -> bool:
        """Whether matrices are below 16 bits."""
        return self.bits < 16  # noqa: PLR2004

    def matrix_bytes(self, one: Matrix, on_card: float) -> float:
        """Return the bytes of `on_card` parameters of a matrix; its biases, and a router as a whole, stay in 16 bits."""
        if not self.quantised or one.module in KEPT_WHOLE:
            return on_card * max(self.bits, 16.0) / 8
        weights = on_card * one.weights / max(1, one.parameters)
        scales = weights / (self.block or one.rows) * self.scale_bytes
        return weights * self.bits / 8 + scales + (on_card - weights) * 2


FP8_BLOCK = WeightFormat(8, 128 * 128, 4.0, 1.0)
"""One fp32 scale per 128 x 128 weights (DeepSeek-V3, arXiv:2412.19437, section 3.3; Qwen3-FP8 checkpoints)."""
INT8_CHANNEL = WeightFormat(8, 0, 2.0, 1.0)
"""One 16-bit scale per output channel (SmoothQuant, arXiv:2211.10438; compressed-tensors W8A8)."""
NVFP4 = WeightFormat(4, 16, 1.0, 0.5)
"""One fp8 scale per 16 weights (NVIDIA, NVFP4)."""
NF4 = WeightFormat(4, 64, 1 + 4 / 256)
"""bitsandbytes: an 8-bit scale per 64 weights and an fp32 one per 256 of those (QLoRA, arXiv:2305.14314, double quantisation)."""
GROUP = 128
"""Weights per group of GPTQ and AWQ checkpoints: a 16-bit scale and a packed zero point each (arXiv:2210.17323, arXiv:2306.00978)."""


def weight_format(workload: Workload, plain: bool) -> WeightFormat:
    """Return the format of the weights of a served model; `plain`: without a serving engine 4 bits are bitsandbytes' NF4."""
    run, precision = workload.run, workload.precision or "bf16"
    bits = run.weight_bits or {"fp8": 8, "int8": 8, "fp4": 4, "int4": 4, "fp32": 32, "tf32": 32, "fp64": 64}.get(precision, 16)
    if bits >= 16:  # noqa: PLR2004 - not quantised
        return WeightFormat(bits)
    if run.quant_group:
        return grouped(bits, run.quant_group)
    if bits == 8:  # noqa: PLR2004
        return FP8_BLOCK if precision == "fp8" else INT8_CHANNEL
    if precision == "fp4":
        return NVFP4
    return NF4 if plain and bits == 4 else grouped(bits, GROUP)  # noqa: PLR2004


def grouped(bits: int, group: int) -> WeightFormat:
    """Return a format with a 16-bit scale and a zero point of `bits` bits per group of weights."""
    return WeightFormat(bits, group, 2 + bits / 8)


def layer_bytes(layer: Layer, layout: Layout, how: WeightFormat) -> float:
    """Return the bytes of one layer's weights on one card."""
    matrices = sum(how.matrix_bytes(one, matrix_on_card(one, layout)) for one in layer.matrices)
    return matrices + layer.vectors * max(how.bits, 16.0) / 8
