"""Explanations and what to measure next as JSON and as lines, for `predict`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.engine.messages import render

if TYPE_CHECKING:
    from app.engine.explaining import TableExplained
    from app.engine.model.explanations import Explanation, NextMeasurement


def next_document(options: "Sequence[NextMeasurement] | None", lang: str) -> list[dict] | None:
    """Return measurements as JSON, the best first, each with its sentence; None = not worked out."""
    if options is None:
        return None
    from msgspec.structs import asdict

    from app.engine.model.explanations_said import next_said

    return [{**asdict(one), "text": render(next_said(one, str), lang)} for one in options]


def explanation_document(one: "Explanation | None") -> dict | None:
    """Return an explanation as JSON."""
    if one is None:
        return None
    from msgspec import to_builtins

    document = to_builtins(one)
    del document["measure_next"]  # stands beside it
    return document


def explained_text(told: "TableExplained", lang: str) -> list[str]:
    """Return the sentence of what to measure next for the table, then each explanation that was asked for, line by line."""
    from app.engine.model.explanations_said import lines_said, next_all_said

    found = [] if told.of_all is None else [render(next_all_said(told.of_all, str), lang)]
    for row, one in told.explanations.items():
        found += ["", f"{row}  {one.platform} × {one.gpus}", *(f"  {render(line, lang)}" for line in lines_said(one, str))]
    return found
