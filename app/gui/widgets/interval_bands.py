"""A told speed as a row of the interval chart: its name, why there is no number, and all that hovering tells."""

from collections.abc import Sequence

from app.engine.evaluation import told_of
from app.engine.messages import Message, has_entry
from app.engine.model.measurements import MeasuredRun
from app.engine.paraselect import ToldSpeed
from app.gui.figures import Scale, full_name, short_name
from app.gui.look import UNKNOWN, Look
from app.gui.widgets.basics import KIND_GLYPHS
from app.gui.widgets.interval_rows import Band

AREA = "page_prediction"
MISSING = "paraselect.missing_fact"


def band_of(one: ToldSpeed, scale: Scale, gpus: int | None, runs: Sequence[MeasuredRun], look: Look) -> Band:
    """Return the row of one platform."""
    note = one.prediction.notes[0] if one.prediction and one.prediction.notes else None
    unknown = one.value is None
    return Band(
        key=one.platform,
        name=short_name(one.platform, look),
        value=one.value,
        low=one.low,
        high=one.high,
        kind=one.kind or "",
        kind_word=look.say(f"paraselect.kind.{one.kind}") if one.kind else "",
        told=why_unpredicted(one.platform, note, look) if unknown else look.say(f"{AREA}.out_of_range") if one.out_of_range else "",
        tip="\n".join([f"{full_name(one.platform, look)} × {gpus or UNKNOWN}", *_figures(one, scale, look), *_grounds(one, runs, look)]),
        vague=one.out_of_range,
        is_reference=one.is_reference,
        fill=unknown and note is not None and note.code == MISSING,
    )


def why_unpredicted(platform: str, note: Message | None, look: Look) -> str:
    """Return why there is no speed of a platform: the missing fact by name and key, or what the engine said."""
    if note is None or note.code != MISSING:
        return look.tell(note)
    key, lacking = str(note.params["key"]), str(note.params["platform"])
    code = f"{AREA}.fact.{key}"
    name = look.say(code) if has_entry(code, look.lang) else ""
    if lacking == platform:
        return look.say(f"{AREA}.missing", name=name, key=key)
    return look.say(f"{AREA}.missing_of", platform=short_name(lacking, look), name=name, key=key)


def _figures(one: ToldSpeed, scale: Scale, look: Look) -> list[str]:
    lines = []
    if one.value is not None and not one.out_of_range:
        lines.append(f"{scale.text(one.value, look)} {scale.unit}")
    if one.low is not None:
        lines.append(look.say(f"{AREA}.interval", low=scale.text(one.low, look), high=scale.text(one.high, look)))
    if one.kind:
        lines.append(f"{KIND_GLYPHS[one.kind]} {look.say(f'paraselect.kind.{one.kind}')}")
    return lines


def _grounds(one: ToldSpeed, runs: Sequence[MeasuredRun], look: Look) -> list[str]:
    lines = [look.tell(note) for note in (one.prediction.notes if one.prediction else ())]
    standing = told_of(one.prediction) if one.prediction else None
    lines += [look.tell(standing)] if standing is not None else []
    if one.run is not None:
        lines.append(look.say(f"{AREA}.source", source=one.run.source or UNKNOWN))
        others = sum((run.platform, run.gpus) == (one.platform, one.run.gpus) for run in runs) - 1
        lines += [look.say(f"{AREA}.further_runs", count=others)] if others > 0 else []
    return lines
