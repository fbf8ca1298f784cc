"""The user's own measured runs in the window: learn from them or not, and keep those of the open project for later ones."""

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from app.engine import own_runs, pipeline, refitting
from app.engine.errors import EngineError
from app.engine.messages import message
from app.engine.model.projects import Project, changed, project_runs
from app.engine.progress import Progress, part_of
from app.gui.figures import short_name
from app.gui.jobs import Subject
from app.gui.look import Look
from app.gui.session import Session
from app.gui.theme.tokens import SMALL_PX
from app.gui.widgets.basics import label, row, tool
from app.gui.widgets.switch import Switch

AREA = "page_prediction.own"


def use_own_runs(session: Session, wanted: bool, look: Look, stopped: Callable[[], None]) -> None:
    """Predict with or without the own runs, in the background, as one step that tells what it changed; `stopped` where it is cancelled."""
    if not wanted:
        session.edit(f"{AREA}.did_off", uses_own=False)
        return
    before, serial = session.project, session.serial

    def work(progress: Progress) -> Project:
        refitting.prepare(before, part_of(progress, 0.0, 0.7))
        return pipeline.recompute(changed(before, uses_own=True), part_of(progress, 0.7, 1.0))

    def done(made: object) -> None:
        assert isinstance(made, Project)
        if serial != session.serial:  # edited meanwhile: the newer document is computed with what was learned
            session.edit(f"{AREA}.did_on", uses_own=True)
            return
        session.replace(f"{AREA}.did_on", made)
        count = len(own_runs.evidence_of(before))
        said = refitting.changes_said(before.predictions, made.predictions, count, lambda platform: short_name(platform, look))
        session.told.emit(said, True)

    session.jobs.start("gui.job.refit", work, done, stopped, subject=Subject())


def keep_project_runs(session: Session) -> None:
    """Put the measured runs of the open project into the library of own runs."""
    project = session.project
    runs = project_runs(project)
    try:
        kept = own_runs.add_runs(project.name or project.case or "project", runs)
    except EngineError as error:
        session.failed.emit(error)
        return
    session.told.emit(message(f"{AREA}.kept", count=kept.measured, name=kept.name), False)
    session.changed.emit()


class OwnRunsSwitch(QWidget):
    """Whether predictions learn from the own runs, how many there are, and a button that keeps those of the project."""

    def __init__(self, session: Session, look: Look) -> None:
        super().__init__()
        self._session, self._look, say = session, look, look.say
        self.count = len(own_runs.evidence_of(session.project))
        self.switch = Switch(look.theme, say(f"{AREA}.name"))
        self.switch.setChecked(session.project.uses_own)
        self.switch.setEnabled(bool(self.count) or session.project.uses_own)
        self.switch.setToolTip(say(f"{AREA}.tip" if self.count else f"{AREA}.tip_none", count=self.count))
        self.switch.toggled.connect(self._use)
        self.keep = tool("save", say(f"{AREA}.keep"), look.theme, lambda: keep_project_runs(session))
        self.keep.setEnabled(any(run.speed is not None for run in project_runs(session.project)))
        told = label(say(f"{AREA}.label", count=self.count), SMALL_PX, tone="2")
        told.setToolTip(self.switch.toolTip())
        line = row(told, self.switch, self.keep, spacing=4)
        line.setContentsMargins(0, 0, 0, 0)
        self.setLayout(line)

    def _use(self, wanted: bool) -> None:
        self.switch.setEnabled(False)  # until the page is built anew, or the work was stopped
        use_own_runs(self._session, wanted, self._look, self._stopped)

    def _stopped(self) -> None:
        self.switch.blockSignals(True)
        self.switch.setChecked(self._session.project.uses_own)
        self.switch.blockSignals(False)
        self.switch.setEnabled(True)
