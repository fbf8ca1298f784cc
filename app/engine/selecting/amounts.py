"""多少 P: from PFLOPS to cards and back, by the peak of the data sheet in the precision that is named."""

import math
from collections.abc import Sequence
from fnmatch import fnmatchcase

from app.engine.errors import EngineError
from app.engine.messages import Message, message
from app.engine.model.amounts import ComputeAmount, Sparsity
from app.engine.model.platforms import Platform

KEYS = {
    "fp64": "fp64_tflops", "fp32": "fp32_tflops", "tf32": "tf32_tflops", "fp16": "fp16_tensor_tflops", "bf16": "bf16_tensor_tflops",
    "fp8": "fp8_tflops", "fp4": "fp4_tflops", "int8": "int8_tops",
}  # fmt: skip
TERA_IN_PETA = 1000.0
CARDS_PER_NODE = 8
MOST_CARDS = 10_000_000
ROUNDING = 1e-9
"""100 cards of 0.312 PFLOPS are 31.2 PFLOPS, not 101 cards for the last bit of a float."""


def card_tflops(platform: Platform, precision: str, sparsity: Sequence[Sparsity], *, is_sparse: bool = False) -> float | Message:
    """Return the peak of one card, or why there is none."""
    key = KEYS.get(precision)
    if key is None:
        raise EngineError("selecting.bad_precision", precision=precision, known=list(KEYS))
    dense = platform.number(key)
    if dense is None:
        return message("platforms.missing_fact", platform=platform.id, key=key)
    if not is_sparse:
        return dense
    architecture = platform.text("architecture")
    found = next((one for one in sparsity if fnmatchcase(architecture, one.architecture) and precision in one.precisions), None)
    return dense * found.factor if found is not None else message("selecting.no_sparsity", platform=platform.id, precision=precision)


def cards_for(platform: Platform, pflops: float, precision: str, sparsity: Sequence[Sparsity], *, is_sparse: bool = False) -> ComputeAmount:
    """Return the whole cards that reach so many PFLOPS. Raises EngineError for an amount that is none."""
    if not 0 < pflops < float("inf"):
        raise EngineError("selecting.bad_pflops", amount=pflops)
    tflops = card_tflops(platform, precision, sparsity, is_sparse=is_sparse)
    if isinstance(tflops, Message):
        return ComputeAmount(platform.id, precision, is_sparse, None, None, reason=tflops)
    exact = pflops * TERA_IN_PETA / tflops
    cards = max(1, math.ceil(exact * (1 - ROUNDING)))
    if cards > MOST_CARDS:
        raise EngineError("selecting.bad_pflops", amount=pflops)
    return _amount(platform, cards, tflops, precision, is_sparse=is_sparse)


def pflops_of(platform: Platform, cards: int, precision: str, sparsity: Sequence[Sparsity], *, is_sparse: bool = False) -> ComputeAmount:
    """Return the peak of so many cards. Raises EngineError for a count that is none."""
    if not 0 < cards <= MOST_CARDS:
        raise EngineError("selecting.bad_pflops", amount=cards)
    tflops = card_tflops(platform, precision, sparsity, is_sparse=is_sparse)
    if isinstance(tflops, Message):
        return ComputeAmount(platform.id, precision, is_sparse, cards, None, reason=tflops)
    return _amount(platform, cards, tflops, precision, is_sparse=is_sparse)


def dense_pflops(platform: Platform, cards: int, precision: str | None) -> float | None:
    """Return the dense peak of so many cards, None where the precision or the peak is not known."""
    peak = platform.number(KEYS[precision]) if precision in KEYS else None
    return None if peak is None else peak * cards / TERA_IN_PETA


def _amount(platform: Platform, cards: int, tflops: float, precision: str, *, is_sparse: bool) -> ComputeAmount:
    nodes = math.ceil(cards / CARDS_PER_NODE)
    return ComputeAmount(platform.id, precision, is_sparse, cards, cards * tflops / TERA_IN_PETA, tflops, nodes)
