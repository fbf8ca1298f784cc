"""Time stamps as text into int64 nanoseconds since 1970, without a loop over rows."""

import re
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from app.engine.model.traces import Clock
from app.engine.reading._dates import odd_times

if TYPE_CHECKING:
    import pandas as pd

MISSING = np.iinfo(np.int64).min
_ZONE = re.compile(r"(Z|[+-]\d\d:?\d\d)$")
_ZONE_WORD = re.compile(r"\s+(?!AM$|PM$)([A-Z]{2,5})$")
_TIME_OF_DAY = re.compile(r"\d{1,2}:\d\d:\d\d(?:[.,]\d{1,9})?")
DAY_NS = 86400 * 10**9
Before: TypeAlias = dict[Any, Any]
"""What the chapters of a file before this one leave for it to go on with; empty at a file's beginning (_chapters.py)."""
BACKWARDS_NS = DAY_NS // 2
"""A time of day that goes back further than this has passed midnight; less is the disorder of one tick."""
_REGULAR = re.compile(r"\d{4}[/-]\d\d[/-]\d\d[ T]\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:?\d\d)?")
_TAIL = re.compile(rb"(\.\d{1,9})?(Z|[+-]\d\d:?\d\d)?")
_POWERS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}
MOST_COUNT = 2.0**64  # no clock counts further
MOST_NS = 2.0**62  # 146 years; the difference of two such times still is an int64


def parse_times(texts: "pd.Series") -> tuple[np.ndarray, Clock]:
    """Return (n,) int64 ns since 1970 (MISSING where it is no time) and whether the zone was known.

    texts   (n,) text: "2025/07/27 00:22:27.858", ISO 8601 with or without zone ("Z", "+08:00", "+0800", "UTC"; other words tell no zone),
            or times of day only, which go on after midnight: their clock is relative and counts from the first midnight
    """
    import pandas as pd

    if len(texts) == 0:
        return np.empty(0, np.int64), "local"
    first = str(texts.iloc[0]).strip()
    if is_time_of_day(first):
        return over_midnight(times_of_day(texts)), "relative"
    word = _ZONE_WORD.search(first)
    if word is not None:  # CST is China, Chicago and Cuba: only UTC is safe
        texts = texts.str.replace(_ZONE_WORD, "Z" if word[1] in ("UTC", "GMT") else "", regex=True)
        first = str(texts.iloc[0]).strip()
    clock: Clock = "absolute" if _ZONE.search(first) and ":" in first else "local"
    if _REGULAR.fullmatch(first) and texts.str.len().eq(len(first)).all() and all(map(str.isascii, texts)):
        regular = parse_regular(np.array(texts.to_list(), dtype=f"S{len(first)}").view(np.uint8).reshape(-1, len(first)))
        if regular is not None:
            return regular
    plain = texts.str.strip().str.replace("/", "-", regex=False)
    stamps = pd.to_datetime(plain, format="ISO8601", utc=True, errors="coerce")
    values = stamps.to_numpy(dtype="datetime64[ns]")
    nanoseconds = values.astype(np.int64)
    nanoseconds[np.isnat(values)] = MISSING
    if np.isnat(values).mean() > 0.5:
        return odd_times(texts) or (nanoseconds, clock)
    return nanoseconds, clock


def parse_regular(grid: np.ndarray) -> tuple[np.ndarray, Clock] | None:
    """Parse (n, m) bytes "YYYY?MM?DD?HH:MM:SS[.f…][zone]" of one length by their columns, eight times as fast as a general parser.

    Returns ns since 1970 and the clock, None for anything else.
    """
    if grid.shape[0] == 0 or grid.shape[1] < 19 or not ((grid[:, 13] == 58) & (grid[:, 16] == 58)).all():
        return None
    tail = _TAIL.fullmatch(grid[0, 19:].tobytes())
    if tail is None:
        return None
    fraction, zone = len(tail[1] or b" ") - 1, tail[2] or b""
    if (grid[:, grid.shape[1] - len(zone) :] != np.frombuffer(zone, np.uint8)).any():
        return None
    places = [0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18, *range(20, 20 + fraction)]
    digits = (grid[:, places] - np.uint8(48)).T.astype(np.int64)
    if (digits > 9).any():
        return None
    year = digits[0] * 1000 + digits[1] * 100 + digits[2] * 10 + digits[3]
    month, day, hour, minute, second = (digits[at] * 10 + digits[at + 1] for at in (4, 6, 8, 10, 12))
    if ((month < 1) | (month > 12) | (day < 1) | (day > 31) | (year < 1700) | (year > 2200)).any():
        return None
    months = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    days = months.astype("datetime64[D]").astype(np.int64) + day - 1
    times = (days * 86400 + hour * 3600 + minute * 60 + second - (utc_offset_of(f"0:{zone.decode()}") or 0)) * 10**9
    for number in range(fraction):
        times += digits[14 + number] * 10 ** (8 - number)
    return times, "absolute" if zone else "local"


