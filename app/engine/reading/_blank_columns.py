"""Blank-separated columns under heads that come again: dmon, pmon, npu-smi watch. Names are taken from the nearest head above.

Only rows with as many cells as the head has names count; the others are told. numpy does the cells, a regular expression their lines.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct

from app.engine.messages import Message, message
from app.engine.model.traces import Clock, Device
from app.engine.reading._csv_cells import BlankWords, Cells
from app.engine.reading._csv_text import floats_of
from app.engine.reading._lines import marked
from app.engine.reading._stamps import Stamped, day_times, stamped
from app.engine.reading._times import MISSING, Before, Turns, parse_times

if TYPE_CHECKING:
    import pandas as pd

MISSING_WORDS = ["-", "--", "N/A", "NA", "n/a", "[N/A]", "None", "nan", "NaN", "–", "—"]
DATE, TIME, PLACE = "date", "time", "#place"
_MOST_COLUMNS = 256
_OWN_TIMES = re.compile(rb"^[ \t]*#[ \t]*(?:Date|Time)\b", re.MULTILINE | re.IGNORECASE)
ANY_LINE = re.compile(rb"\n")
"""What a chapter may end with where every row stands for itself."""


class Section(Struct, frozen=True):
    """What stands between two heads: the names of the head, the rows' text and its offset in the whole text."""

    names: tuple[str, ...]
    body: bytes
    start: int


def sections(
    text: bytes,
    head: re.Pattern[bytes],
    names_of: Callable[[bytes], Sequence[str]],
    skipped: dict[str, int],
    before: Before | None = None,
    marks: Sequence[bytes] = (),
) -> Iterator[Section]:
    """Yield the parts of a text that stand below a head; parts below equal heads are one, the heads in it made blank.

    What stands before the first head is told as preamble, unless a head before this chapter holds.

    marks  each head has one of these in it: they are found ten times as fast as a pattern
    """
    before = {} if before is None else before
    known: tuple[str, ...] | None = before.get("names")
    start, pieces, at = 0, [], 0
    for one in marked(text, head, marks) if marks else head.finditer(text):
        names = tuple(names_of(one.group()))[:_MOST_COLUMNS]
        pieces.append(text[at : one.start()])
        if known is None:
            _count(skipped, "preamble", _lines(pieces.pop()))
        _count(skipped, "repeated_head", names == known)
        if known is not None and names == known:
            pieces.append(b" " * (one.end() - one.start()))
        else:
            if known is not None:
                yield Section(known, b"".join(pieces), start)
            known, pieces, start = names, [], one.end()
        at = one.end()
    if known is not None:
        before["names"] = known
        yield Section(known, b"".join([*pieces, text[at:]]), start)


def rows_of(
    section: Section,
    first: Sequence[bytes],
    skipped: dict[str, int],
    *,
    places: bool,
    tail: bool = False,
    rules: bytes = rb"#",
    texts: frozenset[str] = frozenset((DATE, TIME)),
) -> "pd.DataFrame | None":
    """Return the rows of a section as a frame of numbers named by the head, None where it has none.

    first   patterns of a row's first cells
    places  add the column PLACE: offset of each row in the whole text
    tail    the last cell may hold blanks (a command line) and is left out
    rules   how lines begin that are no rows: units below a head, ruling
    texts   columns to be given as text
    """
    import pandas as pd

    width = len(section.names)
    if not width:
        return None
    words = BlankWords(section.body)
    starting = words.lines_of(first)
    good = starting & words.are_wide(width, tail=tail)
    ruling = re.compile(rb"[ \t]*(?:" + rules + rb")")
    others = [line for line in words.lines(words.are_wide(1, tail=True) & ~starting) if ruling.match(line) is None]
    _count(skipped, "bad_row", int(starting.sum()) - int(good.sum()))
    _count(skipped, "not_a_row", len(others))
    if not good.any():
        return None
    cells = words.cells(good, width - tail)
    names = _unique(section.names[: width - tail])
    columns = {name: _texts(cells, at) if name in texts else cells.numbers(at) for at, name in enumerate(names)}
    if places:
        columns[PLACE] = cells.places() + section.start
    return pd.DataFrame(columns, copy=False)


