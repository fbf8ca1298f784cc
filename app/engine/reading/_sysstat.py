"""What the text tools of sysstat share (iostat, sar, mpstat, pidstat): the first line, sections under repeated heads, times of day.

A head repeats once a tick or once a screen, so bodies of equal heads are joined and parsed together.
"""

import re
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct

from app.engine.reading._cleaning import plain
from app.engine.reading._stamps import without_prefix
from app.engine.reading._times import MISSING

if TYPE_CHECKING:
    import pandas as pd

_SPREAD_TIME = re.compile(r"^(?:(\d\d:\d\d:\d\d)[ \t]+(AM|PM|上午|下午)|(上午|下午)[ \t]*(\d\d:\d\d:\d\d))(?=[ \t])".encode(), re.M)
TIME_WORD = rb"\d\d:\d\d:\d\d\S*"
_BANNER = re.compile(
    rb"^Linux[ \t]+(?P<kernel>\S+)[ \t]+\((?P<host>[^)\n]*)\)[ \t]+(?P<date>\S+)[ \t]+_?(?P<arch>\w+?)_?[ \t]+\((?P<cpus>\d+)", re.M
)
_DATES = (
    (re.compile(r"(\d{4})[-/年.](\d{1,2})[-/月.](\d{1,2})"), (0, 1, 2)),
    (re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4}|\d\d)$"), (2, 0, 1)),
    (re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4}|\d\d)$"), (2, 1, 0)),
)
_BLANK = re.compile(rb"\n[ \t]*(?=\n|\Z)")
DAY_NS = 86_400 * 10**9
HALF_DAY_NS = DAY_NS // 2


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
    """All sections under one head. section (n,) is the number of the head that row i stood below, lost the rows that do not fit."""

    names: tuple[str, ...]
    frame: "pd.DataFrame"
    section: np.ndarray
    lost: int


def find_banner(text: bytes) -> Banner | None:
    """Return the first line of a report, None where there is none."""
    found = _BANNER.search(text)
    if found is None:
        return None
    told = {name: found[name].decode("utf-8", "replace") for name in ("kernel", "host", "arch")}
    return Banner(told, day_of(found["date"].decode("utf-8", "replace")), int(found["cpus"]), found.end())


def day_of(text: str) -> int | None:
    """Return midnight of a date as sysstat writes it (ISO, US, German, Chinese), ns since 1970."""
    for pattern, (year_at, month_at, day_at) in _DATES:
        found = pattern.match(text)
        if not found:
            continue
        year, month, day = (int(found.groups()[place]) for place in (year_at, month_at, day_at))
        if month > 12:  # a day first: en_GB and others
            month, day = day, month
        try:
            return (date(year + 2000 * (year < 100), month, day) - date(1970, 1, 1)).days * DAY_NS
        except ValueError:
            return None
    return None


def report_of(text: bytes) -> bytes:
    """Return the report without colours, without a wrapper's stamps before its lines, and with Chinese dates and times as ASCII."""
    text = plain(text)
    if _BANNER.search(text) is None and (strip := without_prefix(text)) is not None:
        bare = strip(text)
        text = bare if _BANNER.search(bare) is not None else text  # else the stamps are the tool's own
    if _YEAR_SIGN in text or _HOUR_SIGN in text or _HALF_DAY_SIGN in text:
        for pattern, replacement in _CHINESE:
            text = pattern.sub(replacement, text)
    return text


def with_time_words(text: bytes) -> bytes:
    """Return the report with each time at a line's beginning as one word ("03:16:15PM"), so that columns count alike everywhere."""
    return _SPREAD_TIME.sub(rb"\1\4\2\3", text)


