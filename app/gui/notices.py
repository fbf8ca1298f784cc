"""What the window says on its own: cards for what went wrong, which stay until closed, and toasts for what was done."""

import re
from collections.abc import Callable, Sequence

from msgspec import Struct
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from app.engine.errors import EngineError
from app.engine.messages import Message, has_entry, render, render_remedy
from app.gui.look import Look
from app.gui.theme.tokens import BODY_PX, SMALL_PX
from app.gui.widgets.basics import boxed, button, column, label, picture, row, tool

TOAST_MS = 6000
MOST_SHOWN, MOST_KEPT = 3, 20
CARD_GAP_PX = 8


class Way(Struct, frozen=True):
    """A way out of a trouble: its words, its icon, what it does; whether the trouble is over with it."""

    text: str
    symbol: str
    act: Callable[[], object]
    ends: bool = False


class Notice(Struct, frozen=True):
    """What happened (bold), why and what is still good, the ways out with the useful one first. tone: "bad" or "warn"."""

    what: str
    why: str = ""
    details: str = ""
    ways: tuple[Way, ...] = ()
    tone: str = "bad"


def error_text(error: EngineError, lang: str) -> tuple[str, str]:
    """Return what is wrong (with the file's name and the place) and what to do."""
    where = ":".join(part for part in (re.split(r"[\\/]", error.file)[-1], error.place) if part)
    what = render(error.message, lang)
    return (f"{where}: {what}" if where else what), render_remedy(error.message, lang)


def notice_of(error: EngineError, look: Look, ways: Sequence[Way] = ()) -> Notice:
    """Return the notice of an error."""
    what, remedy = error_text(error, look.lang)
    own = f"intake.why.{error.message.code}"  # where the remedy speaks of the command line, or is too long for a card
    remedy = look.say(own) if has_entry(own, look.lang) else remedy
    return Notice(what, remedy, "\n".join(filter(None, (what, remedy, error.file, error.message.code))), tuple(ways))


class NoticeCard(QFrame):
    """One notice."""

    def __init__(self, notice: Notice, look: Look, close: Callable[[], object]) -> None:
        super().__init__()
        self.notice = notice
        self.what, self.remedy = notice.what, notice.why
        theme, say = look.theme, look.say
        self.setObjectName("errorCard")
        if notice.tone == "warn":
            self.setStyleSheet(f"QFrame#errorCard {{ background:{theme.warn_soft}; }}")
        ink = theme.bad if notice.tone == "bad" else theme.warn
        texts = column(label(notice.what, BODY_PX, bold=True, wrap=True, select=True), spacing=2)
        if notice.why:
            texts.addWidget(label(notice.why, SMALL_PX, wrap=True, select=True))
        line = row(spacing=12)
        line.addWidget(picture("circle-x" if notice.tone == "bad" else "triangle-alert", ink, 18), 0, Qt.AlignmentFlag.AlignTop)
        line.addLayout(texts, 1)
        for way in notice.ways:
            line.addWidget(button(way.text, theme, lambda way=way: (way.act(), close() if way.ends else None), symbol=way.symbol))
        details = notice.details or f"{notice.what}\n{notice.why}"
        line.addWidget(button(say("gui.copy_details"), theme, lambda: QGuiApplication.clipboard().setText(details), symbol="copy"))
        line.addWidget(tool("x", say("gui.close"), theme, close))
        line.setContentsMargins(16, 8, 8, 8)
        self.setLayout(line)
        self._texts = texts
        self.setAccessibleName(notice.what)

    def height_for(self, width: int) -> int:
        """Return the height at a width: of the words beside the buttons."""
        layout = self.layout()
        assert layout is not None
        beside = layout.minimumSize().width() - self._texts.minimumSize().width()
        return 16 + max(32, self._texts.heightForWidth(max(120, width - beside)))


