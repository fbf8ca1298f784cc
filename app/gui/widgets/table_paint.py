"""How the cells and heads of a table are painted: levels, bars, chips and hatches that a style sheet cannot do."""

from collections.abc import Iterable
from math import ceil

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QHeaderView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTableView

from app.gui.theme import Theme, font, hatching, pixmap
from app.gui.theme.tokens import CAPTION_PX, RADIUS_CHIP, SMALL_PX
from app.gui.widgets.basics import KIND_GLYPHS, LEVEL_ICONS
from app.gui.widgets.table_model import CELL_ROLE, Cell, Column, Index, side_of

PAD, EDGE_PAD, BAR_PX, ICON_PX = 8, 16, 64, 14
TIGHT, ARROW_PX, WIDEST_LEVEL_PX = 4, 8, 112
LEVEL_AROUND = 2 + 6 + ICON_PX + 4 + 2 + 2


class Painter(QStyledItemDelegate):
    """Paints the cells. `hovered` is the row under the pointer.

    marks_cell  rings the current cell; the first column names the row and needs no ring
    to_edge     the line of a heading goes on in the view beside this one
    """

    def __init__(self, theme: Theme, view: QTableView, *, marks_cell: bool, to_edge: bool = False) -> None:
        super().__init__(view)
        self._theme, self._view, self._marks_cell, self._to_edge = theme, view, marks_cell, to_edge
        self.hovered = -1

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        cell, theme, rect = index.data(CELL_ROLE), self._theme, option.rect
        painter.save()
        if cell is None:
            self._heading(painter, rect, str(index.data() or ""))
            painter.restore()
            return
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if selected or index.row() == self.hovered:
            painter.fillRect(rect, QColor(theme.selected if selected else theme.hover))
        painter.fillRect(QRect(rect.left(), rect.bottom(), rect.width(), 1), QColor(theme.grid))
        if selected and index.column() == 0:
            painter.fillRect(QRect(rect.left(), rect.top(), 3, rect.height()), QColor(theme.accent))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = rect.adjusted(EDGE_PAD if index.column() == 0 else PAD, 0, -self._pad_after(index), 0)
        if cell.hatched:
            painter.fillRect(rect.adjusted(0, 3, 0, -4), hatching(theme.hatch))
        if cell.below:
            area = self._below(painter, area, cell, index)
        if cell.level:
            self._level(painter, rect.adjusted(2, 3, -2, -4), cell)
        elif cell.kind or cell.outline:
            self._chip(painter, area, cell)
        else:
            self._words(painter, area, cell, index)
        if self._marks_cell and index.column() and index == self._view.currentIndex():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(theme.accent), 2))
            painter.drawRoundedRect(QRectF(rect).adjusted(2, 2, -2, -3), RADIUS_CHIP, RADIUS_CHIP)
        painter.restore()

    def _below(self, painter: QPainter, area: QRect, cell: Cell, index: Index) -> QRect:
        """Paint the second line of a cell and return what is left for the first."""
        side = Qt.AlignmentFlag(int(index.data(Qt.ItemDataRole.TextAlignmentRole)))
        upper, lower = area.adjusted(0, 3, 0, -area.height() // 2), area.adjusted(0, area.height() // 2 - 1, 0, -3)
        painter.setFont(font(CAPTION_PX))
        painter.setPen(QColor(self._theme.text3))
        painter.drawText(lower, side, painter.fontMetrics().elidedText(cell.below, Qt.TextElideMode.ElideRight, lower.width()))
        return upper

    def _pad_after(self, index: Index) -> int:
        return EDGE_PAD if index.column() == index.model().columnCount() - 1 else PAD

    def _words(self, painter: QPainter, area: QRect, cell: Cell, index: Index) -> None:
        theme = self._theme
        ink = theme.tone(cell.tone) if cell.tone else theme.text3 if cell.quiet or not cell.is_known else theme.text
        side = Qt.AlignmentFlag(int(index.data(Qt.ItemDataRole.TextAlignmentRole)))
        if cell.share is not None:
            bar = QRectF(area.left(), area.center().y() - 2, max(0, min(BAR_PX, area.width() - 48)), 5)
            painter.setPen(Qt.PenStyle.NoPen)
            for width, colour in ((bar.width(), theme.unk_soft), (bar.width() * min(1.0, max(0.0, cell.share)), cell.dot or theme.data[0])):
                painter.setBrush(QColor(colour))
                painter.drawRoundedRect(QRectF(bar.left(), bar.top(), width, 5), 2.5, 2.5)
            area = area.adjusted(round(bar.width()) + 4, 0, 0, 0)
        elif cell.dot:
            painter.fillRect(QRectF(area.left(), area.center().y() - 3, 8, 8), QColor(cell.dot))
            area = area.adjusted(14, 0, 0, 0)
        painter.setFont(font(SMALL_PX, bold=cell.bold))
        text = cell.text
        if cell.symbol:
            room = painter.fontMetrics().horizontalAdvance(text) + ICON_PX + 4
            left = area.left() if side & Qt.AlignmentFlag.AlignLeft else max(area.left(), area.right() - room + 1)
            self._icon(painter, cell.symbol, ink, left, area)
            area = area.adjusted(left - area.left() + ICON_PX + 4, 0, 0, 0)
        painter.setPen(QColor(ink))
        mode = Qt.TextElideMode.ElideMiddle if side & Qt.AlignmentFlag.AlignLeft else Qt.TextElideMode.ElideRight
        shown = painter.fontMetrics().elidedText(text, mode, area.width() + 1 - _behind(cell))
        painter.drawText(area, side, shown)
        self._after(painter, area.adjusted(painter.fontMetrics().horizontalAdvance(shown) + 6, 0, 0, 0), cell)

    def _after(self, painter: QPainter, area: QRect, cell: Cell) -> None:
        """Paint what stands behind the text: its chip, or its grey note."""
        painter.setFont(font(CAPTION_PX))
        if cell.chip:
            box = QRectF(area.left(), area.center().y() - 8, painter.fontMetrics().horizontalAdvance(cell.chip) + 10, 17)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self._theme.unk_soft))
            painter.drawRoundedRect(box, RADIUS_CHIP, RADIUS_CHIP)
            painter.setPen(QColor(self._theme.text2))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, cell.chip)
            area = area.adjusted(round(box.width()) + 6, 0, 0, 0)
        if cell.note:
            painter.setPen(QColor(self._theme.text3))
            painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, cell.note)

    def _level(self, painter: QPainter, box: QRect, cell: Cell) -> None:
        theme = self._theme
        ink, ground = theme.level(cell.level)
        passed = cell.level == "ok"
        box.setWidth(min(box.width(), WIDEST_LEVEL_PX))
        if cell.badge:
            painter.setFont(font(SMALL_PX))
            box = box.adjusted(PAD - 2, 1, 0, -1)
            box.setWidth(min(box.width(), painter.fontMetrics().horizontalAdvance(cell.text) + ICON_PX + 18))
        if not passed or cell.badge:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(ground))
            painter.drawRoundedRect(box, RADIUS_CHIP, RADIUS_CHIP)
            if cell.level == "unknown":
                painter.setBrush(hatching(theme.hatch))
                painter.drawRoundedRect(box, RADIUS_CHIP, RADIUS_CHIP)
        self._icon(painter, LEVEL_ICONS[cell.level], ink, box.left() + 6, box)
        painter.setFont(font(SMALL_PX, bold=cell.bold))
        painter.setPen(QColor(theme.text2 if cell.level == "unknown" else theme.text if passed and not cell.badge else ink))
        area = box.adjusted(6 + ICON_PX + 4, 0, -2, 0)
        text = painter.fontMetrics().elidedText(cell.text, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)

    def _chip(self, painter: QPainter, area: QRect, cell: Cell) -> None:
        theme = self._theme
        text = cell.text if cell.outline else f"{KIND_GLYPHS.get(cell.kind, '○')} {cell.text}"
        painter.setFont(font(CAPTION_PX))
        width = min(area.width(), painter.fontMetrics().horizontalAdvance(text) + 12)
        height = min(18, area.height() - 3)
        box = QRectF(area.left(), area.center().y() - height / 2 + 0.5, width, height)
        if cell.outline:
            painter.setPen(QPen(QColor(theme.control), 1, Qt.PenStyle.DashLine if cell.outline == "dashed" else Qt.PenStyle.SolidLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box.adjusted(0.5, 0, -0.5, 0), RADIUS_CHIP, RADIUS_CHIP)
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.chip(cell.kind)))
            painter.drawRoundedRect(box, RADIUS_CHIP, RADIUS_CHIP)
        painter.setPen(QColor(theme.text2 if cell.outline else theme.kind(cell.kind)))
        painter.drawText(
            box, Qt.AlignmentFlag.AlignCenter, painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, round(width))
        )

    def _heading(self, painter: QPainter, rect: QRect, title: str) -> None:
        if not title:
            return
        theme = self._theme
        painter.setFont(font(SMALL_PX, bold=True))
        painter.setPen(QColor(theme.text2))
        area = rect.adjusted(EDGE_PAD, 2, -EDGE_PAD, 0)
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, title)
        start = area.left() + painter.fontMetrics().horizontalAdvance(title) + 12
        right = rect.right() + 1 if self._to_edge else area.right()
        painter.fillRect(QRect(start, area.center().y(), max(0, right - start), 1), QColor(theme.border))

    def _icon(self, painter: QPainter, name: str, ink: str, left: int, area: QRect) -> None:
        image = pixmap(name, ink, ICON_PX, painter.device().devicePixelRatioF())
        painter.drawPixmap(QPointF(left, area.center().y() - ICON_PX / 2 + 1), image)


