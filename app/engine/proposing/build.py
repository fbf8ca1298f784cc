"""Compose the Proposal of a project in one language."""

import datetime
from functools import cache
from typing import cast

import app.engine.proposing as package
from app.engine import discover
from app.engine.model.evaluations import Score
from app.engine.model.explanations import Explained
from app.engine.model.platforms import Platform
from app.engine.model.projects import Project
from app.engine.model.proposals import Cover, Proposal, Section
from app.engine.proposing._facts import NOTHING, Facts, SectionMaker, without_sources
from app.engine.proposing.editing import EditableText, editable_texts, with_edits

MOST_NAME = 120
WRITERS = frozenset({"pdf", "xlsx", "docx", "chart", "charts"})


@cache
def makers() -> tuple[SectionMaker, ...]:
    """Return all sections in their order. Writers and charts hold none and are slow to import."""
    modules = [name for name in discover.names(package) if name.partition("_")[0] not in WRITERS]
    found = [discover.load(package, name, "SECTION") for name in modules]
    return tuple(sorted(cast("list[SectionMaker]", [maker for maker in found if maker is not None]), key=lambda maker: maker.order))


def build_proposal(
    project: Project, platforms: dict[str, Platform], lang: str, scores: tuple[Score, ...] = (), explained: Explained = NOTHING
) -> Proposal:
    """Return the document: the chosen chapters in the chosen order, edited texts in place. Chapters without content are left out."""
    facts = Facts(project, platforms, lang, scores, explained)
    sections = (with_edits(section, project.settings, lang) for section in _sections(facts))
    return Proposal(lang, _cover(facts), tuple(sections))


def proposal_texts(
    project: Project, platforms: dict[str, Platform], lang: str, scores: tuple[Score, ...] = (), explained: Explained = NOTHING
) -> tuple[EditableText, ...]:
    """Return the texts of the document that can be edited, chapter by chapter, each with what the program would write."""
    sections = _sections(Facts(project, platforms, lang, scores, explained))
    return tuple(text for section in sections for text in editable_texts(section, project.settings, lang))


def section_keys(project: Project) -> tuple[str, ...]:
    """Return all chapters as they are listed: the chosen ones in their order, each other one behind the one it follows by default."""
    default = [maker.key for maker in makers()]
    listed = [key for key in project.settings.sections if key in default] or list(default)
    for place, key in enumerate(default):
        if key not in listed:
            listed.insert(listed.index(default[place - 1]) + 1 if place else 0, key)
    return tuple(listed)


def _sections(facts: Facts) -> list[Section]:
    settings, found = facts.project.settings, []
    by_key = {maker.key: maker for maker in makers()}
    for key in settings.sections or by_key:
        blocks = by_key[key].blocks(facts) if key in by_key else ()
        if blocks:
            shown = tuple(blocks) if settings.show_sources else tuple(without_sources(blocks))
            found.append(Section(key, facts.say(f"section.{key}.title"), facts.say(f"section.{key}.question"), shown))
    return found


def _cover(facts: Facts) -> Cover:
    project, settings = facts.project, facts.project.settings
    today = settings.date or datetime.date.today()
    workload = project.workload.name if project.workload else ""
    about = _printable(workload or project.name)
    return Cover(
        title=facts.say("cover.profile_title" if settings.sections == ("characteristics", "assumptions") else "cover.title"),
        subtitle=facts.say("cover.subtitle", workload=about) if about else facts.say("cover.subtitle_unnamed"),
        customer=_printable(project.requirement.customer) or facts.say("cover.no_customer"),
        project=about,
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
