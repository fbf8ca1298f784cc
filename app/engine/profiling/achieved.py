"""Operations and bytes of every call and kernel of a trace, and the side of the roofline that a figure lies on."""

from typing import Literal

import numpy as np
from msgspec import Struct

from app.engine.model.platforms import Platform
from app.engine.model.traces import Events
from app.engine.profiling.host_calls import HostCalls
from app.engine.profiling.kernel_names import flags
from app.engine.profiling.operator_work import MATRIX_RULES, rule_of, work_of

_MOST_TABLE = 20_000_000
DENSE_KEYS = {
    "bf16": "bf16_tensor_tflops", "fp16": "fp16_tensor_tflops", "fp8": "fp8_tflops", "fp4": "fp4_tflops", "int8": "int8_tops",
    "tf32": "tf32_tflops",
}  # fmt: skip
"""Dense peaks of the matrix units, columns of platform_db/accelerators.csv."""


class CallWork(Struct, frozen=True, eq=False):
    """Work of n calls or kernels, nan = cannot be told.

    flops, bytes  (n,) float64
    shape         (n,) int32 index into the events' shapes, -1 = none
    dtype         (n,) int16 index into dtypes; dtypes[0] is ""
    matrix        (n,) bool: its operations are those of a matrix product, a convolution or attention
    """

    flops: np.ndarray
    bytes: np.ndarray
    shape: np.ndarray
    dtype: np.ndarray
    matrix: np.ndarray
    dtypes: tuple[str, ...]


def call_work(events: Events, at: np.ndarray, assumed: str = "") -> CallWork:
    """Return the work of the events `at` by their own shapes: one look-up for each distinct pair of name and shape."""
    shape = events.shape[at]
    has = np.flatnonzero(shape >= 0)
    flops, moved = np.full(at.size, np.nan), np.full(at.size, np.nan)
    dtype, matrix = np.zeros(at.size, np.int16), np.zeros(at.size, bool)
    count = len(events.shapes)
    distinct, inverse = _distinct(events.name[at[has]].astype(np.int64) * count + shape[has], len(events.names) * count)
    words: dict[str, int] = {"": 0}
    rows = [(events.names[pair // count], events.shapes[pair % count]) for pair in distinct.tolist()]
    works = [work_of(name, text, assumed) for name, text in rows]
    if works:
        flops[has] = np.array([np.nan if one.flops is None else one.flops for one in works])[inverse]
        moved[has] = np.array([np.nan if one.bytes is None else one.bytes for one in works])[inverse]
        dtype[has] = np.array([words.setdefault(one.dtype, len(words)) for one in works], np.int16)[inverse]
        rules = [rule_of(name) for name, _ in rows]
        matrix[has] = np.array([rule is not None and rule.kind in MATRIX_RULES for rule in rules], bool)[inverse]
    return CallWork(flops, moved, shape, dtype, matrix, tuple(words))


def kernel_work(events: Events, calls: HostCalls, of_calls: CallWork, assumed: str = "") -> CallWork:
    """Return the work of the kernels: by their own shapes (NPU), else their part of the call that launched them.

    The work of a product, convolution or attention belongs to the kernels that multiply, by their time; what its helpers (layouts, sums of
    parts, memsets) do is not told by the call. Other calls' work belongs to all their kernels, by their time.
    """
    own = call_work(events, calls.kernel, assumed)
    launched = np.flatnonzero((own.shape < 0) & (calls.owner >= 0))
    if not launched.size:
        return own
    owner = calls.owner[launched]
    part = _parts(events, calls.kernel[launched], owner, of_calls.matrix)
    words = {word: number for number, word in enumerate(own.dtypes)}
    translated = np.array([words.setdefault(word, len(words)) for word in of_calls.dtypes], np.int16)
    own.flops[launched] = of_calls.flops[owner] * part
    own.bytes[launched] = of_calls.bytes[owner] * part
    own.shape[launched] = of_calls.shape[owner]
    own.dtype[launched] = translated[of_calls.dtype[owner]]
    own.matrix[launched] = of_calls.matrix[owner] & np.isfinite(part)
    return CallWork(own.flops, own.bytes, own.shape, own.dtype, own.matrix, tuple(words))


def _parts(events: Events, kernel: np.ndarray, owner: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Return (k,) the share of its call's work that is each kernel's, nan for a helper. matrix: (calls,) calls whose kernels multiply."""
    names, time = events.name[kernel], events.duration_ns[kernel].astype(np.float64)
    tensor, computes = flags(events.names, np.unique(names))
    every = ~matrix[owner]
    part, open_ = np.full(kernel.size, np.nan), np.ones(kernel.size, bool)
    for takes in (every | (computes & (tensor != 0))[names], every | computes[names], np.ones(kernel.size, bool)):
        whole = np.bincount(owner, weights=time * takes, minlength=matrix.size)[owner]
        found = open_ & (whole > 0)
        part[found & takes] = (time / np.maximum(whole, 1.0))[found & takes]
        open_ &= ~found
    return part


def peak_tflops(platform: Platform | None, dtype: str, tensor_core: bool | None) -> float | None:
    """Return the dense peak for an element type in TFLOPS, None where it is not known.

    16-bit elements off the matrix units are computed in FP32 (PyTorch's opmath types). FP32 on matrix units runs as TF32.
    """
    if platform is None or not dtype:
        return None
    if dtype == "fp64":
        return (platform.number("fp64_tensor_tflops") if tensor_core else None) or platform.number("fp64_tflops")
    if dtype == "fp32":
        return (platform.number("tf32_tflops") if tensor_core else None) or platform.number("fp32_tflops")
    if tensor_core is False and dtype in ("bf16", "fp16"):
        return platform.number("fp32_tflops")
    return platform.number(DENSE_KEYS[dtype]) if dtype in DENSE_KEYS else None


def roofline_side(
    flops: float | None, moved: float | None, platform: Platform | None, dtype: str, tensor_core: bool | None
) -> Literal["compute", "memory"] | None:
    """Return which roof is lower at this intensity: dense peak and data-sheet bandwidth, both theoretical; None where one is missing.

    Source: Williams, Waterman and Patterson, Roofline, CACM 52 (2009) 65-76.
    """
    bandwidth = platform.number("memory_bw_gbs") if platform is not None else None
    if flops is None or not moved or not bandwidth:
        return None
    if flops == 0:
        return "memory"
    peak = peak_tflops(platform, dtype, tensor_core)
    if not peak:
        return None
    return "compute" if flops / moved >= peak * 1000 / bandwidth else "memory"


def _distinct(codes: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct codes, ascending, and for each code its place among them; a table where it fits, for it needs no sorting."""
    if count > _MOST_TABLE:
        found, inverse = np.unique(codes, return_inverse=True)
        return found, inverse.reshape(-1)
    present = np.zeros(max(count, 1), bool)
    present[codes] = True
    found = np.flatnonzero(present)
    place = np.empty(present.size, np.int32)
    place[found] = np.arange(found.size, dtype=np.int32)
    return found, place[codes]
