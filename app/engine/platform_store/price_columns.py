"""The columns of a price sheet and the words of their cells, as salespeople write them."""

import datetime
import re
import unicodedata
from collections.abc import Iterable

COLUMNS: dict[str, tuple[str, tuple[str, ...]]] = {
    "platform": ("平台", ("platform", "型号", "加速卡", "显卡", "gpu", "卡型", "芯片", "产品")),
    "configuration": ("配置", ("configuration", "配置说明", "规格", "服务器配置")),
    "basis": ("单卡/整机", ("basis", "计价单位", "卡/机", "计价对象")),
    "cards_per_node": ("每节点卡数", ("cards per node", "单机卡数", "卡数/台", "每台卡数")),
    "billing": ("计费方式", ("billing", "计费", "计费模式", "计价方式")),
    "unit_price": ("单价", ("unit price", "price", "价格", "报价")),
    "currency": ("币种", ("currency", "货币")),
    "tax_rate": ("税率", ("tax", "tax rate", "增值税率")),
    "discount": ("折扣", ("discount", "优惠")),
    "minimum": ("最小起租", ("minimum", "起租", "最短租期", "最小起订")),
    "available_cards": ("可用卡数", ("available cards", "可用卡", "库存", "库存卡数", "available")),
    "delivery": ("供给时间", ("delivery", "交付时间", "货期", "交期", "交付周期")),
    "price_date": ("价格日期", ("price date", "报价日期")),
    "valid_until": ("有效期", ("valid until", "valid to", "有效期至", "报价有效期")),
    "region": ("地区", ("region", "地域", "机房")),
    "interconnect": ("互联", ("interconnect", "网络", "组网")),
    "storage": ("存储", ("storage",)),
    "note": ("备注", ("note", "notes", "remark", "说明")),
}
REQUIRED = ("platform", "unit_price", "billing")

BILLING_WORDS = {
    "卡时": "card-hour", "card-hour": "card-hour", "元/卡时": "card-hour", "每卡每小时": "card-hour", "元/卡/小时": "card-hour",
    "机时": "node-hour", "node-hour": "node-hour", "元/机时": "node-hour", "元/台/小时": "node-hour", "台时": "node-hour",
    "月": "month", "month": "month", "包月": "month", "元/月": "month", "按月": "month", "月租": "month", "monthly": "month",
    "年": "year", "year": "year", "包年": "year", "元/年": "year", "按年": "year", "yearly": "year",
    "购买": "purchase", "purchase": "purchase", "采购": "purchase", "买断": "purchase", "buy": "purchase",
}  # fmt: skip
BASIS_WORDS = {
    "单卡": "card", "卡": "card", "card": "card", "每卡": "card", "per card": "card",
    "整机": "node", "机": "node", "node": "node", "台": "node", "服务器": "node", "整台": "node", "server": "node", "节点": "node",
}  # fmt: skip
CURRENCIES = {
    "cny": "CNY", "rmb": "CNY", "元": "CNY", "人民币": "CNY", "¥": "CNY",
    "usd": "USD", "美元": "USD", "$": "USD", "eur": "EUR", "欧元": "EUR",
}  # fmt: skip


def plain(text: object) -> str:
    """Return a cell's text without full-width forms, units in brackets, and doubled blanks."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", "" if text is None else str(text))).strip()


def column_of(head: object) -> str | None:
    """Return which column a head cell names, None where it is none of ours."""
    word = re.sub(r"[(\[（【].*?[)\]）】]", "", plain(head)).strip().lower()
    for name, (zh, synonyms) in COLUMNS.items():
        if word in (zh.lower(), name.replace("_", " "), *synonyms):
            return name
    words = [word.removeprefix(zh.lower()).strip() for zh, _ in COLUMNS.values() if word.startswith(zh.lower())]
    if words and words[0]:  # a head in both languages, such as "平台 platform"
        return column_of(words[0])
    return None


def names_prices(words: Iterable[str]) -> bool:
    """Tell whether these words hold the heads that a price sheet cannot do without."""
    return {column_of(word) for word in words} >= set(REQUIRED)


def amount(cell: object) -> float | None:
    """Return a number a person wrote ("1,234.5", "￥12", "12 元"), None where it is none. Never reads 万: the factor would be a guess."""
    if isinstance(cell, bool):
        return None
    if isinstance(cell, int | float):
        return float(cell)
    text = re.sub(r"^[¥$￥]|元$|(?<=\d)[,\s](?=\d{3}\b)", "", plain(cell)).strip()
    return float(text) if re.fullmatch(r"[+-]?\d{1,15}(\.\d+)?", text) else None


def share(cell: object) -> float | None:
    """Return a share: 0.06, 6, "6%" -> 0.06; None where it is none."""
    text = plain(cell)
    if text.endswith("%"):
        number = amount(text[:-1])
        return None if number is None else number / 100
    number = amount(cell)
    return None if number is None else number if number <= 1 else number / 100


_DIGITS = str.maketrans("一二三四五六七八九〇零", "12345678900")


def discount(cell: object) -> float | None:
    """Return the factor of a discount: 0.9, "90%", "9折", "85折", "九五折", "无" -> 1; None where it is none."""
    text = plain(cell).translate(_DIGITS)
    if text in ("", "无", "none", "-", "—"):
        return 1.0
    tenths = re.fullmatch(r"(\d{1,2}(?:\.\d+)?)\s*折", text)
    if tenths:
        number = float(tenths[1])
        return number / 10 if number <= 10 else number / 100  # noqa: PLR2004 - 9折 and 85折
    number = share(cell)
    return number if number is not None and 0 < number <= 1 else None


def date(cell: object) -> datetime.date | None:
    """Return a date: a date cell, 2026-11-24, 2026/11/24, 2026.11.24, 2026年11月24日; None where it is none."""
    if isinstance(cell, datetime.datetime):
        return cell.date()
    if isinstance(cell, datetime.date):
        return cell
    found = re.fullmatch(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", plain(cell).split(" ")[0])
    try:
        return datetime.date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


def days(text: str) -> float | None:
    """Return the days of a delivery time: "现货" 0, "2周" 14, "10 天", "3-4 weeks" (the later), "1个月" 30; None where it is none."""
    if text in ("现货", "立即", "即时", "in stock", "immediately", "now"):
        return 0.0
    found = re.fullmatch(
        r"(?:\d+(?:\.\d+)?\s*[-~–至到]\s*)?(\d+(?:\.\d+)?)\s*个?(工作日|天|日|days?|周|星期|weeks?|月|months?)(内|后)?", text.lower()
    )
    if not found:
        number = amount(text)
        return number if number is not None and number >= 0 else None
    unit = found[2]
    factor = 30.0 if unit in ("月", "month", "months") else 7.0 if unit in ("周", "星期", "week", "weeks") else 1.0
    return float(found[1]) * (1.4 if unit == "工作日" else factor)
