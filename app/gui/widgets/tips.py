"""What is told on hover: long sentences are broken into lines, since Qt shows plain text as one endless line."""

from textwrap import wrap

LONGEST = 84


def wrapped(text: str) -> str:
    """Return a tip with no line longer than fits beside the pointer; a wide character counts as two."""
    return "\n".join(part for line in text.split("\n") for part in _broken(line))


def _broken(line: str) -> list[str]:
    wide = sum(ord(letter) > 0x2E80 for letter in line)
    room = LONGEST if len(line) + wide <= LONGEST else max(20, round(LONGEST * len(line) / (len(line) + wide)))
    return wrap(line, room, break_on_hyphens=False) or [line]
