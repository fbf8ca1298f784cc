"""Explanations as messages, the same for command line, window and documents. `name` gives a platform its name there."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from app.engine.messages import Message, message
from app.engine.model.explanations import Explanation, Ground, KnownWeight, NextMeasurement, Share
from app.engine.units import format_significant

Name: TypeAlias = Callable[[str], str]
LEAST_SHARE = 0.01


def next_said(one: NextMeasurement, name: Name) -> Message:
    """Return what one measurement would do to the interval."""
    return message("explanations.next.narrows", what=measurement_said(one, name), before=one.before, after=one.after)


def measurement_said(one: NextMeasurement, name: Name) -> Message:
    """Return what is to be measured, and whether that is out of reach."""
    code = one.act if one.target else "of_all"
    said = message(f"explanations.next.{code}", platform=name(one.platform), gpus=one.gpus, beside=name(one.beside) if one.beside else "")
    return said if one.reachable else message("explanations.next.out_of_reach", said=said)


def next_all_said(options: Sequence[NextMeasurement], name: Name) -> Message:
    """Return the best measurements in one sentence; that there is none to be told of, where there is none."""
    if not options:
        return message("explanations.next.none")
    code = "sentence" if options[0].target else "sentence_of_all"
    return message(f"explanations.next.{code}", options=[next_said(one, name) for one in options])


def ground_said(one: Ground, name: Name) -> Message:
    """Return measured evidence on one line."""
    return message(
        "explanations.ground",
        workload=one.workload or "—",
        source=one.source or "—",
        distance=distance_said(one),
        pair=pair_said(one, name),
        weight=one.weight,
        error=error_said(one.error),
    )


def pair_said(one: Ground, name: Name) -> Message:
    """Return which platforms were measured beside each other, and their ratio."""
    return message("explanations.pair", platform=name(one.platform), other=name(one.other), ratio=format_significant(one.ratio))


def distance_said(one: Ground) -> Message:
    """Return how near the evidence is."""
    return Message(f"explanations.distance.{one.distance}")


def error_said(error: float | None) -> Message:
    """Return how far off the model is where this is left out."""
    return Message("explanations.no_error") if error is None else message("explanations.error", error=error)


def known_said(one: KnownWeight, name: Name) -> Message:
    """Return a known run on one line."""
    return message(
        "explanations.known", row=one.row, platform=name(one.platform), gpus=one.gpus, weight=one.weight, error=error_said(one.error)
    )


def shares_said(shares: Sequence[Share]) -> Message:
    """Return what the interval is made of, in one sentence."""
    parts = [
        message("explanations.share", part=Message(f"explanations.part.{one.part}"), share=one.share)
        for one in shares
        if one.share >= LEAST_SHARE
    ]
    return message("explanations.shares", parts=parts)


def lines_said(one: Explanation, name: Name) -> list[Message]:
    """Return the whole explanation, a line each."""
    found: list[Message] = [] if one.learned else [Message("explanations.not_learned")]
    found += [known_said(known, name) for known in one.known]
    found += [ground_said(ground, name) for ground in one.grounds]
    found += [shares_said(one.shares)] if one.shares else []
    return [*found, next_all_said(one.measure_next, name)]
