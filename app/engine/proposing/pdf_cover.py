"""The cover: one bar of colour, the title, for whom, the imprint; no picture."""

from reportlab.pdfgen.canvas import Canvas

from app.engine.messages import Message, render
from app.engine.model.proposals import Proposal
from app.engine.proposing.pdf_style import BOLD, LEFT, PAGE_HEIGHT, PAGE_WIDTH, REGULAR, RIGHT, TEXT_WIDTH, color, theme
from app.engine.proposing.pdf_text import Paragraph, Style


def draw_cover(canvas: Canvas, proposal: Proposal) -> None:
    """Draw the whole page."""
    cover, lang = proposal.cover, proposal.lang

    def say(name: str) -> str:
        return render(Message(f"proposing.cover.{name}"), lang)

    canvas.saveState()
    canvas.setFillColor(color("blue"))
    canvas.rect(0, PAGE_HEIGHT - 22, PAGE_WIDTH, 22, stroke=0, fill=1)
    canvas.setFillColor(color("ink"))
    canvas.setFont(BOLD, 13)
    canvas.drawString(LEFT, PAGE_HEIGHT - 78, "算选 SuanXuan" if lang == "zh" else "SuanXuan")
    canvas.setFont(REGULAR, 8.5)
    canvas.setFillColor(color("grey"))
    canvas.drawRightString(
        PAGE_WIDTH - RIGHT, PAGE_HEIGHT - 78, render(Message("proposing.page.class", {"name": cover.classification}), lang)
    )
    canvas.setFillColor(color("ink"))
    canvas.setFont(BOLD, 30)
    canvas.drawString(LEFT, PAGE_HEIGHT - 250, cover.title)
    y = _paragraph(canvas, cover.subtitle, Style(13, 20, theme()["body"]), PAGE_HEIGHT - 268)
    canvas.setStrokeColor(color("blue"))
    canvas.setLineWidth(1.4)
    canvas.line(LEFT, y - 18, LEFT + 64, y - 18)
    y = _paragraph(canvas, say("to"), Style(8.5, 13, theme()["grey"]), y - 40)
    y = _paragraph(canvas, cover.customer, Style(15, 22, theme()["ink"], bold=True), y)
    _imprint(
        canvas,
        [
            (say("number"), cover.number),
            (f"{say('version')} · {say('date')}", f"{cover.version} · {cover.date.isoformat()}"),
            (say("valid"), cover.valid_until.isoformat() if cover.valid_until else "—"),
            (say("author"), cover.author or "—"),
        ],
    )
    _paragraph(canvas, say("rights"), Style(7.5, 11.5, theme()["grey"]), 92)
    canvas.restoreState()


def _paragraph(canvas: Canvas, text: str, style: Style, top: float) -> float:
    paragraph = Paragraph(text, style)
    _, tall = paragraph.wrap(TEXT_WIDTH, 400)
    paragraph.drawOn(canvas, LEFT, top - tall)
    return top - tall


def _imprint(canvas: Canvas, items: list[tuple[str, str]]) -> None:
    column = TEXT_WIDTH / len(items)
    canvas.setStrokeColor(color("ink"))
    canvas.setLineWidth(0.6)
    canvas.line(LEFT, 172, PAGE_WIDTH - RIGHT, 172)
    for number, (name, value) in enumerate(items):
        canvas.setFillColor(color("grey"))
        canvas.setFont(REGULAR, 7.5)
        canvas.drawString(LEFT + number * column, 156, name)
        canvas.setFillColor(color("ink"))
        canvas.setFont(BOLD, 9.5)
        canvas.drawString(LEFT + number * column, 140, value)
