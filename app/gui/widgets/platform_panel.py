"""Beside the table of platforms: all facts of one, or up to six side by side with the best of each row marked."""

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial

from msgspec.structs import replace
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from app.engine.model.platforms import Platform
from app.gui.look import UNKNOWN, Look
from app.gui.theme.tokens import CAPTION_PX, FIGURE_PX, MARGIN, SMALL_PX
from app.gui.widgets import facts
from app.gui.widgets.basics import Card, boxed, chip, column, label, picture, row, tool
from app.gui.widgets.elided import Elided
from app.gui.widgets.platform_table import vendor_name
from app.gui.widgets.table import Cell, Column, Heading, Row, Table

MOST_COMPARED = 6
LEAST_PX = 400
ROW_PX, DETAIL_PX = 27, 40
BEST = "trophy"


class PlatformPanel(Card):
    """Shows the chosen platforms, the first one chosen first."""

    def __init__(self, look: Look, today: date) -> None:
        super().__init__(look.say("page_platforms.details"), " ", padding=1)
        self._look, self._today = look, today
        self.setMinimumWidth(LEAST_PX)
        self.table: Table | None = None
        self._inner: QWidget | None = None
        self.tools.addWidget(tool("copy", look.say("page_platforms.copy_compare"), look.theme, self.copy))

    def show_platforms(self, platforms: Sequence[Platform], *, left_out: int = 0) -> None:
        """Show one in detail, several side by side. left_out: how many more were chosen than fit."""
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
        self.table = comparison(platforms, self._look) if several else details(platforms[0], self._look)
        parts = [self.table] if several else [self._about(platforms[0]), self.table]
        self._inner = boxed(column(*parts, spacing=8))
        self.body.addWidget(self._inner)

    def copy(self) -> None:
        """Copy what is shown, with heads and units."""
        if self.table is not None:
            QGuiApplication.clipboard().setText(self.table.as_text())

    def _about(self, one: Platform) -> QWidget:
        look, theme, say = self._look, self._look.theme, self._look.say
        head = row(Elided(look.product(one.id), FIGURE_PX, bold=True, middle=True))
        if one.domestic:
            head.addWidget(chip(say("page_platforms.domestic"), theme.text2, theme.unk_soft))
        head.addStretch(1)
        parts: list[QWidget] = [boxed(head), Elided(f"{vendor_name(look, one)} · {one.id}", SMALL_PX, tone="2")]
        if facts.is_stale(one, self._today):
            months = f"{facts.months_old(one, self._today) or 0:.0f}"
            stale = label(say("page_platforms.stale_tip", months=months), SMALL_PX, tone="warn")
            parts.append(boxed(row(picture("clock", theme.warn, 14), stale, None)))
        if one.note:
            parts.append(label(one.note, CAPTION_PX, tone="2", wrap=True, select=True))
        made = column(*parts, spacing=4)
        made.setContentsMargins(MARGIN, 0, MARGIN, 0)
        return boxed(made)


def details(one: Platform, look: Look) -> Table:
    """Return all facts of one platform with source and date."""
    say = look.say
    columns = (
        Column(say("page_platforms.fact_head"), say("page_platforms.source_head"), least=200),
        Column(say("page_platforms.value_head"), say("page_platforms.as_of"), True, least=140),
    )
    rows = _by_group(look, lambda key: _detail(look, one, key))
    return Table(columns, rows, look.theme, row_px=DETAIL_PX, name=say("page_platforms.details"))


def _detail(look: Look, one: Platform, key: str) -> Row:
    fact, text, tip = one.facts[key], facts.fact_text(look, one, key), partial(facts.fact_tip, look, one, key)
    name, number = _name(look, one, key), fact.value if isinstance(fact.value, float) else None
    if text == UNKNOWN:
        missing = look.say("page_platforms.missing", key=key)
        return (replace(name, below=missing, tip=tip), Cell(text, tip=tip, below=look.say("gui.unknown")))
    return (replace(name, below=fact.source, tip=tip), Cell(text, number, tip, below=fact.as_of))


def comparison(platforms: Sequence[Platform], look: Look) -> Table:
    """Return one row per fact, one column per platform; the best of a row is bold and has a cup, where better has one direction."""
    columns = [Column(look.say("page_platforms.fact_head"), fit=True)]
    columns += [Column(look.product(one.id), vendor_name(look, one), True, least=124, tip=one.label(look.lang)) for one in platforms]
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
        cells.append(Cell(text, value, tip, bold=is_best, symbol=BEST if is_best else "", tone="ok" if is_best else ""))
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
