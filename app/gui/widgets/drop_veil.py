"""The veil over the window while files are dragged: one line per file with where it goes."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from app.gui.look import Look
from app.gui.theme.tokens import BODY_PX, FIGURE_PX, RADIUS_DROP
from app.gui.widgets.basics import boxed, label, picture

SYMBOLS = {
    "project": "folder-open", "run": "sliders-horizontal", "model": "box", "prices": "file-spreadsheet", "measured": "table",
    "trace": "activity", "folder": "folder", "unknown": "file-question-mark", "skipped": "file-question-mark",
    "unreadable": "file-x", "unseen": "file-text",
}  # fmt: skip
OPACITY, FRAME_PX, PANEL_PX, NAME_PX, MOST_LINES = 0.85, 2, 32, 420, 14


class DropVeil(QWidget):
    """Covers its parent. It lets every event through: what is dropped on it is dropped on the window."""

    def __init__(self, parent: QWidget, look: Look) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._look = look
        self.lines: list[str] = []
        whole = QVBoxLayout(self)
        whole.setAlignment(Qt.AlignmentFlag.AlignCenter)
        panel = QWidget()
        panel.setObjectName("veilPanel")  # its own ground: what is below the veil would show between the lines
        panel.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        panel.setStyleSheet(f"QWidget#veilPanel {{ background:{look.theme.app}; border-radius:{RADIUS_DROP}px; }}")
        whole.addWidget(panel)
        self._outer = QVBoxLayout(panel)
        self._outer.setContentsMargins(PANEL_PX, PANEL_PX, PANEL_PX, PANEL_PX)
        self.hide()

    def show_files(self, files: Sequence[tuple[str, str]], more: int = 0) -> None:
        """Show (name, purpose) of each file and how many more there are."""
        while taken := self._outer.takeAt(0):
            if widget := taken.widget():
                widget.hide()
                widget.deleteLater()
        say, theme = self._look.say, self._look.theme
        self.lines = []
        title = label(say("gui.drop_here"), FIGURE_PX, bold=True)
        self._outer.setSpacing(16)
        self._outer.addWidget(title, 0, Qt.AlignmentFlag.AlignHCenter)
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        for row, (name, purpose) in enumerate(files[:MOST_LINES]):
            known = purpose not in ("unknown", "skipped", "unreadable", "unseen", "folder")
            goes = label(say(f"intake.goes.{purpose}"), BODY_PX, tone="bad" if purpose == "unreadable" else "accent" if known else "2")
            grid.addWidget(picture(SYMBOLS[purpose], theme.accent if known else theme.text3, 16), row, 0)
            grid.addWidget(_elided(name), row, 1)
            grid.addWidget(goes, row, 2)
            self.lines.append(f"{name}  {goes.text()}")
        self._outer.addWidget(boxed(grid), 0, Qt.AlignmentFlag.AlignHCenter)
        more += max(0, len(files) - MOST_LINES)
        if more:
            self._outer.addWidget(label(say("intake.more_files", count=more), BODY_PX, tone="2"), 0, Qt.AlignmentFlag.AlignHCenter)
        self.setGeometry(self.parentWidget().rect())
        self.show()
        self.raise_()

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = self._look.theme
        painter = QPainter(self)
        ground = QColor(theme.app)
        ground.setAlphaF(OPACITY)
        painter.fillRect(self.rect(), ground)
        painter.setPen(QPen(QColor(theme.accent), FRAME_PX))
        painter.drawRect(self.rect().adjusted(1, 1, -1, -1))


def _elided(name: str) -> QLabel:
    made = label("", BODY_PX, bold=True)
    made.setText(made.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, NAME_PX))
    return made
