"""Texts that the engineer may put in his own words: chapter answers, paragraphs, lists (one line a point).

An edit is kept by LANG.SECTION.BLOCK with the hash of what the program had written, so that an edit whose ground has changed is noticed.
What the program writes is always at hand: taking the edit away brings it back.
"""

import hashlib
from collections.abc import Iterator
from itertools import groupby

import msgspec
from msgspec import Struct

from app.engine.model.projects import ProposalSettings
from app.engine.model.proposals import Block, Section, Text

EDITABLE = {"answer": "answer", "body": "body", "bullet": "points"}


class EditableText(Struct, frozen=True):
    """One text. heading: the title it stands below, "" for none; is_stale: what the program writes has changed since the edit."""

    key: str
    section: str
    style: str
    heading: str
    original: str
    text: str
    is_edited: bool = False
    is_stale: bool = False


def editable_texts(section: Section, settings: ProposalSettings, lang: str) -> Iterator[EditableText]:
    """Yield the texts of a chapter, in order; `section` as the program writes it."""
    heading = ""
    for key, blocks in _runs(section, lang):
        if key:
            original = "\n".join(block.text for block in blocks if isinstance(block, Text))
            style = blocks[0].style  # type: ignore[union-attr]
            edited = settings.texts.get(key)
            stale = edited is not None and settings.originals.get(key) != digest(original)
            yield EditableText(
                key, section.key, style, heading, original, original if edited is None else edited, edited is not None, stale
            )
        last = blocks[-1]
        if isinstance(last, Text) and last.style == "section":
            heading = last.text


def with_edits(section: Section, settings: ProposalSettings, lang: str) -> Section:
    """Return a chapter with its edited texts in place; a text edited to nothing is left out."""
    blocks: list[Block] = []
    for key, present in _runs(section, lang):
        edited = settings.texts.get(key) if key else None
        if edited is None:
            blocks += present
        else:
            lines = edited.splitlines() if present[0].style == "bullet" else [edited]  # type: ignore[union-attr]
            blocks += [Text(line.strip(), present[0].style) for line in lines if line.strip()]  # type: ignore[union-attr]
    return msgspec.structs.replace(section, blocks=tuple(blocks))


def with_edit(settings: ProposalSettings, text: EditableText, words: str | None) -> ProposalSettings:
    """Return the settings with a text put in other words; None, or what the program writes anyway, brings the original back."""
    texts, originals = dict(settings.texts), dict(settings.originals)
    if words is None or words.strip() == text.original.strip():
        texts.pop(text.key, None)
        originals.pop(text.key, None)
    else:
        texts[text.key], originals[text.key] = words, digest(text.original)
    return msgspec.structs.replace(settings, texts=texts, originals=originals)


def digest(original: str) -> str:
    """Return the hash by which a changed original is noticed."""
    return hashlib.sha256(original.encode()).hexdigest()[:16]


def _runs(section: Section, lang: str) -> Iterator[tuple[str, list[Block]]]:
    """Yield (key, blocks) of neighbours of one style; key "" for what cannot be edited."""
    counts: dict[str, int] = {}
    for style, run in groupby(section.blocks, key=lambda block: block.style if isinstance(block, Text) else ""):
        name = EDITABLE.get(style, "")
        counts[name] = counts.get(name, 0) + 1
        numbered = name if counts[name] == 1 else f"{name}-{counts[name]}"
        yield (f"{lang}.{section.key}.{numbered}" if name else ""), list(run)
