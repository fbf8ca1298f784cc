"""FP64 on cards made for AI: how much of it there is, beside the card in use or beside its own FP32."""

from msgspec import Struct

from app.engine.assessing._context import Context
from app.engine.messages import Message, message
from app.engine.model.assessments import Evidence

SLOW_BESIDE_REFERENCE, SLOW_BESIDE_FP32 = 0.5, 1 / 8
"""Judgements: less than half of the rate of the card in use asks for a decision; so does, where that is unknown, an eighth of FP32."""
KINDS = (("vector", "fp64_tflops"), ("matrix", "fp64_tensor_tflops"))


class Rates(Struct, frozen=True):
    """What is said of FP64. slow: the sentence that makes it a warning, None where it is no side line."""

    evidence: tuple[Evidence, ...]
    slow: Message | None


def fp64_rates(context: Context) -> Rates:
    """Return the FP64 peaks beside those of the card in use; beside the card's own FP32 where that is unknown."""
    platform, reference = context.platform, context.reference
    evidence: list[Evidence] = []
    factors: list[float] = []
    for kind, key in KINDS:
        own, other = platform.number(key), reference.number(key) if reference else None
        if own is None:
            continue
        said = {"kind": message(f"assessing.precision.fp64.{kind}"), "own": own}
        if reference is None or other is None:
            evidence.append(Evidence(message("assessing.precision.fp64.rate", **said), platform.facts[key].source))
            continue
        factors.append(own / other)
        beside = message("assessing.precision.fp64.beside", **said, other=other, name=reference.product_en, factor=own / other)
        evidence.append(Evidence(beside, f"{platform.facts[key].source}; {reference.facts[key].source}"))
    vector = platform.number("fp64_tflops") or platform.number("fp64_tensor_tflops")
    if vector is None:
        return Rates((), message("assessing.precision.fp64.no_rate"))
    if factors:
        return Rates(tuple(evidence), message("assessing.precision.fp64.slow", factor=factors[0]) if _is_slow(factors[0]) else None)
    single = platform.number("fp32_tflops")
    if reference is None and single and vector / single < SLOW_BESIDE_FP32:
        return Rates(tuple(evidence), message("assessing.precision.fp64.side_line", share=single / vector))
    return Rates(tuple(evidence), None)


def _is_slow(factor: float) -> bool:
    return factor < SLOW_BESIDE_REFERENCE
