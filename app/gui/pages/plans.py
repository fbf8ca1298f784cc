"""选型方案: the two recommended plans first, then all plans and speed against price; what was left out and what is doubtful."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QPoint
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QMenu, QPushButton, QVBoxLayout, QWidget

from app.engine import pipeline
from app.engine.messages import message
from app.engine.model.plans import Selection
from app.engine.selecting import is_open, needed_speed
from app.gui.choosing_page import ChoosingPage
from app.gui.figures import full_name
from app.gui.plan_words import AREA, PlanWords
from app.gui.price_review import review_button
from app.gui.theme.tokens import BODY_PX
from app.gui.widgets.basics import Card, boxed, button, column, kind_chip, label, row, tool
from app.gui.widgets.clipboard import copy_picture, copy_text
from app.gui.widgets.interval_bands import why_unpredicted
from app.gui.widgets.plan_cards import ROLES, NeedsCard, NothingCard, RecommendedCard
from app.gui.widgets.plan_chart import Limits, Mark, PlanChart
from app.gui.widgets.plan_money import cost_tables, sensitivity_tables
from app.gui.widgets.plan_table import BEST, SHOWN_AT_FIRST, SHOWN_WIDE, plan_columns, plan_table
from app.gui.widgets.price_problems import doubts, problem_line, problem_tables
from app.gui.widgets.table import Cell, Column, Table
from app.gui.widgets.table_dialog import TableDialog

SIDE_PX, LEAST_SIDE_PX, WIDE_SIDE_PX, SIDE_SHARE = 400, 300, 640, 0.33
WIDE_FROM_PX = 1736


class PlansPage(ChoosingPage):
    """Page 5: what to buy or rent."""

    key, icon, stage = "plans", "scale", "selection"
    shows = ("selection", "prices", "requirement")

    _columns: tuple[str, ...] = ()  # what the user chose; until then what the width allows
    _feasible = False
    _chosen = -1
    _side: Card | None = None

    def has_content(self) -> bool:
        return self.project.selection is not None

    # Head ---------------------------------------------------------------------------------------------------------------------------

    def about(self) -> str:
        prices, selection = self.project.prices, self.project.selection
        if prices is None or selection is None:
            return ""
        dates = sorted(price.price_date for price in prices.prices if price.price_date)
        told = self.look.say(f"{AREA}.about", plans=len(selection.plans), file=prices.file)
        return told + (" · " + self.look.say(f"{AREA}.price_date", date=str(dates[-1])) if dates else "")

    def actions(self) -> Sequence[QPushButton]:
        say, theme = self.look.say, self.look.theme
        sheet = button(say(f"{AREA}.sheet"), theme, lambda: self.wanted.emit("choose"), symbol="file-spreadsheet")
        sheet.setToolTip(say(f"{AREA}.sheet_tip"))
        checks = [review_button(self.session, self.look, self)] if self.project.prices is not None else []
        return (sheet, *checks, self._template_button(), self.next_button("proposal"))

    def _template_button(self) -> QPushButton:
        made = button(self.look.say(f"{AREA}.template"), self.look.theme, self._ask_template, symbol="download")
        made.setToolTip(self.look.say(f"{AREA}.template_tip"))
        return made

    def empty(self) -> QWidget:
        if self.project.prices is not None:
            return super().empty()
        hint = Card()
        hint.body.addLayout(row(label(self.look.say(f"{AREA}.no_sheet"), BODY_PX, tone="2"), None, self._template_button()))
        made = column(super().empty(), hint, spacing=12)
        made.setStretch(0, 1)
        return boxed(made)

    # Content ------------------------------------------------------------------------------------------------------------------------

    def content(self) -> QWidget:
        selection, prices = self.project.selection, self.project.prices
        assert selection is not None
        self._selection, self._chosen = selection, -1
        self._words = PlanWords.of(selection, prices, self.look)
        self._lower = row(self._table_card(selection), self._chart_card(selection), spacing=12)
        self._lower.setStretch(0, 1)
        self.show_feasible(self._feasible)
        self._fit_side()
        parts = [
            boxed(self._cards(selection)),
            *([problem_line(prices, self.look, self.show_problems)] if prices and doubts(prices) else []),
        ]
        made: QVBoxLayout = column(*parts, boxed(self._lower), spacing=12)
        made.setStretch(len(parts), 1)
        own = [number for number, plan in enumerate(selection.plans) if plan.platform == self.session.selected_platform]
        self.choose(own[0] if own else -1)
        return boxed(made)

    def _cards(self, selection: Selection) -> QHBoxLayout:
        cards = row(spacing=12)
        for role in ROLES:
            number = selection.recommended.get(role)
            if number is None:
                cards.addWidget(NothingCard(role, selection, self.look), 1)
            else:
                plan = selection.plans[number]
                cards.addWidget(RecommendedCard(role, plan, selection, self._words, lambda number=number: self.choose(number)), 1)
        edit = lambda: self.wanted.emit("requirement")  # noqa: E731 - a button's act
        cards.addWidget(NeedsCard(selection, self.project.requirement, self._words, edit, self.show_excluded), 1)
        return cards

    def _table_card(self, selection: Selection) -> Card:
        say, theme = self.look.say, self.look.theme
        card = Card(say(f"{AREA}.table"), " ", padding=1)
        self._table_hint = card.hint
        self._all_columns = plan_columns(self._words)
        self.table = plan_table(selection, self._words, self._all_columns)
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._from_table())
        self._columns_tool = tool("columns-3", say(f"{AREA}.columns"), theme, self._choose_columns)
        self._filter = tool("funnel", say(f"{AREA}.feasible"), theme)
        self._filter.setCheckable(True)
        self._filter.setChecked(self._feasible)
        self._filter.toggled.connect(self.show_feasible)
        supply = tool("lock-open", say(f"{AREA}.include_restricted"), theme)
        supply.setCheckable(True)
        supply.setChecked(self.project.include_restricted)
        supply.toggled.connect(lambda on: self.session.edit(f"{AREA}.did.include_restricted", include_restricted=on))
        export = tool("download", say(f"{AREA}.export"), theme, self._ask_export)
        copy = tool("copy", say(f"{AREA}.copy_table"), theme, lambda: copy_text(self.table.as_text()))
        has_lines = any(plan.costs is not None for plan in selection.plans)
        money = tool("coins", say(f"{AREA}.money.title"), theme, self.show_money)
        money.setEnabled(has_lines)
        flips = tool("scale", say(f"{AREA}.money.sensitivity"), theme, self.show_sensitivity)
        flips.setEnabled(bool(selection.sensitivities))
        for control in (money, flips, supply, self._columns_tool, self._filter, copy, export):
            card.tools.addWidget(control)
        card.body.addWidget(self.table)
        self._fit_columns()
        return card

    def _chart_card(self, selection: Selection) -> Card:
        say, words, theme = self.look.say, self._words, self.look.theme
        card = Card(say(f"{AREA}.chart"), say(f"{AREA}.chart_hint"))
        kinds = dict.fromkeys(plan.kind for plan in selection.plans)
        head = row(label(say(f"{AREA}.axis", name=say(f"{AREA}.speed"), unit=words.speed.unit), 11, tone="3"), None)
        for kind in kinds:
            head.addWidget(kind_chip(kind, say(f"paraselect.kind.{kind}"), theme))
        card.body.addLayout(head)
        money = say(f"{AREA}.axis", name=say(f"{AREA}.{'per_month' if words.monthly else 'total'}"), unit=words.money.unit)
        days = self.look.number(selection.deadline_days, 0)
        limits = Limits(needed_speed(selection), say(f"{AREA}.deadline", days=days))
        speed = say(f"{AREA}.axis", name=say(f"{AREA}.speed"), unit=words.speed.unit)
        self.chart = PlanChart(self._marks(selection), limits, (words.money, words.speed), (money, speed), self.look)
        self.chart.chosen.connect(self.choose)
        card.tools.addWidget(tool("copy", say(f"{AREA}.copy_picture"), theme, lambda: copy_picture(card)))
        card.body.addWidget(self.chart, 1)
        self._side = card
        return card

    def _marks(self, selection: Selection) -> list[Mark]:
        words = self._words
        priced = [(number, plan, words.price(plan)) for number, plan in enumerate(selection.plans)]
        return [
            Mark(
                number, words.name(plan), price, plan.speed, plan.low, plan.high, plan.kind, words.tip(plan),
                bool(BEST & set(plan.tags)), "pareto" in plan.tags, "misses_deadline" in plan.tags,
            )
            for number, plan, price in priced
            if price is not None
        ]  # fmt: skip

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.has_content() and self._side is not None:
            self._fit_side()

    def _fit_side(self) -> None:
        most = SIDE_PX if self.width() < WIDE_FROM_PX else WIDE_SIDE_PX
        assert self._side is not None
        self._fit_columns()
        self._side.setFixedWidth(max(LEAST_SIDE_PX, min(most, round(SIDE_SHARE * self.width()))))

    # Choosing -----------------------------------------------------------------------------------------------------------------------

    def has_choice(self) -> bool:
        return self._chosen >= 0

    def clear_choice(self) -> None:
        self.choose(-1)

    def choose(self, number: int) -> None:
        """Mark a plan in table and chart; -1 clears."""
        if number >= 0:
            if number not in self.table.selected_rows():
                self.table.select_row(number)
            self.session.selected_platform = self._selection.plans[number].platform
        else:
            self.table.selectionModel().clear()
            self.session.selected_platform = ""
        self._chosen = number
        self.chart.choose(number)

    def _from_table(self) -> None:
        rows = self.table.selected_rows()
        if rows and self._chosen not in rows:
            self.choose(rows[0])

    # Columns, filter, lists ---------------------------------------------------------------------------------------------------------

    def show_columns(self, keys: Sequence[str]) -> None:
        """Show these columns of the table."""
        self._columns = tuple(keys)
        self._fit_columns()

    def _fit_columns(self) -> None:
        keys = self._columns or (SHOWN_AT_FIRST if self.width() < WIDE_FROM_PX else SHOWN_WIDE)
        self.table.show_columns([place for place, one in enumerate(self._all_columns) if one.key in keys])

    def _choose_columns(self) -> None:
        shown = [one.key for place, one in enumerate(self._all_columns) if not self.table.isColumnHidden(place)]
        menu = QMenu(self)
        for one in self._all_columns[1:]:
            act = menu.addAction(one.column.name)
            act.setCheckable(True)
            act.setChecked(one.key in shown)
            act.toggled.connect(lambda on, key=one.key: self.show_columns([*shown, key] if on else [name for name in shown if name != key]))
        menu.popup(self._columns_tool.mapToGlobal(QPoint(0, self._columns_tool.height() + 2)))

    def show_feasible(self, only: bool) -> None:
        """Show only the plans that nothing bars, or all."""
        self._feasible = only
        plans = self._selection.plans
        kept = [number for number, plan in enumerate(plans) if is_open(plan)]
        self.table.keep(kept if only else None)
        self.chart.keep(kept if only else None)
        if only and self._chosen >= 0 and self._chosen not in kept:
            self.choose(-1)
        code, params = ("table_filtered", {"shown": len(kept), "all": len(plans)}) if only else ("table_hint", {"count": len(plans)})
        self._table_hint.setText(self.look.say(f"{AREA}.{code}", **params))

    def show_excluded(self) -> None:
        """List what is in no plan, and why."""
        say = self.look.say
        rows = [
            (Cell(full_name(gone.platform, self.look)), _long(why_unpredicted(gone.platform, gone.reason, self.look)))
            for gone in self._selection.excluded
        ]
        table = Table((Column(say(f"{AREA}.excluded.platform"), width=240), Column(say(f"{AREA}.excluded.why"))), rows, self.look.theme)
        title = say(f"{AREA}.excluded.title")
        tables = [(say(f"{AREA}.excluded.hint", count=len(rows)), table)]
        TableDialog(title, tables, self.look, self, copy=say(f"{AREA}.copy_table")).open()

    def show_money(self) -> None:
        """Tell what the money of the chosen plan is made of, else of the first one."""
        plan = self._selection.plans[max(self._chosen, 0)]
        title = self.look.say(f"{AREA}.money.of", plan=self._words.name(plan))
        TableDialog(title, cost_tables(plan, self._words), self.look, self, copy=self.look.say(f"{AREA}.copy_table")).open()

    def show_sensitivity(self) -> None:
        """Tell what would flip the recommendations."""
        tables = sensitivity_tables(self._selection, self._words)
        TableDialog(self.look.say(f"{AREA}.money.sensitivity"), tables, self.look, self, copy=self.look.say(f"{AREA}.copy_table")).open()

    def show_problems(self) -> None:
        """List what was not understood in the price sheet, and what each platform name was taken for."""
        prices = self.project.prices
        assert prices is not None
        tables = problem_tables(prices, self.look)
        TableDialog(self.look.say(f"{AREA}.problems.title"), tables, self.look, self, copy=self.look.say(f"{AREA}.copy_table")).open()

    # Files --------------------------------------------------------------------------------------------------------------------------

    def _ask_export(self) -> None:
        name, _ = QFileDialog.getSaveFileName(self, self.look.say(f"{AREA}.export"), self.look.say(f"{AREA}.export_name"), "CSV (*.csv)")
        if name:
            self.export_to(Path(name))

    def export_to(self, path: Path) -> None:
        """Write the table as it is shown as CSV."""
        rows = self.table.as_rows()
        self._write(path, lambda: pipeline.write_table(path, rows))

    def _ask_template(self) -> None:
        title = self.look.say(f"{AREA}.template")
        name, _ = QFileDialog.getSaveFileName(self, title, self.look.say(f"{AREA}.template_name"), "Excel (*.xlsx)")
        if name:
            self.write_template(Path(name))

    def write_template(self, path: Path) -> None:
        """Write an empty price sheet to fill in."""
        self._write(path, lambda: pipeline.write_price_template(path, self.look.lang))

    def _write(self, path: Path, work: Callable[[], None]) -> None:
        told = message("gui.told.written", name=path.name)
        self.session.jobs.start("gui.job.write", lambda _progress: work(), lambda _none: self.session.told.emit(told, False))


def _long(text: str) -> Cell:
    return Cell(text, tip=text)
