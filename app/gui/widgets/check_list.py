"""What is open before the documents go out: one line a finding, with its icon and what it means."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.engine.proposing import ExportCheck
from app.gui.look import Look
from app.gui.theme.tokens import CAPTION_PX, SMALL_PX
from app.gui.widgets.basics import boxed, column, label, picture, row

ICONS = {
    "ok": ("circle-check", "ok"),
    "warning": ("triangle-alert", "warn"),
    "stale": ("history", "warn"),
    "bad": ("triangle-alert", "bad"),
}


class CheckList(QWidget):
    """The findings, worst first, as the engine orders them."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._lines = QVBoxLayout(self)
        self._lines.setContentsMargins(16, 4, 12, 8)
        self._lines.setSpacing(8)

    def show_checks(self, checks: Sequence[ExportCheck]) -> None:
        """Show these findings."""
        while taken := self._lines.takeAt(0):
            if widget := taken.widget():
                widget.hide()
                widget.deleteLater()
        for check in checks:
            self._lines.addWidget(self._line(check))

    def _line(self, check: ExportCheck) -> QWidget:
        symbol, tone = ICONS[check.level]
        said = label(self._look.tell(check.said), SMALL_PX, wrap=True, select=True)
        detail = label(self._look.tell(check.detail), CAPTION_PX, tone="2", wrap=True, select=True)
        sign = picture(symbol, self._look.theme.tone(tone), 14)
        line = row(sign)
        line.setAlignment(sign, Qt.AlignmentFlag.AlignTop)
        line.addLayout(column(said, detail, spacing=0), 1)
        return boxed(line)
