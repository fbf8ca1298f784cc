"""The columns of the plan table, those that can be added to it, and the cells of a plan."""

from collections.abc import Callable

from msgspec import Struct

from app.engine.model.plans import Plan, Selection
from app.gui.look import UNKNOWN
from app.gui.plan_words import AREA, PlanWords
from app.gui.widgets.table import Cell, Column, Table

ROW_PX, LEAST_NAME_PX = 39, 136
BEST = {"highest_performance", "best_price_performance"}
SHOWN_AT_FIRST = ("plan", "basis", "speed", "duration", "price", "value", "available", "delivery", "valid")
SHOWN_WIDE = (*SHOWN_AT_FIRST, "verdict", "marks", "porting", "unit_price", "region")


class PlanColumn(Struct, frozen=True):
    """One column: its key, how it looks, the cell of a plan."""

    key: str
    column: Column
    cell: Callable[[Plan], Cell]


def plan_columns(words: PlanWords) -> list[PlanColumn]:
    """Return all columns in their order."""
    say, wide = words.look.say, 1.0 if words.look.lang == "zh" else 1.25
    made = _Cells(words)

    def column(key: str, unit: str, width: int, cell: Callable[[Plan], Cell], *, number: bool = True) -> PlanColumn:
        return PlanColumn(key, Column(say(f"{AREA}.column.{key}"), unit, number, width, least=LEAST_NAME_PX), cell)

    price = "per_month" if words.monthly else "price"
    return [
        column("plan", say(f"{AREA}.unit.plan"), 0, made.name, number=False),
        column("basis", say(f"{AREA}.unit.basis"), round(74 * wide), made.basis, number=False),
        column("speed", words.speed.unit, 84, made.speed),
        column("duration", say(f"{AREA}.days"), 70, made.duration),
        PlanColumn("price", Column(say(f"{AREA}.column.{price}"), words.money.unit, True, 72), made.price),
        column("value", say(f"{AREA}.unit.value"), 100, made.value),
        column("available", say(f"{AREA}.unit.available"), 60, made.available),
        column("delivery", say(f"{AREA}.days"), 56, made.delivery),
        column("valid", say(f"{AREA}.unit.valid"), 76, made.valid),
        column("verdict", "", round(88 * wide), made.verdict, number=False),
        column("marks", "", 150, made.marks, number=False),
        column("porting", words.money.unit, 84, made.porting),
        column("pflops", say(f"{AREA}.unit.pflops"), 84, made.pflops),
        column("unit_price", say(f"{AREA}.unit.unit_price"), 130, made.unit_price),
        column("region", "", 80, lambda plan: Cell(plan.price.region or UNKNOWN), number=False),
        column("configuration", "", 190, lambda plan: Cell(plan.configuration, tip=plan.configuration), number=False),
    ]


def plan_table(selection: Selection, words: PlanWords, columns: list[PlanColumn]) -> Table:
    """Return the table of all plans, the fastest first."""
    rows = [[column.cell(plan) for column in columns] for plan in selection.plans]
    fastest = [column.key for column in columns].index("speed")
    heads = [column.column for column in columns]
    return Table(heads, rows, words.look.theme, row_px=ROW_PX, name=words.look.say(f"{AREA}.table"), sort=(fastest, True))


