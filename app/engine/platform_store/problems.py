"""One thing wrong in the data, as the check tells it."""

from msgspec import Struct

from app.engine.messages import Message


class Problem(Struct, frozen=True):
    """One thing wrong in the data files; what carries its remedy in the catalogue of messages."""

    file: str
    row: str
    key: str
    what: Message
