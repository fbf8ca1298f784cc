"""One fact as a tile: caption, figure, unit; the source on hover; hatched where it is unknown."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.gui.theme import Theme, font, hatching
from app.gui.theme.tokens import CAPTION_PX, FIGURE_PX, RADIUS_BUTTON
from app.gui.widgets.table_model import UNKNOWN
from app.gui.widgets.tips import wrapped

TILE_PX, PAD_PX = 50, 8


class FactTile(QWidget):
    """text is the figure, a dash where it is unknown."""

    def __init__(self, caption: str, text: str, unit: str, tip: str, theme: Theme) -> None:
        super().__init__()
        self.caption, self.text, self.unit = caption, text, unit
        self._theme = theme
        self.setFixedHeight(TILE_PX)
        self.setMinimumWidth(72)
        self.setToolTip(wrapped(tip))
        self.setAccessibleName(f"{caption} {text} {unit}")

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, theme = QPainter(self), self._theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        known = self.text != UNKNOWN
        painter.setPen(Qt.PenStyle.NoPen)
        for brush in (QColor(theme.sunken if known else theme.unk_soft), *([] if known else [hatching(theme.hatch)])):
            painter.setBrush(brush)
            painter.drawRoundedRect(QRectF(self.rect()), RADIUS_BUTTON, RADIUS_BUTTON)
        box, left = self.rect().adjusted(PAD_PX, 5, -PAD_PX, -4), Qt.AlignmentFlag.AlignLeft
        painter.setFont(font(CAPTION_PX))
        painter.setPen(QColor(theme.text2))
        painter.drawText(
            box, left | Qt.AlignmentFlag.AlignTop, painter.fontMetrics().elidedText(self.caption, Qt.TextElideMode.ElideRight, box.width())
        )
        painter.setFont(font(FIGURE_PX, bold=known))
        painter.setPen(QColor(theme.text if known else theme.text2))
        wide = painter.fontMetrics().horizontalAdvance(self.text)
        below = box.adjusted(0, 16, 0, 0)
        painter.drawText(below, left | Qt.AlignmentFlag.AlignVCenter, self.text)
        if known:
            painter.setFont(font(CAPTION_PX))
            painter.setPen(QColor(theme.text2))
            painter.drawText(below.adjusted(wide + 4, 3, 0, 0), left | Qt.AlignmentFlag.AlignVCenter, self.unit)
        painter.end()
