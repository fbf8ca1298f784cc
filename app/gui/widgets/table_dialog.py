"""A table in a window of its own: what a line on a page only counts."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QWidget

from app.gui.look import Look
from app.gui.theme.tokens import BODY_PX, SMALL_PX
from app.gui.widgets.basics import button, column, label, row
from app.gui.widgets.clipboard import copy_text
from app.gui.widgets.table import Table


class TableDialog(QDialog):
    """Titled tables below each other, with copy and close; Esc closes."""

    def __init__(self, title: str, tables: list[tuple[str, Table]], look: Look, parent: QWidget, *, copy: str) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(min(980, round(parent.window().width() * 0.8)), min(560, round(parent.window().height() * 0.75)))
        self.tables = [table for _hint, table in tables]
        body = column(label(title, BODY_PX, bold=True))
        body.setContentsMargins(16, 16, 16, 16)
        for hint, table in tables:
            body.addWidget(label(hint, SMALL_PX, tone="2"))
            body.addWidget(table, max(1, table.model().rowCount()))
        close = button(look.say("gui.close"), look.theme, self.accept)
        body.addLayout(row(None, button(copy, look.theme, self.copy, symbol="copy"), close))
        self.setLayout(body)

    def copy(self) -> None:
        """Put all tables on the clipboard, with heads and units."""
        copy_text("\n\n".join(table.as_text() for table in self.tables))
