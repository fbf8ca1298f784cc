"""Tables: what is unknown stands last, nothing is cut, the first column stays in sight, copying and the menu of rows."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication

from app.gui.theme import THEMES
from app.gui.widgets.table import Cell, Column, Heading, Table
from app.gui.widgets.tips import wrapped

LIGHT = THEMES["light"]
COLUMNS = (Column("名称", least=100), Column("显存", "GB", True, fit=True))


def made(qtbot, rows, columns=COLUMNS, **options):
    table = Table(columns, rows, LIGHT, **options)
    qtbot.addWidget(table)
    table.resize(400, 300)
    table.show()
    return table


def in_sight(table, column=0):
    model = table.model()
    return [model.index(row, column).data() for row in range(model.rowCount())]


def test_what_is_unknown_stands_last_whichever_way_a_column_is_sorted(qtbot):
    rows = [(Cell("a"), Cell("64", 64.0)), (Cell("b"), Cell("—")), (Cell("c"), Cell("0", 0.0)), (Cell("d"), Cell("", -1.0))]
    table = made(qtbot, rows)
    table.sortByColumn(1, Qt.SortOrder.AscendingOrder)
    assert in_sight(table) == ["c", "a", "b", "d"]
    table.sortByColumn(1, Qt.SortOrder.DescendingOrder)
    assert in_sight(table) == ["a", "c", "b", "d"]


def test_rows_stay_below_their_heading_when_sorted(qtbot):
    rows = [Heading("X"), (Cell("a"), Cell("—")), (Cell("b"), Cell("1", 1.0)), Heading("Y"), (Cell("c"), Cell("3", 3.0))]
    table = made(qtbot, rows)
    table.sortByColumn(1, Qt.SortOrder.DescendingOrder)
    assert in_sight(table) == ["X", "b", "a", "Y", "c"]
    assert table.shown_rows() == [2, 1, 4]
    table.keep([4])
    assert in_sight(table) == ["Y", "c"]


def test_fitted_columns_are_as_wide_as_their_longest_word_in_any_language(qtbot):
    short = made(qtbot, [(Cell("a"), Cell("1"))], (Column("A", least=50, most=60), Column("性能", fit=True), Column("B", width=40)))
    long = made(
        qtbot, [(Cell("a"), Cell("1"))], (Column("A", least=50, most=60), Column("Performance of all", fit=True), Column("B", width=40))
    )
    for table in (short, long):
        table.resize(60, 200)  # nothing is left to share
    metrics = long.fontMetrics()
    assert long.columnWidth(1) >= metrics.horizontalAdvance("Performance of all") + 8 > short.columnWidth(1)
    assert long.columnWidth(0) == 50


def test_the_first_column_stays_in_sight_when_scrolled_and_sorts_by_its_head(qtbot):
    columns = (Column("名称", least=120), *(Column(f"c{n}", width=120) for n in range(8)))
    table = made(qtbot, [(Cell(name), *(Cell(str(n)) for n in range(8))) for name in "acb"], columns, frozen=True)
    qtbot.waitExposed(table)
    table.horizontalScrollBar().setValue(300)
    front = table.childAt(QPoint(20, table.horizontalHeader().height() + 10)).parent()
    assert front is not table and front.indexAt(QPoint(10, 10)).data() == "a"
    front.horizontalHeader().sectionClicked.emit(0)
    assert in_sight(table) == ["a", "b", "c"]
    front.horizontalHeader().sectionClicked.emit(0)
    assert in_sight(table) == ["c", "b", "a"]
    table.select_cell(0, 5)
    assert table.visualRect(table.currentIndex()).left() >= front.width()


def test_enter_opens_a_row_and_the_menu_copies_it_with_heads_units_and_levels(qtbot):
    table = made(qtbot, [(Cell("a"), Cell("BF16", level="ok", plain="可行 BF16")), (Cell("b"), Cell("2", 2.0))])
    table.offer("复制", "copy", table.copy_row)
    table.select_row(0)
    with qtbot.waitSignal(table.opened) as opened:
        qtbot.keyClick(table, Qt.Key.Key_Return)
    assert opened.args == [0]
    table.menu().actions()[0].trigger()
    assert QGuiApplication.clipboard().text() == "名称\t显存 (GB)\na\t可行 BF16"
    qtbot.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text().splitlines()[1:] == ["a\t可行 BF16", "b\t2"]


@pytest.mark.parametrize("text", ["来源：" + "甲" * 200, "word " * 60, "short\nlines"])
def test_long_tips_are_broken_into_lines_and_lose_no_word(text):
    told = wrapped(text)
    assert all(len(line) + sum(ord(c) > 0x2E80 for c in line) <= 90 for line in told.split("\n"))
    assert told.replace("\n", "").replace(" ", "") == text.replace("\n", "").replace(" ", "")


def test_a_tip_may_be_made_only_when_it_is_asked_for(qtbot):
    asked = []
    table = made(qtbot, [(Cell("a", tip=lambda: asked.append(1) or "说明"), Cell("1"))])
    assert not asked
    assert table.model().index(0, 0).data(Qt.ItemDataRole.ToolTipRole) == "说明"
