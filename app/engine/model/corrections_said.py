"""Corrected rates and software factors as messages, the same for command line, window and documents."""

from app.engine.messages import Message, message
from app.engine.model.corrections import CorrectedRate, Software
from app.engine.units import format_significant

MOST_SOURCES = 2


def rate_said(rate: CorrectedRate) -> Message:
    """Return the corrected rates beside the data sheet and what is behind them."""
    return message(
        "corrections.rate",
        kind=class_said(rate.kind),
        precision=rate.precision.upper(),
        compute=compute_said(rate),
        memory=memory_said(rate),
        factor=factor_said(rate.factor, rate.low, rate.high),
        basis=basis_said(rate),
        separable=message(f"corrections.separable.{rate.separable}"),
    )


def rate_said_short(rate: CorrectedRate) -> Message:
    """Return the corrected rates on one line."""
    return message(
        "corrections.short",
        compute=compute_said(rate),
        memory=memory_said(rate),
        factor=factor_said(rate.factor, rate.low, rate.high),
        basis=message(f"corrections.basis_short.{rate.basis}", workloads=rate.workloads),
    )


def anchor_said(rate: CorrectedRate) -> Message:
    """Return which card sets the scale of TFLOPS', and by what."""
    measured = [key for key in rate.anchor_rates if key.startswith("achieved")]
    how = message("corrections.anchor_measured", keys=measured) if measured else message("corrections.anchor_sheet")
    return message("corrections.anchor", anchor=rate.compute_anchor, rates=how)


def compute_said(rate: CorrectedRate) -> Message:
    """Return TFLOPS' with its interval and the data sheet."""
    return _beside_sheet(rate, rate.compute_tflops, rate.compute_sheet_tflops, "TFLOPS")


def memory_said(rate: CorrectedRate) -> Message:
    """Return the effective memory bandwidth with its interval and the data sheet."""
    return _beside_sheet(rate, rate.memory_gbs, rate.memory_sheet_gbs, "GB/s")


def _beside_sheet(rate: CorrectedRate, value: float, sheet: float, unit: str) -> Message:
    low, high = rate.ends(value)
    told = {"value": value, "low": low, "high": high, "sheet": sheet}
    return message("corrections.beside_sheet", unit=unit, **{name: format_significant(one) for name, one in told.items()})


def factor_said(factor: float, low: float | None, high: float | None) -> str:
    """Return a factor with its interval: 0.71 (0.50–1.0)."""
    ends = f" ({format_significant(low, 2)}–{format_significant(high, 2)})" if low is not None and high is not None else ""
    return f"{format_significant(factor, 2)}{ends}"


def basis_said(rate: CorrectedRate) -> Message:
    """Return what is behind a rate: measured how often by whom, or what it was shrunk to."""
    more = [f"+{len(rate.sources) - MOST_SOURCES}"] if len(rate.sources) > MOST_SOURCES else []
    sources = [*rate.sources[:MOST_SOURCES], *more] or ["—"]
    return message(f"corrections.basis.{rate.basis}", workloads=rate.workloads, cases=rate.cases, sources=sources)


def class_said(kind: str) -> Message:
    """Return the name of a class of work."""
    return message(f"paraselect.class.{kind}")


def software_said(one: Software) -> Message:
    """Return how much of a platform's speed its software decides, in one stack or on one card."""
    told = {
        "stack": one.stack,
        "reference": one.reference,
        "kind": class_said(one.kind),
        "factor": factor_said(one.factor, one.low, one.high),
        "workloads": one.workloads,
        "cases": one.cases,
    }
    if one.how == "same_card":
        return message("corrections.software.same_card", **told)
    if one.software is None:
        return message("corrections.software.not_separable", **told)
    software = factor_said(one.software, one.software_low, one.software_high)
    if one.hardware is None:
        return message("corrections.software.stack", **told, software=software)
    hardware = factor_said(one.hardware, one.hardware_low, one.hardware_high)
    return message("corrections.software.both", **told, software=software, hardware=hardware)
