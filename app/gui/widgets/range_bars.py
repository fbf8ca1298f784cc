"""Ranges on one axis: name, size chip, a bar from low to high with the likely value marked, the range in figures."""

from collections.abc import Sequence

from msgspec import Struct
from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.gui.look import Look
from app.gui.theme import font
from app.gui.theme.tokens import CAPTION_PX, RADIUS_CHIP, SMALL_PX, mixed
from app.gui.widgets.tips import wrapped

ROW_PX, AXIS_PX, FIGURES_PX, BAR_PX = 26, 18, 58, 6


class Range(Struct, frozen=True):
    """One row. days: low, likely, high; chip "" for none; tip: where it comes from."""

    name: str
    chip: str
    days: tuple[float, float, float]
    tip: str = ""


class RangeBars(QWidget):
    """All ranges from 0 to the largest high end; `unit` stands at the end of the axis."""

    def __init__(self, ranges: Sequence[Range], unit: str, look: Look) -> None:
        super().__init__()
        self.ranges = tuple(ranges)
        self._unit, self._look = unit, look
        self._most = max((one.days[2] for one in ranges), default=0.0) or 1.0
        self.setFixedHeight(ROW_PX * len(self.ranges) + AXIS_PX)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("; ".join(f"{one.name} {self._figures(one)} {unit}" for one in ranges))

    def sizeHint(self) -> QSize:
        return QSize(300, self.height())

    def _figures(self, one: Range) -> str:
        number = self._look.number
        decimals = 0 if all(days == int(days) for days in one.days) else 1
        return f"{number(one.days[0], decimals)} – {number(one.days[2], decimals)}"

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, theme = QPainter(self), self._look.theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left, right = self._bar_edges(painter)
        for at, one in enumerate(self.ranges):
            self._row(painter, one, QRect(0, at * ROW_PX, self.width(), ROW_PX), left, right)
        axis = QRect(left, len(self.ranges) * ROW_PX, right - left, AXIS_PX)
        painter.setFont(font(CAPTION_PX))
        painter.setPen(QColor(theme.text3))
        painter.drawText(axis, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, "0")
        end = f"{self._look.number(self._most, 0)} {self._unit}"
        painter.drawText(axis, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, end)
        painter.end()

    def _bar_edges(self, painter: QPainter) -> tuple[int, int]:
        names, chips = self._word_widths(painter)
        return names + (chips + 20 if chips else 0) + 12, self.width() - FIGURES_PX - 8

    def _word_widths(self, painter: QPainter) -> tuple[int, int]:
        painter.setFont(font(SMALL_PX))
        names = max((painter.fontMetrics().horizontalAdvance(one.name) for one in self.ranges), default=0)
        painter.setFont(font(CAPTION_PX))
        return names, max((painter.fontMetrics().horizontalAdvance(one.chip) for one in self.ranges), default=0)

    def _row(self, painter: QPainter, one: Range, box: QRect, left: int, right: int) -> None:
        theme, names = self._look.theme, self._word_widths(painter)[0]
        middle, vertical = box.center().y(), Qt.AlignmentFlag.AlignVCenter
        painter.setFont(font(SMALL_PX))
        painter.setPen(QColor(theme.text))
        painter.drawText(box, vertical | Qt.AlignmentFlag.AlignLeft, one.name)
        painter.drawText(box, vertical | Qt.AlignmentFlag.AlignRight, self._figures(one))
        if one.chip:
            painter.setFont(font(CAPTION_PX))
            chip = QRectF(names + 10, middle - 8, painter.fontMetrics().horizontalAdvance(one.chip) + 10, 17)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.unk_soft))
            painter.drawRoundedRect(chip, RADIUS_CHIP, RADIUS_CHIP)
            painter.setPen(QColor(theme.text2))
            painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, one.chip)
        painter.setPen(Qt.PenStyle.NoPen)
        low, likely, high = (left + (right - left) * days / self._most for days in one.days)
        painter.setBrush(QColor(theme.sunken))
        painter.drawRoundedRect(QRectF(left, middle - 2, right - left, 4), 2, 2)
        painter.setBrush(QColor(mixed(theme.accent, theme.surface, 0.35)))
        painter.drawRoundedRect(QRectF(low, middle - BAR_PX / 2, max(4.0, high - low), BAR_PX), 3, 3)
        painter.setBrush(QColor(theme.accent))
        painter.drawRoundedRect(QRectF(likely - 1.5, middle - 6, 3, 12), 1, 1)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            at = event.pos().y() // ROW_PX
            if at < len(self.ranges):
                QToolTip.showText(event.globalPos(), wrapped(self._told(self.ranges[at])), self)
            return True
        return super().event(event)

    def _told(self, one: Range) -> str:
        figures = " – ".join(self._look.number(days) for days in one.days)
        return "\n".join(part for part in (f"{one.name} {one.chip}: {figures} {self._unit}", one.tip) if part)
