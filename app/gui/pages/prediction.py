"""性能预测: every platform with its interval, the terms of the formula, predicted against measured; one choice in all three."""

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QMenu, QPushButton, QWidget

from app.engine import pipeline
from app.engine.model.measurements import MeasuredRun
from app.engine.model.projects import project_runs
from app.engine.paraselect import ToldSpeed, ToldSpeeds, Way, told_speeds
from app.gui.choosing_page import ChoosingPage
from app.gui.explaining import show_explanation
from app.gui.figures import Scale, short_name, speed_scale
from app.gui.own_runs import OwnRunsSwitch
from app.gui.theme import font
from app.gui.theme.tokens import MARGIN, SMALL_PX
from app.gui.widgets.agreement_card import AgreementCard, runs_table
from app.gui.widgets.basics import KIND_GLYPHS, Card, boxed, button, clear, column, kind_chip, label, row, segments, tool
from app.gui.widgets.clipboard import copy_text
from app.gui.widgets.interval_bands import band_of
from app.gui.widgets.intervals import IntervalChart
from app.gui.widgets.kind_card import KindCard
from app.gui.widgets.side import SideColumn
from app.gui.widgets.swatch import swatch
from app.gui.widgets.table_dialog import TableDialog
from app.gui.widgets.terms_card import TermsCard

SIDE_PX, LEAST_SIDE_PX, SIDE_SHARE = 536, 360, 0.44
WIDE_FROM_PX, WIDE_SIDE_PX = 1736, 640
AREA = "page_prediction"


