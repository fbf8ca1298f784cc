"""Tables of the PDF: hairlines instead of boxes, numbers right-aligned, badges drawn as shapes."""

import datetime

from reportlab.platypus import Flowable
from reportlab.platypus import Table as Grid

from app.engine.model.proposals import Badge, Cell, Column, Table
from app.engine.proposing.pdf_style import TEXT_WIDTH, color, theme
from app.engine.proposing.pdf_text import Paragraph, Style, draw_line, units_of
from app.engine.units import format_number, format_share, format_significant

DECIMALS = {"number1": 1, "number2": 2, "number3": 3, "money": 2, "integer": 0}
VERDICT_SHAPES = {"ready": "ok", "adapt": "warning", "blocked": "blocked", "unknown": "unknown"}


def cell_text(value: Cell, column: Column) -> str:
    """Return a raw value as the house writes it; None as an em dash."""
    if value is None or value == "":
        return "—" if value is None else ""
    if isinstance(value, Badge):
        return value.text
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, str):
        return value
    if column.format == "share":
        return format_share(float(value)).removesuffix("%") if column.unit == "%" else format_share(float(value))
    if column.format == "significant":
        return format_significant(float(value))
    return format_number(float(value), DECIMALS.get(column.format, 0))


def table_flowable(table: Table) -> Grid:
    """Return the table at full text width; its head repeats on every page."""
    many = len(table.columns) >= 9  # noqa: PLR2004 - ten columns get smaller type
    size = 7.5 if many else 8.5
    body = Style(size, size * 1.45)
    weights = [column.weight for column in table.columns]
    widths = [TEXT_WIDTH * weight / sum(weights) for weight in weights]
    numeric = [column.format not in ("text", "date") for column in table.columns]
    head = [_head(column, right) for column, right in zip(table.columns, numeric, strict=True)]
    rows = [
        [_cell(value, column, body, right) for value, column, right in zip(row, table.columns, numeric, strict=True)] for row in table.rows
    ]
    grid = Grid([head, *rows], colWidths=widths, repeatRows=1, splitByRow=1)
    last = len(rows)
    style = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 3),
        ("RIGHTPADDING", (0, 0), (-1, -1), 3),
        ("LEFTPADDING", (0, 0), (0, -1), 0),
        ("TOPPADDING", (0, 0), (-1, -1), 2.8),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2.8),
        ("LINEABOVE", (0, 0), (-1, 0), 0.9, color("ink")),
        ("LINEBELOW", (0, 0), (-1, 0), 0.5, color("ink")),
        ("LINEBELOW", (0, 1), (-1, -1), 0.25, color("hairline")),
        ("LINEBELOW", (0, last), (-1, last), 0.9, color("ink")),
    ]
    for row in table.highlighted:
        style += [
            ("BACKGROUND", (0, row + 1), (-1, row + 1), color("blue_3")),
            ("LINEBEFORE", (0, row + 1), (0, row + 1), 2.2, color("blue")),
        ]
        style += [("LEFTPADDING", (0, row + 1), (0, row + 1), 5)]
    grid.setStyle(style)
    return grid


def _head(column: Column, right: bool) -> list[Flowable]:
    align = "right" if right else "left"
    found: list[Flowable] = [Paragraph(column.head, Style(7.5, 10.5, theme()["ink"], bold=True, align=align))]
    if column.unit:
        found.append(Paragraph(column.unit, Style(6.8, 9.5, theme()["grey"], align=align)))
    return found


def _cell(value: Cell, column: Column, body: Style, right: bool) -> Flowable:
    if isinstance(value, Badge):
        return BadgeMark(value)
    text = cell_text(value, column)
    return Paragraph(text, body._replace(align="right" if right else "left", color=theme()["grey"] if value is None else theme()["body"]))


class BadgeMark(Flowable):
    """A level as shape and word: tick, triangle, disc with a cross, dotted ring; four shapes, so that grey print loses nothing."""

    SIZE = 7.0

    def __init__(self, badge: Badge) -> None:
        super().__init__()
        self.level = VERDICT_SHAPES.get(badge.level, badge.level)
        self.style = Style(
            7.5, 10.5, theme()["ink" if self.level in ("warning", "blocked") else "body"], bold=self.level in ("warning", "blocked")
        )
        self.units = units_of(badge.text, self.style)
        self._text = Paragraph(badge.text, self.style)

    def wrap(self, width: float, height: float) -> tuple[float, float]:  # type: ignore[override]
        """Take one line, more where the word is long."""
        self.room = width
        _, tall = self._text.wrap(max(width - self.SIZE - 3, 8), height)
        self.height = max(tall, 10.5)
        return width, self.height

    def draw(self) -> None:
        """Draw shape and word."""
        canvas = self.canv
        top = self.height
        canvas.saveState()
        canvas.translate(0, top - 9.2)
        self.draw_shape(canvas)
        canvas.restoreState()
        y = top - 8.6
        for line in self._text._lines:
            canvas.setFillColor(color("ink" if self.style.bold else "body"))
            draw_line(canvas, self.SIZE + 3, y, line, self.style)
            y -= self.style.leading

    def draw_shape(self, canvas) -> None:
        """Draw the shape alone, SIZE wide, from the origin of the canvas."""
        getattr(self, f"_{self.level}", self._unknown)(canvas)

    def _ok(self, canvas) -> None:
        canvas.setStrokeColor(color("blue"))
        canvas.setLineWidth(1.3)
        canvas.lines([(0.8, 3.6, 2.9, 1.4), (2.9, 1.4, 6.6, 6.2)])

    def _warning(self, canvas) -> None:
        canvas.setStrokeColor(color("orange"))
        canvas.setLineWidth(0.9)
        path = canvas.beginPath()
        path.moveTo(3.5, 7.0)
        path.lineTo(7.0, 0.6)
        path.lineTo(0.0, 0.6)
        path.close()
        canvas.drawPath(path)
        canvas.setLineWidth(0.9)
        canvas.line(3.5, 4.9, 3.5, 2.9)
        canvas.setFillColor(color("orange"))
        canvas.circle(3.5, 1.7, 0.45, stroke=0, fill=1)

    def _blocked(self, canvas) -> None:
        canvas.setFillColor(color("ink"))
        canvas.circle(3.5, 3.6, 3.4, stroke=0, fill=1)
        canvas.setStrokeColorRGB(1, 1, 1)
        canvas.setLineWidth(1.0)
        canvas.lines([(2.1, 2.2, 4.9, 5.0), (2.1, 5.0, 4.9, 2.2)])

    def _unknown(self, canvas) -> None:
        canvas.setStrokeColor(color("mid"))
        canvas.setLineWidth(0.8)
        canvas.setDash(1, 1.2)
        canvas.circle(3.5, 3.6, 3.1, stroke=1, fill=0)
        canvas.setDash()
        canvas.setFillColor(color("grey"))
        canvas.setFont(self.style.font, 5.2)
        canvas.drawCentredString(3.5, 1.8, "?")