class _Cells:
    """The cells of a plan. What speaks against it is told by icon, word and tone in the column that it concerns."""

    def __init__(self, words: PlanWords) -> None:
        self._words, self._look = words, words.look

    def _tag(self, plan: Plan, tag: str) -> bool:
        return tag in plan.tags

    def _quiet(self, plan: Plan) -> bool:
        return "misses_deadline" in plan.tags or "reference_only" in plan.tags

    def name(self, plan: Plan) -> Cell:
        doubt = self._tag(plan, "does_not_fit")
        supply = next((tag for tag in ("reference_only", "not_supplied") if tag in plan.tags), "")
        return Cell(
            self._words.name(plan), tip=self._words.tip(plan), bold=bool(BEST & set(plan.tags)), quiet=self._quiet(plan),
            symbol="triangle-alert" if doubt else "", tone="warn" if doubt else "",
            chip=self._look.say(f"selecting.tag.{supply}") if supply else "",
        )  # fmt: skip

    def basis(self, plan: Plan) -> Cell:
        return Cell(self._look.say(f"paraselect.kind.{plan.kind}"), tip=self._words.speed_tip(plan), kind=plan.kind)

    def speed(self, plan: Plan) -> Cell:
        words, tip = self._words, self._words.speed_tip(plan)
        if self._tag(plan, "out_of_range"):  # beyond what was measured the interval stands for the number
            return Cell(words.speed.band(plan.low, plan.high, self._look), plan.speed, tip, tone="2")
        return Cell(words.speed.text(plan.speed, self._look), plan.speed, tip, bold=bool(BEST & set(plan.tags)), quiet=self._quiet(plan))

    def duration(self, plan: Plan) -> Cell:
        late = self._tag(plan, "misses_deadline")
        text = self._look.number(plan.duration_days)
        tip = self._words.speed_tip(plan) + (f"\n{self._look.say('selecting.tag.misses_deadline')}" if late else "")
        return Cell(
            text, _known(plan.duration_days), tip, symbol="clock" if late else "", tone="bad" if late else "", quiet=self._quiet(plan)
        )

    def price(self, plan: Plan) -> Cell:
        price, over = self._words.price(plan), self._tag(plan, "over_budget")
        tip = self._words.price_tip(plan) + (f"\n{self._look.say('selecting.tag.over_budget')}" if over else "")
        return Cell(
            self._words.money.text(price, self._look), _known(price), tip, bold=bool(BEST & set(plan.tags)), quiet=self._quiet(plan),
            symbol="circle-alert" if over else "", tone="bad" if over else "",
        )  # fmt: skip

    def value(self, plan: Plan) -> Cell:
        share = plan.price_performance_relative
        tip = self._look.say(f"{AREA}.value_tip")
        grey = self._look.theme.control if self._quiet(plan) else ""
        return Cell(self._look.number(share, 2), _known(share), tip, share=share, dot=grey, quiet=self._quiet(plan))

    def pflops(self, plan: Plan) -> Cell:
        return Cell(UNKNOWN) if plan.pflops is None else Cell(self._look.number(plan.pflops, 2), plan.pflops)

    def available(self, plan: Plan) -> Cell:
        lacking = self._tag(plan, "not_enough_cards")
        tip = self._look.say("selecting.tag.not_enough_cards") if lacking else self._words.price_tip(plan)
        text = self._look.number(plan.available_cards, 0)
        return Cell(
            text, _known(plan.available_cards), tip, symbol="triangle-alert" if lacking else "",
            tone="warn" if lacking else "", quiet=self._quiet(plan),
        )  # fmt: skip

    def delivery(self, plan: Plan) -> Cell:
        text = self._look.number(plan.delivery_days, 0) if plan.delivery_days is not None else plan.delivery or UNKNOWN
        return Cell(text, _known(plan.delivery_days), plan.delivery, quiet=self._quiet(plan))

    def valid(self, plan: Plan) -> Cell:
        until, expired = plan.valid_until, self._tag(plan, "price_expired")
        stale = [self._look.say(f"selecting.tag.{tag}") for tag in ("price_old", "price_undated", "price_doubtful") if self._tag(plan, tag)]
        if until is None:
            lines = [self._look.say(f"{AREA}.no_validity"), *stale]
            return Cell(UNKNOWN, "", "\n".join(lines), symbol="triangle-alert" if stale else "", tone="warn" if stale else "", quiet=True)
        lines = [self._look.say(f"{AREA}.{'expired' if expired else 'valid_until'}", date=str(until)), *stale]
        tip, expired = "\n".join(lines), expired or bool(stale)
        return Cell(
            f"{until:%m-%d}", str(until), tip, symbol="triangle-alert" if expired else "", tone="warn" if expired else "",
            quiet=self._quiet(plan),
        )  # fmt: skip

    def verdict(self, plan: Plan) -> Cell:
        level = {"ready": "ok", "adapt": "warning"}.get(plan.verdict, plan.verdict)
        return Cell(self._look.say(f"{AREA}.verdict.{plan.verdict}"), level=level, badge=True)

    def marks(self, plan: Plan) -> Cell:
        text = " · ".join(self._look.say(f"selecting.tag.{tag}") for tag in plan.tags)
        return Cell(text or UNKNOWN, tip=text, quiet=not text)

    def porting(self, plan: Plan) -> Cell:
        days, money = self._look.number(plan.porting_days, 0), self._words.money
        tip = self._look.say(f"{AREA}.porting_apart", days=days)
        if plan.porting_cost is not None and not self._words.monthly:
            ends = {"low": money.text(plan.porting_low, self._look), "high": money.text(plan.porting_high, self._look)}
            tip = self._look.say(f"{AREA}.porting_tip", days=days, unit=money.unit, **ends)
        return Cell(self._words.money.text(plan.porting_cost, self._look), _known(plan.porting_cost), tip, quiet=plan.porting_cost is None)

    def unit_price(self, plan: Plan) -> Cell:
        billing = self._look.say(f"{AREA}.billing.{plan.price.billing}")
        text = f"{self._look.number(plan.price.unit_price, 2)} / {billing}"
        return Cell(text, plan.price.unit_price, self._words.price_tip(plan))


def _known(value: float | None) -> float:
    """Return what an unknown figure is ordered by: below all known ones."""
    return -1.0 if value is None else float(value)
