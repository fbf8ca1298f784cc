"""Speed over card counts against the scaling runs that ship: `python -m tests.accuracy.scaling` learns platform_db/scaling_law.toml anew.

Held out: whole workloads, in FOLDS parts; of the one stencil code that there is, whole platforms.
Known of a held-out case: its smallest count, or its two smallest.
"""

import csv
import datetime
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np
from msgspec import Struct
from scipy.optimize import minimize

from app.engine import pipeline
from app.engine.model.measurements import MeasuredRun
from app.engine.paraselect.known_runs import known_of, lower_is_better
from app.engine.paraselect.scaling_law import LEVEL_SPREAD, Classes, Law, Setup, Slopes, features, fitted, kind_of, setup_of
from app.engine.paths import platform_db_folder

FOLDS = 8
CLASSES = ("hpc", "fabric", "host", "serving")
SERVING_EVERY = 3
"""Of the served cases, which outnumber the others."""
SLOPES = len(CLASSES) + 2
"""One inside a node for each class; across nodes and by batch for all."""
SPREAD_PRIOR, SPREAD_WEIGHT = math.log(0.1), 0.05
ENDS = (0.05, 0.95)
MARGIN = {"": 1.2, "serving_": 1.0}
"""Of an interval over those points: workloads of training are few, and differ more than their number shows; served ones are many."""


class Case(Struct, frozen=True, eq=False):
    """A case by rising card counts."""

    name: str
    workload: str
    source: str
    setup: Setup
    gpus: tuple[float, ...]
    points: tuple[tuple[float, float, float], ...]
    logs: tuple[float, ...]


class Missed(Struct, frozen=True):
    """One held-out point. known: counts that were known; deviations: log2(measured / predicted) over the deviation told."""

    case: Case
    known: int
    gpus: float
    measured: float
    predicted: float
    low: float
    high: float
    deviations: float


