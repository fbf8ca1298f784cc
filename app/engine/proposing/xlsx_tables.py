"""The other sheets: predictions with their chart, the whole adaptation matrix, characteristics, the price snapshot."""

from typing import TYPE_CHECKING

from app.engine.model.assessments import CHECKS
from app.engine.model.estimates import Prediction
from app.engine.model.evaluations import basis_words, standing_of
from app.engine.model.proposals import Column, Section, Table, Text
from app.engine.proposing._effort_tables import breakdown_rows
from app.engine.proposing._explained import next_of
from app.engine.proposing._facts import Facts

if TYPE_CHECKING:
    from app.engine.proposing.xlsx import Book

CHARTED = 15


def write_predictions(book: "Book", facts: Facts) -> None:
    """Every prediction, fastest first, with k and terms."""
    widths: list[float] = [34, 8, 12, 12, 12, 16, 10, 10, 40, 10, 10, 12, 8, 8, 8, 8, 44, 12, 80]
    sheet = book.sheet("predictions", book.say("section.predictions.title"), widths)
    lower = any(one.better == "lower" for one in facts.project.predictions)
    ranked = sorted(facts.project.predictions, key=lambda one: (one.value is None, (one.value or 0.0) * (1 if lower else -1)))
    heads = (
        "predictions.platform",
        "predictions.cards",
        "predictions.predicted",
        "sheet.low",
        "sheet.high",
        "characteristics.unit",
        "predictions.kind",
        "predictions.error",
    )
    columns = (
        *(Column(book.say(code)) for code in heads[:2]),
        *(Column(book.say(code), format="significant") for code in heads[2:5]),
        Column(book.say(heads[5])),
        Column(book.say(heads[6])),
    )
    columns += (
        Column(book.say(heads[7]), format="share"),
        Column(book.say("predictions.basis")),
        Column(book.say("predictions.trials"), format="integer"),
        *(Column(book.say(f"predictions.{name}"), format="share") for name in ("mean_error", "covered")),
        *(Column(f"k{number}", format="number3") for number in range(1, 5)),
        Column(book.say("explained.next")),
        Column(book.say("explained.after"), "±", "share"),
        Column(book.say("predictions.note")),
    )
    rows = tuple(
        (
            facts.label(one.platform),
            one.gpus,
            None if one.out_of_range else one.value,
            one.low,
            one.high,
            one.unit,
            facts.word(f"paraselect.kind.{one.kind}") if one.kind else None,
            one.error_mape if one.value is not None else None,
            *_standing(facts, one),
            *(one.k or (None,) * 4),
            *next_of(facts, one.platform, one.gpus),
            "; ".join(facts.render(note) for note in one.notes),
        )
        for one in ranked
    )
    book.table(sheet, 2, Table(book.say("predictions.table"), columns, rows))
    sheet.freeze_panes(4, 1)
    sheet.repeat_rows(3)
    count = min(CHARTED, sum(one.value is not None for one in ranked))
    if count:
        _bars(book, sheet, count, len(rows) + 6)


def _standing(facts: Facts, one: Prediction) -> tuple[str | int | float | None, ...]:
    """Return what a prediction rests on, and on how many held-out ones how far off and how often inside the interval such were."""
    score = standing_of(one.basis, facts.scores) if one.value is not None else None
    if score is None:
        return (None, None, None, None)
    return (facts.render(basis_words(one.basis)), score.rows, score.macro_mean, score.coverage)


def _bars(book: "Book", sheet: object, count: int, row: int) -> None:
    chart = book.workbook.add_chart({"type": "bar"})
    name = book.say("sheet.predictions")
    chart.add_series(
        {
            "name": book.say("predictions.predicted"),
            "categories": [name, 4, 0, 3 + count, 0],
            "values": [name, 4, 2, 3 + count, 2],
            "fill": {"color": "#124A78"},
            "gap": 60,
        }
    )
    chart.set_y_axis({"reverse": True})
    chart.set_x_axis({"major_gridlines": {"visible": True, "line": {"color": "#DDE1E5"}}})
    chart.set_legend({"none": True})
    chart.set_title({"name": book.say("predictions.chart"), "name_font": {"size": 11}})
    chart.set_size({"width": 760, "height": 60 + 26 * count})
    sheet.insert_chart(row, 0, chart)  # type: ignore[attr-defined]


