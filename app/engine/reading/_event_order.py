"""Columns of events put in order of their start block by block: no step holds more than one column and a few blocks in the memory.

The columns may lie in files of the cache (_columns.py); what was read of them is given back to the system after each block.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from app.engine.model.traces import Events
from app.engine.reading._columns import Columns, Spool, release

BLOCK_ROWS = 2**18
MOST_PASSES = 32
_SAMPLES = 2**14
Beat = Callable[[], None]


class Made(NamedTuple):
    """A column that is made of others: `make` of their blocks, (n,) each, gives its block."""

    columns: tuple[str, ...]
    dtype: type
    make: Callable[..., np.ndarray] | None = None


def in_order(columns: Columns, plan: Sequence[Made], beat: Beat) -> list[np.ndarray]:
    """Return what the plan makes of all columns, (n,) each, in order of the column "start". The columns end here."""
    taken = {name: columns.take(name) for name in list(columns.names())}
    order = order_of(taken["start"], beat)
    spool = Spool()
    for one in plan:
        spool.put_parts(_blocks(taken, order, one, beat), taken["start"].size, np.dtype(one.dtype))
    return spool.arrays()


def order_of(start: np.ndarray, beat: Beat) -> np.ndarray | None:
    """Return (n,) the order of (n,) starts, equal ones as they stand; None where they stand in order.

    It is found for one span of time after the other. Of the blocks of rows only those are looked through that reach into the span: in a
    report made of sorted tables one of each.
    """
    firsts = range(0, start.size, BLOCK_ROWS)
    if all(_rises(start, first, beat) for first in firsts):
        return None
    bounds = [_bounds(start[first : first + BLOCK_ROWS], beat) for first in firsts]
    dtype = np.dtype(np.int32 if start.size < 2**31 else np.int64)
    spool = Spool()

    def parts() -> Iterator[np.ndarray]:
        for low, high in _spans(start):
            near = [first for first, (least, most) in zip(firsts, bounds, strict=True) if least < high and most >= low]
            yield _order_within(start, near, low, high, beat).astype(dtype)

    spool.put_parts(parts(), start.size, dtype)
    return spool.arrays()[0]


def last_end(events: Events, beat: Beat) -> int:
    """Return the end of the event that ends last, in ns."""
    ends = []
    for first in range(0, len(events), BLOCK_ROWS):
        rows = slice(first, first + BLOCK_ROWS)
        ends.append(int((events.start_ns[rows] + events.duration_ns[rows]).max()))
        for column in (events.start_ns, events.duration_ns):
            release(column[rows])
        beat()
    return max(ends, default=0)


def _blocks(taken: Mapping[str, np.ndarray], order: np.ndarray | None, one: Made, beat: Beat) -> Iterator[np.ndarray]:
    sources = [taken[name] for name in one.columns]
    for first in range(0, sources[0].size, BLOCK_ROWS):
        rows = slice(first, first + BLOCK_ROWS)
        blocks = [column[rows] if order is None else column[order[rows]] for column in sources]
        made = blocks[0] if one.make is None else one.make(*blocks)
        yield np.ascontiguousarray(made, one.dtype)
        for column in sources:
            release(column if order is not None else column[rows])
        beat()


def _rises(start: np.ndarray, first: int, beat: Beat) -> bool:
    """Tell whether the rows of a block, and the first one of the next, stand in order."""
    beat()
    block = start[first : first + BLOCK_ROWS + 1]
    rises = bool((block[1:] >= block[:-1]).all())
    release(block)
    return rises


def _bounds(block: np.ndarray, beat: Beat) -> tuple[float, float]:
    beat()
    least, most = block.min(), block.max()
    release(block)
    return least, most


def _spans(start: np.ndarray) -> Iterator[tuple[float, float]]:
    """Yield spans [low, high) of time that hold about as many rows each and together hold all."""
    count = min(MOST_PASSES, -(-start.size // BLOCK_ROWS))
    samples = np.sort(start[:: max(start.size // _SAMPLES, 1)])
    release(start)
    edges = np.unique(samples[np.arange(1, count) * samples.size // count]).tolist()
    yield from zip([-np.inf, *edges], [*edges, np.inf], strict=True)


def _order_within(start: np.ndarray, firsts: Sequence[int], low: float, high: float, beat: Beat) -> np.ndarray:
    """Return the rows whose start lies in [low, high), in order; only the blocks that begin at `firsts` are looked through."""
    rows, values = [np.empty(0, np.int64)], [start[:0]]
    for first in firsts:
        block = start[first : first + BLOCK_ROWS]
        found = np.flatnonzero((block >= low) & (block < high))
        rows.append(found + first)
        values.append(block[found])
        release(block)
        beat()
    return np.concatenate(rows)[np.argsort(np.concatenate(values), kind="stable")]
