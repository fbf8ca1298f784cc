"""`suanxuan tour`: render every page offscreen, to look at."""

import argparse
import os
from pathlib import Path

from app.cli._frame import EXIT_DEFECT, EXIT_DONE, Command, Result, Words
from app.engine.errors import EngineError

MOST_PX = 10_000


def arguments(parser: argparse.ArgumentParser, words: Words) -> None:
    """Declare the arguments."""
    parser.add_argument("folder", metavar="DIR", type=Path, help=words("tour.folder"))
    parser.add_argument("--project", type=Path, help=words("tour.project"))
    parser.add_argument("--size", default="1440x900", help=words("tour.size"))
    parser.add_argument("--theme", choices=("light", "dark"), default="light", help=words("tour.theme"))


def run(options: argparse.Namespace) -> Result:
    """Write NN-page-lang-theme-WxH.png for every page; words that are cut are faults. Raises EngineError for a size that is none."""
    width, _, height = options.size.partition("x")
    if not (width.isdigit() and height.isdigit() and 0 < int(width) <= MOST_PX and 0 < int(height) <= MOST_PX):
        raise EngineError("cli.tour.bad_size", size=options.size)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from app.engine import pipeline
    from app.engine.project_file import load_project
    from app.gui.tour import render_pages

    project = load_project(options.project) if options.project else pipeline.new_project(pipeline.sample_inputs())
    written = render_pages(project, options.folder, (int(width), int(height)), options.theme, options.lang)
    paths = [str(picture.path) for picture in written]
    faults = tuple(
        EngineError("cli.tour.clipped", file=picture.path.name, text=cut.text, needs=cut.needs_px, has=cut.has_px)
        for picture in written
        for cut in picture.clipped
    )
    return Result({"pages": paths}, lambda: "\n".join(paths), faults, EXIT_DEFECT if faults else EXIT_DONE)


COMMAND = Command("tour", arguments, run)
