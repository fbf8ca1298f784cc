"""What all commands share: arguments, language, exit status, errors in one line, crash reports.

Exit status: 0 done, 2 the input is at fault, 130 cancelled, 70 a defect of ours. Nothing but the result goes to stdout.
"""

import argparse
import locale
import os
import sys
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from app.engine import discover
from app.engine.errors import Cancelled, EngineError
from app.engine.messages import Message, message, render, render_remedy

if TYPE_CHECKING:
    from app.engine.progress import Progress

EXIT_DONE, EXIT_INPUT, EXIT_DEFECT, EXIT_CANCELLED = 0, 2, 70, 130


class Command(NamedTuple):
    """One command. arguments(parser, lang) declares, run(options) does the work and returns the result for stdout."""

    name: str
    arguments: Callable[[argparse.ArgumentParser, "Words"], None]
    run: Callable[[argparse.Namespace], "Result"]


class Result(NamedTuple):
    """What a command found: the JSON document, and the same as text for a person.

    faults   errors that did not stop the rest; each becomes a line on stderr
    status   exit status when the command came to its end
    """

    document: dict
    text: Callable[[], str]
    faults: tuple[EngineError, ...] = ()
    status: int = EXIT_DONE


Words = Callable[[str], str]


class Parser(argparse.ArgumentParser):
    """argparse with our form of error line."""

    lang = "zh"

    def error(self, message: str) -> NoReturn:  # argparse decides the name
        hint = render(Message("cli.usage_hint", {"command": self.prog}), self.lang)
        print(f"error: {self.prog}: {message}. {hint}", file=sys.stderr)
        raise SystemExit(EXIT_INPUT)


def run_command(argv: list[str]) -> int:
    """Run the command that argv names and return the exit status; never lets a traceback out."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:  # a C locale or a Windows code page must not break a Chinese result
            reconfigure(encoding="utf-8", errors="replace")
    lang = language_of(argv)
    try:
        options = _parse(argv, lang)
        return _finish(options.command.run(options), options)
    except EngineError as error:
        print_fault(error, lang)
        return EXIT_INPUT
    except (Cancelled, KeyboardInterrupt):
        print(render(message("cli.cancelled"), lang), file=sys.stderr)
        return EXIT_CANCELLED
    except BrokenPipeError:  # `suanxuan … | head`: the reader has seen enough
        sys.stderr.close()
        return EXIT_DONE
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else EXIT_INPUT
    except Exception:  # noqa: BLE001 - the one place where a defect of ours becomes a report instead of a traceback
        print(render(message("cli.defect", report=str(_write_crash_report())), lang), file=sys.stderr)
        return EXIT_DEFECT


def stderr_progress(options: argparse.Namespace) -> "Progress":
    """Return a progress that rewrites one line of stderr, and is silent when nobody watches."""
    if not sys.stderr.isatty():
        from app.engine.progress import no_progress

        return no_progress

    def show(share: float, doing: str) -> None:
        print(f"\r\033[K{share:4.0%} {render(Message(doing), options.lang)}", end="", file=sys.stderr, flush=True)
        if share >= 1:
            print("\r\033[K", end="", file=sys.stderr, flush=True)

    return show


def print_fault(error: EngineError, lang: str) -> None:
    """Write an error in the form of interface.md: `error: FILE[:PLACE]: what. remedy`."""
    print(fault_line(error, lang), file=sys.stderr)


def fault_line(error: EngineError, lang: str) -> str:
    """Return `error: FILE[:PLACE]: what. remedy` on one line."""
    where = ":".join(part for part in (error.file, error.place) if part)
    what = render(error.message, lang).rstrip(".。")
    remedy = render_remedy(error.message, lang)
    stop = "。" if lang == "zh" else ". "
    text = f"{what}{stop}{remedy}".strip()
    return " ".join(f"error: {where + ': ' if where else ''}{text}".split())


def text_table(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Return a table a person likes to read; columns of numbers are flush right, wide characters count two cells."""
    lines = [[str(cell) for cell in row] for row in rows]
    columns = list(zip(*([list(heads)] + lines), strict=True))
    widths = [max(map(_cells, column)) for column in columns]
    right = [all(cell in ("—", "") or cell.lstrip("−+~<>")[:1].isdigit() for cell in column[1:]) and len(column) > 1 for column in columns]
    table = [list(row) for row in zip(*columns, strict=True)]
    table.insert(1, ["─" * width for width in widths])
    return "\n".join("  ".join(map(_pad, row, widths, right)).rstrip() for row in table)


def _pad(text: str, width: int, right: bool) -> str:
    gap = " " * (width - _cells(text))
    return gap + text if right else text + gap


def _cells(text: str) -> int:
    from unicodedata import east_asian_width

    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def language_of(argv: list[str]) -> str:
    """Return the language that `--lang` or the locale asks for."""
    for position, word in enumerate(argv):
        if word == "--lang" and argv[position + 1 : position + 2]:
            return "en" if argv[position + 1] == "en" else "zh"
        if word.startswith("--lang="):
            return "en" if word == "--lang=en" else "zh"
    return "en" if _locale_name().lower().startswith("en") else "zh"


def _locale_name() -> str:
    """Return the user's locale. Not by locale.getlocale alone: it takes the neutral C.UTF-8 for en_US."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if os.environ.get(name):
            return os.environ[name]
    try:
        return locale.getlocale()[0] or ""
    except ValueError:
        return ""


def _parse(argv: list[str], lang: str) -> argparse.Namespace:
    import app.cli as package

    def words(code: str) -> str:
        return render(Message(f"cli.{code}"), lang)

    Parser.lang = lang
    parser = Parser(prog="suanxuan", description=words("program"))
    parser.add_argument("--version", action="version", version=_version())
    chosen = parser.add_subparsers(dest="name", metavar="COMMAND", parser_class=Parser)
    modules = discover.names(package)
    for module in modules:
        command = discover.load(package, module, "COMMAND")
        if not isinstance(command, Command):
            continue
        summary = words(f"{command.name.replace('-', '_')}.help")
        sub = chosen.add_parser(command.name, help=summary, description=summary)
        command.arguments(sub, words)
        sub.add_argument("--json", action="store_true", help=words("json"))
        sub.add_argument("--lang", choices=("zh", "en"), help=words("lang"))
        sub.set_defaults(command=command)
    options = parser.parse_args(argv or ["--help"])
    options.lang = lang
    return options


def _finish(result: Result, options: argparse.Namespace) -> int:
    if options.json:
        import msgspec

        sys.stdout.write(msgspec.json.encode(result.document).decode() + "\n")
    else:
        print(result.text())
    sys.stdout.flush()
    for fault in result.faults:
        print_fault(fault, options.lang)
    return result.status


def _version() -> str:
    from app import __version__

    return f"suanxuan {__version__}"


def _write_crash_report() -> Path:
    import platform
    import time

    from app.engine.paths import user_folder

    report = user_folder("state") / time.strftime("crash-%Y%m%d-%H%M%S.txt")
    kind, _, frames_of = sys.exc_info()  # the exception's own words are left out: they may quote the customer's data
    frames = "".join(traceback.format_tb(frames_of)) + (kind.__name__ if kind else "")
    report.write_text(f"{_version()}\nPython {platform.python_version()} {platform.platform()}\n\n{frames}", encoding="utf-8")
    return report
