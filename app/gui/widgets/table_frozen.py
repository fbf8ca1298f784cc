"""The first column of a wide table, kept in sight: a second view of the same rows on top of the table, one column wide."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QTableView

from app.gui.widgets.table_paint import Head, Painter

if TYPE_CHECKING:
    from app.gui.widgets.table import Table


class FrozenColumn(QTableView):
    """Lies over the first column of `table`; rows, selection, sorting and keys are the table's."""

    def __init__(self, table: "Table", head: Head, painter: Painter, line: str) -> None:
        super().__init__(table)
        self._table, self._painter, self._line = table, painter, line
        self.setModel(table.model())
        self.setSelectionModel(table.selectionModel())
        self.setItemDelegate(painter)
        self.setHorizontalHeader(head)
        self._behave()
        for at in range(1, table.model().columnCount()):
            self.setColumnHidden(at, True)
        main = table.horizontalHeader()
        main.sortIndicatorChanged.connect(self._show_arrow)
        self._show_arrow(main.sortIndicatorSection(), main.sortIndicatorOrder())
        head.sectionClicked.connect(self._sort)
        table.verticalScrollBar().valueChanged.connect(self.verticalScrollBar().setValue)
        self.verticalScrollBar().valueChanged.connect(table.verticalScrollBar().setValue)
        self.doubleClicked.connect(lambda _index: table.opened.emit(table.current_row()))
        table.horizontalScrollBar().valueChanged.connect(lambda _value: self.viewport().update())

    def _behave(self) -> None:
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMouseTracking(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(self._table.selectionMode())
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self._table.verticalHeader().defaultSectionSize())
        self.verticalHeader().setMinimumSectionSize(self._table.verticalHeader().minimumSectionSize())
        self.horizontalHeader().setSectionsClickable(True)

    def place(self) -> None:
        """Take the place of the table's first column."""
        width = self._table.columnWidth(0)
        self.setColumnWidth(0, width)
        height = self._table.viewport().height() + self._table.horizontalHeader().height()
        self.setGeometry(self._table.frameWidth(), self._table.frameWidth(), width, height)

    def tint(self, row: int) -> None:
        """Tint the row under the pointer."""
        self._painter.hovered = row
        self.viewport().update()

    def uncover(self, index: QModelIndex | QPersistentModelIndex) -> None:
        """Scroll the table so that this column does not hide a cell."""
        hidden = self.width() - self._table.visualRect(index).left()
        if index.column() > 0 and hidden > 0:
            bar = self._table.horizontalScrollBar()
            bar.setValue(bar.value() - hidden)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._table.setFocus(Qt.FocusReason.MouseFocusReason)
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._table.tint(self.rowAt(round(event.position().y())))
        super().mouseMoveEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._table.tint(-1)
        super().leaveEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._table.horizontalScrollBar().value():
            painter = QPainter(self.viewport())
            painter.fillRect(self.viewport().width() - 1, 0, 1, self.viewport().height(), QColor(self._line))
            painter.end()

    def _show_arrow(self, section: int, order: Qt.SortOrder) -> None:
        self.horizontalHeader().setSortIndicatorShown(True)
        self.horizontalHeader().setSortIndicator(section, order)

    def _sort(self, section: int) -> None:
        main, up = self._table.horizontalHeader(), Qt.SortOrder.AscendingOrder
        again = main.sortIndicatorSection() == section and main.sortIndicatorOrder() == up
        self._table.sortByColumn(section, Qt.SortOrder.DescendingOrder if again else up)
