"""What stands around the chapters of the Word file: cover, table of contents, head and foot of the pages, properties.

The table of contents is a field that already shows its entries. It is not marked as out of date: Word would greet the reader with a
question about fields that refer to other files. A right click updates it; the page references follow when the file is printed.
"""

import datetime
from collections.abc import Sequence
from typing import NamedTuple

from docx.document import Document
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.shared import Mm

from app.engine.messages import Message, render
from app.engine.model.proposals import Cover, Proposal
from app.engine.proposing.docx_styles import TEXT_WIDTH_POINTS
from app.engine.proposing.docx_xml import POINT, attribute, clean, elements, field, paragraph, run
from app.engine.proposing.pdf_style import theme

PROPERTY_TYPE = "application/vnd.openxmlformats-officedocument.custom-properties+xml"
NAMES = {"Number": "number", "Version": "version", "Classification": "classification"}
MOST_HEAD = 60
TAB = "\t"


class Entry(NamedTuple):
    """A line of the table of contents: level from 1, number and title as shown, the bookmark of its heading, the page."""

    level: int
    number: str
    title: str
    mark: str
    page: int


def cover_xml(proposal: Proposal) -> list[str]:
    """Return the cover."""
    cover, lang, grey = proposal.cover, proposal.lang, theme()["grey"]

    def say(name: str) -> str:
        return render(Message(f"proposing.cover.{name}"), lang)

    imprint = [
        (say("number"), field("DOCPROPERTY Number", cover.number)),
        (f"{say('version')} · {say('date')}", field("DOCPROPERTY Version", cover.version) + run(f" · {cover.date.isoformat()}")),
        (say("valid"), run(cover.valid_until.isoformat() if cover.valid_until else "—")),
        (say("author"), run(cover.author or "—")),
    ]
    width = round(TEXT_WIDTH_POINTS * POINT) // len(imprint)
    boxes = "".join(
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr>'
        f"{paragraph('TableText', run(name, color=grey, size=8))}{paragraph('TableHead', value)}</w:tc>"
        for name, value in imprint
    )
    grid = f'<w:gridCol w:w="{width}"/>' * len(imprint)
    top = f'<w:tblBorders><w:top w:val="single" w:sz="5" w:space="0" w:color="{theme()["ink"]}"/></w:tblBorders>'
    table = (
        f'<w:tbl><w:tblPr><w:tblW w:w="{width * len(imprint)}" w:type="dxa"/>{top}<w:tblLayout w:type="fixed"/></w:tblPr>'
        f"<w:tblGrid>{grid}</w:tblGrid><w:tr>{boxes}</w:tr></w:tbl>"
    )
    house = "算选 SuanXuan" if lang == "zh" else "SuanXuan"
    right = f'<w:tabs><w:tab w:val="right" w:pos="{round(TEXT_WIDTH_POINTS * POINT)}"/></w:tabs>'
    return [
        paragraph("Normal", run(house, bold=True, size=13, color=theme()["ink"]), run("\t"), _classification(proposal), look=right),
        paragraph("Title", run(cover.title)),
        paragraph("Subtitle", run(cover.subtitle)),
        paragraph("Source", run(say("to"))),
        paragraph("CoverName", run(cover.customer)),
        paragraph("Normal", look=f'<w:spacing w:before="{150 * POINT}"/>'),
        table,
        paragraph("Source", run(say("rights")), look=f'<w:spacing w:before="{24 * POINT}"/>'),
    ]


