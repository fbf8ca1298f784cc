"""How a lane is painted: boxes that are wide enough each, batched by colour; the rest as the busy part of each column of pixels."""

from functools import lru_cache

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QImage, QPainter, QPen

from app.gui.look import Look
from app.gui.theme import Theme, font
from app.gui.theme.tokens import CAPTION_PX
from app.gui.widgets.lane_items import LaneItem, View
from app.gui.widgets.lane_kinds import COMMUNICATION, COPY, colours, inks
from app.gui.widgets.lane_layers import Layer
from app.gui.widgets.lane_state import LaneState

WIDE_PX, NAMED_PX, MARK_PX, DASH_PX = 3.0, 44.0, 3, 4
LEAST_SHARE = 0.25
"""A column in which anything ran is at least so high: nothing that happened is invisible."""


class Ground(Struct, frozen=True):
    """What painting needs to know. ratio: device pixels a pixel; is_vector: into a drawing of lines."""

    look: Look
    state: LaneState
    view: View
    ratio: float
    is_vector: bool


def paint_lane(painter: QPainter, item: LaneItem, ground: Ground) -> None:
    """Paint the boxes of one lane that are seen."""
    lane, view = item.lane, ground.view
    if lane is None:
        return
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    start, end = round(view.start_s * 1e9), round((view.start_s + view.span_s) * 1e9)
    for depth, layer in enumerate(lane.layers):
        line = item.line(depth, view.left, view.right)
        first, last = layer.window(start, end)
        if last <= first:
            continue
        painter.setClipRect(line)
        length = layer.end_ns[first:last] - layer.start_ns[first:last]
        wide = first + np.flatnonzero(length >= WIDE_PX * view.s_per_px * 1e9)
        if len(wide) < last - first:
            _paint_columns(painter, layer, line, ground)
        _paint_boxes(painter, layer, wide, line, ground)
        _paint_marked(painter, layer, (first, last), line, ground)
    painter.restore()


# Boxes ----------------------------------------------------------------------------------------------------------------------------------


