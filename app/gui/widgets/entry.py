"""Where one value is typed or chosen: a line with its unit, usual words or a calendar; a box of words.

An edit is taken over on Enter or on leaving the line; Esc brings back what stood there. What is typed is told at once, so that it can be
checked while it is typed.
"""

import datetime
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QLocale, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QColor,
    QFocusEvent,
    QKeyEvent,
    QKeySequence,
    QResizeEvent,
    QStandardItem,
    QStandardItemModel,
    QTextCharFormat,
    QWheelEvent,
)
from PySide6.QtWidgets import QCalendarWidget, QComboBox, QCompleter, QLineEdit, QMenu, QToolButton, QWidgetAction

from app.gui.theme import Theme, font, icon
from app.gui.theme.tokens import BODY_PX, SMALL_PX
from app.gui.widgets.basics import label

MOST_SHOWN = 12
FOUND_BY = Qt.ItemDataRole.UserRole
OF_DOCUMENT = (QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo)


class Entry(QLineEdit):
    """A line to type into. typed: on each key; committed: on Enter or on leaving, where the text has changed."""

    typed = Signal(str)
    committed = Signal(str)

    def __init__(self, theme: Theme, unit: str = "", example: str = "") -> None:
        super().__init__()
        self._theme, self._shown = theme, ""
        self.setFont(font(BODY_PX))
        self.setPlaceholderText(example)
        self._unit = label(unit, SMALL_PX, tone="3") if unit else None
        if self._unit is not None:
            self._unit.setParent(self)
            self._unit.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            self.setTextMargins(0, 0, self._unit.sizeHint().width() + 4, 0)
        self.textEdited.connect(self.typed)
        self.editingFinished.connect(self._commit)

    def show_text(self, text: str) -> None:
        """Show a value of the document. What is being typed stays; so does what could not be taken over, until the value itself changes."""
        same, self._shown = text == self._shown, text
        if self.isModified() and (self.hasFocus() or same):
            return
        self.setText(text)
        self.setCursorPosition(0)

    @property
    def is_pending(self) -> bool:
        """Whether something else stands there than the document says."""
        return self.text() != self._shown

    def restore(self) -> None:
        """Bring back what stood there before the user began to type."""
        self.setText(self._shown)
        self.typed.emit(self._shown)

    def event(self, event: QEvent) -> bool:
        is_key = event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent)
        if is_key and event.key() == Qt.Key.Key_Escape and self.is_pending:  # type: ignore[attr-defined] - else it would cancel a job
            event.accept()
            return True
        if is_key and not self.is_pending and any(event.matches(key) for key in OF_DOCUMENT):  # type: ignore[attr-defined]
            event.ignore()  # nothing was typed here: undo means the document
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.is_pending:
            self.restore()
            self.selectAll()
            return
        super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._unit is not None:
            wide = self._unit.sizeHint().width()
            self._unit.setGeometry(self.width() - wide - 10, 0, wide, self.height())

    def _commit(self) -> None:
        if self.is_pending:
            self.setModified(False)
            self.committed.emit(self.text())


class SuggestEntry(Entry):
    """A line with usual words: typing finds them anywhere in a word, the arrow lists all. words: (text, further words it is found by)."""

    def __init__(self, theme: Theme, words: Sequence[tuple[str, str]], list_tip: str, example: str = "") -> None:
        super().__init__(theme, "", example)
        self._words = tuple(words)
        self._finder: _Finder | None = None
        action = QAction(icon("chevron-down", theme.text2), list_tip, self)
        action.triggered.connect(self._list_all)
        self.addAction(action, QLineEdit.ActionPosition.TrailingPosition)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._find_words()
        super().focusInEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Down and not self._find_words().popup().isVisible():
            self._list_all()
            return
        super().keyPressEvent(event)

    def _find_words(self) -> "_Finder":
        """Return the finder, made when the line is first entered: a form has many such lines."""
        if self._finder is None:
            model = QStandardItemModel(self)
            for text, further in self._words:
                item = QStandardItem(text)
                item.setData(f"{text} {further}", FOUND_BY)
                model.appendRow(item)
            self._finder = _Finder(model, self)
            self._finder.activated[str].connect(self._take)
            self.setCompleter(self._finder)
        return self._finder

    def _list_all(self) -> None:
        self.setFocus()
        finder = self._find_words()
        finder.setCompletionPrefix("")
        finder.complete()

    def _take(self, text: str) -> None:
        self.setText(text)
        self._commit()


