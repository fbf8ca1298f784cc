"""What a file says in our keys, with what it does not say and what could not be used: becomes a Workload."""

from collections.abc import Iterable, Sequence

import msgspec

from app.engine.errors import EngineError
from app.engine.messages import Message, Value, message
from app.engine.model.workloads import Model, RunParameters, Task, Workload, normalise_precision
from app.engine.workload.keys import Fault, checked_number, choices_of, kind_of
from app.engine.workload.keys import Value as KeyValue
from app.engine.workload.sources._document import Document
from app.engine.workload.sources._yaml import plain_value

MOST_NAMED = 8
_TRUTH = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


class Facts:
    """Collects values by key ("run.gpus"). A value that cannot be one raises EngineError with the line of its name in the file."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.values: dict[str, KeyValue] = {}
        self.notes: list[Message] = []
        self._stated: list[str] = []

    def state(self, key: str, raw: object, name: str) -> None:
        """Take what the file says. Nothing, "auto" and what a script leaves open state nothing; the last is told."""
        if raw is None or (isinstance(raw, str) and raw.strip().lower() in ("", "auto", "none", "null")):
            return
        if isinstance(raw, str) and "$" in raw:
            self.note("unresolved", name=name, value=raw[:60])
            return
        self.values[key] = self._typed(key, raw, name)
        self._stated.append(key)

    def derive(self, key: str, value: KeyValue) -> None:
        """Take what follows from what the file says, within the limits of the key."""
        if value is not None and key not in self.values:
            self.values[key] = self._typed(key, value, key.partition(".")[2])

    def assume(self, key: str, value: KeyValue) -> None:
        """Take what the program that reads such files does where they are silent, and say so."""
        if key not in self.values:
            self.values[key] = value
            said = message(f"workload.note.{'yes' if value else 'no'}") if isinstance(value, bool) else _word(value)
            self.note("assumed", key=message(f"page_requirement.field.{key}"), value=said)

    def note(self, code: str, **params: Value) -> None:
        """Say something about the file, once."""
        said = message(f"workload.note.{code}", **params)
        if said not in self.notes:
            self.notes.append(said)

    def leave(self, names: Iterable[str]) -> None:
        """Say which names have no bearing on any of our keys."""
        left = sorted(names)
        if left:
            self.note("unused", count=len(left), names=left[:MOST_NAMED])

    def whole(self, key: str) -> int | None:
        """Return a value that is a whole number, None where it is not known."""
        value = self.values.get(key)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def refuse(self, name: str, raw: object, said: Message) -> EngineError:
        """Return the error for a value that cannot be used."""
        place = self.document.place_of(name)
        return EngineError("workload.bad_option", file=self.document.path, place=place, name=name, value=_word(raw), said=said)

    def workload(self, name: str, task: Task, stated: Sequence[str] = ()) -> Workload:
        """Return the workload of all that was taken."""
        parts: dict[str, dict[str, KeyValue]] = {"workload": {}, "model": {}, "run": {}}
        for key, value in self.values.items():
            table, _, field = key.partition(".")
            parts[table][field] = value
        model = msgspec.convert(parts["model"], Model) if parts["model"] else None
        run = msgspec.convert(parts["run"], RunParameters)
        head = {"name": name[:200] or self.document.path.stem, "task": task, "model": model, "run": run, **parts["workload"]}
        keys = tuple(dict.fromkeys((*(key for key in self._stated if key in self.values), *stated)))
        return msgspec.convert({**head, "stated": keys, "source": self.document.path.name, "notes": tuple(self.notes)}, Workload)

    def _typed(self, key: str, raw: object, name: str) -> KeyValue:
        kind = kind_of(key)
        if key == "workload.precision":
            found = normalise_precision(str(raw))
            if found is None:
                raise self.refuse(name, raw, message("checking.not_a_choice", text=_word(raw), near=list(choices_of(key))))
            return found
        if kind in ("whole", "real"):
            return self._number(key, raw, name)
        if kind in ("flag", "maybe"):
            truth = raw if isinstance(raw, bool) else _TRUTH.get(str(raw).lower())
            if truth is None:
                raise self.refuse(name, raw, message("checking.not_a_choice", text=_word(raw), near=["true", "false"]))
            return truth
        if kind == "words":
            return tuple(_word(word) for word in raw) if isinstance(raw, list | tuple) else (_word(raw),)
        if kind == "choice" and raw not in choices_of(key):
            raise self.refuse(name, raw, message("checking.not_a_choice", text=_word(raw), near=list(choices_of(key))))
        return _word(raw)

    def _number(self, key: str, raw: object, name: str) -> int | float:
        value = plain_value(raw.strip()) if isinstance(raw, str) else raw
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.refuse(name, raw, message("checking.not_a_number", text=_word(raw)))
        found = checked_number(key, value)
        if isinstance(found, Fault):
            raise self.refuse(name, raw, found.said)
        return found


def _word(raw: object) -> str:
    if isinstance(raw, tuple):
        return " ".join(_word(one) for one in raw[:MOST_NAMED])
    return str(raw)[:80] if isinstance(raw, str | int | float | bool | None) else type(raw).__name__
