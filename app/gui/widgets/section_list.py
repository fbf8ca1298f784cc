"""The chapters of a document: chosen by a box, ordered by dragging or Alt+Up and Alt+Down; each with its page and what is wrong with it."""

from collections.abc import Mapping, Sequence

from msgspec import Struct
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QDropEvent, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QAbstractItemView, QListWidget, QListWidgetItem, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.gui.look import UNKNOWN, Look
from app.gui.theme import font, pixmap
from app.gui.theme.tokens import BODY_PX, SMALL_PX

ROW_PX, BOX_PX, BOX_LEFT = 36, 16, 26
ROLE = Qt.ItemDataRole.UserRole
MARKS = {"bad": ("triangle-alert", "bad"), "stale": ("history", "warn"), "warning": ("triangle-alert", "warn")}
COVER = ""


class SectionRow(Struct, frozen=True):
    """One line. key "" is the cover, which is always first; mark: bad, stale, warning or ""; told: why."""

    key: str
    title: str
    is_chosen: bool
    page: int | None = None
    mark: str = ""
    told: str = ""


class SectionList(QListWidget):
    """ordered: all keys as they stand now; chose: a key and whether it is chosen; opened: the key that was selected."""

    ordered = Signal(list)
    chose = Signal(str, bool)
    opened = Signal(str)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.setObjectName("sections")
        self.setFont(font(BODY_PX))
        self.setItemDelegate(_Painter(look, self))
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(look.say("page_proposal.sections"))
        self._rows: tuple[SectionRow, ...] = ()
        self.currentItemChanged.connect(self._on_current)
        self._is_filling = False

    def show_rows(self, rows: Sequence[SectionRow]) -> None:
        """Show these lines; the selected one stays selected."""
        if tuple(rows) == self._rows:
            return
        selected = self.selected
        self._rows, self._is_filling = tuple(rows), True
        self.clear()
        for one in rows:
            item = QListWidgetItem(one.title)
            item.setData(ROLE, one)
            item.setToolTip(one.told or one.title)
            where = self._look.say("page_proposal.on_page", page=one.page) if one.page else ""
            state = self._look.say("page_proposal.chosen" if one.is_chosen else "page_proposal.not_chosen")
            item.setData(Qt.ItemDataRole.AccessibleTextRole, " ".join(part for part in (one.title, state, where, one.told) if part))
            movable = Qt.ItemFlag.ItemIsDragEnabled if one.key else Qt.ItemFlag.NoItemFlags
            item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | movable)
            self.addItem(item)
            if one.key == selected:
                self.setCurrentItem(item)
        self._is_filling = False
        self.setFixedHeight(self.count() * ROW_PX + 4)

    @property
    def selected(self) -> str | None:
        """The key of the selected line, None where none is."""
        item = self.currentItem()
        return item.data(ROLE).key if item is not None else None

    def select(self, key: str) -> None:
        """Select a line without opening it."""
        self._is_filling = True
        for place in range(self.count()):
            if self.item(place).data(ROLE).key == key:
                self.setCurrentRow(place)
        self._is_filling = False

    def order(self) -> list[str]:
        """Return the chapters in the order they stand in."""
        return [key for place in range(self.count()) if (key := self.item(place).data(ROLE).key)]

    def _on_current(self, item: QListWidgetItem | None, _before: object) -> None:
        if item is not None and not self._is_filling:
            self.opened.emit(item.data(ROLE).key)

    def _move(self, by: int) -> None:
        keys, key = self.order(), self.selected
        if not key or not 0 <= keys.index(key) + by < len(keys):
            return
        place = keys.index(key)
        keys.insert(place + by, keys.pop(place))
        self.ordered.emit(keys)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        if event.modifiers() & Qt.KeyboardModifier.AltModifier and event.key() in moves:
            self._move(moves[Qt.Key(event.key())])
        elif event.key() == Qt.Key.Key_Space and self.selected:
            self.chose.emit(self.selected, not self.currentItem().data(ROLE).is_chosen)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        item = self.itemAt(event.position().toPoint())
        if item is not None and item.data(ROLE).key and BOX_LEFT - 6 <= event.position().x() <= BOX_LEFT + BOX_PX + 6:
            self.chose.emit(item.data(ROLE).key, not item.data(ROLE).is_chosen)
            return
        super().mousePressEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        super().dropEvent(event)
        self.take_drop()

    def take_drop(self) -> None:
        """Tell the order in which the lines stand after a drop."""
        before = [one.key for one in self._rows if one.key]
        if self.item(0).data(ROLE).key:  # nothing stands before the cover
            cover = next(place for place in range(self.count()) if not self.item(place).data(ROLE).key)
            self.insertItem(0, self.takeItem(cover))
        self._rows = ()
        if self.order() != before:
            self.ordered.emit(self.order())


