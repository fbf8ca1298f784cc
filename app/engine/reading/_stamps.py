"""Times that a wrapper wrote: before every line (`ts`, `awk strftime`, loggers) or on lines of their own (`date` in a loop).

Both become times of places in the text: a reader finds its rows, then asks when they were written.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

import numpy as np
from msgspec import Struct

from app.engine.messages import Message, message
from app.engine.model.traces import Clock
from app.engine.reading._lines import LINE_END, matching
from app.engine.reading._times import DAY_NS, MISSING, Before, Turns, over_midnight, parse_times, times_of_day, utc_offset_of

_SAMPLE_LINES = 400
_LEAP_YEAR = "2000"

_DATE = rb"\d{4}[-/]\d\d[-/]\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?(?:Z|[+-]\d\d:?\d\d))?"
_DAY, _MONTH = rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)", rb"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_TIME = rb"\d\d?:\d\d:\d\d(?:\.\d{1,9})?(?: ?[AP]M)?"
_CTIME = (
    _DAY
    + rb",? {1,4}(?:"
    + _MONTH
    + rb" {1,4}\d{1,2}|\d{1,2} {1,4}"
    + _MONTH
    + rb")(?: {1,4}\d{4})? {1,4}"
    + _TIME
    + rb"(?: {1,4}[A-Z]{2,5}| [+-]\d{2,4})?(?: {1,4}\d{4})?"
)
_CHINESE = r"\d{4}\s?年\s?\d{1,2}\s?月\s?\d{1,2}\s?日[^\d\n]{0,24}\d\d?\s?[:：时]\s?\d\d\s?[:：分]\s?\d\d".encode()
_SYSLOG = _MONTH + rb" {1,2}\d{1,2} \d\d:\d\d:\d\d(?:\.\d{1,9})?"
_CLOCK = rb"\d\d:\d\d:\d\d(?:\.\d{1,9})?"
_EPOCH = rb"1\d{9}(?:\.\d{1,9})?"

_KINDS: tuple[tuple[str, bytes], ...] = (("date", _DATE), ("ctime", _CTIME), ("syslog", _SYSLOG), ("epoch", _EPOCH), ("clock", _CLOCK))
# what loggers put between their time and the text: "- monitor - INFO -", "[INFO]", "| INFO | a:b:1 -", of syslog host and program
_LEVEL = rb"\[?(?:DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR)\]?"
_LOGGER = {
    "date": rb"(?:[ \t]+std(?:out|err)[ \t]+[FP](?=[ \t])|\]?[ \t]*[-|]?[ \t]*(?:[\w.:]{1,80}[ \t]*[-|][ \t]*)?"
    + _LEVEL
    + rb"[ \t]*[-|:]?(?:[ \t]*[\w.:<>]{1,80}[ \t]*[-|\]])?(?=[ \t]))?",
    "syslog": rb"(?:[ \t]+[\w.-]{1,80}[ \t]+[\w./@-]{1,80}(?:\[\d{1,9}\])?(?=:))?",
}
_AFTER = rb"\]?(?:[ \t]+\[[\w.-]{1,40}\])*:?(?:[ \t]|(?=\n|\Z))"
_DATE_LINE = re.compile(
    rb"^[^\w\n|]{0,100}(?:(?:time ?stamp|time|date|" + "时间".encode() + rb")[ \t]*[:=]?[ \t]*)?("
    + rb"|".join((_DATE, _CTIME, _CHINESE, rb"1\d{9}(?=[ \t]*$)"))
    + rb")(?:[^\w\n]{1,100}|(?: CST| UTC| GMT))?[ \t]*$",
    re.MULTILINE | re.IGNORECASE,
)  # fmt: skip

_YEAR_SIGN = "年".encode()


class Stamped(Struct, frozen=True):
    """Text without the stamps before its lines, and the times of its lines.

    starts  (m,) int64 offsets in `text` from which a time holds; times (m,) int64 ns, MISSING = none; both empty without any stamp
    """

    text: bytes
    starts: np.ndarray
    times: np.ndarray
    clock: Clock
    warnings: tuple[Message, ...] = ()
    utc_offset_s: int | None = None

    def at(self, places: Sequence[int] | np.ndarray) -> np.ndarray | None:
        """Return (n,) int64 ns of these offsets in `text`, None where the log has no stamps."""
        if not self.starts.size:
            return None
        found = np.searchsorted(self.starts, np.asarray(places, np.int64), "right") - 1
        return np.where(found < 0, MISSING, self.times[found])


def stamped(text: bytes, before: Before | None = None) -> Stamped:
    """Take the stamps off the lines of a text; without such stamps, find the lines that are nothing but a date."""
    before = {} if before is None else before
    found = before["stamps.form"] if "stamps.form" in before else before.setdefault("stamps.form", _prefix_of(text))
    if found is None:
        return _by_date_lines(text, before)
    kind, pattern = found
    each = re.compile(rb"^(?:[ \t]*\[?(" + pattern + rb")" + _LOGGER.get(kind, b"") + _AFTER + rb")?", re.MULTILINE)
    stamps = each.findall(text)
    text = each.sub(b"", text)
    breaks = np.flatnonzero(np.frombuffer(text, np.uint8) == 10) + 1
    starts = np.concatenate([[0], breaks])[: len(stamps)]
    times, clock, warnings = _PARSERS[kind](stamps, before)
    zone = utc_offset_of(next((stamp for stamp in stamps if stamp), b"").decode("latin-1"))
    return Stamped(text, starts, times, clock, warnings, zone)


def without_prefix(text: bytes) -> Callable[[bytes], bytes] | None:
    """Return what takes the stamps off lines such as these, None where more than half of them have none."""
    found = prefix_of(text)
    if found is None:
        return None
    each = re.compile(rb"^" + found, re.MULTILINE)
    return lambda piece: each.sub(b"", piece)


def prefix_of(text: bytes) -> bytes | None:
    """Return the pattern, without groups, of the stamps that more than half of the first lines begin with, None without."""
    found = _prefix_of(text)
    return None if found is None else rb"[ \t]*\[?" + found[1] + _LOGGER.get(found[0], b"") + _AFTER


def day_times(texts: Sequence[bytes] | Sequence[str], turns: Turns | None = None) -> np.ndarray:
    """Return (n,) int64 ns of times of day, in the order of the file, as times that go on after midnight; MISSING for anything else."""
    import pandas as pd

    told = [text.decode("latin-1") if isinstance(text, bytes) else text for text in texts]
    return over_midnight(times_of_day(pd.Series(told, dtype=object)), turns)


def _date_lines(text: bytes) -> Iterator[re.Match[bytes]]:
    """Yield the lines that are nothing but a date: of those alone that have "0:00:" or ten digits in them, where no date is Chinese."""
    if _YEAR_SIGN in text:
        return _DATE_LINE.finditer(text)
    buffer = np.frombuffer(text, np.uint8)
    colons = np.flatnonzero(buffer[1:-3] == ord(":")) + 1
    places = [colons[(buffer[colons + 3] == ord(":")) & (buffer[colons - 1] - np.uint8(48) < 10)]]
    counts = np.append(0, np.cumsum(buffer - np.uint8(48) < 10, dtype=np.int32))
    places.append(np.flatnonzero((counts[10:] - counts[:-10] == 10) & (buffer[: max(buffer.size - 9, 0)] == ord("1"))))
    starts = np.append(0, np.flatnonzero(buffer == LINE_END) + 1)
    lines = np.searchsorted(starts, np.concatenate(places), "right") - 1
    return matching(text, _DATE_LINE, starts[np.unique(lines)].tolist())


def calendar_ns(text: str) -> int | None:
    """Return ns since 1970 (as if local time were UTC) of one date as `date`, `nvidia-smi` or a Chinese desktop writes it."""
    numbers = re.fullmatch(r"\s*(\d{4})\D+(\d{1,2})\D+(\d{1,2})\D+?(\d\d?)\D+(\d\d)\D+(\d\d)(?:[.,](\d{1,9}))?.*", text, re.DOTALL)
    if numbers is not None:
        year, month, day, hour, *rest = (int(part) for part in numbers.groups()[:6])
        half = re.search(r"[上下]午|\b[AP]M\b", text)
        if half is not None:
            hour = hour % 12 + 12 * (half[0] in ("下午", "PM"))
        return _ns([year, month, day, hour, *rest], numbers[7])
    words = re.search(r"\b([A-Z][a-z]{2})\b\s+(\d{1,2})\b", text[3:]) or re.search(r"\b(\d{1,2})\s+([A-Z][a-z]{2})\b", text[3:])
    clock = re.search(r"(\d\d?):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?: ?([AP])M)?", text)
    year = re.search(r"\b(\d{4})\b", text)
    if words is None or clock is None or year is None:
        return None
    name, day = (words[1], words[2]) if words[1].isalpha() else (words[2], words[1])
    month = _MONTHS.get(name)
    hour = int(clock[1]) % 12 + 12 * (clock[5] == "P") if clock[5] else int(clock[1])
    return _ns([int(year[1]), month, int(day), hour, int(clock[2]), int(clock[3])], clock[4]) if month else None


_MONTH_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES, 1)}


def _ns(parts: list[int], fraction: str | None) -> int | None:
    try:
        moment = datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type]
    except ValueError:
        return None
    if not 1970 <= moment.year < 2200:
        return None
    return int(moment.timestamp()) * 10**9 + int((fraction or "0").ljust(9, "0"))


def _prefix_of(text: bytes) -> tuple[str, bytes] | None:
    """Return the kind of stamp that more than half of the first lines begin with."""
    lines = [line for line in text[:262_144].split(b"\n")[:_SAMPLE_LINES] if line.strip()]
    for kind, pattern in _KINDS:
        form = re.compile(rb"[ \t]*\[?" + pattern + _AFTER + (rb"[ \t]*\S" if kind in ("date", "ctime") else b""))
        hits = sum(form.match(line) is not None for line in lines)
        if hits > 1 and hits > 0.5 * len(lines):
            return kind, pattern
    return None


def _dates(stamps: list[bytes], before: Before) -> tuple[np.ndarray, Clock, tuple[Message, ...]]:
    import pandas as pd

    texts = pd.Series([stamp.decode("latin-1").replace(",", ".") for stamp in stamps], dtype=object)
    texts = texts.str.replace(r" (?=[+-]\d\d:?\d\d$)", "", regex=True)
    known = texts.str.len() > 0
    times = np.full(len(texts), MISSING, np.int64)
    if not known.any():
        return times, "local", ()
    times[known.to_numpy()], clock = parse_times(texts[known])
    return times, clock, ()


def _ctimes(stamps: list[bytes], before: Before) -> tuple[np.ndarray, Clock, tuple[Message, ...]]:
    known = {stamp: calendar_ns(stamp.decode("latin-1")) for stamp in set(stamps) if stamp}
    zoned = bool(known) and all(re.search(rb"\b(?:UTC|GMT)\b", stamp) for stamp in known)
    times = np.array([MISSING if known.get(stamp) is None else known[stamp] for stamp in stamps], np.int64)
    return times, "absolute" if zoned else "local", ()


def _syslog_times(stamps: list[bytes], before: Before) -> tuple[np.ndarray, Clock, tuple[Message, ...]]:
    """Take "Nov 25 04:23:01": no year, so that only the differences count; a jump back of half a year is New Year."""
    known = {stamp: calendar_ns(f"Day {stamp.decode('latin-1')} {_LEAP_YEAR}") for stamp in set(stamps) if stamp}
    times = np.array([MISSING if known.get(stamp) is None else known[stamp] for stamp in stamps], np.int64)
    times = before.setdefault("stamps.years", Turns(180 * DAY_NS, 366 * DAY_NS)).over(times)
    return times, "relative", (message("reading.no_year"),)


def _epochs(stamps: list[bytes], before: Before) -> tuple[np.ndarray, Clock, tuple[Message, ...]]:
    import pandas as pd

    parts = pd.Series([stamp.decode("latin-1") for stamp in stamps], dtype=object).str.extract(r"^(\d+)(?:\.(\d{1,9}))?$")
    whole = pd.to_numeric(parts[0], errors="coerce").to_numpy(np.float64)
    fine = pd.to_numeric(parts[1].fillna("0").astype(str).str.ljust(9, "0"), errors="coerce").to_numpy(np.float64)
    times = np.nan_to_num(whole).astype(np.int64) * 10**9 + np.nan_to_num(fine).astype(np.int64)
    return np.where(np.isfinite(whole), times, MISSING), "absolute", ()


def _clocks(stamps: list[bytes], before: Before) -> tuple[np.ndarray, Clock, tuple[Message, ...]]:
    return day_times(stamps, before.setdefault("stamps.days", Turns())), "relative", (message("reading.no_date"),)


_PARSERS: dict[str, Callable[[list[bytes], Before], tuple[np.ndarray, Clock, tuple[Message, ...]]]] = {
    "date": _dates,
    "ctime": _ctimes,
    "syslog": _syslog_times,
    "epoch": _epochs,
    "clock": _clocks,
}


def _by_date_lines(text: bytes, before: Before) -> Stamped:
    starts, times, zoned = [], [], before.get("stamps.zoned", True)
    if "stamps.last" in before:  # holds until the next one
        starts, times = [-1], [before["stamps.last"]]
    for found in _date_lines(text):
        stamp = found[1].decode("utf-8", "replace")
        if stamp.isdigit():
            moment: int | None = int(stamp) * 10**9
        elif re.match(r"\d{4}[-/].*\d(Z| ?[+-]\d\d:?\d\d)$", stamp):
            moment = int(_dates([found[1]], before)[0][0])
        else:
            moment = calendar_ns(stamp)
            zoned &= re.search(r"\b(?:UTC|GMT)\b", found.group().decode("utf-8", "replace")) is not None
        if moment is not None and moment != MISSING:
            starts.append(found.start())
            times.append(moment)
    if times:
        before |= {"stamps.last": times[-1], "stamps.zoned": zoned}
    clock: Clock = "absolute" if zoned else "local"
    return Stamped(text, np.array(starts, np.int64), np.array(times, np.int64), clock)
