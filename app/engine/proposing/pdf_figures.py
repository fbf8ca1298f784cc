"""Chapter heads and the row of key figures."""

from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus import Flowable

from app.engine.model.proposals import Figures
from app.engine.proposing.pdf_style import BOLD, REGULAR, TEXT_WIDTH, color, theme
from app.engine.proposing.pdf_text import Paragraph, Style

_KEY_SIZE = 20.0


class Heading(Flowable):
    """Number, title, at the right end the question this chapter answers; a rule below."""

    def __init__(self, number: str, title: str, question: str, key: str) -> None:
        super().__init__()
        self.number, self.title, self.question, self.key = number, title, question, f"chapter-{key}"

    def wrap(self, width: float, height: float) -> tuple[float, float]:  # type: ignore[override]
        """Fixed height."""
        del width, height
        return TEXT_WIDTH, 34

    def draw(self) -> None:
        """Draw one line of type and the rule."""
        canvas, x = self.canv, 0.0
        if self.number:
            canvas.setFillColor(color("blue"))
            canvas.setFont(BOLD, 20)
            canvas.drawString(0, 12, self.number)
            x = stringWidth(self.number, BOLD, 20) + 10
        canvas.setFillColor(color("ink"))
        canvas.setFont(BOLD, 20)
        canvas.drawString(x, 12, self.title)
        canvas.setFillColor(color("grey"))
        canvas.setFont(REGULAR, 8)
        canvas.drawRightString(TEXT_WIDTH, 12, self.question)
        canvas.setStrokeColor(color("ink"))
        canvas.setLineWidth(1.1)
        canvas.line(0, 3, TEXT_WIDTH, 3)


class FiguresFlowable(Flowable):
    """Key figures side by side with their units, what they are below."""

    HEIGHT = 62.0

    def __init__(self, figures: Figures) -> None:
        super().__init__()
        self.items = figures.items
        self.captions = [Paragraph(caption, Style(7.5, 10.5, theme()["grey"])) for *_, caption in self.items]

    def wrap(self, width: float, height: float) -> tuple[float, float]:  # type: ignore[override]
        """Fixed height."""
        self.column = TEXT_WIDTH / max(len(self.items), 1)
        for caption in self.captions:
            caption.wrap(self.column - 12, height)
        return width, self.HEIGHT

    def draw(self) -> None:
        """Draw column by column."""
        canvas = self.canv
        for number, ((value, unit, _), caption) in enumerate(zip(self.items, self.captions, strict=True)):
            x = number * self.column
            canvas.setStrokeColor(color("blue"))
            canvas.setLineWidth(1.2)
            canvas.line(x, self.HEIGHT - 2, x + self.column - 12, self.HEIGHT - 2)
            size = _KEY_SIZE
            while size > 9 and stringWidth(value, BOLD, size) + stringWidth(unit, REGULAR, 8.5) + 6 > self.column - 12:  # noqa: PLR2004
                size -= 1
            canvas.setFillColor(color("ink"))
            canvas.setFont(BOLD, size)
            canvas.drawString(x, self.HEIGHT - 26, value)
            canvas.setFont(REGULAR, 8.5)
            canvas.setFillColor(color("body"))
            canvas.drawString(x + stringWidth(value, BOLD, size) + 3, self.HEIGHT - 26, unit)
            _, tall = caption.wrap(self.column - 12, 40)
            caption.drawOn(canvas, x, self.HEIGHT - 34 - tall)
