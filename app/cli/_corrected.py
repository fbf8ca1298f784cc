"""Corrected rates and software factors as JSON and as lines, shared by `platforms show`, `predict` and `measured`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.cli._frame import text_table
from app.engine.messages import Message, render, term

if TYPE_CHECKING:
    from app.engine.model.corrections import CorrectedRate, Software

HEADS = ("class", "precision", "compute", "memory", "factor", "basis_head")


def corrected_document(rate: "CorrectedRate | None") -> dict | None:
    """Return corrected rates as JSON: what stands in the formula, its interval, what is behind it."""
    if rate is None:
        return None
    from msgspec.structs import asdict

    document = {"class" if key == "kind" else key: value for key, value in asdict(rate).items()}
    for name in ("compute_tflops", "memory_gbs"):
        document[f"{name}_low"], document[f"{name}_high"] = rate.ends(document[name])
    return {**document, "anchor_rates": list(rate.anchor_rates), "sources": list(rate.sources), "interval": 0.9}


def software_document(one: "Software | None") -> dict | None:
    """Return a software factor as JSON; `separable` tells whether the evidence parts it from the hardware."""
    if one is None:
        return None
    from msgspec.structs import asdict

    document = {"class" if key == "kind" else key: value for key, value in asdict(one).items()}
    return {**document, "versions": list(one.versions), "separable": one.software is not None}


def corrected_text(rates: "Sequence[CorrectedRate]", software: "Sequence[Software]", lang: str) -> list[str]:
    """Return what `platforms show` prints of one platform: a table of rates and a line for each stack."""
    from app.engine.model.corrections_said import basis_said, class_said, compute_said, factor_said, memory_said

    if not rates:
        return [term("corrections.none", lang)]
    rows = [
        [
            render(class_said(one.kind), lang),
            one.precision.upper(),
            render(compute_said(one), lang),
            render(memory_said(one), lang),
            factor_said(one.factor, one.low, one.high),
            render(basis_said(one), lang),
        ]
        for one in rates
    ]
    heads = [render(Message(f"corrections.{head}"), lang) for head in HEADS]
    lines = [term("corrections.title", lang), text_table(heads, rows)]
    return lines + (["", term("corrections.software_title", lang), *software_text(software, lang)] if software else [])


def software_text(software: "Sequence[Software]", lang: str) -> list[str]:
    """Return one line for each stack."""
    from app.engine.model.corrections_said import software_said

    return [f"  {render(software_said(one), lang)}" for one in software]
