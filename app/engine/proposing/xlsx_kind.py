"""The sheet of the kind of platform: the questions with their figures, and every platform of the base with what of the kind it is."""

from typing import TYPE_CHECKING

from app.engine.model.kinds import MATCHED, WORDS, PlatformKind
from app.engine.model.proposals import Column, Table
from app.engine.proposing._facts import Facts

if TYPE_CHECKING:
    from app.engine.proposing.xlsx import Book


def write_kind(book: "Book", facts: Facts, kind: PlatformKind) -> None:
    """Write both tables."""
    sheet = book.sheet("kind", book.say("section.kind.title"), [34, 24, 14, 14, 14, 10, 10, 10, 10, 100])
    scenario = " · ".join(facts.render(word) for word in kind.scenario.words)
    sheet.write_string(1, 0, scenario)
    row = book.table(sheet, 3, _questions(book, facts, kind))
    book.table(sheet, row + 1, _platforms(book, facts, kind))


def _questions(book: "Book", facts: Facts, kind: PlatformKind) -> Table:
    heads = [Column(book.say(f"kind.{name}")) for name in ("question", "verdict", "strength")]
    heads += [Column(book.say(f"kind.{name}"), format="significant") for name in ("need", "supply")]
    heads.append(Column(book.say("characteristics.unit")))
    heads += [Column(book.say(f"kind.{name}"), format="number2") for name in ("gain", "gain_low", "gain_high")]
    heads.append(Column(book.say("kind.why")))
    rows = tuple(
        (
            facts.word(f"kinds.aspect.{one.aspect}"),
            facts.render(one.answer),
            facts.word(f"kinds.strength.{one.strength}"),
            one.need,
            one.supply,
            one.unit or None,
            *(one.gain, one.gain_low, one.gain_high),
            facts.say("kind.joint").join(facts.render(said) for said in one.said),
        )
        for one in kind.recommendations
    )
    return Table(book.say("kind.table"), tuple(heads), rows, note=book.say("kind.note"))


def _platforms(book: "Book", facts: Facts, kind: PlatformKind) -> Table:
    heads = [Column(book.say("predictions.platform")), Column(book.say("kind.fits"))]
    heads += [Column(facts.word(f"kinds.aspect.{name}")) for name in MATCHED]
    order = {True: 0, None: 1, False: 2}
    rows = tuple(
        (
            facts.label(one.platform),
            *(facts.word(f"kinds.match.{WORDS[value]}") for value in (one.fits, *(getattr(one, name) for name in MATCHED))),
        )
        for one in sorted(kind.matches, key=lambda one: order[one.fits])
    )
    return Table(facts.render(kind.counted), tuple(heads), rows)