class PredictionPage(ChoosingPage):
    """Page 4: how fast it runs elsewhere."""

    key, icon, stage = "prediction", "gauge", "predictions"
    shows = ("kind", "predictions", "fit", "measured", "workload", "uses_own")

    _way: Way = "total"
    _gpus: int | None = None
    _sort = ("speed", False)  # the column, and whether against its own order: the fastest first
    _typed, _domestic = "", False
    _side: SideColumn | None = None

    def has_content(self) -> bool:
        return bool(self.project.predictions)

    # Head ---------------------------------------------------------------------------------------------------------------------------

    def about(self) -> str:
        run, workload = self._reference(), self.project.workload
        if run is None:
            return ""
        scale = speed_scale([run.speed], run.unit, self.look)
        return self.look.say(
            f"{AREA}.about",
            workload=workload.name if workload else run.case,
            precision=(run.precision or (workload.precision if workload else "") or "—").upper(),
            reference=short_name(run.platform, self.look),
            gpus=run.gpus or "—",
            speed=scale.text(run.speed, self.look),
            unit=scale.unit,
        )

    def actions(self) -> Sequence[QPushButton]:
        say, theme = self.look.say, self.look.theme
        runs = button(say(f"{AREA}.runs"), theme, self.show_runs, symbol="table")
        if len(self.counts()) < 2:
            return (runs, self.next_button("plans"))
        count = button(say(f"{AREA}.count", count=self.gpus() or "—"), theme, self._choose_count, symbol="chevron-down")
        count.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        count.setToolTip(say(f"{AREA}.count_tip"))
        self._count = count
        return (count, runs, self.next_button("plans"))

    def counts(self) -> list[int]:
        """Return the card counts that there are predictions for."""
        return sorted({found.gpus for found in self.project.predictions if found.gpus})

    def gpus(self) -> int | None:
        """Return the count that is shown: the chosen one, else the one the customer wants, else the first."""
        counts = self.counts()
        wishes = (self._gpus, self.project.requirement.scale_cards, *counts)
        return next((wish for wish in wishes if wish in counts), None)

    def show_count(self, gpus: int) -> None:
        """Compare at another number of cards."""
        self._gpus = gpus
        self.refresh(force=True)

    def _choose_count(self) -> None:
        menu = QMenu(self)
        for count in self.counts():
            act = menu.addAction(self.look.say(f"{AREA}.count", count=count), lambda count=count: self.show_count(count))
            act.setCheckable(True)
            act.setChecked(count == self.gpus())
        menu.popup(self._count.mapToGlobal(QPoint(0, self._count.height() + 2)))

    def show_runs(self) -> None:
        """Open the measured runs in a table of their own."""
        runs, say = project_runs(self.project), self.look.say
        title = say(f"{AREA}.runs_table.title", case=runs[0].case if runs else "—")
        hint = say(f"{AREA}.runs_table.hint", count=len(runs))
        tables = [(hint, runs_table(runs, self.look, wide=True))]
        TableDialog(title, tables, self.look, self, copy=say(f"{AREA}.runs_table.copy")).open()

    # Content ------------------------------------------------------------------------------------------------------------------------

    def content(self) -> QWidget:
        self._terms = TermsCard(self.look, self.choose, self.explain)
        self._agreement = AgreementCard(self.project.fit, project_runs(self.project), self.look, self.choose)
        say = self.look.say
        cards = [(say(f"{AREA}.terms.title"), self._terms), (say(f"{AREA}.agreement.title"), self._agreement)]
        self._side = SideColumn(cards, SIDE_PX)
        self._fit_side()
        line = row(self._intervals(), self._side, spacing=12)
        line.setStretch(0, 1)
        self._fill()
        self._mark(self.session.chosen_platform, scroll=bool(self.session.selected_platform))
        return self._under_kind(boxed(line))

    def empty(self) -> QWidget:
        return self._under_kind(super().empty())

    def _under_kind(self, below: QWidget) -> QWidget:
        """Return the kind of platform, which needs no more than a run description, above the rest."""
        kind = self.project.kind
        if kind is None:
            return below
        made = column(KindCard(kind, self.look), below, spacing=12)
        made.setStretch(1, 1)
        return boxed(made)

    def _intervals(self) -> Card:
        say, theme = self.look.say, self.look.theme
        card = Card(say(f"{AREA}.intervals"), say(f"{AREA}.intervals_hint"), padding=1)
        self._ways = row()
        card.tools.addLayout(self._ways)
        self._legend = row(spacing=8)
        self.own = OwnRunsSwitch(self.session, self.look)
        above = row(boxed(self._legend), self.own)
        above.setStretch(0, 1)
        above.setContentsMargins(MARGIN, 0, 12, 0)
        card.body.addLayout(above)
        card.body.addLayout(self._tools())
        heads = (say(f"{AREA}.platform"), say(f"{AREA}.basis"))
        self.chart = IntervalChart(self.look, heads, (say(f"{AREA}.fill"), say(f"{AREA}.reference")), say(f"{AREA}.intervals"))
        self.chart.chosen.connect(self.choose)
        self.chart.fill_wanted.connect(self._fill_in)
        self.chart.sort_wanted.connect(self._sort_by)
        card.body.addWidget(self.chart, 1)
        card.setStyleSheet(f"IntervalChart {{ background:{theme.surface}; }}")
        return card

    def _tools(self) -> QHBoxLayout:
        say, theme = self.look.say, self.look.theme
        self.find = QLineEdit(self._typed)
        self.find.setObjectName("find")  # Ctrl+F goes to the field of this name
        self.find.setFont(font(SMALL_PX))
        self.find.setPlaceholderText(say(f"{AREA}.find"))
        self.find.setAccessibleName(say(f"{AREA}.find"))
        self.find.setClearButtonEnabled(True)
        self.find.setMaximumWidth(200)
        self.find.textChanged.connect(self._look_for)
        self.domestic = QCheckBox(say(f"{AREA}.domestic"))
        self.domestic.setFont(font(SMALL_PX))
        self.domestic.setChecked(self._domestic)
        self.domestic.toggled.connect(self._only_domestic)
        self._shown = label("", SMALL_PX, tone="3")
        line = row(self.find, self.domestic, self._shown, None)
        self.evaluate = button(say(f"{AREA}.evaluate"), theme, lambda: self.wanted.emit("evaluation"), symbol="crosshair")
        self.evaluate.setToolTip(say(f"{AREA}.evaluate_tip"))
        line.addWidget(self.evaluate)
        line.addWidget(tool("copy", say(f"{AREA}.copy_table"), theme, lambda: copy_text(self.chart.as_text())))
        line.addWidget(tool("image", say(f"{AREA}.copy_picture"), theme, self._copy_picture))
        line.setContentsMargins(MARGIN, 0, 12, 4)
        return line

    def _copy_picture(self) -> None:
        from PySide6.QtGui import QGuiApplication

        QGuiApplication.clipboard().setPixmap(self.chart.as_picture())

    # What the chart shows -----------------------------------------------------------------------------------------------------------

    def _fill(self) -> None:
        """Tell the speeds in the present way, order and choice."""
        say, run, runs = self.look.say, self._reference(), project_runs(self.project)
        told = told_speeds(runs, self.project.predictions, self.gpus(), way=self._way, reference=run.platform if run else "")
        kept = [one for one in self._ordered(told) if self._keeps(one.platform)]
        scale = self._scale(told)
        column, reverse = self._sort
        falls = (column == "speed" and told.better == "higher") != reverse
        self.chart.show_bands([band_of(one, scale, self.gpus(), runs, self.look) for one in kept], scale, (column, falls))
        self._shown.setText(say(f"{AREA}.shown", shown=len(kept), all=len(told.rows)) if kept else say(f"{AREA}.nothing_found"))
        clear(self._ways)
        words = [(way, say(f"{AREA}.way.{way}")) for way in told.ways]
        self._ways.addWidget(segments(words, told.way, self._tell))
        self._show_legend(told)

    def _scale(self, told: ToldSpeeds) -> Scale:
        if told.way == "relative":
            return Scale(1.0, self.look.say(f"{AREA}.times_of_reference"), 2)
        scale = speed_scale([one.value for one in told.rows], told.unit, self.look)
        if told.way == "per_card":
            return Scale(scale.factor, self.look.say(f"{AREA}.per_card_unit", unit=scale.unit), scale.decimals)
        return scale

    def _show_legend(self, told: ToldSpeeds) -> None:
        say, theme = self.look.say, self.look.theme
        clear(self._legend)
        for kind in KIND_GLYPHS:
            if any(one.kind == kind for one in told.rows):
                self._legend.addWidget(kind_chip(kind, say(f"paraselect.kind.{kind}"), theme))
        if any(one.out_of_range for one in told.rows):
            self._legend.addWidget(swatch("dashed", theme))
            self._legend.addWidget(label(say(f"{AREA}.out_of_range"), SMALL_PX, tone="3"))
        if any(one.value is None for one in told.rows):
            self._legend.addWidget(swatch("hatched", theme))
            self._legend.addWidget(label(say(f"{AREA}.no_data"), SMALL_PX, tone="3"))
        self._legend.addStretch(1)

    def _ordered(self, told: ToldSpeeds) -> list[ToldSpeed]:
        column, reverse = self._sort
        if column == "speed":
            known = [one for one in told.rows if one.value is not None]
            return [*(reversed(known) if reverse else known), *(one for one in told.rows if one.value is None)]
        kinds = [*KIND_GLYPHS, None]
        by = (lambda one: short_name(one.platform, self.look)) if column == "name" else (lambda one: kinds.index(one.kind))
        return sorted(told.rows, key=by, reverse=reverse)

    def _keeps(self, platform_id: str) -> bool:
        platform = pipeline.platforms_by_id().get(platform_id)
        if platform is None:
            return not self._domestic
        text = f"{platform_id} {platform.label('zh')} {platform.label('en')}".lower()
        return (platform.domestic or not self._domestic) and all(word in text for word in self._typed.lower().split())

    def _reference(self) -> MeasuredRun | None:
        runs = [run for run in project_runs(self.project) if run.speed is not None]
        wanted = self.project.fit.reference if self.project.fit else ""
        return next((run for run in runs if run.platform == wanted), runs[0] if runs else None)

    # What the user does -------------------------------------------------------------------------------------------------------------

    def choose(self, platform: str) -> None:
        """Show a platform in all three views; "" clears."""
        self.session.selected_platform = platform
        self._mark(platform)

    def explain(self, platform: str) -> None:
        """Show what the prediction of a platform leans on."""
        show_explanation(self.session, platform, self.gpus(), self.look, self)

    def _mark(self, platform: str, *, scroll: bool = True) -> None:
        self.chart.choose(platform, scroll=scroll)
        self._terms.show_platform(project_runs(self.project), self.project.predictions, self.gpus(), platform)
        self._agreement.choose(platform)

    def _tell(self, way: Way) -> None:
        self._way = way
        self._fill()

    def _sort_by(self, column: str) -> None:
        self._sort = (column, not self._sort[1] if column == self._sort[0] else False)
        self._fill()

    def _look_for(self, typed: str) -> None:
        self._typed = typed
        self._fill()

    def _only_domestic(self, wanted: bool) -> None:
        self._domestic = wanted
        self._fill()

    def _fill_in(self, platform: str) -> None:
        note = next(one.notes[0] for one in self.project.predictions if one.platform == platform and one.value is None)
        self.session.selected_platform = str(note.params.get("platform", platform))
        self.wanted.emit("platforms")

    def has_choice(self) -> bool:
        return bool(self.chart.current)

    def clear_choice(self) -> None:
        self.choose("")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.has_content() and self._side is not None:
            self._fit_side()

    def _fit_side(self) -> None:
        """Give the right column its share; it grows in wide windows, since plots stand in it."""
        assert self._side is not None
        most = SIDE_PX if self.width() < WIDE_FROM_PX else WIDE_SIDE_PX
        self._side.setFixedWidth(max(LEAST_SIDE_PX, min(most, round(SIDE_SHARE * self.width()))))
