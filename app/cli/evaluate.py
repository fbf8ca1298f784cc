"""`suanxuan evaluate [TABLE.csv]`: how good predictions are on a table of runs, or on the measured runs that ship."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli._frame import Command, Result, Words, text_table
from app.cli._tables import describe_problems, read_told
from app.engine.errors import EngineError
from app.engine.messages import Message, render

if TYPE_CHECKING:
    from app.engine.model.estimates import Score


def arguments(parser: argparse.ArgumentParser, words: Words) -> None:
    """Declare the table."""
    parser.add_argument("table", type=Path, nargs="?", metavar="TABLE.csv", help=words("evaluate.table"))


def run(options: argparse.Namespace) -> Result:
    """Predict every measured row from others of its case and compare."""
    from app.engine import evaluation

    table = read_told(options.table, options.lang) if options.table else None
    found = evaluation.evaluate_table(table.runs) if table else evaluation.evaluate_shipped()
    if not found:
        raise EngineError("cli.evaluate.nothing", file=options.table)
    document: dict[str, object] = {"protocols": [describe_score(score) for score in found]}
    if table:
        document["problems"] = describe_problems(table, options.lang)
    return Result(document, lambda: _text(found, options.lang))


def describe_score(score: "Score") -> dict:
    """Return one protocol of the `evaluate` document of interface.md."""
    return {
        "name": score.protocol,
        "subset": score.subset,
        "groups": score.groups,
        "rows": score.rows,
        "macro_mean": score.macro_mean,
        "macro_median": score.macro_median,
        "coverage": score.coverage,
        "half_width": score.half_width,
    }


def _text(found: "tuple[Score, ...]", lang: str) -> str:
    from app.engine.units import format_share

    def words(code: str) -> str:
        return render(Message(code), lang)

    heads = [words(f"cli.evaluate.{head}") for head in ("protocol", "subset", "groups", "rows", "mean", "median", "coverage", "half_width")]
    rows = [
        [
            words(f"cli.evaluate.by.{score.protocol}"),
            words(f"cli.evaluate.{score.subset}" if score.subset in ("all", "domestic") else f"paraselect.class.{score.subset}"),
            score.groups,
            score.rows,
            *(format_share(share, 1) for share in (score.macro_mean, score.macro_median, score.coverage, score.half_width)),
        ]
        for score in found
    ]
    return text_table(heads, rows)


COMMAND = Command("evaluate", arguments, run)
