"""WordprocessingML as text: runs, paragraphs, fields. What users wrote is cleaned and escaped here and nowhere else."""

import re
from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

DECLARED = nsdecls("w", "r", "wp")
POINT = 20
"""Twentieths of a point, in which Word measures paragraphs and tables."""
_ILLEGAL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufffe\uffff]")
_TAGGED = re.compile(r"[\t\n]")


def clean(text: object) -> str:
    """Return a text without what XML cannot hold and without marks that turn the direction of reading."""
    return _ILLEGAL.sub("", str(text).replace("\r\n", "\n").replace("\r", "\n"))


def attribute(text: object) -> str:
    """Return a text as a quoted attribute."""
    return quoteattr(_TAGGED.sub(" ", clean(text)))


def run(text: object, *, bold: bool = False, color: str = "", size: float = 0.0) -> str:
    """Return a run; line breaks and tabs of the text stay."""
    look = ("<w:b/>" if bold else "") + (f'<w:color w:val="{color}"/>' if color else "")
    look += f'<w:sz w:val="{round(size * 2)}"/><w:szCs w:val="{round(size * 2)}"/>' if size else ""
    parts = "".join(
        {"\n": "<w:br/>", "\t": "<w:tab/>"}.get(part, f'<w:t xml:space="preserve">{escape(part)}</w:t>')
        for part in re.split(r"([\t\n])", clean(text))
        if part
    )
    return f"<w:r>{f'<w:rPr>{look}</w:rPr>' if look else ''}{parts}</w:r>"


def field(code: str, shown: object) -> str:
    """Return a field that shows a text until Word works it out anew."""
    mark = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'.format
    told = f'<w:r><w:instrText xml:space="preserve"> {escape(code)} </w:instrText></w:r>'
    return mark("begin") + told + mark("separate") + run(shown) + mark("end")


def paragraph(style: str, *runs: str, look: str = "") -> str:
    """Return a paragraph of a style. look: further properties, in the order of the schema."""
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{look}</w:pPr>{"".join(runs)}</w:p>'


def bookmarked(name: str, number: int, *runs: str) -> str:
    """Return runs that a link or a page reference can point to."""
    return f'<w:bookmarkStart w:id="{number}" w:name="{name}"/>{"".join(runs)}<w:bookmarkEnd w:id="{number}"/>'


def elements(parts: Sequence[str]) -> list:
    """Return the elements of a run of blocks."""
    return list(parse_xml(f"<w:body {DECLARED}>{''.join(parts)}</w:body>"))
