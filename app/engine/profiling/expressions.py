"""Conditions and sums over named figures, as the rule table writes them: `gap.dataloader > 0.05 and gpu < 0.9`.

Python's grammar, read with `ast` and walked by hand, nothing is run: numbers, dotted names (no word of Python among them),
+ - * /, comparisons, and, or, not, min, max, known.
A name that is not known makes what needs it unknown (None); `and` and `or` are still decided where the other side decides
them, and `known(name)` asks.
"""

import ast
import operator
from collections.abc import Callable, Mapping
from functools import cache

ARITHMETIC: dict[type, Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: lambda one, other: one / other if other else 0.0,  # a share of nothing is nothing
}
COMPARISONS: dict[type, Callable[[float, float], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
FUNCTIONS: dict[str, Callable[..., float]] = {"min": min, "max": max}


def evaluate(text: str, figures: Mapping[str, float]) -> float | None:
    """Return the value of an expression (1.0 and 0.0 for true and false), None where a figure that it needs is unknown.

    Raises ValueError for anything that is not in the small language above.
    """
    return _value(_parsed(text), figures)


def names_in(text: str) -> set[str]:
    """Return the figures that an expression names. Raises ValueError as `evaluate` does."""
    found: set[str] = set()

    class Noted(dict):
        def get(self, key: str, default: object = None) -> float:  # type: ignore[override]
            found.add(key)
            return 1.0

    _value(_parsed(text), Noted())
    return found


@cache
def _parsed(text: str) -> ast.expr:
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, RecursionError) as error:
        raise ValueError(text) from error


def _value(node: ast.expr, figures: Mapping[str, float]) -> float | None:
    if isinstance(node, ast.BoolOp):
        return _joined(node, figures)
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return float(node.value)
    if isinstance(node, ast.Name | ast.Attribute):
        return figures.get(_dotted(node))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Not):
        value = _value(node.operand, figures)
        return value if value is None else (-value if isinstance(node.op, ast.USub) else float(not value))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "known" and len(node.args) == 1:
        return float(figures.get(_dotted(node.args[0])) is not None)
    parts, combine = _operation(node)
    values = [_value(part, figures) for part in parts]
    known = [value for value in values if value is not None]
    return float(combine(*known)) if len(known) == len(values) else None


def _operation(node: ast.expr) -> tuple[list[ast.expr], Callable[..., float]]:
    """Return the operands of a node and what joins them."""
    if isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC:
        return [node.left, node.right], ARITHMETIC[type(node.op)]
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in COMPARISONS:
        return [node.left, node.comparators[0]], COMPARISONS[type(node.ops[0])]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS and node.args and not node.keywords:
        return node.args, FUNCTIONS[node.func.id] if len(node.args) > 1 else float
    raise ValueError(ast.unparse(node))


def _joined(node: ast.BoolOp, figures: Mapping[str, float]) -> float | None:
    """Return and/or of three values: one false part decides `and`, one true part decides `or`, whatever is unknown beside it."""
    decisive = isinstance(node.op, ast.Or)
    values = [_value(part, figures) for part in node.values]
    if any(value is not None and bool(value) == decisive for value in values):
        return float(decisive)
    return None if any(value is None for value in values) else float(not decisive)


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    raise ValueError(ast.unparse(node))
