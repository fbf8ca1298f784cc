"""A CSV that stands between other lines: the program's own output, a tool's remarks, repeated heads."""

import io
import re
import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from app.engine.errors import UnreadableFile
from app.engine.reading._sources import Source

if TYPE_CHECKING:
    import pandas as pd

_SHOWN = 8
MOST_COLUMNS = 4096
MOST_LINE_BYTES = 2**20
"""A longer line is neither a head nor a row of a table."""
LONGEST_NUMBER = 300
_ROW = re.compile(r" starting at row \d+")


def frame_below(source: Source, text: bytes, head: re.Match[bytes] | None, needs: Iterable[str]) -> tuple["pd.DataFrame", int]:
    """Return what stands below a head as text cells, and the number of lines that do not fit.

    Raises UnreadableFile for a table that is none, or lacks a column that is needed.
    """
    if head is None:  # the head was seen in the first 64 KiB as decoded, the whole decodes otherwise
        raise UnreadableFile("reading.no_rows", file=source.path)
    names, body = names_below(source, text, head)
    body, long = without_long_lines(body.replace(names + b"\n", b""))  # heads that repeat
    frame = parsed(source, names + b"\n" + body, needs)
    return frame, max(0, lines_of(body) - len(frame)) + long


def names_below(source: Source, text: bytes, head: re.Match[bytes]) -> tuple[bytes, bytes]:
    """Return the line of a head and what stands below it. Raises UnreadableFile for one with too many columns."""
    start = text.rfind(b"\n", 0, head.start()) + 1
    line_end = text.find(b"\n", head.start())
    names = text[start : line_end if line_end >= 0 else len(text)].strip()
    if names.count(b",") > MOST_COLUMNS:
        raise UnreadableFile("reading.not_a_table", file=source.path, detail=f"> {MOST_COLUMNS} columns")
    return names, text[line_end + 1 :] if line_end >= 0 else b""


def parsed(source: Source, table: bytes, needs: Iterable[str]) -> "pd.DataFrame":
    """Return a table as text cells. The first row rules how long the others may be: longer ones are left out, shorter ones filled up.

    Raises UnreadableFile for a table that is none, or lacks a column that is needed.
    """
    import pandas as pd

    usual = {"dtype": str, "on_bad_lines": "skip", "keep_default_na": False, "encoding_errors": "replace", "index_col": False}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", pd.errors.ParserWarning)  # a row longer than its head is cut, not refused
            # not low_memory: it lets the first row of each of its pieces rule anew, wherever that happens to be
            frame: pd.DataFrame = pd.read_csv(io.BytesIO(table), low_memory=False, **usual)
    except (ValueError, pd.errors.ParserError) as error:
        detail = _ROW.sub("", str(error).splitlines()[0])  # counted within the table that is parsed, not in the file
        raise UnreadableFile("reading.not_a_table", file=source.path, detail=detail) from error
    frame.columns = [str(name).strip() for name in frame.columns]
    if not set(needs) <= set(frame.columns) or len(set(frame.columns)) < len(frame.columns):
        raise UnreadableFile("reading.no_metric_column", file=source.path, columns=list(frame.columns[:_SHOWN]))
    return frame.fillna("")


def lines_of(text: bytes) -> int:
    """Return how many lines a text has, pairs of blank ones not counted."""
    return text.count(b"\n") + (not text.endswith(b"\n") and bool(text)) - text.count(b"\n\n")


def without_long_lines(text: bytes) -> tuple[bytes, int]:
    """Return the text without lines of more than MOST_LINE_BYTES, which would make as many columns, and how many they were."""
    if len(text) <= MOST_LINE_BYTES:
        return text, 0
    ends = np.flatnonzero(np.frombuffer(text, np.uint8) == ord("\n"))
    bounds = np.concatenate([[-1], ends, [len(text)]])
    long = np.flatnonzero(np.diff(bounds) > MOST_LINE_BYTES)
    if not long.size:
        return text, 0
    keep = [text[start:end] for start, end in zip([0, *(bounds[long + 1] + 1)], [*(bounds[long] + 1), len(text)], strict=True)]
    return b"".join(keep), int(long.size)


def floats_of(column: "pd.Series") -> np.ndarray:
    """Return (n,) float64, nan for what is no number or has more digits than any number of ours."""
    import pandas as pd

    try:
        found = pd.to_numeric(column, errors="coerce")
    except OverflowError:
        found = pd.to_numeric(column.astype(str).str.slice(0, LONGEST_NUMBER), errors="coerce")
    return found.to_numpy(np.float64, na_value=np.nan)
