"""Blank-separated columns under heads that come again: dmon, pmon, npu-smi watch. Names are taken from the nearest head above.

Only rows with as many cells as the head has names count; the others are told. The C reader does the rows, regular expressions the lines.
"""

import io
import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct

from app.engine.messages import Message, message
from app.engine.model.traces import Clock, Device
from app.engine.reading._csv_text import floats_of
from app.engine.reading._stamps import Stamped, day_times, stamped
from app.engine.reading._times import MISSING, parse_times

if TYPE_CHECKING:
    import pandas as pd

MISSING_WORDS = ["-", "--", "N/A", "NA", "n/a", "[N/A]", "None", "nan", "NaN", "–", "—"]
DATE, TIME, PLACE = "date", "time", "#place"
_MOST_COLUMNS = 256


class Section(Struct, frozen=True):
    """What stands between two heads: the names of the head, the rows' text and its offset in the whole text."""

    names: tuple[str, ...]
    body: bytes
    start: int


def sections(
    text: bytes, head: re.Pattern[bytes], names_of: Callable[[bytes], Sequence[str]], skipped: dict[str, int]
) -> Iterator[Section]:
    """Yield the parts of a text that stand below a head; parts below an equal head are joined where nothing else is between.

    What stands before the first head is told as preamble.
    """
    found = list(head.finditer(text))
    if not found:
        return
    _count(skipped, "preamble", _lines(text[: found[0].start()]))
    ends = [*(one.start() for one in found[1:]), len(text)]
    known: tuple[str, ...] = ()
    for one, end in zip(found, ends, strict=True):
        names = tuple(names_of(one.group()))[:_MOST_COLUMNS]
        _count(skipped, "repeated_head", names == known)
        known = names
        yield Section(names, text[one.end() : end], one.end())


def rows_of(
    section: Section, first: bytes, skipped: dict[str, int], *, places: bool, tail: bool = False, rules: bytes = rb"#"
) -> "pd.DataFrame | None":
    """Return the rows of a section as a frame of text-free columns named by the head, None where it has none.

    first   pattern of a row's first cell
    places  add the column PLACE: offset of each row in the whole text
    tail    the last cell may hold blanks (a command line)
    rules   how lines begin that are no rows: units below a head, ruling
    """
    import pandas as pd

    width = len(section.names)
    if not width:
        return None
    cells = rb"(?:[ \t]+[^\s#]\S*){%d}" % (width - 1 - tail)
    form = re.compile(rb"^[ \t]*(" + first + cells + (rb")[ \t]+([^\n]*\S)[ \t]*$" if tail else rb")[ \t]*$"), re.MULTILINE)
    found = [one[0] for one in form.findall(section.body)] if tail else form.findall(section.body)
    starting = len(re.findall(rb"^[ \t]*" + first + rb"(?=[ \t]|$)", section.body, re.MULTILINE))
    ruling = len(re.findall(rb"^[ \t]*(?:" + rules + rb")[^\n]*$", section.body, re.MULTILINE))
    _count(skipped, "bad_row", starting - len(found))
    _count(skipped, "not_a_row", _lines(section.body) - starting - ruling)
    if not found:
        return None
    names = section.names[: width - tail]
    frame = pd.read_csv(
        io.BytesIO(b"\n".join(found)),
        sep=r"\s+",
        header=None,
        names=range(len(names)),
        na_values=MISSING_WORDS,
        index_col=False,
        quoting=3,
        low_memory=False,
        encoding_errors="replace",
        dtype={at: str for at, name in enumerate(names) if name in (DATE, TIME)},
    )
    frame.columns = pd.Index(_unique(names))
    if places:
        frame[PLACE] = np.fromiter((one.start() for one in form.finditer(section.body)), np.int64, len(found)) + section.start
    return frame


def names_of(head: bytes) -> list[str]:
    """Return the names of a head of dmon's family: "# gpu   pwr  gtemp" -> gpu, pwr, gtemp."""
    return head.decode("ascii", "replace").replace("#", " ").replace(",", " ").lower().split()


def without_stamps(text: bytes) -> Stamped:
    """Take a wrapper's stamps off, but leave the columns of `-o DT`, whose heads have no stamp."""
    if re.search(rb"^[ \t]*#[ \t]*(?:Date|Time)\b", text, re.MULTILINE | re.IGNORECASE):
        return Stamped(text, np.empty(0, np.int64), np.empty(0, np.int64), "relative")
    return stamped(text)


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


def times_of(frame: "pd.DataFrame", stamps: Stamped) -> Times:
    """Return the rows' times: by the columns of date and time, else by the wrapper's stamps, else none."""
    if TIME in frame and frame[TIME].notna().any():
        texts = frame[TIME].fillna("")
        if DATE in frame and frame[DATE].notna().any():
            joined = frame[DATE].fillna("").str.replace(r"^(\d{4})(\d\d)(\d\d)$", r"\1-\2-\3", regex=True) + " " + texts
            times, clock = parse_times(joined)
            return Times(times, clock)
        return Times(day_times(list(texts)), "relative", (message("reading.no_date"),))
    times = stamps.at(frame[PLACE].to_numpy()) if PLACE in frame else None
    if times is None or not (times != MISSING).any():
        return Times(None, "synthetic")
    return Times(times, stamps.clock, stamps.warnings, stamps.utc_offset_s)


def _lines(text: bytes) -> int:
    return len(re.findall(rb"^[ \t]*[^\s]", text, re.MULTILINE))


def _count(skipped: dict[str, int], reason: str, count: int) -> None:
    if count > 0:
        skipped[f"skipped.{reason}"] = skipped.get(f"skipped.{reason}", 0) + int(count)


def _unique(names: Sequence[str]) -> list[str]:
    return [name if name not in names[:number] else f"{name}#{number}" for number, name in enumerate(names)]
