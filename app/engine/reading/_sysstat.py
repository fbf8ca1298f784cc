"""What the text tools of sysstat share (iostat, sar, mpstat, pidstat): the first line, sections under repeated heads, times of day.

A head repeats once a tick or once a screen, so bodies of equal heads are joined and parsed together.
"""

import re
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct

from app.engine.reading._cleaning import plain
from app.engine.reading._csv_cells import BlankWords, Cells
from app.engine.reading._csv_text import floats_of
from app.engine.reading._stamps import prefix_of
from app.engine.reading._times import DAY_NS, MISSING, Before, Turns, over_midnight

if TYPE_CHECKING:
    import pandas as pd

_SPREAD_TIME = re.compile(r"^(?:(\d\d:\d\d:\d\d)[ \t]+(AM|PM|上午|下午)|(上午|下午)[ \t]*(\d\d:\d\d:\d\d))(?=[ \t])".encode(), re.M)
_HALVES = tuple(word.encode() for word in ("AM", "PM", "上午", "下午"))
TIME_WORD = rb"\d\d:\d\d:\d\d\S*"
_SUMMARY = re.compile(r"^(?:Average|Summary|Durchschn\.|Moyenne|Media|Média|平均时间|平均)\s*[:：][^\n]*\n?".encode(), re.M)
_SUMMARY_WORDS = tuple(word.encode() for word in ("Average", "Summary", "Durchschn", "Moyenne", "Media", "Média", "平均"))
_BANNER = re.compile(
    rb"^Linux[ \t]+(?P<kernel>\S+)[ \t]+\((?P<host>[^)\n]*)\)[ \t]+(?P<date>\S+)[ \t]+_?(?P<arch>\w+?)_?[ \t]+\((?P<cpus>\d+)", re.M
)
MOST_DAYS = 2**63 // DAY_NS
_DATES = (
    (re.compile(r"(\d{4})[-/年.](\d{1,2})[-/月.](\d{1,2})"), (0, 1, 2)),
    (re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4}|\d\d)$"), (2, 0, 1)),
    (re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4}|\d\d)$"), (2, 1, 0)),
)
_TICK = rb"[^\d\n]{0,12}(\d\d(?::\d\d:\d\d|" + "时".encode() + rb"\d\d" + "分".encode() + rb"\d\d)|\d{9,}+)"
_TEXTS = frozenset(("time_", "date_", "utc_", "CPU", "DEV", "IFACE"))
_LETTERS = {b"B": 1.0, b"k": 2.0**10, b"M": 2.0**20, b"G": 2.0**30, b"T": 2.0**40, b"P": 2.0**50}
_BYTES = ((re.compile(r"^kb|kB"), 2.0**10), (re.compile(r"MB"), 2.0**20), (re.compile(r"^Blk_|sec/s$"), 512.0))
"""What --human puts behind a number, and what the columns count whose cells have it."""
_YEAR_SIGN, _HOUR_SIGN, _HALF_DAY_SIGN = "年".encode(), "时".encode(), "午".encode()
_CHINESE = tuple(
    (re.compile(pattern.encode()), replacement)
    for pattern, replacement in (
        (r"(\d{4})年(\d\d?)月(\d\d?)日", rb"\1-\2-\3"),
        (r"(\d\d)时(\d\d)分(\d\d)秒", rb"\1:\2:\3"),
        (r"上午[ \t]*(\d\d:\d\d:\d\d)", rb"\1 AM"),
        (r"下午[ \t]*(\d\d:\d\d:\d\d)", rb"\1 PM"),
        (r"(\d\d:\d\d:\d\d)[ \t]*上午", rb"\1 AM"),
        (r"(\d\d:\d\d:\d\d)[ \t]*下午", rb"\1 PM"),
    )
)


class Banner(Struct, frozen=True):
    """The first line of a report. day_ns None = no date that can be read."""

    environment: dict[str, str]
    day_ns: int | None
    cpus: int
    end: int


class Table(Struct, frozen=True):
    """All sections under one head. section (n,) is the number of the head that row i stood below, lost the rows that do not fit.

    places  (n,) where each row stands in the text
    """

    names: tuple[str, ...]
    frame: "pd.DataFrame"
    section: np.ndarray
    lost: int
    places: np.ndarray


class Head(Struct, frozen=True):
    """One line of column names: where it stands, its names as a key."""

    start: int
    end: int
    key: bytes

    @property
    def names(self) -> tuple[str, ...]:
        """The column names."""
        return tuple(self.key.decode("utf-8", "replace").split())


