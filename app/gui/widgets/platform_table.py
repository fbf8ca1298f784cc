"""The table of platforms: one row each below its vendor, the figures of a data sheet, every one with its source on hover."""

from collections.abc import Collection, Sequence
from datetime import date
from functools import partial

from app.engine.model.platforms import Platform
from app.engine.platform_store import load_stale_after
from app.gui.look import UNKNOWN, Look
from app.gui.widgets import facts
from app.gui.widgets.table import Cell, Column, Heading, Row, Table

FIGURES = ("memory_gb", "memory_bw_gbs", "bf16_tensor_tflops", "fp32_tflops", "fp64_tflops", "fabric_bw_one_direction_gbs")
WORDS = ("host_link", "architecture")
SHOWN = (*FIGURES, "host_link", "tdp_w", "architecture", "release_year")
ROW_PX, ARCHITECTURE_PX = 29, 132


class PlatformTable(Table):
    """Rows are the platforms in `shown`; headings among them are None."""

    def __init__(self, platforms: Sequence[Platform], look: Look, today: date, *, grouped: bool = True) -> None:
        self._look, self._today = look, today
        self._decimals = {key: facts.decimals_for(v for one in platforms if (v := one.number(key)) is not None) for key in SHOWN}
        self.shown: list[Platform | None] = []
        units = {key: platforms[0].facts[key].unit for key in SHOWN} if platforms else {}
        rows = self._grouped(platforms) if grouped else [self._row(one, one.label(look.lang)) for one in platforms]
        super().__init__(self._columns(units), rows, look.theme, row_px=ROW_PX, name=look.say("gui.card.platforms"), frozen=True)

    def _grouped(self, platforms: Sequence[Platform]) -> list[Row]:
        vendors: dict[str, list[Platform]] = {}
        for one in platforms:
            vendors.setdefault(vendor_name(self._look, one), []).append(one)
        rows: list[Row] = []
        for vendor, members in vendors.items():
            rows.append(Heading(f"{vendor} · {len(members)}"))
            self.shown.append(None)
            rows += [self._row(one, self._look.product(one.id)) for one in members]
        return rows

    def _row(self, one: Platform, name: str) -> Row:
        look = self._look
        self.shown.append(one)
        domestic = Cell(look.say("page_platforms.domestic") if one.domestic else "")
        tip = f"{one.label(look.lang)}\n{one.id}" + (f"\n{one.note}" if one.note else "")
        layers = {fact.layer for fact in one.facts.values()} - {"shipped"}
        mark = next((layer for layer in ("project", "site") if layer in layers), "site" if one.based_on else "")
        chip = look.say(f"page_platforms.layer.{mark}") if mark else ""
        return (Cell(name, tip=tip, chip=chip), supply_cell(look, one), *(self._fact(one, key) for key in SHOWN), domestic, self._date(one))

    def _fact(self, one: Platform, key: str) -> Cell:
        text, number = facts.fact_text(self._look, one, key, self._decimals[key]), one.number(key)
        lacking = facts.lacks_fabric(one, key)
        return Cell(text, 0.0 if lacking else number, partial(facts.fact_tip, self._look, one, key), quiet=lacking)

    def _date(self, one: Platform) -> Cell:
        dated, say = facts.as_of(one), self._look.say
        if not dated:
            return Cell(UNKNOWN)
        if not facts.is_stale(one, self._today):
            return Cell(dated, dated, one.facts["memory_gb"].source)
        months = f"{facts.months_old(one, self._today) or 0:.0f}"
        words = say("page_platforms.stale", months=months)
        return Cell(
            dated, dated, say("page_platforms.stale_tip", months=months), symbol="clock", tone="warn", note=words, plain=f"{dated} {words}"
        )

    def _columns(self, units: dict[str, str]) -> tuple[Column, ...]:
        say = self._look.say
        middle = (
            Column(
                facts.fact_name(self._look, key),
                units.get(key, ""),
                key not in WORDS,
                tip=facts.definition(self._look, key),
                fit=key != "architecture",
                width=ARCHITECTURE_PX if key == "architecture" else 0,
            )
            for key in SHOWN
        )
        dated = Column(say("page_platforms.as_of"), tip=say("page_platforms.as_of_tip", months=f"{load_stale_after():.0f}"), fit=True)
        domestic = Column(say("page_platforms.domestic"), fit=True)
        supply = Column(say("page_platforms.fact.supply"), tip=say("page_platforms.definition.supply"), fit=True)
        return (Column(say("page_platforms.platform"), least=224, most=340), supply, *middle, domestic, dated)

    # Rows by platform ---------------------------------------------------------------------------------------------------------------

    def chosen(self) -> list[str]:
        """Return the ids of the selected platforms, in the order that is seen."""
        return [one.id for row in self.selected_rows() if (one := self.shown[row]) is not None]

    def ids_in_sight(self) -> set[str]:
        """Return the ids of the platforms that are shown."""
        return {one.id for row in self.shown_rows() if (one := self.shown[row]) is not None}

    def choose(self, ids: Collection[str]) -> None:
        """Select those of these platforms that are shown."""
        places = {one.id: row for row in self.shown_rows() if (one := self.shown[row]) is not None}
        self.select_rows([places[name] for name in ids if name in places])


def supply_cell(look: Look, one: Platform) -> Cell:
    """Return whether a platform can be supplied, with its source on hover."""
    order = {"ok": 0.0, "warning": 1.0, "blocked": 2.0, "unknown": 3.0}
    level = facts.SUPPLY_LEVELS[one.supply]
    return Cell(facts.fact_text(look, one, "supply"), order[level], partial(facts.fact_tip, look, one, "supply"), level=level)


def vendor_name(look: Look, platform: Platform) -> str:
    """Return the vendor in the language of the window."""
    return (platform.vendor_zh if look.lang == "zh" else "") or platform.vendor_en
