"""Tables: words left, numbers right, units in the head, badges and bars painted in the cell; copying takes the heads along."""

from collections.abc import Sequence

from msgspec import Struct
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QRect, QSortFilterProxyModel, Qt
from PySide6.QtGui import QBrush, QColor, QGuiApplication, QKeyEvent, QKeySequence, QPainter
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTableView

from app.gui.theme import Theme, font, pixmap
from app.gui.theme.tokens import SMALL_PX
from app.gui.widgets.basics import LEVEL_ICONS

Index = QModelIndex | QPersistentModelIndex
SORT_ROLE = Qt.ItemDataRole.UserRole
CELL_ROLE = Qt.ItemDataRole.UserRole + 1
ROW_PX = 30
HEAD_PX = 38


class Cell(Struct, frozen=True):
    """One cell. sort: what it is ordered by; level: paints icon and ground; share 0..1: paints a small bar left of the number."""

    text: str
    sort: float | str | None = None
    tip: str = ""
    level: str = ""
    share: float | None = None
    bold: bool = False
    quiet: bool = False


class Column(Struct, frozen=True):
    """One column: name, its unit below it, whether numbers stand in it, its width in px (0 takes what is left)."""

    name: str
    unit: str = ""
    number: bool = False
    width: int = 0


class Model(QAbstractTableModel):
    """Rows of cells."""

    def __init__(self, columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> None:
        super().__init__()
        self.columns, self.rows = columns, rows

    def rowCount(self, _parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return len(self.rows)

    def columnCount(self, _parent: Index = QModelIndex()) -> int:  # noqa: B008
        return len(self.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        cell, column = self.rows[index.row()][index.column()], self.columns[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return cell.text
        if role == Qt.ItemDataRole.ToolTipRole:
            return cell.tip or None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if column.number else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.FontRole:
            return font(SMALL_PX, bold=cell.bold)
        if role == SORT_ROLE:
            return cell.text if cell.sort is None else cell.sort
        return cell if role == CELL_ROLE else None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if orientation != Qt.Orientation.Horizontal:
            return None
        column = self.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{column.name}\n{column.unit}" if column.unit else column.name
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if column.number else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None


class Painter(QStyledItemDelegate):
    """Paints levels (icon, ground, hatch for unknown), bars and quiet text."""

    def __init__(self, theme: Theme, parent: QTableView) -> None:
        super().__init__(parent)
        self._theme = theme

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        super().initStyleOption(option, index)
        option.state &= ~QStyle.StateFlag.State_HasFocus
        cell = index.data(CELL_ROLE)
        if cell.quiet:
            option.palette.setColor(option.palette.ColorRole.Text, QColor(self._theme.text3))
        option.textElideMode = Qt.TextElideMode.ElideMiddle

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        cell = index.data(CELL_ROLE)
        if cell.level:
            self._level(painter, option, cell)
            return
        super().paint(painter, option, index)
        if cell.share is not None:
            self._bar(painter, option.rect, cell.share)

    def _level(self, painter: QPainter, option: QStyleOptionViewItem, cell: Cell) -> None:
        theme = self._theme
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, QColor(theme.selected))
        painter.fillRect(QRect(option.rect.left(), option.rect.bottom(), option.rect.width(), 1), QColor(theme.grid))
        ink, ground = theme.level(cell.level)
        box = option.rect.adjusted(3, 3, -3, -4)
        passed = cell.level == "ok"
        if not passed:
            painter.fillRect(box, QColor(ground))
            if cell.level == "unknown":
                painter.fillRect(box, QBrush(QColor(theme.hatch), Qt.BrushStyle.BDiagPattern))
        ratio = painter.device().devicePixelRatioF()
        painter.drawPixmap(box.left() + 5, box.center().y() - 6, pixmap(LEVEL_ICONS[cell.level], ink, 14, ratio))
        painter.setFont(font(SMALL_PX, bold=cell.bold))
        painter.setPen(QColor(theme.text if passed else theme.text2 if cell.level == "unknown" else ink))
        area = box.adjusted(24, 0, -2, 0)
        text = painter.fontMetrics().elidedText(cell.text, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)

    def _bar(self, painter: QPainter, rect: QRect, share: float) -> None:
        width = max(0, min(64, rect.width() - 70))
        track = QRect(rect.left() + 8, rect.center().y() - 2, width, 5)
        painter.fillRect(track, QColor(self._theme.unk_soft))
        painter.fillRect(QRect(track.left(), track.top(), round(width * min(1.0, max(0.0, share))), 5), QColor(self._theme.data[0]))


class Table(QTableView):
    """A sortable table with one selected row. `rows_of` of the model are in the given order; sorting is on the view."""

    def __init__(
        self, columns: Sequence[Column], rows: Sequence[Sequence[Cell]], theme: Theme, *, row_px: int = ROW_PX, name: str = ""
    ) -> None:
        super().__init__()
        self.source = Model(columns, rows)
        self._order = QSortFilterProxyModel(self)
        self._order.setSourceModel(self.source)
        self._order.setSortRole(SORT_ROLE)
        self.setModel(self._order)
        self.setItemDelegate(Painter(theme, self))
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
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(row_px)
        self.verticalHeader().setMinimumSectionSize(row_px)
        head = self.horizontalHeader()
        head.setFont(font(SMALL_PX))
        head.setFixedHeight(HEAD_PX if any(column.unit for column in columns) else 28)
        head.setHighlightSections(False)
        head.setSectionsClickable(True)
        for place, column in enumerate(columns):
            if column.width:
                self.setColumnWidth(place, column.width)
            else:
                head.setSectionResizeMode(place, QHeaderView.ResizeMode.Stretch)
        head.setSortIndicator(-1, Qt.SortOrder.DescendingOrder)  # as given, until a head is clicked
        self.setSortingEnabled(True)

    def current_row(self) -> int:
        """Return the row of the data that is selected, -1 for none."""
        index = self._order.mapToSource(self.currentIndex())
        return index.row()

    def select_row(self, row: int) -> None:
        """Select a row of the data."""
        self.selectRow(self._order.mapFromSource(self.source.index(row, 0)).row())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            QGuiApplication.clipboard().setText(self.as_text())
            return
        super().keyPressEvent(event)

    def as_text(self) -> str:
        """Return the selected rows (all where none is) with heads and units, tab-separated."""
        model = self._order
        chosen = sorted({index.row() for index in self.selectedIndexes()}) or range(model.rowCount())
        heads = [column.name + (f" ({column.unit})" if column.unit else "") for column in self.source.columns]
        lines = ["\t".join(heads)]
        lines += ["\t".join(str(model.index(row, place).data() or "") for place in range(len(heads))) for row in chosen]
        return "\n".join(lines)
