"""`suanxuan prices check|template X.xlsx`: price sheets."""

import argparse
from pathlib import Path

from app.cli._frame import EXIT_DONE, EXIT_INPUT, Command, Result, Words, text_table
from app.engine.messages import Message, render, render_remedy


def arguments(parser: argparse.ArgumentParser, words: Words) -> None:
    """Declare what to do with which workbook."""
    parser.add_argument("action", choices=("check", "template"), help=words("prices.action"))
    parser.add_argument("workbook", type=Path, metavar="X.xlsx", help=words("prices_file"))


def run(options: argparse.Namespace) -> Result:
    """Write a template, or report what was understood of a sheet."""
    from app.engine import pipeline

    if options.action == "template":
        pipeline.write_price_template(options.workbook, options.lang)
        said = Message("cli.prices.template_written", {"file": options.workbook.name})
        return Result({"file": options.workbook.name}, lambda: render(said, options.lang))
    sheet = pipeline.read_prices(options.workbook)
    document = {
        "rows": sheet.rows,
        "accepted": len(sheet.prices),
        "problems": [
            {"cell": problem.cell, "what": render(problem.what, options.lang), "remedy": render_remedy(problem.what, options.lang)}
            for problem in sheet.problems
        ],
        "matches": [{"text": text, "platform": platform or None, "certainty": certainty} for text, platform, certainty in sheet.matches],
    }
    status = EXIT_DONE if sheet.prices else EXIT_INPUT
    return Result(document, lambda: _text(document, options.lang), (), status)


def _text(document: dict, lang: str) -> str:
    def words(code: str, **params: int) -> str:
        return render(Message(f"cli.prices.{code}", dict(params)), lang)

    lines = [words("summary", rows=document["rows"], accepted=document["accepted"])]
    if document["matches"]:
        heads = [words(head) for head in ("written", "platform", "certainty")]
        lines.append(text_table(heads, [[row["text"], row["platform"] or "—", row["certainty"]] for row in document["matches"]]))
    lines += [f"{problem['cell']}: {problem['what']} {problem['remedy']}" for problem in document["problems"]]
    return "\n".join(lines)


COMMAND = Command("prices", arguments, run)