def write_adaptation(book: "Book", facts: Facts) -> None:
    """The whole matrix: every platform, every check, reason and person-days."""
    sheet = book.sheet("adaptation", book.say("section.adaptation.title"), [34, 12, *[11] * len(CHECKS), 9, 9, 9, 80])
    columns = (
        Column(book.say("adaptation.platform")),
        Column(book.say("adaptation.verdict")),
        *(Column(facts.word(f"assessing.check.{check}")) for check in CHECKS),
        *(
            Column(f"{book.say('adaptation.days')} {book.say(word)}", format="number1")
            for word in ("sheet.low", "adaptation.days", "sheet.high")
        ),
        Column(book.say("adaptation.finding")),
    )
    rows = tuple(
        (
            facts.label(one.platform),
            facts.word(f"assessing.verdict.{one.verdict}"),
            *(
                " ".join(
                    [facts.word(f"assessing.level.{finding.level}"), facts.render(finding.short) if finding.level != "unknown" else ""]
                ).strip()
                for finding in one.checks
            ),
            *(one.effort.person_days if one.effort else (None,) * 3),
            facts.render(one.reason),
        )
        for one in facts.project.assessments
    )
    book.table(sheet, 2, Table(book.say("adaptation.matrix"), columns, rows))
    sheet.freeze_panes(4, 1)
    sheet.repeat_rows(3)
    sheet.autofilter(3, 0, 3 + len(rows), len(columns) - 1)


def write_effort(book: "Book", facts: Facts) -> None:
    """The effort on every platform, piece by piece, with all of each source."""
    sheet = book.sheet("effort", book.say("adaptation.pieces"), [34, 18, 46, 9, 9, 9, 80])
    columns = (
        Column(book.say("adaptation.platform")),
        Column(book.say("adaptation.stage")),
        Column(book.say("adaptation.piece")),
        *(Column(book.say(f"adaptation.{end}"), format="number1") for end in ("low", "likely", "high")),
        Column(book.say("adaptation.source")),
    )
    rows = tuple((facts.label(one.platform), *row) for one in facts.project.assessments if one.effort for row in breakdown_rows(facts, one))
    book.table(sheet, 2, Table(book.say("adaptation.effort_rule"), columns, rows))
    sheet.freeze_panes(4, 1)
    sheet.repeat_rows(3)
    sheet.autofilter(3, 0, 3 + len(rows), len(columns) - 1)


def write_statistics(book: "Book", section: Section, facts: Facts) -> None:
    """The tables of the chapter, operators in full."""
    sheet = book.sheet("characteristics", section.title, [46, 14, 12, 12, 12, 12, 12, 60])
    row = 2
    for block in section.blocks:
        if isinstance(block, Text) and block.style in ("answer", "bullet"):
            sheet.write_string(row, 0, block.text, book.format(bold=block.style == "answer"))
            row += 1
        elif isinstance(block, Table) and block.name != "operators":
            row = book.table(sheet, row + 1, block)
    profile = facts.project.profile
    columns = next((block.columns for block in section.blocks if isinstance(block, Table) and block.name == "operators"), None)
    if profile is not None and columns is not None:
        cells = ((one.name[:250], one.category, one.calls, one.device_time_s, one.share, one.tflops) for one in profile.operators)
        rows = tuple(row[: len(columns)] for row in cells)  # achieved TFLOPS stand in the document only where some are known
        book.table(sheet, row + 1, Table(book.say("characteristics.operators"), columns, rows))


def write_prices(book: "Book", facts: Facts) -> None:
    """The price snapshot, as it was understood."""
    prices = facts.project.prices
    assert prices is not None
    sheet = book.sheet("prices", f"{book.say('sheet.prices')} · {prices.file}", [16, 30, 28, 10, 12, 12, 8, 8, 8, 10, 12, 12, 40])
    keys = (
        "cell",
        "text",
        "platform",
        "basis",
        "billing",
        "unit_price",
        "currency",
        "discount",
        "tax_rate",
        "available_cards",
        "delivery_text",
        "valid_until",
        "note",
    )
    heads = (
        "sheet.cell",
        "plans.configuration",
        "sheet.platform_id",
        "sheet.count",
        "sheet.billing",
        "sheet.unit_price",
        "requirement.key.currency",
        "sheet.discount",
        "sheet.tax",
        "plans.available",
        "plans.delivery",
        "plans.valid",
        "plans.remark",
    )
    formats = {"unit_price": "money", "discount": "number2", "tax_rate": "share"}
    columns = tuple(Column(book.say(head), format=formats.get(key, "text")) for key, head in zip(keys, heads, strict=True))  # type: ignore[arg-type]
    rows = tuple(tuple(getattr(price, key) if getattr(price, key) != "" else None for key in keys) for price in prices.prices)
    end = book.table(sheet, 2, Table(book.say("sheet.prices"), columns, rows))
    for number, problem in enumerate(prices.problems):
        sheet.write_string(end + number, 0, problem.cell, book.format(font_color="#C2570C"))
        sheet.write_string(end + number, 1, facts.render(problem.what), book.format())
