"""性能预测: every platform with its interval, the terms of the formula, predicted against measured."""

from collections.abc import Sequence

from PySide6.QtWidgets import QPushButton, QScrollArea, QWidget

from app.engine import pipeline
from app.engine.model.estimates import Prediction
from app.engine.model.projects import project_runs
from app.gui.page import Page
from app.gui.theme.tokens import BODY_PX
from app.gui.widgets.basics import Card, boxed, column, kind_chip, label, row
from app.gui.widgets.intervals import Band, IntervalChart
from app.gui.widgets.table import Cell, Column, Table

SIDE_PX = 440
TERMS = ("compute", "memory", "host", "fabric")


class PredictionPage(Page):
    """Page 4: how fast it runs elsewhere."""

    key, icon, stage = "prediction", "gauge", "predictions"
    shows = ("predictions", "fit", "measured")

    def has_content(self) -> bool:
        return bool(self.project.predictions)

    def about(self) -> str:
        runs = project_runs(self.project)
        return self.look.say("gui.about.prediction", case=runs[0].case, runs=len(runs)) if runs else ""

    def actions(self) -> Sequence[QPushButton]:
        return (self.next_button("plans"),)

    def content(self) -> QWidget:
        say, theme = self.look.say, self.look.theme
        self._shown = self._in_order()
        counts = [found.gpus for found in self._shown[:1]]
        unit = next((found.unit for found in self._shown if found.unit), "")
        card = Card(say("gui.card.intervals"), say("gui.intervals_hint", gpus=counts[0] if counts else "—"), padding=8)
        for kind in dict.fromkeys(found.kind for found in self._shown if found.kind):
            card.tools.addWidget(kind_chip(kind, say(f"paraselect.kind.{kind}"), theme))
        self.chart = IntervalChart([self._band(found) for found in self._shown], unit, self.look)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(boxed(column(self.chart, None)))
        scroll.viewport().setStyleSheet(f"background:{theme.surface};")
        card.body.addWidget(scroll)
        self._terms = Card(say("gui.card.terms"))
        self._terms_body = label("", BODY_PX, wrap=True, select=True)
        self._terms.body.addWidget(self._terms_body)
        self._terms.body.addStretch(1)
        side = boxed(column(self._terms, self._measured(), spacing=12))
        side.setFixedWidth(SIDE_PX)
        self.chart.chosen.connect(self._explain)
        if self._shown:
            names = [found.platform for found in self._shown]
            chosen = self.session.chosen_platform
            self.chart.choose(names.index(chosen) if chosen in names else 0)
        line = row(card, side, spacing=12)
        line.setStretch(0, 1)
        return boxed(line)

    def _in_order(self) -> list[Prediction]:
        """Return the predictions at one card count, the fastest first, those that cannot be made last."""
        counts = [found.gpus for found in self.project.predictions]
        wanted = self.project.requirement.scale_cards
        shown = wanted if wanted in counts else next(iter(counts), None)
        found = [one for one in self.project.predictions if one.gpus == shown]
        sign = -1 if not found or found[0].better == "higher" else 1
        return sorted(found, key=lambda one: (one.value is None, sign * (one.value or 0)))

    def _band(self, found: Prediction) -> Band:
        reference = {(run.platform, run.gpus) for run in project_runs(self.project)[:1]}
        name = pipeline.platforms_by_id()[found.platform].label(self.look.lang)
        told = self.look.tell(found.notes[0]) if found.notes else ""
        is_reference = (found.platform, found.gpus) in reference
        return Band(name, found.value, found.low, found.high, found.kind or "", told, found.out_of_range, is_reference)

    def _explain(self, place: int) -> None:
        found, say, figure = self._shown[place], self.look.say, self.look.figure
        self.session.selected_platform = found.platform
        name = pipeline.platforms_by_id()[found.platform].label(self.look.lang)
        lines = [name]
        if found.value is not None:
            lines.append(f"{figure(found.value)} {found.unit} ({figure(found.low)} – {figure(found.high)}) · 90 %")
        if found.k and found.terms:
            for term, k, value in zip(TERMS, found.k, found.terms, strict=False):
                lines.append(f"{say(f'paraselect.term.{term}')}:  k = {k:.3f}   k · r = {value:.3f}")
            lines.append(f"Σ = {sum(found.terms):.3f}")
        if found.error_mape is not None:
            lines.append(say("gui.loo_error", percent=f"{found.error_mape * 100:.0f}"))
        lines += [f"• {self.look.tell(note)}" for note in found.notes]
        self._terms_body.setText("\n".join(lines))

    def _measured(self) -> Card:
        say, figure = self.look.say, self.look.figure
        card = Card(say("gui.card.measured"), padding=1)
        fit = self.project.fit
        columns = (Column(say("gui.column.platform")), Column(say("gui.column.cards"), "", True, 56))
        if fit is not None:
            card.hint.setText(say("gui.fit_hint", percent=f"{fit.in_sample_mape * 100:.1f}"))
            columns += tuple(Column(say(f"gui.column.{name}"), fit.unit, True, 92) for name in ("measured", "fitted", "left_out"))
            rows = [
                (
                    Cell(self.look.product(p.platform)),
                    Cell(str(p.gpus), p.gpus),
                    *(Cell(figure(v), v or 0.0) for v in (p.measured, p.predicted, p.left_out)),
                )
                for p in fit.platforms
            ]
        else:
            columns += (Column(say("gui.column.measured"), "", True, 92), Column(say("gui.column.unit"), width=110))
            rows = [
                (
                    Cell(self.look.product(run.platform), tip=run.source),
                    Cell(str(run.gpus or "—"), run.gpus or 0),
                    Cell(figure(run.speed), run.speed or 0.0),
                    Cell(run.unit),
                )
                for run in project_runs(self.project)
            ]
        card.body.addWidget(Table(columns, rows, self.look.theme, name=say("gui.card.measured")))
        return card
