"""Beside the table of platforms: all facts of one, or up to six side by side with the best of each row marked."""

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial

from msgspec.structs import replace
from PySide6.QtCore import Signal, SignalInstance
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.engine import known
from app.engine.model.platforms import Platform
from app.gui.look import UNKNOWN, Look
from app.gui.theme.tokens import CAPTION_PX, FIGURE_PX, MARGIN, SMALL_PX
from app.gui.widgets import facts
from app.gui.widgets.basics import Card, badge, boxed, chip, column, label, picture, row, tool
from app.gui.widgets.corrected_rows import corrected_rows
from app.gui.widgets.elided import Elided
from app.gui.widgets.platform_radar import PlatformRadar
from app.gui.widgets.platform_table import vendor_name
from app.gui.widgets.table import Cell, Column, Heading, Row, Table

MOST_COMPARED = 6
LEAST_PX = 400
ROW_PX, DETAIL_PX, RADAR_PX = 27, 40, 196
BEST = "trophy"


class PlatformPanel(Card):
    """Shows the chosen platforms, the first one chosen first.

    edit, history, take_back  a fact of the platform that is shown in detail, by its key
    """

    edit = Signal(str)
    history = Signal(str)
    take_back = Signal(str)

    def __init__(self, look: Look, today: date) -> None:
        super().__init__(look.say("page_platforms.details"), " ", padding=1)
        self._look, self._today = look, today
        self.setMinimumWidth(LEAST_PX)
        self.table: Table | None = None
        self._inner: QWidget | None = None
        self._keys: list[str] = []
        self._on_fact = [
            tool(symbol, look.say(f"page_platforms.{code}"), look.theme, partial(self._emit, signal))
            for symbol, code, signal in (
                ("pencil", "edit_fact", self.edit), ("history", "history", self.history), ("undo-2", "take_back", self.take_back),
            )
        ]  # fmt: skip
        for button in self._on_fact:
            self.tools.addWidget(button)
        self.tools.addWidget(tool("copy", look.say("page_platforms.copy_compare"), look.theme, self.copy))

    def show_platforms(self, platforms: Sequence[Platform], machines: Sequence[Row] = (), *, left_out: int = 0) -> None:
        """Show one in detail with its machines, several side by side. left_out: how many more were chosen than fit."""
        say = self._look.say
        several = len(platforms) > 1
        self.title.setText(say("page_platforms.compare" if several else "page_platforms.details"))
        hint = (
            say("page_platforms.compare_hint", count=len(platforms))
            if several
            else say("page_platforms.how_to_compare", most=MOST_COMPARED)
        )
        self.hint.setText(say("page_platforms.compare_full", most=MOST_COMPARED) if left_out else hint)
        if self._inner is not None:
            self._inner.hide()
            self._inner.deleteLater()
        for button in self._on_fact:
            button.setVisible(not several)
        if several:
            self.table, self._keys = comparison(platforms, self._look), []
            parts: list[QWidget] = [self._radar(platforms), self.table]
        else:
            self.table, self._keys = details(platforms[0], self._look, self._today, machines)
            self._offer(self.table, platforms[0])
            parts = [self._about(platforms[0]), self.table]
        self._inner = boxed(column(*parts, spacing=8))
        self.body.addWidget(self._inner)

    def copy(self) -> None:
        """Copy what is shown, with heads and units."""
        if self.table is not None:
            QGuiApplication.clipboard().setText(self.table.as_text())

    def fact_key(self) -> str:
        """Return the fact that is chosen in the details, "" for none."""
        row_of_data = self.table.current_row() if self.table is not None else -1
        return self._keys[row_of_data] if 0 <= row_of_data < len(self._keys) else ""

    def choose_fact(self, key: str) -> None:
        """Make a fact of the details the current one."""
        if self.table is not None and key in self._keys:
            self.table.select_row(self._keys.index(key))

    def _emit(self, signal: SignalInstance) -> None:
        if key := self.fact_key():
            signal.emit(key)

    def _offer(self, table: Table, one: Platform) -> None:
        say = self._look.say
        table.offer(say("page_platforms.edit_fact"), "pencil", partial(self._emit, self.edit))
        table.offer(say("page_platforms.history"), "history", partial(self._emit, self.history))
        table.offer(say("page_platforms.take_back"), "undo-2", partial(self._emit, self.take_back))
        table.opened.connect(lambda _row: self._emit(self.edit))
        table.selectionModel().currentChanged.connect(lambda *_: self._show_what_can_be_done(one))
        self._show_what_can_be_done(one)

    def _show_what_can_be_done(self, one: Platform) -> None:
        key = self.fact_key()
        edit, history, take_back = self._on_fact
        edit.setEnabled(bool(key))
        history.setEnabled(bool(key))
        take_back.setEnabled(bool(key) and bool(one.facts[key].replaced))

    def _radar(self, platforms: Sequence[Platform]) -> QWidget:
        radar = PlatformRadar(platforms, self._look)
        radar.setFixedHeight(RADAR_PX)
        made = column(radar.legend(), radar, spacing=4)
        made.setContentsMargins(MARGIN, 0, MARGIN, 0)
        box = boxed(made)
        box.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        return box

    def _about(self, one: Platform) -> QWidget:
        look, theme, say = self._look, self._look.theme, self._look.say
        head = row(Elided(look.product(one.id), FIGURE_PX, bold=True, middle=True))
        if one.domestic:
            head.addWidget(chip(say("page_platforms.domestic"), theme.text2, theme.unk_soft))
        head.addStretch(1)
        head.addWidget(badge(facts.SUPPLY_LEVELS[one.supply], say(f"platforms.status.{one.supply}"), theme))
        parts: list[QWidget] = [boxed(head), Elided(f"{vendor_name(look, one)} · {one.id}", SMALL_PX, tone="2")]
        supply = Elided(self._supply_line(one), CAPTION_PX, tone="2", fills=True)
        supply.setToolTip(facts.fact_tip(look, one, "supply"))
        parts.append(supply)
        if facts.is_stale(one, self._today):
            months = f"{facts.months_old(one, self._today) or 0:.0f}"
            stale = label(say("page_platforms.stale_tip", months=months), SMALL_PX, tone="warn")
            parts.append(boxed(row(picture("clock", theme.warn, 14), stale, None)))
        if one.note:
            parts.append(label(one.note, CAPTION_PX, tone="2", wrap=True, select=True))
        made = column(*parts, spacing=4)
        made.setContentsMargins(MARGIN, 0, MARGIN, 0)
        return boxed(made)

    def _supply_line(self, one: Platform) -> str:
        say, fact, since = self._look.say, one.facts["supply"], one.text("supply_since")
        if not fact.source:
            return say("selecting.supply_unknown")
        told = say("page_platforms.supply_since", since=since) if since else ""
        return " · ".join(part for part in (told, fact.note, fact.source) if part)


