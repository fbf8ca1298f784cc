"""`suanxuan propose PROJECT.sxp --out DIR`: write proposal.pdf and proposal.xlsx."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli._frame import Command, Result, Words, stderr_progress
from app.engine.messages import Message, render

if TYPE_CHECKING:
    from app.engine.pipeline import Documents


def arguments(parser: argparse.ArgumentParser, words: Words) -> None:
    """Declare the project and the folder."""
    parser.add_argument("project", type=Path, metavar="PROJECT.sxp", help=words("propose.project"))
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help=words("propose.out"))


def run(options: argparse.Namespace) -> Result:
    """Bring the project up to date and write its documents; the project file itself is not touched."""
    from app.engine import pipeline
    from app.engine.project_file import load_project

    project = pipeline.recompute(load_project(options.project))
    return documents_result(pipeline.write_documents(project, options.out, options.lang, stderr_progress(options)), options.lang)


def documents_result(documents: "Documents", lang: str) -> Result:
    """Return the `propose` and `demo` document of interface.md."""
    document = {
        "pdf": str(documents.pdf),
        "xlsx": str(documents.xlsx),
        "pages": documents.pages,
        "plans": documents.plans,
    }
    said = Message("cli.propose.written", dict(document))
    return Result(document, lambda: render(said, lang))


COMMAND = Command("propose", arguments, run)
