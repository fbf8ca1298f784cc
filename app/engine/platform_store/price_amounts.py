"""Amounts of money and their units as people write them: "1.2万元/台/月", "￥5.80/卡时", "1.8-2.2", "USD 2.1 per GPU per hour", "面议"."""

import math
import re
import unicodedata
from functools import lru_cache
from typing import Literal

from msgspec import Struct

ON_REQUEST = re.compile(
    r"面议|电议|面谈|询价|议价|另议|待定|咨询|暂无|缺货|售罄|无货|tbd|n/?a|on request|call( us)?|contact.*|ask|sold out|[-—–/x×]+", re.I
)
SCALES = {"": 1.0, "k": 1e3, "千": 1e3, "万": 1e4, "w": 1e4, "百万": 1e6, "亿": 1e8}
CURRENCY_WORDS = {
    "cny": "CNY", "rmb": "CNY", "元": "CNY", "人民币": "CNY", "¥": "CNY", "圆": "CNY", "cn¥": "CNY", "元人民币": "CNY",
    "usd": "USD", "美元": "USD", "美金": "USD", "$": "USD", "us$": "USD", "刀": "USD", "dollar": "USD", "dollars": "USD",
    "eur": "EUR", "欧元": "EUR", "€": "EUR", "hkd": "HKD", "港元": "HKD", "港币": "HKD", "hk$": "HKD",
}  # fmt: skip
_MONEY = "|".join(re.escape(word) for word in sorted(CURRENCY_WORDS, key=len, reverse=True))
_NUMBER = r"\d{1,3}(?:[,\s]\d{3})+(?:\.\d+)?|\d{1,15}(?:\.\d+)?|\.\d+"
_AMOUNT = re.compile(
    rf"(?P<about>约|大约|近|≈|~|about\s|from\s|approx\.?\s)?\s*(?P<before>{_MONEY})?\s*(?P<low>{_NUMBER})\s*(?P<scale1>百万|[万千亿kw])?"
    rf"(?:\s*(?:-|~|–|—|至|到|to)\s*(?P<high>{_NUMBER}))?\s*(?P<scale>百万|[万千亿kw])?\s*(?P<after>{_MONEY})?"
    r"\s*(?P<open>起|左右|以上|以内|上下|\+)?\s*(?P<per>(?:/|每|per\b|·|一).*)?",
    re.IGNORECASE,
)
_TIMES = {
    "hour": ("小时", "时", "h", "hr", "hrs", "hour", "hours", "钟头"),
    "day": ("天", "日", "day", "days", "d"),
    "month": ("月", "个月", "month", "months", "mo", "mon"),
    "quarter": ("季", "季度", "quarter"),
    "year": ("年", "year", "years", "yr", "annum"),
}  # fmt: skip
_CARDS = ("卡", "张", "gpu", "gpus", "npu", "card", "cards", "dcu", "片", "颗", "accelerator")
_NODES = ("台", "机", "整机", "节点", "服务器", "node", "nodes", "server", "servers", "机器", "整台", "套", "台服务器")
_TOKENS = {word: ("time", name) for name, words in _TIMES.items() for word in words}
_TOKENS |= dict.fromkeys(_CARDS, ("basis", "card")) | dict.fromkeys(_NODES, ("basis", "node"))
_TOKENS |= {word: ("currency", name) for word, name in CURRENCY_WORDS.items()} | {
    "万": ("scale", "万"),
    "千": ("scale", "千"),
    "亿": ("scale", "亿"),
}
_TOKENS |= {"per": ("", ""), "每": ("", ""), "单": ("", ""), "一": ("", ""), "a": ("", ""), "an": ("", "")}
_WORD = re.compile("|".join([r"\d{1,3}\s*(?=卡|张|gpu|npu|card)", *(re.escape(word) for word in sorted(_TOKENS, key=len, reverse=True))]))
TIME_FACTORS = {"hour": ("hour", 1.0), "day": ("hour", 24.0), "month": ("month", 1.0), "quarter": ("month", 3.0), "year": ("year", 1.0)}


class Unit(Struct, frozen=True):
    """What a price is of. time: hour day month quarter year, "" untold; basis: card node, "" untold; cards: "元/8卡/月" is of 8."""

    scale: float = 1.0
    currency: str = ""
    basis: Literal["", "card", "node"] = ""
    time: str = ""
    cards: int | None = None

    @property
    def says(self) -> bool:
        """Whether it says anything."""
        return self != Unit()


class Amount(Struct, frozen=True):
    """One amount as it was written.

    value   with 万 multiplied out; of a range the upper end, which is then in `doubt`
    doubt   "" or why it is no firm price: range, about, from
    """

    value: float
    unit: Unit = Unit()
    low: float | None = None
    doubt: Literal["", "range", "about", "from"] = ""


