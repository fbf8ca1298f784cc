"""适配评估: platforms × checks; the cell says the fact, the details at the right say why and what to do."""

from collections.abc import Sequence

from PySide6.QtWidgets import QPushButton, QScrollArea, QWidget

from app.engine import pipeline
from app.engine.model.assessments import CHECKS, Assessment, Effort
from app.gui.page import Page
from app.gui.theme.tokens import BODY_PX, FIGURE_PX, SMALL_PX
from app.gui.widgets.basics import LEVEL_ICONS, Card, badge, boxed, button, column, label, picture, row, rule, well
from app.gui.widgets.table import Cell, Column, Table

SIDE_PX = 372
VERDICT_LEVELS = {"ready": "ok", "adapt": "warning", "blocked": "blocked", "unknown": "unknown"}


class AssessmentPage(Page):
    """Page 3: does it fit, does it run, what does the port cost."""

    key, icon, stage = "assessment", "shield-check", "assessments"
    shows = ("assessments", "memory")

    def has_content(self) -> bool:
        return bool(self.project.assessments)

    def about(self) -> str:
        memory, workload = self.project.memory, self.project.workload
        if memory is None or workload is None:
            return ""
        if memory.total_gib is None:
            return f"{workload.name} · {self.look.tell(memory.unknown)}"
        figures = [self.look.number(value) for value in (memory.total_gib, memory.low, memory.high)]
        return self.look.say("gui.about.assessment", name=workload.name, total=figures[0], low=figures[1], high=figures[2])

    def actions(self) -> Sequence[QPushButton]:
        return (button(self.look.say("gui.copy_table"), self.look.theme, self._copy, symbol="copy"), self.next_button("prediction"))

    def content(self) -> QWidget:
        say, found = self.look.say, self.project.assessments
        platforms = pipeline.platforms_by_id()
        columns = (Column(say("gui.column.platform")), Column(say("gui.column.verdict"), width=92))
        columns += tuple(Column(say(f"assessing.check.{name}"), width=self._width(name)) for name in CHECKS)
        columns += (Column(say("gui.column.effort"), say("gui.unit.person_days"), True, 66 if self.look.lang == "zh" else 90),)
        rows = [self._row(one, self.look.product(one.platform), platforms[one.platform].label(self.look.lang)) for one in found]
        counts = {level: sum(one.verdict == level for one in found) for level in VERDICT_LEVELS}
        told = " · ".join(f"{say(f'assessing.verdict.{level}')} {count}" for level, count in counts.items())
        card = Card(say("gui.card.matrix"), told, padding=1)
        self.table = Table(columns, rows, self.look.theme, name=say("gui.card.matrix"))
        card.body.addWidget(self.table)
        self._side = QScrollArea()
        self._side.setWidgetResizable(True)
        self._side.setFixedWidth(SIDE_PX)
        self.table.selectionModel().currentChanged.connect(lambda *_: self._show(self.table.current_row()))
        names = [one.platform for one in found]
        chosen = self.session.chosen_platform
        self.table.select_row(names.index(chosen) if chosen in names else 0)
        line = row(card, self._side, spacing=12)
        line.setStretch(0, 1)
        return boxed(line)

    def _row(self, one: Assessment, name: str, label_text: str) -> tuple[Cell, ...]:
        say, tell = self.look.say, self.look.tell
        order = list(VERDICT_LEVELS).index(one.verdict)
        cells = [
            Cell(name, tip=label_text),
            Cell(say(f"assessing.verdict.{one.verdict}"), order, tell(one.reason), VERDICT_LEVELS[one.verdict]),
        ]
        by_name = {finding.check: finding for finding in one.checks}
        for check in CHECKS:
            finding = by_name[check]
            short = tell(finding.short) or ("—" if finding.level == "unknown" else say(f"assessing.level.{finding.level}"))
            cells.append(Cell(short, LEVEL_ORDER[finding.level], tell(finding.summary), finding.level))
        days = one.effort.person_days[1] if one.effort else None
        return (*cells, Cell(self.look.number(days, 0), -1.0 if days is None else days, quiet=days is None))

    def _width(self, check: str) -> int:
        told = check in ("vram", "precision", "operators", "performance")
        return (82 if told else 58) if self.look.lang == "zh" else (88 if told else 80)

    def _show(self, place: int) -> None:
        if place < 0:
            return
        one = self.project.assessments[place]
        self.session.selected_platform = one.platform
        say, tell, theme = self.look.say, self.look.tell, self.look.theme
        platform = pipeline.platforms_by_id()[one.platform]
        card = Card()
        head = row(label(platform.label(self.look.lang), FIGURE_PX, bold=True, wrap=True))
        head.setStretch(0, 1)
        head.addWidget(badge(one.verdict, say(f"assessing.verdict.{one.verdict}"), theme))
        card.body.addLayout(head)
        card.body.addWidget(label(tell(one.reason), SMALL_PX, tone="2", wrap=True))
        for finding in one.checks:
            card.body.addWidget(rule(theme))
            ink = theme.level(finding.level)[0]
            line = row(picture(LEVEL_ICONS[finding.level], ink, 14), label(say(f"assessing.check.{finding.check}"), BODY_PX, bold=True))
            line.addWidget(label(tell(finding.summary), SMALL_PX, tone="2", wrap=True, select=True), 1)
            card.body.addLayout(line)
            parts = [label(_cited(tell(e.text), e.source), SMALL_PX, tone="3", wrap=True, select=True) for e in finding.evidence]
            if finding.remedy is not None:
                parts.append(label(f"→ {tell(finding.remedy)}", SMALL_PX, wrap=True, select=True))
            if parts:
                card.body.addWidget(well(*parts))
        if one.effort is not None:
            card.body.addWidget(rule(theme))
            self._effort(card, one.effort)
        card.body.addStretch(1)
        self._side.setWidget(boxed(column(card), "pageBody"))

    def _effort(self, card: Card, effort: Effort) -> None:
        say, number = self.look.say, self.look.number
        low, likely, high = effort.person_days
        card.body.addWidget(
            label(say("gui.effort", low=number(low, 0), likely=number(likely, 0), high=number(high, 0)), BODY_PX, bold=True)
        )
        for stage in effort.stages:
            days = stage.person_days
            line = row(
                label(say(f"assessing.stage.{stage.stage}"), SMALL_PX), label(say(f"assessing.size.{stage.size}"), SMALL_PX, tone="3"), None
            )
            line.addWidget(label(f"{number(days[0], 0)} – {number(days[2], 0)}", SMALL_PX))
            card.body.addLayout(line)
        costs = [self.look.money(value)[0] for value in effort.cost]
        unit = self.look.money(0)[1]
        told = say("gui.cost", low=costs[0], likely=costs[1], high=costs[2], unit=unit, rate=number(effort.rate, 0))
        card.body.addWidget(label(told, SMALL_PX, tone="2", wrap=True))
        if effort.source:
            card.body.addWidget(label(effort.source, SMALL_PX, tone="3", wrap=True))

    def _copy(self) -> None:
        from PySide6.QtGui import QGuiApplication

        QGuiApplication.clipboard().setText(self.table.as_text())


LEVEL_ORDER = {"ok": 0, "warning": 1, "unknown": 2, "blocked": 3}


def _cited(text: str, source: str) -> str:
    return f"{text}  [{source}]" if source else text