def find_banner(text: bytes, before: Before | None = None) -> Banner | None:
    """Return the first line of a report, None where there is none."""
    before = {} if before is None else before
    found = None if "banner" in before else _BANNER.search(text)
    if found is not None:
        told = {name: found[name].decode("utf-8", "replace") for name in ("kernel", "host", "arch")}
        before["banner"] = Banner(told, day_of(found["date"].decode("utf-8", "replace")), int(found["cpus"]), found.end())
    return before.get("banner")


def carried(heads: list[Head], before: Before) -> list[Head]:
    """Return the heads of a text, with the last head of the chapter before this one at its beginning."""
    heads = [Head(0, 0, before["head"]), *heads] if "head" in before else heads
    if heads:
        before["head"] = heads[-1].key
    return heads


def day_of(text: str) -> int | None:
    """Return midnight of a date as sysstat writes it (ISO, US, German, Chinese), ns since 1970; None for one beyond 64 bits (year 2262)."""
    for pattern, (year_at, month_at, day_at) in _DATES:
        found = pattern.match(text)
        if not found:
            continue
        year, month, day = (int(found.groups()[place]) for place in (year_at, month_at, day_at))
        if month > 12:  # a day first: en_GB and others
            month, day = day, month
        try:
            days = (date(year + 2000 * (year < 100), month, day) - date(1970, 1, 1)).days
        except ValueError:
            return None
        return days * DAY_NS if abs(days) < MOST_DAYS else None
    return None


def report_of(text: bytes, before: Before | None = None) -> bytes:
    """Return the report without colours, without a wrapper's stamps before its lines, and with Chinese dates and times as ASCII.

    The lines stay those of the text.
    """
    before = {} if before is None else before
    text = plain(text)
    if "report.prefix" not in before:
        before["report.prefix"] = wrapper_of(text)
    if before["report.prefix"] is not None:
        text = before["report.prefix"].sub(b"", text)
    if _YEAR_SIGN in text or _HOUR_SIGN in text or _HALF_DAY_SIGN in text:
        for pattern, replacement in _CHINESE:
            text = pattern.sub(replacement, text)
    return text


def wrapper_of(text: bytes) -> re.Pattern[bytes] | None:
    """Return the pattern of a wrapper's stamps before the lines of a report; None where they are the tool's own."""
    prefix = prefix_of(text) if _BANNER.search(text) is None else None
    each = re.compile(rb"^" + prefix, re.M) if prefix is not None else None
    return each if each is not None and _BANNER.search(each.sub(b"", text)) is not None else None


def tick_end(head: bytes) -> re.Pattern[bytes]:
    """Return what a chapter may end with: the last row of a time, or a blank line; behind stamps of a wrapper, if it has them."""
    each = wrapper_of(plain(head))
    before = b"" if each is None else rb"(?:" + each.pattern[1:] + rb")"
    begin = before + _TICK[: _TICK.index(b"(")]
    row = rb"^" + before + _TICK + rb"[^\n]*+\n(?!" + begin + rb"\1)(?=" + begin + rb"\d)"
    return re.compile(row + rb"|\n" + before + rb"[ \t]*\n", re.M)


def with_time_words(text: bytes) -> bytes:
    """Return the report with each time at a line's beginning as one word ("03:16:15PM"), so that columns count alike everywhere."""
    return text if not any(word in text for word in _HALVES) else _SPREAD_TIME.sub(rb"\1\4\2\3", text)


def without_summaries(text: bytes) -> tuple[bytes, int]:
    """Return the report without the lines that close each activity, and how many they were."""
    return _SUMMARY.subn(b"", text) if any(word in text for word in _SUMMARY_WORDS) else (text, 0)


def times_of_day(texts: "pd.Series", day_ns: int | None, turns: Turns | None = None) -> np.ndarray:
    """Return (n,) int64 ns of "HH:MM:SS", "HH:MM:SSPM", "HH:MM:SS下午", a day later after each midnight; MISSING where it is no time."""
    import pandas as pd

    codes, known = pd.factorize(texts.astype(str))  # all rows of a tick have the same
    parts = pd.Series(known, dtype=object).str.extract(r"^(\d\d):(\d\d):(\d\d)(AM|PM|上午|下午)?")
    hours, minutes, seconds = (parts[place].astype(float).to_numpy(np.float64) for place in (0, 1, 2))
    after = parts[3].isin(["PM", "下午"]).to_numpy()
    before = parts[3].isin(["AM", "上午"]).to_numpy()
    hours = np.where(after & (hours < 12), hours + 12, np.where(before & (hours == 12), 0, hours))
    good = np.isfinite(hours)
    clock = np.where(good, (np.nan_to_num(hours * 3600 + minutes * 60 + seconds) * 1e9).astype(np.int64), MISSING)
    clock = over_midnight(clock[codes], turns)
    return np.where(clock == MISSING, MISSING, clock + (day_ns or 0))


