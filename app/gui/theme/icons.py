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
    svg = _drawing(name).replace("currentColor", colour)
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
def _drawing(name: str) -> str:
    return (resources_folder() / "icons" / f"{name}.svg").read_text(encoding="utf-8")


@cache
def icon(name: str, colour: str, disabled: str = "", gap: int = 0) -> QIcon:
    """Return an icon of 16 px for buttons and menus. gap: free px behind it, before it where negative (a button leaves too little)."""
    made = QIcon()
    for ratio in (1.0, 1.5, 2.0, 3.0):
        made.addPixmap(_widened(pixmap(name, colour, 16, ratio), gap))
        if disabled:
            made.addPixmap(_widened(pixmap(name, disabled, 16, ratio), gap), QIcon.Mode.Disabled)
    return made


def _widened(image: QPixmap, gap: int) -> QPixmap:
    if not gap:
        return image
    ratio = image.devicePixelRatio()
    made = QPixmap(image.width() + round(abs(gap) * ratio), image.height())
    made.setDevicePixelRatio(ratio)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.drawPixmap(-gap if gap < 0 else 0, 0, image)
    painter.end()
    return made


BUTTON_ICON, TOOL_ICON = QSize(20, 16), QSize(16, 16)
