"""What the sections share: words, names, numbers as the house writes them, the recommended plans."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

from app.engine.messages import Message, Value, message, render
from app.engine.model.evaluations import Score
from app.engine.model.explanations import Explained
from app.engine.model.plans import Plan
from app.engine.model.platforms import Platform
from app.engine.model.projects import Project
from app.engine.model.proposals import Block, Table
from app.engine.units import format_number, format_significant

NOTHING = Explained()


class Facts:
    """A project seen by the sections of a document in one language.

    scores     what predictions held out were worth, by what they rest on; explained: what those of the project lean on
    """

    def __init__(
        self,
        project: Project,
        platforms: dict[str, Platform],
        lang: str,
        scores: tuple[Score, ...] = (),
        explained: Explained = NOTHING,
    ) -> None:
        self.explained = explained
        self.project, self.platforms, self.lang, self.scores = project, platforms, lang, scores
        self.intervals = project.settings.show_intervals

    def say(self, code: str, **params: Value) -> str:
        """Return a text of the catalogue's area `proposing`."""
        return render(message(f"proposing.{code}", **params), self.lang)

    def word(self, code: str) -> str:
        """Return a term of any area."""
        return render(Message(code), self.lang)

    def render(self, said: Message | str | None) -> str:
        """Return a message as text, "" for none."""
        return render(said, self.lang) if said else ""

    def label(self, platform: str) -> str:
        """Return the name a customer reads."""
        known = self.platforms.get(platform)
        return known.label(self.lang) if known is not None else platform

    def plan(self, role: str) -> Plan | None:
        """Return a recommended plan."""
        selection = self.project.selection
        number = selection.recommended.get(role) if selection else None
        return selection.plans[number] if selection is not None and number is not None else None

    def money(self, value: float | None, currency: str = "CNY") -> tuple[str, str]:
        """Return (number, unit): 万元 in Chinese for yuan, thousands elsewhere."""
        if value is None:
            return "—", currency
        if self.lang == "zh" and currency == "CNY":
            return format_number(value / 1e4, 2), "万元"
        return format_number(value, 0), currency

    def interval(self, value: float | None, low: float | None, high: float | None, decimals: int | None = None) -> str:
        """Return `7.7 (6.9–8.5)`: all three with the same decimals."""
        if value is None:
            return "—"
        if low is None or high is None or not self.intervals:
            return format_significant(value) if decimals is None else format_number(value, decimals)
        places = decimals if decimals is not None else decimals_of(value)
        return f"{format_number(value, places)} ({format_number(low, places)}–{format_number(high, places)})"


def shortened(text: str, most: int = 110) -> str:
    """Return a source that is too long for a cell with an ellipsis; the workbook has it whole."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def decimals_of(value: float) -> int:
    """Return the decimals that give three significant digits, three at most."""
    size = abs(value)
    return 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 1 else 3  # noqa: PLR2004


def without_sources(blocks: Sequence[Block]) -> list[Block]:
    """Return blocks without what only cites: such columns, and tables of nothing else."""
    kept: list[Block] = []
    for block in blocks:
        if isinstance(block, Table) and any(column.cites for column in block.columns):
            places = [place for place, column in enumerate(block.columns) if not column.cites]
            if not places:
                continue
            columns, rows = (
                tuple(block.columns[place] for place in places),
                tuple(tuple(row[place] for place in places) for row in block.rows),
            )
            block = msgspec.structs.replace(block, columns=columns, rows=rows)
        kept.append(block)
    return kept


class SectionMaker(NamedTuple):
    """A section: its place, its key, and what makes its blocks ((); the section is left out)."""

    order: int
    key: str
    blocks: Callable[[Facts], Sequence[Block]]
