"""What to know before the documents go out: gaps, dates, stale results, letters without a glyph; each with its chapter."""

import datetime
from collections.abc import Iterator, Sequence
from typing import Literal

from msgspec import Struct

from app.engine.messages import Message, message
from app.engine.model.platforms import Platform
from app.engine.model.projects import Project, stale_stages
from app.engine.proposing._facts import Facts
from app.engine.proposing.editing import EditableText

STAGE_SECTIONS = {
    "profile": "characteristics",
    "kind": "kind",
    "assessments": "adaptation",
    "predictions": "predictions",
    "selection": "plans",
}
MOST_NAMED = 4


class ExportCheck(Struct, frozen=True):
    """One finding. level: ok, warning (to be known), stale (out of date), bad (would look wrong); section "" for the whole document."""

    level: Literal["ok", "warning", "stale", "bad"]
    said: Message
    detail: Message
    section: str = ""


def export_checks(
    project: Project, platforms: dict[str, Platform], lang: str, texts: Sequence[EditableText], today: datetime.date
) -> tuple[ExportCheck, ...]:
    """Return what was found, worst first; where nothing was, one line that says so."""
    facts = Facts(project, platforms, lang)
    found = [*_stale(project), *_prices(facts, today), *_glyphs(project), *_texts(texts)]
    found += [*_channels(facts), *_predictions(facts), *_imprint(project, today)]
    order = ("bad", "stale", "warning")
    found.sort(key=lambda check: order.index(check.level))
    if not any(check.said.code == "export_checks.glyphs" for check in found):
        found.append(ExportCheck("ok", message("export_checks.glyphs_whole"), message("export_checks.glyphs_whole_detail")))
    return tuple(found)


def _named(names: Sequence[str]) -> list[str]:
    return [*names[:MOST_NAMED], "…"] if len(names) > MOST_NAMED else list(names)


def _stale(project: Project) -> Iterator[ExportCheck]:
    for stage in stale_stages(project):
        if stage in STAGE_SECTIONS:
            section = STAGE_SECTIONS[stage]
            said = message("export_checks.stale", section=Message(f"proposing.section.{section}.title"))
            yield ExportCheck("stale", said, message("export_checks.stale_detail"), section)


def _prices(facts: Facts, today: datetime.date) -> Iterator[ExportCheck]:
    selection = facts.project.selection
    expired = [plan for plan in selection.plans if plan.valid_until and plan.valid_until < today] if selection else []
    if expired:
        names = _named([f"{facts.label(plan.platform)} × {plan.gpus}" for plan in expired])
        last = min(plan.valid_until for plan in expired if plan.valid_until).isoformat()
        yield ExportCheck(
            "stale",
            message("export_checks.prices", count=len(expired)),
            message("export_checks.prices_detail", names=names, last=last),
            "plans",
        )


def _glyphs(project: Project) -> Iterator[ExportCheck]:
    from app.engine.proposing.pdf_style import missing_glyphs

    settings, workload = project.settings, project.workload
    typed = [project.requirement.customer, project.requirement.fault_tolerance, project.name, workload.name if workload else ""]
    typed += [settings.author, settings.number, settings.version, settings.classification, *settings.texts.values()]
    if missing := missing_glyphs("".join(typed)):
        yield ExportCheck(
            "bad",
            message("export_checks.glyphs", count=len(missing)),
            message("export_checks.glyphs_detail", letters=_named(list(missing))),
        )


def _texts(texts: Sequence[EditableText]) -> Iterator[ExportCheck]:
    for section in dict.fromkeys(text.section for text in texts if text.is_stale):
        count = sum(text.is_stale for text in texts if text.section == section)
        title = Message(f"proposing.section.{section}.title")
        yield ExportCheck(
            "stale", message("export_checks.texts", count=count, section=title), message("export_checks.texts_detail"), section
        )


def _channels(facts: Facts) -> Iterator[ExportCheck]:
    profile = facts.project.profile
    missing = [axis.name for axis in profile.axes if axis.state == "not_measured"] if profile else []
    if missing:
        names = _named([facts.word(f"profiling.axis.{name}") for name in missing])
        yield ExportCheck(
            "warning",
            message("export_checks.channels", count=len(missing)),
            message("export_checks.channels_detail", names=names),
            "characteristics",
        )


def _predictions(facts: Facts) -> Iterator[ExportCheck]:
    far = [found for found in facts.project.predictions if found.out_of_range and found.value is not None]
    if far:
        names = _named(list(dict.fromkeys(facts.label(found.platform) for found in far)))
        yield ExportCheck(
            "warning", message("export_checks.far", count=len(far)), message("export_checks.far_detail", names=names), "predictions"
        )


def _imprint(project: Project, today: datetime.date) -> Iterator[ExportCheck]:
    if not project.requirement.customer:
        yield ExportCheck("warning", message("export_checks.customer"), message("export_checks.customer_detail"))
    until = project.settings.valid_until
    if until is not None and until < today:
        yield ExportCheck("bad", message("export_checks.until", date=until.isoformat()), message("export_checks.until_detail"))
