"""Errors, sorted by who must act.

EngineError            the user: bad input; carries a message code, the place and (in the catalogue) the remedy; exit status 2
├── UnreadableFile     a file that no reader understands, or that is damaged beyond use
├── MissingFact        a platform, price or run fact that must be filled in; names the key
└── NewerVersion       a project file written by a newer program
Cancelled              nobody: the user stopped the work; exit status 130
anything else          us: a defect; exit status 70 and a crash report
"""

from app.engine.messages import Message, Value


class EngineError(Exception):
    """The input is at fault.

    code     message code; its catalogue entry holds the text and the remedy
    file     the file at fault, as the user named it
    place    line number, "SHEET!CELL" or key inside the file; "" when the whole file is meant
    """

    def __init__(self, code: str, *, file: object = "", place: object = "", **params: Value) -> None:
        super().__init__(code)
        self.message = Message.of(code, params)
        self.file = str(file)
        self.place = str(place)

    def __str__(self) -> str:
        where = ":".join(part for part in (self.file, self.place) if part)
        return f"{where or '-'}: {self.message.code} {dict(self.message.params)}"

    def __reduce__(self) -> tuple:
        """Survive the way back from the reading process, whose pickling would lose the keywords."""
        return _rebuild, (type(self), self.message, self.file, self.place)


class UnreadableFile(EngineError):
    """No reader understands the file, or it is damaged beyond use."""


class MissingFact(EngineError):
    """A fact is unknown that the question needs; the parameter `key` names it."""


class NewerVersion(EngineError):
    """The project file comes from a newer program."""


class Cancelled(Exception):
    """The user stopped the work."""


def _rebuild(kind: type[EngineError], message: Message, file: str, place: str) -> EngineError:
    return kind(message.code, file=file, place=place, **message.params)
