"""The timing card of the run profile: the view with its tools, the choice of channels, export, and what the trace left out."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QMenu, QToolButton

from app.engine.errors import EngineError
from app.engine.messages import message
from app.engine.model.traces import Trace
from app.engine.progress import Progress
from app.gui.look import Look
from app.gui.pages.profile_notes import NotesLine
from app.gui.session import Session
from app.gui.theme import icon
from app.gui.theme.tokens import BODY_PX
from app.gui.widgets.basics import Card, label, tool
from app.gui.widgets.channels import channels_of
from app.gui.widgets.lane_export import MOST_EVENTS, seen_events, write_events
from app.gui.widgets.lane_state import LaneState
from app.gui.widgets.timing import TimingView
from app.gui.widgets.timing_export import copy_picture, save_png, save_svg, seen, write_csv
from app.gui.widgets.timing_rows import round_text
from app.gui.widgets.timing_scene import Run, Scene, run_of
from app.gui.widgets.timing_steps import steps_of
from app.gui.widgets.timing_views import views_menu

KEPT, NOTHING_PX = "profile.scene", 140


class Kept:
    """The scene of a run and the run it was made from: zoom, region and markers outlive a change of look or of the profile."""

    def __init__(self, trace: Trace) -> None:
        self.trace, self.comparison = trace, None
        lanes = LaneState(trace.events, trace.devices) if trace.events is not None and len(trace.events) else None
        self.scene = Scene(run_from(trace), None, lanes)


def scene_of(session: Session) -> Scene:
    """Return the scene of the session's runs; a new one for another run."""
    trace, comparison = session.project.trace, session.project.comparison
    assert trace is not None
    kept = session.kept.get(KEPT)
    if not isinstance(kept, Kept) or kept.trace is not trace:
        kept = Kept(trace)
        session.kept[KEPT] = kept
    if kept.comparison is not comparison:
        kept.comparison = comparison  # type: ignore[assignment]
        kept.scene.compare(run_from(comparison) if comparison is not None else None)
    kept.scene.timeline.steps = steps_of(session.project.profile, trace)
    return kept.scene


def run_from(trace: Trace) -> Run:
    """Return the channels of a trace."""
    return run_of(channels_of(trace), trace.duration_ns)


