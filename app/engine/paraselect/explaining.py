"""What a prediction leans on: known runs, measured evidence elsewhere, how far the model reproduces both, what makes the interval wide.

The prediction is linear in every measured log speed (hierarchy.py), so its weights, what is told of a row that is left out, and the parts
of its variance are exact, but for how far contradicted rows are doubted: that is taken as found.
"""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from msgspec import Struct

from app.engine.model.estimates import Prediction
from app.engine.model.explanations import DISTANCES, Distance, Explanation, Ground, KnownWeight, Part, Share
from app.engine.paraselect.evidence import Evidence
from app.engine.paraselect.features import Groups
from app.engine.paraselect.hierarchy import LEVELS, OFFSET, Coded, Opened, covariance_of
from app.engine.paraselect.intervals import log_half, model_half
from app.engine.paraselect.learned import Learned
from app.engine.paraselect.listening import Asked

MOST_GROUNDS = 8
LEAST_WEIGHT = 0.005
NEARNESS: tuple[tuple[str, Distance], ...] = (
    ("model", "model"),
    ("family", "family"),
    ("stack", "software"),
    ("framework", "software"),
    ("kind", "class"),
)
SOFTWARE = ("framework", "stack", "stack_load")
WORKLOAD = ("area", "family", "model", "workload", "load", "model_load", "case")
PART_LEVELS: dict[Part, tuple[str, ...]] = {
    "platform": tuple(level for level in LEVELS if level not in (*SOFTWARE, *WORKLOAD)),
    "software": SOFTWARE,
    "workload": WORKLOAD,
}


class Weights(Struct, frozen=True, eq=False):
    """By how much a predicted log speed moves with each known row's and each evidence row's."""

    known: np.ndarray
    evidence: np.ndarray


def explain(found: Prediction, asked: Asked | None, learned: Learned) -> Explanation:
    """Return what a prediction leans on. asked: what it asked of `learned`, None where it asked nothing."""
    gpus = found.gpus or 1
    if asked is None:
        return Explanation(found.platform, gpus, learned=False)
    opened = learned.hierarchy.opened([*asked.rows, asked.target])
    speeds = np.array(asked.speeds)
    noises = opened.noises(speeds)
    weights = weights_of(opened, noises)
    return Explanation(
        found.platform,
        gpus,
        learned=True,
        known=_known(asked, weights.known, _left_out(opened, speeds, noises)),
        grounds=_grounds(weights.evidence, learned.hierarchy.evidence, asked, opened.residuals),
        shares=_shares(found, asked, opened, weights, learned),
    )


def weights_of(opened: Opened, noises: np.ndarray) -> Weights:
    """Return the weights of the last row of `opened`; the rows before it are known."""
    count = len(noises)
    inside = opened.covariance[:count, :count] + np.diag(noises)
    known = np.linalg.solve(inside, opened.covariance[:count, count])
    return Weights(known, opened.pulls[count] - known @ opened.pulls[:count])


def distance_of(own: Groups, other: Groups) -> Distance:
    """Return how near measured evidence is to a wanted workload, by the nearest thing that they share."""
    if own.workload and own.workload == other.workload:
        return "workload" if own.load == other.load else "batch"
    for level, word in NEARNESS:
        if getattr(own, level) and getattr(own, level) == getattr(other, level):
            return word
    return "task" if own.task == other.task else "other"


def _known(asked: Asked, weights: np.ndarray, errors: list[float | None]) -> tuple[KnownWeight, ...]:
    by_platform = {one.platform: one for one, _ in asked.known}
    found = [
        KnownWeight(row.platform.id, by_platform[row.platform.id].gpus, by_platform[row.platform.id].row, float(weight), error)
        for row, weight, error in zip(asked.rows, weights, errors, strict=True)
    ]
    return tuple(sorted(found, key=lambda one: -abs(one.weight)))


def _left_out(opened: Opened, speeds: np.ndarray, noises: np.ndarray) -> list[float | None]:
    """Return the relative error for each known row when told by the others, None where it is the only one."""
    count = len(speeds)
    if count < 2:  # noqa: PLR2004 - one left out of two
        return [None] * count
    inverse = np.linalg.inv(opened.covariance[:count, :count] + np.diag(noises))
    residuals = inverse @ (speeds - opened.mean[:count]) / np.diag(inverse)
    return [float(error) for error in np.expm1(-residuals)]


def _grounds(weights: np.ndarray, evidence: Sequence[Evidence], asked: Asked, residuals: np.ndarray) -> tuple[Ground, ...]:
    """Return the evidence by workload, source and class, the heaviest first; the weights of all of it sum to 1."""
    places: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for place, one in enumerate(evidence):
        named = one.named
        places[named.workload, named.source, named.kind, named.precision, named.framework].append(place)
    net = [_net(of_one, weights, evidence) for of_one in places.values()]
    pulls = [sum(abs(weight) for weight in one.values()) / 2 for one in net]
    total = sum(pulls)
    heavy = sorted(range(len(net)), key=lambda number: -pulls[number])[:MOST_GROUNDS]
    of_all = list(places.values())
    return tuple(
        _ground(of_all[number], net[number], pulls[number] / total, evidence, asked, residuals)
        for number in heavy
        if pulls[number] >= LEAST_WEIGHT * total > 0
    )