def contents_xml(entries: Sequence[Entry], lang: str) -> list[str]:
    """Return the table of contents: a field whose result is written out, each line a link with a page reference."""
    opening = (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        '<w:r><w:instrText xml:space="preserve"> TOC \\o "1-2" \\h \\z \\u </w:instrText></w:r>'
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r>'
    )
    lines = []
    for place, entry in enumerate(entries):
        words = f"{entry.number}\t{entry.title}"
        page = field(f"PAGEREF {entry.mark} \\h", entry.page)
        link = f'<w:hyperlink w:anchor="{entry.mark}" w:history="1">{run(words)}{run(TAB)}{page}</w:hyperlink>'
        lines.append(paragraph(f"TOC{entry.level}", "" if place else opening, link))
    end = paragraph("Normal", '<w:r><w:fldChar w:fldCharType="end"/></w:r>')
    title = paragraph("TOCHeading", run(render(Message("proposing.page.contents"), lang)), look="<w:pageBreakBefore/>")
    gallery = '<w:sdtPr><w:docPartObj><w:docPartGallery w:val="Table of Contents"/><w:docPartUnique/></w:docPartObj></w:sdtPr>'
    return [f"<w:sdt>{gallery}<w:sdtContent>{title}{''.join(lines)}{end}</w:sdtContent></w:sdt>"]


def set_page(document: Document, proposal: Proposal) -> None:
    """Set A4 with the margins of the house, head and foot on all pages but the cover."""
    section, cover = document.sections[0], proposal.cover
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin, section.right_margin, section.top_margin, section.bottom_margin = Mm(22), Mm(20), Mm(30), Mm(24)
    section.header_distance, section.footer_distance = Mm(14), Mm(11)
    section.different_first_page_header_footer = True
    whose = " · ".join(part for part in (cover.customer, cover.project) if part)
    head = paragraph("Header", run(whose[:MOST_HEAD]), run("\t\t"), run(cover.title))
    numbered = field("DOCPROPERTY Number", cover.number) + run("  ") + field("DOCPROPERTY Version", cover.version)
    foot = paragraph(
        "Footer",
        numbered,
        run(f"  {cover.date.isoformat()}"),
        run("\t"),
        _classification(proposal),
        run("\t"),
        field("PAGE", 2),
        run(" / "),
        field("NUMPAGES", 2),
    )
    for part, text in ((section.header, head), (section.footer, foot)):
        root = part._element
        for child in list(root):
            root.remove(child)
        for element in elements([text]):
            root.append(element)


def _classification(proposal: Proposal) -> str:
    """Return the words around the classification, which is itself a field."""
    told = render(Message("proposing.page.class", {"name": "\0"}), proposal.lang).partition("\0")
    return run(told[0]) + field("DOCPROPERTY Classification", proposal.cover.classification) + run(told[2])


def set_properties(document: Document, cover: Cover, lang: str) -> None:
    """Write the properties of the document; number, version and classification are what its fields show."""
    core = document.core_properties
    now = datetime.datetime.combine(cover.date, datetime.time())
    core.title, core.subject, core.keywords = (
        clean(f"{cover.title} {cover.project}")[:255],
        clean(cover.subtitle)[:255],
        clean(cover.number),
    )
    core.author = core.last_modified_by = clean(cover.author or "SuanXuan")[:255]
    core.comments, core.version, core.category, core.language = "", clean(cover.version), clean(cover.classification)[:255], lang
    core.created = core.modified = now
    lines = "".join(
        f'<property fmtid="{{D5CDD505-2E9C-101B-9397-08002B2CF9AE}}" pid="{pid}" name={attribute(name)}>'
        f"<vt:lpwstr>{attribute(getattr(cover, key))[1:-1]}</vt:lpwstr></property>"
        for pid, (name, key) in enumerate(NAMES.items(), 2)
    )
    spaces = (
        'xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties" '
        'xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"'
    )
    blob = f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<Properties {spaces}>{lines}</Properties>'.encode()
    package = document.part.package
    assert package is not None
    package.relate_to(Part(PackURI("/docProps/custom.xml"), PROPERTY_TYPE, blob, package), RELATIONSHIP_TYPE.CUSTOM_PROPERTIES)
    for key, link in list(package.rels.items()):
        if link.reltype.endswith("/thumbnail"):  # of python-docx's own template
            del package.rels[key]
