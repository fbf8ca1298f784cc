"""`suanxuan new OUT.sxp --run RUN …`: make a project file."""

import argparse
from pathlib import Path

from app.cli._frame import Command, Result, Words, stderr_progress
from app.cli._tables import read_told
from app.engine.messages import Message, render


def arguments(parser: argparse.ArgumentParser, words: Words) -> None:
    """Declare the inputs of a project."""
    parser.add_argument("out", type=Path, metavar="OUT.sxp", help=words("new.out"))
    parser.add_argument("--run", type=Path, required=True, metavar="RUN", help=words("run"))
    parser.add_argument("--trace", nargs="+", type=Path, default=[], metavar="FILE", help=words("inspect.files"))
    parser.add_argument("--measured", type=Path, metavar="T.csv", help=words("table"))
    parser.add_argument("--case", default="", metavar="C", help=words("case"))
    parser.add_argument("--prices", type=Path, metavar="X.xlsx", help=words("prices_file"))


def run(options: argparse.Namespace) -> Result:
    """Read everything, compute every stage, save."""
    from app.engine import pipeline
    from app.engine.project_file import save_project

    table = read_told(options.measured, options.lang) if options.measured else None
    inputs = pipeline.Inputs(options.run, tuple(options.trace), table, options.case, options.prices)
    project = pipeline.new_project(inputs, stderr_progress(options))
    save_project(project, options.out)
    selection = project.selection
    document = {
        "project": options.out.name,
        "stages": sorted(project.hashes),
        "plans": len(selection.plans) if selection else 0,
        "case": project.case or None,
    }
    said = Message("cli.new.written", {"file": options.out.name, "plans": document["plans"]})
    return Result(document, lambda: render(said, options.lang))


COMMAND = Command("new", arguments, run)
