"""Timing chart: small multiples on one time axis, a band of min to max over cards and a mean line."""

import numpy as np

from app.engine.model.proposals import TimingChannel, TimingChart
from app.engine.proposing.charts import Chart, nice_ticks, tick_text
from app.engine.units import format_significant

ROW, LEFT, RIGHT, FOOT = 44.0, 74.0, 62.0, 20.0
_FULL_SCALE = 100.0


class TimingFlowable(Chart):
    """The chart."""

    def __init__(self, chart: TimingChart, lang: str, labels: tuple[str, str]) -> None:
        super().__init__(len(chart.channels) * ROW + FOOT + 8, lang)
        self.chart, self.labels = chart, labels

    def draw(self) -> None:
        """Draw all rows."""
        ends = [float(channel.time_s[-1]) for channel in self.chart.channels if channel.time_s.size]
        end = max(ends, default=1.0) or 1.0
        plot = self.width - LEFT - RIGHT
        self.text(self.width, self.height - 6, self.labels[0], size=6.5, align="right")
        for number, channel in enumerate(self.chart.channels):
            self._row(channel, self.height - 8 - (number + 1) * ROW, plot, end)
        for tick in nice_ticks(0, end, 6):
            x = LEFT + tick / end * plot
            self.line([(x, FOOT), (x, FOOT - 2.5)], "grey", 0.6)
            self.text(x, FOOT - 10, tick_text(tick), size=6.5, align="centre")
        self.line([(LEFT, FOOT), (LEFT + plot, FOOT)], "grey", 0.6)
        self.text(LEFT + plot + 4, FOOT - 10, self.labels[1], size=6.5)

    def _row(self, channel: TimingChannel, base: float, plot: float, end: float) -> None:
        tall = ROW - 10
        top = _FULL_SCALE if channel.unit == "%" else float(channel.high.max(initial=0.0)) * 1.05
        top = top if top > 0 else 1.0
        for share in (0.0, 0.5, 1.0):
            self.line([(LEFT, base + share * tall), (LEFT + plot, base + share * tall)], "hairline", 0.25)
        for share in (0.0, 1.0):
            self.text(LEFT - 4, base + share * tall - 2.2, tick_text(float(f"{share * top:.3g}")), size=6.2, align="right")
        self.text(0, base + tall - 6, channel.name, size=7.5, paint="ink", bold=True)
        self.text(0, base + tall - 15, channel.unit, size=6.5)
        x = LEFT + channel.time_s / end * plot

        def scaled(values: np.ndarray) -> np.ndarray:
            return base + np.clip(values / top, 0, 1) * tall

        upper, lower = list(zip(x, scaled(channel.high), strict=True)), list(zip(x, scaled(channel.low), strict=True))
        self.area([*upper, *reversed(lower)], "blue_2", 0.45)
        self.line(list(zip(x, scaled(channel.mean), strict=True)), "blue", 0.8)
        text = f"{format_significant(channel.average)} / {format_significant(channel.p95)}"
        self.text(self.width, base + tall / 2 - 2, text, size=7, paint="body", align="right")
