"""How everything looks: tokens (colours, sizes), style sheet, fonts, icons."""

from app.gui.theme.fonts import family, font
from app.gui.theme.icons import BUTTON_ICON, TOOL_ICON, icon, pixmap
from app.gui.theme.style import hatching, palette, style_sheet
from app.gui.theme.tokens import THEMES, Theme

__all__ = ["BUTTON_ICON", "THEMES", "TOOL_ICON", "Theme", "family", "font", "hatching", "icon", "palette", "pixmap", "style_sheet"]
