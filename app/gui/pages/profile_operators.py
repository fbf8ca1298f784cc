"""The operators of the run profile: longest first, with category, share, a field to find and a choice of categories."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLineEdit, QMenu

from app.engine.model.profiles import OperatorStat, Profile
from app.gui.look import Look
from app.gui.theme import Theme, font
from app.gui.theme.tokens import SMALL_PX
from app.gui.widgets.basics import Card, label, tool
from app.gui.widgets.table import Cell, Column, Table

COLOURS = {
    "matrix": 0, "convolution": 3, "communication": 1, "copy": 2, "index": 2, "optimizer": 3, "attention": 4, "normalisation": 5,
    "softmax": 5, "elementwise": 5,
}  # fmt: skip
NOT_COMPUTING = ("communication", "copy")
MOST_ROWS, FIND_PX, ROW_PX, LEAST_PX, MOST_SHAPES = 600, 170, 28, 150, 120


class OperatorsCard(Card):
    """The table with its tools. chosen: the name of the operator that the user selected, "" for none."""

    chosen = Signal(str)

    def __init__(self, profile: Profile, look: Look) -> None:
        super().__init__(look.say("gui.card.operators"), operators_hint(profile, look), padding=1)
        self._look, self._all, self._operators = look, profile.operators, profile.operators[:MOST_ROWS]
        self._on_host = is_host_only(profile)
        self._hidden: set[str] = set()
        say, theme = look.say, look.theme
        self.find = QLineEdit()
        self.find.setObjectName("find")  # Ctrl+F goes to the field of this name
        self.find.setFont(font(SMALL_PX))
        self.find.setFixedSize(FIND_PX, 28)
        self.find.setStyleSheet("min-height: 24px;")
        self.find.setPlaceholderText(say("page_profile.find"))
        self.find.setAccessibleName(say("page_profile.find"))
        self.find.setToolTip(say("page_profile.find_tip"))
        self.find.setClearButtonEnabled(True)
        self.find.textChanged.connect(self._choose)
        self._filter = tool("list-filter", say("page_profile.categories"), theme, self._open_filter)
        self.group = tool("layout-grid", say("page_profile.group"), theme)
        self.group.setCheckable(True)
        self.group.toggled.connect(self._show_groups)
        for part in (self.find, self.group, self._filter, tool("copy", say("gui.copy_table"), theme, self._copy)):
            self.tools.addWidget(part)
        self.table = operators_table(self._operators, look, on_host=self._on_host)
        self._nothing = label(say("page_profile.nothing_found"), SMALL_PX, tone="2")
        self._nothing.setContentsMargins(16, 4, 0, 8)
        self._nothing.hide()
        self.table.selectionModel().selectionChanged.connect(lambda _now, _before: self._on_selected())
        self.groups: Table | None = None
        self.body.addWidget(self.table)
        self.body.addWidget(self._nothing)

    def choose(self, name: str) -> None:
        """Select the operator of a name, none where it is not among those that are shown; nothing is told of it."""
        shown = {self._operators[row].name: row for row in self.table.shown_rows()}
        before = self.blockSignals(True)
        if name in shown:
            self.table.select_row(shown[name])
        else:
            self.table.clearSelection()
        self.blockSignals(before)

    def _on_selected(self) -> None:
        rows = self.table.selected_rows()
        self.chosen.emit(self._operators[rows[-1]].name if rows else "")

    def show_category(self, category: str, shown: bool) -> None:
        """Show or hide the operators of a category."""
        (self._hidden.discard if shown else self._hidden.add)(category)
        self._choose()

    def filter_menu(self) -> QMenu:
        """Return the menu of the categories, each with its number of operators."""
        menu, counts = QMenu(self), {}
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for one in self._operators:
            counts[one.category] = counts.get(one.category, 0) + 1
        for category, count in counts.items():
            action = menu.addAction(f"{category_name(category, self._look)}  {count}")
            action.setCheckable(True)
            action.setChecked(category not in self._hidden)
            action.toggled.connect(lambda shown, category=category: self.show_category(category, shown))
        return menu

    def _open_filter(self) -> None:
        self.filter_menu().popup(self._filter.mapToGlobal(self._filter.rect().bottomLeft()))

    def _choose(self) -> None:
        words = self.find.text().lower().split()
        kept = [
            place
            for place, one in enumerate(self._operators)
            if one.category not in self._hidden and all(word in one.name.lower() for word in words)
        ]
        self.table.keep(None if len(kept) == len(self._operators) else kept)
        self._nothing.setVisible(not kept)

    def _show_groups(self, shown: bool) -> None:
        """Show the categories with the sums of their operators instead of the operators, or the operators again."""
        if self.groups is None:
            self.groups = operators_table(by_category(self._all, self._look), self._look, on_host=self._on_host)
            self.body.insertWidget(0, self.groups)
        self.groups.setVisible(shown)
        self.table.setVisible(not shown)
        for part in (self.find, self._filter):
            part.setEnabled(not shown)

    def _copy(self) -> None:
        shown = self.groups if self.groups is not None and self.group.isChecked() else self.table
        QGuiApplication.clipboard().setText(shown.as_text())


def by_category(operators: tuple[OperatorStat, ...], look: Look) -> tuple[OperatorStat, ...]:
    """Return one row per category: calls, time and share summed; rates over the operators whose work is known."""
    found: dict[str, list[OperatorStat]] = {}
    for one in operators:
        found.setdefault(one.category, []).append(one)
    return tuple(_summed(category, rows, look) for category, rows in found.items())


def _summed(category: str, rows: list[OperatorStat], look: Look) -> OperatorStat:
    known = [row for row in rows if row.flops and row.device_time_s]
    flops, seconds = sum(row.flops or 0.0 for row in known), sum(row.device_time_s for row in known)
    return OperatorStat(
        look.say("page_profile.operators_of", count=look.number(len(rows), 0), category=category_name(category, look)),
        category,
        sum(row.calls for row in rows),
        sum(row.device_time_s for row in rows),
        sum(row.share for row in rows),
        flops=flops if known else None,
        tflops=flops / seconds / 1e12 if known else None,
    )


def operators_table(operators: tuple[OperatorStat, ...], look: Look, *, on_host: bool) -> Table:
    """Return the table, the longest operator first."""
    say = look.say
    columns = (
        Column(say("gui.column.operator"), least=200), Column(say("gui.column.category"), width=104),
        Column(say("gui.column.calls"), "", True, 84),
        Column(say("page_profile.host_time" if on_host else "gui.column.device_time"), "s", True, 104),
        Column(say("gui.column.share"), "%", True, 140),
    )  # fmt: skip
    has_rates = any(one.tflops is not None for one in operators)
    if has_rates:
        columns = (*columns, Column(say("page_profile.achieved"), "TFLOPS", True, 96))
    rows = [(*_cells(one, look), *([Cell(look.figure(one.tflops or None), one.tflops)] if has_rates else ())) for one in operators]
    table = Table(columns, rows, look.theme, row_px=ROW_PX, name=say("gui.card.operators"), sort=(3, True))
    table.setMinimumHeight(LEAST_PX)
    return table


def _cells(one: OperatorStat, look: Look) -> tuple[Cell, ...]:
    colour, name = category_colour(one.category, look.theme), category_name(one.category, look)
    host = look.say("page_profile.host_tip", seconds=look.figure(one.host_time_s)) if one.host_time_s is not None else ""
    tip = "\n".join(filter(None, (one.name, host, *_work(one, look))))
    return (
        Cell(one.name, tip=tip), Cell(name, dot=colour), Cell(look.number(one.calls, 0), one.calls),
        Cell(look.figure(one.device_time_s, 4), one.device_time_s, tip),
        Cell(look.number(one.share * 100), one.share, share=one.share, dot=colour),
    )  # fmt: skip


def _work(one: OperatorStat, look: Look) -> list[str]:
    """Return what is known of an operator's work: shapes, rates, side of the roofline, matrix units."""
    say, told = look.say, []
    if one.shapes:
        told.append(say("page_profile.work.shapes", shapes=one.shapes[:MOST_SHAPES]))
    if one.tflops is not None or one.gbs is not None:
        told.append(say("page_profile.work.rates", tflops=look.figure(one.tflops), gbs=look.figure(one.gbs)))
    if one.bound:
        told.append(say(f"page_profile.work.{one.bound}"))
    if one.tensor_core is not None:
        told.append(say("page_profile.work.tensor" if one.tensor_core else "page_profile.work.no_tensor"))
    return told