def _texts(cells: Cells, column: int) -> np.ndarray:
    """Return (n,) texts, None for words that say that there is none."""
    codes, found = cells.codes(column)
    return np.array([None if text in MISSING_WORDS else text for text in found], object)[codes]


def names_of(head: bytes) -> list[str]:
    """Return the names of a head of dmon's family: "# gpu   pwr  gtemp" -> gpu, pwr, gtemp."""
    return head.decode("ascii", "replace").replace("#", " ").replace(",", " ").lower().split()


def without_stamps(text: bytes, before: Before | None = None) -> Stamped:
    """Take a wrapper's stamps off, but leave the columns of `-o DT`, whose heads have no stamp."""
    before = {} if before is None else before
    before["own_times"] = before.get("own_times") or next(marked(text, _OWN_TIMES, (b"#",)), None) is not None
    if before["own_times"]:
        return Stamped(text, np.empty(0, np.int64), np.empty(0, np.int64), "relative")
    return stamped(text, before)


def with_cards(frame: "pd.DataFrame", name: str, skipped: dict[str, int]) -> tuple["pd.DataFrame", np.ndarray, tuple[Device, ...]]:
    """Return the rows whose column `name` tells a card, (n,) the number of the card in the devices, and the devices."""
    import pandas as pd

    cards = numbers(frame, name)
    known = np.isfinite(cards) & (cards >= 0) & (cards < 2**31)
    if not known.all():
        _count(skipped, "bad_row", int((~known).sum()))
        frame, cards = frame[known].reset_index(drop=True), cards[known]
    codes, found = pd.factorize(cards.astype(np.int64), sort=True)
    return frame, codes, tuple(Device(str(one)) for one in found)


def numbers(frame: "pd.DataFrame", name: str) -> np.ndarray:
    """Return (n,) float64 of a column, nan where a cell is no number or the column is missing."""

    if name not in frame:
        return np.full(len(frame), np.nan)
    return floats_of(frame[name])


class Times(Struct, frozen=True):
    """When rows were written: times (n,) int64 ns or None, and what is to be told of them."""

    times: np.ndarray | None
    clock: Clock
    warnings: tuple[Message, ...] = ()
    utc_offset_s: int | None = None


def times_of(frame: "pd.DataFrame", stamps: Stamped, before: Before) -> Times:
    """Return the rows' times: by the columns of date and time, else by the wrapper's stamps, else none."""
    if TIME in frame and frame[TIME].notna().any():
        texts = frame[TIME].fillna("")
        if DATE in frame and frame[DATE].notna().any():
            return Times(*_dated(frame[DATE].fillna(""), texts))
        return Times(day_times(list(texts), before.setdefault("days", Turns())), "relative", (message("reading.no_date"),))
    times = stamps.at(frame[PLACE].to_numpy()) if PLACE in frame else None
    if times is None or not (times != MISSING).any():
        return Times(None, "synthetic")
    return Times(times, stamps.clock, stamps.warnings, stamps.utc_offset_s)


def _dated(dates: "pd.Series", texts: "pd.Series") -> tuple[np.ndarray, Clock]:
    """Return (n,) int64 ns and the clock; each pair of date and time is parsed once, since all cards of a tick have it."""
    import pandas as pd

    (dates_at, days), (texts_at, clocks) = pd.factorize(dates), pd.factorize(texts)
    codes, pairs = pd.factorize(dates_at * len(clocks) + texts_at)
    days = pd.Series(days, dtype=object).str.replace(r"^(\d{4})(\d\d)(\d\d)$", r"\1-\2-\3", regex=True).to_numpy()
    joined = pd.Series(days[pairs // len(clocks)] + " " + clocks.to_numpy()[pairs % len(clocks)], dtype=object)
    times, clock = parse_times(joined)
    return times[codes], clock


def _lines(text: bytes) -> int:
    return len(re.findall(rb"^[ \t]*[^\s]", text, re.MULTILINE))


def _count(skipped: dict[str, int], reason: str, count: int) -> None:
    if count > 0:
        skipped[f"skipped.{reason}"] = skipped.get(f"skipped.{reason}", 0) + int(count)


def _unique(names: Sequence[str]) -> list[str]:
    return [name if name not in names[:number] else f"{name}#{number}" for number, name in enumerate(names)]