class _Painter(QStyledItemDelegate):
    def __init__(self, look: Look, view: QListWidget) -> None:
        super().__init__(view)
        self._look, self._view = look, view

    def sizeHint(self, _option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(200, ROW_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        theme, one, area = self._look.theme, index.data(ROLE), option.rect  # type: ignore[attr-defined]
        ratio = self._view.devicePixelRatioF()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._ground(painter, option, area)
        middle = area.center().y()
        if one.key:
            painter.drawPixmap(area.left() + 8, middle - 7, pixmap("grip-vertical", theme.text3, 14, ratio))
        self._box(painter, QRect(area.left() + BOX_LEFT, middle - BOX_PX // 2, BOX_PX, BOX_PX), one, ratio)
        right = area.right() - 12
        painter.setFont(font(SMALL_PX))
        painter.setPen(QColor(theme.text2 if one.page else theme.text3))
        on_right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRect(right - 28, area.top(), 28, ROW_PX), on_right, str(one.page or UNKNOWN))
        if one.mark:
            symbol, tone = MARKS[one.mark]
            painter.drawPixmap(right - 28 - 20, middle - 7, pixmap(symbol, theme.tone(tone), 14, ratio))
        painter.setFont(font(BODY_PX))
        painter.setPen(QColor(theme.text if one.is_chosen else theme.text3))
        taken = 52 if one.mark else 30
        space = QRect(area.left() + 52, area.top(), right - taken - 52 - area.left(), ROW_PX)
        shown = painter.fontMetrics().elidedText(one.title, Qt.TextElideMode.ElideRight, space.width())
        painter.drawText(space, Qt.AlignmentFlag.AlignVCenter, shown)
        painter.restore()

    def _ground(self, painter: QPainter, option: QStyleOptionViewItem, area: QRect) -> None:
        theme, state = self._look.theme, option.state  # type: ignore[attr-defined]
        selected, over = bool(state & QStyle.StateFlag.State_Selected), bool(state & QStyle.StateFlag.State_MouseOver)
        painter.setPen(Qt.PenStyle.NoPen)
        if selected or over:
            painter.setBrush(QColor(theme.selected if selected else theme.hover))
            painter.drawRoundedRect(area.adjusted(2, 1, -2, -1), 6, 6)
        if selected:
            painter.setBrush(QColor(theme.accent))
            painter.drawRoundedRect(QRect(area.left(), area.top() + 8, 3, ROW_PX - 16), 1.5, 1.5)
        if selected and self._view.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QColor(theme.accent))
            painter.drawRoundedRect(area.adjusted(3, 2, -3, -2), 6, 6)

    def _box(self, painter: QPainter, box: QRect, one: SectionRow, ratio: float) -> None:
        theme = self._look.theme
        if not one.is_chosen:
            painter.setBrush(QColor(theme.surface))
            painter.setPen(QColor(theme.control))
            painter.drawRoundedRect(box, 4, 4)
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.accent if one.key else theme.control))  # the cover cannot be left out
        painter.drawRoundedRect(box, 4, 4)
        painter.drawPixmap(box.left() + 2, box.top() + 2, pixmap("check", theme.on_accent if one.key else theme.surface, 12, ratio))


def rows_of(
    keys: Sequence[str], chosen: Sequence[str], titles: Mapping[str, str], pages: Mapping[str, int], marks: Mapping[str, tuple[str, str]]
) -> list[SectionRow]:
    """Return the lines of chapters, the cover first."""
    rows = [SectionRow(COVER, titles[COVER], True, 1 if pages else None, *marks.get(COVER, ("", "")))]
    return rows + [SectionRow(key, titles[key], key in chosen, pages.get(key), *marks.get(key, ("", ""))) for key in keys]
