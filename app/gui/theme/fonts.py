"""The one font of the window: Noto Sans SC, Regular and Bold, from the program's own files."""

from functools import cache

from PySide6.QtGui import QFont, QFontDatabase

from app.engine.paths import fonts_folder


@cache
def family() -> str:
    """Load the font files once and return the family's name."""
    names = [QFontDatabase.addApplicationFont(str(path)) for path in sorted(fonts_folder().glob("*.ttf"))]
    families = [name for number in names if number >= 0 for name in QFontDatabase.applicationFontFamilies(number)]
    return families[0] if families else QFont().family()


def font(px: int, *, bold: bool = False) -> QFont:
    """Return the font at this size. Hinting is off: it widens text unevenly from scale to scale."""
    made = QFont(family())
    made.setPixelSize(px)
    made.setWeight(QFont.Weight.Bold if bold else QFont.Weight.Normal)
    made.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return made
