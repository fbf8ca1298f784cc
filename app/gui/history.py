"""The history of a document: whole snapshots, each with the name of the step that led to it, and which of them is the saved one."""

from itertools import count

from msgspec import Struct

from app.engine.model.projects import Project

MOST_STEPS = 200
_serials = count(1)


class Step(Struct, frozen=True):
    """What was done (a code below gui.did), the document after it, and a number that outlasts a recomputing."""

    label: str
    project: Project
    serial: int


class History:
    """The steps and the place among them. What is computed is no change of the user's: the step stays the saved one."""

    def __init__(self, project: Project, *, saved: bool = True) -> None:
        first = Step("", project, next(_serials))
        self._steps, self._at = [first], 0
        self._saved = first.serial if saved else 0

    @property
    def project(self) -> Project:
        """The document at the present place."""
        return self._steps[self._at].project

    @property
    def serial(self) -> int:
        """The number of the present step."""
        return self._steps[self._at].serial

    @property
    def is_modified(self) -> bool:
        """Whether the present step is another than the saved one."""
        return self.serial != self._saved

    @property
    def undo_label(self) -> str:
        """The code of what undo would take back, "" where there is nothing."""
        return self._steps[self._at].label if self._at else ""

    @property
    def redo_label(self) -> str:
        """The code of what redo would do again, "" where there is nothing."""
        return self._steps[self._at + 1].label if self._at + 1 < len(self._steps) else ""

    def push(self, label: str, project: Project) -> None:
        """Add a step after the present one; what was undone before it is gone."""
        self._steps = [*self._steps[: self._at + 1], Step(label, project, next(_serials))][-MOST_STEPS:]
        self._at = len(self._steps) - 1

    def move(self, by: int) -> bool:
        """Go back (-1) or on (+1); tell whether there was somewhere to go."""
        if not 0 <= self._at + by < len(self._steps):
            return False
        self._at += by
        return True

    def settle(self, serial: int, made: Project) -> bool:
        """Give a step its document with the computed stages up to date; tell whether the step is still there."""
        for place, step in enumerate(self._steps):
            if step.serial == serial:
                self._steps[place] = Step(step.label, made, serial)
                return True
        return False

    def mark_saved(self, serial: int) -> None:
        """Take this step for the saved one."""
        self._saved = serial
