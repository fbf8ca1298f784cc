"""How much fits into a card that serves: how each engine shares it, and the most sequences, the longest context and largest input batch."""

from collections.abc import Callable

from msgspec.structs import replace

from app.engine.workload.inference_memory import Load, ServingStage

MOST_SEQUENCES, MOST_TOKENS, MOST_INPUTS = 2**17, 2**24, 2**16


def room_bytes(one: ServingStage, load: Load, card: float, fraction: float) -> float:
    """Return what the engine leaves for the sequences on a card of `card` free bytes.

    total (vLLM, MindIE)        fraction of the card less weights, context and the peak of a profile run; graphs come on top, into the rest
    static (SGLang)             fraction of what is free before the model, less weights; buffers and graphs into the rest
    free (TensorRT-LLM, LMDeploy)   fraction of what weights, context, graphs and the peak of a profile run leave
    """
    fixed = one.fixed(load)
    left = card - fixed
    if one.engine.shares == "total":
        return min(fraction * card - (fixed - one.graphs), left)
    if one.engine.shares == "static":
        return min(fraction * (card - one.start) - one.weights, left)
    return fraction * left if one.engine.shares == "free" else left


def headroom_bytes(stages: tuple[ServingStage, ...], load: Load, card: float, fraction: float) -> float:
    """Return what is left on the fullest stage once the sequences have their room; below zero: it does not fit."""
    return min(room_bytes(one, load, card, fraction) - one.kept(load) for one in stages)


def most_sequences(stages: tuple[ServingStage, ...], load: Load, card: float, fraction: float) -> int | None:
    """Return how many sequences of the stated length fit at once, by whole pages; None where memory does not bound it."""
    return _most(lambda number: headroom_bytes(stages, replace(load, sequences=number), card, fraction) >= 0, MOST_SEQUENCES)


def longest_context(stages: tuple[ServingStage, ...], load: Load, card: float, fraction: float) -> int | None:
    """Return how many tokens each of the stated sequences may have; the outputs keep their length, inputs grow."""
    outputs = load.tokens - load.inputs

    def fits(tokens: int) -> bool:
        longer = replace(load, tokens=tokens, inputs=max(1, tokens - outputs))
        return headroom_bytes(stages, longer, card, fraction) >= 0

    return _most(fits, MOST_TOKENS)


def largest_inputs(stages: tuple[ServingStage, ...], load: Load, card: float, fraction: float) -> int | None:
    """Return how many inputs one prefill step may take beside the stated sequences: chunk = number x input length."""
    if any(not one.chunk for one in stages):  # the whole batch is prefilled at once
        return most_sequences(stages, load, card, fraction)

    def fits(number: int) -> bool:
        chunked = tuple(replace(one, chunk=number * load.inputs) for one in stages)
        return headroom_bytes(chunked, load, card, fraction) >= 0

    return _most(fits, MOST_INPUTS)


def _most(fits: Callable[[int], bool], limit: int) -> int | None:
    """Return the largest number that fits, 0 where one does not; more never fits better. None where the limit fits."""
    low, high = 0, 1
    while high <= limit and fits(high):
        low, high = high, high * 2
    if high > limit:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low
