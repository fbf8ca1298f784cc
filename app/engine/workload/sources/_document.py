"""A file that may describe a run: its text, how it is written, the names it holds, its values."""

import json
import re
from functools import cached_property
from pathlib import Path
from typing import Literal, TypeAlias

from app.engine.errors import EngineError
from app.engine.workload.sources._shell import Script, TooMuch, read_script
from app.engine.workload.sources._yaml import BadYaml, plain_value, read_yaml

Syntax: TypeAlias = Literal["json", "yaml", "shell", "listing"]
MOST_DEPTH = 20
MOST_DIGITS = 400
_OPTION = re.compile(r"(?<![\w-])--?([A-Za-z][\w-]*)")
_YAML_KEY = re.compile(r"^[ \t]*(?:- )?([A-Za-z][\w-]*)[ \t]*:(?=\s|$)", re.MULTILINE)
_JSON_KEY = re.compile(r'"([\w-]+)"\s*:')
_LISTED = re.compile(r"^.{0,80}?([A-Za-z]\w{0,60}) \.{2,} (.{1,500})$", re.MULTILINE)
_ENOUGH = 3


class Document:
    """One file as text. Names are told apart from values by its syntax and have no dashes ("num_layers")."""

    def __init__(self, path: Path, text: str) -> None:
        self.path, self.text = path, text

    @cached_property
    def syntax(self) -> Syntax:
        """How it is written: JSON, YAML, options of a command, or the listing of its arguments that Megatron prints."""
        if self.text.lstrip().startswith("{"):
            return "json"
        if len(_LISTED.findall(self.text)) >= _ENOUGH:
            return "listing"
        options, keys = len(_OPTION.findall(self.text)), len(_YAML_KEY.findall(self.text))
        return "yaml" if keys > options else "shell"

    @cached_property
    def names(self) -> frozenset[str]:
        """Every name in it, at any depth, cheaply and without reading the values; it may be cut off."""
        found = {"json": _JSON_KEY, "yaml": _YAML_KEY, "shell": _OPTION, "listing": _LISTED}[self.syntax].findall(self.text)
        return frozenset(name_of(one[0] if isinstance(one, tuple) else one) for one in found)

    @cached_property
    def tree(self) -> dict:
        """The values of JSON or YAML. Raises EngineError where it is not sound or no map."""
        if self.syntax == "json":
            found = self._json()
        else:
            try:
                found = read_yaml(self.text)
            except BadYaml as error:
                raise EngineError("workload.not_yaml", file=self.path, place=error.line) from error
        if not isinstance(found, dict):
            raise EngineError("workload.unknown_format", file=self.path)
        return found

    def _json(self) -> object:
        try:
            return json.loads(self.text, parse_int=_whole)
        except (ValueError, RecursionError) as error:
            place, detail = getattr(error, "lineno", ""), getattr(error, "msg", "")
            raise EngineError("workload.not_json", file=self.path, place=place, detail=detail) from error

    @cached_property
    def script(self) -> Script:
        """What a shell script says. Raises EngineError where it would grow without bound."""
        try:
            return read_script(self.text)
        except TooMuch as error:
            raise EngineError("workload.too_large", file=self.path) from error

    def flat(self, tree: dict | None = None) -> dict[str, object]:
        """Return the values of all depths by their last name; of two alike, the one that is less deep."""
        found: dict[str, object] = {}
        level = [tree if tree is not None else self.tree]
        for _ in range(MOST_DEPTH):
            for table in level:
                for name, value in table.items():
                    if not isinstance(value, dict):
                        found.setdefault(name_of(str(name)), value)
            level = [value for table in level for value in table.values() if isinstance(value, dict)]
        return found

    def listed(self) -> dict[str, object]:
        """Return the values of a listing of arguments."""
        return {name: _listed_value(value.strip()) for name, value in _LISTED.findall(self.text)}

    def place_of(self, name: str) -> str:
        """Return the line where a name stands, the name itself where it is not found."""
        dashed = "[-_]".join(re.escape(part) for part in re.split("[-_]", name))
        found = re.search(rf"(?<![\w-])(?:--)?{dashed}(?![\w-])", self.text)
        return str(self.text.count("\n", 0, found.start()) + 1) if found and name else name


def name_of(word: str) -> str:
    """Return a name as it is looked up: no leading dashes, underscores."""
    return word.lstrip("-").replace("-", "_")


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) < MOST_DIGITS else float("inf")


def _listed_value(text: str) -> object:
    if text in ("True", "False", "None"):
        return {"True": True, "False": False, "None": None}[text]
    return plain_value(text)
