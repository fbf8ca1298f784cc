"""Numbers as people write them: 1,234.5 and 1.234,5, full-width digits. What can be read in two ways is never guessed in silence."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Literal, TypeAlias

from app.engine.messages import Message, message

Style: TypeAlias = Literal["point", "comma", ""]
_PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)
_POINT = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?")
_COMMA = re.compile(r"[+-]?(\d{1,3}(\.\d{3})+|\d+),\d+")
_COMMA_GROUPS = re.compile(r"[+-]?\d{1,3}(\.\d{3}){2,}")
_ONE_GROUP = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}")
_BLANK_GROUPS = re.compile(r"(?<=\d)[  '’](?=\d{3}(\D|$))")


def plain(text: str) -> str:
    """Return a number with ASCII digits and marks, without blanks or apostrophes between groups of three."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).replace("−", "-")
        text = "".join(str(unicodedata.decimal(one)) if one.isdecimal() else one for one in text)
    return _BLANK_GROUPS.sub("", text.strip()) if " " in text or "'" in text or "’" in text else text


def is_number(text: str) -> bool:
    """Tell whether a cell that ought to hold words holds a number alone."""
    return text[-1:].isdigit() and _PLAIN.fullmatch(text) is not None


def style_of(texts: Iterable[str]) -> Style:
    """Return which decimal mark a column uses where its clear cells agree, "" where they do not or none is clear."""
    seen: set[Style] = set()
    for text in texts:
        if text.isdigit():
            continue
        if _ONE_GROUP.fullmatch(text):
            continue
        if _COMMA.fullmatch(text) or _COMMA_GROUPS.fullmatch(text):
            seen.add("comma")
        elif "." in text and (_PLAIN.fullmatch(text) or _POINT.fullmatch(text)) or _POINT.fullmatch(text):
            seen.add("point")
    return seen.pop() if len(seen) == 1 else ""


def number_of(text: str, style: Style) -> tuple[float | None, Message | None]:
    """Return (number, None), (number, what to know of it) or (None, what is wrong). text: as `plain` returns it; style: of its column."""
    if _ONE_GROUP.fullmatch(text):
        point, comma = float(text.replace(",", "")), float(text.replace(".", "").replace(",", "."))
        if "," in text:
            if style == "comma":
                return comma, None
            return point, None if style == "point" else message("run_table.read_as", value=text, number=point, other=comma)
        if style == "comma":
            return None, message("run_table.two_ways", value=text, one=point, other=comma)
        return point, None
    if _PLAIN.fullmatch(text):
        return float(text), None
    if _POINT.fullmatch(text):
        return float(text.replace(",", "")), None
    if _COMMA.fullmatch(text) or _COMMA_GROUPS.fullmatch(text):
        return float(text.replace(".", "").replace(",", ".")), None
    if text.startswith("="):
        return None, message("run_table.formula_text", value=text[:60])
    return None, message("run_table.no_number", value=text[:60])
