"""Message codes and their catalogues: the engine names what it has to say, the edge puts it into words.

A code is `area.name`; area is also the file of the catalogue: resources/translations/<lang>/<area>.toml. An entry is a string, or a
table with `text` and `remedy`. Both use str.format with the message's parameters; a parameter that is itself a Message is
rendered first. Files are read when their area is first asked for.
"""

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from string import Formatter
from typing import TypeAlias

import msgspec

from app.engine.paths import translations_folder

LANGUAGES = ("zh", "en")


class Message(msgspec.Struct, frozen=True):
    """A sentence before it has a language: its code and its parameters."""

    code: str
    params: dict[str, "str | int | float | bool | None | Message | list[str | int | float | Message]"] = {}

    @classmethod
    def of(cls, code: str, params: Mapping[str, "Value"]) -> "Message":
        """Return a message whose lists are lists, whatever sequence they came as."""
        return cls(code, {name: list(value) if isinstance(value, tuple) else value for name, value in params.items()})  # type: ignore[misc]


Value: TypeAlias = str | int | float | bool | None | Message | Sequence[str | int | float | Message]


def message(code: str, **params: Value) -> Message:
    """Return the message of this code with these parameters."""
    return Message.of(code, params)


def render(said: Message | str, lang: str) -> str:
    """Return the text of a message in `lang` ("zh" or "en"); a plain string passes unchanged."""
    return said if isinstance(said, str) else _fill(said, lang, "text")


def render_remedy(said: Message, lang: str) -> str:
    """Return what the user can do about it, "" where the catalogue has no remedy for this code."""
    return _fill(said, lang, "remedy")


def term(code: str, lang: str) -> str:
    """Return one word of the catalogue, such as term("class.compute", "zh")."""
    return _fill(Message(code), lang, "text")


def has_entry(code: str, lang: str) -> bool:
    """Tell whether the catalogue of `lang` knows the code."""
    return code in _catalogue(lang, code.partition(".")[0])


class _Gentle(Formatter):
    """str.format that shows a missing or unformattable value as it is: a wording slip must not cost the user his result."""

    def get_value(self, key: int | str, args: object, kwargs: Mapping[str, object]) -> object:
        return kwargs.get(str(key), "—")

    def format_field(self, value: object, format_spec: str) -> str:
        if value is None:
            return "—"
        try:
            return format(value, format_spec)
        except (ValueError, TypeError):
            return str(value)


_FORMATTER = _Gentle()


def _fill(said: Message, lang: str, part: str) -> str:
    entry = _catalogue(lang, said.code.partition(".")[0]).get(said.code)
    if entry is None:
        return said.code if part == "text" else ""
    template = entry.get(part, "") if isinstance(entry, dict) else (entry if part == "text" else "")
    values = {name: _render_value(value, lang) for name, value in said.params.items()}
    return _FORMATTER.vformat(template, (), values)


def _render_value(value: Value, lang: str) -> object:
    if isinstance(value, Message):
        return render(value, lang)
    if isinstance(value, list | tuple):
        return ("、" if lang == "zh" else ", ").join(str(_render_value(item, lang)) for item in value)
    return value


@cache
def _catalogue(lang: str, area: str) -> dict[str, str | dict[str, str]]:
    path = translations_folder() / lang / f"{area}.toml"
    if not path.is_file():
        return {}
    entries: dict[str, str | dict[str, str]] = {}
    _flatten(tomllib.loads(path.read_text(encoding="utf-8")), area, entries)
    return entries


def _flatten(table: dict, prefix: str, into: dict[str, str | dict[str, str]]) -> None:
    for name, entry in table.items():
        code = f"{prefix}.{name}"
        if isinstance(entry, dict) and "text" not in entry:
            _flatten(entry, code, into)
        else:
            into[code] = entry