def _behind(cell: Cell) -> int:
    """Return the room that the chip or the note behind the text takes."""
    metrics = QFontMetricsF(font(CAPTION_PX))
    chip = ceil(metrics.horizontalAdvance(cell.chip)) + 18 if cell.chip else 0
    return chip + (ceil(metrics.horizontalAdvance(cell.note)) + 8 if cell.note else 0)


def needed_width(column: Column, cells: Iterable[Cell], *, first: bool, last: bool, two_lines: bool) -> int:
    """Return the width at which neither the head nor a cell of a column is cut."""
    words, head, small = QFontMetricsF(font(SMALL_PX)), QFontMetricsF(font(SMALL_PX, bold=two_lines)), QFontMetricsF(font(CAPTION_PX))
    edges = (EDGE_PAD if first else PAD) + (EDGE_PAD if last else PAD)
    widest = (
        max(head.horizontalAdvance(column.name), small.horizontalAdvance(column.unit))
        + edges
        + (ARROW_PX if column.number else 0 if last else -TIGHT)
    )
    for cell in {(cell.text, cell.level, cell.badge, cell.symbol, cell.dot, cell.chip, cell.note): cell for cell in cells}.values():
        around = LEVEL_AROUND + 12 * cell.badge if cell.level else edges + (ICON_PX + 4) * bool(cell.symbol) + 14 * bool(cell.dot)
        widest = max(widest, words.horizontalAdvance(cell.text) * (1.06 if cell.bold else 1) + around + _behind(cell))
    return ceil(widest)


