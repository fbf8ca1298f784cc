"""Write a Proposal as PDF: A4, vector charts, page numbers n / N, bookmarks."""

from collections.abc import Callable
from itertools import count
from pathlib import Path

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, CondPageBreak, Flowable, Frame, NextPageTemplate, PageBreak, PageTemplate, Spacer
from reportlab.platypus.flowables import KeepTogether

from app.engine.messages import Message, render
from app.engine.model.proposals import (
    Block,
    Cover,
    Figures,
    IntervalChart,
    PlanChart,
    Proposal,
    RadarChart,
    Section,
    Table,
    Text,
    TimingChart,
)
from app.engine.progress import Progress, no_progress
from app.engine.proposing.chart_intervals import IntervalFlowable
from app.engine.proposing.chart_plans import PlanFlowable
from app.engine.proposing.chart_radar import RadarFlowable
from app.engine.proposing.chart_timing import TimingFlowable
from app.engine.proposing.pdf_cover import draw_cover
from app.engine.proposing.pdf_figures import FiguresFlowable, Heading
from app.engine.proposing.pdf_matrix import MatrixFlowable
from app.engine.proposing.pdf_style import (
    BOTTOM,
    LEFT,
    PAGE_HEIGHT,
    PAGE_WIDTH,
    REGULAR,
    RIGHT,
    TEXT_WIDTH,
    TOP,
    color,
    register_fonts,
    theme,
)
from app.engine.proposing.pdf_tables import table_flowable
from app.engine.proposing.pdf_text import Paragraph, Style

_MOST_CAPTION_ROOM = 120
_SECTION_ROOM = _MOST_CAPTION_ROOM + 40  # a heading stays with the first rows of the table behind it
_FRESH_SHARE = 0.95


def write(proposal: Proposal, path: Path, progress: Progress = no_progress) -> int:
    """Write the file and return the number of its pages. Raises OSError as the file system does."""
    register_fonts()
    document = _Document(proposal, path)
    progress(0.2, "pipeline.doing.proposal")
    document.build(_story(proposal), canvasmaker=_canvas_for(proposal))
    progress(1.0, "pipeline.doing.proposal")
    return document.page


class _Document(BaseDocTemplate):
    def __init__(self, proposal: Proposal, path: Path) -> None:
        super().__init__(
            str(path),
            pagesize=A4,
            title=f"{proposal.cover.title} {proposal.cover.project}",
            author=proposal.cover.author or "SuanXuan",
            subject=proposal.cover.subtitle,
            keywords=proposal.cover.number,
            lang=proposal.lang,
            initialFontName=REGULAR,
        )
        self.proposal, self.chapter = proposal, ""
        text = Frame(LEFT, BOTTOM, TEXT_WIDTH, PAGE_HEIGHT - TOP - BOTTOM, 0, 0, 0, 0, id="text")
        self.addPageTemplates(
            [
                PageTemplate("cover", [text], onPage=lambda canvas, _: draw_cover(canvas, proposal)),
                PageTemplate("page", [text], onPageEnd=lambda canvas, document: _head_and_foot(canvas, document, proposal.cover)),
            ]
        )

    def afterFlowable(self, flowable: Flowable) -> None:  # noqa: N802 - reportlab's name
        if isinstance(flowable, Heading):
            self.chapter = flowable.title
            self.canv.bookmarkPage(flowable.key)
            self.canv.addOutlineEntry(f"{flowable.number} {flowable.title}".strip(), flowable.key, 0, closed=True)


def _head_and_foot(canvas: Canvas, document: _Document, cover: Cover) -> None:
    canvas.saveState()
    canvas.setFont(REGULAR, 7.5)
    canvas.setFillColor(color("grey"))
    canvas.setStrokeColor(color("hairline"))
    canvas.setLineWidth(0.4)
    high, low = PAGE_HEIGHT - 50, 38
    canvas.drawString(LEFT, high + 4, " · ".join(part for part in (cover.customer, cover.project, cover.title) if part)[:70])
    canvas.drawRightString(PAGE_WIDTH - RIGHT, high + 4, document.chapter)
    canvas.line(LEFT, high, PAGE_WIDTH - RIGHT, high)
    canvas.line(LEFT, low + 11, PAGE_WIDTH - RIGHT, low + 11)
    canvas.drawString(LEFT, low, f"{cover.number}  {cover.version}  {cover.date.isoformat()}")
    canvas.drawCentredString(
        PAGE_WIDTH / 2, low, render(Message("proposing.page.class", {"name": cover.classification}), document.proposal.lang)
    )
    canvas.restoreState()