class _Finder(QCompleter):
    def __init__(self, model: QStandardItemModel, entry: QLineEdit) -> None:
        super().__init__(model, entry)
        self.setCompletionRole(FOUND_BY)
        self.setFilterMode(Qt.MatchFlag.MatchContains)
        self.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.setMaxVisibleItems(MOST_SHOWN)
        self.popup().setObjectName("finder")
        self.popup().setFont(font(BODY_PX))

    def pathFromIndex(self, index: QModelIndex | QPersistentModelIndex) -> str:
        return str(index.data(Qt.ItemDataRole.DisplayRole))


class DateEntry(Entry):
    """A line for a day, with a calendar to pick it from."""

    def __init__(self, theme: Theme, lang: str, pick_tip: str, example: str = "") -> None:
        super().__init__(theme, "", example)
        self._lang = lang
        action = QAction(icon("calendar", theme.text2), pick_tip, self)
        action.triggered.connect(self._pick)
        self.addAction(action, QLineEdit.ActionPosition.TrailingPosition)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Down:
            self._pick()
            return
        super().keyPressEvent(event)

    def _pick(self) -> None:
        menu, calendar = QMenu(self), self._calendar()
        try:
            calendar.setSelectedDate(datetime.date.fromisoformat(self._shown))  # type: ignore[arg-type]
        except ValueError:
            calendar.showToday()
        holder = QWidgetAction(menu)
        holder.setDefaultWidget(calendar)
        menu.addAction(holder)
        calendar.activated.connect(lambda day: self._picked(day.toPython(), menu))
        calendar.clicked.connect(lambda day: self._picked(day.toPython(), menu))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.mapToGlobal(self.rect().bottomLeft()))
        calendar.setFocus()

    def _calendar(self) -> QCalendarWidget:
        calendar, plain = QCalendarWidget(), QTextCharFormat()
        calendar.setLocale(QLocale(self._lang))
        calendar.setFont(font(SMALL_PX))
        calendar.setVerticalHeaderFormat(QCalendarWidget.VerticalHeaderFormat.NoVerticalHeader)
        plain.setForeground(QColor(self._theme.text))
        for day in (Qt.DayOfWeek.Saturday, Qt.DayOfWeek.Sunday):  # Qt's own are red, which here means wrong
            calendar.setWeekdayTextFormat(day, plain)
        for name, symbol in (("qt_calendar_prevmonth", "chevron-left"), ("qt_calendar_nextmonth", "chevron-right")):
            if (way := calendar.findChild(QToolButton, name)) is not None:
                way.setIcon(icon(symbol, self._theme.text2))
        return calendar

    def _picked(self, day: datetime.date, menu: QMenu) -> None:
        menu.hide()
        self.setText(day.isoformat())
        self._commit()


class ChoiceBox(QComboBox):
    """One of a few words. words: (value, text). The wheel scrolls the page, not the value."""

    committed = Signal(str)

    def __init__(self, words: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self.setObjectName("choice")
        self.setFont(font(BODY_PX))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        for value, text in words:
            self.addItem(text, value)
        self.activated.connect(lambda place: self.committed.emit(self.itemData(place)))

    def show_text(self, value: str) -> None:
        """Show a value; one that is not among the words is added, so that nothing is lost."""
        place = self.findData(value)
        if place < 0:
            self.addItem(value, value)
            place = self.count() - 1
        self.setCurrentIndex(place)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()
