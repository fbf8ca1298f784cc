"""The styles of the Word file: headings tied to one multilevel list, body 10.5 with 1.5 lines, captions, table text, sources.

All of them are written here: the template that comes with python-docx has some forty that nobody asked for. Fonts are those of the reader's
machine, a Chinese one beside a Latin one in each style.
"""

from docx.document import Document
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import parse_xml

from app.engine.proposing.docx_xml import DECLARED, POINT
from app.engine.proposing.pdf_style import theme

FONTS = {"zh": ("Microsoft YaHei", "Microsoft YaHei"), "en": ("Calibri", "Microsoft YaHei")}
"""Latin, Chinese."""
ALTERNATIVES = {"Microsoft YaHei": "Noto Sans CJK SC", "Calibri": "Carlito"}
"""What takes their place on a machine without them."""
BODY_SIZE, BODY_LINES, TABLE_SIZE = 10.5, 1.5, 8.5
HEADING_SIZES = (20.0, 14.0, 11.0)
LIST_NUMBER, BULLET_NUMBER = 1, 2
TEXT_WIDTH_POINTS = 476.2


def _style(
    key: str,
    name: str,
    base: str = "Normal",
    follows: str = "",
    *,
    size: float = 0.0,
    bold: bool = False,
    color: str = "",
    before: float = 0.0,
    after: float = 0.0,
    lines: float = 1.0,
    more: str = "",
    keep: bool = False,
    tabs: str = "",
    level: int = -1,
) -> str:
    """Return a paragraph style, its parts in the order of the schema. more: what stands behind the spacing."""
    custom = "" if name.lower() in _BUILT_IN else ' w:customStyle="1"'
    listed = f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{LIST_NUMBER}"/></w:numPr>' if level >= 0 else ""
    outline = f'<w:outlineLvl w:val="{level}"/>' if level >= 0 else ""
    look = ("<w:b/>" if bold else "") + (f'<w:color w:val="{color}"/>' if color else "")
    look += f'<w:sz w:val="{round(size * 2)}"/><w:szCs w:val="{round(size * 2)}"/>' if size else ""
    spacing = (
        f'<w:spacing w:before="{round(before * POINT)}" w:after="{round(after * POINT)}" w:line="{round(lines * 240)}" w:lineRule="auto"/>'
    )
    default = ' w:default="1"' if key == "Normal" else ""
    return (
        f'<w:style w:type="paragraph" w:styleId="{key}"{default}{custom}><w:name w:val="{name}"/>'
        + (f'<w:basedOn w:val="{base}"/>' if key != "Normal" else "")
        + (f'<w:next w:val="{follows}"/>' if follows else "")
        + f"<w:qFormat/><w:pPr>{'<w:keepNext/><w:keepLines/>' if keep else ''}{listed}{tabs}{spacing}{more}{outline}</w:pPr>"
        + f"<w:rPr>{look}</w:rPr></w:style>"
    )


_BUILT_IN = {
    "normal", "heading 1", "heading 2", "heading 3", "title", "subtitle", "caption", "header", "footer", "list bullet", "toc 1", "toc 2",
    "toc heading",
}  # fmt: skip


def _styles(lang: str) -> str:
    colors, right = theme(), round(TEXT_WIDTH_POINTS * POINT)
    ends = f'<w:tabs><w:tab w:val="center" w:pos="{right // 2}"/><w:tab w:val="right" w:pos="{right}"/></w:tabs>'
    dots = f'<w:tabs><w:tab w:val="left" w:pos="{{}}"/><w:tab w:val="right" w:leader="dot" w:pos="{right}"/></w:tabs>'
    zh = lang == "zh"

    def line(side: str) -> str:
        return f'<w:pBdr><w:{side} w:val="single" w:sz="3" w:space="4" w:color="{colors["hairline"]}"/></w:pBdr>'

    blue, ink, grey, body = (colors[name] for name in ("blue", "ink", "grey", "body"))
    rule = f'<w:pBdr><w:bottom w:val="single" w:sz="9" w:space="4" w:color="{ink}"/></w:pBdr>'
    found = [
        _style("Normal", "Normal", size=BODY_SIZE, color=body, after=6, lines=BODY_LINES),
        _style("Title", "Title", follows="Subtitle", size=30, bold=True, color=ink, before=150, after=8, lines=1.1),
        _style("Subtitle", "Subtitle", size=13, color=body, after=28, lines=1.3),
        _style("CoverName", "呈送" if zh else "Cover Name", size=15, bold=True, color=ink, after=6, lines=1.2),
        _style("Answer", "结论" if zh else "Answer", follows="Normal", size=12, color=blue, before=4, after=10, lines=1.4),
        _style("Question", "章问" if zh else "Chapter Question", follows="Answer", size=8.5, color=grey, after=4, keep=True),
        _style("TableText", "表格" if zh else "Table Text", size=TABLE_SIZE, color=body, before=2, after=2),
        _style("TableHead", "表头" if zh else "Table Head", "TableText", size=8, bold=True, color=ink, before=2, after=2),
        _style("KeyFigure", "关键数字" if zh else "Key Figure", size=18, bold=True, color=ink, before=4, keep=True),
        _style("Source", "来源" if zh else "Source", follows="Normal", size=8, color=grey, before=3, after=12, lines=1.2),
        _style("Caption", "caption", follows="Normal", size=9, bold=True, color=ink, before=10, after=4, lines=1.2, keep=True),
        _style("Picture", "图" if zh else "Picture", follows="Source", after=4),
        _style(
            "ListBullet",
            "List Bullet",
            size=BODY_SIZE,
            after=3,
            lines=BODY_LINES,
            tabs=f'<w:numPr><w:numId w:val="{BULLET_NUMBER}"/></w:numPr>',
        ),
        _style("Header", "header", size=8, color=grey, tabs=line("bottom") + ends),
        _style("Footer", "footer", size=8, color=grey, tabs=line("top") + ends),
        _style("TOCHeading", "TOC Heading", follows="Normal", size=20, bold=True, color=ink, after=14, lines=1.2),
        _style("TOC1", "toc 1", size=BODY_SIZE, bold=True, color=ink, before=7, after=2, lines=1.2, tabs=dots.format(440)),
        _style("TOC2", "toc 2", size=9.5, after=1, lines=1.2, tabs=dots.format(1060), more='<w:ind w:left="440"/>'),
    ]
    for level, size in enumerate(HEADING_SIZES):
        first = level == 0
        more = {"follows": "Question", "after": 6, "tabs": rule} if first else {"follows": "Normal", "before": 12, "after": 4}
        key, name = f"Heading{level + 1}", f"heading {level + 1}"
        found.append(_style(key, name, size=size, bold=True, color=ink, lines=1.2, keep=True, level=level, **more))  # type: ignore[arg-type]
    return "".join(found)


