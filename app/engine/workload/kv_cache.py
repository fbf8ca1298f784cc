"""What a server keeps of each sequence: keys and values by layout, and the states of linear attention. Bytes on one card.

multi-head and grouped   2 (K and V) x heads on the card x head_dim per token
sliding window           the same for the tokens of the window alone
multi-head latent        kv_lora_rank + rope width per token, on every card whole (DeepSeek-V2, arXiv:2405.04434, section 2.1)
hybrid                   linear layers cache nothing per token: one state per head and the last inputs of the short convolution
quantised                fewer bytes per element, and the scales of each head and token where the format has them
"""

import math
from collections.abc import Sequence

from msgspec import Struct

from app.engine.workload.network import Attention, Layer, LinearAttention

STATE_WORD = 4
"""Bytes per element of a recurrent state: fp32 (`mamba_ssm_dtype` of Qwen3-Next's config, MiniMax-Text-01's kernels)."""
CONV_WORD = 2


class KvFormat(Struct, frozen=True):
    """Bytes of one cached element, and of the scales that one head of one token carries (once for K, once for V)."""

    word: float
    scales: float = 0.0

    def head(self, width: int) -> float:
        """Return the bytes of one head of one token."""
        return width * self.word + self.scales


FORMATS = {
    "fp32": KvFormat(4),
    "tf32": KvFormat(4),
    "fp16": KvFormat(2),
    "bf16": KvFormat(2),
    "fp8": KvFormat(1),
    "int8": KvFormat(1, 4),
    "int4": KvFormat(0.5, 4),
    "fp4": KvFormat(0.5 + 1 / 16),
}
"""fp8: a scale per tensor (vLLM, TensorRT-LLM). int8, int4: 16-bit scale and zero point per head and token (LMDeploy's `quant_policy`).
fp4: an fp8 scale per 16 elements (NVFP4)."""


def kv_word(kv_dtype: str) -> str:
    """Return the word of FORMATS that is meant: fp8_e4m3 and fp8_e5m2 take one byte each."""
    word = kv_dtype.strip().lower().replace("bfloat16", "bf16").replace("float16", "fp16")
    return "fp8" if word.startswith("fp8") else word


def kv_format(kv_dtype: str, precision: str) -> KvFormat:
    """Return the format as stated, else the precision of the activations: engines keep 16 bits unless told otherwise."""
    stated = FORMATS.get(kv_word(kv_dtype))
    return stated or (FORMATS["fp32"] if precision in ("fp32", "tf32", "fp64") else FORMATS["bf16"])


def heads_on_card(attention: Attention, tensor: int) -> int:
    """Return the KV heads that one card holds: with fewer heads than cards each head stands on several cards."""
    return math.ceil(attention.kv_heads / tensor)


def token_bytes(layer: Layer, tensor: int, how: KvFormat) -> float:
    """Return the bytes that one layer caches per token that it keeps."""
    one = layer.attention
    if not isinstance(one, Attention) or not one.causal:
        return 0.0
    if one.kv_rank:
        return how.head(one.kv_rank + one.rope_dim)
    return heads_on_card(one, tensor) * (how.head(one.qk_dim) + how.head(one.v_dim))


def cache_groups(layers: Sequence[tuple[Layer, int]], tensor: int, how: KvFormat) -> tuple[tuple[float, int], ...]:
    """Return (bytes per token, window) of these (layer, how many) of a stage, layers of one window together; window 0 = all tokens."""
    groups: dict[int, float] = {}
    for layer, count in layers:
        size = count * token_bytes(layer, tensor, how)
        if size:
            window = layer.attention.window if isinstance(layer.attention, Attention) else 0
            groups[window] = groups.get(window, 0.0) + size
    return tuple((size, window) for window, size in groups.items())


def tokens_kept(window: int, tokens: int, block: int = 1) -> int:
    """Return how many of a sequence's tokens a layer keeps room for: all or the window, in whole blocks."""
    kept = min(tokens, window) if window else tokens
    return -(-kept // block) * block


def sequence_bytes(groups: Sequence[tuple[float, int]], tokens: int, block: int = 1) -> float:
    """Return the bytes that one sequence of `tokens` tokens takes in the layers of cache_groups."""
    return sum(size * tokens_kept(window, tokens, block) for size, window in groups)


def state_bytes(layers: Sequence[tuple[Layer, int]], tensor: int) -> float:
    """Return the bytes of the recurrent states of one sequence, whatever its length.

    value_heads x key_dim x value_dim in fp32, and conv - 1 inputs of every channel of the convolution; both are split by heads.
    """
    total = 0.0
    for layer, count in layers:
        one = layer.attention
        if isinstance(one, LinearAttention):
            heads = math.ceil(one.value_heads / tensor)
            conv = max(0, one.conv - 1) * one.conv_width / tensor * CONV_WORD
            total += count * (heads * one.key_dim * one.value_dim * STATE_WORD + conv)
    return total
