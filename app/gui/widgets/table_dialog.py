"""A table in a window of its own: what a line on a page only counts."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QWidget

from app.gui.look import Look
from app.gui.theme.tokens import BODY_PX, SMALL_PX
from app.gui.widgets.basics import button, column, label, row
from app.gui.widgets.clipboard import copy_text
from app.gui.widgets.table import Table

WIDE_PX, LEAST_PX = 1040, 160


class TableDialog(QDialog):
    """Titled tables below each other, with copy and close; Esc closes."""

    def __init__(self, title: str, tables: list[tuple[str, Table]], look: Look, parent: QWidget, *, copy: str) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        heights = [table_px(table) for _hint, table in tables]
        window = parent.window().size()
        self.resize(min(WIDE_PX, round(window.width() * 0.85)), min(sum(heights) + 130 + 30 * len(tables), round(window.height() * 0.8)))
        self.tables = [table for _hint, table in tables]
        body = column(label(title, BODY_PX, bold=True))
        body.setContentsMargins(16, 16, 16, 16)
        for (hint, table), height in zip(tables, heights, strict=True):
            body.addWidget(label(hint, SMALL_PX, tone="2", wrap=True))
            table.setMinimumHeight(min(height, LEAST_PX))
            body.addWidget(table, height)
        close = button(look.say("gui.close"), look.theme, self.accept)
        body.addLayout(row(None, button(copy, look.theme, self.copy, symbol="copy"), close))
        self.setLayout(body)

    def copy(self) -> None:
        """Put all tables on the clipboard, with heads and units."""
        copy_text("\n\n".join(table.as_text() for table in self.tables))


def table_px(table: Table) -> int:
    """Return the height that shows all rows of a table."""
    rows = table.model().rowCount() * table.verticalHeader().defaultSectionSize()
    return rows + table.horizontalHeader().height() + 4
