"""What one more measurement would narrow: the interval after it follows from the covariances, whatever it will say.

Candidates are the wanted platform itself, every other platform, a known one again at the wanted count of cards and batch, and another
workload of the same kind on the wanted platform beside a known one. That a new row may cast doubt on others is not foreseen.
"""

import math
from collections.abc import Collection, Sequence

import msgspec
import numpy as np
from msgspec import Struct

from app.engine.model.estimates import Prediction
from app.engine.model.explanations import Act, NextMeasurement
from app.engine.model.platforms import Platform
from app.engine.paraselect.correcting import NOISE
from app.engine.paraselect.features import Groups, rates_of
from app.engine.paraselect.hierarchy import Row
from app.engine.paraselect.intervals import half_share, halves, log_half, shares_of
from app.engine.paraselect.learned import Learned
from app.engine.paraselect.listening import Asked

MOST_TOLD = 3
LEAST_NARROWED = 0.9
"""A measurement is worth a word where the interval becomes this much of what it was at most."""
OUT_OF_REACH = 2.0
"""One on a platform that cannot be had is named before another only where it leaves less than half of what that one does."""
SIBLING = "another case"


class Afterwards(Struct, frozen=True, eq=False):
    """Variances without noise of w wanted log speeds: now, and after one more measurement.

    after    (w, c) after measuring candidate c; sibling: (w,) after another workload of the kind on the wanted platform and a known one
    """

    now: np.ndarray
    after: np.ndarray
    sibling: np.ndarray
    noise: float


def afterwards(learned: Learned, one: Asked, wanted: Sequence[Row], candidates: Sequence[Row]) -> Afterwards:
    """Return the variances of wanted rows after each of the candidates was measured, all from one covariance.

    one   tells the known rows
    """
    groups = sibling_of(one.target.groups)
    beside = [msgspec.structs.replace(row, groups=groups, case=SIBLING) for row in (one.rows[0], *wanted)]
    known, rows = len(one.rows), list(dict.fromkeys([(row.platform.id, row.rates) for row in (*wanted, *candidates)]))
    by_key = {(row.platform.id, row.rates): row for row in (*wanted, *candidates)}
    opened = learned.hierarchy.opened([*one.rows, *(by_key[key] for key in rows), *beside])
    noise, noises = opened.settings.noise, opened.noises(np.array(one.speeds))
    across = opened.covariance[:known, known:]
    inside = opened.covariance[:known, :known] + np.diag(noises)
    left = opened.covariance[known:, known:] - across.T @ np.linalg.solve(inside, across)
    w, c = ([rows.index((row.platform.id, row.rates)) for row in some] for some in (wanted, candidates))
    free = np.maximum(np.diag(left), 0.0)
    after = free[w][:, None] - left[np.ix_(w, c)] ** 2 / (free[c] + noise)
    return Afterwards(free[w], np.maximum(after, 0.0), _after_sibling(left, w, len(rows), noise), noise)


def _after_sibling(left: np.ndarray, wanted: Sequence[int], first: int, noise: float) -> np.ndarray:
    """Return the variances of wanted rows after two measurements on another workload: row `first`, and that of the wanted one behind it."""
    told = np.outer(left[:, first], left[first]) / (left[first, first] + noise)
    left = left - told
    pairs = first + 1 + np.arange(len(wanted))
    after = np.diag(left)[wanted] - left[wanted, pairs] ** 2 / (np.diag(left)[pairs] + noise)
    return np.maximum(after, 0.0)


def sibling_of(groups: Groups) -> Groups:
    """Return the groups of another workload of the same kind on the same software."""
    return msgspec.structs.replace(groups, model="", workload="", load="", stack_load="", model_load="")


def measure_next(
    founds: Sequence[Prediction],
    asked: dict[int, Asked],
    learned: Learned,
    platforms: dict[str, Platform],
    reachable: Collection[str],
) -> tuple[dict[int, tuple[NextMeasurement, ...]], tuple[NextMeasurement, ...]]:
    """Return for each predicted row the measurements that narrow it most, and those that narrow all of them most."""
    alike: dict[object, list[Prediction]] = {}
    by_row: dict[int, list[NextMeasurement]] = {}
    for found in founds:
        one = asked.get(found.row)
        if half_share(found) is None:
            continue
        if one is None or one.deviation <= 0:
            by_row[found.row] = _itself_only(found, reachable)
        else:
            known = sorted((row.platform.id, speed) for row, speed in zip(one.rows, one.speeds, strict=True))
            key = (one.target.groups, one.run.gpus, one.precision, tuple(known))
            alike.setdefault(key, []).append(found)
    tables: list[_Table] = []
    for rows in alike.values():
        table = _table(rows, asked, learned, platforms)
        tables.append(table)
        for place, found in enumerate(rows):
            by_row[found.row] = _of_row(table, place, found, asked[found.row], reachable)
    told = {row: tuple(_best(options)) for row, options in by_row.items()}
    return told, tuple(_best(_of_all(tables, reachable)))