def _canvas_for(proposal: Proposal) -> type[Canvas]:
    """Return a canvas that writes n / N once the number of pages is known."""
    del proposal

    class Numbered(Canvas):
        def __init__(self, *args: object, **kwargs: object) -> None:
            super().__init__(*args, **{**kwargs, "initialFontName": REGULAR})  # type: ignore[arg-type]
            self._pages: list[dict] = []

        def showPage(self) -> None:  # noqa: N802 - reportlab's name
            self._pages.append(dict(self.__dict__))
            self._startPage()  # type: ignore[attr-defined]
            self._doc.pageCounter += 1  # type: ignore[attr-defined] - bookmarks point to the page they are set on

        def save(self) -> None:
            count, self._doc.pageCounter = len(self._pages), 1  # type: ignore[attr-defined]
            for number, state in enumerate(self._pages, 1):
                self.__dict__.update(state)
                if number > 1:
                    self.setFont(REGULAR, 7.5)
                    self.setFillColor(color("grey"))
                    self.drawRightString(PAGE_WIDTH - RIGHT, 38, f"{number} / {count}")
                super().showPage()
            super().save()

    return Numbered


def _story(proposal: Proposal) -> list[Flowable]:
    story: list[Flowable] = [NextPageTemplate("page"), PageBreak()]
    counters = {"figure": 0, "table": 0}
    numbers = count(1)
    for place, section in enumerate(proposal.sections):
        if place:
            story.append(_fresh_page())
        shown = "" if section.key == "summary" else str(next(numbers))
        story += [Heading(shown, section.title, section.question, section.key), Spacer(0, 8)]
        story += _section(section, proposal.lang, counters)
    return story


def _fresh_page() -> Flowable:
    """Begin a page unless this one is empty: the space behind a table that just filled its page may have begun it already."""
    return CondPageBreak(_FRESH_SHARE * (PAGE_HEIGHT - TOP - BOTTOM))


def _section(section: Section, lang: str, counters: dict[str, int]) -> list[Flowable]:
    story: list[Flowable] = []
    for block in section.blocks:
        story += _block(block, lang, counters)
    return story


def _block(block: Block, lang: str, counters: dict[str, int]) -> list[Flowable]:
    if isinstance(block, Text):
        paragraph = Paragraph(block.text, _text_style(block.style))
        return [CondPageBreak(_SECTION_ROOM), paragraph] if block.style == "section" else [paragraph]
    if isinstance(block, Figures):
        return [FiguresFlowable(block), Spacer(0, 6)]
    note = [Paragraph(block.note, _text_style("note"))] if block.note else []
    if isinstance(block, Table) and block.compact:
        return [_fresh_page(), _caption("table", block.caption, lang, counters), MatrixFlowable(block)]
    if isinstance(block, Table):
        caption = _caption("table", block.caption, lang, counters)
        return [CondPageBreak(_MOST_CAPTION_ROOM), caption, table_flowable(block), *note, Spacer(0, 10)]
    drawn = chart_flowable(block, lang)
    caption = _caption("figure", block.caption, lang, counters)
    return [KeepTogether([caption, Spacer(0, 3), drawn, *note]), Spacer(0, 10)]


def chart_flowable(block: TimingChart | RadarChart | IntervalChart | PlanChart, lang: str) -> Flowable:
    """Return a chart as a drawing of the text width."""
    return _CHARTS[type(block)](block, lang)


def _caption(kind: str, text: str, lang: str, counters: dict[str, int]) -> Paragraph:
    counters[kind] += 1
    name = render(Message(f"proposing.page.{kind}"), lang)
    return Paragraph(f"{name} {counters[kind]}  {text}", Style(8, 12, theme()["ink"], bold=True, before=4, after=3))


def _text_style(style: str) -> Style:
    colors = theme()
    return {
        "answer": Style(11.5, 18.5, colors["blue"], after=8),
        "body": Style(9.5, 16, colors["body"], after=6),
        "note": Style(7.5, 11.2, colors["grey"], before=3, after=4),
        "section": Style(12.5, 18, colors["ink"], bold=True, before=8, after=4),
        "bullet": Style(9.5, 15.2, colors["body"], after=3, indent=12, bullet="·"),
    }[style]


def _timing(block: TimingChart, lang: str) -> Flowable:
    return TimingFlowable(block, lang, (_word("chart.mean_p95", lang), _word("chart.time", lang)))


def _radar(block: RadarChart, lang: str) -> Flowable:
    states = {state: _word(f"state.{state}", lang) for state in ("not_measured", "not_applicable")}
    states["estimated"] = render(Message("proposing.state.estimated", {"value": "{value}"}), lang)
    return RadarFlowable(block, lang, states, (_word("characteristics.mean", lang), "P95"))


def _word(code: str, lang: str) -> str:
    return render(Message(f"proposing.{code}"), lang)


_CHARTS: dict[type, Callable[..., Flowable]] = {
    TimingChart: _timing,
    RadarChart: _radar,
    IntervalChart: IntervalFlowable,
    PlanChart: PlanFlowable,
}
