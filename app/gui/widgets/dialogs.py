"""Dialogs of one build: a title line, a body, buttons at the right; and one that shows a table."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from app.gui.look import Look
from app.gui.theme.tokens import BODY_PX, FIGURE_PX, MARGIN
from app.gui.widgets.basics import button, label, row
from app.gui.widgets.table import Column, Row, Table


class Dialog(QDialog):
    """A dialog. `body` takes the content; `finish` closes it off with its buttons, the one that goes on at the right."""

    def __init__(self, title: str, look: Look, parent: QWidget, *, hint: str = "") -> None:
        super().__init__(parent)
        self.look = look
        self.setWindowTitle(title)
        self.setModal(True)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        outer.setSpacing(12)
        outer.addWidget(label(title, FIGURE_PX, bold=True))
        if hint:
            outer.addWidget(label(hint, BODY_PX, tone="2", wrap=True))
        self.body = QVBoxLayout()
        self.body.setSpacing(8)
        outer.addLayout(self.body, 1)
        self._outer = outer

    def finish(self, go_on: str, cancel: str = "", *extra: QWidget) -> None:
        """Add the buttons; `extra` stand at the left."""
        line = row(*extra, None)
        if cancel:
            line.addWidget(button(cancel, self.look.theme, self.reject))
        self.go_on = button(go_on, self.look.theme, self.accept, primary=True)
        self.go_on.setDefault(True)
        line.addWidget(self.go_on)
        self._outer.addLayout(line)


class TableDialog(Dialog):
    """A table to read; it can be copied."""

    def __init__(self, title: str, columns: Sequence[Column], rows: Sequence[Row], look: Look, parent: QWidget, *, hint: str = "") -> None:
        super().__init__(title, look, parent, hint=hint)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(640, 640)
        self.table = Table(columns, rows, look.theme, row_px=28, name=title)
        self.body.addWidget(self.table)
        self.finish(look.say("gui.close"))
        self.table.setFocus()
