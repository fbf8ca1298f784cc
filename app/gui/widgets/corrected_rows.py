"""Rows of the platform details that were learned: TFLOPS' and memory bandwidth by class and precision, and what software decides."""

from collections.abc import Sequence

from app.engine.model.corrections import CorrectedRate, Software
from app.engine.model.corrections_said import anchor_said, compute_said, memory_said, rate_said, software_said
from app.engine.units import format_significant
from app.gui.look import Look
from app.gui.widgets.table import Cell, Heading, Row


def corrected_rows(rates: Sequence[CorrectedRate], software: Sequence[Software], look: Look) -> list[Row]:
    """Return a row for each rate below a heading of its class, the measured classes first, then one for each stack."""
    measured = {one.kind for one in rates if one.cases}
    rows: list[Row] = []
    for kind in sorted({one.kind for one in rates}, key=lambda kind: (kind not in measured, kind)):
        rows.append(Heading(look.say("corrections.heading", kind=look.say(f"paraselect.class.{kind}"))))
        for one in rates:
            if one.kind == kind:
                rows += [_row(one, look, compute=True), _row(one, look, compute=False)]
    if software:
        rows.append(Heading(look.say("corrections.software_title")))
        rows += [_software_row(one, look) for one in software]
    return rows


def _row(rate: CorrectedRate, look: Look, *, compute: bool) -> Row:
    value, sheet = (rate.compute_tflops, rate.compute_sheet_tflops) if compute else (rate.memory_gbs, rate.memory_sheet_gbs)
    said, unit = (compute_said(rate), "TFLOPS") if compute else (memory_said(rate), "GB/s")
    low, high = (format_significant(end) for end in rate.ends(value))
    name = f"{rate.precision.upper()} {look.say('corrections.compute' if compute else 'corrections.memory_short')}"
    sources = look.say("corrections.sources", sources=list(rate.sources) or ["—"])
    tip = "\n".join((look.tell(rate_said(rate)), look.tell(anchor_said(rate)), sources))
    below = look.say(f"corrections.basis_short.{rate.basis}", workloads=rate.workloads)
    kind = look.say(f"paraselect.class.{rate.kind}")
    head = Cell(name, tip=tip, below=below, note="" if compute else unit, plain=f"{kind} {name}: {look.tell(said)} · {below}")
    told = look.say("corrections.sheet_below", sheet=format_significant(sheet, 4), unit=unit)
    return (head, Cell(f"{format_significant(value)} ({low}–{high})", value, tip, below=told))


def _software_row(one: Software, look: Look) -> Row:
    factor, low, high = (one.factor, one.low, one.high) if one.software is None else (one.software, one.software_low, one.software_high)
    tip = "\n".join((look.tell(software_said(one)), ", ".join(one.versions), one.source))
    kind = look.say(f"paraselect.class.{one.kind}")
    value = f"× {format_significant(factor, 2)} ({format_significant(low, 2)}–{format_significant(high, 2)})"
    what = look.say(f"corrections.parted.{'yes' if one.software is not None else 'no'}")
    told = look.say("corrections.software_below", what=what, workloads=one.workloads)
    return (Cell(one.stack, tip=tip, below=kind), Cell(value, factor, tip, below=told))
