"""多少 P for the platforms that this site knows."""

from collections.abc import Sequence

from app.engine.known import catalogue, sparsity
from app.engine.model.amounts import ComputeAmount
from app.engine.model.workloads import normalise_precision


def amounts(
    *, pflops: float | None, cards: int | None, precision: str, is_sparse: bool = False, platforms: Sequence[str] = ()
) -> tuple[ComputeAmount, ...]:
    """Return cards for so many PFLOPS, or PFLOPS of so many cards, the fewest cards and the most PFLOPS first, unknown ones last.

    Raises EngineError for a platform or a precision that is not known, or an amount that is none.
    """
    from app.engine.selecting import cards_for, pflops_of

    known = catalogue()
    chosen = [known.platform(name) for name in platforms] or list(known.platforms)
    named, rows = normalise_precision(precision) or precision, sparsity()
    if pflops is not None:
        found = [cards_for(one, pflops, named, rows, is_sparse=is_sparse) for one in chosen]
        return tuple(sorted(found, key=lambda one: (one.cards is None, one.cards or 0)))
    found = [pflops_of(one, cards or 0, named, rows, is_sparse=is_sparse) for one in chosen]
    return tuple(sorted(found, key=lambda one: (one.pflops is None, -(one.pflops or 0.0))))
