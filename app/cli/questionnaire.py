"""`suanxuan questionnaire --out FILE.docx|.xlsx` and `--read FILE`: the form for the customer, and what a filled one says."""

import argparse
from pathlib import Path

from app.cli._frame import Command, Result, Words
from app.engine.errors import EngineError
from app.engine.messages import Message, render


def arguments(parser: argparse.ArgumentParser, words: Words) -> None:
    """Declare the form to write or to read."""
    either = parser.add_mutually_exclusive_group(required=True)
    either.add_argument("--out", type=Path, metavar="FILE", help=words("questionnaire.out"))
    either.add_argument("--read", type=Path, metavar="FILE", help=words("questionnaire.read"))


def run(options: argparse.Namespace) -> Result:
    """Write the form, or tell answer by answer what a filled one says."""
    from app.engine.questionnaire import Answer, read_questionnaire, write_questionnaire

    lang = options.lang
    if options.out:
        write_questionnaire(options.out, lang)
        return Result({"file": str(options.out)}, lambda: render(Message("cli.questionnaire.written", {"file": str(options.out)}), lang))
    filled = read_questionnaire(options.read)
    if not filled.answers:
        raise EngineError("questionnaire.no_answer", file=filled.file)

    def told(one: Answer) -> dict[str, object]:
        known = {"place": one.place, "key": one.key, "text": one.text}
        return {**known, "what": render(one.fault, lang)} if one.fault else {**known, "value": str(one.value)}

    document = {
        "understood": [told(one) for one in filled.understood],
        "problems": [told(one) for one in filled.faults],
        "blank": filled.blank,
    }
    lines = [f"{one.place}\t{one.key}\t{one.text}\t→ {render(one.fault, lang) if one.fault else one.value}" for one in filled.answers]
    return Result(document, lambda: "\n".join(lines))


COMMAND = Command("questionnaire", arguments, run)
