"""The style sheet and the palette, from the tokens. Sizes of text are not set here: a style sheet's font rule beats setFont."""

import re
from functools import cache

from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPalette, QPixmap

from app.engine.paths import resources_folder, user_folder
from app.gui.theme.tokens import RADIUS_BUTTON, RADIUS_CARD, Theme


def style_sheet(theme: Theme) -> str:
    """Return the style sheet of a theme."""
    values = {name: getattr(theme, name) for name in theme.__struct_fields__ if isinstance(getattr(theme, name), str)}
    values |= {"card_radius": f"{RADIUS_CARD}px", "button_radius": f"{RADIUS_BUTTON}px", "arrow": _tinted("chevron-down", theme.text2)}
    sheet = (resources_folder() / "window.qss").read_text(encoding="utf-8")
    return re.sub(r"@(\w+)", lambda found: values[found[1]], sheet.partition("*/")[2])


def _tinted(name: str, colour: str) -> str:
    """Return the path of an icon in this colour: style sheets take files only. The black one where the cache is read-only."""
    shipped = resources_folder() / "icons" / f"{name}.svg"
    try:
        made = user_folder("cache") / f"{name}-{colour[1:]}.svg"
        if not made.is_file():
            made.write_text(shipped.read_text(encoding="utf-8").replace("currentColor", colour), encoding="utf-8")
    except OSError:
        return shipped.as_posix()
    return made.as_posix()


@cache
def hatching(colour: str) -> QBrush:
    """Return the brush of what is unknown: lines at 45°, 1 px wide, 6 px apart."""
    tile = QPixmap(6, 6)
    tile.fill(Qt.GlobalColor.transparent)
    painter = QPainter(tile)
    painter.setPen(QColor(colour))
    painter.drawLine(0, 5, 5, 0)
    painter.end()
    return QBrush(tile)


def palette(theme: Theme) -> QPalette:
    """Return the palette that Fusion paints with; the placeholder keeps full contrast."""
    made = QPalette()
    roles = QPalette.ColorRole
    for role, colour in {
        roles.Window: theme.app, roles.Base: theme.surface, roles.AlternateBase: theme.sunken, roles.Button: theme.surface,
        roles.Text: theme.text, roles.WindowText: theme.text, roles.ButtonText: theme.text, roles.PlaceholderText: theme.text3,
        roles.Highlight: theme.accent, roles.HighlightedText: theme.on_accent, roles.ToolTipBase: theme.surface,
        roles.ToolTipText: theme.text, roles.Link: theme.accent, roles.Mid: theme.border, roles.Light: theme.surface,
    }.items():  # fmt: skip
        made.setColor(role, QColor(colour))
    for role in (roles.Text, roles.WindowText, roles.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, role, QColor(theme.disabled))
    return made
