"""需求: what the customer needs (业务需求确认) and how the application is run, typed or from a file; checked while one types."""

import datetime
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QPushButton, QScrollArea, QWidget

from app.engine import pipeline
from app.engine.messages import message
from app.engine.model.estimates import MemoryFit, Remedy
from app.engine.model.projects import project_runs
from app.engine.model.workloads import Workload
from app.engine.workload import KEYS, Fault, Preset, Value, load_presets, value_of, with_value
from app.gui.look import Look
from app.gui.page import Page
from app.gui.session import Session
from app.gui.theme.tokens import SMALL_PX
from app.gui.widgets.basics import Card, boxed, button, column, label, picture, row
from app.gui.widgets.entry import SuggestEntry
from app.gui.widgets.form import CardColumns
from app.gui.widgets.memory_assumptions import with_assumption
from app.gui.widgets.run_estimate import RunEstimate, missing_text
from app.gui.widgets.run_form import RunForm
from app.gui.widgets.side import SideColumn

SIDE_PX = 376
PRESET_PX = 190


class RequirementPage(Page):
    """Page 1: the task. The form stays as it is while one works in it; only its values are shown anew."""

    key, icon = "requirement", "clipboard-list"
    shows = ("requirement", "workload", "name")

    def __init__(self, session: Session, look: Look) -> None:
        super().__init__(session, look)
        self.form: RunForm | None = None

    def refresh(self, *, force: bool = False) -> None:
        """Show the values of the document; the page is built once."""
        if force or self.form is None:
            super().refresh(force=True)
        self._show()

    def about(self) -> str:
        return self.look.say("gui.about.requirement")

    def actions(self) -> Sequence[QPushButton]:
        say, theme = self.look.say, self.look.theme
        return (
            button(say("page_requirement.read_file"), theme, lambda: self.wanted.emit("choose"), symbol="folder-open"),
            button(say("page_requirement.save_file"), theme, self._save, symbol="save"),
            self.next_button("profile"),
        )

    def content(self) -> QWidget:
        say = self.look.say
        self.form = form = RunForm(self.look)
        form.typed.connect(lambda _key: self._judge())
        form.committed.connect(self._set)
        cards = form.cards
        self.presets = self._preset_entry()
        cards["model"].tools.addWidget(self.presets)
        self._preset_source = cards["model"].hint
        customer, application, model = cards["customer"], cards["application"], cards["model"]
        measured, node = cards["measured"], cards["node"]
        columns = CardColumns(
            (
                ((customer, application, model, measured, node),),
                ((customer, model, measured, node), (application,)),
                ((customer, measured, node), (application,), (model,)),
            )
        )
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        columns.setObjectName("pageBody")
        self._scroll.setWidget(columns)
        self.estimate = RunEstimate(self.look, self._later)
        self.estimate.assumptions.typed.connect(lambda _key: self._judge())
        self.estimate.assumptions.committed.connect(self._assume)
        self.estimate.remedies.taken.connect(self._take_remedy)
        self.next_steps = Card(say("page_requirement.card.next"))
        self._steps: QWidget | None = None
        self._steps_shown: list[tuple[str, str, str]] = []
        self.next_steps.body.addStretch(1)
        cards["criteria"].body.addStretch(1)
        policy = cards["criteria"].sizePolicy()
        policy.setVerticalStretch(1)
        cards["criteria"].setSizePolicy(policy)
        side = SideColumn(
            [
                (say("page_requirement.card.estimate"), self.estimate),
                (say("page_requirement.card.next"), self.next_steps),
                (say("page_requirement.card.criteria"), cards["criteria"]),
            ],
            SIDE_PX,
        )
        line = row(self._scroll, side, spacing=12)
        line.setStretch(0, 1)
        return boxed(line)

    # What the document says ----------------------------------------------------------------------------------------------------------

    @property
    def workload(self) -> Workload:
        """The application of the document, a blank one where there is none."""
        return self.project.workload or Workload("", "pretrain")

    def faults(self) -> tuple[Fault, ...]:
        """Return what is wrong in the document."""
        return pipeline.input_faults(self.workload, self.project.requirement, datetime.date.today())

    def _show(self) -> None:
        assert self.form is not None
        self.form.show(self.workload, self.project.requirement)
        preset = next((one for one in load_presets() if one.model == self.workload.model), None)
        self._preset_source.setText(self.look.say("page_requirement.preset_from", source=preset.source) if preset else "")
        self._preset_source.setToolTip(self._preset_source.text())
        self._judge()

    def _judge(self) -> None:
        """Judge the run as if what is being typed were taken over, and show what it gives."""
        assert self.form is not None
        workload, requirement = self.workload, self.project.requirement
        faults: dict[str, Fault] = {}
        for key, value in self.form.pending():
            if isinstance(value, Fault):
                faults[key] = value
            else:
                workload, requirement = with_value(workload, requirement, key, value)
        for key, value in self.estimate.assumptions.pending():
            if isinstance(value, Fault):
                faults[key] = value
            else:
                workload = with_assumption(workload, key, value)
        for fault in pipeline.input_faults(workload, requirement, datetime.date.today()):
            faults.setdefault(fault.key, fault)
        self.form.show_faults(faults)
        met = self.session.kept.setdefault("requirement.assumed", {})
        self.estimate.show_workload(workload, self.workload, met)  # type: ignore[arg-type]
        self.estimate.assumptions.show_faults(faults)
        self._show_steps(workload, faults)

    def _show_steps(self, workload: Workload, faults: dict[str, Fault]) -> None:
        steps = self._open_steps(workload, faults)
        if steps == self._steps_shown:
            return
        self._steps_shown = steps
        if self._steps is not None:
            self.next_steps.body.removeWidget(self._steps)
            self._steps.hide()
            self._steps.deleteLater()
        self._steps = QWidget()
        lines = [self._step(*step) for step in steps]
        self._steps.setLayout(column(*lines, spacing=8))
        self.next_steps.body.insertWidget(0, self._steps)

    def _open_steps(self, workload: Workload, faults: dict[str, Fault]) -> list[tuple[str, str, str]]:
        """Return (level, words, field or page to go to) of what the next steps need."""
        say, project = self.look.say, self.project
        errors = [key for key, fault in faults.items() if fault.level == "error"]
        found = [("blocked", say("page_requirement.wrong", count=len(errors)), errors[0])] if errors else []
        estimate = self.estimate.estimate
        if estimate.unknown is not None and not errors:
            keys = estimate.unknown.params.get("keys")
            first = str(keys[0]).strip("[").replace("] ", ".") if isinstance(keys, list) and keys else "model.family"
            found.append(("warning", missing_text(self.look, estimate.unknown), first))
        elif estimate.unknown is None:
            found.append(("ok", say("page_requirement.ready.assessment"), ""))
        known = any(run.speed is not None for run in project_runs(msgspec.structs.replace(project, workload=workload)))
        found.append(
            ("ok", say("page_requirement.ready.prediction"), "")
            if known
            else ("warning", say("page_requirement.no_speed"), "measured.speed")
        )
        found.append(
            ("ok", say("page_requirement.ready.plans"), "") if project.prices else ("warning", say("page_requirement.no_prices"), "plans")
        )
        if not project.requirement.work:
            found.append(("warning", say("page_requirement.no_work"), "requirement.work"))
        if project.trace is None:
            found.append(("unknown", say("page_requirement.no_trace"), "profile"))
        return found

    def _step(self, level: str, words: str, goes_to: str) -> QWidget:
        theme = self.look.theme
        symbols = {"ok": "circle-check", "warning": "triangle-alert", "blocked": "circle-x", "unknown": "circle-dashed"}
        line = row(picture(symbols[level], theme.level(level)[0], 16))
        line.addWidget(label(words, SMALL_PX, wrap=True), 1)
        if goes_to:
            go = button(self.look.say("page_requirement.go_there"), theme, lambda: self._go(goes_to))
            go.setAccessibleName(f"{self.look.say('page_requirement.go_there')}: {words}")
            go.setProperty("chip", True)
            line.addWidget(go)
        return boxed(line)

    def _go(self, place: str) -> None:
        assert self.form is not None
        if place in KEYS:
            self._scroll.ensureWidgetVisible(self.form.go_to(place))
        else:
            self.wanted.emit(place)

    # What the user does ----------------------------------------------------------------------------------------------------------------

    def _set(self, key: str, value: Value) -> None:
        if value == value_of(self.workload, self.project.requirement, key):
            self._show()
            return
        workload, requirement = with_value(self.workload, self.project.requirement, key, value)
        changes = {"requirement": requirement} if key.startswith("requirement.") else {"workload": workload}
        self.session.edit(f"page_requirement.field.{key}", **changes)

    def _assume(self, key: str, value: Value) -> None:
        """State what was assumed; None: let it be assumed again."""
        made = with_assumption(self.workload, key, value)
        if made == self.workload:
            self._show()
            return
        self.session.edit(f"page_requirement.field.{key}", workload=made)

    def _take_remedy(self, remedy: Remedy) -> None:
        workload = self.workload
        for key, value in remedy.changes:
            workload, _ = with_value(workload, self.project.requirement, key, value)
        self.session.edit("page_requirement.did.remedy", workload=workload)

    def _later(self, work: Callable[[], MemoryFit], then: Callable[[MemoryFit], None]) -> None:
        self.session.jobs.start("gui.job.compute", lambda _progress: work(), then, quiet=True)  # type: ignore[arg-type]

    def _preset_entry(self) -> SuggestEntry:
        say = self.look.say
        words = [(preset.name, preset.found_by) for preset in load_presets()]
        entry = SuggestEntry(self.look.theme, words, say("page_requirement.list_all"), say("page_requirement.preset"))
        entry.setAccessibleName(say("page_requirement.preset"))
        entry.setFixedWidth(PRESET_PX)
        by_name = {name.lower(): preset for preset in load_presets() for name in (*preset.also, preset.name)}
        entry.committed.connect(lambda text: self._take_preset(by_name.get(text.strip().lower())))
        return entry

    def _take_preset(self, preset: Preset | None) -> None:
        self.presets.clear()
        if preset is None:
            return
        stated = (*self.workload.stated, *(f"model.{name}" for name in msgspec.structs.asdict(preset.model)))
        made = msgspec.structs.replace(
            self.workload, model=preset.model, name=self.workload.name or preset.name, stated=tuple(dict.fromkeys(stated))
        )
        self.session.edit("page_requirement.preset", workload=made)

    def _save(self) -> None:
        name, _ = QFileDialog.getSaveFileName(self, self.look.say("page_requirement.save_file"), "run.toml", "TOML (*.toml)")
        if name:
            self.save_to(Path(name).with_suffix(".toml"))

    def save_to(self, path: Path) -> None:
        """Write the run description."""
        workload, requirement = self.workload, self.project.requirement
        self.session.jobs.start(
            "gui.job.write",
            lambda _progress: pipeline.write_run_description(workload, requirement, path),
            lambda _nothing: self.session.told.emit(message("gui.told.written", name=str(path)), False),
        )
