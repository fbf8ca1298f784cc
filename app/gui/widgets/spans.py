"""A curve of more samples than pixels as a picture: in each column a span from the least to the greatest value, softly filled below.

Painting thousands of steep antialiased lines takes milliseconds; this is a few array operations over the pixels of the row, with the
ends of the spans smoothed all the same.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from app.gui.widgets.pyramid import Stretch

Heights = NDArray[np.floating]
STEPS = 30
"""Strengths of a pixel; a row may be 1000 device pixels high before these overflow int16."""


def columns_of(stretch: Stretch, start_s: float, end_s: float, columns: int) -> tuple[Heights, Heights]:
    """Return the least and the greatest value in each column of a view, each joined to the next; nan where there is nothing."""
    assert stretch.high is not None
    times, lows, highs = stretch.time_s[::2], stretch.values[0::2], stretch.high
    edges = np.linspace(start_s, end_s, columns + 1)
    places = np.searchsorted(times, edges)
    starts = np.minimum(places[:-1], len(times) - 1)
    low, high = np.fmin.reduceat(lows, starts), np.fmax.reduceat(highs, starts)
    low[-1], high[-1] = lows[starts[-1]], highs[starts[-1]]
    outside = (edges[1:] <= times[0]) | (places[:-1] >= len(times))
    low[outside] = high[outside] = np.nan
    joined_low, joined_high = low.copy(), high.copy()
    np.fmin(low[:-1], high[1:], out=joined_low[:-1], where=np.isfinite(low[:-1]))
    np.fmax(high[:-1], low[1:], out=joined_high[:-1], where=np.isfinite(high[:-1]))
    return joined_low, joined_high


def paint_spans(painter: QPainter, box: QRectF, spans: tuple[Heights, Heights], height: int, ink: tuple[str, float]) -> None:
    """Paint spans (upper, lower ends in px from the top of the box, nan for none), each at least one pixel high, as one picture.

    height is that of the picture, ink the colour and the strength of the fill below.
    """
    upper, lower = (ends * STEPS for ends in spans)
    middle, half = (upper + lower) / 2, np.maximum((lower - upper) / 2, STEPS / 2)
    gone = ~np.isfinite(middle)
    middle[gone], half[gone] = (height + 2) * STEPS, 0  # what is missing lies below the picture
    above, under = (np.clip(ends, -STEPS, (height + 2) * STEPS).astype(np.int16) for ends in (middle - half, middle + half))
    rows = np.arange(0, height * STEPS, STEPS, dtype=np.int16)[:, None]
    covered = np.minimum(rows + STEPS, under)
    covered -= np.maximum(rows, above)
    np.clip(covered, 0, STEPS, out=covered)
    if ink[1]:
        below = rows + STEPS - ((above + under) // 2).astype(np.int16)
        np.maximum(covered, np.clip(below, 0, round(ink[1] * STEPS), out=below), out=covered)
    pixels = np.zeros((height, -(-covered.shape[1] // 4) * 4), np.uint8)
    pixels[:, : covered.shape[1]] = covered
    image = QImage(pixels.data, covered.shape[1], height, pixels.shape[1], QImage.Format.Format_Indexed8)
    image.setColorTable(_shades(ink[0]))
    painter.drawImage(box, image)


@cache
def _shades(colour: str) -> list[int]:
    """Return the colour at each strength."""
    ink = QColor(colour)
    return [round(255 * place / STEPS) << 24 | ink.rgb() & 0xFFFFFF for place in range(STEPS + 1)]
