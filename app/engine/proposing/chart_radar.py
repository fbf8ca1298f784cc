"""Radar: ten axes on circles; the mean filled, the p95 dashed; unknown axes hatched, inapplicable ones dotted."""

import math

from app.engine.model.proposals import RadarChart, RadarSpoke
from app.engine.proposing.charts import Chart
from app.engine.units import format_share

RADIUS = 92.0


class RadarFlowable(Chart):
    """The chart."""

    def __init__(self, chart: RadarChart, lang: str, states: dict[str, str], legend: tuple[str, str]) -> None:
        super().__init__(2 * RADIUS + 66, lang)
        self.chart, self.states, self.legend = chart, states, legend

    def draw(self) -> None:
        """Draw rings, spokes, wedges, both lines, names and values."""
        count = len(self.chart.spokes)
        self.x, self.y = self.width / 2, RADIUS + 30
        for share in (0.25, 0.5, 0.75, 1.0):
            self._ring(share)
        for number, spoke in enumerate(self.chart.spokes):
            if spoke.state == "not_measured":
                self._wedge(number, count)
        for number, spoke in enumerate(self.chart.spokes):
            dash = (1.0, 2.0) if spoke.state == "not_applicable" else ()
            self.line([(self.x, self.y), self._at(number, count, 1.0)], "hairline", 0.4, dash)
        self._fill(count)
        self._series(count, "p95", "orange", (2.4, 1.8), 1.0)
        self._series(count, "value", "blue", (), 1.3)
        for number, spoke in enumerate(self.chart.spokes):
            self._label(number, count, spoke)
        for share in (0.5, 1.0):
            self.text(self.x + 3, self.y + share * RADIUS - 6, f"{share:.0%}", size=6, underlay=True)
        self.text(0, self.height - 8, f"— {self.legend[0]}", paint="blue", bold=True)
        self.text(0, self.height - 18, f"- - {self.legend[1]}", paint="orange", bold=True)

    def _at(self, number: float, count: int, share: float) -> tuple[float, float]:
        angle = math.pi / 2 - 2 * math.pi * number / count
        return self.x + RADIUS * share * math.cos(angle), self.y + RADIUS * share * math.sin(angle)

    def _ring(self, share: float) -> None:
        from app.engine.proposing.pdf_style import color

        self.canv.setStrokeColor(color("hairline"))
        self.canv.setLineWidth(0.7 if share == 1.0 else 0.3)
        self.canv.circle(self.x, self.y, RADIUS * share, stroke=1, fill=0)

    def _wedge(self, number: int, count: int) -> None:
        steps = [number - 0.5 + step / 8 for step in range(9)]
        self.hatch([(self.x, self.y), *(self._at(step, count, 1.0) for step in steps)], "hairline", 4.0)

    def _fill(self, count: int) -> None:
        for number in range(count):
            one, other = self.chart.spokes[number], self.chart.spokes[(number + 1) % count]
            if one.value is not None and other.value is not None:
                self.area(
                    [(self.x, self.y), self._at(number, count, min(one.value, 1)), self._at(number + 1, count, min(other.value, 1))],
                    "blue",
                    0.28,
                )

    def _series(self, count: int, field: str, paint: str, dash: tuple[float, ...], width: float) -> None:
        values = [getattr(spoke, field) for spoke in self.chart.spokes]
        for number, value in enumerate(values):
            following = values[(number + 1) % count]
            if value is None:
                continue
            here = self._at(number, count, min(value, 1.0))
            if following is not None:
                self.line([here, self._at(number + 1, count, min(following, 1.0))], paint, width, dash)
            elif values[number - 1] is None:  # a known axis between two unknown ones
                self.line([(self.x, self.y), here], paint, width, dash)
            self.dot(*here, 1.7, paint, hollow=field == "p95" or self.chart.spokes[number].state == "estimated")

    def _label(self, number: int, count: int, spoke: RadarSpoke) -> None:
        x, y = self._at(number, count, 1.12)
        side = "centre" if abs(x - self.x) < 8 else "left" if x > self.x else "right"  # noqa: PLR2004 - points
        known = spoke.value is not None
        value = format_share(spoke.value) if known else self.states.get(spoke.state, "—")
        if known and spoke.state == "estimated":
            value = self.states["estimated"].format(value=value)
        self.text(x, y + 1, spoke.label, size=7.5, paint="ink" if known else "grey", align=side, bold=known)
        self.text(x, y - 8, value, size=7.0, paint="body" if known else "grey", align=side)
