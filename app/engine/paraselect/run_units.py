"""Units of speed: what they count, whether a figure is a time or a rate, and what makes two of them one."""

import re
import unicodedata
from functools import cache

from msgspec import Struct

PER_CARD = re.compile(r"(/|per[ _-]?)(card|gpu|npu|device)\b", re.IGNORECASE)
SECONDS = {
    **dict.fromkeys(("us", "µs", "μs", "微秒"), 1e-6),
    **dict.fromkeys(("ms", "msec", "millisecond", "milliseconds", "毫秒"), 1e-3),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds", "秒"), 1.0),
    **dict.fromkeys(("min", "mins", "minute", "minutes", "分钟"), 60.0),
    **dict.fromkeys(("h", "hr", "hour", "hours", "小时"), 3600.0),
    **dict.fromkeys(("day", "days", "天"), 86400.0),
}
THINGS = {
    **dict.fromkeys(("sample", "samples", "样本"), "samples"),
    **dict.fromkeys(("sequence", "sequences", "seq", "seqs", "序列"), "sequences"),
    **dict.fromkeys(("image", "images", "img", "imgs", "图片"), "images"),
    **dict.fromkeys(("token", "tokens", "tok", "toks"), "tokens"),
    **dict.fromkeys(("step", "steps", "iteration", "iterations", "iter", "iters", "it", "its"), "steps"),
    **dict.fromkeys(("frame", "frames"), "frames"),
    **dict.fromkeys(("request", "requests", "req", "reqs"), "requests"),
}
SHORT = {"fps": "frames/s", "tps": "tokens/s", "qps": "requests/s"}
_TIMES = "|".join(sorted(map(re.escape, SECONDS), key=len, reverse=True))
_RATE = re.compile(rf"(?P<big>[km] )?(?P<what>[^/]*?)\s*(?:/|\bper\b)\s*(?P<time>{_TIMES})(?P<rest>\b.*|$)")
_TIME = re.compile(rf"(?P<time>{_TIMES})(?P<rest>(?![a-z0-9]).*|$)")


class Unit(Struct, frozen=True):
    """What a unit says. kind: "time", "rate" or "" where neither is clear; what: is counted; factor: to seconds, or to one per second."""

    kind: str
    what: str
    factor: float
    per_card: bool


@cache
def unit_of(text: str) -> Unit:
    """Return what a unit says; one that is not understood is only like itself."""
    plain = " ".join(unicodedata.normalize("NFKC", text).lower().replace("μ", "µ").split())
    per_card = PER_CARD.search(plain) is not None
    plain = PER_CARD.sub("", plain).strip()
    plain = SHORT.get(plain, plain)
    found = _RATE.fullmatch(plain)
    if found:
        big = {"k ": 1e3, "m ": 1e6}.get(found["big"] or "", 1.0)
        what = found["what"].strip()
        return Unit("rate", THINGS.get(what, what) + found["rest"], big / SECONDS[found["time"]], per_card)
    found = _TIME.fullmatch(plain)
    if found:
        rest = found["rest"].removeprefix("/").strip().removeprefix("per ").strip()
        return Unit("time", THINGS.get(rest, rest), SECONDS[found["time"]], per_card)
    return Unit("", plain, 1.0, per_card)
