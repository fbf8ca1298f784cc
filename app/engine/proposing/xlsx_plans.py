"""The sheet of plans: prices and speeds as inputs, everything else a live formula with its value stored."""

from typing import TYPE_CHECKING, Any

from app.engine.model.plans import Plan
from app.engine.proposing._facts import Facts

if TYPE_CHECKING:
    from app.engine.proposing.xlsx import Book

COLUMNS = (
    "plans.plan", "plans.configuration", "sheet.platform_id", "predictions.cards", "sheet.billing", "sheet.unit_price", "sheet.discount",
    "sheet.tax",
    "sheet.count", "sheet.speed", "sheet.low", "sheet.high", "sheet.duration", "sheet.periods", "sheet.porting",
    "sheet.total", "sheet.value_relative",
    "sheet.performance_rank", "sheet.value_rank", "plans.available", "plans.delivery", "plans.valid", "plans.remark", "sheet.cell",
)  # fmt: skip
(
    PLAN,
    CONFIGURATION,
    ID,
    CARDS,
    BILLING,
    PRICE,
    DISCOUNT,
    TAX,
    COUNT,
    SPEED,
    LOW,
    HIGH,
    DAYS,
    PERIODS,
    PORTING,
    TOTAL,
    VALUE,
    FAST_RANK,
    VALUE_RANK,
    AVAILABLE,
    DELIVERY,
    VALID,
    REMARK,
    CELL,
) = range(len(COLUMNS))
FIRST, TALL_ROW = 6, 28
DAY_SECONDS = 86400


def write_plans(book: "Book", facts: Facts) -> None:
    """Write plans and their chart. Work, speeds, prices, discounts and taxes may be changed; the rest follows."""
    selection = facts.project.selection
    assert selection is not None
    widths = [6.0, 34, 24, 7, 11, 12, 8, 8, 9, 12, 12, 12, 10, 10, 13, 15, 11, 9, 9, 9, 12, 12, 26, 16]
    sheet = book.sheet("plans", book.say("section.plans.title"), widths)
    sheet.write_string(1, 0, book.say("sheet.input_note"), book.format(font_size=9, font_color="#5B6670"))
    given = book.format(bg_color="#FFF8E5", font_color="#124A78", num_format="#,##0")
    sheet.write_string(2, 1, book.say("sheet.work"))
    timed = selection.work_amount is not None
    if timed:
        sheet.write_number(2, 2, selection.work_amount or 0.0, given)
    else:
        sheet.write_string(2, 2, "—")
    sheet.write_string(2, 3, selection.work_unit)
    for column, code in enumerate(COLUMNS):
        sheet.write_string(FIRST - 1, column, book.say(code), book.head())
    sheet.set_row(FIRST - 1, 30)
    last = FIRST + len(selection.plans)
    for row, plan in enumerate(selection.plans, FIRST):
        _row(book, facts, sheet, row, plan, (FIRST + 1, last), timed=timed)
        sheet.set_row(row, TALL_ROW)
    sheet.freeze_panes(FIRST, 2)
    sheet.repeat_rows(FIRST - 1)
    if timed:
        _chart(book, sheet, last, facts)


def _row(book: "Book", facts: Facts, sheet: Any, row: int, plan: Plan, span: tuple[int, int], *, timed: bool) -> None:
    tint = {"bg_color": "#DCE7F0"} if row - FIRST in facts.project.selection.recommended.values() else {}  # type: ignore[union-attr]
    text, number = book.cell(text_wrap=True, **tint), lambda form: book.cell(num_format=form, **tint)
    given = lambda form: book.cell(num_format=form, bg_color="#FFF8E5", font_color="#124A78")  # noqa: E731 - a short form beside its brother
    at = row + 1
    sheet.write_string(row, PLAN, plan.name, text)
    sheet.write_string(row, CONFIGURATION, f"{facts.label(plan.platform)} × {plan.gpus}", text)
    sheet.write_string(row, ID, plan.platform, text)
    sheet.write_number(row, CARDS, plan.gpus, number("#,##0"))
    sheet.write_string(row, BILLING, plan.price.billing, text)
    sheet.write_number(row, PRICE, plan.price.unit_price, given("#,##0.00"))
    sheet.write_number(row, DISCOUNT, plan.price.discount, given("0.00"))
    sheet.write_number(row, TAX, plan.price.tax_rate or 0.0, given("0%"))
    per_node = plan.price.basis == "node" or plan.price.billing == "node-hour"
    count = plan.nodes if per_node and plan.nodes else plan.gpus
    sheet.write_formula(row, COUNT, f"=ROUNDUP(D{at}/{plan.price.cards_per_node},0)" if per_node else f"=D{at}", number("#,##0"), count)
    for column, value in ((SPEED, plan.speed), (LOW, plan.low), (HIGH, plan.high)):
        sheet.write_number(row, column, value, given("#,##0.0"))
    _money(book, sheet, row, plan, count, span, number, timed=timed)
    rank = [other.speed for other in facts.project.selection.plans]  # type: ignore[union-attr]
    sheet.write_formula(row, FAST_RANK, f"=RANK(J{at},J${span[0]}:J${span[1]})", number("0"), 1 + sum(speed > plan.speed for speed in rank))
    for column, value in ((DELIVERY, plan.delivery), (REMARK, _remark(facts, plan)), (CELL, plan.price.cell)):
        sheet.write_string(row, column, value or "—", text)
    if plan.available_cards is None:
        sheet.write_string(row, AVAILABLE, "—", text)
    else:
        sheet.write_number(row, AVAILABLE, plan.available_cards, number("#,##0"))
    sheet.write_string(row, VALID, plan.valid_until.isoformat() if plan.valid_until else "—", text)