def _net(places: Sequence[int], weights: np.ndarray, evidence: Sequence[Evidence]) -> dict[str, float]:
    """Return the weight of each platform over all sets of one workload."""
    found: dict[str, float] = defaultdict(float)
    for place in places:
        found[evidence[place].platform] += float(weights[place])
    return found


def _ground(
    places: Sequence[int], net: dict[str, float], weight: float, evidence: Sequence[Evidence], asked: Asked, residuals: np.ndarray
) -> Ground:
    """Return what one workload of one source says: of the wanted platform over the known one, where both are there, else of the two that
    pull most; of sets that hold the same pair, the one with most cases."""
    sets: dict[int, dict[str, int]] = defaultdict(dict)
    for place in places:
        sets[evidence[place].part][evidence[place].platform] = place
    pairs = [_pair(of_set, net, asked) for of_set in sets.values()]
    up, down = max(pairs, key=lambda pair: (_is_asked(pair, evidence, asked), _pull(pair, net, evidence), _cases(pair, evidence)))
    first, own = evidence[places[0]], asked.target.groups
    distances: list[Distance] = [distance_of(own, evidence[place].groups) for place in places]
    return Ground(
        workload=first.named.workload,
        source=first.named.source,
        framework=first.named.framework,
        kind=first.named.kind,
        distance=min(distances, key=DISTANCES.index),
        platform=evidence[up].platform,
        other=evidence[down].platform,
        ratio=float(np.exp(evidence[up].log_speed - evidence[down].log_speed)),
        weight=weight,
        cases=_cases((up, down), evidence),
        error=float(np.expm1(-residuals[up])),
    )


def _pair(of_set: dict[str, int], net: dict[str, float], asked: Asked) -> tuple[int, int]:
    """Return the places of two platforms of a set."""
    target, reference = asked.target.platform.id, asked.rows[0].platform.id
    if target in of_set and reference in of_set and target != reference:
        return of_set[target], of_set[reference]
    up = max(of_set, key=lambda name: net[name])
    return of_set[up], of_set[min((name for name in of_set if name != up), key=lambda name: net[name])]


def _is_asked(pair: tuple[int, int], evidence: Sequence[Evidence], asked: Asked) -> bool:
    return evidence[pair[0]].platform == asked.target.platform.id and evidence[pair[1]].platform == asked.rows[0].platform.id


def _pull(pair: tuple[int, int], net: dict[str, float], evidence: Sequence[Evidence]) -> float:
    return net[evidence[pair[0]].platform] - net[evidence[pair[1]].platform]


def _cases(pair: tuple[int, int], evidence: Sequence[Evidence]) -> int:
    return min(evidence[place].cases for place in pair)


def _shares(found: Prediction, asked: Asked, opened: Opened, weights: Weights, learned: Learned) -> tuple[Share, ...]:
    """Return what the interval is made of: Var f = Σ Cov(f of a level, f), so that levels can be summed; a negative one counts as none."""
    total = log_half(found)
    if total is None:
        return ()
    model = min(total, model_half(asked.deviation, learned.width(asked.basis)))
    parts: dict[Part, float] = {part: max(0.0, _variance(opened, weights, levels)) for part, levels in PART_LEVELS.items()}
    parts["noise"] = opened.settings.noise
    whole = sum(parts.values())
    shares: dict[Part, float] = {part: value / whole * model / total for part, value in parts.items()}
    shares["change"] = max(0.0, 1 - model / total)
    return tuple(Share(part, share) for part, share in sorted(shares.items(), key=lambda item: -item[1]))


def _variance(opened: Opened, weights: Weights, levels: tuple[str, ...]) -> float:
    """Return the covariance of some levels' part of the wanted log speed with all of it, given everything measured."""
    chosen = np.isin(LEVELS, levels)
    variance = opened.settings.matrix() * chosen[:, None]
    count = len(weights.known)
    target = _part(opened.rows, slice(count, count + 1))
    offset = 0.0 if chosen[-1] else OFFSET  # covariance_of adds the offset of a case, which is no part of other levels
    own = covariance_of(target, opened.rows, variance)[0] - offset
    across = covariance_of(target, opened.evidence, variance)[0]
    return float(own[count] - own[:count] @ weights.known - across @ weights.evidence)


def _part(rows: Coded, places: slice) -> Coded:
    return Coded(*(getattr(rows, name)[places] for name in rows.__struct_fields__))
