"""`suanxuan scale TABLE.csv --case C --gpus N…`: speed over card counts and nodes."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli._frame import Command, Result, Words, text_table
from app.cli._tables import describe_problems, of_file, read_told
from app.engine.messages import Message, render, term

if TYPE_CHECKING:
    from app.engine.model.curves import Scaling


def arguments(parser: argparse.ArgumentParser, words: Words) -> None:
    """Declare the table, the case and the card counts."""
    parser.add_argument("table", type=Path, metavar="TABLE.csv", help=words("table"))
    parser.add_argument("--case", default="", metavar="C", help=words("case"))
    parser.add_argument("--gpus", nargs="+", type=int, required=True, metavar="N", help=words("scale.counts"))
    parser.add_argument("--platform", default="", metavar="ID", help=words("scale.which_platform"))


def run(options: argparse.Namespace) -> Result:
    """Tell one case at these counts."""
    from app.engine import pipeline

    table = read_told(options.table, options.lang)
    with of_file(options.table):
        found = pipeline.scale_table(table.runs, pipeline.choose_case(table.runs, options.case), options.gpus, options.platform)
    document = {**describe_scaling(found, options.lang), "problems": describe_problems(table, options.lang)}
    return Result(document, lambda: _text(found, options.lang))


def describe_scaling(found: "Scaling", lang: str) -> dict:
    """Return the `scale` document of interface.md."""
    return {
        "case": found.case,
        "platform": found.platform,
        "points": [
            {
                "gpus": point.gpus,
                "nodes": point.nodes,
                "speed": point.speed,
                "low": point.low,
                "high": point.high,
                "efficiency": point.efficiency,
                "kind": point.kind,
                "out_of_range": point.out_of_range,
            }
            for point in found.points
        ],
        "knee_gpus": found.knee_gpus,
        "unit": found.unit,
        "better": found.better,
        "efficiency_base_gpus": found.base_gpus,
        "strong": found.strong,
        "loss_per_doubling": {"in_node": found.loss_in_node, "across_nodes": found.loss_across, "batch": found.loss_batch},
        "notes": [render(note, lang) for note in found.notes],
    }


def _text(found: "Scaling", lang: str) -> str:
    from app.engine.units import format_share, format_significant

    heads = [render(Message(f"cli.scale.{head}"), lang) for head in ("gpus", "nodes", "speed", "interval", "efficiency", "kind")]
    rows = [
        [
            point.gpus,
            point.nodes,
            "—" if point.out_of_range else format_significant(point.speed),
            f"{format_significant(point.low)}–{format_significant(point.high)}",
            format_share(point.efficiency),
            term(f"paraselect.kind.{point.kind}", lang),
        ]
        for point in found.points
    ]
    head = render(Message("cli.scale.case", {"case": found.case, "platform": found.platform, "unit": found.unit}), lang)
    return "\n".join([head, "", text_table(heads, rows), "", *(render(note, lang) for note in found.notes)])


COMMAND = Command("scale", arguments, run)
