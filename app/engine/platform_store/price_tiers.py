"""Discounts and tiers: a price by volume or term becomes several, each with the condition under which it holds."""

import re
from typing import TYPE_CHECKING, TypeAlias

from msgspec.structs import replace

from app.engine.messages import message
from app.engine.model.plans import Price, PriceReading
from app.engine.platform_store import price_columns as words
from app.engine.platform_store import price_terms as terms
from app.engine.platform_store.price_amounts import plain
from app.engine.platform_store.price_heads import Head

if TYPE_CHECKING:
    from app.engine.platform_store.price_rows import RowReader


Step: TypeAlias = tuple[Price, PriceReading | None]


def tiers(reader: "RowReader", price: Price, head: Head) -> list[Step]:
    """Return the price once, or once for each step of a discount by volume or term, with its condition and what that was read from."""
    condition, at = head.condition, (reader.table.grid.ref(head.row, head.column), head.text)
    for field, default in (("tier", "卡"), ("term", "月")):
        cell = reader.cell(field)
        if cell is None:
            continue
        found = terms.condition_of(cell.text, default)
        if found is None and cell.text.lower() not in ("不限", "无", "any", "all", "-"):
            raise reader.fault(cell.ref, "bad_condition", value=cell.text)
        condition, at = terms.joined(condition, found), (cell.ref, cell.text)
    cell = reader.cell("discount")
    if cell is None or (head.field == "unit_price" and _is_discounted(reader, head)):
        return [_limited(reader, price, condition, at)]
    factor = terms.discount(cell.value)
    if factor is not None:
        reader.said("discount", cell, f"{factor:g}")
        return [_limited(reader, replace(price, discount=factor), condition, at)]
    steps = _steps(cell.text)
    if not steps:
        raise reader.fault(cell.ref, "bad_cell", column=words.COLUMNS["discount"][0], value=cell.text)
    reader.said("discount", cell, " ".join(f"{step_factor:g}" for _, step_factor in steps))
    stepped = [(terms.joined(condition, limit), replace(price, discount=step)) for limit, step in steps]
    own = (cell.ref, cell.text)
    return [_limited(reader, price, condition, at), *(_limited(reader, made, limit, own) for limit, made in stepped)]


def _is_discounted(reader: "RowReader", head: Head) -> bool:
    if not any(word in head.text for word in ("折后", "优惠价", "成交价")):
        return False
    reader.doubt(reader.ref("discount"), message("prices.discount_in_price", head=head.text), once=reader.table.grid.title)
    return True


def _limited(reader: "RowReader", price: Price, condition: terms.Condition, at: tuple[str, str]) -> Step:
    if condition == terms.Condition():
        return price, None
    least, most = condition.least_cards, condition.most_cards
    if condition.of_nodes and (least or most):
        per_node = price.cards_per_node
        if not per_node:
            raise reader.fault(reader.ref("cards_per_node"), "cards_needed")
        least, most = (None if end is None else end * per_node for end in (least, most))
    told = " ".join(
        f"{unit} {'' if low is None else f'≥ {low:g}'}{'' if high is None else f' ≤ {high:g}'}".replace("  ", " ")
        for unit, low, high in (("cards", least, most), ("months", condition.least_months, condition.most_months))
        if low is not None or high is not None
    )
    reason = message("prices.condition_assumed") if condition.assumed else None
    reading = PriceReading(at[0], "condition", at[1], told, "assumed" if reason else "sure", reason)
    limits = {"least_months": condition.least_months, "most_months": condition.most_months}
    return replace(price, least_cards=least, most_cards=most, **limits), reading


def _steps(text: str) -> list[tuple[terms.Condition, float]]:
    """Return the steps of "64卡以上9折;128卡以上85折", empty where a part of it is not understood."""
    found = []
    for part in re.split(r"[;,、\n]|\s{2,}", plain(text)):
        hit = re.fullmatch(r"(.+?)\s*[:]?\s*((?:\d{1,2}(?:\.\d+)?|[一二三四五六七八九]{1,2})\s*折|\d{2}\s*%)", part.strip())
        limit, factor = (terms.condition_of(hit[1]), terms.discount(hit[2])) if hit else (None, None)
        if limit is None or factor is None:
            return []
        found.append((limit, factor))
    return found
