"""Find words that do not fit where they stand, in a window as it is shown: the tour fails on them.

Looked at are labels, buttons, and the heads and numbers of tables. Names in tables and labels that elide on purpose (`elides`) may be cut.
"""

from collections.abc import Iterator
from math import ceil

from msgspec import Struct
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import QAbstractButton, QLabel, QPushButton, QWidget

from app.gui.theme import font
from app.gui.theme.tokens import SMALL_PX
from app.gui.widgets.table import Table
from app.gui.widgets.table_paint import EDGE_PAD, PAD, TIGHT

SLACK_PX = 1


class Clipped(Struct, frozen=True):
    """Words that need more room than they have, in px of width or, for wrapped ones, of height."""

    text: str
    needs_px: int
    has_px: int


def clipped_words(window: QWidget) -> list[Clipped]:
    """Return what is cut in the visible parts of a window."""
    found: list[Clipped] = []
    for label in window.findChildren(QLabel):
        if label.isVisible() and label.text() and not label.property("elides"):
            found += _of_label(label)
    for button in window.findChildren(QAbstractButton):
        if (
            isinstance(button, QPushButton)
            and button.text()
            and button.isVisible()
            and button.sizeHint().width() > button.width() + SLACK_PX
        ):
            found.append(Clipped(button.text(), button.sizeHint().width(), button.width()))
    for table in window.findChildren(Table):
        if table.isVisible():
            found += [*_of_heads(table), *_of_numbers(table)]
    return found


def _of_label(label: QLabel) -> Iterator[Clipped]:
    area = label.contentsRect()
    if label.wordWrap():
        needs = label.heightForWidth(label.width())
        if needs > label.height() + SLACK_PX:
            yield Clipped(label.text(), needs, label.height())
    elif label.textFormat() != Qt.TextFormat.RichText:
        widest = max(QFontMetricsF(label.font()).horizontalAdvance(line) for line in label.text().split("\n"))
        if ceil(widest) > area.width() + SLACK_PX:
            yield Clipped(label.text(), ceil(widest), area.width())


def _of_heads(table: Table) -> Iterator[Clipped]:
    two_lines = any(column.unit for column in table.source.columns)
    last = len(table.source.columns) - 1
    for place, column in enumerate(table.source.columns):
        if table.isColumnHidden(place):
            continue
        behind = EDGE_PAD if place == last else PAD if column.number else PAD - TIGHT
        has = table.columnWidth(place) - (EDGE_PAD if place == 0 else PAD) - behind
        needs = ceil(QFontMetricsF(font(SMALL_PX, bold=two_lines)).horizontalAdvance(column.name))
        if needs > has + SLACK_PX:
            yield Clipped(column.name, needs, has)


def _of_numbers(table: Table) -> Iterator[Clipped]:
    first, end = table.rowAt(0), table.rowAt(table.viewport().height() - 1)
    rows = range(max(0, first), (end if end >= 0 else table.model().rowCount() - 1) + 1)
    last = len(table.source.columns) - 1
    for place, column in enumerate(table.source.columns):
        if not column.number or table.isColumnHidden(place):
            continue
        has = table.columnWidth(place) - PAD - (EDGE_PAD if place in (0, last) else PAD)
        for row in rows:
            text = str(table.model().index(row, place, QModelIndex()).data() or "")
            if not any(sign.isdigit() for sign in text):  # words in a column of figures: what a table of facts may elide
                continue
            needs = ceil(QFontMetricsF(font(SMALL_PX)).horizontalAdvance(text))
            if needs > has + SLACK_PX:
                yield Clipped(text, needs, has)
                break
