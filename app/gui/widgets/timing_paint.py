"""How the rows of the timing view are painted: curves from their pyramids, heat maps from their cells."""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF
from shiboken6 import VoidPtr

from app.gui.look import Look
from app.gui.theme import Theme, font, hatching
from app.gui.theme.tokens import CAPTION_PX
from app.gui.widgets.channels import Channel
from app.gui.widgets.heat import picture
from app.gui.widgets.pyramid import Pyramid, Stretch
from app.gui.widgets.spans import columns_of, paint_spans
from app.gui.widgets.timeline import Timeline
from app.gui.widgets.timing_rows import DEVICES, HEAT, Row, round_text

FILL, OVER_FILL = 0.10, 0.02


class Brushes(Struct, frozen=True):
    """What painting needs to know of the surroundings. ratio: device pixels a pixel; is_vector: into a drawing of lines."""

    look: Look
    timeline: Timeline
    ratio: float = 1.0
    is_vector: bool = False


class Stroke(Struct, frozen=True):
    """How a curve is drawn: its colour, the value at the upper edge, the strength of the fill below; dashed and shifted for another run."""

    colour: str
    top: float
    fill: float = 0.0
    is_dashed: bool = False
    offset_s: float = 0.0


def paint_row(painter: QPainter, row: Row, box: QRectF, around: Brushes) -> None:
    """Paint one row into its box."""
    painter.save()
    if row.kind == HEAT:
        _paint_heat(painter, row, box, around)
    else:
        _paint_curves(painter, row, box, around)
    painter.restore()


def _paint_curves(painter: QPainter, row: Row, box: QRectF, around: Brushes) -> None:
    theme, channel = around.look.theme, row.channel
    _levels(painter, channel, box, around.look)
    painter.setClipRect(box)
    if row.other is not None and row.other.is_ready:
        stroke = Stroke(theme.other, channel.top, is_dashed=True, offset_s=around.timeline.offset_s)
        _draw(painter, row.other.mean, box, stroke, around)
    curves = channel.curves if row.kind == DEVICES else (channel.mean,)
    for place, curve in enumerate(curves):
        _draw(painter, curve, box, Stroke(row.colour(theme, place), channel.top, FILL if len(curves) == 1 else OVER_FILL), around)


def _draw(painter: QPainter, curve: Pyramid, box: QRectF, stroke: Stroke, around: Brushes) -> None:
    """Draw a curve: as a picture of spans where it was folded, as a line else, and where it is dashed or goes into a drawing."""
    timeline = around.timeline
    columns, height = max(16, round(box.width() * around.ratio)), max(4, round(box.height() * around.ratio))
    start, end = ((moment - stroke.offset_s) * 1e9 for moment in (timeline.start_s, timeline.end_s))
    stretch = curve.view(round(start), round(end), columns)
    if stretch.high is None or stroke.is_dashed or around.is_vector:
        _line(painter, stretch, box, stroke, timeline)
        return
    low, high = columns_of(stretch, timeline.start_s, timeline.end_s, columns)
    lower, upper = ((_y(values, box, stroke.top) - box.top()) * around.ratio for values in (low, high))
    paint_spans(painter, box, (upper, lower), height, (stroke.colour, stroke.fill))


def _line(painter: QPainter, stretch: Stretch, box: QRectF, stroke: Stroke, timeline: Timeline) -> None:
    soft = QColor(stroke.colour)
    soft.setAlphaF(stroke.fill)
    pen = QPen(QColor(stroke.colour), 1, Qt.PenStyle.DashLine if stroke.is_dashed else Qt.PenStyle.SolidLine)
    for first, last in _pieces(stretch):
        times = box.left() + (stretch.time_s[first:last] + stroke.offset_s - timeline.start_s) * (box.width() / timeline.span_s)
        line = _y(stretch.values[first:last], box, stroke.top)
        if stroke.fill:
            _fill(painter, times, line, box.bottom(), soft)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, stretch.high is None)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if last - first == 1:
            painter.drawPoint(QPointF(times[0], line[0]))
        else:
            painter.drawPolyline(polygon(times, line))


