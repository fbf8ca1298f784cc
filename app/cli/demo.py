"""`suanxuan demo --out DIR`: the whole main job on the sample project that ships with the program."""

import argparse
from pathlib import Path

from app.cli._frame import Command, Result, Words, stderr_progress
from app.cli.propose import documents_result


def arguments(parser: argparse.ArgumentParser, words: Words) -> None:
    """Declare the folder."""
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help=words("propose.out"))


def run(options: argparse.Namespace) -> Result:
    """Read the sample's files, compute every stage, write both documents."""
    from app.engine import pipeline
    from app.engine.progress import part_of

    progress = stderr_progress(options)
    project = pipeline.new_project(pipeline.sample_inputs(), part_of(progress, 0.0, 0.6))
    return documents_result(pipeline.write_documents(project, options.out, options.lang, part_of(progress, 0.6, 1.0)), options.lang)


COMMAND = Command("demo", arguments, run)
