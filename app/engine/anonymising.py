"""What goes out without names: customer, project, hosts, users and paths replaced alike in every document, wherever they stand.

Names come from the project (customer, what traces say of their machines, who changed a fact) and from the paths in its texts. What nobody
could find by rule, an abbreviation of the customer's name say, is told as a further word to hide.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from msgspec import Struct

from app.engine.messages import Message, render
from app.engine.model.projects import Project

_UNIX = r"(?<![\w.:/~])~?/(?:[\w.@+%-]+/)+[\w.@+%-]*"
_WINDOWS = r"(?<![A-Za-z])[A-Za-z]:\\[^\s\"'<>|*?；，。、]+"
_SHARE = r"\\\\[\w.$-]+\\[^\s\"'<>|*?；，。、]+"
PATHS = re.compile("|".join((_UNIX, _WINDOWS, _SHARE)))
_HOME = re.compile(r"(?:/home/|/Users/|\\Users\\|\\Documents and Settings\\)([\w.-]+)")
_ACCOUNT = re.compile(r"(?<![\w./])([a-z_][\w.-]*)@([\w.-]+)")
_ADDRESS = re.compile(r"(?<![\d.])(?:10(?:\.\d{1,3}){3}|192\.168(?:\.\d{1,3}){2}|172\.(?:1[6-9]|2\d|3[01])(?:\.\d{1,3}){2})(?![\d.])")
"""Of private networks; a version of four parts is no address."""
_INSIDE = re.compile(r"(?<![\w.-])(?:[\w-]+\.)+(?:local|lan|internal|intra|corp|cluster|intranet)(?![\w-])", re.IGNORECASE)
_NO_HOST = re.compile(r"(host|gpu|npu|cpu|nic|disk|localhost|rank[-_]?\d+|\d+)", re.IGNORECASE)
_NO_USER = frozenset({"root", "admin", "user", "ubuntu", "public", "shared", "default"})
_SEPARATED = re.compile(r"[\s,;，；、]+")
TOLD = (
    "requirement",
    "workload",
    "trace",
    "comparison",
    "measured",
    "prices",
    "scan",
    "platform_changes",
    "settings",
    "trials",
    "register",
)
"""What came from the customer or from who made the project; the rest cites shipped sources, whose `pytorch@84fec85` is no account."""
LEAST_LETTERS = 2
"""Of a name that is looked for inside texts: a single letter is in every word."""
FREE_LETTERS = 4
"""Of a Latin name from which on it is found inside longer words too."""


def anonymised(project: Project, lang: str) -> Project:
    """Return the project without the names of customer, hosts, users and paths; the numbers stay."""
    return Hider(project, lang).project()


class Hider:
    """Knows what to hide in one project and what stands in its place, the same everywhere."""

    def __init__(self, project: Project, lang: str) -> None:
        self._project, self._lang = project, lang
        self._names: dict[str, str] = {}
        self._counts: dict[str, int] = {}
        texts = [text for name in TOLD for text in _texts(getattr(project, name))]
        customer, workload = project.requirement.customer.strip(), project.workload.name.strip() if project.workload else ""
        if customer:
            self._names[customer] = self._word("customer")
        if project.name.strip() not in ("", customer, workload):
            self._names[project.name.strip()] = self._word("project")
        for word in _SEPARATED.split(project.settings.hidden_words):
            self._add("name", word)
        for host in _hosts(project):
            self._add("host", host)
        for text in texts:
            for user in _HOME.findall(text):
                self._add("user", user)
            for user, host in _ACCOUNT.findall(text):
                self._add("user", user)
                self._add("host", host)
        for change in project.platform_changes:
            self._add("user", change.who)
        self._pattern = _pattern(self._names)

    def _word(self, kind: str, number: int = 0) -> str:
        return render(Message(f"proposing.anonymous.{kind}", {"number": f"{number:02d}"}), self._lang)

    def _add(self, kind: str, name: str) -> None:
        name = name.strip()
        if len(name) < LEAST_LETTERS or name in self._names or (kind == "user" and name.lower() in _NO_USER) or _NO_HOST.fullmatch(name):
            return
        self._names[name] = self._numbered(kind)

    def _numbered(self, kind: str) -> str:
        self._counts[kind] = self._counts.get(kind, 0) + 1
        return self._word(kind, self._counts[kind])

    def _known(self, kind: str, name: str) -> str:
        """Return what stands for a name that a rule found, the same each time."""
        if name not in self._names:
            self._names[name] = self._numbered(kind)
        return self._names[name]

    def text(self, text: str) -> str:
        """Return a text without what is hidden."""
        for pattern, kind in ((PATHS, "path"), (_ADDRESS, "host"), (_INSIDE, "host")):
            text = pattern.sub(lambda found, kind=kind: self._known(kind, found[0]), text)
        by_letters = {name.casefold(): word for name, word in self._names.items()}
        return self._pattern.sub(lambda found: by_letters[found[0].casefold()], text) if self._pattern else text

    def of(self, thing: Any) -> Any:
        """Return a thing of the model with every text in it cleaned; the same thing where there was nothing to hide."""
        if isinstance(thing, str):
            new = self.text(thing)
            return thing if new == thing else new
        if isinstance(thing, Struct):
            changes = {name: new for name in thing.__struct_fields__ if (new := self.of(getattr(thing, name))) is not getattr(thing, name)}
            return msgspec.structs.replace(thing, **changes) if changes else thing
        if isinstance(thing, tuple | list):
            made = [self.of(one) for one in thing]
            return type(thing)(made) if any(new is not old for new, old in zip(made, thing, strict=True)) else thing
        if isinstance(thing, dict):
            found = {key: self.of(one) for key, one in thing.items()}
            return found if any(found[key] is not one for key, one in thing.items()) else thing
        return thing

    def project(self) -> Project:
        """Return the project without names."""
        return self.of(self._project)


def _texts(thing: Any) -> Iterator[str]:
    """Yield every text of a thing of the model."""
    if isinstance(thing, str):
        yield thing
    elif isinstance(thing, Struct):
        for name in thing.__struct_fields__:
            yield from _texts(getattr(thing, name))
    elif isinstance(thing, tuple | list):
        for one in thing:
            yield from _texts(one)
    elif isinstance(thing, dict):
        for one in thing.values():
            yield from _texts(one)


def _hosts(project: Project) -> Iterator[str]:
    """Yield the hosts that the traces name: what they say of their machine, and what stands before a card's number."""
    for trace in (project.trace, project.comparison):
        if trace is not None:
            yield from _SEPARATED.split(trace.environment.get("host", ""))
            for device in trace.devices:
                host, colon, _ = device.id.rpartition(":")
                if colon:
                    yield host


def _pattern(names: Iterable[str]) -> re.Pattern[str] | None:
    """Return what finds the names, the longest first; a short Latin one only as a word of its own."""

    def one(name: str) -> str:
        is_short = name.isascii() and len(name) < FREE_LETTERS
        return rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])" if is_short else re.escape(name)

    found = sorted((name for name in names if len(name) >= LEAST_LETTERS), key=len, reverse=True)
    return re.compile("|".join(one(name) for name in found), re.IGNORECASE) if found else None