def details(one: Platform, look: Look, today: date, machines: Sequence[Row] = ()) -> tuple[Table, list[str]]:
    """Return all facts of one platform with source and date, and the key of each row, "" for a heading."""
    say = look.say
    columns = (
        Column(say("page_platforms.fact_head"), say("page_platforms.source_head"), least=158),
        Column(say("page_platforms.value_head"), say("page_platforms.as_of"), True, least=210),
    )
    learned = corrected_rows(known.of_platform(known.shipped_rates(), one.id), known.of_platform(known.shipped_software(), one.id), look)
    rows = [*_by_group(look, lambda key: _detail(look, one, key, today)), *learned, *machines]
    keys = [name for group in facts.GROUPS.values() for name in ("", *group)]
    return Table(columns, rows, look.theme, row_px=DETAIL_PX, name=say("page_platforms.details")), keys


def _detail(look: Look, one: Platform, key: str, today: date) -> Row:
    fact, text, tip = one.facts[key], facts.fact_text(look, one, key), partial(facts.fact_tip, look, one, key)
    name, number = _name(look, one, key), fact.value if isinstance(fact.value, float) else None
    chip_text = facts.layer_name(look, fact) if fact.layer != "shipped" else ""
    if text == UNKNOWN and not chip_text:
        missing = look.say("page_platforms.missing", key=key)
        return (replace(name, below=missing, tip=tip), Cell(text, tip=tip, below=look.say("gui.unknown")))
    age = facts.stale_months(fact, today)
    dated = fact.as_of if age is None else f"{fact.as_of} · {look.say('page_platforms.stale', months=f'{age:.0f}')}"
    tone = {"ok": "ok", "warning": "warn", "blocked": "bad"}.get(facts.SUPPLY_LEVELS[one.supply], "") if key == "supply" else ""
    if chip_text and text != UNKNOWN:
        text = f"{text} {fact.unit}".strip()  # the chip takes the place of the unit behind the name
    value = Cell(text, number, tip, below=dated, symbol="" if age is None else "clock", tone=tone)
    return (replace(name, below=fact.source, chip=chip_text, note="" if chip_text else name.note, tip=tip), value)


