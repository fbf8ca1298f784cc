"""Tax, discount, dates and conditions (by volume, by term) as salespeople write them. Each returns None where it is not understood."""

import calendar
import datetime
import re

from msgspec import Struct

from app.engine.platform_store.price_amounts import plain

NET = re.compile(
    r"不含(?:增值)?税|未含税|未税|税前|除税|不带票|excl(?:\.|uding|usive)?(?: of)? ?(?:tax|vat)|before tax|net of (?:tax|vat)", re.I
)
GROSS = re.compile(r"含(?:[\d.% ]*)(?:增值)?税|含税|税后|带票|incl(?:\.|uding|usive)?(?: of)? ?(?:\d+%? ?)?(?:tax|vat)", re.IGNORECASE)
_RATE = re.compile(
    r"(?:税率?|专票|普票|增票|vat|tax)[^%\d,;。]{0,8}(\d{1,2}(?:\.\d+)?)\s*%|(\d{1,2}(?:\.\d+)?)\s*%\s*的?(?:增值)?(?:税|专票|普票|增票|专用|普通|vat|tax)"
    r"|含\s*(\d{1,2}(?:\.\d+)?)\s*%|(\d{1,2})\s*个?税点",
    re.IGNORECASE,
)
_DIGITS = str.maketrans("一二三四五六七八九〇零", "12345678900")
_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_abbr) if name}
_DAY = r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?"
_SPAN = re.compile(r"(\d{1,4})\s*(?:个)?\s*(工作日|天|日|days?|周|星期|weeks?|月|months?|年|years?)(?:内)?(?:有效)?", re.IGNORECASE)
LONG = ("长期", "长期有效", "永久", "不限", "另行通知", "until further notice")
FIRST_SERIAL, LAST_SERIAL = 36526, 73050  # Excel's day numbers of the years 2000 to 2099


class Tax(Struct, frozen=True):
    """What a text says of tax. included: the price holds it; None = untold; rate 0.06 = 6 %."""

    included: bool | None = None
    rate: float | None = None


class Condition(Struct, frozen=True):
    """When a price holds: cards (or nodes) and months at least and at most; None = no such limit. assumed: 以下 and 以上 are not exact."""

    least_cards: int | None = None
    most_cards: int | None = None
    least_months: float | None = None
    most_months: float | None = None
    of_nodes: bool = False
    assumed: bool = False


class Day(Struct, frozen=True):
    """A date, or days from the date of the price (`days`), or no end (`forever`). assumed: a month without a day, a bare number."""

    date: datetime.date | None = None
    days: float | None = None
    forever: bool = False
    assumed: bool = False


def tax_of(text: str) -> Tax:
    """Return what a text says of tax; nothing is said for Tax()."""
    text = plain(text)
    if re.search(r"免税|tax.?free|zero.?rated", text, re.IGNORECASE):
        return Tax(True, 0.0)
    rates = {float(next(group for group in found.groups() if group)) / 100 for found in _RATE.finditer(text)}
    included = False if NET.search(text) else True if GROSS.search(text) else None
    return Tax(included, rates.pop() if len(rates) == 1 else None)


def share(cell: object) -> float | None:
    """Return a share: 0.06, 6, "6%" -> 0.06; None where it is none."""
    text = plain(cell)
    found = re.fullmatch(r"([+-]?\d{1,9}(?:\.\d+)?)\s*(%?)", text)
    if not found:
        return None
    number = float(found[1])
    return number / 100 if found[2] or number > 1 else number


