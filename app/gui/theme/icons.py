"""Icons of one set (Lucide), recoloured from the tokens and rendered sharp at every screen scale."""

from functools import cache

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from app.engine.paths import resources_folder

THIN_FROM_PX = 15


@cache
def pixmap(name: str, colour: str, size: int, ratio: float = 1.0) -> QPixmap:
    """Return an icon in this colour; size in logical pixels, ratio device pixels per logical one."""
    svg = (resources_folder() / "icons" / f"{name}.svg").read_text(encoding="utf-8").replace("currentColor", colour)
    if size >= THIN_FROM_PX:
        svg = svg.replace('stroke-width="2"', 'stroke-width="1.75"')
    made = QPixmap(round(size * ratio), round(size * ratio))
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    QSvgRenderer(QByteArray(svg.encode())).render(painter, QRectF(0, 0, made.width(), made.height()))
    painter.end()
    made.setDevicePixelRatio(ratio)
    return made


@cache
def icon(name: str, colour: str, disabled: str = "") -> QIcon:
    """Return an icon for buttons and menus, with pixmaps for the usual sizes and scales."""
    made = QIcon()
    for size in (14, 16, 18, 24, 32):
        for ratio in (1.0, 2.0):
            made.addPixmap(pixmap(name, colour, size, ratio))
            if disabled:
                made.addPixmap(pixmap(name, disabled, size, ratio), QIcon.Mode.Disabled)
    return made


BUTTON_ICON = QSize(16, 16)
