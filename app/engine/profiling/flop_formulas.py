"""Floating-point operations of matrix products, convolutions and attention by their shapes. A multiply-add counts two.

Source of the counting: torch.utils.flop_counter of PyTorch. None = the shapes do not tell it.
"""

import math

import numpy as np

from app.engine.profiling.call_shapes import Shape

ATTENTION_BACKWARD = 2.5
"""Five products of the forward pass's size against its two (Dao, FlashAttention-2, arXiv:2307.08691)."""


def matmul(a: Shape, b: Shape) -> tuple[float, int] | None:
    """Return (operations, elements of the product) of a (…, m, k) by b (…, k, n), leading dimensions broadcast: 2 m k n of each pair."""
    if not a or not b:
        return None
    left, right = (a if len(a) > 1 else (1, *a)), (b if len(b) > 1 else (*b, 1))
    if left[-1] != right[-2]:
        return None
    try:
        batch = math.prod(np.broadcast_shapes(left[:-2], right[:-2]))
    except ValueError:
        return None
    product = batch * left[-2] * right[-1]
    return 2.0 * product * left[-1], product


def linear(x: Shape, weight: Shape) -> tuple[float, int] | None:
    """Return (operations, elements of the result) of x (…, k) by weight (n, k), stored row by row of the result."""
    return matmul((math.prod(x[:-1]), x[-1]), (weight[1], weight[0])) if x and len(weight) == 2 else None


def convolved(shape: Shape, weight: Shape, stride: Shape, padding: Shape, dilation: Shape, *, transposed: bool = False) -> Shape | None:
    """Return the shape (N, O, …) of a convolution of (N, C, …) with weight (O, C / groups, …); numbers of one entry hold for all axes.

    A transposed one, with weight (C, O / groups, …), gives back its input's: it costs what the convolution costs that it turns round.
    """
    axes = len(weight) - 2
    if axes < 1 or len(shape) != len(weight) or not stride or not padding:
        return None
    if transposed:
        return shape
    step, pad, wide = (_spread(one, axes) for one in (stride, padding, dilation or (1,)))
    if step is None or pad is None or wide is None or 0 in step:
        return None
    sizes = zip(shape[2:], weight[2:], step, pad, wide, strict=True)
    out = tuple((size + 2 * p - d * (kernel - 1) - 1) // s + 1 for size, kernel, s, p, d in sizes)
    return (shape[0], weight[0], *out) if all(one > 0 for one in out) else None


def convolution(result: Shape, weight: Shape) -> float:
    """Return the operations of a convolution: for each element of the result 2 C / groups times the kernel's size.

    result (N, O, …), weight (O, C / groups, …); of a transposed one the input stands for the result.
    """
    return 2.0 * math.prod(result) * math.prod(weight[1:])


def attention(query: Shape, key: Shape, value: Shape, *, rows: int = 2, causal: bool = False) -> float | None:
    """Return the operations of the two products Q K^T and P V: 2 b h s_q s_k (d_k + d_v), half of it behind a causal mask.

    query, key, value  4 dimensions, batch first and width last; rows: the axis of the sequence (the other one holds the heads)
    causal             only for as many queries as keys, where the mask leaves a triangle: half of the products
    """
    if not len(query) == len(key) == len(value) == 4 or query[0] != key[0] or query[3] != key[3]:
        return None
    heads = 3 - rows
    whole = 2.0 * query[0] * query[heads] * query[rows] * key[rows] * (query[3] + value[3])
    return whole / 2 if causal and query[rows] == key[rows] else whole


def task_matmul(a: Shape, b: Shape, product: Shape, *, batched: bool) -> float | None:
    """Return the operations of a product whose matrices may be stored either way round or in blocks: sqrt(|a| |b| |out|) = m k n.

    Without `product` the one dimension that two matrices share is k; where they share two different ones it cannot be told.
    """
    if product and a and b:
        batch = math.prod(product[:-2]) if batched and len(a) == len(b) == len(product) else 1
        if batched and batch == 1 and len(product) > 2 and math.prod(product[:-2]) > 1:
            return None
        return 2.0 * batch * math.sqrt(math.prod(a) / batch * (math.prod(b) / batch) * (math.prod(product) / batch))
    if len(a) != 2 or len(b) != 2:
        return None
    counts = {2.0 * math.prod(a) * math.prod(b) / shared for shared in set(a) & set(b)}
    return counts.pop() if len(counts) == 1 else None


def _spread(numbers: Shape, axes: int) -> Shape | None:
    if len(numbers) == axes:
        return numbers
    return numbers * axes if len(numbers) == 1 else None