def is_host_only(profile: Profile) -> bool:
    """Tell whether nothing was recorded on a card."""
    return bool(profile.operators) and all(one.category == "cpu" for one in profile.operators)


def operators_hint(profile: Profile, look: Look) -> str:
    """Return count, time, and the shares of computing and communication with the exposed part."""
    say, operators = look.say, profile.operators
    seconds = look.figure(sum(one.device_time_s for one in operators), 4)
    if is_host_only(profile):
        parts = [say("page_profile.operators_host", count=look.number(len(operators), 0), seconds=seconds)]
    else:
        parts = [say("page_profile.operators", count=look.number(len(operators), 0), seconds=seconds)]
        computing = sum(one.share for one in operators if one.category not in NOT_COMPUTING)
        parts.append(say("page_profile.computing", share=look.number(computing, 2)))
        talk = profile.communication
        if talk.share is not None:
            parts.append(say("page_profile.communicating", share=look.number(talk.share, 2), exposed=look.number(talk.exposed_share, 2)))
    if len(operators) > MOST_ROWS:
        parts.append(say("page_profile.first_rows", count=look.number(MOST_ROWS, 0)))
    return " · ".join(parts)


def category_colour(category: str, theme: Theme) -> str:
    """Return the colour of a category's dot."""
    place = COLOURS.get(category)
    return theme.other if place is None else theme.data[place]


def category_name(category: str, look: Look) -> str:
    """Return a category in the user's language; a reader's own word stays."""
    code = f"page_profile.category.{category}"
    said = look.say(code)
    return category if said == code else said
