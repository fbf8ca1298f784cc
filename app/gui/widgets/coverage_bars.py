"""How often the 90 % interval held: a bar per subset against the 90 % line, the range 86-95 % shaded."""

from collections.abc import Sequence

from msgspec import Struct
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.gui.look import Look
from app.gui.theme import font
from app.gui.theme.tokens import CAPTION_PX, SMALL_PX, mixed
from app.gui.widgets.hover import HoverCard

ROW_PX, AXIS_PX, BAR_PX, FIGURE_PX, NAME_SHARE = 22, 18, 8, 44, 0.48
WANTED, GOOD, FEW = 0.90, (0.86, 0.95), 30
"""A coverage from fewer rows than FEW says little; it is drawn grey."""
TICKS = (0.0, 0.5, WANTED, 1.0)


class Covered(Struct, frozen=True):
    """One subset: its name, the share inside the interval, of how many rows; tip tells it whole."""

    name: str
    coverage: float
    rows: int
    tip: str
    chosen: bool = False


class CoverageBars(QWidget):
    """All subsets from 0 to 100 %."""

    def __init__(self, look: Look, name: str) -> None:
        super().__init__()
        self._look, self._bars = look, ()
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._card = HoverCard(self, self._tip_at)

    def show_bars(self, bars: Sequence[Covered]) -> None:
        """Show other subsets."""
        self._bars = tuple(bars)
        self.setFixedHeight(ROW_PX * len(self._bars) + AXIS_PX)
        self.setAccessibleDescription("; ".join(bar.tip for bar in bars))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(360, ROW_PX * len(self._bars) + AXIS_PX)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, theme = QPainter(self), self._look.theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left, right = self._ends()
        end = ROW_PX * len(self._bars)
        low, high = (left + (right - left) * share for share in GOOD)
        painter.fillRect(QRectF(low, 0, high - low, end), QColor(theme.ok_soft))
        for place, bar in enumerate(self._bars):
            self._row(painter, bar, QRect(0, place * ROW_PX, self.width(), ROW_PX), left, right)
        wanted = round(left + (right - left) * WANTED) + 0.5
        painter.setPen(QPen(QColor(theme.text2), 1.2, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(wanted, 0), QPointF(wanted, end))
        painter.setFont(font(CAPTION_PX))
        painter.setPen(QColor(theme.text3))
        for tick in TICKS:
            middle = left + (right - left) * tick
            box = QRectF(middle - 24, end + 1, 48, 16)
            if tick == 1.0:  # its words would run into those of the 90 % line
                box = QRectF(right + 6, end + 1, 48, 16)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter if tick != 1.0 else Qt.AlignmentFlag.AlignLeft, f"{tick * 100:.0f} %")

    def _ends(self) -> tuple[float, float]:
        metrics = QFontMetricsF(font(SMALL_PX, bold=True))
        widest = max((metrics.horizontalAdvance(bar.name) for bar in self._bars), default=0.0)
        return min(widest, NAME_SHARE * self.width()) + 10, self.width() - FIGURE_PX - 2

    def _row(self, painter: QPainter, bar: Covered, box: QRect, left: float, right: float) -> None:
        theme, middle = self._look.theme, box.center().y() + 0.5
        painter.setFont(font(SMALL_PX, bold=bar.chosen))
        painter.setPen(QColor(theme.text if bar.rows >= FEW else theme.text3))
        name = painter.fontMetrics().elidedText(bar.name, Qt.TextElideMode.ElideMiddle, int(left) - 8)
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, name)
        figure = f"{self._look.number(100 * bar.coverage, 0)} %"
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, figure)
        good = GOOD[0] <= bar.coverage <= GOOD[1]
        ink = theme.other if bar.rows < FEW else theme.ok if good else theme.warn
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.sunken))
        painter.drawRoundedRect(QRectF(left, middle - 2, right - left, 4), 2, 2)
        painter.setBrush(QColor(mixed(ink, theme.surface, 0.75)))
        painter.drawRoundedRect(QRectF(left, middle - BAR_PX / 2, max(2.0, (right - left) * bar.coverage), BAR_PX), 3, 3)

    def _tip_at(self, point: QPointF) -> str:
        place = int(point.y() // ROW_PX)
        return self._bars[place].tip if 0 <= place < len(self._bars) else ""
