"""VRAM drawn: one card of a stage as a stacked bar against its capacity, and every pipeline stage as a column beside the others."""

from collections.abc import Sequence
from math import ceil

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.engine.messages import has_entry
from app.engine.model.estimates import GROUPS, Group, MemoryPart, StageMemory
from app.gui.look import Look
from app.gui.theme import Theme, font, hatching
from app.gui.theme.tokens import CAPTION_PX, RADIUS_CHIP
from app.gui.widgets.hover import HoverCard

WORDS_PX, BAR_PX, COLUMNS_PX = 18, 20, 80
LEAST_COLUMN_PX, MOST_COLUMN_PX, TOLD_FROM_PX, GAP_PX = 3, 96, 34, 1
ABOVE_PX, NUMBER_APART_PX = 22, 26
STEPS = (1, 2, 5, 10, 20, 50)
AREA = "page_requirement"


def group_colour(theme: Theme, group: Group) -> str:
    """Return the colour of a group: the six data colours, and the neutral one for what the run takes beside the model."""
    return (*theme.data, theme.other)[GROUPS.index(group)]


def stage_words(look: Look, stage: StageMemory, peak: int, count: int) -> str:
    """Return what a stage is called: its number, its layers, and that it is the fullest."""
    if count == 1:
        return look.say(f"{AREA}.memory.one_stage", gib=look.number(stage.total_gib, 1))
    code = f"{AREA}.memory.peak" if stage.stage == peak else f"{AREA}.memory.stage"
    return look.say(code, stage=stage.stage, layers=stage.layers, gib=look.number(stage.total_gib, 1))


def part_words(look: Look, part: MemoryPart, stage: StageMemory) -> str:
    """Return a part in full: how much, of which group, and what it was computed from."""
    share = part.gib / stage.total_gib if stage.total_gib else 0.0
    name = f"{look.tell(part.said)}: {look.number(part.gib, 2)} GiB · {look.number(100 * share, 1)} %"
    group = look.say(f"{AREA}.part.{part.group}")
    given = {key: _figure(look, value) for key, value in part.said.params.items()}
    code = f"{AREA}.made.{part.said.code.rpartition('.')[2]}"
    made = look.say(code if has_entry(code, look.lang) else f"{AREA}.made.other", **{"layers": stage.layers, **given})
    return f"{name}\n{group} · {made}"


