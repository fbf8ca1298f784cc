"""运行特征: the timing of a run, its operators; at the right what holds it back and its radar."""

from collections.abc import Sequence

from PySide6.QtWidgets import QFileDialog, QPushButton, QScrollArea, QWidget

from app.engine import pipeline
from app.engine.model.profiles import Axis, Profile
from app.gui.page import Page
from app.gui.theme.tokens import BODY_PX, PLAN_PX, SMALL_PX
from app.gui.widgets.basics import Card, boxed, button, chip, column, label, row, rule, tool
from app.gui.widgets.radar import Radar
from app.gui.widgets.table import Cell, Column, Table
from app.gui.widgets.timing import TimingView

SIDE_PX = 392


class ProfilePage(Page):
    """Page 2: what kind of load this is."""

    key, icon, stage = "profile", "activity", "profile"
    shows = ("trace", "profile")

    def has_content(self) -> bool:
        return self.project.trace is not None

    def about(self) -> str:
        trace = self.project.trace
        if trace is None:
            return self.look.say("gui.about.profile")
        names = trace.files[0].name + (f" +{len(trace.files) - 1}" if len(trace.files) > 1 else "")
        devices = len([device for device in trace.devices if device.kind == "gpu"])
        return self.look.say("gui.about.trace", files=names, devices=devices, seconds=f"{trace.duration_ns / 1e9:.4g}")

    def actions(self) -> Sequence[QPushButton]:
        say, theme = self.look.say, self.look.theme
        choose = button(say("gui.import"), theme, lambda: self.wanted.emit("choose"), symbol="upload")
        report = button(say("gui.profile_report"), theme, self._report, symbol="file-text")
        report.setEnabled(self.project.profile is not None)
        return (choose, report, self.next_button("assessment"))

    def content(self) -> QWidget:
        left, right = [self._timing()], []
        profile = self.project.profile
        if profile is not None:
            if profile.operators:
                left.append(self._operators(profile))
            right = [self._conclusion(profile), self._radar(profile)]
        side = QScrollArea()
        side.setWidgetResizable(True)
        side.setWidget(boxed(column(*right, spacing=12), "pageBody"))
        side.setFixedWidth(SIDE_PX)
        line = row(boxed(column(*left, spacing=12)), side, spacing=12)
        line.setStretch(0, 1)
        return boxed(line)

    def _timing(self) -> Card:
        trace, say, theme = self.project.trace, self.look.say, self.look.theme
        assert trace is not None
        card = Card(say("gui.card.timing"))
        view = TimingView(trace, self.look)
        shown = len(view.plots)
        card.hint.setText(say("gui.timing_hint", channels=len(view.channels), shown=min(shown, len(view.channels))))
        if not view.plots:
            card.body.addWidget(label(say("gui.snapshot" if trace.is_snapshot else "gui.no_series"), BODY_PX, tone="2", wrap=True))
            card.body.addStretch(1)
            return card
        acts = (("zoom-in", "zoom_in", lambda: view.zoom(0.7)), ("zoom-out", "zoom_out", lambda: view.zoom(1 / 0.7)))
        acts += (
            ("maximize", "fit", view.fit),
            ("flag", "region_key", view.toggle_region),
            ("copy", "copy_picture", lambda: copy_picture(view)),
        )
        for symbol, code, act in acts:
            card.tools.addWidget(tool(symbol, say(f"gui.tool.{code}"), theme, act))
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(view)
        view.setStyleSheet(f"TimingView {{ background:{theme.surface}; }}")
        scroll.viewport().setStyleSheet(f"background:{theme.surface};")
        card.body.addWidget(scroll)
        self.timing = view
        return card

    def _operators(self, profile: Profile) -> Card:
        say, look = self.look.say, self.look
        total = sum(one.device_time_s for one in profile.operators)
        card = Card(say("gui.card.operators"), say("gui.operators_hint", count=len(profile.operators), seconds=f"{total:.4g}"), padding=1)
        columns = (
            Column(say("gui.column.operator")), Column(say("gui.column.category"), width=110),
            Column(say("gui.column.calls"), "", True, 80),
            Column(say("gui.column.device_time"), "s", True, 110), Column(say("gui.column.share"), "%", True, 150),
        )  # fmt: skip
        rows = [
            (
                Cell(one.name, tip=one.name), Cell(one.category), Cell(look.number(one.calls, 0), one.calls),
                Cell(look.figure(one.device_time_s, 4), one.device_time_s), Cell(f"{one.share * 100:.1f}", one.share, share=one.share),
            )
            for one in profile.operators[:2000]
        ]  # fmt: skip
        table = Table(columns, rows, self.look.theme, name=say("gui.card.operators"))
        table.setMinimumHeight(160)
        card.body.addWidget(table)
        return card

    def _conclusion(self, profile: Profile) -> Card:
        say, tell, theme = self.look.say, self.look.tell, self.look.theme
        card = Card(say("gui.card.bottleneck"))
        card.body.addWidget(label(say(f"profiling.class.{profile.load_class}"), PLAN_PX, bold=True))
        for text in profile.bottleneck.evidence:
            card.body.addWidget(label(f"• {tell(text)}", SMALL_PX, tone="2", wrap=True))
        if profile.advice:
            card.body.addWidget(rule(theme))
        for advice in profile.advice:
            ink, ground = {"high": (theme.bad, theme.bad_soft), "medium": (theme.warn, theme.warn_soft)}.get(
                advice.severity, (theme.unk, theme.unk_soft)
            )
            line = row(chip(say(f"profiling.severity.{advice.severity}"), ink, ground))
            line.addWidget(label(tell(advice.text), SMALL_PX, wrap=True), 1)
            card.body.addLayout(line)
        for warning in profile.warnings:
            card.body.addWidget(label(tell(warning), SMALL_PX, tone="warn", wrap=True))
        return card

    def _radar(self, profile: Profile) -> Card:
        say = self.look.say
        card = Card(say("gui.card.radar"), say("gui.radar_hint"))
        card.body.addWidget(Radar(profile.axes, self.look))
        columns = (Column(say("gui.column.axis")), Column(say("gui.stat.mean"), "%", True, 70), Column("P95", "%", True, 70))
        columns += (Column(say("gui.column.state"), width=90),)
        table = Table(columns, [self._axis_row(axis) for axis in profile.axes], self.look.theme, row_px=26, name=say("gui.card.radar"))
        table.setFixedHeight(42 + 26 * len(profile.axes))
        card.body.addWidget(table)
        return card

    def _axis_row(self, axis: Axis) -> tuple[Cell, ...]:
        say, tip = self.look.say, self.look.tell(axis.source)
        percent = [None if value is None else value * 100 for value in (axis.value, axis.p95)]
        cells = [Cell(self.look.number(value), -1.0 if value is None else value, tip, quiet=value is None) for value in percent]
        glyph = {"measured": "●", "estimated": "○"}.get(axis.state, "◌")
        return (Cell(say(f"profiling.axis.{axis.name}"), tip=tip), *cells, Cell(f"{glyph} {say(f'profiling.state.{axis.state}')}", tip=tip))

    def _report(self) -> None:
        trace, profile = self.project.trace, self.project.profile
        name, _ = QFileDialog.getSaveFileName(self, self.look.say("gui.profile_report"), "profile.pdf", "PDF (*.pdf)")
        if name and trace and profile:
            from pathlib import Path

            from app.engine.messages import message

            workload, lang = self.project.workload, self.look.lang
            self.session.jobs.start(
                "gui.job.write",
                lambda _progress: pipeline.write_profile_report(trace, profile, workload, Path(name), lang),
                lambda _pages: self.session.told.emit(message("gui.told.written", name=name), False),
            )


def copy_picture(widget: QWidget) -> None:
    """Put a picture of a widget on the clipboard."""
    from PySide6.QtGui import QGuiApplication

    QGuiApplication.clipboard().setPixmap(widget.grab())