def set_styles(document: Document, lang: str) -> None:
    """Put our styles and lists in place of those of the template."""
    latin, chinese = FONTS[lang]
    root = document.styles.element
    for child in list(root):
        if child.tag.endswith(("}style", "}docDefaults")):
            root.remove(child)
    others = (
        '<w:style w:type="character" w:default="1" w:styleId="DefaultParagraphFont"><w:name w:val="Default Paragraph Font"/></w:style>'
        '<w:style w:type="numbering" w:default="1" w:styleId="NoList"><w:name w:val="No List"/></w:style>'
        '<w:style w:type="table" w:default="1" w:styleId="TableNormal"><w:name w:val="Normal Table"/>'
        '<w:tblPr><w:tblInd w:w="0" w:type="dxa"/>'
        '<w:tblCellMar><w:left w:w="60" w:type="dxa"/><w:right w:w="60" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style>'
    )
    defaults = (
        f'<w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii="{latin}" w:hAnsi="{latin}" w:eastAsia="{chinese}" w:cs="{latin}"/>'
        '<w:lang w:val="en-US" w:eastAsia="zh-CN" w:bidi="ar-SA"/></w:rPr></w:rPrDefault><w:pPrDefault/></w:docDefaults>'
    )
    made = list(parse_xml(f"<w:styles {DECLARED}>{defaults}{others}{_styles(lang)}</w:styles>"))
    root.insert(0, made[0])
    for element in made[1:]:
        root.append(element)
    _set_lists(document)
    fonts = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{other}"/></w:font>' for name, other in ALTERNATIVES.items() if name in FONTS[lang]
    )
    for relation in document.part.rels.values():
        if relation.reltype == RELATIONSHIP_TYPE.FONT_TABLE:
            relation.target_part._blob = f"<w:fonts {DECLARED}>{fonts}</w:fonts>".encode()


def _set_lists(document: Document) -> None:
    """Write the list of the headings and that of the bullets."""

    def level(number: int) -> str:
        told = ".".join(f"%{place + 1}" for place in range(number + 1))
        paint = f'<w:rPr><w:color w:val="{theme()["blue"]}"/></w:rPr>' if number == 0 else ""
        return (
            f'<w:lvl w:ilvl="{number}"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:pStyle w:val="Heading{number + 1}"/>'
            f'<w:suff w:val="space"/><w:lvlText w:val="{told}"/><w:lvlJc w:val="left"/>'
            f'<w:pPr><w:ind w:left="0" w:firstLine="0"/></w:pPr>{paint}</w:lvl>'
        )

    bullet = (
        '<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="bullet"/><w:pStyle w:val="ListBullet"/><w:lvlText w:val="·"/>'
        '<w:lvlJc w:val="left"/><w:pPr><w:ind w:left="280" w:hanging="280"/></w:pPr><w:rPr><w:b/></w:rPr></w:lvl>'
    )
    root = document.part.numbering_part.element
    for child in list(root):
        root.remove(child)
    levels = "".join(level(number) for number in range(len(HEADING_SIZES)))
    lists = (
        f'<w:abstractNum w:abstractNumId="1"><w:multiLevelType w:val="multilevel"/>{levels}</w:abstractNum>'
        f'<w:abstractNum w:abstractNumId="2"><w:multiLevelType w:val="singleLevel"/>{bullet}</w:abstractNum>'
        f'<w:num w:numId="{LIST_NUMBER}"><w:abstractNumId w:val="1"/></w:num>'
        f'<w:num w:numId="{BULLET_NUMBER}"><w:abstractNumId w:val="2"/></w:num>'
    )
    for element in list(parse_xml(f"<w:numbering {DECLARED}>{lists}</w:numbering>")):
        root.append(element)
