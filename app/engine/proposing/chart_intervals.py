"""Predictions: a dot on a band per platform; kind by marker and word; beyond the measured range only a hatched band."""

from app.engine.model.proposals import IntervalBar, IntervalChart
from app.engine.proposing.charts import Chart, nice_ticks, tick_text
from app.engine.proposing.pdf_style import color
from app.engine.units import format_significant

ROW, LEFT, RIGHT, FOOT = 15.0, 160.0, 92.0, 22.0


class IntervalFlowable(Chart):
    """The chart."""

    def __init__(self, chart: IntervalChart, lang: str) -> None:
        super().__init__(len(chart.bars) * ROW + FOOT + 4, lang)
        self.chart = chart

    def draw(self) -> None:
        """Draw all rows and the axis."""
        tops = [max(bar.high or 0.0, bar.value or 0.0) for bar in self.chart.bars if bar.value is not None]
        self.top = (max(tops, default=1.0) or 1.0) * 1.04
        self.plot = self.width - LEFT - RIGHT
        for tick in nice_ticks(0, self.top, 5):
            x = self._x(tick)
            self.line([(x, FOOT), (x, self.height)], "hairline", 0.25)
            self.line([(x, FOOT), (x, FOOT - 2.5)], "grey", 0.6)
            self.text(x, FOOT - 10, tick_text(tick), size=6.5, align="centre")
        self.line([(LEFT, FOOT), (LEFT + self.plot, FOOT)], "grey", 0.6)
        self.text(LEFT + self.plot + 4, FOOT - 10, self.chart.unit, size=6.5)
        for number, bar in enumerate(self.chart.bars):
            self._row(bar, self.height - (number + 0.5) * ROW - 2)

    def _x(self, value: float) -> float:
        return LEFT + value / self.top * self.plot

    def _row(self, bar: IntervalBar, y: float) -> None:
        self.text(LEFT - 6, y - 2.4, _cut(bar.label), size=7.2, paint="ink" if bar.value is not None else "grey", align="right")
        if bar.value is None:
            self.text(LEFT + 4, y - 2.4, _cut(f"—  {bar.reason}", 62), size=6.6)
            return
        if bar.low is not None and bar.high is not None:
            low, high = self._x(bar.low), self._x(bar.high)
            box = [(low, y - 3.2), (high, y - 3.2), (high, y + 3.2), (low, y + 3.2)]
            if bar.out_of_range:
                self.hatch(box)
            else:
                self.area(box, "blue_3")
            self.line([*box, box[0]], "blue_2", 0.5)
        if not bar.out_of_range:
            self._marker(self._x(bar.value), y, bar.kind)
        shown = f"{format_significant(bar.low)}–{format_significant(bar.high)}" if bar.out_of_range else format_significant(bar.value)
        self.text(self.width - 34, y - 2.4, shown, size=7.2, paint="body", align="right", bold=not bar.out_of_range)
        self.text(self.width, y - 2.4, bar.kind_label, size=6.6, align="right")

    def _marker(self, x: float, y: float, kind: str) -> None:
        size = 2.3
        self.canv.setFillColor(color("ink" if kind == "measured" else "blue"))
        shapes = {
            "fitted": [(x, y + size + 0.6), (x + size + 0.6, y), (x, y - size - 0.6), (x - size - 0.6, y)],
            "transferred": [(x, y + size), (x + size, y - size), (x - size, y - size)],
            "pooled": [(x - size, y - size), (x + size, y - size), (x + size, y + size), (x - size, y + size)],
        }
        if kind in shapes:
            self.area(shapes[kind], "blue")
        else:
            self.dot(x, y, size, "ink" if kind == "measured" else "blue", hollow=kind == "modelled")


def _cut(text: str, most: int = 34) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
