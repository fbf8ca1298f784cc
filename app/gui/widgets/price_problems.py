"""What is wrong or doubtful in a price sheet: a line that counts it, and the list behind it: cell, what, remedy, matched names."""

from collections.abc import Callable

from PySide6.QtWidgets import QFrame

from app.engine.messages import render_remedy
from app.engine.model.plans import PriceSheet
from app.gui.figures import full_name
from app.gui.look import UNKNOWN, Look
from app.gui.plan_words import AREA
from app.gui.theme.tokens import RADIUS_BUTTON, SMALL_PX
from app.gui.widgets.basics import button, picture, row
from app.gui.widgets.elided import Elided
from app.gui.widgets.table import Cell, Column, Table

LINE_PX = 34
CERTAIN = ("exact", "alias")


def doubts(sheet: PriceSheet | None) -> int:
    """Return how many things a person has to look at."""
    return 0 if sheet is None else len(sheet.problems)


def problem_line(sheet: PriceSheet, look: Look, show: Callable[[], object]) -> QFrame:
    """Return the line that tells how much of the sheet was not understood."""
    theme = look.theme
    made = QFrame()
    made.setObjectName("problemLine")
    made.setStyleSheet(f"QFrame#problemLine {{ background:{theme.warn_soft}; border-radius:{RADIUS_BUTTON}px; }}")
    made.setFixedHeight(LINE_PX)
    used = len(sheet.prices)
    text = look.say(f"{AREA}.problems.line", file=sheet.file, count=len(sheet.problems), used=used, rows=sheet.rows)
    details = button(look.say(f"{AREA}.problems.show"), theme, show)
    details.setMaximumHeight(26)
    details.setStyleSheet("min-height:22px;")
    line = row(picture("triangle-alert", theme.warn, 16), Elided(text, SMALL_PX), details)
    line.setStretch(1, 1)
    line.setContentsMargins(12, 0, 6, 0)
    made.setLayout(line)
    return made


def problem_tables(sheet: PriceSheet, look: Look) -> list[tuple[str, Table]]:
    """Return the problems and, below, what each written platform name was taken for, the doubtful ones first."""
    say = look.say
    heads = (Column(say(f"{AREA}.problems.cell"), width=110), Column(say(f"{AREA}.problems.what")), Column(say(f"{AREA}.problems.remedy")))
    rows = [
        (Cell(problem.cell), _told(look.tell(problem.what), tone="warn"), _told(render_remedy(problem.what, look.lang) or UNKNOWN))
        for problem in sheet.problems
    ]
    names = (
        Column(say(f"{AREA}.problems.written")),
        Column(say(f"{AREA}.problems.platform")),
        Column(say(f"{AREA}.problems.match"), width=150),
    )
    matched = sorted(sheet.matches, key=lambda match: match[2] in CERTAIN)
    pairs = [
        (Cell(text), Cell(full_name(found, look) if found else UNKNOWN, tip=found, quiet=not found), _certainty(certainty, look))
        for text, found, certainty in matched
    ]
    return [
        (say(f"{AREA}.problems.first", count=len(rows)), Table(heads, rows, look.theme, name=say(f"{AREA}.problems.title"))),
        (say(f"{AREA}.problems.second", count=len(pairs)), Table(names, pairs, look.theme, name=say(f"{AREA}.problems.match"))),
    ]


def _told(text: str, tone: str = "") -> Cell:
    return Cell(text, tip=text, symbol="triangle-alert" if tone else "", tone=tone)


def _certainty(certainty: str, look: Look) -> Cell:
    word = look.say(f"{AREA}.certainty.{certainty}")
    if certainty in CERTAIN:
        return Cell(word, symbol="circle-check", tone="ok")
    return Cell(word, symbol="triangle-alert", tone="warn")
