"""选型方案: the two recommended plans first, then all plans, speed against price, and what was left out and why."""

from collections.abc import Sequence

import pyqtgraph as pg
from PySide6.QtWidgets import QPushButton, QScrollArea, QWidget

from app.engine import pipeline
from app.engine.model.plans import Plan, Selection
from app.gui.page import Page
from app.gui.theme import font
from app.gui.theme.tokens import BODY_PX, CAPTION_PX, PLAN_PX, SMALL_PX, TITLE_PX
from app.gui.widgets.basics import Card, boxed, button, chip, column, kind_chip, label, picture, row
from app.gui.widgets.table import Cell, Column, Table

SIDE_PX = 360
BEST = {"highest_performance", "best_price_performance"}
ROLES = (("highest_performance", "trophy"), ("best_price_performance", "scale"))


class PlansPage(Page):
    """Page 5: what to buy or rent."""

    key, icon, stage = "plans", "scale", "selection"
    shows = ("selection", "prices", "requirement")

    def has_content(self) -> bool:
        return self.project.selection is not None

    def about(self) -> str:
        prices, selection = self.project.prices, self.project.selection
        if prices is None or selection is None:
            return ""
        return self.look.say("gui.about.plans", file=prices.file, plans=len(selection.plans), excluded=len(selection.excluded))

    def actions(self) -> Sequence[QPushButton]:
        return (button(self.look.say("gui.copy_table"), self.look.theme, self._copy, symbol="copy"), self.next_button("proposal"))

    def content(self) -> QWidget:
        selection = self.project.selection
        assert selection is not None
        cards = row(spacing=12)
        for role, symbol in ROLES:
            if role in selection.recommended:
                cards.addWidget(self._recommended(selection.plans[selection.recommended[role]], role, symbol), 1)
        cards.addWidget(self._needs(selection), 1)
        top = boxed(cards)
        top.setFixedHeight(200)
        lower = row(self._table(selection), self._side(selection), spacing=12)
        lower.setStretch(0, 1)
        return boxed(column(top, boxed(lower), spacing=12))

    def _name(self, plan: Plan) -> str:
        return f"{plan.gpus} × {self.look.product(plan.platform)}"

    def _recommended(self, plan: Plan, role: str, symbol: str) -> Card:
        say, theme, number = self.look.say, self.look.theme, self.look.number
        card = Card()
        head = row(picture(symbol, theme.accent, 18), label(say(f"selecting.tag.{role}"), BODY_PX, tone="accent"), None)
        head.addWidget(kind_chip(plan.kind, say(f"paraselect.kind.{plan.kind}"), theme))
        card.body.addLayout(head)
        card.body.addWidget(label(self._name(plan), PLAN_PX, bold=True))
        price, unit = self.look.money(plan.total_price if plan.total_price is not None else plan.price_per_month)
        low, high = (self.look.money(value)[0] for value in (plan.total_low, plan.total_high))
        figures = row(spacing=24)
        shown = [(say("gui.column.total_price"), price, unit, f"{low} – {high}")]
        if plan.duration_days is not None:
            band = f"{number(plan.duration_low_days)} – {number(plan.duration_high_days)}"
            shown.append((say("gui.column.duration"), number(plan.duration_days), say("gui.unit.days"), band))
        shown.append(
            (
                say("gui.column.speed"),
                self.look.figure(plan.speed),
                plan.speed_unit,
                f"{self.look.figure(plan.low)} – {self.look.figure(plan.high)}",
            )
        )
        for caption, value, unit_word, band in shown:
            box = column(
                label(caption, CAPTION_PX, tone="3"),
                boxed(row(label(value, TITLE_PX, bold=True), label(unit_word, CAPTION_PX, tone="2"), None, spacing=4)),
            )
            box.addWidget(label(band, CAPTION_PX, tone="3"))
            box.setSpacing(2)
            figures.addLayout(box)
        figures.addStretch(1)
        card.body.addLayout(figures)
        if plan.reasons:
            card.body.addWidget(label(self.look.tell(plan.reasons[0]), SMALL_PX, tone="2", wrap=True))
        card.body.addStretch(1)
        return card

    def _needs(self, selection: Selection) -> Card:
        say, number, wish = self.look.say, self.look.number, self.project.requirement
        card = Card(say("gui.card.needs"))
        budget, unit = self.look.money(selection.budget)
        lines = (
            (say("gui.field.work"), f"{self.look.figure(selection.work_amount)} {selection.work_unit}"),
            (say("gui.field.duration_days"), f"{number(selection.deadline_days, 0)} {say('gui.unit.days')}"),
            (say("gui.field.budget"), f"{budget} {unit}"),
            (say("gui.field.domestic_only"), say("gui.yes" if wish.domestic_only else "gui.no")),
        )
        for name, value in lines:
            card.body.addLayout(row(label(name, SMALL_PX, tone="2"), None, label(value, BODY_PX)))
        card.body.addStretch(1)
        return card

    def _table(self, selection: Selection) -> Card:
        say = self.look.say
        card = Card(say("gui.card.plans"), padding=1)
        unit = self.look.money(0)[1]
        speeds = {plan.speed_unit for plan in selection.plans}
        unit_of_speed = speeds.pop() if len(speeds) == 1 else ""
        columns = (
            Column(say("gui.column.plan")), Column(say("gui.column.mark"), width=132),
            Column(say("gui.column.total_price"), unit, True, 72),
            Column(say("gui.column.duration"), say("gui.unit.days"), True, 72), Column(say("gui.column.speed"), unit_of_speed, True, 84),
            Column(say("gui.column.price_performance"), say("gui.unit.of_best"), True, 72),
            Column(say("gui.column.available"), say("gui.unit.cards"), True, 64), Column(say("gui.column.delivery"), width=68),
            Column(say("gui.column.valid"), width=86),
        )  # fmt: skip
        rows = [self._row(plan) for plan in selection.plans]
        self.table = Table(columns, rows, self.look.theme, row_px=38, name=say("gui.card.plans"))
        card.body.addWidget(self.table)
        return card

    def _row(self, plan: Plan) -> tuple[Cell, ...]:
        say, number, figure = self.look.say, self.look.number, self.look.figure
        late, best = "misses_deadline" in plan.tags, bool(BEST & set(plan.tags))
        marks = " · ".join(say(f"selecting.tag.{tag}") for tag in plan.tags)
        tip = "\n".join([plan.configuration, *(self.look.tell(note) for note in (*plan.reasons, *plan.notes))])
        band = f"{figure(plan.low)} – {figure(plan.high)} · {say(f'paraselect.kind.{plan.kind}')}"
        relative, price = plan.price_performance_relative, self.look.money(plan.total_price)[0]
        return (
            Cell(self._name(plan), tip=tip, quiet=late, bold=best), Cell(marks, tip=marks),
            Cell(price, plan.total_price or 0.0, plan.price.cell),
            Cell(number(plan.duration_days), plan.duration_days or 0.0, quiet=late), Cell(figure(plan.speed), plan.speed, band),
            Cell(figure(relative), relative or 0.0), Cell(number(plan.available_cards, 0), plan.available_cards or -1),
            Cell(plan.delivery or "—"), Cell(str(plan.valid_until or "—")),
        )  # fmt: skip

    def _side(self, selection: Selection) -> QWidget:
        say, theme = self.look.say, self.look.theme
        chart = Card(say("gui.card.price_speed"), say("gui.price_speed_hint"), padding=8)
        chart.body.addWidget(self._chart(selection))
        left_out = Card(say("gui.card.excluded"), str(len(selection.excluded)))
        for exclusion in selection.excluded:
            platform = pipeline.platforms_by_id().get(exclusion.platform)
            name = platform.label(self.look.lang) if platform else exclusion.platform
            left_out.body.addWidget(label(name, SMALL_PX, bold=True))
            left_out.body.addWidget(label(self.look.tell(exclusion.reason), SMALL_PX, tone="2", wrap=True))
        for problem in self.project.prices.problems if self.project.prices else ():
            line = row(chip(problem.cell, theme.bad, theme.bad_soft), label(self.look.tell(problem.what), SMALL_PX, wrap=True))
            line.setStretch(1, 1)
            left_out.body.addLayout(line)
        left_out.body.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(boxed(column(left_out), "pageBody"))
        side = boxed(column(chart, scroll, spacing=12))
        side.setFixedWidth(SIDE_PX)
        return side

    def _chart(self, selection: Selection) -> QWidget:
        theme, unit = self.look.theme, self.look.money(0)[1]
        plot = pg.PlotWidget(background=theme.surface)
        plot.setMinimumHeight(200)
        plot.setMenuEnabled(False)
        plot.hideButtons()
        plot.setFrameShape(plot.Shape.NoFrame)
        for side in ("left", "bottom"):
            axis = plot.getAxis(side)
            axis.setPen(pg.mkPen(theme.border))
            axis.setTextPen(pg.mkPen(theme.text3))
            axis.setStyle(tickFont=font(CAPTION_PX), tickLength=0)
        scale = 1e4 if self.look.lang == "zh" else 1e3
        points = [(plan.total_price / scale, plan.speed, plan) for plan in selection.plans if plan.total_price is not None]
        speed_unit = selection.plans[0].speed_unit if selection.plans else ""
        words = {"font-size": f"{CAPTION_PX}px", "color": theme.text3}
        plot.setLabel("bottom", f"{self.look.say('gui.column.total_price')} · {unit}", **words)
        plot.setLabel("left", f"{self.look.say('gui.column.speed')} · {speed_unit}", **words)
        front = sorted((price, speed) for price, speed, plan in points if "pareto" in plan.tags)
        if front:
            plot.plot(*zip(*front, strict=True), pen=pg.mkPen(theme.other, width=1.2, style=pg.QtCore.Qt.PenStyle.DashLine))
        for price, speed, plan in points:
            best = bool(BEST & set(plan.tags))
            brush, size = pg.mkBrush(theme.accent if best else theme.other), 11 if best else 8
            spot = pg.ScatterPlotItem([price], [speed], size=size, brush=brush, pen=pg.mkPen(theme.surface))
            spot.setToolTip(f"{self._name(plan)}\n{price:.1f} {unit} · {self.look.figure(speed)} {plan.speed_unit}")
            plot.addItem(spot)
            if best:
                name = pg.TextItem(self._name(plan), color=theme.text2, anchor=(0, 1.2))
                name.setFont(font(CAPTION_PX))
                name.setPos(price, speed)
                plot.addItem(name, ignoreBounds=True)
        plot.getPlotItem().vb.setDefaultPadding(0.12)
        return plot

    def _copy(self) -> None:
        from PySide6.QtGui import QGuiApplication

        QGuiApplication.clipboard().setText(self.table.as_text())