@cache
def cases() -> tuple[Case, ...]:
    """Return every case of scaling.csv on a platform that is known."""
    platforms, found = pipeline.platforms_by_id(), {}
    with (platform_db_folder() / "measured" / "scaling.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["platform"] in platforms:
                found.setdefault(row["case"], {}).setdefault(int(row["gpus"]), row)
    scaled = tuple(_case(name, [by[count] for count in sorted(by)], platforms) for name, by in sorted(found.items()))
    return (*scaled, *_served(platforms))


def _served(platforms: dict) -> tuple[Case, ...]:
    """Return the served cases of measured.csv that were measured at several counts."""
    found: dict[tuple, dict[int, MeasuredRun]] = {}
    for run in pipeline.shipped_runs():
        if run.task == "inference" and run.speed and run.gpus and run.platform in platforms and not lower_is_better(run):
            same = (run.extra.get("scaling_group", run.case), run.platform, run.precision, run.framework, run.seq_len, run.micro_batch)
            found.setdefault((*map(str, same), run.unit), {}).setdefault(run.gpus, run)
    several = [by for _, by in sorted(found.items()) if len(by) > 1][::SERVING_EVERY]
    return tuple(_served_case([by[count] for count in sorted(by)], platforms) for by in several)


def _served_case(runs: list[MeasuredRun], platforms: dict) -> Case:
    first = runs[0]
    setup = setup_of(platforms[first.platform], "inference")
    gpus = tuple(float(run.gpus or 1) for run in runs)
    logs = tuple(math.log2(known_of(run).throughput / count) for run, count in zip(runs, gpus, strict=True))
    name = f"{first.case} {first.platform} {first.seq_len} {first.micro_batch}"
    return Case(name, first.workload.lower(), first.source, setup, gpus, tuple(features(count, 1.0, setup) for count in gpus), logs)


def _case(name: str, rows: list[dict[str, str]], platforms: dict) -> Case:
    setup = setup_of(platforms[rows[0]["platform"]], rows[0]["task"])
    gpus = tuple(float(row["gpus"]) for row in rows)
    batches = [
        float(row["global_batch"]) / count if row["global_batch"] else float(row["micro_batch"] or 0)
        for row, count in zip(rows, gpus, strict=True)
    ]
    first = next((batch for batch in batches if batch), 1.0)
    points = tuple(features(count, (batch or first) / first, setup) for count, batch in zip(gpus, batches, strict=True))
    logs = tuple(math.log2(float(row["speed"]) / count) for row, count in zip(rows, gpus, strict=True))
    workload = rows[0]["workload"].lower() + (f" {rows[0]['platform']}" if setup.name == "hpc" else "")
    return Case(name, workload, rows[0]["source"], setup, gpus, points, logs)


def _law(numbers: np.ndarray, ends: dict[str, float] | None = None) -> Law:
    mean, spread = numbers[:SLOPES], np.exp(numbers[SLOPES : 2 * SLOPES])
    noise = dict(zip(CLASSES, np.exp(numbers[2 * SLOPES :]).tolist(), strict=True))

    def classes(told: np.ndarray) -> Classes:
        return Classes(*(Slopes(float(inside), float(told[-2]), float(told[-1])) for inside in told[:-2]))

    return Law(classes(mean), classes(spread), noise, ends or {})


def learned(known: Sequence[Case]) -> Law:
    """Return the law that makes these cases likeliest; spreads are held near a tenth where few cases tell."""

    def cost(numbers: np.ndarray) -> float:
        law, total = _law(numbers), SPREAD_WEIGHT * float(np.sum((numbers[SLOPES : 2 * SLOPES] - SPREAD_PRIOR) ** 2))
        for one in known:
            mean, spread = (getattr(part, one.setup.name) for part in (law.mean, law.spread))
            rows = np.column_stack([np.ones(len(one.logs)), -np.array(one.points)])
            inner = np.diag([LEVEL_SPREAD**2, spread.inside**2, spread.across**2, spread.batch**2])
            told = rows @ inner @ rows.T + law.noise[one.setup.name] ** 2 * np.eye(len(one.logs))
            left = np.array(one.logs) - rows @ np.array([0.0, mean.inside, mean.across, mean.batch])
            total += 0.5 * float(np.linalg.slogdet(told)[1] + left @ np.linalg.solve(told, left))
        return total

    start = np.array([0.3, 0.05, 0.05, 0.4, 0.1, 0.05, *[SPREAD_PRIOR] * SLOPES, *[math.log(0.05)] * len(CLASSES)])
    return _law(minimize(cost, start, method="L-BFGS-B", options={"maxiter": 60}).x)


def missed(taught: Law, held: Iterable[Case], ends: dict[str, float]) -> list[Missed]:
    """Return every further count of these cases as their one or two smallest tell it."""
    found = []
    for one in held:
        for known in (1, 2):
            law = fitted(one.points[:known], one.logs[:known], one.setup, taught)
            name = "one" if known == 1 else "several"
            for count, point, log in list(zip(one.gpus, one.points, one.logs, strict=True))[known:]:
                middle, deviation = law.at(point)
                key = kind_of(one.setup.name) + name
                low, high = (2 ** (middle + deviation * ends.get(f"{key}_{end}", 0.0)) * count for end in ("low", "high"))
                value = min(2**middle, 2 ** one.logs[0]) * count
                found.append(Missed(one, known, count, 2**log * count, value, low, high, (log - middle) / deviation))
    return found


def ends_of(found: Sequence[Missed]) -> dict[str, float]:
    """Return the 5 % and 95 % points of the deviations, by how much was known; a case counts by the root of its rows."""
    told = {}
    for kind in ("", "serving_"):
        for known, name in ((1, "one"), (2, "several")):
            mine = [one for one in found if one.known == known and kind_of(one.case.setup.name) == kind]
            counts = Counter(one.case.name for one in mine)
            order = sorted(mine, key=lambda one: one.deviations)
            weights = np.cumsum([counts[one.case.name] ** -0.5 for one in order])
            for end, share in zip(("low", "high"), ENDS, strict=True):
                place = min(int(np.searchsorted(weights / weights[-1], share)), len(order) - 1)
                told[f"{kind}{name}_{end}"] = order[place].deviations * MARGIN[kind]
    return told


@cache
def held_out() -> tuple[Missed, ...]:
    """Return every point of every case with its workload held out, intervals from the other parts alone."""
    names = sorted({one.workload for one in cases()})
    np.random.default_rng(0).shuffle(names)
    parts = [frozenset(names[number::FOLDS]) for number in range(FOLDS)]
    laws = [learned([one for one in cases() if one.workload not in part]) for part in parts]
    held = [[one for one in cases() if one.workload in part] for part in parts]
    raw = [missed(law, one, {}) for law, one in zip(laws, held, strict=True)]
    found: list[Missed] = []
    for number, (law, one) in enumerate(zip(laws, held, strict=True)):
        others = [point for place, points in enumerate(raw) if place != number for point in points]
        found += missed(law, one, ends_of(others))
    return tuple(found)


def rows(known: int) -> list[tuple]:
    """Return (case, workload, measured, predicted, low, high) of every held-out point with so many counts known."""
    return [
        (f"{one.case.name} x{one.gpus:.0f}", one.case.workload, one.measured, one.predicted, one.low, one.high)
        for one in held_out()
        if one.known == known
    ]


def main() -> None:
    """Write the law, print what it is worth on workloads that it has not seen."""
    found = held_out()
    for known in (1, 2):
        mine = [one for one in found if one.known == known]
        for name, chosen in (("all", mine), *((name, [one for one in mine if one.case.setup.name == name]) for name in CLASSES)):
            errors = np.abs([one.predicted / one.measured - 1 for one in chosen])
            covered = np.mean([one.low <= one.measured <= one.high for one in chosen])
            print(f"{known} known, {name}: {len(chosen)} rows, mean {errors.mean():.1%}, median {np.median(errors):.1%}, {covered:.1%} in")
    law, ends = learned(cases()), ends_of(found)
    lines = [
        "# How speed per card falls with the number of cards; what each figure means: app/engine/paraselect/scaling_law.py.",
        "# Written by `python -m tests.accuracy.scaling` from platform_db/measured/ (sources in its rows); intervals are the",
        "# 5 % and 95 % points and a margin, in standard deviations, of cases whose workload was held out.",
        f"# Learned on {datetime.date.today()} from {sum(len(one.logs) for one in cases())} rows of {len(cases())} cases.",
        f"noise = {{ {', '.join(f'{name} = {value:.4f}' for name, value in law.noise.items())} }}",
        "",
    ]
    for part in ("mean", "spread"):
        for name in CLASSES:
            one = getattr(getattr(law, part), name)
            lines.append(f"{part}.{name} = {{ inside = {one.inside:.4f}, across = {one.across:.4f}, batch = {one.batch:.4f} }}")
    lines += ["", "[intervals]", *(f"{key} = {value:.3f}" for key, value in ends.items())]
    (platform_db_folder() / "scaling_law.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