def _money(book: "Book", sheet: Any, row: int, plan: Plan, count: int, span: tuple[int, int], number: Any, *, timed: bool) -> None:
    at = row + 1
    if timed and plan.duration_days is not None:
        sheet.write_formula(row, DAYS, f"=$C$3/J{at}/{DAY_SECONDS}", number("#,##0.0"), plan.duration_days)
    else:
        sheet.write_number(row, DAYS, 30, number("#,##0"))
    rate = plan.price.unit_price * plan.price.discount * (1 + (plan.price.tax_rate or 0.0)) * count
    money = plan.total_price if plan.total_price is not None else plan.price_per_month
    paid = float(plan.costs.lines[0].gross) if plan.costs is not None else money
    periods = paid / rate if paid and rate else 0.0
    once = (money or 0.0) - (paid or 0.0)
    sheet.write_formula(row, PERIODS, _periods(plan, at, periods, timed=timed), number("#,##0.0"), periods)
    sheet.write_number(row, PORTING, once, book.cell(num_format="#,##0", bg_color="#FFF8E5", font_color="#124A78"))
    net = f"ROUND(F{at}*G{at}*I{at}*N{at},2)"
    sheet.write_formula(row, TOTAL, f"={net}+ROUND({net}*H{at},2)+O{at}", number("#,##0.00"), money or 0.0)
    work = "$C$3" if timed else f"(J{at}*{DAY_SECONDS}*30)"
    best = f"MAX(INDEX({_all('J', span)}*{DAY_SECONDS}*30/{_all('P', span)},0))" if not timed else f"($C$3/MIN({_all('P', span)}))"
    sheet.write_formula(row, VALUE, f"=IF(P{at}>0,{work}/P{at}/{best},0)", number("0.00"), plan.price_performance_relative or 0.0)
    rank = f"=RANK(Q{at},Q${span[0]}:Q${span[1]})"
    plans = book.facts.project.selection.plans if book.facts.project.selection else ()
    mine = plan.price_performance_relative or 0.0
    sheet.write_formula(row, VALUE_RANK, rank, number("0"), 1 + sum((other.price_performance_relative or 0.0) > mine for other in plans))


def _all(column: str, span: tuple[int, int]) -> str:
    return f"{column}${span[0]}:{column}${span[1]}"


def _periods(plan: Plan, at: int, periods: float, *, timed: bool) -> str:
    """Return how many billing units are paid for, as cost.py counts them; a stated minimum stays a figure."""
    if plan.price.billing == "purchase":
        return "=1"
    if plan.price.minimum:
        return f"={periods!r}"
    if plan.price.billing in ("card-hour", "node-hour"):
        return f"=M{at}*24"
    length = 30 if plan.price.billing == "month" else 365
    return f"=ROUNDUP(ROUND(M{at}/{length},9),0)" if timed else f"=M{at}/{length}"


def _remark(facts: Facts, plan: Plan) -> str:
    return " · ".join([facts.word(f"selecting.tag.{tag}") for tag in plan.tags] + [facts.word(f"paraselect.kind.{plan.kind}")])


def _chart(book: "Book", sheet: Any, last: int, facts: Facts) -> None:
    """Price against duration, one marker per plan with its letter."""
    chart = book.workbook.add_chart({"type": "scatter"})
    name = book.say("sheet.plans")
    labels = [{"value": plan.name} for plan in facts.project.selection.plans]  # type: ignore[union-attr]
    chart.add_series(
        {
            "name": book.say("plans.chart"),
            "categories": [name, FIRST, TOTAL, last - 1, TOTAL],
            "values": [name, FIRST, DAYS, last - 1, DAYS],
            "marker": {"type": "circle", "size": 8, "fill": {"color": "#124A78"}, "border": {"color": "#124A78"}},
            "data_labels": {"value": True, "custom": labels, "position": "right"},
        }
    )
    chart.set_x_axis({"name": book.say("sheet.total"), "num_format": "#,##0", "major_gridlines": {"visible": False}})
    chart.set_y_axis({"name": book.say("plans.axis_days"), "major_gridlines": {"visible": True, "line": {"color": "#DDE1E5"}}})
    chart.set_legend({"none": True})
    chart.set_title({"name": book.say("plans.chart"), "name_font": {"size": 11}})
    chart.set_size({"width": 760, "height": 340})
    sheet.insert_chart(last + 2, 1, chart)
