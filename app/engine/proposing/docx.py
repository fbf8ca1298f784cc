"""Write a Proposal as a Word file that colleagues go on editing: real styles, numbered headings, captions, a filled table of contents.

The body is written as WordprocessingML and handed to python-docx, which keeps the package; its own cells cost a millisecond each.
"""

import struct
from io import BytesIO
from pathlib import Path

from docx import Document
from docx.document import Document as DocumentType
from docx.shared import Emu, Mm
from lxml import etree

from app.engine.messages import Message, render
from app.engine.model.proposals import Block, Figures, IntervalChart, PlanChart, Proposal, RadarChart, Section, Table, Text, TimingChart
from app.engine.progress import Progress, no_progress
from app.engine.proposing.docx_front import Entry, contents_xml, cover_xml, set_page, set_properties
from app.engine.proposing.docx_pages import HEADING_HEIGHT, Place, add_block
from app.engine.proposing.docx_styles import TEXT_WIDTH_POINTS, set_styles
from app.engine.proposing.docx_tables import figures_xml, note_of, table_xml
from app.engine.proposing.docx_xml import bookmarked, clean, elements, field, paragraph, run
from app.engine.proposing.pdf_pictures import chart_png
from app.engine.proposing.pdf_style import register_fonts
from app.engine.units import format_significant

PICTURE_WIDTH = Mm(168)
FIRST_CHAPTER_PAGE = 3
"""Behind cover and table of contents."""
STYLES = {"answer": "Answer", "body": "Normal", "note": "Source", "bullet": "ListBullet"}
MOST_NAMED = 12
MOST_ALTERNATIVE = 1000


def write(proposal: Proposal, path: Path, progress: Progress = no_progress) -> None:
    """Write the file. Raises OSError as the file system does."""
    register_fonts()
    document = Document()
    set_styles(document, proposal.lang)
    set_page(document, proposal)
    set_properties(document, proposal.cover, proposal.lang)
    story = _Story(document, proposal.lang)
    for number, section in enumerate(proposal.sections):
        progress(number / len(proposal.sections), "pipeline.doing.word")
        story.add(section)
    body = document.element.body
    for element in list(body)[:-1]:  # the last one holds the page
        body.remove(element)
    page = body[-1]
    for element in elements([*cover_xml(proposal), *contents_xml(story.entries, proposal.lang), *story.parts]):
        page.addprevious(element)
    document.save(str(path))
    progress(1.0, "pipeline.doing.word")


class _Story:
    """The chapters as they are written: their parts, what the table of contents lists, what has been counted."""

    def __init__(self, document: DocumentType, lang: str) -> None:
        self.document, self.lang = document, lang
        self.parts: list[str] = []
        self.entries: list[Entry] = []
        self._counts = {"figure": 0, "table": 0}
        self._chapter = self._section = 0
        self._place = Place(FIRST_CHAPTER_PAGE - 1)

    def add(self, section: Section) -> None:
        """Write a chapter on a page of its own; the summary has no number."""
        self._place = Place(self._place.page + 1)
        self._place.add(HEADING_HEIGHT)
        is_numbered, self._section = section.key != "summary", 0
        self._chapter += is_numbered
        self._heading(1, section.title, str(self._chapter) if is_numbered else "", self._place.page)
        self.parts.append(paragraph("Question", run(section.question)))
        for block in section.blocks:
            self._block(block, is_numbered)

    def _heading(self, level: int, title: str, number: str, page: int) -> None:
        mark = f"_Toc{len(self.entries) + 1:06d}"
        self.entries.append(Entry(level, number, title, mark, page))
        look = "<w:pageBreakBefore/>" if level == 1 else ""
        look += "" if number else '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="0"/></w:numPr>'
        self.parts.append(paragraph(f"Heading{level}", bookmarked(mark, len(self.entries), run(title)), look=look))

    def _block(self, block: Block, is_numbered: bool) -> None:
        if isinstance(block, Text):
            page = add_block(self._place, block)
            if block.style == "section":
                self._section += 1
                self._heading(2, block.text, f"{self._chapter}.{self._section}" if is_numbered else "", page)
            else:
                self.parts.append(paragraph(STYLES[block.style], run(block.text)))
        elif isinstance(block, Figures):
            add_block(self._place, block)
            self.parts += [figures_xml(block), paragraph("TableText")]
        elif isinstance(block, Table):
            add_block(self._place, block)
            self._caption("table", block.caption)
            self.parts += [table_xml(block), paragraph("Source", run(note_of(block)))]
        else:
            self._picture(block)

    def _caption(self, kind: str, text: str) -> None:
        self._counts[kind] += 1
        word = render(Message(f"proposing.page.{kind}"), self.lang)
        self.parts.append(paragraph("Caption", run(f"{word} "), field(f"SEQ {word} \\* ARABIC", self._counts[kind]), run(f"  {text}")))

    def _picture(self, block: TimingChart | RadarChart | IntervalChart | PlanChart) -> None:
        self._caption("figure", block.caption)
        png = chart_png(block, self.lang)
        width, height = struct.unpack(">II", png[16:24])
        add_block(self._place, block, TEXT_WIDTH_POINTS * height / width)
        inline = self.document.part.new_pic_inline(BytesIO(png), PICTURE_WIDTH, Emu(int(PICTURE_WIDTH * height / width)))
        inline.docPr.set("descr", clean(alternative(block))[:MOST_ALTERNATIVE])
        inline.docPr.set("name", f"Picture {self._counts['figure']}")
        drawn = etree.tostring(inline, encoding="unicode")
        keep = "<w:keepNext/>" if block.note else ""
        self.parts.append(paragraph("Picture", f"<w:r><w:drawing>{drawn}</w:drawing></w:r>", look=keep))
        if block.note:
            self.parts.append(paragraph("Source", run(block.note)))


def alternative(block: TimingChart | RadarChart | IntervalChart | PlanChart) -> str:
    """Return in words what a chart shows, for those who cannot see it."""
    if isinstance(block, TimingChart):
        told = [f"{one.name} {_figure(one.average)} {one.unit} (P95 {_figure(one.p95)})" for one in block.channels]
    elif isinstance(block, RadarChart):
        told = [f"{one.label} {'—' if one.value is None else f'{one.value:.0%}'}" for one in block.spokes]
    elif isinstance(block, IntervalChart):
        told = [
            f"{one.label} {_figure(None if one.out_of_range else one.value)} ({_figure(one.low)}–{_figure(one.high)}) {block.unit}"
            for one in block.bars
        ]
    else:
        told = [f"{one.label} {_figure(one.price)} {block.price_unit}, {_figure(one.x)} {block.x_unit}" for one in block.dots]
    more = f"; … +{len(told) - MOST_NAMED}" if len(told) > MOST_NAMED else ""
    return f"{block.caption}: {'; '.join(told[:MOST_NAMED])}{more}"


def _figure(value: float | None) -> str:
    return "—" if value is None else format_significant(value)
