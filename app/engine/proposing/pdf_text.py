"""Paragraphs of mixed Chinese and Latin: our own line breaking, because reportlab's hangs punctuation and leaves no gap at Latin words.

No closing mark begins a line, no opening mark ends one; numbers stay with their units; a fifth of an em stands between Chinese and Latin.
"""

import re
import unicodedata
from typing import NamedTuple

from reportlab.lib.colors import HexColor
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus import Flowable

from app.engine.proposing.pdf_style import BOLD, REGULAR

NOT_FIRST = set("，。、；：？！）》”’】〉」』·%％…—,.;:?!)]}")
NOT_LAST = set("（《“‘【〈「『([{")
GAP_EM = 0.2
LONG_WORD = 0.45
"""A word longer than this share of the line may be parted after / _ - . and :"""
_TOKEN = re.compile(
    r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f“”‘’…—·]|\s+|[^\s\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f“”‘’…—·]+"
)
_UNIT = re.compile(r"(?<=\d) (?=(?:GiB|GB|MiB|TB|MB|W|s|ms|h|d|卡|天|万元|元|CNY|USD|TFLOPS|%|×))")
_BREAK_AFTER = re.compile(r"(?<=[/_\-:])(?=\w)|(?<=\.)(?=[^\W\d])")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


class Unit(NamedTuple):
    """What stays together. blank: a blank stands before it; breakable: a line may begin with it although it is Latin."""

    text: str
    width: float
    chinese: bool
    blank: bool
    breakable: bool = False


class Style(NamedTuple):
    """size and leading in points, colour as RRGGBB."""

    size: float
    leading: float
    color: str = "2A333D"
    bold: bool = False
    align: str = "left"
    before: float = 0.0
    after: float = 0.0
    indent: float = 0.0
    bullet: str = ""

    @property
    def font(self) -> str:
        """The registered font's name."""
        return BOLD if self.bold else REGULAR


