"""Up to six platforms in one radar: each axis is a share of the best of them; what is not known breaks the polygon, never zero."""

from collections.abc import Sequence

from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QSizePolicy, QWidget

from app.engine.messages import message
from app.engine.model.platforms import Platform
from app.engine.model.profiles import Axis
from app.gui.look import Look
from app.gui.theme.tokens import CAPTION_PX
from app.gui.widgets import facts
from app.gui.widgets.basics import boxed, column, row
from app.gui.widgets.elided import Elided
from app.gui.widgets.radar import POINT_PX, Radar

KEYS = (
    "bf16_tensor_tflops", "achieved_bf16_tflops", "memory_gb", "memory_bw_gbs", "fabric_bw_one_direction_gbs", "host_bw_gbs",
    "fp32_tflops", "fp64_tflops",
)  # fmt: skip
IN_A_LINE, SQUARE_PX = 2, 10


class PlatformRadar(Radar):
    """Each platform has the colour of its place; the legend is `legend`."""

    def __init__(self, platforms: Sequence[Platform], look: Look) -> None:
        self._platforms = tuple(platforms)
        self.shares = [_shares(one, platforms) for one in platforms]
        known = [any(shares[at] is not None for shares in self.shares) for at in range(len(KEYS))]
        axes = tuple(
            Axis(key, 1.0 if is_known else None, None, "measured" if is_known else "not_measured", message("page_platforms.radar_hint"))
            for key, is_known in zip(KEYS, known, strict=True)
        )
        super().__init__(axes, look)
        self._names = [facts.fact_name(look, key) for key in KEYS]
        told = (
            f"{one.label(look.lang)}: " + ", ".join(look.number(v, 2) for v in s) for one, s in zip(platforms, self.shares, strict=True)
        )
        self.setAccessibleName("; ".join(told))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._ground(painter)
        for shares, colour in reversed(list(zip(self.shares, self._look.theme.data, strict=False))):
            self._one(painter, shares, colour)
        self._words(painter)

    def _one(self, painter: QPainter, shares: Sequence[float | None], colour: str) -> None:
        spots = [None if share is None else self.spot(at, share) for at, share in enumerate(shares)]
        painter.setPen(QPen(QColor(colour), 1.5))
        painter.setBrush(QColor(colour))
        for at, spot in enumerate(spots):
            after = spots[(at + 1) % len(spots)]
            if spot is not None and after is not None:
                painter.drawLine(spot, after)
            if spot is not None:
                painter.drawEllipse(spot, POINT_PX - 0.5, POINT_PX - 0.5)

    def told_at(self, spot: QPointF) -> str:
        """Return the figures of the axis that is nearest to a place."""
        at = self.axis_at(spot)
        if at is None:
            return ""
        key, look = KEYS[at], self._look
        told = [f"{look.product(one.id)}: {facts.fact_text(look, one, key)}" for one in self._platforms]
        return "\n".join([f"{facts.fact_name(look, key)} {facts.fact_unit(self._platforms[0], key)}", *told])

    def legend(self) -> QWidget:
        """Return the platforms with their colours, two to a line."""
        marks = []
        for one, colour in zip(self._platforms, self._look.theme.data, strict=False):
            square = QFrame()
            square.setFixedSize(SQUARE_PX, SQUARE_PX)
            square.setStyleSheet(f"background:{colour};")
            line = row(square, Elided(self._look.product(one.id), CAPTION_PX, tone="2", middle=True, fills=True), spacing=4)
            line.setStretch(1, 1)
            marks.append(boxed(line))
        lines = []
        for start in range(0, len(marks), IN_A_LINE):
            line = row(*marks[start : start + IN_A_LINE], *([None] if len(marks) - start == 1 else []), spacing=12)
            line.setStretch(0, 1)
            line.setStretch(1, 1)
            lines.append(boxed(line))
        made = boxed(column(*lines, spacing=2))
        made.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        return made


def _shares(one: Platform, platforms: Sequence[Platform]) -> list[float | None]:
    found = []
    for key in KEYS:
        best = max((other.number(key) or 0.0 for other in platforms), default=0.0)
        value = one.number(key)
        found.append(value / best if value is not None and best else None)
    return found
