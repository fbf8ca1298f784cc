"""The marks of the kinds of numbers as plots paint them: the glyphs of the chips, the chips themselves, words on coloured ground."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF

from app.gui.theme import Theme, font
from app.gui.theme.tokens import CAPTION_PX, RADIUS_CHIP
from app.gui.widgets.basics import KIND_GLYPHS

GLYPH_PX, LARGER = 10.0, 1.15
READABLE = 4.5
CHIP_PX = 18


def paint_glyph(painter: QPainter, kind: str, at: QPointF, theme: Theme, *, size: float = GLYPH_PX, colour: str = "") -> None:
    """Paint the mark of a kind; diamond and triangle are a little larger, so that all look equal."""
    ink, half = QColor(colour or theme.kind(kind)), size / 2
    painter.setPen(QPen(QColor(theme.surface), 1))
    painter.setBrush(ink)
    if kind == "fitted":
        half *= LARGER * 1.1
        painter.drawPolygon(QPolygonF([at + QPointF(*way) for way in ((0, -half), (half, 0), (0, half), (-half, 0))]))
    elif kind == "transferred":
        half *= LARGER
        painter.drawPolygon(QPolygonF([at + QPointF(*way) for way in ((-half * 0.8, -half), (half, 0), (-half * 0.8, half))]))
    elif kind == "pooled":
        half *= 0.88
        painter.drawRect(QRectF(at.x() - half, at.y() - half, 2 * half, 2 * half))
    elif kind == "measured":
        painter.drawEllipse(at, half, half)
    else:
        painter.setBrush(QColor(theme.surface))
        painter.setPen(QPen(ink, 1.6))
        painter.drawEllipse(at, half * 0.9, half * 0.9)


def paint_kind_chip(painter: QPainter, left: float, middle: float, kind: str, word: str, theme: Theme) -> float:
    """Paint a kind's chip and return its width."""
    text = f"{KIND_GLYPHS.get(kind, '○')} {word}"
    return paint_chip(painter, left, middle, text, theme.kind(kind), theme.chip(kind))


def paint_chip(
    painter: QPainter, left: float, middle: float, text: str, ink: str, ground: str, *, edge: str = "", round_px: int = RADIUS_CHIP
) -> float:
    """Paint a small word on a ground and return its width."""
    painter.setFont(font(CAPTION_PX))
    box = QRectF(left, middle - CHIP_PX / 2, chip_width(text), CHIP_PX)
    painter.setPen(QPen(QColor(edge), 1) if edge else Qt.PenStyle.NoPen)
    painter.setBrush(QColor(ground))
    painter.drawRoundedRect(box, round_px, round_px)
    painter.setPen(QColor(ink))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
    return box.width()


def chip_width(text: str) -> float:
    """Return the width that a painted chip takes."""
    return QFontMetricsF(font(CAPTION_PX)).horizontalAdvance(text) + 12


def ink_on(ground: str, theme: Theme) -> str:
    """Return the colour of words on a data colour; "" where none of ours is readable there."""
    return theme.on_accent if contrast(ground, theme.on_accent) >= READABLE else ""


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours "#rrggbb" (WCAG)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
