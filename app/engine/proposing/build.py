"""Compose the Proposal of a project in one language."""

import datetime
from functools import cache
from typing import cast

import app.engine.proposing as package
from app.engine import discover
from app.engine.model.platforms import Platform
from app.engine.model.projects import Project
from app.engine.model.proposals import Cover, Proposal, Section
from app.engine.proposing._facts import Facts, SectionMaker

MOST_NAME = 120


@cache
def makers() -> tuple[SectionMaker, ...]:
    """Return all sections in their order."""
    found = cast("list[SectionMaker]", discover.collect(package, "SECTION"))
    return tuple(sorted(found, key=lambda maker: maker.order))


def build_proposal(project: Project, platforms: dict[str, Platform], lang: str) -> Proposal:
    """Return the document. Chapters without content are left out and the rest renumbered."""
    facts = Facts(project, platforms, lang)
    sections = []
    for maker in makers():
        if project.settings.sections and maker.key not in project.settings.sections:
            continue
        blocks = maker.blocks(facts)
        if blocks:
            question = facts.say(f"section.{maker.key}.question")
            sections.append(Section(maker.key, facts.say(f"section.{maker.key}.title"), question, tuple(blocks)))
    return Proposal(lang, _cover(facts), tuple(sections))


def _cover(facts: Facts) -> Cover:
    project, settings = facts.project, facts.project.settings
    today = settings.date or datetime.date.today()
    workload = project.workload.name if project.workload else ""
    return Cover(
        title=facts.say("cover.profile_title" if settings.sections == ("characteristics", "assumptions") else "cover.title"),
        subtitle=facts.say("cover.subtitle", workload=_printable(workload or project.name)),
        customer=_printable(project.requirement.customer) or facts.say("cover.no_customer"),
        project=_printable(workload or project.name),
        number=settings.number or f"SX-{today:%Y%m%d}",
        version=settings.version,
        date=today,
        valid_until=settings.valid_until or _earliest_validity(project),
        author=settings.author,
        classification=settings.classification or facts.say("cover.classification"),
    )


def _printable(text: str) -> str:
    """Return a name without what no document can hold."""
    return "".join(letter for letter in text if letter.isprintable())[:MOST_NAME]


def _earliest_validity(project: Project) -> datetime.date | None:
    """A proposal holds no longer than the first of its recommended prices."""
    selection = project.selection
    if selection is None:
        return None
    dates = [selection.plans[number].valid_until for number in selection.recommended.values()]
    return min((date for date in dates if date is not None), default=None)
