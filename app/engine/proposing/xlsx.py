"""Write the workbook: live formulas with stored values, native charts, sources."""

import datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from app.engine.messages import Message, render
from app.engine.model.evaluations import Score
from app.engine.model.explanations import Explained
from app.engine.model.platforms import Platform
from app.engine.model.projects import Project
from app.engine.model.proposals import Badge, Cell, Column, Figures, Proposal, Section, Table, Text
from app.engine.proposing._facts import NOTHING, Facts
from app.engine.proposing.xlsx_kind import write_kind
from app.engine.proposing.xlsx_plans import write_plans
from app.engine.proposing.xlsx_tables import write_adaptation, write_effort, write_predictions, write_prices, write_statistics

LINE_POINTS, MOST_LINES, WIDE_FROM = 13.5, 8, 0x2E80
FONTS = {"zh": "Microsoft YaHei", "en": "Calibri"}
_FORMATS = {
    "integer": "#,##0",
    "number1": "#,##0.0",
    "number2": "#,##0.00",
    "number3": "0.000",
    "money": "#,##0.00",
    "share": "0%",
    "date": "yyyy-mm-dd",
}


class Book:
    """The workbook being written: its formats, its words, its sheets."""

    def __init__(self, path: Path, proposal: Proposal, facts: Facts) -> None:
        self.workbook = xlsxwriter.Workbook(str(path), {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
        self.proposal, self.facts = proposal, facts
        self._formats: dict[tuple, Any] = {}
        self._widths: dict[str, list[float]] = {}
        cover = proposal.cover
        self.workbook.set_properties(
            {"title": f"{cover.title} {cover.project}", "author": cover.author or "SuanXuan", "keywords": cover.number}
        )

    def format(self, **properties: object) -> Any:
        """Return a cell format, made once."""
        key = tuple(sorted(properties.items()))
        if key not in self._formats:
            base = {"font_name": FONTS[self.proposal.lang], "font_size": 10, "valign": "vcenter"}
            self._formats[key] = self.workbook.add_format({**base, **properties})
        return self._formats[key]

    def head(self) -> Any:
        """Return the format of a table's head."""
        return self.format(bold=True, text_wrap=True, bottom=1, top=2, bottom_color="#16202B", top_color="#16202B", valign="top")

    def cell(self, **properties: object) -> Any:
        """Return the format of a table's cell."""
        return self.format(bottom=1, bottom_color="#DDE1E5", **properties)

    def say(self, code: str) -> str:
        """Return a word of the area `proposing`."""
        return render(Message(f"proposing.{code}"), self.proposal.lang)

    def sheet(self, code: str, title: str, widths: list[float]) -> Any:
        """Add a sheet with the house's title, margins, head and foot."""
        sheet = self.workbook.add_worksheet(self.say(f"sheet.{code}"))
        self._widths[sheet.name] = widths
        sheet.hide_gridlines(2)
        sheet.set_paper(9)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        cover = self.proposal.cover
        sheet.set_header(f"&L&8{_plain(cover.customer)} · {_plain(cover.project)}&R&8{_plain(title)}")
        sheet.set_footer(f"&L&8{cover.number} {cover.version} {cover.date.isoformat()}&C&8{_plain(cover.classification)}&R&8&P / &N")
        for number, width in enumerate(widths):
            sheet.set_column(number, number, width)
        sheet.write_string(0, 0, title, self.format(bold=True, font_size=16, font_color="#16202B"))
        return sheet

    def table(self, sheet: Any, row: int, table: Table) -> int:
        """Write a table of the proposal below `row` and return the row behind it."""
        sheet.write_string(row, 0, table.caption, self.format(bold=True))
        for number, column in enumerate(table.columns):
            sheet.write_string(row + 1, number, f"{column.head} ({column.unit})" if column.unit else column.head, self.head())
        for line, cells in enumerate(table.rows, row + 2):
            for number, (value, column) in enumerate(zip(cells, table.columns, strict=True)):
                self.value(sheet, line, number, value, column, wrap=number < len(cells) - 1)
            self._fit_height(sheet, line, cells)
        end = row + 2 + len(table.rows)
        if table.note:
            sheet.write_string(end, 0, table.note, self.format(font_size=8, font_color="#5B6670"))
            end += 1
        return end + 1

    def _fit_height(self, sheet: Any, row: int, cells: tuple[Cell, ...]) -> None:
        """Make a row as high as its longest wrapped text: no viewer does it for a file that was never opened in Excel."""
        lines = 1
        for text, width in zip(cells[:-1], self._widths[sheet.name], strict=False):
            shown = text.text if isinstance(text, Badge) else text
            if isinstance(shown, str):
                lines = max(lines, -(-sum(2 if ord(letter) > WIDE_FROM else 1 for letter in shown) // max(int(width), 1)))
        if lines > 1:
            sheet.set_row(row, min(lines, MOST_LINES) * LINE_POINTS)

    def value(self, sheet: Any, row: int, column: int, value: Cell, about: Column, *, wrap: bool = True) -> None:
        """Write one raw value in its column's format; the last column runs on to the right instead of wrapping."""
        if value is None:
            sheet.write_string(row, column, "—", self.cell(font_color="#5B6670"))
        elif isinstance(value, Badge):
            word = (
                render(Message(f"assessing.level.{value.level}"), self.proposal.lang) if value.level in ("ok", "warning", "blocked") else ""
            )
            sheet.write_string(
                row, column, value.text or word or render(Message("assessing.level.unknown"), self.proposal.lang), self.cell(text_wrap=True)
            )
        elif isinstance(value, datetime.date):
            sheet.write_datetime(row, column, datetime.datetime.combine(value, datetime.time()), self.cell(num_format="yyyy-mm-dd"))
        elif isinstance(value, str):
            sheet.write_string(row, column, value, self.cell(text_wrap=wrap))
        else:
            number = float(value)
            if number == number and abs(number) != float("inf"):
                sheet.write_number(row, column, number, self.cell(num_format=_FORMATS.get(about.format, "#,##0.###")))


def write(
    proposal: Proposal,
    project: Project,
    platforms: dict[str, Platform],
    path: Path,
    scores: tuple[Score, ...] = (),
    explained: Explained = NOTHING,
) -> None:
    """Write all sheets that the project has content for. Raises OSError as the file system does."""
    facts = Facts(project, platforms, proposal.lang, scores, explained)
    book = Book(path, proposal, facts)
    by_key = {section.key: section for section in proposal.sections}
    _summary(book, proposal)
    if project.selection is not None and project.selection.plans:
        write_plans(book, facts)
    if project.kind is not None:
        write_kind(book, facts, project.kind)
    if project.predictions:
        write_predictions(book, facts)
    if project.assessments:
        write_adaptation(book, facts)
        write_effort(book, facts)
    if "characteristics" in by_key:
        write_statistics(book, by_key["characteristics"], facts)
    if project.prices is not None:
        write_prices(book, facts)
    if "assumptions" in by_key:
        _sources(book, by_key["assumptions"])
    try:
        book.workbook.close()
    except xlsxwriter.exceptions.FileCreateError as error:
        cause = error.args[0] if error.args and isinstance(error.args[0], OSError) else OSError(str(error))
        raise cause from error


def _summary(book: Book, proposal: Proposal) -> None:
    cover = proposal.cover
    sheet = book.sheet("summary", f"{cover.title} · {cover.project}", [26, 22, 60])
    rows = [("to", cover.customer), ("number", cover.number), ("version", cover.version), ("date", cover.date.isoformat())]
    rows.append(("valid", cover.valid_until.isoformat() if cover.valid_until else "—"))
    for number, (name, value) in enumerate(rows, 2):
        sheet.write_string(number, 0, book.say(f"cover.{name}"), book.cell(font_color="#5B6670"))
        sheet.merge_range(number, 1, number, 2, value, book.cell())
    row = 3 + len(rows)
    summary = next((section for section in proposal.sections if section.key == "summary"), None)
    for block in summary.blocks if summary else ():
        if isinstance(block, Text):
            bold = block.style in ("answer", "section")
            text = f"· {block.text}" if block.style == "bullet" else block.text
            cell = book.format(
                text_wrap=True,
                bold=bold,
                font_color="#124A78" if block.style == "answer" else "#2A333D",
                font_size=12 if block.style == "answer" else 10,
            )
            sheet.merge_range(row, 0, row, 2, text, cell)
            sheet.set_row(row, 34 if block.style == "answer" else 30 if len(text) > 55 else 17)  # noqa: PLR2004 - characters of one line
            row += 1
        elif isinstance(block, Figures):
            for value, unit, caption in block.items:
                sheet.write_string(row, 0, f"{value} {unit}", book.format(bold=True, font_size=13))
                sheet.merge_range(row, 1, row, 2, caption, book.format(font_color="#5B6670"))
                row += 1


def _sources(book: Book, section: Section) -> None:
    sheet = book.sheet("sources", section.title, [44, 14, 14, 14, 14, 14, 14, 70])
    row = 2
    for block in section.blocks:
        if isinstance(block, Text):
            sheet.merge_range(row, 0, row, 7, ("· " if block.style == "bullet" else "") + block.text, book.format(text_wrap=True))
            row += 1
        elif isinstance(block, Table):
            row = book.table(sheet, row + 1, block)


def _plain(text: str, most: int = 36) -> str:
    """Return a text for head or foot, where & is a command and 255 characters are the limit."""
    return text[:most].replace("&", "&&")
