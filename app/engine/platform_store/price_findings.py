"""What an import of a price sheet gathers: prices, what each cell was taken for, problems, what was skipped."""

from app.engine.messages import Message
from app.engine.model.plans import Price, PriceColumn, PriceProblem, PriceReading, PriceSkip


class Findings:
    """Grows while the sheets are read."""

    def __init__(self) -> None:
        self.rows = 0
        self.prices: list[Price] = []
        self.readings: list[PriceReading] = []
        self.columns: list[PriceColumn] = []
        self.skipped: list[PriceSkip] = []
        self.matches: dict[str, tuple[str, str, str]] = {}
        self._problems: dict[object, list] = {}
        self._assumptions: dict[object, list] = {}

    def problem(self, cell: str, what: Message) -> None:
        """Note why a row is left out; each is told on its own."""
        self._problems[(cell, what.code, len(self._problems))] = [cell, what, "error", 1]

    def doubt(self, cell: str, what: Message, *, once: str = "") -> None:
        """Note what should be looked at. Doubts with the same `once` are told at their first cell, with their count."""
        key = (once, what.code) if once else (cell, what.code)
        if key in self._problems:
            self._problems[key][3] += 1
        else:
            self._problems[key] = [cell, what, "doubt", 1]

    def assume(self, cell: str, what: Message, *, once: str) -> None:
        """Note what was taken where the sheet says nothing, once for all cells of `once`."""
        self._assumptions.setdefault((once, what.code), [cell, what, "assumed", 0])[3] += 1

    def skip(self, where: str, text: str, why: Message) -> None:
        """Note a part that holds no price."""
        self.skipped.append(PriceSkip(where, text[:120], why))

    @property
    def problems(self) -> tuple[PriceProblem, ...]:
        """All problems in the order of the sheet."""
        return tuple(PriceProblem(*one) for one in self._problems.values())

    @property
    def assumptions(self) -> tuple[PriceProblem, ...]:
        """What was taken where the sheets say nothing."""
        return tuple(PriceProblem(*one) for one in self._assumptions.values())
