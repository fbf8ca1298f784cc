"""`suanxuan fit TABLE.csv --case C`: show k1..k4 with in-sample and leave-one-out errors."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli._frame import Command, Result, Words, text_table
from app.cli._shares import shares_document
from app.cli._tables import describe_problems, of_file, read_told
from app.engine.messages import Message, render
from app.engine.model.shares_said import shares_said

if TYPE_CHECKING:
    from app.engine.model.estimates import Fit


def arguments(parser: argparse.ArgumentParser, words: Words) -> None:
    """Declare the table, the case, the reference and the loss."""
    parser.add_argument("table", type=Path, metavar="TABLE.csv", help=words("table"))
    parser.add_argument("--case", default="", metavar="C", help=words("case"))
    parser.add_argument("--reference", default="", metavar="ID", help=words("fit.reference"))
    parser.add_argument("--loss", choices=("rmse", "relative"), default="rmse", help=words("fit.loss"))


def run(options: argparse.Namespace) -> Result:
    """Fit one case."""
    from app.engine import pipeline

    table = read_told(options.table, options.lang)
    with of_file(options.table):
        fit = pipeline.fit_table(table.runs, options.case, reference=options.reference, loss=options.loss)
    document = {**describe_fit(fit, options.lang), "problems": describe_problems(table, options.lang)}
    return Result(document, lambda: _text(fit, options.lang))


def describe_fit(fit: "Fit", lang: str) -> dict:
    """Return the `fit` document of interface.md."""
    return {
        "case": fit.case,
        "reference": fit.reference,
        "k": list(fit.k),
        "loss": fit.loss,
        "rmse": fit.rmse,
        "unit": fit.unit,
        "in_sample_mape": fit.in_sample_mape,
        "leave_one_out_mape": fit.leave_one_out_mape,
        "platforms": [
            {
                "platform": point.platform,
                "gpus": point.gpus,
                "measured": point.measured,
                "predicted": point.predicted,
                "left_out": point.left_out,
            }
            for point in fit.platforms
        ],
        "notes": [render(note, lang) for note in fit.notes],
        "shrunk": shares_document(fit.shares),
    }


def _text(fit: "Fit", lang: str) -> str:
    from app.engine.units import format_number, format_share, format_significant

    def words(code: str, **params: str) -> str:
        return render(Message(f"cli.fit.{code}", dict(params)), lang)

    lines = [
        words("case", case=fit.case, reference=fit.reference),
        "  ".join(f"k{number} = {format_number(value, 3)}" for number, value in enumerate(fit.k, 1)),
        words(
            "errors",
            rmse=f"{format_significant(fit.rmse)} {fit.unit}",
            inside=format_share(fit.in_sample_mape, 1),
            outside=format_share(fit.leave_one_out_mape, 1),
        ),
        "",
        text_table(
            [words(head) for head in ("platform", "measured", "predicted", "left_out")],
            [
                [
                    point.platform,
                    format_significant(point.measured),
                    format_significant(point.predicted),
                    format_significant(point.left_out),
                ]
                for point in fit.platforms
            ],
        ),
        *([render(shares_said(fit.shares), lang)] if fit.shares else []),
        *(render(note, lang) for note in fit.notes),
    ]
    return "\n".join(lines)


COMMAND = Command("fit", arguments, run)
