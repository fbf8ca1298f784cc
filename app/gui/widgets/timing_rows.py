"""The rows of the timing view: a curve fed by a pyramid, a heat map of devices."""

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor

from app.engine.units import format_significant
from app.gui.look import Look
from app.gui.theme import font
from app.gui.theme.tokens import CAPTION_PX
from app.gui.widgets.channels import Channel

MOST_HEAT_ROWS, LEFT_AXIS_PX = 64, 40


class CurvePlot(pg.PlotWidget):
    """One curve. It redraws from its pyramid when the view moves."""

    def __init__(self, channel: Channel, colour: str, look: Look) -> None:
        super().__init__(background=look.theme.surface)
        self.channel = channel
        _dress(self, look)
        fill = QColor(colour)
        fill.setAlphaF(0.10)
        self._curve = self.plot([], [], pen=pg.mkPen(colour, width=1), fillLevel=0, brush=fill)
        top = 100.0 if channel.is_share else float(np.nanmax(channel.pyramid.values, initial=0.0)) * 1.1 or 1.0
        self.setYRange(0, top, padding=0.04)
        self.getAxis("left").setTicks([[(value, format_significant(value, 3)) for value in (0, top / 2)]])
        self.sigXRangeChanged.connect(self.redraw)

    def redraw(self, *_ignored: object) -> None:
        """Take what the present view needs from the pyramid."""
        start, end = self.viewRange()[0]
        times, values = self.channel.pyramid.view(int(start * 1e9), int(end * 1e9), max(64, self.width()))
        self._curve.setData(times, values, connect="finite")


class HeatPlot(pg.PlotWidget):
    """One row per device."""

    def __init__(self, channel: Channel, duration_s: float, look: Look) -> None:
        super().__init__(background=look.theme.surface)
        _dress(self, look)
        grid = channel.heat(int(duration_s * 1e9))[:MOST_HEAT_ROWS]
        stops = [QColor(colour).getRgb()[:3] for colour in look.theme.heat]
        colours = pg.ColorMap(np.linspace(0, 1, len(stops)), stops).getLookupTable(0, 1, 256)
        top = 100.0 if channel.is_share else float(np.nanmax(grid, initial=0.0)) or 1.0
        shown = np.where(np.isfinite(grid), grid, 0) / top * 255
        pixels = colours[np.clip(shown, 0, 255).astype(np.int64)]
        alpha = np.where(np.isfinite(grid), 255, 0)[..., None]
        image = pg.ImageItem(np.concatenate((pixels, alpha), axis=2).astype(np.ubyte), axisOrder="row-major")
        image.setRect(0, 0, duration_s, len(grid))
        self.addItem(image)
        self.invertY(True)
        self.setYRange(0, len(grid), padding=0)
        names = [one.device for one in channel.series[:MOST_HEAT_ROWS]]
        every = max(1, len(names) // 16)
        self.getAxis("left").setTicks([[(place + 0.5, name[-5:]) for place, name in enumerate(names) if place % every == 0]])


def _dress(plot: pg.PlotWidget, look: Look) -> None:
    """Give a plot the house's axes: no frame, small words, no menu."""
    theme = look.theme
    plot.setMenuEnabled(False)
    plot.hideButtons()
    plot.setMouseEnabled(x=True, y=False)
    plot.setFrameShape(plot.Shape.NoFrame)
    plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    for side in ("left", "bottom"):
        axis = plot.getAxis(side)
        axis.setPen(pg.mkPen(theme.border))
        axis.setTextPen(pg.mkPen(theme.text3))
        axis.setStyle(tickFont=font(CAPTION_PX), tickLength=0)
    plot.getAxis("left").setWidth(LEFT_AXIS_PX)
    plot.getAxis("bottom").setStyle(showValues=False)
    plot.getAxis("bottom").setHeight(4)
    plot.showGrid(x=True, y=False, alpha=0.15)
    plot.getPlotItem().setContentsMargins(0, 2, 0, 2)
    plot.wheelEvent = lambda event: event.ignore()  # the page scrolls; Ctrl+wheel zooms (TimingView)
