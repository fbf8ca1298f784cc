"""On which page of the Word file a heading will stand: an estimate for the table of contents, made with Word's type sizes.

Word alone knows its pages, and only when it opens the file; with the Chinese font of the reader's machine it comes to the same page or
one beside it. Heights are in points.
"""

from collections.abc import Sequence

from app.engine.model.proposals import Block, Figures, Table, Text
from app.engine.proposing.docx_styles import BODY_LINES, BODY_SIZE, TEXT_WIDTH_POINTS
from app.engine.proposing.docx_tables import note_of, size_of, widths_of
from app.engine.proposing.docx_xml import POINT
from app.engine.proposing.pdf_style import BOTTOM, PAGE_HEIGHT, TOP
from app.engine.proposing.pdf_tables import cell_text
from app.engine.proposing.pdf_text import Style, break_lines, units_of

ROOM = PAGE_HEIGHT - TOP - BOTTOM
EM = 1.32
"""Height of a line of the Chinese font at single spacing, in sizes."""
CELL_PADDING = 6.0
LOOKS = {
    "answer": (12.0, 1.4, 14.0),
    "body": (BODY_SIZE, BODY_LINES, 6.0),
    "note": (8.0, 1.2, 15.0),
    "section": (14.0, 1.2, 16.0),
    "bullet": (BODY_SIZE, BODY_LINES, 3.0),
    "caption": (9.0, 1.2, 14.0),
    "cell": (8.5, 1.0, 4.0),
}
"""Size, lines, space around."""
HEADING_HEIGHT, FIGURES_HEIGHT = 60.0, 62.0


class Place:
    """Where the next block goes: the page from 1, the points used of it."""

    def __init__(self, page: int) -> None:
        self.page, self.used = page, 0.0

    def add(self, height: float, together: float = 0.0) -> None:
        """Put something down; what does not fit with `together` points behind it goes to the next page."""
        if self.used and self.used + height + together > ROOM:
            self.page, self.used = self.page + 1, 0.0
        self.used += height
        while self.used > ROOM:
            self.page, self.used = self.page + 1, self.used - ROOM


def text_height(text: str, look: str, width: float = TEXT_WIDTH_POINTS, size: float = 0.0) -> float:
    """Return the height of a paragraph."""
    own, lines, around = LOOKS[look]
    style = Style(size or own, 0)
    return len(break_lines(units_of(text, style), width, style)) * (size or own) * EM * lines + around


def add_block(place: Place, block: Block, picture_height: float = 0.0) -> int:
    """Put a block down and return the page on which it begins."""
    if isinstance(block, Text):
        place.add(text_height(block.text, block.style), 60.0 if block.style == "section" else 0.0)
        return place.page
    if isinstance(block, Figures):
        place.add(FIGURES_HEIGHT)
        return place.page
    caption = text_height(block.caption, "caption")
    if isinstance(block, Table):
        _add_table(place, block, caption)
    else:
        place.add(caption, picture_height)
        place.add(picture_height)
    page = place.page
    note = note_of(block) if isinstance(block, Table) else block.note
    place.add(text_height(note, "note") if note else 0.0)
    return page


def _add_table(place: Place, table: Table, caption: float) -> None:
    widths = [width / POINT - CELL_PADDING for width in widths_of(table)]
    heads = [f"{column.head}\n{column.unit}" for column in table.columns]
    head = max(
        (
            sum(text_height(part, "cell", width, 8.0) for part in text.split("\n") if part)
            for text, width in zip(heads, widths, strict=True)
        ),
        default=0.0,
    )
    rows = [_row_height(table, cells, widths) for cells in table.rows]
    place.add(caption + head, sum(rows[:2]))
    for row in rows:
        page = place.page
        place.add(row)
        if place.page != page:
            place.used += head  # it repeats


def _row_height(table: Table, cells: Sequence, widths: Sequence[float]) -> float:
    return max(
        text_height(cell_text(cell, column), "cell", width, size_of(table))
        for cell, column, width in zip(cells, table.columns, widths, strict=True)
    )
