"""预测评估: how good predictions are, on what ships and on one's own runs: scores, coverage, predicted against measured.

The rail keeps the six stages of the work and the platform base (ui.md). This page is no stage, so it is reached from the prediction page,
the view menu and the palette, and the rail marks 性能预测 while it is shown.
"""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFileDialog, QPushButton, QWidget

from app.engine import evaluation, pipeline
from app.engine.model.evaluations import Evaluation, Score
from app.gui.look import Look
from app.gui.own_evaluation import OwnEvaluation
from app.gui.page import Page
from app.gui.session import Session
from app.gui.theme.tokens import BODY_PX, FIGURE_PX, SMALL_PX
from app.gui.widgets.basics import Card, boxed, button, clear, column, label, picture, row, segments, tool
from app.gui.widgets.clipboard import copy_text
from app.gui.widgets.evaluation_cards import CoverageCard, ScatterCard
from app.gui.widgets.saving import SaveButton
from app.gui.widgets.score_table import BREAKDOWNS, ScoreTable, in_breakdown, score_rows
from app.gui.widgets.side import SideColumn
from app.gui.widgets.skipped_rows import skipped_table
from app.gui.widgets.table_dialog import TableDialog

LEAST_SIDE_PX, MOST_SIDE_PX, SIDE_SHARE = 400, 760, 0.44
AREA = "evaluation"
SHIPPED, OWN = "shipped", "own"
SHOWN = "evaluation.shown"


