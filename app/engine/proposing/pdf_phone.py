"""The summary as one tall picture for a phone, 1080 pixels wide: the blocks of the PDF's first chapter in larger type."""

from io import BytesIO
from pathlib import Path

from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable

from app.engine.messages import Message, render
from app.engine.model.proposals import Block, Figures, Proposal, Table, Text
from app.engine.pdfium import page_png
from app.engine.proposing.charts import Chart
from app.engine.proposing.pdf import chart_flowable
from app.engine.proposing.pdf_style import BOLD, REGULAR, color, register_fonts, theme
from app.engine.proposing.pdf_text import Paragraph, Style

WIDTH_PX = 1080
PAGE, MARGIN, BAR = 400.0, 24.0, 10.0
TEXT = PAGE - 2 * MARGIN
ENLARGED = 1.25
"""A chart drawn narrower and then enlarged has type that can be read on a phone."""
GAP, FIGURE_ROW, LEAST_FIGURE = 8.0, 68.0, 12.0
MOST_TALL = 6000.0


def write(proposal: Proposal, path: Path) -> None:
    """Write the picture. Raises OSError as the file system does."""
    register_fonts()
    story = _story(proposal)
    heights = [flowable.wrap(TEXT, MOST_TALL)[1] + flowable.getSpaceBefore() + flowable.getSpaceAfter() for flowable in story]
    tall = min(sum(heights) + BAR + 2 * MARGIN, MOST_TALL)
    file = BytesIO()
    canvas = Canvas(file, pagesize=(PAGE, tall), initialFontName=REGULAR)  # type: ignore[arg-type]
    canvas.setFillColorRGB(1, 1, 1)
    canvas.rect(0, 0, PAGE, tall, stroke=0, fill=1)
    canvas.setFillColor(color("blue"))
    canvas.rect(0, tall - BAR, PAGE, BAR, stroke=0, fill=1)
    top = tall - BAR - MARGIN
    for flowable, height in zip(story, heights, strict=True):
        if top - height < 0:
            break
        flowable.drawOn(canvas, MARGIN, top - height + flowable.getSpaceAfter())
        top -= height
    canvas.save()
    path.write_bytes(page_png(file.getvalue(), 0, WIDTH_PX)[0])


def _story(proposal: Proposal) -> list[Flowable]:
    cover, colors = proposal.cover, theme()
    classed = render(Message("proposing.page.class", {"name": cover.classification}), proposal.lang)
    story: list[Flowable] = [
        Paragraph(f"{cover.customer} · {classed}", Style(10, 15, colors["grey"], after=6)),
        Paragraph(cover.title, Style(22, 30, colors["ink"], bold=True)),
        Paragraph(cover.project, Style(12, 18, colors["body"], after=12)),
    ]
    for section in proposal.sections:
        for block in section.blocks:
            story += _block(block, proposal.lang)
    foot = f"{cover.number}  {cover.version}  {cover.date.isoformat()}"
    return [*story, Paragraph(foot, Style(9, 14, colors["grey"], before=10))]


def _block(block: Block, lang: str) -> list[Flowable]:
    if isinstance(block, Text):
        return [Paragraph(block.text, _style(block.style))]
    if isinstance(block, Figures):
        return [_Figures(block)]
    if isinstance(block, Table):
        return []  # too wide for a phone: the PDF has it
    drawing = chart_flowable(block, lang)
    note = [Paragraph(block.note, _style("note"))] if block.note else []
    caption = Paragraph(block.caption, Style(11, 16, theme()["ink"], bold=True, before=12, after=4))
    return [caption, *([_Enlarged(drawing)] if isinstance(drawing, Chart) else []), *note]


def _style(style: str) -> Style:
    colors = theme()
    return {
        "answer": Style(15, 23, colors["blue"], after=12),
        "note": Style(9, 13.5, colors["grey"], before=4, after=4),
        "section": Style(14, 21, colors["ink"], bold=True, before=10, after=4),
        "bullet": Style(12, 19, colors["body"], after=4, indent=13, bullet="·"),
    }.get(style, Style(12, 19, colors["body"], after=6))


class _Enlarged(Flowable):
    """A chart of the text width, its type larger."""

    def __init__(self, drawing: Chart) -> None:
        super().__init__()
        drawing.width = TEXT / ENLARGED
        self._drawing = drawing

    def wrap(self, width: float, height: float) -> tuple[float, float]:  # type: ignore[override]
        """Fixed size."""
        del height
        return width, self._drawing.height * ENLARGED

    def draw(self) -> None:
        """Draw it in larger units."""
        self.canv.scale(ENLARGED, ENLARGED)
        self._drawing.drawOn(self.canv, 0, 0)


class _Figures(Flowable):
    """Key figures two by two."""

    def __init__(self, figures: Figures) -> None:
        super().__init__()
        self.items = figures.items
        self._captions = [Paragraph(caption, Style(9, 13, theme()["grey"])) for *_, caption in self.items]

    def wrap(self, width: float, height: float) -> tuple[float, float]:  # type: ignore[override]
        """Each row as high as its longest caption."""
        self._column = width / 2
        tall = [caption.wrap(self._column - GAP, height)[1] for caption in self._captions]
        self._rows = [FIGURE_ROW - 26 + max(tall[place : place + 2]) for place in range(0, len(tall), 2)]
        return width, sum(self._rows) + GAP

    def draw(self) -> None:
        """Draw figure, unit and caption, each pair below a line."""
        canvas, top = self.canv, sum(self._rows) + GAP
        for place, ((value, unit, _), caption) in enumerate(zip(self.items, self._captions, strict=True)):
            x, high = place % 2 * self._column, top - sum(self._rows[: place // 2])
            canvas.setStrokeColor(color("blue"))
            canvas.setLineWidth(1.2)
            canvas.line(x, high - 2, x + self._column - GAP, high - 2)
            size = 24.0
            while size > LEAST_FIGURE and stringWidth(value, BOLD, size) + stringWidth(unit, REGULAR, 10) + 4 > self._column - GAP:
                size -= 1
            canvas.setFillColor(color("ink"))
            canvas.setFont(BOLD, size)
            canvas.drawString(x, high - 28, value)
            canvas.setFillColor(color("body"))
            canvas.setFont(REGULAR, 10)
            canvas.drawString(x + stringWidth(value, BOLD, size) + 4, high - 28, unit)
            _, tall = caption.wrap(self._column - GAP, 80)
            caption.drawOn(canvas, x, high - 34 - tall)
