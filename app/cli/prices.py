"""`suanxuan prices check|template X.xlsx`: price sheets."""

import argparse
import datetime
from pathlib import Path

from app.cli._frame import EXIT_DONE, EXIT_INPUT, Command, Result, Words, text_table
from app.engine.messages import Message, render, render_remedy
from app.engine.model.plans import Price, PriceProblem, PriceReading, PriceSheet

MOST_READINGS = 400


def arguments(parser: argparse.ArgumentParser, words: Words) -> None:
    """Declare what to do with which workbook."""
    parser.add_argument("action", choices=("check", "template"), help=words("prices.action"))
    parser.add_argument("workbook", type=Path, metavar="X.xlsx", help=words("prices_file"))
    parser.add_argument("--hidden", action="store_true", help=words("prices.hidden"))
    parser.add_argument("--cells", action="store_true", help=words("prices.cells"))


def run(options: argparse.Namespace) -> Result:
    """Write a template, or report what was understood of a sheet."""
    from app.engine import pipeline

    if options.action == "template":
        pipeline.write_price_template(options.workbook, options.lang)
        said = Message("cli.prices.template_written", {"file": options.workbook.name})
        return Result({"file": options.workbook.name}, lambda: render(said, options.lang))
    sheet = pipeline.read_prices(options.workbook, hidden=options.hidden)
    document = describe_sheet(sheet, options.lang)
    status = EXIT_DONE if sheet.prices else EXIT_INPUT
    return Result(document, lambda: _text(document, options.lang, cells=options.cells), (), status)


def describe_sheet(sheet: PriceSheet, lang: str) -> dict:
    """Return the `prices check` document of interface.md; beside its keys: every cell, what was skipped, assumed, and is stale."""
    from app.engine.platform_store import load_price_limits, staleness

    limits, today = load_price_limits(), datetime.date.today()
    return {
        "rows": sheet.rows,
        "accepted": len(sheet.prices),
        "problems": [_problem(problem, lang) for problem in sheet.problems],
        "matches": [{"text": text, "platform": platform or None, "certainty": certainty} for text, platform, certainty in sheet.matches],
        "assumptions": [_problem(problem, lang) for problem in sheet.assumptions],
        "skipped": [{"where": one.where, "text": one.text, "why": render(one.why, lang)} for one in sheet.skipped],
        "columns": [{"cell": one.cell, "head": one.head, "field": one.field or None} for one in sheet.columns],
        "prices": [_price(price, staleness(price, today, limits), lang) for price in sheet.prices],
        "cells": [_reading(one, lang) for one in sheet.readings],
    }


def _problem(problem: PriceProblem, lang: str) -> dict:
    told = {"cell": problem.cell, "what": render(problem.what, lang), "remedy": render_remedy(problem.what, lang)}
    return {**told, "level": problem.level, "count": problem.count, "code": problem.what.code}


def _price(price: Price, stale: tuple[str, ...], lang: str) -> dict:
    same = ("cell", "platform", "basis", "cards_per_node", "billing", "unit_price", "currency", "tax_included", "tax_rate", "written_price")
    more = ("discount", "least_cards", "most_cards", "least_months", "most_months", "available_cards", "delivery_days")
    return {
        **{key: getattr(price, key) for key in (*same, *more)},
        "price_date": price.price_date.isoformat() if price.price_date else None,
        "valid_until": price.valid_until.isoformat() if price.valid_until else None,
        "stale": list(stale),
        "doubts": [render(doubt, lang) for doubt in price.doubts],
    }


def _reading(one: PriceReading, lang: str) -> dict:
    reason = render(one.reason, lang) if one.reason else ""
    return {
        "price": one.price, "cell": one.cell, "field": one.field, "text": one.text, "value": one.value,
        "certainty": one.certainty, "reason": reason,
    }  # fmt: skip


def _text(document: dict, lang: str, *, cells: bool) -> str:
    def words(code: str, **params: str | int) -> str:
        return render(Message(f"cli.prices.{code}", dict(params)), lang)

    lines = [words("summary", rows=document["rows"], accepted=document["accepted"])]
    if document["matches"]:
        heads = [words(head) for head in ("written", "platform", "certainty")]
        lines.append(text_table(heads, [[row["text"], row["platform"] or "—", row["certainty"]] for row in document["matches"]]))
    doubtful = [one for one in document["cells"] if cells or one["certainty"] == "doubt"]
    if doubtful:
        heads = [words(head) for head in ("cell", "field", "as_written", "value", "sure", "reason")]
        shown = doubtful[:MOST_READINGS]
        rows = [
            [
                one["cell"] or "—",
                words(f"fields.{one['field']}"),
                one["text"],
                one["value"],
                words(f"sureness.{one['certainty']}"),
                one["reason"],
            ]
            for one in shown
        ]
        lines.append(text_table(heads, rows))
        lines += [words("more", count=len(doubtful) - len(shown))] if len(doubtful) > len(shown) else []
    for part in ("problems", "assumptions"):
        lines += [
            f"{one['cell']}{words('times', count=one['count']) if one['count'] > 1 else ''}: {one['what']} {one['remedy']}"
            for one in document[part]
        ]
    lines += [f"{one['where']}: {one['why']} {one['text']}".rstrip() for one in document["skipped"]]
    stale = [one for one in document["prices"] if one["stale"]]
    if stale:
        kinds = " ".join(sorted({words(f"stale.{kind}") for one in stale for kind in one["stale"]}))
        lines.append(words("stale.line", count=len(stale), kinds=kinds))
    return "\n".join(lines)


COMMAND = Command("prices", arguments, run)
