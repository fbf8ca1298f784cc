"""Console text as it was meant: without colours and cursor moves, and what the command line in front of it tells.

Readers call `plain` on their text; the signatures they look for may then stand anywhere in it, so that a prompt in front does no harm.
"""

import re

_ESCAPE = re.compile(rb"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b\n]*(?:\x07|\x1b\\)?|[()][0-9A-Za-z]|.)?")
_BOM = b"\xef\xbb\xbf"
_NO_BREAK_SPACE = b"\xc2\xa0"
_LINE_END = re.compile(rb"\r+\n?")
_EVERY, _EVERY_CHINESE = b"Every ", "每 ".encode()
_WATCH = re.compile(
    rb"^[ \t]*(?:Every|" + "每".encode() + rb") [\d.,]{1,8} ?(?:s|" + "秒".encode() + rb")(?::|" + "：".encode() + rb")"
    rb"[^\n]*?(?:[ \t]((?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[ \t][^\n]{8,40}|\d{4}" + "年".encode() + rb"[^\n]{8,60}))?$",
    re.MULTILINE,
)
_OPTION = r"(?:^|\s){option}[ =]?(\d+(?:\.\d+)?)"
_LONGEST_COMMAND = 2000
_LONGEST_STEP_S = 86400.0


def plain(text: bytes) -> bytes:
    """Return the text without escape sequences, stray carriage returns, byte order marks of appended files and no-break spaces.

    Of the line that `watch` puts above each screen its date is left.
    """
    if b"\x1b" in text:
        text = _ESCAPE.sub(b"", text)
    if b"\r" in text:
        text = _LINE_END.sub(b"\n", text)
    if b"\xef" in text and _BOM in text:  # one byte is sought ten times as fast as three
        text = text.replace(_BOM, b"")
    if b"\xc2" in text and _NO_BREAK_SPACE in text:
        text = text.replace(_NO_BREAK_SPACE, b" ")
    return _WATCH.sub(rb"\1", text) if _EVERY in text or _EVERY_CHINESE in text else text


def step_of(text: bytes, tool: str, options: tuple[str, ...], unit_s: float = 1.0) -> float | None:
    """Return the interval in s that the command line in front of the output states, None where there is none.

    tool      e.g. "dcgmi dmon"
    options   e.g. ("-d", "--delay"); `sleep N` and `watch -n N` on the same line count, too, in seconds
    """
    text = text[:65536]
    found = re.search(rb"^[^\n|]{0,200}\b" + re.escape(tool.encode()) + rb"\b[^\n]{0,2000}$", text, re.M) if tool.encode() in text else None
    if found is None:
        return None
    line = found.group()[:_LONGEST_COMMAND].decode("utf-8", "replace")
    for pattern, factor in [
        *((_OPTION.format(option=re.escape(one)), unit_s) for one in options),
        (r"\b(?:sleep|watch -n)\s*([\d.]+)", 1.0),
    ]:
        value = re.search(pattern, line)
        if value is not None and value[1].count(".") < 2 and value[1].strip("."):
            step = float(value[1]) * factor
            return step if 0 < step <= _LONGEST_STEP_S else None
    return None