def plain(text: object) -> str:
    """Return a cell's text without full-width forms and doubled blanks; a whole number without its ".0"."""
    if isinstance(text, str):
        return _plain(text) if text else ""
    if isinstance(text, float) and math.isfinite(text) and text == int(text) and abs(text) < 1e15:  # noqa: PLR2004
        return str(int(text))
    return _plain("" if text is None else str(text))


@lru_cache(maxsize=65536)
def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text)).strip()


def is_on_request(text: str) -> bool:
    """Tell whether a cell says that there is no price to read: 面议, 询价, TBD, "-"."""
    return bool(ON_REQUEST.fullmatch(text.strip("()。. ")))


def unit_of(text: str) -> Unit | None:
    """Return the unit that a text is, such as "万元/台/月", "元/卡·小时", "per GPU-hour"; None where a part of it is not understood."""
    rest = plain(text).lower().replace("单位:", "").strip(" ()[]:/·")
    if not rest:
        return None
    found: dict[str, str] = {}
    cards = None
    while rest:
        hit = _WORD.match(rest)
        if hit is None:
            return None
        rest = rest[hit.end() :].lstrip(" /·*-.,×")
        if hit[0].strip().isdigit():
            cards = int(hit[0])
            continue
        kind, value = _TOKENS[hit[0]]
        if kind and found.setdefault(kind, value) != value:
            return None
    basis = found.get("basis", "")
    if cards and cards > 1:  # "元/8卡/月" is the price of a machine of 8
        basis = "node"
    unit = Unit(SCALES[found.get("scale", "")], found.get("currency", ""), basis, found.get("time", ""), cards)  # type: ignore[arg-type]
    return unit if unit.says else None


def amount_of(cell: object) -> Amount | None:
    """Return the amount in a cell, None where it is none. A number is taken as it is; text must be understood to its last letter."""
    if isinstance(cell, bool):
        return None
    if isinstance(cell, int | float):
        return Amount(float(cell)) if math.isfinite(cell) else None
    found = _AMOUNT.fullmatch(plain(cell).strip("()"))
    if found is None or (found["before"] and found["after"] and _currency(found["before"]) != _currency(found["after"])):
        return None
    if found["scale1"] and found["high"] and not found["scale"]:
        return None  # "1万-2": of what is the second?
    per = unit_of(found["per"]) if found["per"] else Unit()
    if per is None or per.scale != 1 or per.currency:
        return None
    scale = SCALES[(found["scale"] or found["scale1"] or "").lower()]
    low, high = _number(found["low"]) * (SCALES[(found["scale1"] or found["scale"] or "").lower()]), found["high"]
    value = _number(high) * scale if high else low
    if high and value <= low:
        return None
    unit = Unit(1.0, _currency(found["before"] or found["after"] or ""), per.basis, per.time, per.cards)
    doubt = "range" if high else "from" if (found["open"] or "") in ("起", "以上", "+") or (found["about"] or "").strip() == "from" else ""
    if not doubt and (found["about"] or found["open"]):
        doubt = "about"
    return Amount(value, unit, low if high else None, doubt)  # type: ignore[arg-type]


def count_of(cell: object) -> int | None:
    """Return a number of cards: 64, "64", "64张卡"; None where it is none."""
    text = plain(cell)
    for suffix in ("张卡", "张", "卡", "台", "gpu"):
        text = text.lower().removesuffix(suffix).strip()
    found = amount_of(text)
    number = found.value if found and found.unit == Unit() and not found.doubt else None
    return int(number) if number is not None and number >= 0 and number == int(number) else None


def currency_of(text: str) -> str | None:
    """Return the currency that a whole cell names, None where it names none."""
    return CURRENCY_WORDS.get(plain(text).lower())


def currency_within(text: str) -> str:
    """Return the one currency that a sentence names, "" for none or several."""
    lowered = plain(text).lower()
    named = {code for word, code in CURRENCY_WORDS.items() if word not in ("元", "圆", "刀", "$", "¥") and word in lowered}
    if not named:
        named = {code for word, code in (("¥", "CNY"), ("$", "USD")) if word in lowered}
    if not named and re.search(r"(?<![美欧港单日])元(?!器|素|年)", lowered):
        named = {"CNY"}
    return named.pop() if len(named) == 1 else ""


def _currency(word: str) -> str:
    return CURRENCY_WORDS.get(word.lower(), "")


def _number(text: str) -> float:
    return float(re.sub(r"[,\s]", "", text))