class EvaluationPage(Page):
    """The page. Which data are shown outlives it in `session.kept`, and so does what was found of one's own."""

    key, icon, under = "evaluation", "crosshair", "prediction"
    shows = ("measured", "workload")

    def __init__(self, session: Session, look: Look) -> None:
        super().__init__(session, look)
        self._breakdown, self._chosen = BREAKDOWNS[0], ("leave_one_platform_out", "all")
        self._side: SideColumn | None = None
        self._listened: OwnEvaluation | None = None

    # What is shown ------------------------------------------------------------------------------------------------------------------

    @property
    def own(self) -> OwnEvaluation:
        """The evaluation of one's own runs."""
        made = OwnEvaluation.of(self.session)
        if made is not self._listened:
            self._listened = made
            made.changed.connect(self._on_own)
        return made

    @property
    def shown(self) -> str:
        """Which data are shown: what ships or one's own."""
        return str(self.session.kept.get(SHOWN, SHIPPED))

    def show_data(self, name: str) -> None:
        """Show what ships or one's own; the latter are evaluated when they are first shown."""
        self.session.kept[SHOWN] = name
        self.refresh(force=True)

    def show_table(self, path: Path) -> None:
        """Evaluate a table of measured runs that need not belong to the project."""
        self.session.kept[SHOWN] = OWN
        self.own.take_table(path)

    def found(self) -> Evaluation | None:
        """Return what is shown, None where it is not there yet."""
        return evaluation.evaluate_shipped() if self.shown == SHIPPED else self.own.found

    def _on_own(self) -> None:
        if self.isVisible() and self.shown == OWN:
            self.refresh(force=True)

    # Head ---------------------------------------------------------------------------------------------------------------------------

    def about(self) -> str:
        say = self.look.say
        if self.shown == SHIPPED:
            return say(f"{AREA}.about_shipped", runs=self.look.number(len(pipeline.shipped_runs()), 0))
        runs = self.own.runs
        return say(f"{AREA}.about_own", name=self.own.name or "—", runs=len(runs), cases=len({run.case for run in runs}))

    def actions(self) -> Sequence[QPushButton]:
        say, theme = self.look.say, self.look.theme
        return (
            button(say(f"{AREA}.choose"), theme, self._choose_table, symbol="folder-open"),
            button(say(f"{AREA}.back"), theme, lambda: self.wanted.emit("prediction"), symbol="gauge"),
        )

    def _choose_table(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, self.look.say(f"{AREA}.choose"), "", "CSV, Excel (*.csv *.tsv *.txt *.xlsx)")
        if name:
            self.show_table(Path(name))

    # Content ------------------------------------------------------------------------------------------------------------------------

    def content(self) -> QWidget:
        self._side, found = None, self.found()
        if self.shown == OWN and self.own.state == "due":
            QTimer.singleShot(0, self, self._start)
        if found is None or not found.scores:
            return self._without_scores(found)
        self._coverage, self._scatter = CoverageCard(self.look), ScatterCard(self.look, self.session.failed.emit)
        say = self.look.say
        cards = [(say(f"{AREA}.scatter"), self._scatter), (say(f"{AREA}.coverage"), self._coverage)]
        self._side = SideColumn(cards, LEAST_SIDE_PX)
        self._fit_side()
        line = row(self._scores(found), self._side, spacing=12)
        line.setStretch(0, 1)
        self._break_down(self._breakdown)
        return boxed(line)

    def _start(self) -> None:
        if self.own.state == "due":
            self.own.start()

    def _scores(self, found: Evaluation) -> Card:
        say, theme = self.look.say, self.look.theme
        card = Card(say(f"{AREA}.scores"), say(f"{AREA}.scores_hint"), padding=1)
        card.tools.addWidget(self._data_segments())
        ways = segments([(name, say(f"{AREA}.by.{name}")) for name in BREAKDOWNS], self._breakdown, self._break_down)
        line = row(ways, None)
        if found.skipped:
            skipped = button(say(f"{AREA}.skipped", count=len(found.skipped)), theme, self.show_skipped, symbol="triangle-alert")
            line.addWidget(skipped)
        line.addWidget(tool("copy", say(f"{AREA}.copy_table"), theme, lambda: copy_text("\n".join(map("\t".join, self._rows())))))
        self._table_place = column(spacing=0)
        holder = boxed(self._table_place)
        self.saving = SaveButton(holder, "evaluation", self._rows, self.look, self.session.failed.emit)
        line.addWidget(self.saving.widget)
        line.setContentsMargins(16, 0, 12, 6)
        card.body.addLayout(line)
        card.body.addWidget(holder, 1)
        note = label(say(f"{AREA}.{'note_shipped' if self.shown == SHIPPED else 'note_own'}"), SMALL_PX, tone="3", wrap=True)
        note.setContentsMargins(16, 4, 16, 10)
        card.body.addWidget(note)
        return card

    def _data_segments(self) -> QWidget:
        say = self.look.say
        return segments([(name, say(f"{AREA}.data.{name}")) for name in (SHIPPED, OWN)], self.shown, self.show_data)

    def _rows(self) -> list[list[str]]:
        found = self.found()
        return score_rows(found.scores if found else (), self.look)

    def _break_down(self, breakdown: str) -> None:
        """Show the scores by class, by vendor or by what predictions rest on."""
        found = self.found()
        if found is None:
            return
        self._breakdown = breakdown
        clear(self._table_place)
        self.table = ScoreTable(found.scores, breakdown, self.look)
        self.table.selectionModel().currentChanged.connect(lambda *_: self._take_selection())
        self._table_place.addWidget(self.table)
        self.table.select(*self._chosen)

    def _take_selection(self) -> None:
        score = self.table.score_at(self.table.current_row())
        if score is not None:
            self.choose(score)

    def choose(self, score: Score) -> None:
        """Show the points of one score, and the coverage of all subsets of its protocol."""
        found = self.found()
        if found is None:
            return
        self._chosen = (score.protocol, score.subset)
        self._scatter.show_points(found.points, score)
        beside = [one for one in found.scores if one.protocol == score.protocol and in_breakdown(one, self._breakdown)]
        self._coverage.show_scores(beside, score)

    def show_skipped(self) -> None:
        """Open the rows that could not be tried."""
        found, say = self.found(), self.look.say
        skipped = found.skipped if found else ()
        tables = [(say(f"{AREA}.skipped_hint"), skipped_table(skipped, self.look))]
        TableDialog(say(f"{AREA}.skipped", count=len(skipped)), tables, self.look, self, copy=say(f"{AREA}.copy_table")).open()

    # Without scores -----------------------------------------------------------------------------------------------------------------

    def _without_scores(self, found: Evaluation | None) -> QWidget:
        """Say why there is nothing to show of one's own runs, and what to do next."""
        say, theme, state = self.look.say, self.look.theme, self.own.state
        card = Card(say(f"{AREA}.scores"), " ")
        card.tools.addWidget(self._data_segments())
        code = {"due": "running"}.get(state, state)
        rows = len(self.own.runs)
        title = label(say(f"{AREA}.{code}.title", name=self.own.name or "—"), FIGURE_PX, bold=True)
        hint = label(say(f"{AREA}.{code}.hint", rows=rows, cases=len({run.case for run in self.own.runs})), BODY_PX, tone="2", wrap=True)
        hint.setMaximumWidth(640)
        acts = {
            "running": [("cancel", "x", self.own.cancel)],
            "stopped": [("again", "refresh-cw", self.own.start)],
            "too_few": [("import", "upload", lambda: self.wanted.emit("import")), ("choose", "folder-open", self._choose_table)],
        }[code]
        buttons = row(*(button(say(f"{AREA}.{name}"), theme, act, symbol=symbol) for name, symbol, act in acts))
        if self.own.is_table and code == "too_few":
            buttons.addWidget(button(say(f"{AREA}.leave"), theme, self.own.leave_table, symbol="undo-2"))
        if found is not None and found.skipped:
            buttons.addWidget(button(say(f"{AREA}.skipped", count=len(found.skipped)), theme, self.show_skipped, symbol="triangle-alert"))
        buttons.addStretch(1)
        mark = picture("refresh-cw" if code == "running" else "info", theme.text2, 16)
        card.body.addLayout(row(mark, title, None))
        card.body.addWidget(hint)
        card.body.addLayout(buttons)
        card.body.addStretch(1)
        return card

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_side()

    def _fit_side(self) -> None:
        if self._side is not None:
            self._side.setFixedWidth(max(LEAST_SIDE_PX, min(MOST_SIDE_PX, round(SIDE_SHARE * self.width()))))