def comparison(platforms: Sequence[Platform], look: Look) -> Table:
    """Return one row per fact, one column per platform; the best of a row is bold and has a cup, where better has one direction."""
    columns = [Column(look.say("page_platforms.fact_head"), fit=True)]
    columns += [Column(look.product(one.id), vendor_name(look, one), True, least=156, tip=one.label(look.lang)) for one in platforms]
    rows = _by_group(look, lambda key: (_name(look, platforms[0], key), *_compared(look, platforms, key)))
    return Table(columns, rows, look.theme, row_px=ROW_PX, name=look.say("page_platforms.compare"), frozen=True)


def _compared(look: Look, platforms: Sequence[Platform], key: str) -> list[Cell]:
    values = [one.number(key) for one in platforms]
    decimals = facts.decimals_for(value for value in values if value is not None)
    best = _best(key, values)
    cells = []
    for one, value in zip(platforms, values, strict=True):
        is_best = best is not None and value == best
        tip = partial(_tip, look, one, key, is_best=is_best)
        text = facts.fact_text(look, one, key, decimals)
        mark = facts.layer_name(look, one.facts[key]) if one.facts[key].layer != "shipped" else ""
        cells.append(Cell(text, value, tip, bold=is_best, symbol=BEST if is_best else "", tone="ok" if is_best else "", chip=mark))
    return cells


def _tip(look: Look, one: Platform, key: str, *, is_best: bool) -> str:
    told = facts.fact_tip(look, one, key)
    return f"{look.say('page_platforms.best')}\n{told}" if is_best else told


def _best(key: str, values: Sequence[float | None]) -> float | None:
    """Return the best value where one is better than another and the fact has a better direction."""
    known = {value for value in values if value is not None}
    if len(known) < 2 or (key not in facts.MORE_IS_BETTER and key not in facts.LESS_IS_BETTER):
        return None
    return min(known) if key in facts.LESS_IS_BETTER else max(known)


def _name(look: Look, one: Platform, key: str) -> Cell:
    tip = "\n".join(part for part in (facts.definition(look, key), key) if part)
    unit = one.facts[key].unit
    name = facts.fact_name(look, key)
    return Cell(name, tip=tip, note=unit, plain=f"{name} ({unit})" if unit else name)


def _by_group(look: Look, make: Callable[[str], Row]) -> list[Row]:
    rows: list[Row] = []
    for group, keys in facts.GROUPS.items():
        rows.append(Heading(look.say(f"page_platforms.group.{group}")))
        rows += [make(key) for key in keys]
    return rows
