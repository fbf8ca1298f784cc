"""Where the words of a plot can stand: beside their point, inside the plot, over no other words and no other point."""

from collections.abc import Sequence

from msgspec import Struct
from PySide6.QtCore import QPointF, QRectF

GAP_PX, LINE_PX, CLEAR_PX = 12, 16, 5


class Wish(Struct, frozen=True):
    """A label of so many pixels beside a point; must: rather over a line than not at all."""

    key: int
    at: QPointF
    width: float
    must: bool = False


def place_labels(wishes: Sequence[Wish], area: QRectF, points: Sequence[QPointF], taken: Sequence[QRectF] = ()) -> dict[int, QRectF]:
    """Return the boxes of the labels that find a place, the earlier wishes first. taken: where other words and lines stand."""
    placed: dict[int, QRectF] = {}
    for wish in wishes:
        blocked = [QRectF(at.x() - CLEAR_PX, at.y() - CLEAR_PX, 2 * CLEAR_PX, 2 * CLEAR_PX) for at in points if at != wish.at]
        candidates = [box for box in _candidates(wish) if area.contains(box)]
        free = [box for box in candidates if not any(box.intersects(other) for other in (*placed.values(), *blocked, *taken))]
        only_words = [box for box in candidates if not any(box.intersects(other) for other in (*placed.values(), *taken))]
        if free or (wish.must and only_words):
            placed[wish.key] = (free or only_words)[0]
    return placed


def _candidates(wish: Wish) -> list[QRectF]:
    x, y, width = wish.at.x(), wish.at.y(), wish.width
    lefts = (x + GAP_PX, x - GAP_PX - width)
    sides = [QRectF(left, y + lift, width, LINE_PX) for lift in (-LINE_PX / 2, -LINE_PX - 2, 2) for left in lefts]
    ends = [QRectF(x - width / 2, y + lift, width, LINE_PX) for lift in (-LINE_PX - GAP_PX, GAP_PX)]
    far = [QRectF(left, y + lift, width, LINE_PX) for lift in (-2 * LINE_PX - 4, LINE_PX + 4) for left in (*lefts, x - width / 2)]
    return [*sides, *ends, *(far if wish.must else ())]