def discount(cell: object) -> float | None:
    """Return the factor of a discount: 0.9, "90%", "9折", "85折", "九五折", "20% off" -> 0.8, "无" -> 1; None where it is none."""
    text = plain(cell).translate(_DIGITS).lower()
    if text in ("", "无", "none", "-", "—", "无折扣", "不打折", "原价"):
        return 1.0
    off = re.fullmatch(r"(?:减|优惠|立减)?\s*(\d{1,2}(?:\.\d+)?)\s*%\s*off|(?:下浮|降)\s*(\d{1,2}(?:\.\d+)?)\s*%", text)
    if off:
        return 1 - float(off[1] or off[2]) / 100
    tenths = re.fullmatch(r"(\d{1,2}(?:\.\d+)?)\s*折", text)
    if tenths:
        number = float(tenths[1])
        factor = number / 10 if number <= 10 else number / 100  # noqa: PLR2004 - 9折 and 85折
        return factor if factor > 0 else None
    number = share(text)
    return number if number is not None and 0 < number <= 1 else None


def day_of(cell: object, *, is_end: bool) -> Day | None:
    """Return the date in a cell: the last of a range; a month means its last day where it is an end, else its first."""
    if isinstance(cell, datetime.datetime):
        return Day(cell.date())
    if isinstance(cell, datetime.date):
        return Day(cell)
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return _serial(float(cell))
    text = plain(cell)
    if text.rstrip("。") in LONG:
        return Day(forever=True)
    days = re.findall(_DAY, text)
    if days:
        rest = re.sub(_DAY + r"(?:\s*\d{1,2}:\d{2}(?::\d{2})?)?", "", text)
        known = re.fullmatch(
            r"(?:截至|截止|至|到|~|-|–|—|前|止|有效期?|为|从|自|起|\s|:|价格|报价|日期|之|含|当日|valid|until|till|to|from)*", rest.lower()
        )
        made = [_date(*map(int, found)) for found in days]
        chosen = made[-1] if is_end else made[0]
        return Day(chosen) if known and chosen else None
    return _other_day(text, is_end=is_end)


