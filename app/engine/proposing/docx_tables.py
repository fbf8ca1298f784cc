"""Tables of the Word file: hairlines, heads that repeat, rows that stay whole; key figures side by side."""

from app.engine.model.proposals import Badge, Cell, Column, Figures, Table
from app.engine.proposing.docx_styles import TEXT_WIDTH_POINTS
from app.engine.proposing.docx_xml import POINT, paragraph, run
from app.engine.proposing.pdf_style import theme
from app.engine.proposing.pdf_tables import VERDICT_SHAPES, cell_text

MARKS = {"ok": "√", "warning": "△", "blocked": "×", "unknown": "○"}
"""Four shapes that every Chinese font has; emoji are none."""
WIDTH = round(TEXT_WIDTH_POINTS * POINT)
FIRST_SHARE = 0.34
"""Of a compact table, whose other columns hold a mark each."""
MOST_WHOLE = 900
"""Letters of a cell up to which a row is never parted: more may be higher than half a page."""
SIZES = ((9, 7.5), (6, 8.0), (0, 8.5))
"""(columns from which on, size of the cells in points)."""


def size_of(table: Table) -> float:
    """Return the size of a table's cells, in points."""
    return next(size for least, size in SIZES if len(table.columns) >= least)


def widths_of(table: Table) -> list[int]:
    """Return the width of each column in twentieths of a point; together the text width."""
    count = len(table.columns)
    if table.compact and count > 1:
        weights = [FIRST_SHARE, *[(1 - FIRST_SHARE) / (count - 1)] * (count - 1)]
    else:
        weights = [column.weight for column in table.columns]
    ends = [round(WIDTH * sum(weights[: place + 1]) / sum(weights)) for place in range(count)]
    return [end - start for start, end in zip([0, *ends], ends, strict=False)]


def mark_text(badge: Badge) -> str:
    """Return a badge as mark and word."""
    mark = MARKS.get(VERDICT_SHAPES.get(badge.level, badge.level), MARKS["unknown"])
    return f"{mark} {badge.text}".rstrip()


def note_of(table: Table) -> str:
    """Return the note below a table; that of a compact one explains its marks."""
    if not table.compact:
        return table.note
    pairs = (part.partition("=") for part in table.note.split("; "))
    return "    ".join(f"{MARKS[level]} {word}" for level, _, word in pairs if level in MARKS)


def table_xml(table: Table) -> str:
    """Return a table at full text width."""
    widths, colors = widths_of(table), theme()

    def border(side: str, size: int, color: str) -> str:
        return f'<w:{side} w:val="single" w:sz="{size}" w:space="0" w:color="{colors[color]}"/>'

    borders = border("top", 7, "ink") + border("bottom", 7, "ink") + border("insideH", 2, "hairline")
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    numeric = [column.format not in ("text", "date") for column in table.columns]
    head = "".join(
        _box(width, _head(column, right), below=border("bottom", 4, "ink"))
        for width, column, right in zip(widths, table.columns, numeric, strict=True)
    )
    rows = "".join(
        _row(table, number, widths, numeric, keeps=number < 1 or number == len(table.rows) - 2 > 0) for number in range(len(table.rows))
    )
    return (
        f'<w:tbl><w:tblPr><w:tblW w:w="{WIDTH}" w:type="dxa"/><w:tblBorders>{borders}</w:tblBorders><w:tblLayout w:type="fixed"/></w:tblPr>'
        f"<w:tblGrid>{grid}</w:tblGrid><w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>{head}</w:tr>{rows}</w:tbl>"
    )


def _row(table: Table, number: int, widths: list[int], numeric: list[bool], *, keeps: bool) -> str:
    cells, is_marked = table.rows[number], number in table.highlighted
    whole = "" if any(isinstance(cell, str) and len(cell) > MOST_WHOLE for cell in cells) else "<w:trPr><w:cantSplit/></w:trPr>"
    boxes = []
    for place, (cell, column, width) in enumerate(zip(cells, table.columns, widths, strict=True)):
        bar = f'<w:left w:val="single" w:sz="18" w:space="0" w:color="{theme()["blue"]}"/>' if is_marked and place == 0 else ""
        text = _cell(cell, column, size_of(table), right=numeric[place], centred=table.compact and place > 0, keeps=keeps)
        boxes.append(_box(width, text, below=bar, fill=theme()["blue_3"] if is_marked else ""))
    return f"<w:tr>{whole}{''.join(boxes)}</w:tr>"


def _box(width: int, text: str, *, below: str = "", fill: str = "") -> str:
    look = f"<w:tcBorders>{below}</w:tcBorders>" if below else ""
    look += f'<w:shd w:val="clear" w:color="auto" w:fill="{fill}"/>' if fill else ""
    return f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{look}</w:tcPr>{text}</w:tc>'


def _head(column: Column, right: bool) -> str:
    align = '<w:jc w:val="right"/>' if right else ""
    unit = run(f"\n{column.unit}", color=theme()["grey"], size=7) if column.unit else ""
    return paragraph("TableHead", run(column.head), unit, look=f"<w:keepNext/>{align}")


def _cell(value: Cell, column: Column, size: float, *, right: bool, centred: bool, keeps: bool) -> str:
    align = '<w:jc w:val="center"/>' if centred else '<w:jc w:val="right"/>' if right else ""
    look = ("<w:keepNext/>" if keeps else "") + align
    if isinstance(value, Badge):
        level = VERDICT_SHAPES.get(value.level, value.level)
        heavy = level in ("warning", "blocked")
        paint = theme()[{"ok": "blue", "warning": "orange", "blocked": "ink"}.get(level, "grey")]
        mark = run(mark_text(Badge(value.level)), bold=heavy, color=paint, size=size)
        return paragraph("TableText", mark, run(f" {value.text}", bold=heavy, size=size) if value.text else "", look=look)
    return paragraph("TableText", run(cell_text(value, column), size=size, color=theme()["grey"] if value is None else ""), look=look)


def figures_xml(figures: Figures) -> str:
    """Return the key figures side by side."""
    count = max(len(figures.items), 1)
    widths = [WIDTH * (place + 1) // count - WIDTH * place // count for place in range(count)]
    top = f'<w:top w:val="single" w:sz="10" w:space="0" w:color="{theme()["blue"]}"/>'
    boxes = "".join(
        _box(
            width,
            paragraph("KeyFigure", run(value), run(f" {unit}", size=8.5) if unit else "", look='<w:jc w:val="left"/>')
            + paragraph("Source", run(caption)),
            below=top,
        )
        for width, (value, unit, caption) in zip(widths, figures.items, strict=True)
    )
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    return (
        f'<w:tbl><w:tblPr><w:tblW w:w="{WIDTH}" w:type="dxa"/><w:tblLayout w:type="fixed"/></w:tblPr><w:tblGrid>{grid}</w:tblGrid>'
        f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{boxes}</w:tr></w:tbl>"
    )
