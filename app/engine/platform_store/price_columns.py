"""The columns of a price sheet and the words of their cells, as salespeople write them."""

import re
from collections.abc import Iterable
from functools import lru_cache

from app.engine.platform_store.price_amounts import plain, unit_of

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
FURTHER = {
    "tier": ("卡数区间", "数量区间", "起订量", "采购量", "租用规模", "规模", "档位", "阶梯", "tier", "volume", "quantity"),
    "term": ("租期", "合同期", "签约期", "租用时长", "租赁期限", "时长", "term", "commitment", "contract term"),
    "tax_rate": ("是否含税", "含税", "税", "含税情况", "税点"),
    "list_price": ("目录价", "刊例价", "标准价", "标准单价", "原价", "市场价", "官网价", "list price"),
    "total": ("总价", "合计", "小计", "金额", "总金额", "total", "amount", "subtotal"),
}
"""Heads beside those of the template: they are read where they stand, and no template asks for them."""
PRICE_FIELDS = {name: zh for name, (zh, _) in COLUMNS.items()} | {name: words[0] for name, words in FURTHER.items() if name not in COLUMNS}
"""Every field that a column can be taken for, with its Chinese name."""
TOTALS = ("合计", "小计", "总计", "总价", "汇总", "total", "subtotal", "sum", "grand total")
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


@lru_cache(maxsize=4096)
def column_of(head: object) -> str | None:
    """Return which column a head cell names, None where it is none of ours."""
    word = re.sub(r"[(\[【].*?[)\]】]", "", plain(head)).strip(" *:").lower()
    for name, (zh, synonyms) in COLUMNS.items():
        if word in (zh.lower(), name.replace("_", " "), *synonyms):
            return name
    for name, synonyms in FURTHER.items():
        if word in synonyms:
            return name
    words = [word.removeprefix(zh.lower()).strip() for zh, _ in COLUMNS.values() if word.startswith(zh.lower())]
    if words and words[0]:  # a head in both languages, such as "平台 platform"
        return column_of(words[0])
    return None


def names_prices(words: Iterable[str]) -> bool:
    """Tell whether these words hold the heads that a price sheet cannot do without: what, how much, and of which unit."""
    found: set[str] = set()
    is_priced = False
    for word in words:
        column = column_of(word)
        if column:
            found.add(column)
        if "platform" in found and is_priced:
            return True
        bracket = re.search(r"[(\[](.+?)[)\]]|单位\s*[::]\s*(\S+)|^(\S*元\S*)$", plain(word))
        unit = unit_of(next(part for part in bracket.groups() if part)) if bracket else None
        is_priced = is_priced or (unit is not None and bool(unit.currency and (unit.time or unit.basis)))
    return found >= set(REQUIRED) or ("platform" in found and (is_priced or {"unit_price", "basis"} <= found))
