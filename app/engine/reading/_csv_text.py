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


def frame_below(source: Source, text: bytes, head: re.Match[bytes] | None, needs: Iterable[str]) -> tuple["pd.DataFrame", int]:
    """Return what stands below a head as text cells, and the number of lines that do not fit.

    Raises UnreadableFile for a table that is none, or lacks a column that is needed.
    """
    import pandas as pd

    if head is None:  # the head was seen in the first 64 KiB as decoded, the whole decodes otherwise
        raise UnreadableFile("reading.no_rows", file=source.path)
    start = text.rfind(b"\n", 0, head.start()) + 1
    line_end = text.find(b"\n", head.start())
    names_line = text[start : line_end if line_end >= 0 else len(text)].strip()
    if names_line.count(b",") > MOST_COLUMNS:
        raise UnreadableFile("reading.not_a_table", file=source.path, detail=f"> {MOST_COLUMNS} columns")
    body = text[line_end + 1 :].replace(names_line + b"\n", b"") if line_end >= 0 else b""  # heads that repeat
    body, long = without_long_lines(body)
    whole = io.BytesIO(names_line + b"\n" + body)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", pd.errors.ParserWarning)  # a row longer than its head is cut, not refused
            frame = pd.read_csv(whole, dtype=str, on_bad_lines="skip", keep_default_na=False, encoding_errors="replace", index_col=False)
    except (ValueError, pd.errors.ParserError) as error:
        raise UnreadableFile("reading.not_a_table", file=source.path, detail=str(error).splitlines()[0]) from error
    frame.columns = [str(name).strip() for name in frame.columns]
    if not set(needs) <= set(frame.columns) or len(set(frame.columns)) < len(frame.columns):
        raise UnreadableFile("reading.no_metric_column", file=source.path, columns=list(frame.columns[:_SHOWN]))
    lines = body.count(b"\n") + (not body.endswith(b"\n") and bool(body)) - body.count(b"\n\n")
    return frame.fillna(""), max(0, lines - len(frame)) + long


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
