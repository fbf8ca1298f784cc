"""One question with a few answers, in the window's own looks: what is asked, what follows from it, the useful answer first."""

from collections.abc import Sequence

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QLayout, QWidget

from app.gui.look import Look
from app.gui.theme.tokens import BODY_PX, FIGURE_PX
from app.gui.widgets.basics import button, column, label, picture, row

WIDTH_PX = 480
Answer = tuple[str, str]  # key, word


class Question(QDialog):
    """The dialog; `answer` is the key that was chosen, "" where it was closed. answers: the first is the primary one."""

    def __init__(
        self, parent: QWidget | None, look: Look, title: str, text: str, answers: Sequence[Answer], *, symbol: str = "info"
    ) -> None:
        super().__init__(parent)
        self.answer = ""
        theme = look.theme
        self.setWindowTitle(title)
        self.setFixedWidth(WIDTH_PX)
        words = column(
            label(title, FIGURE_PX, bold=True, wrap=True), label(text, BODY_PX, tone="2", wrap=True, select=True), None, spacing=8
        )
        top = row(spacing=16)
        sign = column(picture(symbol, theme.accent, 24), None)
        top.addLayout(sign)
        top.addLayout(words, 1)
        self.body = column(spacing=8)
        foot = row(None)
        self.buttons = {}
        for place, (key, word) in enumerate(answers):
            made = button(word, theme, lambda key=key: self._choose(key), primary=not place)
            self.buttons[key] = made
            foot.insertWidget(1, made)
        layout = column(spacing=16)
        layout.setContentsMargins(24, 24, 24, 16)
        layout.addLayout(top)
        layout.addLayout(self.body)
        layout.addStretch(1)
        layout.addLayout(foot)
        layout.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)  # its least height counts texts as if in the narrowest column
        self.setLayout(layout)
        first = self.buttons[answers[0][0]]
        first.setDefault(True)
        first.setFocus()

    def showEvent(self, event: QShowEvent) -> None:
        layout = self.layout()
        if layout is not None:  # a text that wraps asks for more height than it takes at this width
            self.resize(self.width(), layout.heightForWidth(self.width()))
        super().showEvent(event)

    def _choose(self, key: str) -> None:
        self.answer = key
        self.accept()


def ask(parent: QWidget | None, look: Look, title: str, text: str, answers: Sequence[Answer], *, symbol: str = "info") -> str:
    """Ask and wait; return the key of the answer, "" where the dialog was closed."""
    dialog = Question(parent, look, title, text, answers, symbol=symbol)
    dialog.exec()
    dialog.deleteLater()
    return dialog.answer
