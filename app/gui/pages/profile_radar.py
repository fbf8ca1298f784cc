"""The radar of the run profile with its table: each axis of run A, of run B, their difference, and how it was got."""

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QLabel, QWidget

from app.engine.errors import EngineError
from app.engine.model.profiles import Axis, Profile
from app.gui.look import MINUS, UNKNOWN, Look
from app.gui.theme.tokens import SMALL_PX
from app.gui.widgets.basics import Card, boxed, label, row, tool
from app.gui.widgets.radar import Radar, axis_tip
from app.gui.widgets.saving import SaveButton
from app.gui.widgets.table import Cell, Column, Table
from app.gui.widgets.timing_export import copy_picture

NUMBER_PX, STATE_PX = 50, {"zh": 84, "en": 106}
ROW_PX, HEAD_PX, LINE_SIZE = 19, 28, QSize(18, 12)


def radar_card(profile: Profile, other: Profile | None, look: Look, failed: Callable[[EngineError], object]) -> Card:
    """Return the card; without a second run the table shows mean and P95 instead."""
    say, theme = look.say, look.theme
    card = Card(say("gui.card.radar"), say("gui.radar_hint"), padding=1)
    if other is not None:
        card.tools.addWidget(legend(look))
    radar = Radar(profile.axes, look, other.axes if other else ())
    table = axis_table(profile, other, look)
    saving = SaveButton(radar, "radar", lambda: [line.split("\t") for line in table.as_text().splitlines()], look, failed)
    saving.widget.setObjectName("saveRadar")
    for one in (tool("copy", say("gui.tool.copy_picture"), theme, lambda: copy_picture(radar)), saving.widget):
        card.tools.addWidget(one)
    card.body.setSpacing(0)
    card.body.addWidget(radar, 1)
    card.body.addWidget(table)
    card.body.addSpacing(6)
    return card


def axis_table(profile: Profile, other: Profile | None, look: Look) -> Table:
    """Return the table of all axes."""
    say = look.say
    names = ("A", "B", "Δ") if other else (say("gui.stat.mean"), "P95")
    columns = [Column(say("gui.column.axis"), least=90), *(Column(name, number=True, width=NUMBER_PX) for name in names)]
    columns.append(Column(say("gui.column.state"), width=STATE_PX[look.lang]))
    others = {axis.name: axis for axis in other.axes} if other else {}
    rows = [_cells(axis, others.get(axis.name), other is not None, look) for axis in profile.axes]
    table = Table(columns, rows, look.theme, row_px=ROW_PX, name=say("gui.card.radar"))
    table.setFixedHeight(HEAD_PX + ROW_PX * len(rows) + 2)
    table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return table


def _cells(axis: Axis, other: Axis | None, compared: bool, look: Look) -> tuple[Cell, ...]:
    tip = axis_tip(axis, look, other)
    values = (axis.value, other.value if other else None, _difference(axis, other)) if compared else (axis.value, axis.p95)
    unknown = all(value is None for value in values)
    numbers = [_number(value, look, tip, hatched=unknown, signed=compared and place == 2) for place, value in enumerate(values)]
    state = Cell(look.say(f"profiling.state.{axis.state}"), tip=tip, **_looks_of(axis.state))
    return (Cell(look.say(f"profiling.axis.{axis.name}"), tip=tip), *numbers, state)


def _difference(axis: Axis, other: Axis | None) -> float | None:
    return None if axis.value is None or other is None or other.value is None else other.value - axis.value


def _number(value: float | None, look: Look, tip: str, *, hatched: bool, signed: bool) -> Cell:
    if value is None:
        return Cell(UNKNOWN, -9.0, tip, hatched=hatched, tone="2" if hatched else "3")
    text = look.number(value, 2)
    return Cell(f"+{text}" if signed and value > 0 and not text.startswith(MINUS) else text, value, tip)


def _looks_of(state: str) -> dict[str, str]:
    kinds = {"measured": {"kind": "measured"}, "estimated": {"kind": "modelled"}, "not_applicable": {"outline": "solid"}}
    return kinds.get(state, {"outline": "dashed"})


def legend(look: Look) -> QWidget:
    """Return which line is which run: A solid, B neutral and dashed."""
    lines = [(look.theme.data[0], Qt.PenStyle.SolidLine, "A"), (look.theme.other, Qt.PenStyle.DashLine, "B")]
    parts: list[QWidget | None] = []
    for colour, style, name in lines:
        parts += [line_picture(colour, style), label(name, SMALL_PX)]
    return boxed(row(*parts, spacing=6))


def line_picture(colour: str, style: Qt.PenStyle) -> QLabel:
    """Return a piece of a line as it is drawn in the views."""
    image = QPixmap(LINE_SIZE * 2)
    image.setDevicePixelRatio(2.0)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setPen(QPen(QColor(colour), 2, style))
    painter.drawLine(0, LINE_SIZE.height() // 2, LINE_SIZE.width(), LINE_SIZE.height() // 2)
    painter.end()
    made = QLabel()
    made.setPixmap(image)
    made.setFixedSize(LINE_SIZE)
    return made
