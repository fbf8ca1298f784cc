"""`suanxuan evaluate [TABLE.csv]`: how good predictions are on a table of runs, or on the measured runs that ship."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli._frame import Command, Result, Words, stderr_progress, text_table
from app.cli._tables import describe_problems, read_told
from app.engine.errors import EngineError
from app.engine.messages import Message, message, render

if TYPE_CHECKING:
    from app.engine.model.evaluations import Evaluation, Score, Skipped

HEADS = ("protocol", "subset", "groups", "rows", "mean", "median", "coverage", "half_width")
MOST_SKIPPED = 20


def arguments(parser: argparse.ArgumentParser, words: Words) -> None:
    """Declare the table, and whether what is stored is enough."""
    parser.epilog = words("evaluate.epilog")
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("table", type=Path, nargs="?", metavar="TABLE.csv", help=words("evaluate.table"))
    parser.add_argument("--fresh", action="store_true", help=words("evaluate.fresh"))


def run(options: argparse.Namespace) -> Result:
    """Predict every measured row from others of its case and compare."""
    from app.engine import evaluation

    progress = stderr_progress(options)
    table = read_told(options.table, options.lang) if options.table else None
    found = evaluation.evaluate_read(table, progress) if table else evaluation.evaluate_shipped(fresh=options.fresh, progress=progress)
    if not found.scores:
        raise EngineError("cli.evaluate.nothing", file=options.table)
    document = {
        "protocols": [describe_score(score) for score in found.scores],
        "skipped": [_describe_skipped(one, options.lang) for one in found.skipped],
        "problems": describe_problems(table, options.lang) if table else [],
    }
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


def _describe_skipped(one: "Skipped", lang: str) -> dict:
    return {"row": one.row, "case": one.case, "platform": one.platform, "reason": render(one.reason, lang), "code": one.reason.code}


def _text(found: "Evaluation", lang: str) -> str:
    from app.engine.model.evaluations import protocol_words, subset_words
    from app.engine.units import format_share

    heads = [render(Message(f"evaluation.head.{head}"), lang) for head in HEADS]
    rows = [
        [
            render(protocol_words(score.protocol), lang),
            render(subset_words(score.subset), lang),
            score.groups,
            score.rows,
            *(format_share(share, 1) for share in (score.macro_mean, score.macro_median, score.coverage, score.half_width)),
        ]
        for score in found.scores
    ]
    lines = [text_table(heads, rows)]
    if found.skipped:
        lines += ["", render(message("cli.evaluate.skipped", count=len(found.skipped)), lang)]
        lines += [_skipped_line(one, lang) for one in found.skipped[:MOST_SKIPPED]]
        if len(found.skipped) > MOST_SKIPPED:
            lines.append(render(message("cli.evaluate.skipped_more", count=len(found.skipped) - MOST_SKIPPED), lang))
    return "\n".join(lines)


def _skipped_line(one: "Skipped", lang: str) -> str:
    if not one.case:  # it could not be read
        return render(message("cli.evaluate.unread_row", row=one.row, reason=one.reason), lang)
    return render(message("cli.evaluate.skipped_row", row=one.row, case=one.case, platform=one.platform, reason=one.reason), lang)


COMMAND = Command("evaluate", arguments, run)
