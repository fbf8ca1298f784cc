"""Tables: words left, numbers right, units in the head, badges and bars painted in the cell; copying takes the heads along."""

from collections.abc import Collection, Sequence

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QTableView, QToolTip

from app.gui.theme import Theme, font
from app.gui.theme.tokens import SMALL_PX
from app.gui.widgets.table_model import CELL_ROLE, Cell, Column, Heading, Model, Order, Row
from app.gui.widgets.table_paint import Head, Painter

__all__ = ["Cell", "Column", "Heading", "Row", "Table"]
ROW_PX = 30


class Table(QTableView):
    """A sortable table. Rows are numbered as given, headings included; sorting and filtering are the view's alone.

    sort        (column, descending) that it opens with; without it rows stand as given until a head is clicked
    marks_cell  rings the current cell, for tables whose cells are chosen one by one
    """

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
    ) -> None:
        super().__init__()
        self.source = Model(columns, rows)
        self._order = Order(self)
        self._order.setSourceModel(self.source)
        self.setModel(self._order)
        self._painter = Painter(theme, self, marks_cell=marks_cell)
        self.setItemDelegate(self._painter)
        self._behave(name, row_px)
        head = Head(list(columns), theme, self)
        self.setHorizontalHeader(head)
        head.setSortIndicator(
            -1 if sort is None else sort[0], Qt.SortOrder.DescendingOrder if sort and sort[1] else Qt.SortOrder.AscendingOrder
        )
        self.setSortingEnabled(True)
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
        """Select a row of the data and bring it into view."""
        index = self._order.mapFromSource(self.source.index(row, 0))
        self.selectRow(index.row())
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

    # Width, pointer, keys -----------------------------------------------------------------------------------------------------------

    def _share_width(self) -> None:
        """Give columns without a width what is left, but never less than they need."""
        columns = [(place, column) for place, column in enumerate(self.source.columns) if not self.isColumnHidden(place)]
        open_ones = [place for place, column in columns if not column.width]
        left = self.viewport().width() - sum(column.width for _place, column in columns)
        for place, column in columns:
            self.setColumnWidth(place, column.width or max(column.least, left // max(1, len(open_ones))))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_width()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self.rowAt(round(event.position().y())))
        super().mouseMoveEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(-1)
        super().leaveEvent(event)

    def _hover(self, row: int) -> None:
        if row != self._painter.hovered:
            self._painter.hovered = row
            self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            QGuiApplication.clipboard().setText(self.as_text())
        elif event.key() == Qt.Key.Key_Space:
            self._tell()
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
        return "\n".join("\t".join(row) for row in self.as_rows(chosen if len(chosen) > 1 else None))

    def as_rows(self, chosen: Sequence[int] | None = None) -> list[list[str]]:
        """Return the heads with their units and the rows that are seen, in their order; `chosen`: these places only."""
        model = self._order
        places = [place for place in range(len(self.source.columns)) if not self.isColumnHidden(place)]
        columns = [self.source.columns[place] for place in places]
        heads = [column.name + (f" ({column.unit})" if column.unit else "") for column in columns]
        seen = range(model.rowCount()) if chosen is None else chosen
        rows = [row for row in seen if model.index(row, 0).data(CELL_ROLE) is not None]
        return [heads, *([str(model.index(row, place).data() or "") for place in places] for row in rows)]
