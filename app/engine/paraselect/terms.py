"""The terms of the formula, of those platforms that can be set side by side: predicted from one reference with one k."""

from collections import Counter
from collections.abc import Sequence

from msgspec import Struct

from app.engine.model.estimates import Prediction
from app.engine.model.measurements import MeasuredRun

K = tuple[float, float, float, float]


class TermsRow(Struct, frozen=True):
    """One platform: k_i · ratio_i of each term; their sum is predicted time ÷ time of the reference."""

    platform: str
    terms: tuple[float, ...]
    is_reference: bool = False

    @property
    def total(self) -> float:
        """The sum of the terms."""
        return sum(self.terms)


class SideBySide(Struct, frozen=True):
    """k and the terms of all platforms that share it, the fastest first. k None: no prediction at this count used the formula."""

    k: K | None
    reference: str
    rows: tuple[TermsRow, ...] = ()


def side_by_side(runs: Sequence[MeasuredRun], predictions: Sequence[Prediction], gpus: int | None, platform: str) -> SideBySide:
    """Return the terms of what is comparable with `platform`, itself among them where the formula predicted it.

    Speeds that lie out of range carry no number, so their terms are told only where they were asked for.
    """
    by_formula = [found for found in predictions if found.gpus == gpus and found.k and found.terms]
    if not by_formula:
        return SideBySide(None, "")
    own = next((found for found in by_formula if found.platform == platform), None)
    if own is None:
        row = _row_of(platform, runs, predictions, gpus)
        near = [found for found in by_formula if found.reference_row == row] or by_formula
        own = _most_common(near)
    alike = [
        found
        for found in by_formula
        if (found.reference_row, found.k) == (own.reference_row, own.k) and (not found.out_of_range or found.platform == platform)
    ]
    reference = next((run.platform for run in runs if run.row == own.reference_row), "")
    rows = [TermsRow(found.platform, found.terms) for found in alike]
    assert own.k is not None
    if reference and all(row.platform != reference for row in rows):
        rows.append(TermsRow(reference, own.k, is_reference=True))
    return SideBySide(own.k, reference, tuple(sorted(rows, key=lambda row: row.total)))


def _row_of(platform: str, runs: Sequence[MeasuredRun], predictions: Sequence[Prediction], gpus: int | None) -> int | None:
    """Return the measured row that a platform stands on: its own, or the one it was scaled from."""
    rows = [found.reference_row for found in predictions if (found.platform, found.gpus) == (platform, gpus)]
    return rows[0] if rows else next((run.row for run in runs if run.platform == platform), None)


def _most_common(found: Sequence[Prediction]) -> Prediction:
    (k, _count), *_ = Counter(one.k for one in found).most_common(1)
    return next(one for one in found if one.k == k)