def _paint_boxes(painter: QPainter, layer: Layer, wide: NDArray[np.intp], line: QRectF, ground: Ground) -> None:
    if not len(wide):
        return
    theme, kinds = ground.look.theme, layer.kind[wide]
    left, right = _across(layer, wide, ground)
    rects = [QRectF(x, line.top(), w, line.height()) for x, w in zip(left.tolist(), (right - left).tolist(), strict=True)]
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(theme.surface))
    painter.drawRects(rects)  # what lies below is covered, so that boxes side by side stay apart
    for kind in np.unique(kinds).tolist():
        own = [rects[place].adjusted(0, 0, -1 / ground.ratio, 0) for place in np.flatnonzero(kinds == kind).tolist()]
        painter.setBrush(QColor(colours_of(theme)[kind]))
        painter.drawRects(own)
        _mark_edges(painter, kind, own, theme)
    named = np.flatnonzero(right - left >= NAMED_PX).tolist()
    painter.setFont(font(CAPTION_PX))
    for place in named:
        ink = inks_of(theme)[int(kinds[place])]
        if ink:
            name = ground.state.events.names[int(ground.state.events.name[layer.place[wide[place]]])]
            painter.setPen(QColor(ink))
            box = rects[place].intersected(line).adjusted(4, -1, -3, -2)
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shortened(name, int(box.width()) // 4 * 4))


def _across(layer: Layer, places: NDArray[np.intp], ground: Ground) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the edges of boxes in px, cut at the plot and laid on device pixels."""
    view, ratio = ground.view, ground.ratio
    found = []
    for moments in (layer.start_ns[places], layer.end_ns[places]):
        x = view.left + (moments / 1e9 - view.start_s) / view.s_per_px
        found.append(np.round(np.clip(x, view.left, view.right) * ratio) / ratio)
    return np.minimum(found[0], view.right - 1), np.maximum(found[1], np.minimum(found[0], view.right - 1) + 1)


def _mark_edges(painter: QPainter, kind: int, rects: list[QRectF], theme: Theme) -> None:
    """Mark what is no computation by its lower edge: dashes for communication, a line for copies; never colour alone."""
    if kind == COMMUNICATION:
        painter.setBrush(_dashes(theme.surface))
        painter.drawRects([QRectF(one.left(), one.bottom() - MARK_PX, one.width(), MARK_PX) for one in rects])
    elif kind == COPY:
        painter.setPen(QPen(QColor(theme.surface), 1))
        painter.drawLines([QLineF(one.left(), one.bottom() - 2.5, one.right(), one.bottom() - 2.5) for one in rects])
        painter.setPen(Qt.PenStyle.NoPen)


@lru_cache(8)
def _dashes(colour: str) -> QBrush:
    image = QImage(2 * DASH_PX, MARK_PX, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    painter = QPainter(image)
    painter.fillRect(0, 0, DASH_PX, MARK_PX, QColor(colour))
    painter.end()
    return QBrush(image)


@lru_cache(8)
def colours_of(theme: Theme) -> tuple[str, ...]:
    """Return the colour of each kind, found once."""
    return colours(theme)


@lru_cache(8)
def inks_of(theme: Theme) -> tuple[str, ...]:
    """Return the colour of the words on each kind, found once."""
    return inks(theme)


@lru_cache(50_000)
def shortened(name: str, width_px: int) -> str:
    """Return a name without its namespaces, as much of it as fits; "" where not even its beginning does."""
    bare = bare_name(name)
    words = QFontMetricsF(font(CAPTION_PX)).elidedText(bare, Qt.TextElideMode.ElideRight, width_px)
    return "" if words in ("…", "") else words


def bare_name(name: str) -> str:
    """Return the part of a kernel's name that tells: without "void", namespaces and what stands in brackets."""
    bare = name.removeprefix("void ").split("<")[0].split("(")[0] if name.startswith("void ") else name.split("<")[0]
    return (bare.rpartition("::")[2] if name.startswith("void ") or "<" in name else bare) or name


# Columns --------------------------------------------------------------------------------------------------------------------------------


def _paint_columns(painter: QPainter, layer: Layer, line: QRectF, ground: Ground) -> None:
    """Paint the busy share of each column as its height, in the colour of what takes most of it."""
    theme, view = ground.look.theme, ground.view
    columns = max(16, round(line.width() * ground.ratio))
    edges = np.linspace(view.start_s * 1e9, (view.start_s + view.span_s) * 1e9, columns + 1).astype(np.int64)
    share, kind = layer.occupied(edges)
    share = np.where(share > 0, np.clip(share, LEAST_SHARE, 1.0), 0.0)
    if ground.is_vector:
        _draw_columns(painter, share, kind, line, theme)
        return
    height = max(2, round(line.height() * ground.ratio))
    tall = np.round(share * height).astype(np.int32)
    rows = np.arange(height - 1, -1, -1, dtype=np.int32)[:, None]  # from the lower edge
    pixels = np.where(rows < tall, _words_of(theme)[kind], np.uint32(0))
    mark = round(MARK_PX * ground.ratio)
    dashed = (kind == COMMUNICATION) & (np.arange(columns) % (2 * DASH_PX) < DASH_PX) & (tall > 2 * mark)
    pixels[height - mark :, dashed] = 0
    pixels[height - mark, (kind == COPY) & (tall > 2 * mark)] = 0
    image = QImage(pixels.data, columns, height, 4 * columns, QImage.Format.Format_ARGB32_Premultiplied)
    painter.drawImage(line, image)


@lru_cache(8)
def _words_of(theme: Theme) -> NDArray[np.uint32]:
    return np.array([QColor(colour).rgba() for colour in colours(theme)], np.uint32)


def _draw_columns(painter: QPainter, share: NDArray[np.float64], kind: NDArray[np.uint8], line: QRectF, theme: Theme) -> None:
    """Draw columns of the same kind and height together, as boxes batched by colour."""
    look = kind.astype(np.int64) * 32 + np.ceil(share * 16).astype(np.int64)
    bounds = np.concatenate(((0,), np.flatnonzero(np.diff(look)) + 1, (len(look),)))
    rects: dict[int, list[QRectF]] = {}
    each = line.width() / len(share)
    for first, last in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        tall = (int(look[first]) % 32) / 16 * line.height()
        if tall:
            box = QRectF(line.left() + first * each, line.bottom() - tall, (last - first) * each, tall)
            rects.setdefault(int(kind[first]), []).append(box)
    painter.setPen(Qt.PenStyle.NoPen)
    for one, own in rects.items():
        painter.setBrush(QColor(colours_of(theme)[one]))
        painter.drawRects(own)
        _mark_edges(painter, one, [box for box in own if box.height() > 2 * MARK_PX], theme)


# What is chosen -------------------------------------------------------------------------------------------------------------------------


def _paint_marked(painter: QPainter, layer: Layer, window: tuple[int, int], line: QRectF, ground: Ground) -> None:
    """Frame the boxes of the marked operator, where they are narrow by a tick at the upper edge."""
    theme, places = ground.look.theme, ground.state.marked_in(layer)
    places = places[slice(*np.searchsorted(places, window))]
    if not len(places):
        return
    left, right = _across(layer, places, ground)
    is_wide = right - left >= 2 * WIDE_PX
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(theme.accent))
    ticks = np.unique(left[~is_wide]).tolist()
    painter.drawRects([QRectF(x, line.top(), 2, 4) for x in ticks])
    painter.setBrush(Qt.BrushStyle.NoBrush)
    pairs = zip(left[is_wide].tolist(), right[is_wide].tolist(), strict=True)
    frames = [QRectF(a + 0.5, line.top() + 0.5, b - a - 2, line.height() - 1) for a, b in pairs]
    for colour, inset in ((theme.accent, 0.0), (theme.surface, 1.0)):
        painter.setPen(QPen(QColor(colour), 1))
        painter.drawRects([one.adjusted(inset, inset, -inset, -inset) for one in frames])


def paint_pick(painter: QPainter, items: list[LaneItem], ground: Ground) -> None:
    """Ring the picked box, at least four pixels wide."""
    pick = ground.state.pick
    item = next((one for one in items if pick and one.lane is pick.lane), None)
    if pick is None or item is None:
        return
    line, view = item.line(pick.layer, ground.view.left, ground.view.right), ground.view
    (left,), (right,) = _across(item.lane.layers[pick.layer], np.array([pick.box]), ground)  # type: ignore[union-attr]
    if right < view.left or left > view.right:
        return
    painter.save()
    painter.setClipRect(line.adjusted(-3, -3, 3, 3))
    painter.setPen(QPen(QColor(ground.look.theme.text), 2))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(QRectF(left - 1, line.top() - 1, max(4.0, right - left) + 1, line.height() + 2))
    painter.restore()
