"""Where the VRAM of a run goes: a stacked bar against the card, every pipeline stage beside the others, a row per part."""

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QKeySequence, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.engine.model.estimates import MemoryEstimate, StageMemory
from app.gui.look import Look
from app.gui.theme import font
from app.gui.theme.tokens import CAPTION_PX, RADIUS_CHIP, SMALL_PX, mixed
from app.gui.widgets.basics import column
from app.gui.widgets.clipboard import copy_picture, copy_text
from app.gui.widgets.hover import HoverCard
from app.gui.widgets.memory_bars import AREA, StackBar, StageColumns, group_colour, part_words, stage_words

HEAD_PX, ROW_PX, COMPACT_PX = 18, 22, 20
SWATCH_PX, NAME_AT_PX, GIB_PX, SHARE_PX, EDGE_PX = 10, 16, 40, 46, 2
SOFT = 0.22


class PartRows(QWidget):
    """A row per part: swatch, name, GiB, share; a soft bar behind it, the largest part as long as the row."""

    def __init__(self, look: Look, row_px: int) -> None:
        super().__init__()
        self._look, self._row_px = look, row_px
        self.stage: StageMemory | None = None
        self.marked = 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.hover = HoverCard(self, lambda place: self._told(int((place.y() - HEAD_PX) // row_px)))

    def sizeHint(self) -> QSize:
        return QSize(240, self.height())

    def show_stage(self, stage: StageMemory) -> None:
        """Show the parts of a stage."""
        self.stage, self.marked = stage, min(self.marked, max(0, len(stage.parts) - 1))
        height = HEAD_PX + self._row_px * len(stage.parts)
        if self.height() != height:
            self.setFixedHeight(height)
        self.setAccessibleName(self._look.say(f"{AREA}.memory.parts"))
        self.setAccessibleDescription("; ".join(" ".join(cells) for cells in self.rows()))
        self.update()

    def rows(self) -> list[tuple[str, str, str]]:
        """Return name, GiB and share of each part as they are shown."""
        if self.stage is None:
            return []
        number, total = self._look.number, self.stage.total_gib or 1.0
        return [(self._look.tell(part.said), number(part.gib, 2), f"{number(100 * part.gib / total, 1)} %") for part in self.stage.parts]

    def _told(self, at: int) -> str:
        parts = self.stage.parts if self.stage is not None else ()
        return part_words(self._look, parts[at], self.stage) if self.stage is not None and 0 <= at < len(parts) else ""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        last = len(self.stage.parts) - 1 if self.stage is not None else -1
        steps = {Qt.Key.Key_Up: self.marked - 1, Qt.Key.Key_Down: self.marked + 1, Qt.Key.Key_Home: 0, Qt.Key.Key_End: last}
        if event.key() in steps and last >= 0:
            self.marked = min(max(0, steps[Qt.Key(event.key())]), last)
            self.update()
        elif event.key() == Qt.Key.Key_Space:
            self.hover.tell(self._told(self.marked), self._box(self.marked).bottomLeft())
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def _box(self, at: int) -> QRect:
        return QRect(0, HEAD_PX + at * self._row_px, self.width(), self._row_px)

    def name_px(self) -> int:
        """Return the room that a name has."""
        return self.width() - NAME_AT_PX - GIB_PX - SHARE_PX - 2 * EDGE_PX

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self.stage is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_head(painter)
        painter.setFont(font(SMALL_PX))
        most = max((part.gib for part in self.stage.parts), default=0.0) or 1.0
        for at, (part, cells) in enumerate(zip(self.stage.parts, self.rows(), strict=True)):
            self._paint_row(painter, cells, self._box(at), part.gib / most, group_colour(self._look.theme, part.group))
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(self._look.theme.accent), 2))
            painter.drawRoundedRect(QRectF(self._box(self.marked)).adjusted(1, 1, -1, -1), RADIUS_CHIP, RADIUS_CHIP)
        painter.end()

    def _paint_head(self, painter: QPainter) -> None:
        box, side = QRect(0, 0, self.width(), HEAD_PX), Qt.AlignmentFlag.AlignTop
        painter.setFont(font(CAPTION_PX))
        painter.setPen(QColor(self._look.theme.text3))
        painter.drawText(box, side | Qt.AlignmentFlag.AlignLeft, self._look.say(f"{AREA}.memory.parts"))
        painter.drawText(box.adjusted(0, 0, -SHARE_PX - EDGE_PX, 0), side | Qt.AlignmentFlag.AlignRight, "GiB")
        painter.drawText(box.adjusted(0, 0, -EDGE_PX, 0), side | Qt.AlignmentFlag.AlignRight, self._look.say(f"{AREA}.memory.share"))

    def _paint_row(self, painter: QPainter, cells: tuple[str, str, str], box: QRect, share: float, colour: str) -> None:
        theme, side = self._look.theme, Qt.AlignmentFlag.AlignVCenter
        room = self.width() - NAME_AT_PX + 4
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(mixed(colour, theme.surface, SOFT)))
        painter.drawRoundedRect(QRectF(NAME_AT_PX - 4, box.top() + 1, max(2.0, room * share), box.height() - 2), 3, 3)
        painter.setBrush(QColor(colour))
        painter.drawRoundedRect(QRectF(0, box.center().y() - SWATCH_PX / 2 + 0.5, SWATCH_PX, SWATCH_PX), 2, 2)
        painter.setPen(QColor(theme.text))
        name = painter.fontMetrics().elidedText(cells[0], Qt.TextElideMode.ElideRight, self.name_px())
        painter.drawText(box.adjusted(NAME_AT_PX, 0, 0, 0), side | Qt.AlignmentFlag.AlignLeft, name)
        painter.drawText(box.adjusted(0, 0, -SHARE_PX - EDGE_PX, 0), side | Qt.AlignmentFlag.AlignRight, cells[1])
        painter.setPen(QColor(theme.text2))
        painter.drawText(box.adjusted(0, 0, -EDGE_PX, 0), side | Qt.AlignmentFlag.AlignRight, cells[2])


