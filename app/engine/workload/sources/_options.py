"""Options of commands: `--name value`, `--name=value`, `--flag`, `-tp 8`."""

import re
from dataclasses import dataclass, field

from app.engine.workload.sources._document import Document, name_of

_OPTION = re.compile(r"--?([A-Za-z][\w.-]*)(?:=(.*))?", re.DOTALL)


@dataclass
class Options:
    """values: by name, True for one without a value; lists: all words behind a name; words: everything that is no option, in order."""

    values: dict[str, object] = field(default_factory=dict)
    lists: dict[str, list[str]] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)


def options_of(document: Document, known: frozenset[str]) -> Options:
    """Return the options of a document in any syntax. Of a script those of the command that holds most of the known ones, or of all of it
    where no command holds half of them. Raises EngineError."""
    if document.syntax == "listing":
        return Options(document.listed())
    if document.syntax in ("json", "yaml"):
        return Options(document.flat())
    script = document.script
    whole = [word for command in script.commands for word in command] + script.fragments
    wanted = len(names_in(whole) & known)
    best = max(script.commands, key=lambda command: len(names_in(command) & known), default=[])
    return parsed(best if 2 * len(names_in(best) & known) >= wanted else whole)


def names_in(words: list[str]) -> set[str]:
    """Return the names of the options among some words."""
    return {name_of(found[1]) for word in words if word.startswith("-") and (found := _OPTION.fullmatch(word))}


def parsed(words: list[str]) -> Options:
    """Return the options of a command."""
    made = Options()
    name = ""
    for word in words:
        found = _OPTION.fullmatch(word)
        if found:
            name = name_of(found[1])
            made.lists[name] = [found[2]] if found[2] is not None else []
            made.values[name] = found[2] if found[2] is not None else True
        elif word != "-":
            made.words.append(word)
            if name:
                made.lists[name].append(word)
                if made.values[name] is True:
                    made.values[name] = word
    return made
