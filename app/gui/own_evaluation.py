"""The evaluation of one's own measured runs, of one document: which runs, computed in the background, kept while pages are built anew."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, TypeAlias

from PySide6.QtCore import QObject, Signal

from app.engine import evaluation, pipeline
from app.engine.errors import EngineError
from app.engine.importing import problem_of
from app.engine.model.evaluations import Evaluation
from app.engine.model.measurements import MeasuredRun
from app.engine.model.projects import project_runs
from app.engine.progress import Progress
from app.gui.jobs import Job, Subject
from app.gui.session import Session

Runs: TypeAlias = tuple[MeasuredRun, ...]
State: TypeAlias = Literal["too_few", "due", "running", "stopped", "done"]
KEPT = "evaluation.own"


class OwnEvaluation(QObject):
    """The project's measured runs, or a table that was chosen to be evaluated. `changed`: the state is another one."""

    changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._table: tuple[str, Runs] | None = None
        self._found: tuple[Runs, Evaluation] | None = None
        self._stopped: Runs | None = None
        self._job: Job | None = None

    @classmethod
    def of(cls, session: Session) -> "OwnEvaluation":
        """Return the one of the document that is open."""
        made = session.kept.get(KEPT)
        if not isinstance(made, cls):
            made = session.kept[KEPT] = cls(session)
        return made

    @property
    def name(self) -> str:
        """The name of the table, or of the project's case."""
        return self._table[0] if self._table else self._session.project.case

    @property
    def runs(self) -> Runs:
        """The rows that are evaluated."""
        return self._table[1] if self._table else project_runs(self._session.project)

    @property
    def found(self) -> Evaluation | None:
        """What was found of these rows, None before that."""
        return self._found[1] if self._found and self._found[0] == self.runs else None

    @property
    def state(self) -> State:
        """How far it is."""
        if self._job is not None:
            return "running"
        if self.found is not None:
            return "done" if self.found.scores else "too_few"
        if not evaluation.comparable_cases(self.runs):
            return "too_few"
        return "stopped" if self._stopped == self.runs else "due"

    def start(self) -> None:
        """Evaluate the rows."""
        runs = self.runs
        self._run(self.name, lambda progress: (runs, evaluation.evaluate_table(runs, progress)))

    def take_table(self, path: Path) -> None:
        """Read a table of measured runs and evaluate it in place of the project's."""

        def work(progress: Progress) -> tuple[Runs, Evaluation]:
            table = pipeline.read_measured(path)
            told.append(problem_of(table))
            return table.runs, evaluation.evaluate_read(table, progress)

        told: list[EngineError | None] = []

        self._run(path.name, work, from_file=True, told=told)

    def leave_table(self) -> None:
        """Go back to the project's own runs."""
        self._table = None
        self.changed.emit()

    @property
    def is_table(self) -> bool:
        """Whether a chosen table stands in place of the project's runs."""
        return self._table is not None

    def cancel(self) -> None:
        """Stop what is running."""
        if self._job is not None:
            self._job.cancel()

    def _run(
        self,
        name: str,
        work: Callable[[Progress], tuple[Runs, Evaluation]],
        *,
        from_file: bool = False,
        told: Sequence[EngineError | None] = (),
    ) -> None:
        if self._job is not None:
            return
        runs = self.runs

        def done(made: object) -> None:
            assert isinstance(made, tuple)
            self._job, self._found = None, made
            if from_file:
                self._table = (name, made[0])
            self.changed.emit()
            for problem in filter(None, told):
                self._session.failed.emit(problem)

        def stopped() -> None:
            self._job, self._stopped = None, runs
            self.changed.emit()

        self._job = self._session.jobs.start("evaluation.job", work, done, stopped, subject=Subject(name))
        self.changed.emit()
