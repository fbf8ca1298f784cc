"""Dates as people, spreadsheets and dashboards write them, where they are not ISO: Chinese, European, American, with twelve-hour clocks."""

import re
from typing import TYPE_CHECKING

import numpy as np

from app.engine.model.traces import Clock

if TYPE_CHECKING:
    import pandas as pd

MISSING = np.iinfo(np.int64).min
_YEAR_FIRST = r"^(?P<year>\d{4})\s*[-/.年]\s*(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})日?"
_YEAR_LAST = r"^(?P<one>\d{1,2})(?P<mark>[-/.])(?P<two>\d{1,2})[-/.](?P<year>\d{4})(?P<comma>,?)"
_CLOCK = (
    r"(?:^|[\sT,:_-])(?P<before>上午|下午|凌晨|早上|中午|晚上|[AaPp]\.?[Mm]\.?)?\s*"
    r"(?P<hour>\d{1,2})\s*[:：时點点]\s*(?P<minute>\d{1,2})(?:\s*[:：分]\s*(?P<second>\d{1,2})(?:[.,](?P<fraction>\d{1,9}))?)?秒?"
    r"\s*(?P<after>上午|下午|[AaPp]\.?[Mm]\.?)?\s*(?P<zone>Z|UTC|GMT|[+-]\d\d:?\d\d)?\s*$"
)
_WEEKDAY = re.compile(r"[(（]?(?:星期|周|週)[一二三四五六日天][)）]?")
_MONTH_NAME = re.compile(r"(?i)\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b")
_ZONE_WORD = re.compile(r"\s+(?!AM\b|PM\b|UTC\b|GMT\b)[A-Z]{3,5}(?=\s|$)")
_DASHED = re.compile(r"^(\d{4}-\d\d-\d\d)[-_ T](\d\d)-(\d\d)-(\d\d)\b")
_MOST_MONTH = 12


def odd_times(texts: "pd.Series") -> tuple[np.ndarray, Clock] | None:
    """Return (n,) int64 ns since 1970 (MISSING where it is no date) and the clock; None where most cells are none.

    "01/07/2026" that could be January or July, by all the column tells, gives a relative clock: the differences are right either way.
    """
    plain = texts.astype(str).str.replace(_WEEKDAY, " ", regex=True).str.strip()
    plain = plain.str.replace(_DASHED, r"\1 \2:\3:\4", regex=True)
    if plain.iloc[:64].str.contains(_MONTH_NAME).mean() > 0.5:
        return _named_months(plain)
    found = plain.str.extract(_YEAR_FIRST)
    certain = True
    if found["year"].notna().mean() <= 0.5:
        last = plain.str.extract(_YEAR_LAST)
        if last["year"].notna().mean() <= 0.5:
            return None
        found, certain = _in_order(last, plain)
    days = _days(found)
    clock, zoned = _clock_ns(plain.str.replace(_YEAR_FIRST if "one" not in found else _YEAR_LAST, "", regex=True))
    times = np.where((days == MISSING) | (clock == MISSING), MISSING, days + clock)
    if (times != MISSING).mean() <= 0.5:
        return None
    return times, ("absolute" if zoned else "local") if certain else "relative"


def _in_order(parts: "pd.DataFrame", texts: "pd.Series") -> tuple["pd.DataFrame", bool]:
    """Return year, month and day of dates whose year stands last, and whether month and day can be told apart."""
    import pandas as pd

    one, two = (pd.to_numeric(parts[name], errors="coerce") for name in ("one", "two"))
    day_first = bool((one > _MOST_MONTH).any() or (parts["mark"] == ".").any())
    month_first = bool((two > _MOST_MONTH).any())
    certain = day_first or month_first
    if not certain:  # browsers write "1/7/2026, 1:00:00 PM" in America and "01/07/2026, 13:00:00" in Britain
        month_first = bool(texts.str.contains(r"[AaPp]\.?[Mm]\.?\s*$").any())
        day_first = not month_first and bool((parts["comma"] == ",").any())
        certain = day_first or month_first
    month, day = (one, two) if month_first and not day_first else (two, one)
    return pd.DataFrame({"year": parts["year"], "month": month, "day": day, "one": one}), certain


def _days(parts: "pd.DataFrame") -> np.ndarray:
    import pandas as pd

    stamps = pd.to_datetime(parts[["year", "month", "day"]].apply(pd.to_numeric, errors="coerce"), errors="coerce")
    values = stamps.to_numpy(dtype="datetime64[ns]")
    return np.where(np.isnat(values), MISSING, values.astype(np.int64))


def _clock_ns(texts: "pd.Series") -> tuple[np.ndarray, bool]:
    """Return (n,) ns since midnight, less the zone, and whether there is a zone; a date alone is its midnight."""
    import pandas as pd

    parts = texts.str.extract(_CLOCK)
    hour, minute, second = (pd.to_numeric(parts[name], errors="coerce").to_numpy(np.float64) for name in ("hour", "minute", "second"))
    half = parts["before"].fillna(parts["after"]).fillna("").str.lower().str.replace(".", "", regex=False)
    late = half.isin(["pm", "下午", "晚上", "中午"]).to_numpy() & (hour < 12) & ~((half == "中午").to_numpy() & (hour >= 10))
    early = half.isin(["am", "上午", "凌晨", "早上"]).to_numpy() & (hour == 12)
    hour = np.where(late, hour + 12, np.where(early, 0, hour))
    fraction = pd.to_numeric(parts["fraction"].fillna("0").str.ljust(9, "0"), errors="coerce").to_numpy(np.float64)
    zone = parts["zone"].fillna("").replace({"Z": "+00:00", "UTC": "+00:00", "GMT": "+00:00"})
    digits = zone.str.replace(":", "", regex=False).str.extract(r"^([+-])(\d\d)(\d\d)$")
    offset = pd.to_numeric(digits[1], errors="coerce").fillna(0) * 3600 + pd.to_numeric(digits[2], errors="coerce").fillna(0) * 60
    offset = np.where(digits[0] == "-", -offset, offset)
    whole = hour * 3600 + minute * 60 + np.nan_to_num(second) - offset
    bare = (texts.str.strip() == "").to_numpy()
    good = np.isfinite(whole) & np.isfinite(fraction) & (hour < 24) & (minute < 60)
    ns = np.where(good, np.nan_to_num(whole) * 1e9, 0).astype(np.int64) + np.where(good, np.nan_to_num(fraction), 0).astype(np.int64)
    return np.where(good | bare, ns, MISSING), bool((zone != "").any())


def _named_months(texts: "pd.Series") -> tuple[np.ndarray, Clock] | None:
    """Take "Tue Jun 17 08:51:52 CST 2025", "17 Jun 2025 20:51", "Jun 17, 2025 8:51:52 PM"; words such as CST name several zones."""
    import pandas as pd

    zoned = texts.str.contains(r"\b(?:UTC|GMT)\b|[+-]\d\d:?\d\d$").mean() > 0.5
    stamps = pd.to_datetime(texts.str.replace(_ZONE_WORD, "", regex=True), format="mixed", utc=True, errors="coerce")
    values = stamps.to_numpy(dtype="datetime64[ns]")
    if np.isnat(values).mean() >= 0.5:
        return None
    return np.where(np.isnat(values), MISSING, values.astype(np.int64)), "absolute" if zoned else "local"