class Head(QHeaderView):
    """The heads: name over unit, the sort arrow before the sorted name."""

    def __init__(self, columns: list[Column], theme: Theme, parent: QTableView) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._columns, self._theme = columns, theme
        self._two_lines = any(column.unit for column in columns)
        self.setFixedHeight(38 if self._two_lines else 28)
        self.setSectionsClickable(True)
        self.setHighlightSections(False)
        self.setMinimumSectionSize(40)

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        if not rect.isValid():
            return
        theme, column = self._theme, self._columns[section]
        painter.save()
        painter.fillRect(rect, QColor(theme.sunken))
        painter.fillRect(QRect(rect.left(), rect.bottom(), rect.width(), 1), QColor(theme.border))
        last = section == len(self._columns) - 1
        behind = EDGE_PAD if last else PAD if column.number else PAD - TIGHT
        area = rect.adjusted(EDGE_PAD if section == 0 else PAD, 0, -behind, 0)
        side = side_of(column)
        painter.setFont(font(SMALL_PX, bold=self._two_lines))
        name = painter.fontMetrics().elidedText(column.name, Qt.TextElideMode.ElideRight, area.width())
        line = QRect(area.left(), area.top() + 3, area.width(), 16) if column.unit else area
        if self.sortIndicatorSection() == section and self.isSortIndicatorShown():
            self._arrow(painter, line, side, painter.fontMetrics().horizontalAdvance(name))
        painter.setPen(QColor(theme.text2))
        painter.drawText(line, side | Qt.AlignmentFlag.AlignVCenter, name)
        if column.unit:
            painter.setFont(font(CAPTION_PX))
            painter.setPen(QColor(theme.text3))
            below = QRect(area.left(), area.top() + 19, area.width(), 16)
            unit = painter.fontMetrics().elidedText(column.unit, Qt.TextElideMode.ElideRight, area.width())
            painter.drawText(below, side | Qt.AlignmentFlag.AlignVCenter, unit)
        painter.restore()

    def _arrow(self, painter: QPainter, line: QRect, side: Qt.AlignmentFlag, width: int) -> None:
        up = self.sortIndicatorOrder() == Qt.SortOrder.AscendingOrder
        image = pixmap("arrow-up" if up else "arrow-down", self._theme.accent, 12, painter.device().devicePixelRatioF())
        left = line.right() - width - 15 if side & Qt.AlignmentFlag.AlignRight else line.left() - 13
        painter.drawPixmap(QPointF(max(left, line.left() - 14), line.center().y() - 5), image)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self.height())
