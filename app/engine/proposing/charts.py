"""What the vector charts of the PDF share: a base flowable, axes, ticks, labels with a white underlay, hatching."""

import math
from collections.abc import Sequence

from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus import Flowable

from app.engine.proposing.pdf_style import BOLD, REGULAR, TEXT_WIDTH, color

SMALL = 7.0


class Chart(Flowable):
    """A drawing of the full text width and fixed height; subclasses draw with `self.canv`."""

    def __init__(self, height: float, lang: str) -> None:
        super().__init__()
        self.width, self.height, self.lang = TEXT_WIDTH, height, lang

    def wrap(self, width: float, height: float) -> tuple[float, float]:  # type: ignore[override]
        """Fixed size."""
        del width, height
        return self.width, self.height

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = SMALL,
        paint: str = "grey",
        align: str = "left",
        bold: bool = False,
        underlay: bool = False,
    ) -> None:
        """Write a label."""
        font = BOLD if bold else REGULAR
        width = stringWidth(text, font, size)
        left = x - {"left": 0.0, "right": width, "centre": width / 2}[align]
        if underlay:
            self.canv.setFillColorRGB(1, 1, 1)
            self.canv.rect(left - 1, y - 1.5, width + 2, size + 1.5, stroke=0, fill=1)
        self.canv.setFillColor(color(paint))
        self.canv.setFont(font, size)
        self.canv.drawString(left, y, text)

    def line(self, points: Sequence[tuple[float, float]], paint: str, width: float, dash: Sequence[float] = ()) -> None:
        """Draw a polyline."""
        if len(points) < 2:  # noqa: PLR2004
            return
        path = self.canv.beginPath()
        path.moveTo(*points[0])
        for point in points[1:]:
            path.lineTo(*point)
        self.canv.setStrokeColor(color(paint))
        self.canv.setLineWidth(width)
        self.canv.setDash(list(dash))  # type: ignore[arg-type]
        self.canv.drawPath(path)
        self.canv.setDash()

    def area(self, points: Sequence[tuple[float, float]], paint: str, alpha: float = 1.0) -> None:
        """Fill a polygon."""
        if len(points) < 3:  # noqa: PLR2004
            return
        path = self.canv.beginPath()
        path.moveTo(*points[0])
        for point in points[1:]:
            path.lineTo(*point)
        path.close()
        self.canv.setFillColor(color(paint))
        self.canv.setFillAlpha(alpha)
        self.canv.drawPath(path, stroke=0, fill=1)
        self.canv.setFillAlpha(1)

    def hatch(self, points: Sequence[tuple[float, float]], paint: str = "mid", step: float = 3.0) -> None:
        """Hatch a polygon."""
        path = self.canv.beginPath()
        path.moveTo(*points[0])
        for point in points[1:]:
            path.lineTo(*point)
        path.close()
        self.canv.saveState()
        self.canv.clipPath(path, stroke=0, fill=0)
        self.canv.setStrokeColor(color(paint))
        self.canv.setLineWidth(0.35)
        low_x, high_x = min(x for x, _ in points), max(x for x, _ in points)
        low_y, high_y = min(y for _, y in points), max(y for _, y in points)
        tall = high_y - low_y
        x = low_x - tall
        while x < high_x:
            self.canv.line(x, low_y, x + tall, high_y)
            x += step
        self.canv.restoreState()

    def dot(self, x: float, y: float, radius: float, paint: str, *, hollow: bool = False) -> None:
        """Draw a round marker."""
        self.canv.setStrokeColor(color(paint))
        self.canv.setLineWidth(0.9)
        if hollow:
            self.canv.setFillColorRGB(1, 1, 1)
        else:
            self.canv.setFillColor(color(paint))
        self.canv.circle(x, y, radius, stroke=1, fill=1)


def nice_ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Return ticks in steps of 1, 2 or 5 that lie inside the range."""
    if not high > low or not math.isfinite(high - low):
        return [low]
    raw = (high - low) / count
    power = 10 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [step * number for number in range(first, math.floor(high / step + 1e-9) + 1)]


def tick_text(value: float) -> str:
    """Return a tick's label without needless zeros."""
    return f"{value:,.10g}" if abs(value) < 1e4 else f"{value:,.0f}"  # noqa: PLR2004
