"""Tables: words left, numbers right, units in the head, badges and bars painted in the cell; copying takes the heads along."""

from collections.abc import Callable, Collection, Sequence

from PySide6.QtCore import QEvent, QItemSelectionModel, QModelIndex, QPersistentModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QKeyEvent, QKeySequence, QMouseEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QAbstractItemView, QMenu, QTableView, QToolTip

from app.gui.theme import Theme, font, icon
from app.gui.theme.tokens import SMALL_PX
from app.gui.widgets.table_frozen import FrozenColumn
from app.gui.widgets.table_model import CELL_ROLE, Cell, Column, Heading, Model, Order, Row
from app.gui.widgets.table_paint import Head, Painter, needed_width

__all__ = ["Cell", "Column", "Heading", "Row", "Table"]
ROW_PX = 30
ALONE = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
ADDED = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows


class Table(QTableView):
    """A sortable table. Rows are numbered as given, headings included; sorting and filtering are the view's alone.

    sort        (column, descending) that it opens with; without it rows stand as given until a head is clicked
    marks_cell  rings the current cell, for tables whose cells are chosen one by one
    frozen      the first column stays in sight while the others are scrolled sideways
    opened      a row of the data, by Enter or a double click
    """

    opened = Signal(int)

    def __init__(
        self,
        columns: Sequence[Column],
        rows: Sequence[Row],
        theme: Theme,
        *,
        row_px: int = ROW_PX,
        name: str = "",
        sort: tuple[int, bool] | None = None,
        marks_cell: bool = False,
        frozen: bool = False,
    ) -> None:
        super().__init__()
        self._theme = theme
        self._offers: list[tuple[str, str, Callable[[], object]]] = []
        self._frozen: FrozenColumn | None = None
        self._was_shown = False
        self.source = Model(columns, rows)
        self._order = Order(self)
        self._order.setSourceModel(self.source)
        self.setModel(self._order)
        self._painter = Painter(theme, self, marks_cell=marks_cell)
        self.setItemDelegate(self._painter)
        self._behave(name, row_px)
        head = Head(list(columns), theme, self)
        head.setMinimumSectionSize(1)  # or columns that need less than Qt's own minimum would push the last one out of sight
        self.setHorizontalHeader(head)
        head.setSortIndicator(
            -1 if sort is None else sort[0], Qt.SortOrder.DescendingOrder if sort and sort[1] else Qt.SortOrder.AscendingOrder
        )
        self.setSortingEnabled(True)
        self._needs = self._needed_widths()
        if frozen:
            painter = Painter(theme, self, marks_cell=False, to_edge=True)
            self._frozen = FrozenColumn(self, Head(list(columns), theme, self), painter, theme.border2)
        self._order.layoutChanged.connect(self._span_headings)
        self._order.rowsInserted.connect(self._span_headings)
        self._order.rowsRemoved.connect(self._span_headings)
        self._span_headings()
        self._share_width()

    def _behave(self, name: str, row_px: int) -> None:
        self.setAccessibleName(name)
        self.setFont(font(SMALL_PX))
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.setMouseTracking(True)
        self.verticalHeader().hide()
        self.verticalHeader().setMinimumSectionSize(row_px)
        self.verticalHeader().setDefaultSectionSize(row_px)

    # Rows ---------------------------------------------------------------------------------------------------------------------------

    def current_row(self) -> int:
        """Return the current row of the data, -1 for none."""
        return self._order.mapToSource(self.currentIndex()).row()

    def current_column(self) -> int:
        """Return the current column, -1 for none."""
        return self.currentIndex().column()

    def selected_rows(self) -> list[int]:
        """Return the selected rows of the data, in the order that is seen."""
        seen = sorted({index.row() for index in self.selectedIndexes()})
        return [self._order.mapToSource(self._order.index(row, 0)).row() for row in seen]

    def select_row(self, row: int) -> None:
        """Select a row of the data alone and bring it into view, whatever keys are held just now."""
        index = self._order.mapFromSource(self.source.index(row, 0))
        self.selectionModel().setCurrentIndex(index, ALONE)
        self.scrollTo(index)

    def keep(self, rows: Collection[int] | None) -> None:
        """Show these rows of the data only; None shows all."""
        self._order.keep(rows)

    def show_columns(self, places: Collection[int]) -> None:
        """Show these columns only; what is hidden is not copied either."""
        for place in range(len(self.source.columns)):
            self.setColumnHidden(place, place not in places)
        self._share_width()

    def _span_headings(self) -> None:
        if len(self.source.columns) < 2 or not any(isinstance(row, Heading) for row in self.source.rows):
            return
        self.clearSpans()
        for place in range(self._order.rowCount()):
            if self.source.is_heading(self._order.mapToSource(self._order.index(place, 0)).row()):
                self.setSpan(place, 0, 1, len(self.source.columns))

    def shown_rows(self) -> list[int]:
        """Return the rows of the data that are shown, in the order that is seen, without headings."""
        rows = (self._order.mapToSource(self._order.index(place, 0)).row() for place in range(self._order.rowCount()))
        return [row for row in rows if not self.source.is_heading(row)]

    def select_cell(self, row: int, column: int) -> None:
        """Make a cell of the data the current one, select its row, and bring it into view."""
        index = self._order.mapFromSource(self.source.index(row, column))
        self.setCurrentIndex(index)
        self.scrollTo(index)

    def select_rows(self, rows: Sequence[int]) -> None:
        """Select several rows of the data; the last is the current one."""
        self.clearSelection()
        for row in rows:
            index = self._order.mapFromSource(self.source.index(row, 0))
            self.selectionModel().setCurrentIndex(index, ADDED)
            self.scrollTo(index)

    # Width, pointer, keys -----------------------------------------------------------------------------------------------------------

    def _needed_widths(self) -> list[int]:
        """Return what each column needs where its heads and cells decide, 0 elsewhere."""
        columns = self.source.columns
        two_lines, last = any(column.unit for column in columns), len(columns) - 1
        cells = [row for row in self.source.rows if not isinstance(row, Heading)]
        return [
            needed_width(column, [row[at] for row in cells], first=at == 0, last=at == last, two_lines=two_lines) if column.fit else 0
            for at, column in enumerate(columns)
        ]

    def _share_width(self) -> None:
        """Give open columns what is left, but never less than they need; what they do not want goes to the fitted ones."""
        columns = {at: column for at, column in enumerate(self.source.columns) if not self.isColumnHidden(at)}
        widths = {at: self._needs[at] or column.width or column.least for at, column in columns.items()}
        open_ones = [at for at, column in columns.items() if not column.width and not column.fit]
        left = self.viewport().width() - sum(widths.values())
        for taken, at in enumerate(open_ones):
            more = max(0, left) // (len(open_ones) - taken)
            grown = widths[at] + more if not columns[at].most else max(widths[at], min(widths[at] + more, columns[at].most))
            left, widths[at] = left - (grown - widths[at]), grown
        fitted = [at for at, column in columns.items() if column.fit]
        for taken, at in enumerate(fitted):
            more = max(0, left) // (len(fitted) - taken)
            left, widths[at] = left - more, widths[at] + more
        for at, width in widths.items():
            self.setColumnWidth(at, width)
        if self._frozen:
            self._frozen.place()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_width()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._was_shown:  # what was scrolled to before the table had its size stands elsewhere now
            self._was_shown = True
            QTimer.singleShot(0, self, self._scroll_to_current)

    def _scroll_to_current(self) -> None:
        self.scrollToTop()
        self.scrollTo(self.currentIndex())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.tint(self.rowAt(round(event.position().y())))
        super().mouseMoveEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self.tint(-1)
        super().leaveEvent(event)

    def tint(self, row: int) -> None:
        """Show a row of the view as the one under the pointer, -1 for none."""
        if row != self._painter.hovered:
            self._painter.hovered = row
            self.viewport().update()
            if self._frozen:
                self._frozen.tint(row)

    def scrollTo(
        self, index: QModelIndex | QPersistentModelIndex, hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible
    ) -> None:
        super().scrollTo(index, hint)
        if self._frozen:
            self._frozen.uncover(index)

    # What a row offers --------------------------------------------------------------------------------------------------------------

    def offer(self, text: str, symbol: str, act: Callable[[], object]) -> None:
        """Put an entry into the menu of the rows (right click or the menu key); it acts on the current row or the selected ones."""
        self._offers.append((text, symbol, act))

    def menu(self) -> QMenu:
        """Return the menu of the rows."""
        made = QMenu(self)
        made.setFont(font(SMALL_PX))
        for text, symbol, act in self._offers:
            made.addAction(icon(symbol, self._theme.text2), text).triggered.connect(lambda _checked=False, act=act: act())
        return made

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self._offers:
            self.menu().popup(event.globalPos())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        super().mouseDoubleClickEvent(event)
        self._open()

    def _open(self) -> None:
        if self.current_row() >= 0:
            self.opened.emit(self.current_row())

    def copy(self) -> None:
        """Copy the selected rows, all where at most one is selected."""
        QGuiApplication.clipboard().setText(self.as_text())

    def copy_row(self) -> None:
        """Copy the selected rows with heads and units."""
        QGuiApplication.clipboard().setText(self._text_of(sorted({index.row() for index in self.selectedIndexes()})))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif event.key() == Qt.Key.Key_Space:
            self._tell()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._open()
        else:
            super().keyPressEvent(event)

    def _tell(self) -> None:
        """Show what hovering over the current cell would show."""
        index = self.currentIndex()
        tip = index.data(Qt.ItemDataRole.ToolTipRole)
        if tip:
            QToolTip.showText(self.viewport().mapToGlobal(self.visualRect(index).bottomLeft()), str(tip), self)

    def as_text(self) -> str:
        """Return the selected rows (all where at most one is) with heads and units, tab-separated."""
        chosen = sorted({index.row() for index in self.selectedIndexes()})
        return self._text_of(chosen if len(chosen) > 1 else None)

    def _text_of(self, chosen: Sequence[int] | None) -> str:
        return "\n".join("\t".join(row) for row in self.as_rows(chosen))

    def as_rows(self, chosen: Sequence[int] | None = None) -> list[list[str]]:
        """Return the heads with their units and the rows that are seen, in their order; `chosen`: these places only."""
        model = self._order
        places = [place for place in range(len(self.source.columns)) if not self.isColumnHidden(place)]
        columns = [self.source.columns[place] for place in places]
        heads = [column.name + (f" ({column.unit})" if column.unit else "") for column in columns]
        seen = range(model.rowCount()) if chosen is None else chosen
        rows = [[model.index(row, place).data(CELL_ROLE) for place in places] for row in seen]
        return [heads, *([cell.plain or cell.text for cell in cells] for cells in rows if None not in cells)]