class MemoryParts(QWidget):
    """The picture as a whole. The fullest stage is shown until another is chosen; the choice lasts as long as that stage exists."""

    def __init__(self, look: Look, *, compact: bool = False) -> None:
        super().__init__()
        self._look = look
        self._estimate: MemoryEstimate | None = None
        self._chosen: int | None = None
        self._card: tuple[float | None, float | None] = (None, None)
        self.bar, self.columns, self.rows = StackBar(look), StageColumns(look), PartRows(look, COMPACT_PX if compact else ROW_PX)
        self.columns.chosen.connect(self.choose)
        self.setLayout(column(self.bar, self.columns, self.rows, spacing=8))

    def show_estimate(self, estimate: MemoryEstimate, capacity: float | None, usable: float | None) -> None:
        """Show an estimate on a card of this memory, None where no platform is chosen."""
        self._estimate, self._card = estimate, (capacity, usable)
        if self._chosen is not None and self._chosen >= len(estimate.by_stage):
            self._chosen = None
        self._show()

    @property
    def stage(self) -> StageMemory | None:
        """The stage whose parts are shown."""
        if self._estimate is None or not self._estimate.by_stage:
            return None
        number = self._estimate.peak_stage if self._chosen is None else self._chosen
        return next(stage for stage in self._estimate.by_stage if stage.stage == number)

    def choose(self, stage: int) -> None:
        """Show the parts of another stage."""
        self._chosen = stage
        self._show()

    def _show(self) -> None:
        stage, estimate = self.stage, self._estimate
        self.setVisible(stage is not None)
        if stage is None or estimate is None:
            return
        count = len(estimate.by_stage)
        self.bar.show_stage(stage, stage_words(self._look, stage, estimate.peak_stage, count), *self._card)
        self.columns.setVisible(count > 1)
        if count > 1:
            self.columns.show_stages(estimate.by_stage, estimate.peak_stage, stage.stage, self._card[1])
        self.rows.show_stage(stage)

    def as_text(self) -> str:
        """Return the parts of the shown stage, and where there are several the total of each, as a table with its heads."""
        stage, estimate, say = self.stage, self._estimate, self._look.say
        if stage is None or estimate is None:
            return ""
        lines = [stage_words(self._look, stage, estimate.peak_stage, len(estimate.by_stage)), f"{say(f'{AREA}.memory.parts')}\tGiB\t%"]
        lines += ["\t".join((name, gib, share.removesuffix(" %"))) for name, gib, share in self.rows.rows()]
        if len(estimate.by_stage) > 1:
            lines.append(f"{say(f'{AREA}.memory.stage_head')}\tGiB")
            lines += [f"{one.stage}\t{self._look.number(one.total_gib, 2)}" for one in estimate.by_stage]
        return "\n".join(lines)

    def copy_as_picture(self) -> None:
        """Put the picture on the clipboard."""
        copy_picture(self)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            copy_text(self.as_text())
        else:
            super().keyPressEvent(event)
