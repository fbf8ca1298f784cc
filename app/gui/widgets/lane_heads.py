"""The heads of the lanes: of a group its fold arrow, name and menu; of a lane its name and its menu; the legend of a group's colours."""

from collections.abc import Callable

from msgspec import Struct
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter
from PySide6.QtWidgets import QMenu, QWidget

from app.gui.look import Look
from app.gui.theme import font, icon
from app.gui.theme.tokens import CAPTION_PX, SMALL_PX
from app.gui.widgets.basics import label, tool
from app.gui.widgets.lane_items import GROUP_PX, LaneItem, group_name, lane_name
from app.gui.widgets.lane_kinds import COMMUNICATION, COPY, KINDS
from app.gui.widgets.lane_paint import colours_of
from app.gui.widgets.lanes import MOST_LANES, Lane, LaneGroup
from app.gui.widgets.timing_rows import names_px

INDENT_PX, MENU_PX, SWATCH_PX = 22, 24, 9


class LaneActs(Struct, frozen=True):
    """What a head can ask for."""

    fold: Callable[[LaneGroup], object]
    show_all: Callable[[LaneGroup], object]
    pin: Callable[[Lane], object]


class LaneHead(QWidget):
    """One head, beside its lane."""

    def __init__(self, item: LaneItem, look: Look, acts: LaneActs) -> None:
        super().__init__()
        self._item, self._look, self._acts = item, look, acts
        width, lane = names_px(look), item.lane
        words = group_name(item.group, look) if lane is None else lane_name(lane, look)
        self.setAccessibleName(words)
        if item.is_pinned:
            words = f"{group_name(item.group, look)} · {words}"
        if lane is None:
            folded = item.group.is_folded
            tip = look.say(f"page_profile.{'unfold' if folded else 'fold'}", name=words)
            arrow = self._button("chevron-right" if folded else "chevron-down", tip, -4)
            arrow.clicked.connect(lambda: acts.fold(item.group))
        if lane is not None or len(item.group.lanes) > MOST_LANES:
            self._menu_button = self._button("ellipsis", look.say("page_profile.row_menu", name=words), width - MENU_PX)
            self._menu_button.clicked.connect(
                lambda: self.menu().popup(self._menu_button.mapToGlobal(self._menu_button.rect().bottomLeft()))
            )
        room = width - INDENT_PX - MENU_PX
        px = SMALL_PX if lane is None else CAPTION_PX
        elided = QFontMetricsF(font(px, bold=lane is None)).elidedText(words, Qt.TextElideMode.ElideMiddle, room)
        shown = label(elided, px, bold=lane is None, tone="" if lane is None else "2")
        shown.setParent(self)
        shown.setGeometry(INDENT_PX, 3, room, 20)
        deeper = look.say("page_lanes.deeper", count=look.number(lane.deeper, 0)) if lane is not None and lane.deeper else ""
        shown.setToolTip("\n".join(filter(None, (words, deeper))))

    def _button(self, symbol: str, tip: str, left: int) -> QWidget:
        made = tool(symbol, tip, self._look.theme)
        made.setParent(self)
        made.setFixedSize(MENU_PX, MENU_PX)
        made.move(left, 1)
        return made

    def menu(self) -> QMenu:
        """Return the menu: pinning of a lane, the rest of the lanes of a group."""
        say, item, theme = self._look.say, self._item, self._look.theme
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if item.lane is not None:
            lane = item.lane
            menu.addAction(
                icon("pin", theme.text2), say("page_lanes.unpin" if item.is_pinned else "page_lanes.pin"), lambda: self._acts.pin(lane)
            )
        if len(item.group.lanes) > MOST_LANES:
            code = "page_lanes.fewer" if item.group.shows_all else "page_lanes.all"
            count = MOST_LANES if item.group.shows_all else len(item.group.lanes)
            menu.addAction(say(code, count=count), lambda: self._acts.show_all(item.group))
        return menu


def paint_group(painter: QPainter, item: LaneItem, box: QRectF, look: Look) -> None:
    """Paint beside the head of a group the legend of its colours, as far as there is room, and how many lanes it has."""
    theme, group = look.theme, item.group
    painter.save()
    painter.fillRect(box, QColor(theme.sunken))
    painter.setFont(font(CAPTION_PX))
    metrics = painter.fontMetrics()
    hidden = len(group.lanes) - len(group.shown())
    told = (
        look.say("page_lanes.lanes", count=len(group.lanes))
        if not hidden
        else look.say("page_lanes.lanes_of", shown=len(group.lanes) - hidden, count=len(group.lanes))
    )
    painter.setPen(QColor(theme.text3))
    painter.drawText(box.adjusted(0, 0, -8, 0), Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, told)
    left, room = box.left() + 8, box.right() - metrics.horizontalAdvance(told) - 24
    for kind in () if group.is_folded else group.kinds:
        words = look.say(f"page_lanes.kind.{KINDS[kind]}")
        width = metrics.horizontalAdvance(words)
        if left + SWATCH_PX + 5 + width > room:
            break
        square = QRectF(left, box.top() + (GROUP_PX - SWATCH_PX) / 2, SWATCH_PX, SWATCH_PX)
        painter.fillRect(square, QColor(colours_of(theme)[kind]))
        _mark(painter, kind, square, theme.sunken)
        painter.setPen(QColor(theme.text2))
        painter.drawText(QRectF(left + SWATCH_PX + 5, box.top(), width + 2, GROUP_PX), Qt.AlignmentFlag.AlignVCenter, words)
        left += SWATCH_PX + 5 + width + 14
    painter.restore()


def _mark(painter: QPainter, kind: int, square: QRectF, ground: str) -> None:
    if kind == COMMUNICATION:
        for x in (square.left() + 1.5, square.left() + 5.5):
            painter.fillRect(QRectF(x, square.bottom() - 3, 2, 3), QColor(ground))
    elif kind == COPY:
        painter.fillRect(QRectF(square.left(), square.bottom() - 3, square.width(), 1), QColor(ground))
