"""Parts of a form: a group that folds, and cards that fall into as many columns as there is room for."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QToolButton, QVBoxLayout, QWidget

from app.gui.theme import TOOL_ICON, Theme, font, icon
from app.gui.theme.tokens import SMALL_PX
from app.gui.widgets.basics import column, row

COLUMN_PX, GAP_PX = 380, 12


class Fold(QWidget):
    """Fields below a title that opens and shuts them; they are made when it is first opened."""

    def __init__(self, title: str, theme: Theme, make: Callable[[], Sequence[QWidget]]) -> None:
        super().__init__()
        self._theme, self.title = theme, title
        self._head = QToolButton()
        self._head.setObjectName("fold")
        self._head.setFont(font(SMALL_PX, bold=True))
        self._head.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._head.setIconSize(TOOL_ICON)
        self._head.setCheckable(True)
        self._head.setAccessibleName(title)
        self._head.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._head.toggled.connect(self._show)
        self._make, self._body = make, QWidget()
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(4)
        outer.addWidget(self._head)
        outer.addWidget(self._body)
        self.say("")
        self._show(False)

    @property
    def is_open(self) -> bool:
        """Whether the fields are shown."""
        return self._head.isChecked()

    def open(self) -> None:
        """Show the fields."""
        self._head.setChecked(True)

    def say(self, hint: str) -> None:
        """Say something behind the title."""
        self._head.setText(f"{self.title}  {hint}" if hint else self.title)

    def _show(self, is_open: bool) -> None:
        if is_open and self._body.layout() is None:
            self._body.setLayout(column(*self._make(), spacing=6))
        self._head.setIcon(icon("chevron-down" if is_open else "chevron-right", self._theme.text2))
        self._body.setVisible(is_open)


class CardColumns(QWidget):
    """Cards in columns of equal width. arrangements: for one, two, three … columns, the cards of each column in reading order."""

    def __init__(self, arrangements: Sequence[Sequence[Sequence[QWidget]]]) -> None:
        super().__init__()
        self._arrangements = arrangements
        self._shown = 0
        self._columns = [QVBoxLayout() for _ in arrangements[-1]]
        line = row(spacing=GAP_PX)
        for one in self._columns:
            one.setSpacing(GAP_PX)
            one.setContentsMargins(0, 0, 0, 0)
            line.addLayout(one, 1)
        self.setLayout(line)
        self._arrange(min(2, len(arrangements)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange(max(1, min(len(self._arrangements), (self.width() + GAP_PX) // (COLUMN_PX + GAP_PX))))

    def _arrange(self, count: int) -> None:
        if count == self._shown:
            return
        self._shown = count
        for one in self._columns:
            while one.takeAt(0):
                pass
        line = self.layout()
        for place, one in enumerate(self._columns):
            line.setStretch(place, 1 if place < count else 0)  # type: ignore[union-attr]
            for card in self._arrangements[count - 1][place] if place < count else ():
                one.addWidget(card)
            if place < count:
                one.addStretch(1)
        line.setSpacing(GAP_PX if count > 1 else 0)  # type: ignore[union-attr]