def _other_day(text: str, *, is_end: bool) -> Day | None:
    text = re.sub(
        r"^(?:截至|截止|至|有效期至?|有效期?|valid (?:until|for)|报价后?|自报价之?日起|:|\s)+|(?:前|止|底|末|之前)$", "", text.lower()
    ).strip(": ")
    if packed := re.fullmatch(r"(20\d{2})(\d{2})(\d{2})", text):
        made = _date(*map(int, packed.groups()))
        return Day(made) if made else None
    if month := re.fullmatch(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*月?", text):
        return _month(int(month[1]), int(month[2]), is_end=is_end)
    if named := re.fullmatch(
        r"(\d{1,2})[ -]([a-z]{3})[a-z]*\.?,?[ -](\d{4})|([a-z]{3})[a-z]*\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})", text
    ):
        day, month_name, year = (named[1], named[2], named[3]) if named[1] else (named[5], named[4], named[6])
        made = _date(int(year), _MONTHS.get(month_name, 0), int(day))
        return Day(made) if made else None
    span = span_days(text)
    if span is not None and is_end:
        return Day(days=span)
    return _serial(float(text)) if re.fullmatch(r"\d{5}(\.\d+)?", text) else None


def span_days(text: str) -> float | None:
    """Return the days of "30天", "2周", "1个月", "1年"; None where it is none. Working days count as 1.4."""
    found = _SPAN.fullmatch(text.strip())
    if not found:
        return None
    unit = found[2].lower()
    factor = (
        1.4
        if unit == "工作日"
        else next(days for letters, days in (("天日d", 1), ("周星w", 7), ("月m", 30), ("年y", 365)) if unit[0] in letters)
    )
    return float(found[1]) * factor


def condition_of(text: str, default: str = "") -> Condition | None:
    """Return the condition that a text is: "≥64卡", "64-127卡", "64卡以上", "12个月", "1年期", "租期≥6个月"; None where it is none.

    default  the unit of bare numbers, as a head tells it: "卡" or "月"
    """
    text = re.sub(r"(?<=\d)\s*\+\s*(?=[^\d\s])", "以上", plain(text).lower().strip("()[]"))
    named = re.match(r"(?:卡数|gpus?|cards?|npus?)", text)
    text = re.sub(r"^(?:卡数|数量|规模|租期|合同期|签约|租用|租赁|单次|一次性|gpus?|npus?|cards?|term)+\s*:?\s*", "", text)
    text = re.sub(r"(\d)以上\s*([a-z卡张台个月年节点]+)$", r"\1\2及以上", text)
    default = "卡" if named else default
    if default and re.fullmatch(r"[^a-z卡张台月年天节]*\d[^a-z卡张台月年天节]*", text):
        text = re.sub(r"(\d)(?!.*\d)", rf"\1{default}", text)
    number = r"(\d{1,5}(?:\.\d+)?)"
    unit = r"(个月|月|年|天|卡|张|gpus?|npus?|cards?|台|节点|nodes?|months?|years?|days?)?"
    ranged = re.fullmatch(rf"{number}\s*{unit}\s*[-~–—至到]\s*{number}\s*{unit}(?:期|及?以内)?", text)
    if ranged:
        word = ranged[4] or ranged[2]
        return _limits(word, float(ranged[1]), float(ranged[3])) if word and (not ranged[2] or ranged[2] == word) else None
    least = re.fullmatch(
        rf"(≥|>=|>|大于等于|不少于|不低于|大于|超过|满|from)?\s*{number}\s*{unit}\s*(及以上|以上|起|\+|or more|及其以上|期|起租)?", text
    )
    if least and (least[1] or least[4] or least[3] in ("个月", "年")):
        exact = least[1] in (">", "大于", "超过")
        found = _limits(least[3], float(least[2]) + (1 if exact else 0), None)
        return found and _assumed(found, assumed=least[4] == "以上" or not (least[1] or least[4]))
    most = re.fullmatch(rf"(≤|<=|<|小于等于|不超过|小于|低于|少于|up to)?\s*{number}\s*{unit}\s*(及以下|以下|以内|及以内)?", text)
    if most and (most[1] or most[4]):
        exact = most[1] in ("<", "小于", "低于", "少于") or most[4] == "以下"
        found = _limits(most[3], None, float(most[2]) - (1 if exact else 0))
        return found and _assumed(found, assumed=most[4] == "以下")
    return None


def _limits(unit: str | None, least: float | None, most: float | None) -> Condition | None:
    if not unit or (least is not None and most is not None and most < least) or (most is not None and most < 0):
        return None
    factor = {"年": 12.0, "y": 12.0, "天": 1 / 30, "d": 1 / 30}.get(unit[0], 1.0)
    if unit[0] in "个月年天myd":
        return Condition(least_months=None if least is None else least * factor, most_months=None if most is None else most * factor)
    ends = [None if end is None else int(end) for end in (least, most)]
    return Condition(least_cards=ends[0], most_cards=ends[1], of_nodes=unit[0] in "台节n" and not unit.startswith("npu"))


def _assumed(found: Condition, *, assumed: bool) -> Condition:
    return Condition(found.least_cards, found.most_cards, found.least_months, found.most_months, found.of_nodes, assumed)


def joined(first: Condition | None, second: Condition | None) -> Condition:
    """Return both conditions in one; where both limit the same, the second."""
    one, two = first or Condition(), second or Condition()

    def limit(name: str):
        return getattr(two, name) if getattr(two, name) is not None else getattr(one, name)

    return Condition(
        limit("least_cards"), limit("most_cards"), limit("least_months"), limit("most_months"),
        one.of_nodes or two.of_nodes, one.assumed or two.assumed,
    )  # fmt: skip


def _serial(number: float) -> Day | None:
    if not FIRST_SERIAL <= number <= LAST_SERIAL:
        return None
    return Day(datetime.date(1899, 12, 30) + datetime.timedelta(days=int(number)), assumed=True)  # day 0 of Excel


def _date(year: int, month: int, day: int) -> datetime.date | None:
    try:
        return datetime.date(year, month, day)
    except ValueError:
        return None


def _month(year: int, month: int, *, is_end: bool) -> Day | None:
    if not (1 <= month <= 12 and 2000 <= year <= 2100):  # noqa: PLR2004
        return None
    return Day(datetime.date(year, month, calendar.monthrange(year, month)[1] if is_end else 1), assumed=True)
