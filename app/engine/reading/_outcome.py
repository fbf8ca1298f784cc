"""What became of one path, as it is kept: traces and faults, with names that hold wherever the file lies."""

from pathlib import Path

import msgspec

from app.engine.errors import EngineError, UnreadableFile
from app.engine.messages import Message
from app.engine.model.traces import Trace


class Fault(msgspec.Struct, frozen=True):
    """An EngineError as it is kept. inside: the path inside the container, "" = the file itself."""

    message: Message
    inside: str
    place: str
    is_unreadable: bool


class Outcome(msgspec.Struct, frozen=True):
    """What became of one path. Names of files are those inside the container, "" for the path itself."""

    traces: tuple[Trace, ...] = ()
    faults: tuple[Fault, ...] = ()


def fault_of(error: EngineError, inside: str) -> Fault:
    """Return an error as it is kept."""
    return Fault(error.message, inside, error.place, isinstance(error, UnreadableFile))


def error_of(fault: Fault, path: Path) -> EngineError:
    """Return the error of a fault of `path`."""
    kind = UnreadableFile if fault.is_unreadable else EngineError
    return kind(fault.message.code, file=f"{path}/{fault.inside}" if fault.inside else path, place=fault.place, **fault.message.params)
