"""What CUDA's kernels save where the CPU's differ, so that a run on the CPU counts what a GPU keeps.

Dropout: the CPU multiplies by a mask of the input's dtype and saves that; CUDA runs native_dropout and saves a mask of one byte.
Attention with dropout: the CPU has no fused kernel for it and falls back to matrices; CUDA's flash kernel takes it and saves q, k, v, the
output, log-sum-exp (fp32, one per head and token) and two integers of random state, as it does without dropout. Layer norm: the CPU saves
mean and rstd in the input's dtype, CUDA in fp32 (4 bytes a token and norm: not corrected). Read in PyTorch's derivatives.yaml.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch.nn.functional as functional
from torch.autograd.graph import saved_tensors_hooks

_plain_attention = functional.scaled_dot_product_attention
_plain_dropout = functional.dropout


class FlashAttention(torch.autograd.Function):
    """Saves what the flash kernel saves; its numbers are those without dropout."""

    @staticmethod
    def forward(ctx, q, k, v, causal, scale):
        out = _plain_attention(q, k, v, is_causal=causal, scale=scale, enable_gqa=q.shape[1] != k.shape[1])
        out = out.transpose(1, 2).contiguous().transpose(1, 2)
        ctx.save_for_backward(q, k, v, out, torch.zeros(q.shape[:3], dtype=torch.float32))
        ctx.causal, ctx.scale = causal, scale
        return out

    @staticmethod
    def backward(ctx, grad):
        q, k, v, _out, _sums = ctx.saved_tensors
        with torch.enable_grad(), saved_tensors_hooks(lambda tensor: tensor, lambda tensor: tensor):
            leaves = [tensor.detach().requires_grad_() for tensor in (q, k, v)]
            out = _plain_attention(*leaves, is_causal=ctx.causal, scale=ctx.scale, enable_gqa=q.shape[1] != k.shape[1])
            return *torch.autograd.grad(out, leaves, grad), None, None


def _attention(query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None, enable_gqa=False):
    if dropout_p == 0.0 or attn_mask is not None:
        return _plain_attention(query, key, value, attn_mask, dropout_p, is_causal, scale=scale, enable_gqa=enable_gqa)
    return FlashAttention.apply(query, key, value, is_causal, scale)


def _dropout(input, p=0.5, training=True, inplace=False):  # noqa: A002
    return torch.native_dropout(input, p, True)[0] if training and p > 0 else _plain_dropout(input, p, training, inplace)


@contextmanager
def as_on_cuda() -> Iterator[None]:
    """Within: dropout and attention save what they save on CUDA."""
    functional.scaled_dot_product_attention, functional.dropout = _attention, _dropout
    try:
        yield
    finally:
        functional.scaled_dot_product_attention, functional.dropout = _plain_attention, _plain_dropout