class _Table(Struct, frozen=True, eq=False):
    """Predictions from the same known rows.

    before, after, sibling, again   half intervals in relation to the number: (w,), after each candidate (w, c), (w,), (w,)
    """

    rows: list[Prediction]
    gpus: int
    candidates: tuple[str, ...]
    before: np.ndarray
    after: np.ndarray
    sibling: np.ndarray
    again: np.ndarray


def _table(rows: list[Prediction], asked: dict[int, Asked], learned: Learned, platforms: dict[str, Platform]) -> _Table:
    one = asked[rows[0].row]
    gpus = one.run.gpus or 1
    known = {row.platform.id for row in one.rows}
    candidates = []
    for platform in platforms.values():
        rates = rates_of(platform, one.precision, gpus) if platform.id not in known else None
        if rates is not None:
            candidates.append(Row(one.target.groups, one.target.case, platform, rates))
    wanted = [asked[found.row] for found in rows]
    told = afterwards(learned, one, [ask.target for ask in wanted], candidates)
    now = np.sqrt(told.now + told.noise)
    widths = np.array([learned.width(ask.basis) for ask in wanted])
    halves_now = np.array([log_half(found) or 0.0 for found in rows])
    change = np.maximum(halves_now - halves(now, widths), 0.0)
    after = _after(told, wanted, candidates, learned, change)
    beside = np.sqrt(told.sibling + told.noise)
    before = np.array([half_share(found) or 0.0 for found in rows])
    return _Table(
        rows,
        gpus,
        tuple(row.platform.id for row in candidates),
        before,
        after,
        shares_of(halves(beside, widths) + change, beside),
        shares_of(halves(now, widths), now),
    )


def _after(told: Afterwards, wanted: Sequence[Asked], candidates: Sequence[Row], learned: Learned, change: np.ndarray) -> np.ndarray:
    """Return half the intervals after each candidate, of the kind of prediction that each row is then."""
    deviation = np.sqrt(told.after + told.noise)
    vendors = np.array([row.platform.vendor_en for row in candidates])
    widths = np.empty(deviation.shape)
    for place, ask in enumerate(wanted):
        words = ask.basis.split()
        same = learned.width(" ".join(("several", "same", *words[2:])))
        other = same if words[1] == "same" else learned.width(" ".join(("several", *words[1:])))
        widths[place] = np.where(vendors == ask.target.platform.vendor_en, same, other)
    found = shares_of(halves(deviation, widths) + change[:, None], deviation)
    own = np.array([[row.platform.id == ask.target.platform.id for row in candidates] for ask in wanted])
    return np.where(own, np.sinh(NOISE), found)  # a measurement, no prediction: what is left is its noise


def _of_row(table: _Table, place: int, found: Prediction, ask: Asked, reachable: Collection[str]) -> list[NextMeasurement]:
    def told(act: Act, platform: str, after: float, beside: str = "") -> NextMeasurement:
        return NextMeasurement(
            act, platform, table.gpus, found.platform, float(table.before[place]), after, platform in reachable, beside=beside
        )

    options = [
        told("itself" if name == found.platform else "platform", name, float(after))
        for name, after in zip(table.candidates, table.after[place].tolist(), strict=True)
    ]
    first = ask.rows[0].platform.id
    options.append(told("count", first, float(table.again[place])))
    options.append(told("sibling", found.platform, float(table.sibling[place]), first))
    return options


def _of_all(tables: Sequence[_Table], reachable: Collection[str]) -> list[NextMeasurement]:
    """Return what measuring each platform does to the mean half interval of all rows; of the group with most rows."""
    table = max(tables, key=lambda one: len(one.rows), default=None)
    if table is None:
        return []
    before, after = float(table.before.mean()), np.minimum(table.after, table.before[:, None]).mean(axis=0)
    return [
        NextMeasurement("platform", name, table.gpus, "", before, float(value), name in reachable)
        for name, value in zip(table.candidates, after.tolist(), strict=True)
    ]


def _itself_only(found: Prediction, reachable: Collection[str]) -> list[NextMeasurement]:
    """Return the one measurement that surely helps where the model tells nothing: that of the wanted platform at the wanted count."""
    before = half_share(found) or 0.0
    return [
        NextMeasurement("itself", found.platform, found.gpus or 1, found.platform, before, math.sinh(NOISE), found.platform in reachable)
    ]


def _best(options: Sequence[NextMeasurement]) -> list[NextMeasurement]:
    worth = [one for one in options if one.after <= LEAST_NARROWED * one.before]
    return sorted(worth, key=lambda one: one.after * (1.0 if one.reachable else OUT_OF_REACH))[:MOST_TOLD]