class StackBar(QWidget):
    """One card of a stage: its parts from the left, the usable memory as a dashed line, what is beyond it hatched and told."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.stage: StageMemory | None = None
        self.usable: float | None = None
        self.capacity: float | None = None
        self._words = ""
        self.setFixedHeight(WORDS_PX + BAR_PX + 8)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.hover = HoverCard(self, self._text_at)

    def sizeHint(self) -> QSize:
        return QSize(240, self.height())

    def show_stage(self, stage: StageMemory, words: str, capacity: float | None, usable: float | None) -> None:
        """Show a stage on a card; what is not known of the card is not drawn."""
        self.stage, self._words, self.capacity, self.usable = stage, words, capacity, usable
        self.setAccessibleName(f"{words} · {self._limit_words()}")
        self.update()

    @property
    def over_gib(self) -> float:
        """How much is beyond the usable memory."""
        return max(0.0, self.stage.total_gib - self.usable) if self.stage is not None and self.usable is not None else 0.0

    def _limit_words(self) -> str:
        if self.usable is None:
            return ""
        number = self._look.number
        code = f"{AREA}.memory.over" if self.over_gib else f"{AREA}.memory.usable"
        return self._look.say(code, usable=number(self.usable, 1), capacity=number(self.capacity, 0), over=number(self.over_gib, 1))

    def _px(self, gib: float) -> float:
        assert self.stage is not None
        return self.width() * gib / max(self.capacity or 0.0, self.usable or 0.0, self.stage.total_gib, 1e-9)

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self.stage is None:
            return
        painter, theme = QPainter(self), self._look.theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font(CAPTION_PX))
        line = QRect(0, 0, self.width(), WORDS_PX)
        painter.setPen(QColor(theme.bad if self.over_gib else theme.text2))
        painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop, self._limit_words())
        painter.setPen(QColor(theme.text2))
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, self._words)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.sunken))
        painter.drawRoundedRect(QRectF(0, WORDS_PX, self.width(), BAR_PX), RADIUS_CHIP, RADIUS_CHIP)
        for part, left, right in self._spans():
            painter.fillRect(QRectF(left, WORDS_PX, max(1.0, right - left - GAP_PX), BAR_PX), QColor(group_colour(theme, part.group)))
        self._paint_limit(painter, theme)
        painter.end()

    def _paint_limit(self, painter: QPainter, theme: Theme) -> None:
        if self.usable is None or self.stage is None:
            return
        at = min(self._px(self.usable), self.width() - 1.0)
        if self.over_gib:
            beyond = QRectF(at, WORDS_PX, self._px(self.stage.total_gib) - at, BAR_PX)
            painter.fillRect(beyond, hatching(theme.surface))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(theme.bad), 2))
            painter.drawRect(beyond.adjusted(1, 1, -1, -1))
        painter.setPen(QPen(QColor(theme.text), 1.5, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(at, WORDS_PX), QPointF(at, WORDS_PX + BAR_PX + 4))

    def _spans(self) -> list[tuple[MemoryPart, float, float]]:
        assert self.stage is not None
        found, at = [], 0.0
        for part in self.stage.parts:
            found.append((part, self._px(at), self._px(at + part.gib)))
            at += part.gib
        return found

    def _text_at(self, place: QPointF) -> str:
        if self.stage is None:
            return ""
        under = next((part for part, left, right in self._spans() if left <= place.x() < right), None)
        return part_words(self._look, under, self.stage) if under is not None else self._limit_words()


class StageColumns(QWidget):
    """All stages side by side on one scale with the usable memory; where they do not fit, neighbours share a column: the fullest."""

    chosen = Signal(int)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._stages: tuple[StageMemory, ...] = ()
        self.selected = self._peak = 0
        self._usable: float | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFixedHeight(COLUMNS_PX + 2 * WORDS_PX)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.hover = HoverCard(self, lambda place: self._words(self._stage_at(place)))

    def show_stages(self, stages: Sequence[StageMemory], peak: int, selected: int, usable: float | None) -> None:
        """Show these stages, one of them as the selected one."""
        self._stages, self._peak, self.selected, self._usable = tuple(stages), peak, selected, usable
        self.setAccessibleName(self._look.say(f"{AREA}.memory.stages", count=len(self._stages)))
        self.setAccessibleDescription("; ".join(self._words(stage) for stage in self._stages))
        self.update()

    def columns(self) -> list[tuple[StageMemory, QRectF]]:
        """Return what stands in each column and where, its whole height."""
        each = max(1, ceil(len(self._stages) * LEAST_COLUMN_PX / max(1, self.width())))
        groups = [self._stages[at : at + each] for at in range(0, len(self._stages), each)]
        pitch = min(float(MOST_COLUMN_PX), self.width() / max(1, len(groups)))
        fullest = [max(group, key=lambda stage: stage.total_gib) for group in groups]
        return [(stage, QRectF(at * pitch, WORDS_PX, pitch, COLUMNS_PX)) for at, stage in enumerate(fullest)]

    def _words(self, stage: StageMemory | None) -> str:
        return stage_words(self._look, stage, self._peak, len(self._stages)) if stage is not None else ""

    def _stage_at(self, place: QPointF) -> StageMemory | None:
        return next((stage for stage, box in self.columns() if box.left() <= place.x() < box.right()), None)

    # Choosing -----------------------------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if (stage := self._stage_at(event.position())) is not None:
            self.chosen.emit(stage.stage)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        numbers = [stage.stage for stage, _ in self.columns()]
        at = next((place for place, number in enumerate(numbers) if number >= self.selected), 0)
        steps = {Qt.Key.Key_Left: at - 1, Qt.Key.Key_Right: at + 1, Qt.Key.Key_Home: 0, Qt.Key.Key_End: len(numbers) - 1}
        if event.key() in steps and numbers:
            self.chosen.emit(numbers[min(max(0, steps[Qt.Key(event.key())]), len(numbers) - 1)])
        elif event.key() == Qt.Key.Key_Space:
            stage, box = next(pair for pair in self.columns() if pair[0].stage >= self.selected)
            self.hover.tell(self._words(stage), box.center().toPoint())
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    # Painting -----------------------------------------------------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        columns = self.columns()
        if not columns:
            return
        painter, theme = QPainter(self), self._look.theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font(CAPTION_PX))
        top = max([stage.total_gib for stage, _ in columns] + [self._usable or 0.0])
        bottom, per_gib = WORDS_PX + COLUMNS_PX, (COLUMNS_PX - ABOVE_PX) / top
        for stage, box in columns:
            self._paint_column(painter, stage, box, per_gib)
        painter.setPen(QColor(theme.border2))
        painter.drawLine(QPointF(0, bottom + 0.5), QPointF(self.width(), bottom + 0.5))
        if self._usable is not None:
            at = bottom - self._usable * per_gib
            painter.setPen(QPen(QColor(theme.text), 1.5, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(0, at), QPointF(self.width(), at))
        for stage, box in columns:
            self._paint_top(painter, stage, box, bottom - stage.total_gib * per_gib)
        self._paint_words(painter, columns)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(theme.accent), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), RADIUS_CHIP, RADIUS_CHIP)
        painter.end()

    def _paint_column(self, painter: QPainter, stage: StageMemory, box: QRectF, per_gib: float) -> None:
        theme, at = self._look.theme, box.bottom()
        if stage.stage == self.selected:
            painter.fillRect(box, QColor(theme.selected))
            painter.fillRect(QRectF(box.left(), box.bottom() + 1, box.width(), 3), QColor(theme.accent))
        gap = _gap(box)
        for part in stage.parts:
            high = part.gib * per_gib
            painter.fillRect(QRectF(box.left(), at - high, box.width() - gap, high), QColor(group_colour(theme, part.group)))
            at -= high
        if self._usable is not None and stage.total_gib > self._usable:
            painter.fillRect(QRectF(box.left(), at, box.width() - gap, 3), QColor(theme.bad))

    def _paint_top(self, painter: QPainter, stage: StageMemory, box: QRectF, at: float) -> None:
        """Mark the fullest stage, and where there is room tell how much each needs, over the line of the usable memory."""
        theme = self._look.theme
        if stage.stage == self._peak:
            middle = box.center().x() - _gap(box) / 2
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.text))
            painter.drawPolygon(QPolygonF([QPointF(middle - 4, at - 7), QPointF(middle + 4, at - 7), QPointF(middle, at - 2)]))
            at -= 7
        if box.width() >= TOLD_FROM_PX:
            told, words = QRectF(box.left(), at - 15, box.width() - _gap(box), 14), self._look.number(stage.total_gib, 1)
            wide = painter.fontMetrics().horizontalAdvance(words) + 4
            ground = theme.selected if stage.stage == self.selected else theme.surface
            painter.fillRect(QRectF(told.center().x() - wide / 2, told.top(), wide, 14), QColor(ground))
            painter.setPen(QColor(theme.text if stage.stage == self._peak else theme.text2))
            painter.drawText(told, Qt.AlignmentFlag.AlignCenter, words)

    def _paint_words(self, painter: QPainter, columns: list[tuple[StageMemory, QRectF]]) -> None:
        theme, below = self._look.theme, WORDS_PX + COLUMNS_PX + 4
        painter.setPen(QColor(theme.text2))
        painter.drawText(QRect(0, 0, self.width(), WORDS_PX), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, self.accessibleName())
        shown: list[QRectF] = []
        metrics = painter.fontMetrics()
        chosen = [pair for pair in columns if pair[0].stage in (self.selected, self._peak)]
        step = next(step for step in STEPS if step * columns[0][1].width() >= NUMBER_APART_PX or step == STEPS[-1])
        for stage, box in [*chosen, columns[-1], *columns[::step]]:
            text = str(stage.stage)
            wide = metrics.horizontalAdvance(text) + 6
            left = min(max(0.0, box.center().x() - 1 - wide / 2), self.width() - wide)
            place = QRectF(left, below, wide, WORDS_PX - 4)
            if any(place.intersects(other) for other in shown):
                continue
            shown.append(place)
            painter.setPen(QColor(theme.text if stage.stage in (self.selected, self._peak) else theme.text3))
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)


def _figure(look: Look, value: object) -> str:
    if not isinstance(value, int | float):
        return str(value)
    return look.number(value, 0) if value == int(value) else look.figure(value, 2)


def _gap(box: QRectF) -> int:
    return GAP_PX if box.width() < 2 * LEAST_COLUMN_PX else 2
