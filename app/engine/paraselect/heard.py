"""Hands on what is asked of what was learned, and keeps what kind of prediction was told, so that it can stand beside the number."""

from collections.abc import Sequence

from app.engine.model.measurements import MeasuredRun
from app.engine.model.platforms import Platform
from app.engine.paraselect.known_runs import Known
from app.engine.paraselect.learned import Learned


class Heard(Learned):
    """What was learned, as one prediction asks it. basis: the kind that was told, "" where nothing was."""

    def __init__(self, learned: Learned) -> None:
        """Ask `learned`."""
        self._learned = learned
        self.__dict__.update(vars(learned))
        self.basis = ""

    def told(
        self, known: Sequence[tuple[Known, float]], run: MeasuredRun, platforms: dict[str, Platform]
    ) -> tuple[float, float, str] | None:
        """Return what is told, and keep its kind."""
        found = self._learned.told(known, run, platforms)
        self.basis = found[2] if found else ""
        return found
