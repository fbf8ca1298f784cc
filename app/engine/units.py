"""Units: constants to convert with, and the only place where numbers become human text.

Inside the program: int64 nanoseconds, bytes, GiB for memory sizes, GB/s for rates, FLOP. Human units only at the edge.
"""

NS_PER_S = 1_000_000_000
NS_PER_MS = 1_000_000
NS_PER_US = 1_000
GIB = 2**30
MIB = 2**20
GB = 10**9
TERA = 10**12
SECONDS_PER_DAY = 86_400

UNKNOWN_TEXT = "—"
THIN_SPACE = "\u2009"
MINUS = "\u2212"


def format_number(value: float | None, decimals: int = 1, *, group: str = ",") -> str:
    """Return a number with fixed decimals, groups of three and a true minus; an em dash where it is unknown."""
    if value is None or value != value:
        return UNKNOWN_TEXT
    text = f"{abs(value):,.{decimals}f}".replace(",", group)
    return (MINUS if value < 0 and float(f"{value:.{decimals}f}") != 0 else "") + text


def format_significant(value: float | None, digits: int = 3) -> str:
    """Return a number with this many significant digits, never in scientific notation."""
    if value is None or value != value:
        return UNKNOWN_TEXT
    if value == 0:
        return "0"
    from math import floor, log10

    decimals = max(0, digits - 1 - floor(log10(abs(value))))
    return format_number(value, min(decimals, 6))


def format_share(share: float | None, decimals: int = 0) -> str:
    """Return a share 0..1 as a percentage."""
    return UNKNOWN_TEXT if share is None or share != share else f"{format_number(share * 100, decimals)}%"


def format_duration(seconds: float | None) -> str:
    """Return a duration in the unit a reader would choose: µs, ms, s, min, h or d."""
    if seconds is None or seconds != seconds:
        return UNKNOWN_TEXT
    for limit, factor, unit in ((1e-3, 1e6, "µs"), (1, 1e3, "ms"), (120, 1, "s"), (7200, 1 / 60, "min"), (172800, 1 / 3600, "h")):
        if abs(seconds) < limit:
            return f"{format_significant(seconds * factor)} {unit}"
    return f"{format_significant(seconds / SECONDS_PER_DAY)} d"
