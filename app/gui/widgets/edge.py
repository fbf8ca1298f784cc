"""A hairline on the edge of a widget, on whole device pixels. The style sheet's border smears over two of them at 150 %."""

from typing import Literal

from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QWidget

Side = Literal["top", "right", "bottom"]


def paint_edge(widget: QWidget, side: Side, colour: str) -> None:
    """Paint the line; call it from paintEvent."""
    painter = QPainter(widget)
    ratio = painter.device().devicePixelRatioF()
    painter.scale(1 / ratio, 1 / ratio)
    width, height, thick = round(widget.width() * ratio), round(widget.height() * ratio), max(1, int(ratio))
    boxes = {
        "top": QRect(0, 0, width, thick),
        "right": QRect(width - thick, 0, thick, height),
        "bottom": QRect(0, height - thick, width, thick),
    }
    painter.fillRect(boxes[side], QColor(colour))
    painter.end()
