"""The heads of a price table: one line or two, with units, tax and tiers in them; and what title and notes say for the whole sheet."""

import re
from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct

from app.engine.messages import Message, message
from app.engine.platform_store.price_amounts import Unit, amount_of, currency_of, currency_within, plain, unit_of
from app.engine.platform_store.price_columns import column_of
from app.engine.platform_store.price_terms import GROSS, NET, Condition, Day, Tax, condition_of, day_of, joined, tax_of
from app.engine.platform_store.price_workbook import Grid

HEAD_ROWS_SEARCHED = 40
FEWEST_HEADS = 2
_BRACKETS = re.compile(r"[(\[【{](.*?)[)\]】}]")
_PRICE = re.compile(r"单价|价格|报价|租金|租价|售价|资费|月租|年租|时租|折后价?|优惠价|成交价|price|rate|费用|价", re.IGNORECASE)
_LIST = re.compile(r"目录|刊例|标准|原价|市场|官网|list", re.IGNORECASE)
_TOTAL = re.compile(r"总价|合计|小计|金额|total|总额", re.IGNORECASE)
_PERCENT_TAX = re.compile(r"\d+(?:\.\d+)?\s*%\s*(?:增值)?(?:税|专票|普票)?")
_FILLERS = re.compile(r"[\s/:·*_\-,]|按|包|每|的|租|付|标准|裸金属|算力|gpu|服务|后$", re.IGNORECASE)
_TIMES = {
    "月": "month", "年": "year", "时": "hour", "小时": "hour", "天": "day", "日": "day", "季": "quarter", "季度": "quarter",
    "monthly": "month", "hourly": "hour", "yearly": "year", "annual": "year", "month": "month", "hour": "hour", "year": "year",
}  # fmt: skip
_BASES = {"卡": "card", "单卡": "card", "整机": "node", "台": "node", "单台": "node", "机": "node", "节点": "node", "服务器": "node"}


class Head(Struct, frozen=True):
    """One head. field "" is none of ours; loose: a part of it was not understood."""

    row: int
    column: int
    text: str
    field: str = ""
    unit: Unit = Unit()
    tax: Tax = Tax()
    condition: Condition = Condition()
    loose: bool = False


class Told(Struct, frozen=True):
    """One thing that title or notes say for all rows, with the place where they do."""

    ref: str
    text: str
    value: object


class Facts(Struct, frozen=True):
    """What title and notes of a sheet say; a field that two places tell differently is in `unclear` and not used."""

    tax: Told | None = None
    currency: Told | None = None
    unit: Told | None = None
    price_date: Told | None = None
    valid_until: Told | None = None
    unclear: tuple[tuple[str, str, str], ...] = ()
    discounts: tuple[tuple[str, str], ...] = ()


def find_heads(grid: Grid, rows: Iterable[int], uses: Callable[[int], bool], mapped: Mapping[str, str]) -> tuple[int, list[Head]] | None:
    """Return the first row below the first heads, and the heads; None where these rows hold none with a platform and a price."""
    for row in rows:
        values = grid.rows[row]
        if sum(bool(plain(value)) for value in values) < FEWEST_HEADS or looks_like_data(values):
            continue
        one = _heads(grid, row, 1, uses, mapped)
        below = grid.rows[row + 1] if row + 1 < len(grid.rows) else []
        two = _heads(grid, row, 2, uses, mapped) if below and not looks_like_data(below) else []
        heads, height = (two, 2) if _score(two) > _score(one) else (one, 1)
        fields = {head.field for head in heads}
        if "platform" in fields and fields & {"unit_price", "list_price"}:
            return row + height, heads
    return None


def looks_like_data(values: list[object]) -> bool:
    """Tell whether a row holds numbers or dates, which no head does."""
    return any(
        not isinstance(value, str) and value is not None or isinstance(value, str) and value and amount_of(value) for value in values
    )


def _score(heads: list[Head]) -> int:
    return sum(
        bool(head.field) + (head.unit.says + (head.condition != Condition()) + (head.tax != Tax())) * bool(head.field) for head in heads
    )


def _heads(grid: Grid, row: int, height: int, uses: Callable[[int], bool], mapped: Mapping[str, str]) -> list[Head]:
    found: list[Head] = []
    width = max(len(grid.rows[one]) for one in range(row, row + height))
    for column in range(width):
        lines = [plain(grid.rows[one][column]) if column < len(grid.rows[one]) else "" for one in range(row, row + height)]
        parts = list(dict.fromkeys(line for line in lines if line))
        if not parts or not uses(column):
            continue
        head = _head(row, column, parts)
        said = mapped.get(head.text)
        if said is not None:
            head = Head(row, column, head.text, "" if said == "ignore" else said, head.unit, head.tax, head.condition)
        found.append(head)
    return found


def _head(row: int, column: int, parts: list[str]) -> Head:
    """Return what a head means; of two lines the lower names the column where it can, the upper gives it its unit, tax and tier."""
    made = [_part(part) for part in parts]
    text = " ".join(parts)
    named = next((one for one in reversed(made) if one.field), None)
    if named is None:
        whole = _part("".join(parts)) if len(parts) > 1 else made[0]
        return Head(row, column, text, whole.field, whole.unit, whole.tax, whole.condition, whole.loose)
    if named.field != "unit_price":
        return Head(row, column, text, named.field, named.unit, named.tax)
    unit, tax, condition, loose = Unit(), Tax(), Condition(), False
    for part, one in zip(parts, made, strict=True):
        one = one if one.field else _rest(part)
        unit = merged_units(unit, one.unit)
        tax = Tax(tax.included if one.tax.included is None else one.tax.included, tax.rate if one.tax.rate is None else one.tax.rate)
        condition, loose = joined(condition, one.condition), loose or one.loose
    return Head(row, column, text, "unit_price", unit, tax, condition, loose)


