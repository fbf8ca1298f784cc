"""One row of the interval chart: name, kind, band with its point on a log axis, value; what is not predictable is hatched and says why."""

from msgspec import Struct
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from app.gui.figures import Scale
from app.gui.look import UNKNOWN, Look
from app.gui.theme import font, hatching
from app.gui.theme.tokens import CAPTION_PX, SMALL_PX
from app.gui.widgets.glyphs import chip_width, paint_chip, paint_glyph, paint_kind_chip
from app.gui.widgets.plot_axes import Axis

ROW_PX, PAD, BAND_PX, CAP_PX, HATCH_PX = 33, 16, 8, 13, 11
LEAST_NAME_PX, MOST_NAME_PX, LEAST_VALUE_PX = 118, 260, 64


class Band(Struct, frozen=True):
    """One platform. value None: `told` says why, `fill` that a missing fact can be filled in.

    vague  beyond the fitted range: only the interval is shown, `told` says so; tip: all that is known of the figure
    """

    key: str
    name: str
    value: float | None
    low: float | None
    high: float | None
    kind: str
    kind_word: str
    told: str = ""
    tip: str = ""
    vague: bool = False
    is_reference: bool = False
    fill: bool = False

    def figure(self, scale: Scale, look: Look) -> str:
        """Return what stands in the column of values."""
        return scale.band(self.low, self.high, look) if self.vague else scale.text(self.value, look)


class Lanes(Struct, frozen=True):
    """Where the columns of the chart stand, px."""

    name: float
    chip: float
    plot: tuple[float, float]
    value: float
    width: float


def lanes_for(bands: list[Band], width: float, scale: Scale, heads: tuple[str, ...], look: Look) -> Lanes:
    """Return columns that hold their widest texts; the plot takes what is left."""
    plain, strong = QFontMetricsF(font(SMALL_PX)), QFontMetricsF(font(SMALL_PX, bold=True))
    chips = max((chip_width(f"● {band.kind_word}") for band in bands if band.kind), default=0.0)
    figures = max((strong.horizontalAdvance(band.figure(scale, look)) for band in bands), default=0.0)
    value = max(LEAST_VALUE_PX, figures + 8, plain.horizontalAdvance(heads[2]) + 22)
    wish = max((plain.horizontalAdvance(band.name) for band in bands), default=0.0) + 12
    name = max(LEAST_NAME_PX, min(wish, MOST_NAME_PX, 0.25 * width))
    chip = max(chips, plain.horizontalAdvance(heads[1]) + 14) + 12
    return Lanes(PAD, PAD + name, (PAD + name + chip + 8, width - PAD - value - 8), width - PAD, width)


class RowPainter:
    """Paints rows with the same columns and axis. words: out of range, fill in, reference."""

    def __init__(self, look: Look, lanes: Lanes, axis: Axis, scale: Scale, words: tuple[str, str]) -> None:
        self._look, self._lanes, self._axis, self._scale = look, lanes, axis, scale
        self._fill_word, self._reference_word = words

    def paint(self, painter: QPainter, band: Band, top: float, *, chosen: bool) -> QRectF:
        """Paint a row and return where 去填写 can be clicked, an empty rectangle for nowhere."""
        theme, lanes = self._look.theme, self._lanes
        bold = chosen or band.is_reference
        painter.setFont(font(SMALL_PX, bold=bold))
        painter.setPen(QColor(theme.text))
        name = QFontMetricsF(painter.font()).elidedText(band.name, Qt.TextElideMode.ElideRight, lanes.chip - lanes.name - 8)
        painter.drawText(QRectF(lanes.name, top, lanes.chip - lanes.name, ROW_PX), Qt.AlignmentFlag.AlignVCenter, name)
        middle, link = top + ROW_PX / 2, QRectF()
        if band.kind:
            paint_kind_chip(painter, lanes.chip, middle, band.kind, band.kind_word, theme)
        else:
            painter.setPen(QColor(theme.text3))
            painter.drawText(QRectF(lanes.chip, top, 20, ROW_PX), Qt.AlignmentFlag.AlignVCenter, UNKNOWN)
        if band.value is None:
            link = self._missing(painter, band, middle)
        else:
            self._band(painter, band, middle)
        painter.setFont(font(SMALL_PX, bold=(band.kind == "measured" or chosen) and not band.vague))
        painter.setPen(QColor(theme.text3 if band.value is None else theme.text2 if band.vague else theme.text))
        where = QRectF(lanes.plot[1], top, lanes.value - lanes.plot[1], ROW_PX)
        painter.drawText(where, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, band.figure(self._scale, self._look))
        return link

    def _band(self, painter: QPainter, band: Band, middle: float) -> None:
        theme, at = self._look.theme, self._axis.at
        ends = (at(band.value or 0.0),) * 2 if band.low is None or band.high is None else (at(band.low), at(band.high))
        colour = QColor(theme.kind(band.kind))
        if ends[1] > ends[0]:
            soft = QColor(colour)
            soft.setAlphaF(0.24)
            box = QRectF(ends[0], middle - BAND_PX / 2, ends[1] - ends[0], BAND_PX)
            if band.vague:
                painter.setPen(QPen(colour, 1, Qt.PenStyle.DashLine))
                painter.setBrush(QColor(theme.surface))
                painter.drawRoundedRect(box, 2, 2)
            else:
                painter.fillRect(box, soft)
                for end in ends:
                    painter.fillRect(QRectF(end - 0.75, middle - CAP_PX / 2, 1.5, CAP_PX), colour)
        if not band.vague:
            paint_glyph(painter, band.kind, QPointF(at(band.value or 0.0), middle), theme)
        beside = self._reference_word if band.is_reference else band.told if band.vague else ""
        if beside:
            self._beside(painter, beside, ends, middle, warn=band.vague)

    def _beside(self, painter: QPainter, text: str, ends: tuple[float, float], middle: float, *, warn: bool) -> None:
        """Write next to a band, on the side where there is room."""
        theme, width = self._look.theme, chip_width(text)
        right = ends[1] + 12 + width <= self._lanes.plot[1]
        left = ends[1] + 12 if right else max(self._lanes.plot[0], ends[0] - 12 - width)
        if warn:
            paint_chip(painter, left, middle, text, theme.warn, theme.warn_soft)
        else:
            paint_chip(painter, left, middle, text, theme.text2, theme.surface, edge=theme.border2)

    def _missing(self, painter: QPainter, band: Band, middle: float) -> QRectF:
        theme, (left, right) = self._look.theme, self._lanes.plot
        painter.save()
        painter.setBrushOrigin(QPointF(left, middle - HATCH_PX / 2))
        painter.fillRect(QRectF(left, middle - HATCH_PX / 2, right - left, HATCH_PX), hatching(theme.hatch))
        painter.restore()
        metrics = QFontMetricsF(font(CAPTION_PX))
        link = f" · {self._fill_word}" if band.fill else ""
        room = right - left - 24 - metrics.horizontalAdvance(link)
        text = metrics.elidedText(band.told, Qt.TextElideMode.ElideMiddle, room)
        width = chip_width(text + link) + 8
        pill = QRectF(left + (right - left - width) / 2, middle - 10, width, 20)
        painter.setPen(QPen(QColor(theme.border), 1))
        painter.setBrush(QColor(theme.surface))
        painter.drawRoundedRect(pill, 10, 10)
        painter.setFont(font(CAPTION_PX))
        inner = pill.adjusted(10, 0, -10, 0)
        painter.setPen(QColor(theme.text2))
        painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
        painter.setPen(QColor(theme.accent))
        painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, link)
        return pill if band.fill else QRectF()
