"""Money to the cent: Decimal, half up, tax from the rounded net."""

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


def exact(value: float | Decimal) -> Decimal:
    """Return a figure as its digits say, not as its binary fraction does."""
    return value if isinstance(value, Decimal) else Decimal(repr(float(value)))


def cents(value: float | Decimal) -> Decimal:
    """Return an amount to the cent, half up."""
    return exact(value).quantize(CENT, ROUND_HALF_UP)
