"""The timing view: stacked curves on one time axis, a heat map of the devices, a region with its statistics, a crosshair.

Keys while it has the focus: W S zoom, A D pan, arrows move the cursor, F fit, R region on or off, Backspace back one zoom.
"""

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QKeyEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from app.engine.model.traces import Trace
from app.gui.look import Look
from app.gui.theme.tokens import BODY_PX, CAPTION_PX, SMALL_PX
from app.gui.widgets.basics import boxed, column, label
from app.gui.widgets.channels import Channel, channels_of
from app.gui.widgets.timing_rows import MOST_HEAT_ROWS, CurvePlot, HeatPlot

ROW_PX, HEAT_ROW_PX, MOST_SHOWN = 62, 13, 5
NAME_PX, STATS_PX = 128, 176


class TimingView(QWidget):
    """All rows of one trace. `region_s` is the chosen region, None for the whole run."""

    region_changed = Signal(object)

    def __init__(self, trace: Trace, look: Look) -> None:
        super().__init__()
        self.look = look
        self.duration_s = max(trace.duration_ns / 1e9, 1e-9)
        self.channels = channels_of(trace)
        self.region_s: tuple[float, float] | None = None
        self._past: list[tuple[float, float]] = []
        self._regions: list[pg.LinearRegionItem] = []
        self._lines: list[pg.InfiniteLine] = []
        self.plots: list[pg.PlotWidget] = []
        self._numbers: list[tuple[Channel, list[QLabel]]] = []
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(0)
        self._grid.setColumnStretch(1, 1)
        self._said = label("", CAPTION_PX, tone="accent")
        self._grid.addWidget(self._said, 0, 1)
        heads = [look.say(f"gui.stat.{name}") for name in ("mean", "p95", "max")]
        self._grid.addWidget(self._stats_row(heads)[0], 0, 2)
        for place, channel in enumerate(self.channels[:MOST_SHOWN]):
            self._add_curve(channel, look.theme.data[place % len(look.theme.data)])
        many = next((channel for channel in self.channels if len(channel.series) > 1), None)
        if many is not None:
            self._add_heat(many)
        self._finish()

    # Building ----------------------------------------------------------------------------------------------------------------------

    def _add_curve(self, channel: Channel, colour: str) -> None:
        say = self.look.say
        plot = CurvePlot(channel, colour, self.look)
        plot.setFixedHeight(ROW_PX)
        name = label(f"■ {say(f'proposing.metric.{channel.metric}')}", SMALL_PX)
        name.setStyleSheet(f"color:{self.look.theme.text};")
        state = f"{'●' if channel.state == 'measured' else '○'} {say(f'profiling.state.{channel.state}')} · {channel.unit or '%'}"
        words = boxed(column(None, name, label(state, CAPTION_PX, tone="3"), None, spacing=2))
        square = QColor(colour).name()
        name.setTextFormat(Qt.TextFormat.RichText)
        name.setText(f"<span style='color:{square}'>■</span> {say(f'proposing.metric.{channel.metric}')}")
        self._add_row(words, plot, channel)

    def _add_heat(self, channel: Channel) -> None:
        say, count = self.look.say, len(channel.series)
        plot = HeatPlot(channel, self.duration_s, self.look)
        plot.setFixedHeight(min(count, MOST_HEAT_ROWS) * HEAT_ROW_PX + 10)
        name = label(say(f"proposing.metric.{channel.metric}"), SMALL_PX)
        words = [name, label(say("gui.heat_rows", count=count), CAPTION_PX, tone="3")]
        means = [(float(np.nanmean(one.values)) if np.isfinite(one.values).any() else np.inf, one.device) for one in channel.series]
        worst = min(means)
        if np.isfinite(worst[0]):
            told = say("gui.slowest", device=worst[1], value=f"{worst[0] * channel.scale:.1f}", unit=channel.unit or "%")
            words.append(label(told, CAPTION_PX, bold=True, tone="warn"))
        self._add_row(boxed(column(*words, None, spacing=2)), plot, None)

    def _add_row(self, words: QWidget, plot: pg.PlotWidget, channel: Channel | None) -> None:
        place = len(self.plots) + 1
        words.setFixedWidth(NAME_PX)
        self._grid.addWidget(words, place, 0)
        self._grid.addWidget(plot, place, 1)
        if channel is not None:
            box, labels = self._stats_row(["—"] * 3, whole=channel)
            self._numbers.append((channel, labels))
            self._grid.addWidget(box, place, 2)
        self.plots.append(plot)

    def _stats_row(self, texts: list[str], whole: Channel | None = None) -> tuple[QWidget, list[QLabel]]:
        made, labels = QWidget(), []
        made.setFixedWidth(STATS_PX)
        grid = QGridLayout(made)
        grid.setContentsMargins(8, 2, 8, 2)
        grid.setSpacing(2)
        for place, text in enumerate(texts):
            labels.append(label(text, BODY_PX if whole else CAPTION_PX, tone="" if whole else "3"))
            grid.addWidget(labels[-1], 0, place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            grid.setColumnStretch(place, 1)
        if whole is not None:
            told = whole.statistics(0, int(self.duration_s * 1e9) + 1)
            for place, value in enumerate(told or (None,) * 3):
                grid.addWidget(label(self.look.figure(value), CAPTION_PX, tone="3"), 1, place, Qt.AlignmentFlag.AlignRight)
        return made, labels

    def _finish(self) -> None:
        if not self.plots:
            return
        theme, first = self.look.theme, self.plots[0]
        accent = QColor(theme.accent)
        accent.setAlphaF(0.10)
        for plot in self.plots:
            if plot is not first:
                plot.setXLink(first)
            region = pg.LinearRegionItem((0, self.duration_s), brush=accent, pen=pg.mkPen(theme.accent), swapMode="sort")
            region.hide()
            region.sigRegionChanged.connect(self._region_moved)
            plot.addItem(region)
            self._regions.append(region)
            line = pg.InfiniteLine(angle=90, pen=pg.mkPen(theme.text2, style=Qt.PenStyle.DashLine))
            line.hide()
            plot.addItem(line, ignoreBounds=True)
            self._lines.append(line)
            plot.setLimits(xMin=-self.duration_s * 0.02, xMax=self.duration_s * 1.02, minXRange=self.duration_s * 1e-6)
            plot.scene().sigMouseMoved.connect(lambda spot, plot=plot: self._hover(plot, spot))
            plot.viewport().installEventFilter(self)
        bottom = self.plots[-1].getAxis("bottom")
        bottom.setStyle(showValues=True)
        bottom.setHeight(28)
        self.plots[-1].setFixedHeight(self.plots[-1].minimumHeight() + 24)
        self._cursor = label("", CAPTION_PX, tone="2")
        self._grid.addWidget(self._cursor, len(self.plots) + 1, 1)
        self._grid.setRowStretch(len(self.plots) + 2, 1)
        self.fit()
        self._tell_numbers()

    # Moving ------------------------------------------------------------------------------------------------------------------------

    def fit(self) -> None:
        """Show the whole run."""
        self._go(0.0, self.duration_s)

    def zoom(self, factor: float, around_s: float | None = None) -> None:
        """Zoom the time axis: factor < 1 goes in."""
        start, end = self.plots[0].viewRange()[0]
        middle = (start + end) / 2 if around_s is None else around_s
        self._go(middle - (middle - start) * factor, middle + (end - middle) * factor)

    def pan(self, share: float) -> None:
        """Move by a share of what is seen."""
        start, end = self.plots[0].viewRange()[0]
        self._go(start + share * (end - start), end + share * (end - start))

    def _go(self, start: float, end: float) -> None:
        self._past = [*self._past[-50:], tuple(self.plots[0].viewRange()[0])]
        self.plots[0].setXRange(start, end, padding=0)

    def back(self) -> None:
        """Return to the view before the last move."""
        if len(self._past) > 1:
            self.plots[0].setXRange(*self._past.pop(), padding=0)

    def set_region(self, region_s: tuple[float, float] | None) -> None:
        """Choose a region of the run; None chooses all of it."""
        self.region_s = region_s
        for item in self._regions:
            item.blockSignals(True)
            item.setVisible(region_s is not None)
            if region_s is not None:
                item.setRegion(region_s)
            item.blockSignals(False)
        self._tell_numbers()
        self.region_changed.emit(region_s)

    def toggle_region(self) -> None:
        """Put a region on the middle half of what is seen, or take it away."""
        start, end = self.plots[0].viewRange()[0]
        self.set_region(None if self.region_s else (start + (end - start) / 4, end - (end - start) / 4))

    def _region_moved(self, item: pg.LinearRegionItem) -> None:
        start, end = item.getRegion()
        self.set_region((max(0.0, start), min(self.duration_s, end)))

    def _tell_numbers(self) -> None:
        start, end = self.region_s or (0.0, self.duration_s)
        say = self.look.say
        self._said.setText(say("gui.region", start=f"{start:.4g}", end=f"{end:.4g}", delta=f"{end - start:.4g}") if self.region_s else "")
        for channel, labels in self._numbers:
            told = channel.statistics(int(start * 1e9), int(end * 1e9) + 1)
            for text, value in zip(labels, told or (None,) * 3, strict=True):
                text.setText(self.look.figure(value))

    def _hover(self, plot: pg.PlotWidget, spot: QPointF) -> None:
        self.set_cursor(plot.getPlotItem().vb.mapSceneToView(spot).x())

    def set_cursor(self, time_s: float) -> None:
        """Put the crosshair at a time and say what every curve reads there."""
        time_s = min(max(time_s, 0.0), self.duration_s)
        for line in self._lines:
            line.setPos(time_s)
            line.show()
        told = [f"{time_s:.4g} s"]
        for channel, _labels in self._numbers:
            place = min(int(np.searchsorted(channel.pyramid.time_ns, int(time_s * 1e9))), len(channel.pyramid.values) - 1)
            name = self.look.say(f"proposing.metric.{channel.metric}")
            told.append(f"{name} {self.look.figure(float(channel.pyramid.values[place]))} {channel.unit or '%'}")
        self._cursor.setText(" · ".join(told))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(event.key())  # type: ignore[call-overload]
        acts = {
            Qt.Key.Key_W: lambda: self.zoom(0.7), Qt.Key.Key_S: lambda: self.zoom(1 / 0.7), Qt.Key.Key_A: lambda: self.pan(-0.2),
            Qt.Key.Key_D: lambda: self.pan(0.2), Qt.Key.Key_F: self.fit, Qt.Key.Key_R: self.toggle_region, Qt.Key.Key_Backspace: self.back,
        }  # fmt: skip
        act = acts.get(event.key())  # type: ignore[call-overload]
        if not self.plots or (act is None and step is None):
            super().keyPressEvent(event)
        elif act is not None:
            act()
        else:
            start, end = self.plots[0].viewRange()[0]
            self.set_cursor(self._lines[0].value() + step * (end - start) / 200)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.MouseButtonPress:
            self.setFocus(Qt.FocusReason.MouseFocusReason)
        if event.type() == QEvent.Type.Wheel and event.modifiers() & Qt.KeyboardModifier.ControlModifier:  # type: ignore[attr-defined]
            self.zoom(0.8 if event.angleDelta().y() > 0 else 1.25)  # type: ignore[attr-defined]
            return True
        return False

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type]
        QTimer.singleShot(0, self, lambda: [plot.redraw() for plot in self.plots if isinstance(plot, CurvePlot)])
