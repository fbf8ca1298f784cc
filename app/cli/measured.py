"""`suanxuan measured add TABLE | list | remove NAME`: the user's own measured runs, for predictions that ask for them."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli._frame import Command, Result, Words, text_table
from app.cli._tables import read_told
from app.engine.errors import EngineError
from app.engine.messages import message, render

if TYPE_CHECKING:
    from app.engine.own_runs import OwnTable

DONE = {"add": "cli.measured.added_table", "remove": "cli.measured.removed"}
HEADS = ("name", "measured", "cases", "platforms", "added")


def arguments(parser: argparse.ArgumentParser, words: Words) -> None:
    """Declare what to do."""
    parser.add_argument("action", choices=("add", "list", "remove"), help=words("measured.action"))
    parser.add_argument("what", nargs="?", default="", metavar="TABLE|NAME", help=words("measured.what"))


def run(options: argparse.Namespace) -> Result:
    """Add a table, list what is there, or remove one."""
    from app.engine import own_runs

    if options.action == "list":
        return _list(options.lang)
    if not options.what:
        raise EngineError(f"cli.measured.which_{options.action}")
    if options.action == "add":
        read_told(Path(options.what), options.lang)  # says what is wrong with rows that are left out
        told = own_runs.add_table(Path(options.what))
    else:
        told = own_runs.remove_table(options.what)
    said = message(DONE[options.action], name=told.name, runs=told.measured)
    return Result({options.action: _describe(told)}, lambda: render(said, options.lang))


def _list(lang: str) -> Result:
    from app.engine import own_runs

    tables = own_runs.tables()
    document = {"tables": [_describe(one) for one in tables], "runs": sum(one.measured for one in tables)}

    def text() -> str:
        if not tables:
            return render(message("cli.measured.none"), lang)
        heads = [render(message(f"cli.measured.{head}"), lang) for head in HEADS]
        return text_table(heads, [[one.name, one.measured, one.cases, len(one.platforms), one.added] for one in tables])

    return Result(document, text)


def _describe(one: "OwnTable") -> dict:
    from msgspec.structs import asdict

    return {**asdict(one), "platforms": list(one.platforms), "unknown": list(one.unknown)}


COMMAND = Command("measured", arguments, run)