class Paragraph(Flowable):
    """A paragraph that wraps and splits."""

    def __init__(self, text: object, style: Style) -> None:
        super().__init__()
        self.style = style
        self.text = _CONTROL.sub("", str(text))
        self._lines: list[list[Unit]] = []
        self._given: list[list[Unit]] | None = None

    def getSpaceBefore(self) -> float:  # noqa: N802 - reportlab's name
        """Points above."""
        return self.style.before

    def getSpaceAfter(self) -> float:  # noqa: N802
        """Points below."""
        return self.style.after

    def wrap(self, width: float, height: float) -> tuple[float, float]:  # type: ignore[override]
        """Break into lines."""
        del height
        self.width = width
        self._lines = (
            self._given if self._given is not None else break_lines(units_of(self.text, self.style), width - self.style.indent, self.style)
        )
        return width, len(self._lines) * self.style.leading

    def split(self, width: float, height: float) -> list[Flowable]:
        """Return the part that fits and the rest; nothing where less than two lines fit."""
        self.wrap(width, height)
        fits = int(height // self.style.leading)
        if fits < 2 or fits >= len(self._lines):  # noqa: PLR2004 - no single line alone
            return [] if fits < 2 else [self]  # noqa: PLR2004
        first, second = (Paragraph("", self.style) for _ in range(2))
        first._given, second._given = self._lines[:fits], self._lines[fits:]
        return [first, second]

    def draw(self) -> None:
        """Draw line by line, run by run."""
        canvas, style = self.canv, self.style
        canvas.setFillColor(HexColor(f"#{style.color}"))
        y = len(self._lines) * style.leading - style.leading + (style.leading - style.size) / 2 + style.size * 0.12
        if style.bullet and self._given is None:
            canvas.setFont(style.font, style.size)
            canvas.drawString(0, y, style.bullet)
        for line in self._lines:
            x = style.indent
            if style.align != "left":
                free = self.width - style.indent - line_width(line, style)
                x += free if style.align == "right" else free / 2
            draw_line(canvas, x, y, line, style)
            y -= style.leading


def units_of(text: str, style: Style) -> list[Unit]:
    """Return the units of a text: single Chinese characters and whole Latin words."""
    text = _UNIT.sub("\u00a0", unicodedata.normalize("NFC", text))
    found, blank = [], False
    for token in _TOKEN.findall(text):
        if token.isspace() and "\u00a0" not in token:
            blank = True
            continue
        chinese = len(token) == 1 and unicodedata.east_asian_width(token) in "WFA" and not token.isascii()
        found.append(Unit(token.replace("\u00a0", " "), stringWidth(token.replace("\u00a0", " "), style.font, style.size), chinese, blank))
        blank = False
    return found


def gap(before: Unit | None, unit: Unit, style: Style) -> float:
    """Return the space between two units of one line."""
    if before is None:
        return 0.0
    if before.chinese != unit.chinese and before.text not in NOT_FIRST | NOT_LAST and unit.text not in NOT_FIRST | NOT_LAST:
        return GAP_EM * style.size
    if before.chinese and unit.chinese:
        return 0.0
    return stringWidth(" ", style.font, style.size) if unit.blank else 0.0


def line_width(line: list[Unit], style: Style) -> float:
    """Return the width of a line."""
    return sum(unit.width + gap(line[place - 1] if place else None, unit, style) for place, unit in enumerate(line))


def break_lines(units: list[Unit], width: float, style: Style) -> list[list[Unit]]:
    """Return the lines, filled greedily."""
    lines: list[list[Unit]] = [[]]
    used = 0.0
    pending = list(reversed(units))
    while pending:
        unit = pending.pop()
        line = lines[-1]
        space = gap(line[-1] if line else None, unit, style)
        if used + space + unit.width <= width + 0.01:
            line.append(unit)
            used += space + unit.width
            continue
        if not unit.chinese and unit.width > width * LONG_WORD:
            parts = _cut(unit, width if not line else max(width - used - space, 0.0), width, style)
            if len(parts) > 1:
                pending += list(reversed(parts))
                continue
        if not line:
            line.append(unit)
            lines.append([])
            used = 0.0
            continue
        carried = _carried(line, unit)
        pending += [unit, *reversed(carried)]
        lines.append([])
        used = 0.0
    return [line for line in lines if line] or [[]]


def _carried(line: list[Unit], unit: Unit) -> list[Unit]:
    """Take from the end of a line what may not stand there before `unit` begins the next one."""
    carried: list[Unit] = []
    first = unit
    while len(line) > 1 and (
        first.text[0] in NOT_FIRST
        or line[-1].text[-1] in NOT_LAST
        or (not first.blank and not first.breakable and not first.chinese and not line[-1].chinese)
    ):
        first = line.pop()
        carried.insert(0, first)
        if len(carried) > 3:  # noqa: PLR2004 - rather a bad break than an empty line
            break
    return carried


def _cut(unit: Unit, room: float, width: float, style: Style) -> list[Unit]:
    """Cut a long word after / _ - . where it has them, else anywhere once it is longer than a line."""
    pieces = _BREAK_AFTER.split(unit.text)
    if len(pieces) == 1 and unit.width <= width:
        return [unit]
    if len(pieces) == 1:
        letters = max(1, int(len(unit.text) * max(room, width / 2) / max(unit.width, 1)))
        pieces = [unit.text[:letters], unit.text[letters:]]
    return [
        Unit(piece, stringWidth(piece, style.font, style.size), False, unit.blank and not number, breakable=number > 0)
        for number, piece in enumerate(pieces)
        if piece
    ]


def draw_line(canvas: object, x: float, y: float, line: list[Unit], style: Style) -> None:
    """Draw the units of a line; neighbours without a gap are one string, so that the text can be searched."""
    run, start, before = "", x, None
    for unit in line:
        space = gap(before, unit, style)
        if space and run:
            canvas.setFont(style.font, style.size)  # type: ignore[attr-defined]
            canvas.drawString(start, y, run + (" " if unit.blank else ""))  # type: ignore[attr-defined]
            run = ""
        if not run:
            start = x + space
        run += unit.text
        x += space + unit.width
        before = unit
    if run:
        canvas.setFont(style.font, style.size)  # type: ignore[attr-defined]
        canvas.drawString(start, y, run)  # type: ignore[attr-defined]
