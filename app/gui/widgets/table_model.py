"""What a table holds: columns with units, cells that know how they are sorted, told and painted, headings between groups of rows."""

from collections.abc import Callable, Collection, Sequence

from msgspec import Struct
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QSortFilterProxyModel, Qt

from app.gui.theme import font
from app.gui.theme.tokens import SMALL_PX
from app.gui.widgets.tips import wrapped

Index = QModelIndex | QPersistentModelIndex
SORT_ROLE = Qt.ItemDataRole.UserRole
CELL_ROLE = Qt.ItemDataRole.UserRole + 1
UNKNOWN = "—"


class Cell(Struct, frozen=True):
    """One cell.

    sort    what it is ordered by, the text where None
    tip     told on hover and by Space: interval, kind, source, date; a function where it is dear to say
    level   ok warning blocked unknown: paints its icon, and a ground for all but ok; badge: the ground always, as for a verdict
    share   0..1, a small bar left of the number; dot: a colour square before a word; kind: the text becomes a kind's chip
    outline the text stands in an outline, "dashed" or "solid"; hatched: nothing is known here, the text stands on a hatch
    symbol  an icon before the text; tone: ok warn bad accent 2 3, the colour of icon and text
    note    grey words behind the text; chip: a small word on a ground behind it; below: a second line, small and grey
    plain   what is copied in place of the text

    A cell that is blank or a dash is not known: it stands last, whichever way its column is sorted, and grey.
    """

    text: str
    sort: float | str | None = None
    tip: str | Callable[[], str] = ""
    level: str = ""
    badge: bool = False
    share: float | None = None
    dot: str = ""
    kind: str = ""
    outline: str = ""
    hatched: bool = False
    symbol: str = ""
    tone: str = ""
    bold: bool = False
    quiet: bool = False
    note: str = ""
    chip: str = ""
    below: str = ""
    plain: str = ""

    @property
    def is_known(self) -> bool:
        """Whether there is something to compare."""
        return self.text not in ("", UNKNOWN)


class Column(Struct, frozen=True):
    """One column.

    width  in px; 0 takes an equal share of what is left, but `least` at the least and `most` (0 = no limit) at the most
    fit    instead: as wide as its head and its widest cell need, whatever the language; grows where nothing else wants the room
    """

    name: str
    unit: str = ""
    number: bool = False
    width: int = 0
    least: int = 150
    tip: str = ""
    most: int = 0
    fit: bool = False


class Heading(Struct, frozen=True):
    """A row that names the group of the rows below it, up to the next heading."""

    title: str


Row = Sequence[Cell] | Heading
EMPTY = Cell("")


class Model(QAbstractTableModel):
    """Rows of cells, headings among them."""

    def __init__(self, columns: Sequence[Column], rows: Sequence[Row]) -> None:
        super().__init__()
        self.columns, self.rows = columns, rows
        self.group: list[int] = []
        for row in rows:
            last = self.group[-1] if self.group else 0
            self.group.append(last + isinstance(row, Heading))

    def cell(self, row: int, column: int) -> Cell:
        """Return a cell; a blank one within a heading."""
        found = self.rows[row]
        return EMPTY if isinstance(found, Heading) else found[column]

    def is_heading(self, row: int) -> bool:
        """Tell whether this row is a heading."""
        return isinstance(self.rows[row], Heading)

    def rowCount(self, _parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return len(self.rows)

    def columnCount(self, _parent: Index = QModelIndex()) -> int:  # noqa: B008
        return len(self.columns)

    def flags(self, index: Index) -> Qt.ItemFlag:
        return Qt.ItemFlag.NoItemFlags if self.is_heading(index.row()) else super().flags(index)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        row = self.rows[index.row()]
        if isinstance(row, Heading):
            return row.title if role == Qt.ItemDataRole.DisplayRole and index.column() == 0 else None
        cell, column = row[index.column()], self.columns[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return cell.text
        if role == Qt.ItemDataRole.ToolTipRole:
            return wrapped(cell.tip if isinstance(cell.tip, str) else cell.tip()) or None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return side_of(column) | Qt.AlignmentFlag.AlignVCenter
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
        return (wrapped(column.tip) or None) if role == Qt.ItemDataRole.ToolTipRole else None


class Order(QSortFilterProxyModel):
    """The order and choice of rows that is seen. Rows stay below the heading of their group, whichever way they are sorted."""

    def __init__(self, parent: object = None) -> None:
        super().__init__(parent)  # type: ignore[arg-type]
        self._kept: Collection[int] | None = None
        self.setSortRole(SORT_ROLE)

    def keep(self, rows: Collection[int] | None) -> None:
        """Show these rows of the data only; None shows all. A heading is shown where a row of its group is."""
        model = self.sourceModel()
        assert isinstance(model, Model)
        groups = None if rows is None else {model.group[row] for row in rows}
        heads = [row for row in range(model.rowCount()) if model.is_heading(row) and (groups is None or model.group[row] in groups)]
        self._kept = None if rows is None else {*rows, *heads}
        self.invalidateFilter()

    def filterAcceptsRow(self, row: int, _parent: Index) -> bool:
        return self._kept is None or row in self._kept

    def lessThan(self, left: Index, right: Index) -> bool:
        model = self.sourceModel()
        assert isinstance(model, Model)
        one, other = (self._place(model, index) for index in (left, right))
        if one != other:
            return (one < other) == (self.sortOrder() == Qt.SortOrder.AscendingOrder)
        if one[2]:
            return False  # both unknown: they stay as they were given
        a, b = (self.sourceModel().data(index, SORT_ROLE) for index in (left, right))
        try:
            return a < b  # type: ignore[operator]
        except TypeError:
            return str(a) < str(b)

    def _place(self, model: Model, index: Index) -> tuple[int, bool, bool]:
        """Return what goes before the sorted value, whichever way it is sorted: group, heading first, unknown last."""
        row = index.row()
        return model.group[row], not model.is_heading(row), not model.cell(row, index.column()).is_known


def side_of(column: Column) -> Qt.AlignmentFlag:
    """Return where the column's words stand: numbers right, words left."""
    return Qt.AlignmentFlag.AlignRight if column.number else Qt.AlignmentFlag.AlignLeft