def merged_units(first: Unit, second: Unit) -> Unit:
    """Return what both say; where both speak of the same, the second."""
    scale = second.scale if second.scale != 1 else first.scale
    return Unit(
        scale, second.currency or first.currency, second.basis or first.basis, second.time or first.time, second.cards or first.cards
    )


def _part(text: str) -> Head:
    """Return the meaning of one line of a head."""
    text = plain(text)
    inside = _BRACKETS.findall(text)
    bare = _BRACKETS.sub("", text).strip()
    column = column_of(bare)
    if column and column != "unit_price":
        return Head(0, 0, text, column, unit_of(" ".join(inside)) or Unit(), tax_of(text) if column == "tax_rate" else Tax())
    without_tax = _PERCENT_TAX.sub("", NET.sub("", GROSS.sub("", bare))).strip()
    alone = unit_of(without_tax)
    priced = bool(_PRICE.search(without_tax)) or (alone is not None and bool(alone.currency and (alone.time or alone.basis)))
    if _TOTAL.search(bare):
        return Head(0, 0, text, "total")
    if not priced:
        return Head(0, 0, text)
    rest = _rest(_PRICE.sub(lambda hit: hit[0][0] if hit[0] in ("月租", "年租", "时租") else "", without_tax, count=1))
    unit, condition, loose = rest.unit, rest.condition, rest.loose
    for part in inside:
        one = _rest(_PERCENT_TAX.sub("", NET.sub("", GROSS.sub("", part))).strip(" ,;"))
        unit, condition, loose = merged_units(unit, one.unit), joined(condition, one.condition), loose or one.loose
    return Head(0, 0, text, "list_price" if _LIST.search(bare) else "unit_price", unit, tax_of(text), condition, loose)


def _rest(text: str) -> Head:
    """Return what stands beside the word for the price: a unit, a time, a basis, a tier, a tax."""
    tax = tax_of(text)
    text = _PERCENT_TAX.sub("", NET.sub("", GROSS.sub("", _BRACKETS.sub(r" \1", plain(text))))).strip(" ,;:/")
    condition = condition_of(text)
    if condition is not None:
        return Head(0, 0, text, condition=condition, tax=tax)
    unit = unit_of(text)
    if unit is not None:
        return Head(0, 0, text, unit=unit, tax=tax)
    bare = _FILLERS.sub("", text).lower()
    currency = currency_of(bare) or ""
    time, basis = _TIMES.get(bare, ""), _BASES.get(bare, "")
    return Head(0, 0, text, unit=Unit(1.0, currency, basis, time), tax=tax, loose=bool(bare and not (time or basis or currency)))  # type: ignore[arg-type]


def facts_of(texts: Iterable[tuple[str, str, bool]]) -> Facts:
    """Return what title rows and notes say, given as (reference, text, stands above the heads)."""
    told: dict[str, list[Told]] = {}
    discounts = []
    for ref, raw, above in texts:
        text = plain(raw)
        for name, value in _said(text, above=above):
            told.setdefault(name, []).append(Told(ref, text, value))
        if not above and re.search(r"\d\s*折|折扣|优惠", text):
            discounts.append((ref, text))
    clear: dict[str, Told] = {}
    unclear = []
    for name, ones in told.items():
        if all(one.value == ones[0].value for one in ones):
            clear[name] = ones[0]
        else:
            unclear += [(name, one.ref, one.text) for one in ones[:1]]
    return Facts(**clear, unclear=tuple(unclear), discounts=tuple(discounts))


def _said(text: str, *, above: bool) -> Iterable[tuple[str, object]]:
    tax = tax_of(text)
    if tax != Tax():
        yield "tax", tax
    unit = re.search(r"(?:单位|计价单位|unit)\s*:\s*([^\s,;。)\]]+)", text, re.IGNORECASE)
    if unit and (found := unit_of(unit[1])):
        yield "unit", found
    elif (above or re.search(r"币种|计价|报价币|currency", text, re.IGNORECASE)) and (code := currency_within(text)):
        yield "currency", code
    validity = re.search(r"(?:有效期|有效至|valid (?:until|for|to))\s*(?:为|至|到|截至|截止)?\s*:?\s*([^,;。)]+)", text, re.IGNORECASE)
    if validity and (end := day_of(validity[1].strip(), is_end=True)):
        yield "valid_until", end
    date = re.search(
        r"(?:报价日期|价格日期|更新日期|更新时间|制表日期|发布日期|日期|as of|date)\s*:?\s*([\d][^,;。)]*)", text, re.IGNORECASE
    )
    if date and (day := day_of(date[1].strip(), is_end=False)):
        yield "price_date", day
    elif above and not validity and (month := re.search(r"(20\d{2})\s*[年./-]\s*(\d{1,2})(?:\s*[月./-]\s*(\d{1,2})日?)?", text)):
        day = day_of("-".join(part for part in month.groups() if part), is_end=False)
        if day is not None:
            yield "price_date", Day(day.date, assumed=True)


def told_at(told: Told) -> Message:
    """Return the reason that something is told in a title or note."""
    return message("prices.told_at", place=told.ref, text=told.text[:60])
