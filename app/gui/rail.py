"""The rail at the left: the pages in the order of the work, each with the mark of its state; folds to icons in a narrow window."""

from collections.abc import Callable

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QFrame, QGridLayout, QVBoxLayout, QWidget

from app.gui.look import Look
from app.gui.page import DONE, EMPTY, PROBLEM, STALE
from app.gui.theme import font, pixmap
from app.gui.theme.tokens import BODY_PX, CAPTION_PX, RAIL_FOLDED_PX, RAIL_PX, SMALL_PX
from app.gui.widgets.basics import label, picture, row, rule
from app.gui.widgets.edge import paint_edge

MARKS = {DONE: "circle-check", STALE: "history", PROBLEM: "triangle-alert", EMPTY: "circle-dashed"}


class RailItem(QAbstractButton):
    """One page in the rail."""

    def __init__(self, text: str, symbol: str, look: Look) -> None:
        super().__init__()
        self.setText(text)
        self.setAccessibleName(text)
        self.setCheckable(True)
        self.setFixedHeight(36)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._symbol, self._look = symbol, look
        self.state, self.count, self.folded = EMPTY, 0, False

    def set_state(self, state: str, count: int = 0, told: str = "") -> None:
        """Show another mark; count: of the problems, shown beside the mark; `told` says more on hover."""
        self.state, self.count = state, count if state == PROBLEM else 0
        told = "\n".join(filter(None, (f"{self.text()} · {self._look.say(f'gui.state.{state}')}", told)))
        self.setToolTip(told)
        self.setAccessibleDescription(told)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(RAIL_PX - 16, 36)

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme, box = self._look.theme, self.rect()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ratio = self.devicePixelRatioF()
        current = self.isChecked()
        painter.setPen(Qt.PenStyle.NoPen)
        if current or self.underMouse():
            painter.setBrush(QColor(theme.selected if current else theme.hover))
            painter.drawRoundedRect(box, 6, 6)
        if current:
            painter.setBrush(QColor(theme.accent))
            painter.drawRoundedRect(QRect(0, 8, 3, 20), 1.5, 1.5)
        ink = theme.accent if current else theme.text2
        painter.drawPixmap(12, 9, pixmap(self._symbol, ink, 18, ratio))
        mark_ink = {DONE: theme.ok, STALE: theme.warn, PROBLEM: theme.bad}.get(self.state, theme.text3)
        size = 10 if self.folded else 14
        spot = (box.right() - 13, 3) if self.folded else (box.right() - 24, 11)
        painter.drawPixmap(*spot, pixmap(MARKS[self.state], mark_ink, size, ratio))
        if not self.folded:
            self._paint_words(painter, mark_ink)
        if self.hasFocus():
            painter.setPen(QColor(theme.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), 6, 6)

    def _paint_words(self, painter: QPainter, mark_ink: str) -> None:
        box = self.rect()
        if self.count:
            painter.setFont(font(SMALL_PX, bold=True))
            painter.setPen(QColor(mark_ink))
            painter.drawText(box.adjusted(0, 0, -30, 0), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, str(self.count))
        painter.setFont(font(BODY_PX, bold=self.isChecked()))
        painter.setPen(QColor(self._look.theme.text))
        painter.drawText(box.adjusted(38, 0, -44 if self.count else -28, 0), Qt.AlignmentFlag.AlignVCenter, self.text())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
            return
        super().keyPressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.update()
        super().mouseMoveEvent(event)


class Rail(QWidget):
    """All pages. `show_page(key)` is called on a click."""

    def __init__(self, pages: list[tuple[str, str, bool]], look: Look, show_page: Callable[[str], object]) -> None:
        super().__init__()
        self.setObjectName("rail")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._look = look
        self._items: dict[str, RailItem] = {}
        self._words: list[QWidget] = []
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 12, 8, 12)
        layout.setSpacing(4)
        self._heading(layout, look.say("gui.rail.work"))
        for key, symbol, apart in pages:
            if apart:
                layout.addSpacing(4)
                layout.addWidget(_line(look))
                layout.addSpacing(4)
                self._heading(layout, look.say("gui.rail.facts"))
            item = RailItem(look.say(f"gui.page.{key}"), symbol, look)
            item.clicked.connect(lambda _checked=False, key=key: show_page(key))
            layout.addWidget(item)
            self._items[key] = item
        layout.addStretch(1)
        legend = _legend(look)
        layout.addWidget(legend)
        self._words.append(legend)
        self.fold(False)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        paint_edge(self, "right", self._look.theme.border)

    def _heading(self, layout: QVBoxLayout, text: str) -> None:
        made = label(text, CAPTION_PX, tone="3")
        made.setContentsMargins(8, 0, 0, 0)
        layout.addWidget(made)
        self._words.append(made)

    def fold(self, folded: bool) -> None:
        """Show icons only, or icons and words."""
        self.setFixedWidth(RAIL_FOLDED_PX if folded else RAIL_PX)
        for words in self._words:
            words.setVisible(not folded)
        for item in self._items.values():
            item.folded = folded
            item.update()

    def set_current(self, key: str) -> None:
        """Mark the page that is shown."""
        for name, item in self._items.items():
            item.setChecked(name == key)

    def set_state(self, key: str, state: str, count: int = 0, told: str = "") -> None:
        """Show the state of a page, how many problems it has, and which."""
        self._items[key].set_state(state, count, told)


def _legend(look: Look) -> QWidget:
    made = QWidget()
    grid = QGridLayout(made)
    grid.setContentsMargins(8, 0, 0, 4)
    grid.setVerticalSpacing(8)
    grid.setHorizontalSpacing(8)
    grid.addWidget(label(look.say("document.legend"), CAPTION_PX, tone="3"), 0, 0, 1, 2)
    colours = {DONE: look.theme.ok, STALE: look.theme.warn, PROBLEM: look.theme.bad, EMPTY: look.theme.text3}
    for place, (state, mark) in enumerate(MARKS.items()):
        words = row(picture(mark, colours[state], 14), label(look.say(f"gui.state.{state}"), CAPTION_PX, tone="3"), None)
        grid.addLayout(words, 1 + place // 2, place % 2)
    return made


def _line(look: Look) -> QFrame:
    made = rule(look.theme)
    made.setStyleSheet(f"background:{look.theme.border};")
    return made