def times_of_day(texts: "pd.Series", day_ns: int | None) -> np.ndarray:
    """Return (n,) int64 ns of "HH:MM:SS", "HH:MM:SSPM", "HH:MM:SS下午", a day later after each midnight; MISSING where it is no time."""
    parts = texts.astype(str).str.extract(r"^(\d\d):(\d\d):(\d\d)(AM|PM|上午|下午)?")
    hours, minutes, seconds = (parts[place].astype(float).to_numpy(np.float64) for place in (0, 1, 2))
    after = parts[3].isin(["PM", "下午"]).to_numpy()
    before = parts[3].isin(["AM", "上午"]).to_numpy()
    hours = np.where(after & (hours < 12), hours + 12, np.where(before & (hours == 12), 0, hours))
    good = np.isfinite(hours)
    clock = np.where(good, (hours * 3600 + minutes * 60 + seconds) * 1e9, 0).astype(np.int64)
    return np.where(good, unwrapped(clock, good) + (day_ns or 0), MISSING)


def unwrapped(clock_ns: np.ndarray, good: np.ndarray) -> np.ndarray:
    """Return times of day that go on growing over midnight: a step back of more than half a day is a new day."""
    known = clock_ns[good]
    days = np.concatenate([[0], np.cumsum(np.diff(known) < -HALF_DAY_NS)]) if known.size else np.empty(0, np.int64)
    made = clock_ns.copy()
    made[good] = known + days * DAY_NS
    return made


class Head(Struct, frozen=True):
    """One line of column names: where it stands, its names as a key."""

    start: int
    end: int
    key: bytes

    @property
    def names(self) -> tuple[str, ...]:
        """The column names."""
        return tuple(self.key.decode("utf-8", "replace").split())


def tables_under(text: bytes, heads: list[Head], wanted: set[bytes]) -> list[Table]:
    """Return one table for each distinct head that is wanted; a section is what stands between two heads."""
    bodies: dict[bytes, list[bytes]] = {}
    for number, head in enumerate(heads):
        end = heads[number + 1].start if number + 1 < len(heads) else len(text)
        if head.key in wanted:
            body = _BLANK.sub(b"", b"\n" + text[head.end : end]).strip(b"\n")
            if body:
                bodies.setdefault(head.key, []).append(b"%d " % number + body.replace(b"\n", b"\n%d " % number))
    return [_parsed(b"\n".join(parts), tuple(key.decode("utf-8", "replace").split())) for key, parts in bodies.items()]


def _parsed(joined: bytes, names: tuple[str, ...]) -> Table:
    import pandas as pd

    cells = rb"(\S+)[ \t]+" * len(names) + (rb"(\S[^\n]*)" if names[-1] == "Command" else rb"(\S+)[ \t]*")  # a command may hold blanks
    frame, lost = frame_of(joined, ("section_", *names), cells)
    section = pd.to_numeric(frame["section_"], errors="coerce").fillna(-1).to_numpy(np.int64)
    return Table(names, frame.drop(columns="section_"), section, lost)


def separated(separator: bytes, count: int) -> bytes:
    """Return the pattern of a row of so many cells."""
    return separator.join([rb"([^" + separator + rb"\n]*)"] * count)


def frame_of(body: bytes, names: tuple[str, ...], cells: bytes) -> tuple["pd.DataFrame", int]:
    """Return the rows of exactly these cells as text, and the number of other lines. cells: a pattern with a group for each name."""
    import pandas as pd

    rows = re.findall(rb"^" + cells + rb"$", body, re.M)
    unique = [name if name not in names[:place] else f"{name}/{place}" for place, name in enumerate(names)]
    frame = pd.DataFrame(rows, columns=unique)
    for name in frame:
        frame[name] = frame[name].str.decode("utf-8", "replace")
    return frame, body.count(b"\n") + 1 - len(frame)


def numbers(column: "pd.Series") -> np.ndarray:
    """Return (n,) float64 of cells with a point or a comma as decimal mark; nan where it is no number."""
    import pandas as pd

    return pd.to_numeric(column.str.replace(",", ".", regex=False), errors="coerce").to_numpy(np.float64)


def count_skipped(skipped: dict[str, int], reason: str, count: int) -> None:
    """Count rows that are not used."""
    if count:
        skipped[reason] = skipped.get(reason, 0) + count
