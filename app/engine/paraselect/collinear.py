"""Which terms of the formula the known platforms cannot tell apart, and on which platform a measurement would."""

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np

from app.engine.messages import Message, message
from app.engine.model.estimates import Collinear, Shares
from app.engine.model.platforms import Platform
from app.engine.paraselect.fitting import Design
from app.engine.paraselect.rates import TERMS, ratios
from app.engine.paraselect.shares import scatter_of, terms_of

LEAST = 0.1
"""A pair whose k are less together decides nothing."""


def collinear_terms(
    design: Design, shares: Shares, candidates: Sequence[Platform], platforms: dict[str, Platform]
) -> tuple[Collinear, ...]:
    """Return the pairs of terms that cannot be told apart, the weightiest first, each with the candidate that separates it best.

    Two terms are apart where moving the whole of their k from the one to the other changes the time of some known platform against the
    others by more than twice the noise of the formula. One platform alone separates nothing, which needs no telling.
    """
    if len(design.rows) < 2:  # noqa: PLR2004
        return ()
    k, limit = np.array(shares.k), 2 * scatter_of(shares.class_name).noise
    first, found = design.rows[0], []
    rates = [(one.id, ratios(platforms[first.platform], one, first.run.precision, first.gpus).values) for one in candidates]
    for pair in _pairs(design, k):
        reach = _reach(design.matrix, k, pair)
        if np.ptp(reach) < limit:
            known = [
                (name, values) for name, values in rates if all(values[t] is not None for t in np.flatnonzero(k > 0).tolist() + [*pair])
            ]
            there = _reach(np.array([[value or 0.0 for value in values] for _, values in known]).reshape(-1, 4), k, pair)
            apart = np.maximum(there, reach.max()) - np.minimum(there, reach.min())
            best = int(np.argmax(apart)) if len(known) else 0
            separates = known[best][0] if len(known) and apart[best] >= limit else ""
            found.append((-float(k[list(pair)].sum()), Collinear(TERMS[pair[0]], TERMS[pair[1]], separates)))
    return tuple(one for _, one in sorted(found, key=lambda weighed: weighed[0]))


def separators(design: Design, platforms: dict[str, Platform]) -> list[Platform]:
    """Return the platforms that may be proposed: those of the vendors that the case knows: another vendor brings other software."""
    vendors = {platforms[one.platform].vendor_en for one in design.rows}
    return [one for one in platforms.values() if one.vendor_en in vendors]


def collinear_note(pairs: Sequence[Collinear]) -> Message | None:
    """Say the weightiest pair and what would separate it, None where all terms are apart."""
    if not pairs:
        return None
    one, other = (message(f"paraselect.term.{name}") for name in (pairs[0].one, pairs[0].other))
    if pairs[0].separates:
        return message("paraselect.collinear", one=one, other=other, platform=pairs[0].separates)
    return message("paraselect.collinear_all", one=one, other=other)


def _pairs(design: Design, k: np.ndarray) -> Iterator[tuple[int, int]]:
    for one, other in combinations(terms_of(design), 2):
        if k[one] + k[other] >= LEAST:
            yield one, other


def _reach(matrix: np.ndarray, k: np.ndarray, pair: tuple[int, int]) -> np.ndarray:
    """Return (rows,) log time with all of the pair's k on the one term less that with all on the other."""
    rest = k.copy()
    rest[list(pair)] = 0.0
    beside = np.nan_to_num(matrix) @ rest
    one, other = (matrix[:, term] * k[list(pair)].sum() + beside for term in pair)
    return np.log(one) - np.log(other)