def _levels(painter: QPainter, channel: Channel, box: QRectF, look: Look) -> None:
    """Draw the grid of values with its words at the left."""
    painter.setFont(font(CAPTION_PX))
    for share in (0.0, 0.5, 1.0):
        y = _y(np.array([share * channel.top]), box, channel.top)[0]
        painter.fillRect(QRectF(box.left(), y, box.width(), 1), QColor(look.theme.grid))
        painter.setPen(QColor(look.theme.text3))
        middle = min(max(y, box.top() + 7), box.bottom() - 7)
        words = round_text(share * channel.top)
        painter.drawText(QRectF(box.left() - 44, middle - 8, 38, 16), Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, words)


def _fill(painter: QPainter, times: NDArray[np.float64], line: NDArray[np.float64], bottom: float, colour: QColor) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    across, down = np.concatenate((times[:1], times, times[-1:])), np.concatenate(((bottom,), line, (bottom,)))
    painter.drawPolygon(polygon(across, down))


def _pieces(stretch: Stretch) -> Sequence[tuple[int, int]]:
    """Return (first, after last) of each part without missing samples; usually the whole."""
    if not len(stretch.values):
        return ()
    good = np.isfinite(stretch.values)
    if good.all():
        return ((0, len(good)),)
    turns = np.flatnonzero(np.diff(np.concatenate(((False,), good, (False,))).astype(np.int8)))
    return list(zip(turns[0::2].tolist(), turns[1::2].tolist(), strict=True))


def _y(values: NDArray[np.floating], box: QRectF, top: float) -> NDArray[np.float64]:
    """Return heights in the box: 0 at the bottom, `top` a little below its upper edge."""
    return (box.bottom() - 1) - values.astype(np.float64) * ((box.height() - 5) / top)


def polygon(across: NDArray[np.float64], down: NDArray[np.float64]) -> QPolygonF:
    """Return points as Qt takes them, without a loop over them."""
    made = QPolygonF()
    made.resize(len(across))
    points = np.frombuffer(VoidPtr(made.data(), len(across) * 16, True), np.float64).reshape(-1, 2)
    points[:, 0], points[:, 1] = across, down
    return made


def _paint_heat(painter: QPainter, row: Row, box: QRectF, around: Brushes) -> None:
    heat, theme, timeline = row.channel.heat, around.look.theme, around.timeline
    assert heat is not None
    columns = max(16, round(box.width() * around.ratio))
    extra = (row.worst or 0) if heat.is_merged else None
    cells = heat.cells(round(timeline.start_s * 1e9), round(timeline.end_s * 1e9), columns, extra) * row.channel.scale
    if np.isnan(cells).any():
        painter.fillRect(box, hatching(theme.hatch))
    image = picture(cells, row.channel.top, theme)
    edges = [round((box.top() + box.height() * place / len(cells)) * around.ratio) / around.ratio for place in range(len(cells) + 1)]
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
    names = row.names()
    for place, (upper, lower) in enumerate(zip(edges, edges[1:], strict=False)):
        painter.drawImage(QRectF(box.left(), upper, box.width(), lower - upper - 1), image, QRectF(0, place, columns, 1))
        painter.fillRect(QRectF(box.left(), lower - 1, box.width(), 1), QColor(theme.surface))
        _name_line(painter, names[place], row, QRectF(box.left() - 52, upper, 46, lower - upper - 1), theme)


def _name_line(painter: QPainter, line: tuple[str, tuple[int, ...]], row: Row, box: QRectF, theme: Theme) -> None:
    is_worst = row.worst is not None and line[1] == (row.worst,)
    painter.setFont(font(CAPTION_PX, bold=is_worst))
    painter.setPen(QColor(theme.warn if is_worst else theme.text3))
    words = painter.fontMetrics().elidedText(line[0], Qt.TextElideMode.ElideLeft, round(box.width()))
    painter.drawText(box.adjusted(0, -2, 0, 2), Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, words)
