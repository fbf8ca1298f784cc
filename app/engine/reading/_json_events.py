"""Events one by one: the slow way for text that is not quite JSON, or damaged, or carries types that were not foreseen."""

import json
from typing import Generic, NamedTuple

import msgspec

from app.engine.reading._chrome_json import BROKEN, Kind, mended

_DECODE = json.JSONDecoder().raw_decode
_WINDOW = 4096
_LISTS = frozenset({"Input Dims", "Input type", "Concrete Inputs"})


class Sound(NamedTuple, Generic[Kind]):
    """What was found in a text of events.

    closed  byte after the bracket that ends the array, None where it does not end here
    broken  byte where the text stops being JSON, None where it does not
    """

    events: list[Kind]
    closed: int | None
    broken: int | None


def sound_events(text: bytes, kind: type[Kind], decoder: msgspec.json.Decoder[list[Kind]]) -> Sound[Kind]:
    """Return the events of a piece that begins with an event: all up to the end of the array or to the first damage."""
    plain = text.rstrip().removesuffix(b",")
    if plain and not plain.endswith(b"]"):
        try:
            return Sound(decoder.decode(b"[" + plain + b"]"), None, None)
        except BROKEN:
            pass
    found = _walk(text.decode("utf-8", "surrogateescape"), kind)
    if found.broken is None:
        return found
    again = _walk(mended(text).decode("utf-8", "replace"), kind)
    if again.broken is None and again.closed is not None:  # its places are those of the mended text: count from the end
        tail = text.rfind(b"]", 0, max(len(text) - (len(mended(text)) - again.closed), 0) + 1)
        return again._replace(closed=tail + 1)
    return again if len(again.events) > len(found.events) or again.broken is None else found


def _walk(text: str, kind: type[Kind]) -> Sound[Kind]:
    events: list[Kind] = []
    at = 0
    while True:
        while at < len(text) and (text[at].isspace() or text[at] == ","):
            at += _blanks(text, at)
        if at >= len(text):
            return Sound(events, None, None)
        if text[at] == "]":
            return Sound(events, _bytes_to(text, at) + 1, None)
        try:
            raw, at = _DECODE(text, at)
        except (ValueError, RecursionError):
            return Sound(events, None, _bytes_to(text, at))
        events.append(_lenient(raw, kind))


def _blanks(text: str, at: int) -> int:
    window = text[at : at + _WINDOW]
    return len(window) - len(window.lstrip(" \t\r\n,")) or 1


def _bytes_to(text: str, at: int) -> int:
    return len(text[:at].encode("utf-8", "surrogateescape"))


def _lenient(raw: object, kind: type[Kind]) -> Kind:
    """Return the event with the fields that are of a type that was foreseen; an empty one for what is none."""
    if not isinstance(raw, dict):
        return kind()
    fields = {name: value for name, value in raw.items() if isinstance(value, str | int | float | dict) and not isinstance(value, bool)}
    args = fields.get("args")
    if isinstance(args, dict):
        kept = {name: value for name, value in args.items() if isinstance(value, str | int | float) or name in _LISTS}
        fields["args"] = {name: value for name, value in kept.items() if not isinstance(value, bool)}
    else:
        fields.pop("args", None)
    try:
        return msgspec.json.decode(msgspec.json.encode(fields), type=kind)
    except (*BROKEN, TypeError, OverflowError):
        return msgspec.convert({"ph": str(fields.get("ph", ""))}, kind)