class ErrorList(QScrollArea):
    """The notices above the page, newest first: three are seen, older ones are scrolled to."""

    changed = Signal()
    closed = Signal(str)  # what a card said that was closed by its own button

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.is_held = False
        self._layout = QVBoxLayout()
        self._layout.setContentsMargins(16, 12, 16, 0)
        self._layout.setSpacing(CARD_GAP_PX)
        self._layout.addStretch(1)
        self.setWidget(boxed(self._layout, "pageBody"))
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.hide()

    def show_error(self, error: EngineError, ways: Sequence[Way] = ()) -> None:
        """Put an error on top."""
        self.show_notice(notice_of(error, self._look, ways))

    def show_notice(self, notice: Notice) -> None:
        """Put a notice on top; one that stands there already is not repeated."""
        if notice.what in {card.what for card in self.cards()}:
            return
        card = NoticeCard(notice, self._look, lambda: self._close(card))
        self._layout.insertWidget(0, card)
        for old in self.cards()[MOST_KEPT:]:
            self._remove(old)
        self._fit()

    def hold(self, held: bool) -> None:
        """Stay out of sight while the page itself shows what could not be read."""
        self.is_held = held
        self.setVisible(bool(self.cards()) and not held)

    def cards(self) -> list[NoticeCard]:
        """Return the notices, newest first."""
        items = (self._layout.itemAt(place) for place in range(self._layout.count()))
        widgets = (item.widget() for item in items if item)
        return [widget for widget in widgets if isinstance(widget, NoticeCard)]

    def clear(self) -> bool:
        """Close all; tell whether there were any."""
        cards = self.cards()
        for card in cards:
            self._remove(card)
        return bool(cards)

    def _close(self, card: NoticeCard) -> None:
        self._remove(card)
        self.closed.emit(card.what)

    def _remove(self, card: NoticeCard) -> None:
        self._layout.removeWidget(card)
        card.hide()
        card.deleteLater()
        self._fit()

    def _fit(self) -> None:
        """Take the height of the first cards."""
        cards = self.cards()
        self.changed.emit()
        self.setVisible(bool(cards) and not self.is_held)
        width = max(200, self.viewport().width() - 32)
        heights = [card.height_for(width) for card in cards[:MOST_SHOWN]]
        for card in cards:
            card.setFixedHeight(card.height_for(width))
        self.setFixedHeight(12 + sum(heights) + CARD_GAP_PX * max(0, len(heights) - 1))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width() and self.cards():
            self._fit()


class Toast(QFrame):
    """One sentence at the bottom left for six seconds, with undo; it stays while the pointer is on it."""

    def __init__(self, parent: QWidget, look: Look, undo: Callable[[], object]) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self._text = label("", BODY_PX)
        self._undo = button(look.say("gui.take_back"), look.theme, lambda: (undo(), self.hide()), symbol="undo-2")
        self._look = look
        line = row(picture("circle-check", look.theme.ok, 16), self._text, self._undo, spacing=12)
        line.setContentsMargins(16, 8, 12, 8)
        self.setLayout(line)
        self._clock = QTimer(self)
        self._clock.setSingleShot(True)
        self._clock.timeout.connect(self._leave)
        self.hide()

    @property
    def text(self) -> str:
        """What it says."""
        return self._text.text()

    def tell(self, said: Message, can_undo: bool) -> None:
        """Show a sentence."""
        self._text.setWordWrap(False)
        self._text.setText(self._look.tell(said))
        self._undo.setVisible(can_undo)
        parent = self.parentWidget()
        if self.sizeHint().width() > parent.width() - 32:
            self._text.setWordWrap(True)
        self.setMaximumWidth(parent.width() - 32)
        self.adjustSize()
        self.move(16, parent.height() - self.height() - 40)
        self.show()
        self.raise_()
        self._clock.start(TOAST_MS)

    def _leave(self) -> None:
        if self.underMouse():
            self._clock.start(TOAST_MS)
        else:
            self.hide()
