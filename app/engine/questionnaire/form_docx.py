"""The form as a Word file: a table a group; where there are words to choose from, a list in the cell."""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from app.engine.proposing.docx_xml import attribute, elements, paragraph, run
from app.engine.questionnaire.questions import Question, say

WIDTHS = (2300, 3200, 4024)
"""Question, answer, explanation, in twentieths of a point."""


def write(path: Path, questions: Sequence[Question], lang: str) -> None:
    """Write the file. Raises OSError as the file system does."""
    from docx import Document
    from docx.shared import Mm

    from app.engine.proposing.docx_styles import set_styles

    document = Document()
    set_styles(document, lang)
    core = document.core_properties
    core.title, core.author, core.last_modified_by, core.comments = say("title", lang), "SuanXuan", "SuanXuan", ""
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin, section.right_margin, section.top_margin, section.bottom_margin = Mm(22), Mm(20), Mm(22), Mm(20)
    parts = [paragraph("TOCHeading", run(say("title", lang))), paragraph("Normal", run(say("intro", lang)))]
    for group, lines in groupby(questions, key=lambda one: one.group):
        parts += [paragraph("Caption", run(say(f"group.{group}", lang))), _table(list(lines), lang), paragraph("TableText")]
    body = document.element.body
    page = body[-1]
    for element in elements(parts):
        page.addprevious(element)
    document.save(str(path))


def _table(questions: Sequence[Question], lang: str) -> str:
    lines = "".join(
        f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="C8CED4"/>'
        for side in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    head = "".join(
        _box(width, paragraph("TableHead", run(say(f"head.{name}", lang))))
        for width, name in zip(WIDTHS, ("question", "answer", "hint"), strict=True)
    )
    rows = "".join(f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{_row(one, lang)}</w:tr>" for one in questions)
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in WIDTHS)
    return (
        f'<w:tbl><w:tblPr><w:tblW w:w="{sum(WIDTHS)}" w:type="dxa"/>'
        f'<w:tblBorders>{lines}</w:tblBorders><w:tblLayout w:type="fixed"/></w:tblPr>'
        f"<w:tblGrid>{grid}</w:tblGrid><w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>{head}</w:tr>{rows}</w:tbl>"
    )


def _row(one: Question, lang: str) -> str:
    name = f"{one.text} ({one.unit})" if one.unit else one.text
    choices = " / ".join(one.choices)
    hint = f"{one.hint}: {choices}" if choices and one.is_bound else one.hint
    answer = _chooser(one, lang) if one.choices else paragraph("TableText")
    key = paragraph("TableText", run(one.key, size=6.5, color="5B6670"))
    return (
        _box(WIDTHS[0], paragraph("TableText", run(name)))
        + _box(WIDTHS[1], answer, "FFF8E5")
        + _box(WIDTHS[2], paragraph("TableText", run(hint)) + key)
    )


def _chooser(one: Question, lang: str) -> str:
    kind = "dropDownList" if one.is_bound else "comboBox"
    items = "".join(f"<w:listItem w:displayText={attribute(word)} w:value={attribute(word)}/>" for word in one.choices)
    shown = run(say("choose", lang), color="5B6670")
    return (
        f"<w:sdt><w:sdtPr><w:tag w:val={attribute(one.key)}/><w:showingPlcHdr/><w:{kind}>{items}</w:{kind}></w:sdtPr>"
        f"<w:sdtContent>{paragraph('TableText', shown)}</w:sdtContent></w:sdt>"
    )


def _box(width: int, text: str, fill: str = "") -> str:
    ground = f'<w:shd w:val="clear" w:color="auto" w:fill="{fill}"/>' if fill else ""
    return f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{ground}</w:tcPr>{text}</w:tc>'