def tables_under(text: bytes, heads: list[Head], wanted: set[bytes]) -> list[Table]:
    """Return one table for each distinct head that is wanted; a section is what stands between two heads."""
    bodies: dict[bytes, list[tuple[int, int, bytes]]] = {}
    for number, head in enumerate(heads):
        if head.key in wanted:
            end = heads[number + 1].start if number + 1 < len(heads) else len(text)
            bodies.setdefault(head.key, []).append((number, head.end, text[head.end : end]))
    tables = [_parsed(parts, tuple(key.decode("utf-8", "replace").split())) for key, parts in bodies.items()]
    return [table for table in tables if len(table.frame) or table.lost]


def _parsed(parts: list[tuple[int, int, bytes]], names: tuple[str, ...]) -> Table:
    """Return the table of these sections, names as text and all else as numbers. parts: number, place and text of each."""
    import pandas as pd

    joined = b"\n".join(body for _, _, body in parts)
    part = np.repeat(np.arange(len(parts)), [body.count(b"\n") + 1 for _, _, body in parts])
    tail = names[-1] == "Command"  # may hold blanks
    words = BlankWords(joined if tail else joined.replace(b",", b"."))  # a decimal comma
    good = words.are_wide(len(names), tail=tail)
    used = names[:-1] if tail else names
    cells = words.cells(good, len(used))
    columns = {
        name if name not in used[:at] else f"{name}/{at}": cells.texts(at) if name in _TEXTS else _numbers(cells, at, name)
        for at, name in enumerate(used)
    }
    part = part[good]
    moved = np.array([at for _, at, _ in parts], np.int64)
    moved[1:] -= np.cumsum([len(body) + 1 for _, _, body in parts[:-1]], dtype=np.int64)
    section = np.array([number for number, _, _ in parts], np.int64)[part]
    lost = int(words.are_filled().sum()) - int(good.sum())
    return Table(names, pd.DataFrame(columns, copy=False), section, lost, cells.places() + moved[part])


def _numbers(cells: Cells, column: int, name: str) -> np.ndarray:
    """Return (rows,) float64; with --human each cell has a unit of its own ("1.5M", "12.0%"). A unit that is none makes it missing."""
    values = cells.numbers(column)
    last, before = cells.last_bytes(column)
    odd = (last > ord("9")) & np.isfinite(values)
    odd |= (last == ord("%")) & (before > ord("9"))
    if not odd.any():
        return values
    base = next((size for pattern, size in _BYTES if pattern.search(name)), None)
    factors = np.full(256, np.nan)
    if base is not None:
        factors[[ord(letter) for letter in _LETTERS]] = np.array(list(_LETTERS.values())) / base
    values[odd] *= np.where(before[odd] <= ord("9"), factors[last[odd]], np.nan)
    return values


def separated(separator: bytes, count: int) -> bytes:
    """Return the pattern of a row of so many cells."""
    return separator.join([rb"([^" + separator + rb"\n]*)"] * count)


def frame_of(body: bytes, names: tuple[str, ...], cells: bytes) -> tuple["pd.DataFrame", int]:
    """Return the rows of exactly these cells as text, and the number of other lines. cells: a pattern with a group for each name."""
    import pandas as pd

    rows = re.findall((rb"^" + cells + rb"$").decode(), body.decode("utf-8", "replace"), re.M | re.ASCII)
    unique = [name if name not in names[:place] else f"{name}/{place}" for place, name in enumerate(names)]
    frame = pd.DataFrame(rows, columns=unique, dtype=object)
    return frame, body.count(b"\n") + 1 - len(frame)


def numbers(column: "pd.Series") -> np.ndarray:
    """Return (n,) float64 of cells with a point or a comma as decimal mark; nan where it is no number."""
    found = floats_of(column)
    if column.dtype.kind == "f":
        return found
    rest = np.flatnonzero(~np.isfinite(found))
    if rest.size:
        found = found.copy()
        found[rest] = floats_of(column.iloc[rest].str.replace(",", ".", regex=False))
    return found


def count_skipped(skipped: dict[str, int], reason: str, count: int) -> None:
    """Count rows that are not used."""
    if count:
        skipped[reason] = skipped.get(reason, 0) + count
