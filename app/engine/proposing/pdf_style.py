"""Fonts, colours and sizes of the PDF: reports/theme.toml and the type table of the house style."""

import tomllib
from functools import cache

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from app.engine.errors import EngineError
from app.engine.paths import fonts_folder, reports_folder

REGULAR, BOLD = "SuanXuan", "SuanXuan-Bold"
PAGE_WIDTH, PAGE_HEIGHT = 210 * mm, 297 * mm
LEFT, RIGHT, TOP, BOTTOM = 22 * mm, 20 * mm, 30 * mm, 24 * mm
TEXT_WIDTH = PAGE_WIDTH - LEFT - RIGHT


@cache
def register_fonts() -> None:
    """Register both fonts once."""
    for name, file in ((REGULAR, "NotoSansSC-Regular.ttf"), (BOLD, "NotoSansSC-Bold.ttf")):
        pdfmetrics.registerFont(TTFont(name, str(fonts_folder() / file)))
    pdfmetrics.registerFontFamily(REGULAR, normal=REGULAR, bold=BOLD, italic=REGULAR, boldItalic=BOLD)


def missing_glyphs(text: str) -> str:
    """Return the letters of a text that the documents' font cannot show, each once."""
    register_fonts()
    known = pdfmetrics.getFont(REGULAR).face.charToGlyph  # type: ignore[attr-defined]
    return "".join(dict.fromkeys(letter for letter in text if ord(letter) not in known and not letter.isspace() and letter.isprintable()))


@cache
def theme() -> dict[str, str]:
    """Return the house colours by name. Raises EngineError where the file was edited badly."""
    path = reports_folder() / "theme.toml"
    try:
        return {name: str(value) for name, value in tomllib.loads(path.read_text(encoding="utf-8")).items()}
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise EngineError("proposing.bad_theme", file=path.name, detail=str(error)) from error


def color(name: str) -> Color:
    """Return a house colour."""
    return HexColor(f"#{theme()[name]}")