def is_time_of_day(text: str) -> bool:
    """Tell whether this is "HH:MM:SS[.fff]" without a date."""
    return _TIME_OF_DAY.fullmatch(text.strip()) is not None


def times_of_day(texts: "pd.Series") -> np.ndarray:
    """Return (n,) int64 ns since midnight of "HH:MM:SS[.fff]", MISSING for anything else; midnight is not passed."""
    import pandas as pd

    parts = texts.astype(str).str.extract(r"^\s*(\d{1,2}):(\d\d):(\d\d)(?:[.,](\d{1,9}))?\s*$")
    whole = parts[[0, 1, 2]].apply(pd.to_numeric, errors="coerce").to_numpy(np.float64)
    fine = pd.to_numeric(parts[3].fillna("0").astype(str).str.ljust(9, "0"), errors="coerce").to_numpy(np.float64)
    good = np.isfinite(whole).all(axis=1)
    seconds = np.nan_to_num(whole) @ np.array([3600.0, 60.0, 1.0])
    return np.where(good, seconds.astype(np.int64) * 10**9 + np.nan_to_num(fine).astype(np.int64), MISSING)


class Turns:
    """A clock that begins anew every `turn_ns`, as a clock that goes on, from call to call in the order of the file.

    back_ns  a step back of more than this is a new turn; less is the disorder of one tick
    """

    def __init__(self, back_ns: int = BACKWARDS_NS, turn_ns: int = DAY_NS) -> None:
        self._back_ns, self._turn_ns = back_ns, turn_ns
        self._last: int | None = None
        self._count = 0

    def over(self, times: np.ndarray) -> np.ndarray:
        """Return (n,) int64 ns that go on growing; MISSING stays."""
        known = np.flatnonzero(times != MISSING)
        whole = times.copy()
        if known.size:
            clock = times[known]
            turned = self._count + np.cumsum(np.diff(clock, prepend=clock[0] if self._last is None else self._last) < -self._back_ns)
            self._last, self._count = int(clock[-1]), int(turned[-1])
            whole[known] = clock + turned * self._turn_ns
        return whole


def over_midnight(times: np.ndarray, turns: Turns | None = None) -> np.ndarray:
    """Return (n,) times of day, int64 ns in the order of the file, as times that go on after midnight; MISSING stays."""
    return (turns or Turns()).over(times)


def epoch_times(numbers: np.ndarray) -> np.ndarray | None:
    """Return ns since 1970 of numbers that count s, ms, µs or ns since 1970, None where they do not look like a calendar time."""
    good = numbers[np.isfinite(numbers) & (np.abs(numbers) < MOST_COUNT)]
    if not good.size:
        return None
    middle = float(np.median(good))
    for factor in _POWERS.values():
        if 946_684_800 < middle * factor / 1e9 < 4_102_444_800:
            return counted_times(numbers, factor)
    return None


def counted_times(numbers: np.ndarray, factor: int) -> np.ndarray:
    """Return (n,) int64 ns of (n,) float64 counts of `factor` ns each; MISSING where there is none or it would not fit."""
    with np.errstate(over="ignore", invalid="ignore"):
        good = np.isfinite(numbers) & (np.abs(numbers) * factor < MOST_NS)
    filled = np.where(good, numbers, 0)
    whole = np.floor(filled)
    times = whole.astype(np.int64) * factor + np.round((filled - whole) * factor).astype(np.int64)
    return np.where(good, times, MISSING)


def utc_offset_of(text: str) -> int | None:
    """Return the zone that a stamp states, s east of Greenwich; None where it states none. Words such as CST name several zones."""
    found = _ZONE.search(text.strip())
    if found is None or ":" not in text:
        return None
    if found[1] == "Z":
        return 0
    digits = found[1].replace(":", "")
    offset = int(digits[1:3]) * 3600 + int(digits[3:5]) * 60
    return (-offset if digits[0] == "-" else offset) if offset <= 14 * 3600 else None