class TimingCard(Card):
    """The card. `view` is None where the trace has nothing that changes over time."""

    def __init__(self, session: Session, look: Look) -> None:
        super().__init__(look.say("gui.card.timing"))
        self._session, self._look = session, look
        self.view: TimingView | None = None
        trace = session.project.trace
        assert trace is not None
        scene = None if trace.is_snapshot else scene_of(session)
        if scene is None or not (scene.run.channels or scene.lanes):
            code = "gui.snapshot" if trace.is_snapshot else "gui.no_series"
            self.body.addWidget(label(look.say(code), BODY_PX, tone="2", wrap=True))
            self.setMaximumHeight(NOTHING_PX)
        else:
            self.view = TimingView(scene, look, self._start)
            self.body.addWidget(self.view, 1)
            self.body.setContentsMargins(12, 0, 16, 4)
            self._tools(self.view)
            self._tell()
            self.view.rows_changed.connect(self._tell)
        notes = NotesLine(session.project, look)
        if not notes.is_empty:
            self.body.addWidget(notes)

    def _start(self, work: Callable[[Progress], object], then: Callable[[object], None], stopped: Callable[[], None]) -> object:
        return self._session.jobs.start("page_profile.job.curves", work, then, stopped)

    def _tell(self) -> None:
        view, say = self.view, self._look.say
        assert view is not None
        run = view.scene.run
        parts: list[str] = []
        if run.channels:
            shown = len({row.channel.metric for row in view.rows})
            cards = max(len(channel.series) for channel in run.channels)
            parts += [say("page_profile.mean_of_cards", count=cards)] if cards > 1 else []
            parts += [say("page_profile.channels", count=len(run.channels), shown=shown), rate_text(run, self._look)]
        elif view.scene.lanes is not None:
            parts.append(say("page_lanes.events", count=self._look.number(len(view.scene.lanes.events), 0)))
            steps = view.timeline.steps
            parts += [say("page_lanes.steps", count=len(steps))] if steps else []
        parts.append(f"{round_text(float(f'{run.duration_s:.4g}'))} s")
        self.hint.setText(" · ".join(filter(None, parts)))

    # Tools -------------------------------------------------------------------------------------------------------------------------

    def _tools(self, view: TimingView) -> None:
        say, theme = self._look.say, self._look.theme
        self._channels = tool("list-checks", say("page_profile.tool.channels"), theme)
        self._channels.clicked.connect(lambda: _below(self.channel_menu(), self._channels))
        self._views = tool("bookmark", say("page_lanes.views.tip"), theme)
        self._views.clicked.connect(lambda: _below(views_menu(view, self), self._views))
        cross = tool("crosshair", say("page_profile.tool.crosshair"), theme)
        cross.setCheckable(True)
        cross.setChecked(view.canvas.shows_crosshair)
        cross.toggled.connect(self._show_crosshair)
        parts = [
            *([self._channels] if view.scene.run.channels else []),
            *([tool("search", say("page_lanes.find_tip"), theme, view.search.open_bar)] if view.search else []),
            cross,
            tool("brackets", say("page_profile.tool.region"), theme, view.timeline.toggle_region),
            tool("flag", say("page_profile.tool.marker"), theme, view.mark),
            tool("zoom-in", say("page_profile.tool.zoom_in"), theme, lambda: view.timeline.zoom(0.7)),
            tool("zoom-out", say("page_profile.tool.zoom_out"), theme, lambda: view.timeline.zoom(1 / 0.7)),
            tool("maximize", say("page_profile.tool.fit"), theme, view.timeline.fit),
            self._views,
            tool("copy", say("gui.tool.copy_picture"), theme, lambda: copy_picture(view)),
        ]
        export = tool("download", say("page_profile.tool.export"), theme)
        export.clicked.connect(lambda: _below(self.export_menu(), export))
        for part in (*parts, export):
            self.tools.addWidget(part)

    def _show_crosshair(self, shown: bool) -> None:
        assert self.view is not None
        for canvas in (self.view.canvas, self.view.pinned):
            canvas.shows_crosshair = shown
            canvas.update()
        self.view.axis.update()

    def channel_menu(self) -> QMenu:
        """Return the choice of channels: curves of every metric, heat maps of those with several devices."""
        view, say = self.view, self._look.say
        assert view is not None
        menu = _menu(self)
        heat = menu.addMenu(icon("grid-3x3", self._look.theme.text2), say("page_profile.heat_maps"))
        menu.addSeparator()
        for channel in view.scene.run.channels:
            name = say(f"proposing.metric.{channel.metric}")
            for target, is_heat in ((menu, False), (heat, True)):
                if is_heat and len(channel.series) < 2:
                    continue
                action = target.addAction(name)
                action.setCheckable(True)
                action.setChecked(view.shows(channel.metric, heat=is_heat))
                action.toggled.connect(lambda on, metric=channel.metric, is_heat=is_heat: view.choose(metric, on, heat=is_heat))
        return menu

    def export_menu(self) -> QMenu:
        """Return what the view can be saved as."""
        say, menu = self._look.say, _menu(self)
        view = self.view
        assert view is not None
        acts = [("png", self._save_png), ("svg", self._save_svg)]
        acts += [("csv", self._save_csv)] if view.scene.run.channels else []
        for code, act in acts:
            menu.addAction(say(f"page_profile.save.{code}"), lambda code=code, act=act: self._ask(code, act))
        if view.scene.lanes is not None:
            menu.addAction(say("page_lanes.save"), lambda: self._ask("csv", self._save_events, "page_lanes.save"))
        menu.addSeparator()
        menu.addAction(icon("copy", self._look.theme.text2), say("gui.tool.copy_picture"), lambda: copy_picture(view))
        menu.addAction(say("page_profile.save.statistics"), self._copy_statistics)
        return menu

    def _copy_statistics(self) -> None:
        from PySide6.QtGui import QGuiApplication

        assert self.view is not None
        QGuiApplication.clipboard().setText(self.view.statistics_text())

    def _ask(self, code: str, act: Callable[[Path], None], title: str = "") -> None:
        words = self._look.say(title or f"page_profile.save.{code}")
        name, _ = QFileDialog.getSaveFileName(self, words, f"timing.{code}", f"{code.upper()} (*.{code})")
        if not name:
            return
        try:
            act(Path(name))
        except EngineError as error:
            self._session.failed.emit(error)

    def _save_png(self, path: Path) -> None:
        assert self.view is not None
        save_png(self.view, path)
        self._written(path)

    def _save_svg(self, path: Path) -> None:
        assert self.view is not None
        save_svg(self.view, path)
        self._written(path)

    def _save_csv(self, path: Path) -> None:
        assert self.view is not None
        columns = seen(self.view)
        self._session.jobs.start("gui.job.write", lambda progress: write_csv(columns, path, progress), lambda _count: self._written(path))

    def _save_events(self, path: Path) -> None:
        assert self.view is not None
        table, note = seen_events(self.view), self._look.say("page_lanes.capped", count=self._look.number(MOST_EVENTS, 0))
        self._session.jobs.start("gui.job.write", lambda _progress: write_events(table, path, note), lambda _count: self._written(path))

    def _written(self, path: Path) -> None:
        self._session.told.emit(message("gui.told.written", name=path.name), False)


def rate_text(run: Run, look: Look) -> str:
    """Return how often was sampled: "1 Hz", or the distance where samples are further apart than a second."""
    longest = max((one for channel in run.channels for one in channel.series), key=lambda one: len(one.time_ns))
    step_s = float(np.median(np.diff(longest.time_ns[:4097]))) / 1e9
    if step_s <= 0:
        return ""
    return look.say("page_profile.every", seconds=f"{step_s:.3g}") if step_s > 1.001 else f"{round_text(float(f'{1 / step_s:.3g}'))} Hz"


def _menu(parent: Card) -> QMenu:
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    return menu


def _below(menu: QMenu, control: QToolButton) -> None:
    menu.popup(control.mapToGlobal(control.rect().bottomLeft()))
