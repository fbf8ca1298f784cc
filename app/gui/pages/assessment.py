"""适配评估: platforms × checks; the cell says the fact, the details at the right say why and what to do."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QPushButton, QWidget

from app.engine import pipeline
from app.engine.messages import message
from app.engine.model.assessments import Assessment
from app.engine.porting import operators_of
from app.gui.page import Page
from app.gui.theme.tokens import BODY_PX
from app.gui.widgets.assessment_details import AssessmentDetails
from app.gui.widgets.assessment_matrix import VERDICTS, Matrix, relative_text
from app.gui.widgets.basics import Card, boxed, button, label, row, tool
from app.gui.widgets.find import FindField
from app.gui.widgets.folding import Line
from app.gui.widgets.level_filter import ALL, LevelFilter, chip_button
from app.gui.widgets.operator_table import operators_dialog
from app.gui.widgets.run_estimate import plain_fit

MOST_COMPARED = 6
EDITED = "assessment.effort_edited"


class AssessmentPage(Page):
    """Page 3: does it fit, does it run, what does the port cost."""

    key, icon, stage = "assessment", "shield-check", "assessments"
    shows = ("kind", "assessments", "memory", "predictions", "workload")

    def has_content(self) -> bool:
        return bool(self.project.assessments)

    def about(self) -> str:
        memory, workload = self.project.memory, self.project.workload
        if memory is None or workload is None:
            return ""
        told = {"workload": workload.name, "precision": (workload.precision or "—").upper(), "count": len(self.project.assessments)}
        if memory.total_gib is None:
            return self.look.say("page_assessment.about_unknown", **told, why=self.look.tell(memory.unknown))
        total, low, high = (self.look.number(value) for value in (memory.total_gib, memory.low, memory.high))
        return self.look.say("page_assessment.about", **told, total=total, low=low, high=high)

    def actions(self) -> Sequence[QPushButton]:
        say, theme = self.look.say, self.look.theme
        return (
            button(say("gui.copy_table"), theme, lambda: self.table.copy(), symbol="copy"),
            button(say("page_assessment.export"), theme, self._export, symbol="table"),
            self.next_button("prediction"),
        )

    def content(self) -> QWidget:
        card = Card(padding=1)
        self.table = Matrix(self.project, self.look)
        self.table.offer(self.look.say("page_assessment.copy_rows"), "copy", self.table.copy_row)
        self.table.offer(self.look.say("page_assessment.compare"), "git-compare", lambda: self._compare(self.details.platform))
        self.table.offer(self.look.say("page_assessment.library"), "database", lambda: self._look_up(self.details.platform))
        self.table.opened.connect(lambda _row: self._focus_details())
        card.body.setSpacing(0)
        card.body.addWidget(self._tools())
        card.body.addWidget(self.table, 1)
        self._nothing = label(self.look.say("page_assessment.nothing_found"), BODY_PX, tone="2")
        self._nothing.setContentsMargins(16, 16, 16, 16)
        self._nothing.hide()
        card.body.addWidget(self._nothing)
        self.details = AssessmentDetails(self.look)
        self.details.compare_wanted.connect(self._compare)
        self.details.library_wanted.connect(self._look_up)
        self.details.effort_edited.connect(self._set_effort)
        self.details.operators_wanted.connect(self._show_operators)
        self.details.source_wanted.connect(self._scan_source)
        self.table.show_platform(self.session.chosen_platform)
        self._filter()
        self._show()
        self.table.selectionModel().currentChanged.connect(lambda *_: self._choose())
        line = row(card, self.details, spacing=12)
        line.setStretch(0, 5)
        line.setStretch(1, 2)
        return boxed(line)

    def refresh(self, *, force: bool = False) -> None:
        """Build what has changed, and go to the platform that was chosen elsewhere."""
        super().refresh(force=force)
        chosen = self.session.chosen_platform
        if self.has_content() and chosen and chosen != self.details.platform:
            self.table.show_platform(chosen)

    def _tools(self) -> QWidget:
        say = self.look.say
        words = {ALL: say("page_assessment.all")} | {verdict: say(f"assessing.verdict.{verdict}") for verdict in VERDICTS}
        self.levels = LevelFilter(words, self.look)
        self.domestic = chip_button(say("page_assessment.domestic_only"))
        self.find = FindField(say("page_assessment.find"), self.look.theme, 124)
        self.levels.chosen.connect(lambda _level: self._filter())
        self.domestic.toggled.connect(lambda _on: self._filter())
        self.find.textChanged.connect(lambda _text: self._filter())
        self.source = tool("brackets", f"{say('scan.open')}\n{say('scan.open_tip')}", self.look.theme, self._scan_source)
        line = row(self.levels, None, self.source, self.domestic, self.find)
        line.setContentsMargins(11, 0, 11, 0)
        bar = boxed(line)
        bar.setFixedHeight(40)
        return bar

    def _filter(self) -> None:
        """Show the rows that match; the counts say how many of each verdict the other filters leave."""
        words, domestic = self.find.words(), self.domestic.isChecked()
        counts = {verdict: len(self.table.matching(words, verdict, domestic=domestic)) for verdict in VERDICTS}
        self.levels.set_counts({ALL: sum(counts.values()), **counts})
        rows = self.table.matching(words, "" if self.levels.level == ALL else self.levels.level, domestic=domestic)
        self.table.show_only(rows)
        self._nothing.setVisible(not rows)

    def _show(self) -> None:
        one, check = self.table.current()
        if one is None:
            return
        self.session.selected_platform = one.platform
        if one.platform != self.details.platform:
            platform, memory, workload = pipeline.platforms_by_id()[one.platform], self.project.memory, self.project.workload
            shown = None if memory is None or workload is None else (memory, plain_fit(workload, memory, platform))
            kind = self.project.kind
            match = next((found for found in kind.matches if found.platform == one.platform), None) if kind else None
            told = (self._speed_line(one), self.table.basis(one.platform), shown, self.project.effort, match)
            self.details.show_assessment(one, platform, *told)
        if self.session.kept.get(EDITED):
            self.details.open_breakdown()
        else:
            self.details.open_at(check or _deciding(one))

    def _speed_line(self, one: Assessment) -> Line | None:
        standing = self.table.standing(one.platform)
        level = next(finding.level for finding in one.checks if finding.check == "performance")
        if standing is None:
            return None
        name, kind = self.look.say("assessing.check.performance"), self.look.say(f"paraselect.kind.{standing.kind}")
        return Line(level, name, relative_text(self.look, standing), standing.kind, kind)

    def _choose(self) -> None:
        self.session.kept.pop(EDITED, None)
        self._show()

    def _set_effort(self, settings: object) -> None:
        self.session.kept[EDITED] = True  # the page is built anew and comes back to where the user types
        self.session.edit("page_assessment.did.effort", effort=settings)

    def _focus_details(self) -> None:
        opened = next((fold for fold in self.details.folds.values() if fold.is_open()), None)
        first = opened or next(iter(self.details.folds.values()))
        first.head.setFocus()

    # Elsewhere ----------------------------------------------------------------------------------------------------------------------

    def _compare(self, platform: str) -> None:
        compared = [one for one in self.session.compared_platforms if one != platform]
        self.session.compared_platforms = (*compared[-MOST_COMPARED + 1 :], platform)
        self.wanted.emit("platforms")

    def _look_up(self, platform: str) -> None:
        self.session.compared_platforms = (platform,)
        self.wanted.emit("platforms")

    def _scan_source(self) -> None:
        self.wanted.emit("scan_source")

    def _show_operators(self, platform: str) -> None:
        found = operators_of(self.project, pipeline.platforms_by_id()[platform])
        operators_dialog(found, platform, self.look, self).open()

    def _export(self) -> None:
        say = self.look.say
        title = f"{self.project.name}-{say('gui.page.assessment')}.csv"
        name, _ = QFileDialog.getSaveFileName(self, say("page_assessment.export"), title, say("page_assessment.menu.csv"))
        if name:
            self.export_to(Path(name).with_suffix(".csv"))

    def export_to(self, path: Path) -> None:
        """Write the rows that are shown as CSV, in the background."""
        grid = self.table.as_rows()
        told = message("gui.told.written", name=path.name)
        self.session.jobs.start(
            "page_assessment.job.export",
            lambda _progress: pipeline.write_table(path, grid),
            lambda _done: self.session.told.emit(told, False),
        )


def _deciding(one: Assessment) -> str:
    """Return the check that the verdict leans on: the first blocked one, else the first to adapt, "" for a ready platform."""
    for level in ("blocked", "warning"):
        for finding in one.checks:
            if finding.level == level:
                return finding.check
    return next((finding.check for finding in one.checks if finding.level == "unknown"), "") if one.verdict == "unknown" else ""
