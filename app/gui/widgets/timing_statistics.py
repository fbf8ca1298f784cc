"""The statistics column of the timing view: those of the region over those of the whole run; a line per device of a heat map."""

from collections.abc import Sequence

from msgspec import Struct
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from app.gui.look import UNKNOWN, Look
from app.gui.theme import font
from app.gui.theme.tokens import BODY_PX, CAPTION_PX
from app.gui.widgets.samples import Told
from app.gui.widgets.timing_rows import HEAT, Row

EDGE_PX, BARE_PX = 8, 120


class Numbers(Struct, frozen=True):
    """What stands beside a row: whole is that of the whole run, region None without one; lines, one per device row of a heat map."""

    whole: Told | None = None
    region: Told | None = None
    has_region: bool = False
    lines: tuple[Told | None, ...] = ()


def numbers_of(row: Row, stretch_ns: tuple[int, int] | None, end_ns: int, *, exact: bool = False) -> Numbers:
    """Return the numbers of a row for a stretch, None for the whole run; finds the worst device of a heat map on the way."""
    channel, (start, end) = row.channel, stretch_ns or (0, end_ns)
    if row.kind == HEAT:
        row.worst = channel.worst(start, end)
        return Numbers(lines=tuple(channel.statistics(start, end, exact=exact, devices=places) for _name, places in row.names()))
    told = channel.statistics(start, end, exact=exact) if stretch_ns else None
    return Numbers(channel.whole, told, stretch_ns is not None)


def is_rough(numbers: Numbers) -> bool:
    """Tell whether a p95 among them is that of a choice of the samples."""
    return any(told.is_rough for told in (numbers.region, *numbers.lines) if told is not None)


def words_of(told: Told | None, row: Row, look: Look) -> list[str]:
    """Return mean, P95 and maximum as text."""
    if told is None:
        return [UNKNOWN] * 3
    words = [look.number(value, row.channel.decimals) for value in (told.mean, told.p95, told.maximum)]
    return [words[0], f"≈{words[1]}" if told.is_rough else words[1], words[2]]


def paint_numbers(painter: QPainter, row: Row, box: QRectF, numbers: Numbers | None, look: Look) -> None:
    """Paint the numbers of one row; nothing while they are not known."""
    if numbers is None:
        return
    if row.kind == HEAT and not row.is_folded:
        _paint_lines(painter, row, box, numbers, look)
        return
    if row.kind == HEAT:
        return
    first = numbers.region if numbers.has_region else numbers.whole
    middle = box.center().y()
    two = numbers.has_region and not row.is_folded
    _line(painter, box, middle - 10 if two else middle, words_of(first, row, look), (BODY_PX, look.theme.text))
    whole = look.say("page_profile.whole")
    if two:
        _line(painter, box, middle + 12, words_of(numbers.whole, row, look), (CAPTION_PX, look.theme.text3), whole)
    elif not numbers.has_region:
        _line(painter, box, middle, [], (CAPTION_PX, look.theme.text3), whole)


def paint_busy(painter: QPainter, box: QRectF, share: float, look: Look) -> None:
    """Paint the share of the region, or of the run, in which a lane works."""
    middle, is_bare = box.center().y(), box.width() < BARE_PX
    _line(painter, box, middle, [], (CAPTION_PX, look.theme.text3), look.say("page_lanes.busy"))
    words = f"{look.number(share * 100)} %"
    _line(painter, box, middle, ["", "", words] if is_bare else [words], (CAPTION_PX, look.theme.text2))


def _paint_lines(painter: QPainter, row: Row, box: QRectF, numbers: Numbers, look: Look) -> None:
    area, theme = row.plot(0, 1), look.theme
    each = area.height() / max(1, len(numbers.lines))
    for place, (told, (_name, places)) in enumerate(zip(numbers.lines, row.names(), strict=True)):
        is_worst = row.worst is not None and places == (row.worst,)
        words, middle = words_of(told, row, look), area.top() + (place + 0.5) * each
        caption = look.say(f"page_profile.worst.{row.channel.worst_word}") if is_worst else ""
        _line(painter, box, middle, words, (CAPTION_PX, theme.warn if is_worst else theme.text2), caption, bold=is_worst)


def _line(
    painter: QPainter, box: QRectF, middle: float, words: Sequence[str], ink: tuple[int, str], caption: str = "", *, bold: bool = False
) -> None:
    painter.setFont(font(ink[0], bold=bold))
    painter.setPen(QColor(ink[1]))
    for right, word in zip(columns(box), words, strict=False):
        painter.drawText(QRectF(right - 60, middle - 10, 60, 20), Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, word)
    if caption:
        painter.setFont(font(CAPTION_PX, bold=bold))
        painter.drawText(
            QRectF(box.left() + EDGE_PX - 2, middle - 10, 60, 20), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, caption
        )


def columns(box: QRectF) -> tuple[float, float, float]:
    """Return where the three columns end."""
    right = box.right() - EDGE_PX
    return (right - 94, right - 47, right)
