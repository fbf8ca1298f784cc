"""`suanxuan pflops AMOUNT --precision P`: 多少 P in cards of each platform, and back."""

import argparse
from typing import TYPE_CHECKING

from app.cli._frame import Command, Result, Words, text_table
from app.engine.messages import Message, render

if TYPE_CHECKING:
    from app.engine.model.amounts import ComputeAmount


def arguments(parser: argparse.ArgumentParser, words: Words) -> None:
    """Declare the amount, or a number of cards, and how it is meant."""
    amount = parser.add_mutually_exclusive_group(required=True)
    amount.add_argument("amount", nargs="?", type=float, metavar="PFLOPS", help=words("pflops.amount"))
    amount.add_argument("--cards", type=int, metavar="N", help=words("pflops.cards"))
    parser.add_argument("--precision", required=True, metavar="P", help=words("pflops.precision"))
    parser.add_argument("--sparse", action="store_true", help=words("pflops.sparse"))
    parser.add_argument("--platform", nargs="+", default=[], metavar="ID", help=words("platform"))


def run(options: argparse.Namespace) -> Result:
    """Convert for the named platforms, for all of them by default."""
    from app.engine import plan_amounts

    given = {"precision": options.precision, "is_sparse": options.sparse, "platforms": options.platform}
    found = plan_amounts.amounts(pflops=options.amount, cards=options.cards, **given)
    rows = [_describe(one, options.lang) for one in found]
    return Result({"precision": options.precision, "sparse": options.sparse, "platforms": rows}, lambda: _text(found, options.lang))


def _describe(one: "ComputeAmount", lang: str) -> dict:
    return {
        "platform": one.platform,
        "cards": one.cards,
        "nodes": one.nodes,
        "pflops": one.pflops,
        "per_card_tflops": one.per_card_tflops,
        "reason": render(one.reason, lang) if one.reason else None,
    }


def _text(found: "tuple[ComputeAmount, ...]", lang: str) -> str:
    from app.engine.units import format_number, format_significant

    heads = [render(Message(f"cli.pflops.head.{name}"), lang) for name in ("platform", "cards", "nodes", "pflops", "card", "reason")]
    rows = [
        [
            one.platform,
            format_number(one.cards, 0),
            format_number(one.nodes, 0),
            format_significant(one.pflops, 4),
            format_significant(one.per_card_tflops, 4),
            render(one.reason, lang) if one.reason else "",
        ]
        for one in found
    ]
    return text_table(heads, rows)


COMMAND = Command("pflops", arguments, run)
