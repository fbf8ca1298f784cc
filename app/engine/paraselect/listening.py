"""Listens to what a prediction asks of what was learned, so that the same can be explained afterwards."""

from collections.abc import Sequence

from msgspec import Struct

from app.engine.model.measurements import MeasuredRun
from app.engine.model.platforms import Platform
from app.engine.paraselect.features import wanted_precision
from app.engine.paraselect.hierarchy import Hierarchy, Posterior, Row
from app.engine.paraselect.known_runs import Known
from app.engine.paraselect.learned import Learned


class Asked(Struct, frozen=True, eq=False):
    """What one prediction asked. rows, speeds: the known ones as logs per card; known: the same as runs; deviation: what was told."""

    run: MeasuredRun
    known: tuple[tuple[Known, float], ...]
    rows: tuple[Row, ...]
    speeds: tuple[float, ...]
    target: Row
    deviation: float
    basis: str

    @property
    def precision(self) -> str:
        """The precision by which rates are chosen."""
        return wanted_precision(self.run, self.known[0][0].run)


class Listening(Learned):
    """What was learned, with what was asked of it by row of the table."""

    def __init__(self, learned: Learned) -> None:
        """Ask `learned`."""
        self.__dict__.update(vars(learned))
        self._spoken: list[tuple[Sequence[Row], Sequence[float], Row]] = []
        self.hierarchy = _Overheard(learned.hierarchy, self._spoken)
        self.asked: dict[int, Asked] = {}

    def told(
        self, known: Sequence[tuple[Known, float]], run: MeasuredRun, platforms: dict[str, Platform]
    ) -> tuple[float, float, str] | None:
        """Return what is told, and keep what was asked."""
        found = super().told(known, run, platforms)
        if found is not None:
            rows, speeds, target = self._spoken[-1]
            self.asked[run.row] = Asked(run, tuple(known), tuple(rows), tuple(speeds), target, found[1], found[2])
        return found


def listen(learned: Learned) -> Listening:
    """Return what was learned, ready to be asked and to tell afterwards what it was asked."""
    return Listening(learned)


class _Overheard(Hierarchy):
    def __init__(self, hierarchy: Hierarchy, spoken: list[tuple[Sequence[Row], Sequence[float], Row]]) -> None:
        self.__dict__.update(vars(hierarchy))
        self._spoken = spoken

    def posterior(self, known: Sequence[Row], speeds: Sequence[float], wanted: Sequence[Row]) -> Posterior:
        self._spoken.append((known, speeds, wanted[0]))
        return super().posterior(known, speeds, wanted)
