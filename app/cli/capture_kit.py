"""`suanxuan capture-kit --out DIR`: scripts that record a run at a customer's machine."""

import argparse
from pathlib import Path

from app.cli._frame import Command, Result, Words
from app.engine.messages import Message, render


def arguments(parser: argparse.ArgumentParser, words: Words) -> None:
    """Declare the folder."""
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help=words("capture_kit.out"))


def run(options: argparse.Namespace) -> Result:
    """Write the kit."""
    from app.engine.capture_kit import write_capture_kit

    files = write_capture_kit(options.out)
    document = {"files": [str(path) for path in files]}
    return Result(document, lambda: "\n".join([*document["files"], render(Message("cli.capture_kit.use"), options.lang)]))


COMMAND = Command("capture-kit", arguments, run)
