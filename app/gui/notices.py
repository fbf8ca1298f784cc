"""What the window says on its own: errors as cards that stay until closed, and toasts for what was done. Errors never come as toasts."""

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from app.engine.errors import EngineError
from app.engine.messages import Message, render, render_remedy
from app.gui.look import Look
from app.gui.theme.tokens import BODY_PX, SMALL_PX
from app.gui.widgets.basics import button, column, label, picture, row, tool

TOAST_MS = 6000
MOST_ERRORS = 3


def error_text(error: EngineError, lang: str) -> tuple[str, str]:
    """Return what is wrong (with file and place) and what to do."""
    where = ":".join(part for part in (error.file, error.place) if part)
    what = render(error.message, lang)
    return (f"{where}: {what}" if where else what), render_remedy(error.message, lang)


class ErrorCard(QFrame):
    """What, why, what to do; details can be copied; the rest of the work goes on."""

    def __init__(self, error: EngineError, look: Look, close: Callable[[], object]) -> None:
        super().__init__()
        self.setObjectName("errorCard")
        theme, say = look.theme, look.say
        self.what, self.remedy = error_text(error, look.lang)
        texts = column(label(self.what, BODY_PX, bold=True, wrap=True, select=True), label(self.remedy, SMALL_PX, wrap=True, select=True))
        line = row(picture("circle-x", theme.bad, 18), spacing=12)
        line.addLayout(texts, 1)
        details = f"{self.what}\n{self.remedy}\n{error.message.code}"
        line.addWidget(button(say("gui.copy_details"), theme, lambda: QGuiApplication.clipboard().setText(details), symbol="copy"))
        line.addWidget(tool("x", say("gui.close"), theme, close))
        line.setContentsMargins(16, 8, 8, 8)
        self.setLayout(line)


class ErrorList(QWidget):
    """The newest errors above the page."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(16, 12, 16, 0)
        self.hide()

    def show_error(self, error: EngineError) -> None:
        """Put an error on top."""
        card = ErrorCard(error, self._look, lambda: self._remove(card))
        if card.what in {other.what for other in self.cards()}:
            return
        self._layout.insertWidget(0, card)
        for old in self.cards()[MOST_ERRORS:]:
            self._remove(old)
        self.show()

    def cards(self) -> list[ErrorCard]:
        """Return the errors that are shown, newest first."""
        widgets = (self._layout.itemAt(place).widget() for place in range(self._layout.count()))
        return [widget for widget in widgets if isinstance(widget, ErrorCard)]

    def _remove(self, card: ErrorCard) -> None:
        self._layout.removeWidget(card)
        card.hide()
        card.deleteLater()
        self.setVisible(bool(self.cards()))


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

    def tell(self, said: Message, can_undo: bool) -> None:
        """Show a sentence."""
        self._text.setText(self._look.tell(said))
        self._undo.setVisible(can_undo)
        self.adjustSize()
        parent = self.parentWidget()
        self.move(16, parent.height() - self.height() - 40)
        self.show()
        self.raise_()
        self._clock.start(TOAST_MS)

    def _leave(self) -> None:
        if self.underMouse():
            self._clock.start(TOAST_MS)
        else:
            self.hide()


class DropVeil(QWidget):
    """Covers the window while files are dragged over it: one line per file, with where it goes."""

    def __init__(self, parent: QWidget, look: Look) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        theme = look.theme
        self.setObjectName("veil")
        self.setStyleSheet(f"QWidget#veil {{ background:{theme.app}; border:2px solid {theme.accent}; }}")
        self._look = look
        self._lines = QVBoxLayout(self)
        self._lines.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.hide()

    def show_files(self, files: list[tuple[str, str]]) -> None:
        """Show (name, purpose) of each file."""
        while taken := self._lines.takeAt(0):
            if widget := taken.widget():
                widget.deleteLater()
        self._lines.addWidget(label(self._look.say("gui.drop_here"), 16, bold=True), 0, Qt.AlignmentFlag.AlignHCenter)
        for name, purpose in files[:12]:
            goes = self._look.say(f"gui.purpose.{purpose}")
            self._lines.addWidget(label(f"{name}  →  {goes}", BODY_PX), 0, Qt.AlignmentFlag.AlignHCenter)
        if len(files) > 12:
            self._lines.addWidget(label(f"+ {len(files) - 12}", BODY_PX, tone="2"), 0, Qt.AlignmentFlag.AlignHCenter)
        self.setGeometry(self.parentWidget().rect())
        self.show()
        self.raise_()
