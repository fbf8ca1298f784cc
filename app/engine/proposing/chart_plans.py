"""Plans: price against duration (or speed); the front as a stepped line, recommended plans ringed."""

from app.engine.model.proposals import PlanChart, PlanDot
from app.engine.proposing.charts import Chart, nice_ticks, tick_text
from app.engine.proposing.pdf_style import color

LEFT, RIGHT, FOOT, HEAD = 40.0, 90.0, 26.0, 16.0
MARGIN = 0.12


class PlanFlowable(Chart):
    """The chart. x: total price; y: duration or speed."""

    def __init__(self, chart: PlanChart, lang: str) -> None:
        super().__init__(190.0, lang)
        self.chart = chart

    def draw(self) -> None:
        """Draw axes, front, dots and labels."""
        dots = self.chart.dots
        self.x_low, self.x_high = _span([dot.price for dot in dots])
        self.y_low, self.y_high = _span([dot.x for dot in dots])
        self.plot, self.tall = self.width - LEFT - RIGHT, self.height - FOOT - HEAD
        for tick in nice_ticks(self.x_low, self.x_high):
            x = self._place(tick, 0)[0]
            self.line([(x, FOOT), (x, FOOT - 2.5)], "grey", 0.6)
            self.text(x, FOOT - 10, tick_text(tick), size=6.5, align="centre")
        for tick in nice_ticks(self.y_low, self.y_high, 4):
            y = self._place(0, tick)[1]
            self.line([(LEFT, y), (LEFT + self.plot, y)], "hairline", 0.25)
            self.text(LEFT - 4, y - 2.2, tick_text(tick), size=6.5, align="right")
        self.line([(LEFT, FOOT), (LEFT + self.plot, FOOT)], "grey", 0.6)
        self.line([(LEFT, FOOT), (LEFT, FOOT + self.tall)], "grey", 0.6)
        self.text(LEFT + self.plot + 6, FOOT - 10, self.chart.price_unit, size=6.5)
        self.text(0, self.height - 6, self.chart.x_unit, size=6.5)
        self._front([dot for dot in dots if dot.on_front])
        taken: list[tuple[float, float, float, float]] = [
            (x - 5, y - 5, x + 5, y + 5) for x, y in (self._place(dot.price, dot.x) for dot in dots)
        ]
        for dot in dots:
            self._dot(dot)
        for dot in sorted(dots, key=lambda one: not one.recommended):
            self._label(dot, taken)

    def _place(self, price: float, value: float) -> tuple[float, float]:
        x = LEFT + (price - self.x_low) / (self.x_high - self.x_low) * self.plot
        return x, FOOT + (value - self.y_low) / (self.y_high - self.y_low) * self.tall

    def _front(self, dots: list[PlanDot]) -> None:
        points: list[tuple[float, float]] = []
        for dot in sorted(dots, key=lambda one: one.price):
            x, y = self._place(dot.price, dot.x)
            if points:
                points.append((x, points[-1][1]))
            points.append((x, y))
        self.line(points, "blue", 1.4)

    def _dot(self, dot: PlanDot) -> None:
        x, y = self._place(dot.price, dot.x)
        if dot.recommended:
            self.canv.setStrokeColor(color("blue"))
            self.canv.setLineWidth(1.1)
            self.canv.circle(x, y, 6.0, stroke=1, fill=0)
        self.dot(x, y, 3.0, "blue", hollow=not dot.on_front)

    def _label(self, dot: PlanDot, taken: list[tuple[float, float, float, float]]) -> None:
        """Take the first place that hits nothing; the letter alone where none is free."""
        from reportlab.pdfbase.pdfmetrics import stringWidth

        from app.engine.proposing.pdf_style import BOLD, REGULAR

        x, y = self._place(dot.price, dot.x)
        full = f"{dot.label} {dot.recommended}".strip()
        for text in (full, dot.label, dot.label.partition(" ")[0]):
            width = stringWidth(text, BOLD if dot.recommended else REGULAR, 7.0)
            for left, low in ((x + 8, y + 4), (x - 8 - width, y - 10), (x + 8, y - 10), (x - width / 2, y + 9), (x - 8 - width, y + 4)):
                box = (left - 1, low - 1, left + width + 1, low + 8)
                inside = box[0] > LEFT and box[2] <= self.width and box[1] > FOOT + 1
                if inside and not any(
                    box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3] for other in taken
                ):
                    taken.append(box)
                    self.text(left, low, text, paint="ink" if dot.recommended else "body", bold=bool(dot.recommended), underlay=True)
                    return


def _span(values: list[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    room = (high - low) * MARGIN or abs(high) * MARGIN or 1.0
    return low - room, high + room
