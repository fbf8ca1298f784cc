"""`suanxuan propose PROJECT.sxp --out DIR`: write proposal.pdf, proposal.xlsx and what else is asked for."""

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
    parser.add_argument("--docx", action="store_true", help=words("propose.docx"))
    parser.add_argument("--png", action="store_true", help=words("propose.png"))
    parser.add_argument("--anonymous", action="store_true", help=words("propose.anonymous"))
    parser.add_argument("--hide", nargs="+", default=[], metavar="WORD", help=words("propose.hide"))


def run(options: argparse.Namespace) -> Result:
    """Bring the project up to date and write its documents; the project file itself is not touched."""
    from app.engine import pipeline
    from app.engine.project_file import load_project

    project = pipeline.recompute(load_project(options.project))
    if options.anonymous or options.hide:
        project = pipeline.without_names(project, options.hide)
    progress = stderr_progress(options)
    written = pipeline.write_documents(project, options.out, options.lang, progress, docx=options.docx, png=options.png)
    return documents_result(written, options.lang)


def documents_result(documents: "Documents", lang: str) -> Result:
    """Return the `propose` and `demo` document of interface.md."""
    document = {
        "pdf": str(documents.pdf),
        "xlsx": str(documents.xlsx),
        "pages": documents.pages,
        "plans": documents.plans,
    }
    further = {kind: str(place) for kind, place in (("docx", documents.docx), ("png", documents.png)) if place is not None}
    said = Message("cli.propose.written_with" if further else "cli.propose.written", {**document, "further": list(further.values())})
    document |= further
    return Result(document, lambda: render(said, lang))


COMMAND = Command("propose", arguments, run)
