"""The command palette: type a few letters of an action, a page, a platform, an operator or a recent file; Enter goes there."""

from collections.abc import Callable, Sequence

from msgspec import Struct
from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QKeyEvent, QPainter
from PySide6.QtWidgets import QFrame, QLineEdit, QListWidget, QListWidgetItem, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.gui.look import Look
from app.gui.theme import font, pixmap
from app.gui.theme.tokens import BODY_PX, CAPTION_PX, SMALL_PX
from app.gui.widgets.basics import column
from app.gui.widgets.fuzzy import best, letters

WIDTH_PX, HEIGHT_PX, ROW_PX, HEAD_PX = 560, 460, 30, 24
MOST_PER_SECTION, MOST_UNTYPED = 8, 6
ENTRY = Qt.ItemDataRole.UserRole
Step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 8, Qt.Key.Key_PageUp: -8}


class Entry(Struct, frozen=True, gc=False):  # thousands are made at once: the collector need not look at them
    """Something to go to by `act(*words)`. also: further words that find it, such as its name in the other language."""

    section: str
    text: str
    act: Callable[..., object]
    words: tuple = ()
    icon: str = ""
    keys: str = ""
    also: str = ""


class Palette(QFrame):
    """A popup with a field and a list. entries: in the order of the sections; `ran` is told what was chosen."""

    def __init__(self, entries: Sequence[Entry], look: Look, parent: QWidget, *, hint: str) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("card")
        self._look = look
        self._sections: dict[str, list[Entry]] = {}
        for entry in entries:
            self._sections.setdefault(entry.section, []).append(entry)
        self._texts = {section: [f"{entry.text}\n{entry.also}".lower() for entry in listed] for section, listed in self._sections.items()}
        self.field, self.list = QLineEdit(), QListWidget()
        self.field.setFont(font(BODY_PX))
        self.field.setPlaceholderText(hint)
        self.field.setAccessibleName(hint)
        self.list.setUniformItemSizes(False)
        self.list.setItemDelegate(_Painter(self, look))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.field.textChanged.connect(self.find)
        self.field.installEventFilter(self)
        self.list.itemClicked.connect(lambda _item: self.run())
        layout = column(self.field, self.list)
        layout.setContentsMargins(8, 8, 8, 8)
        self.setLayout(layout)
        self.resize(WIDTH_PX, HEIGHT_PX)
        self.find("")

    def open_below(self, widget: QWidget) -> None:
        """Show it under a widget of the header, inside its window."""
        window = widget.window()
        corner = widget.mapToGlobal(QPoint(widget.width() - WIDTH_PX, widget.height() + 4))
        left = window.mapToGlobal(QPoint(8, 0)).x()
        self.move(max(left, corner.x()), corner.y())
        self.show()
        self.field.setFocus()

    def find(self, typed: str) -> None:
        """Show what fits."""
        self.list.clear()
        most = MOST_PER_SECTION if typed.strip() else MOST_UNTYPED
        for section, listed in self._sections.items():
            places = best(typed, self._texts[section], most)
            if not places:
                continue
            head = QListWidgetItem(self._look.say(f"intake.section.{section}"))
            head.setFlags(Qt.ItemFlag.NoItemFlags)
            head.setSizeHint(QSize(0, HEAD_PX))
            self.list.addItem(head)
            for place in places:
                item = QListWidgetItem(listed[place].text)
                item.setData(ENTRY, listed[place])
                item.setSizeHint(QSize(0, ROW_PX))
                self.list.addItem(item)
        if not self.list.count():
            none = QListWidgetItem(self._look.say("intake.nothing_found"))
            none.setFlags(Qt.ItemFlag.NoItemFlags)
            none.setSizeHint(QSize(0, ROW_PX))
            self.list.addItem(none)
        self._step(1, start=-1)

    def run(self) -> None:
        """Do what is marked."""
        item = self.list.currentItem()
        entry = item.data(ENTRY) if item else None
        if isinstance(entry, Entry):
            self.close()
            entry.act(*entry.words)

    def shown(self) -> list[Entry]:
        """Return what is listed."""
        found = (self.list.item(row).data(ENTRY) for row in range(self.list.count()))
        return [entry for entry in found if isinstance(entry, Entry)]

    def _step(self, by: int, start: int | None = None) -> None:
        """Move the mark over the section heads."""
        count = self.list.count()
        row = self.list.currentRow() if start is None else start
        way = 1 if by > 0 else -1
        row = max(0, min(count - 1, row + by))
        while 0 <= row < count and self.list.item(row).data(ENTRY) is None:
            row += way
        if 0 <= row < count:
            self.list.setCurrentRow(row)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            key = Qt.Key(event.key())
            if key in Step:
                self._step(Step[key])
                return True
            if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self.run()
                return True
            if key == Qt.Key.Key_Escape:
                self.close()
                return True
        return super().eventFilter(watched, event)


class _Painter(QStyledItemDelegate):
    """Icon, text with the met letters bold, keys at the right; sections as small grey heads."""

    def __init__(self, palette: Palette, look: Look) -> None:
        super().__init__(palette)
        self._palette, self._theme = palette, look.theme

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        entry, box, theme = index.data(ENTRY), QRect(option.rect), self._theme
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.save()
        if not isinstance(entry, Entry):
            painter.setFont(font(CAPTION_PX))
            painter.setPen(QColor(theme.text3))
            painter.drawText(box.adjusted(8, 0, -8, 0), middle, str(index.data()))
            painter.restore()
            return
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.selected))
            painter.drawRoundedRect(box.adjusted(0, 1, 0, -1), 4, 4)
        ratio = self._palette.devicePixelRatioF()
        if entry.icon:
            painter.drawPixmap(box.left() + 8, box.top() + (box.height() - 16) // 2, pixmap(entry.icon, theme.text2, 16, ratio))
        painter.setFont(font(SMALL_PX))
        painter.setPen(QColor(theme.text3))
        painter.drawText(box.adjusted(0, 0, -8, 0), middle | Qt.AlignmentFlag.AlignRight, entry.keys)
        keys_px = QFontMetricsF(font(SMALL_PX)).horizontalAdvance(entry.keys) + 24 if entry.keys else 8
        self._draw_text(painter, box.adjusted(34, 0, -round(keys_px), 0), entry.text)
        painter.restore()

    def _draw_text(self, painter: QPainter, box: QRect, text: str) -> None:
        """Draw piece by piece; what does not fit is cut with …"""
        plain, bold = font(BODY_PX), font(BODY_PX, bold=True)
        text = QFontMetricsF(bold).elidedText(text, Qt.TextElideMode.ElideRight, box.width())
        met = letters(self._palette.field.text(), text)
        painter.setPen(QColor(self._theme.text))
        x = float(box.left())
        for piece, is_met in _pieces(text, met):
            made = bold if is_met else plain
            painter.setFont(made)
            painter.drawText(QRect(round(x), box.top(), box.width(), box.height()), Qt.AlignmentFlag.AlignVCenter, piece)
            x += QFontMetricsF(made).horizontalAdvance(piece)

    def sizeHint(self, _option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(0, ROW_PX if isinstance(index.data(ENTRY), Entry) else HEAD_PX)


def _pieces(text: str, met: set[int]) -> list[tuple[str, bool]]:
    """Return a text in pieces of met and other letters."""
    pieces: list[tuple[str, bool]] = []
    for place, letter in enumerate(text):
        is_met = place in met
        if pieces and pieces[-1][1] == is_met:
            pieces[-1] = (pieces[-1][0] + letter, is_met)
        else:
            pieces.append((letter, is_met))
    return pieces
