"""A long table of levels on one page: panels side by side, a symbol per cell, the symbols explained below."""

import math

from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus import Flowable

from app.engine.model.proposals import Badge, Table
from app.engine.proposing.pdf_style import BOLD, REGULAR, color
from app.engine.proposing.pdf_tables import VERDICT_SHAPES, BadgeMark

GUTTER, CELL_WIDTH, HEAD_PADDING, LEGEND_HEIGHT = 16.0, 13.0, 8.0, 18.0
LEAST_ROW, MOST_ROW = 6.4, 11.0
LEAST_TYPE, MOST_TYPE = 4.6, 7.0
MOST_IN_ONE_PANEL = 30


class MatrixFlowable(Flowable):
    """The first column in words, all others as symbols. The table's note is the legend: level=word; ..."""

    def __init__(self, table: Table) -> None:
        super().__init__()
        self._table = table
        self._marks = {level: BadgeMark(Badge(level)) for level in ("ok", "warning", "blocked", "unknown")}
        self._panels = 1 if len(table.rows) <= MOST_IN_ONE_PANEL else 2
        self._head_height = HEAD_PADDING + max(stringWidth(column.head, BOLD, MOST_TYPE) for column in table.columns[1:])
        self._per_panel = max(1, math.ceil(len(table.rows) / self._panels))

    def wrap(self, width: float, height: float) -> tuple[float, float]:  # type: ignore[override]
        """Take the height that is left: rows shrink until all of them fit."""
        room = (height - self._head_height - LEGEND_HEIGHT - 2) / self._per_panel
        self.width, self._row = width, max(LEAST_ROW, min(MOST_ROW, room))
        self.height = self._head_height + self._row * self._per_panel + LEGEND_HEIGHT
        return width, self.height

    def draw(self) -> None:
        """Draw head and rows of each panel, and the legend."""
        wide = (self.width - GUTTER * (self._panels - 1)) / self._panels
        for panel in range(self._panels):
            rows = self._table.rows[panel * self._per_panel : (panel + 1) * self._per_panel]
            left = panel * (wide + GUTTER)
            self._head(left, wide)
            for place, row in enumerate(rows, 1):
                self._line(row, left, wide, self.height - self._head_height - self._row * place)
        self._legend()

    def _middles(self, left: float, wide: float) -> list[float]:
        """Return where the middle of each column of symbols lies."""
        count = len(self._table.columns) - 1
        return [left + wide - CELL_WIDTH * (count - place - 0.5) for place in range(count)]

    def _head(self, left: float, wide: float) -> None:
        canvas, low = self.canv, self.height - self._head_height
        canvas.setStrokeColor(color("ink"))
        canvas.setLineWidth(0.9)
        canvas.line(left, self.height, left + wide, self.height)
        canvas.setLineWidth(0.5)
        canvas.line(left, low, left + wide, low)
        canvas.setFillColor(color("ink"))
        canvas.setFont(BOLD, MOST_TYPE)
        canvas.drawString(left, low + 4, self._table.columns[0].head)
        for middle, column in zip(self._middles(left, wide), self._table.columns[1:], strict=True):
            canvas.saveState()
            canvas.translate(middle + 2.4, low + 4)
            canvas.rotate(90)
            canvas.drawString(0, 0, column.head)
            canvas.restoreState()

    def _line(self, row: tuple, left: float, wide: float, low: float) -> None:
        canvas, middles = self.canv, self._middles(left, wide)
        room = middles[0] - CELL_WIDTH / 2 - left - 2
        text, size = str(row[0]), min(MOST_TYPE, self._row * 0.8)
        while size > LEAST_TYPE and stringWidth(text, REGULAR, size) > room:
            size -= 0.2
        while stringWidth(text, REGULAR, size) > room:
            text = text[:-2] + "…"
        canvas.setFillColor(color("body"))
        canvas.setFont(REGULAR, size)
        canvas.drawString(left, low + self._row * 0.28, text)
        for middle, cell in zip(middles, row[1:], strict=True):
            if isinstance(cell, Badge):
                self._symbol(cell.level, middle, low + self._row / 2, min(1.0, self._row / (BadgeMark.SIZE + 1.2)))
        canvas.setStrokeColor(color("hairline"))
        canvas.setLineWidth(0.25)
        canvas.line(left, low, left + wide, low)

    def _symbol(self, level: str, x: float, y: float, scale: float) -> None:
        canvas, mark = self.canv, self._marks[VERDICT_SHAPES.get(level, level)]
        canvas.saveState()
        canvas.translate(x - BadgeMark.SIZE * scale / 2, y - BadgeMark.SIZE * scale / 2)
        canvas.scale(scale, scale)
        mark.draw_shape(canvas)
        canvas.restoreState()

    def _legend(self) -> None:
        canvas, x = self.canv, 0.0
        for part in self._table.note.split("; "):
            level, _, word = part.partition("=")
            if level not in self._marks:
                continue
            self._symbol(level, x + BadgeMark.SIZE / 2, 6.5, 1.0)
            canvas.setFillColor(color("grey"))
            canvas.setFont(REGULAR, 7.5)
            canvas.drawString(x + BadgeMark.SIZE + 4, 4, word)
            x += BadgeMark.SIZE + stringWidth(word, REGULAR, 7.5) + 20
