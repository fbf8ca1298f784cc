"""Serving estimates against shipped measurements: `python -m tests.accuracy.serving` learns platform_db/serving_rates.toml anew.

Held out: whole models (by shape). With the own runs of a model known, its correction is still learned without it, and the case at hand is
left out of what is known.
"""

import csv
import datetime
import math
from collections.abc import Sequence
from functools import cache

import numpy as np
from msgspec import Struct

from app.engine import pipeline
from app.engine.messages import Message
from app.engine.model.platforms import Platform
from app.engine.model.workloads import Model, Workload
from app.engine.paths import platform_db_folder
from app.engine.workload import load_presets
from app.engine.workload.serving_evidence import (
    Correction,
    Evidence,
    corrected,
    evidence_of,
    modelled_times,
    nearness,
    pulled,
    split_of,
    workload_of,
)
from app.engine.workload.serving_time import serving_time

ALSO = {
    "mistral-7b-v0.1": "mistral-7b",
    "mixtral-8x7b-v0.1": "mixtral-8x7b",
    "deepseek-v3.1": "deepseek-r1",
    "llama-3.3-70b": "llama-3.1-70b",
}
MINIMAX = Model(
    family="qwen3", layers=62, hidden=3072, heads=48, kv_heads=8, head_dim=128, intermediate=1536, moe_intermediate=1536, experts=256,
    experts_per_token=8, vocab=200064,
)  # fmt: skip
RIDGE = 3.0
ENDS = (0.05, 0.95)


class Point(Struct, frozen=True, eq=False):
    """A measured point and its modelled times. group: of models that are held out together; logs of measured over modelled."""

    case: str
    model: str
    group: tuple
    source: str
    workload: Workload
    platform: Platform
    token: float
    log_token: float
    log_first: float | None
    told: Evidence


@cache
def points() -> tuple[Point, ...]:
    """Return every point of one server (not split by phase) whose model is in the library."""
    shapes: dict[str, Model] = {name.lower().replace("meta-", ""): one.model for one in load_presets() for name in (one.name, *one.also)}
    shapes |= {name: shapes[other] for name, other in ALSO.items()} | {"minimax-m2.5": MINIMAX}
    platforms, found = pipeline.platforms_by_id(), []
    with (platform_db_folder() / "measured" / "serving.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            model, platform = shapes.get(row["model"].lower()), platforms.get(row["platform"])
            if model is not None and platform is not None and row["mode"] != "disagg" and row["input_len"]:
                found += _point(row, model, platform)
    return tuple(found)


def _point(row: dict[str, str], model: Model, platform: Platform) -> list[Point]:
    workload = workload_of(row, model)
    time, told = serving_time(workload, platform), evidence_of(row, model, platform)
    if isinstance(time, Message) or told is None:
        return []
    times = modelled_times(time, workload.run)
    first = math.log(float(row["ttft_ms"]) / 1e3 / times.first) if row["ttft_ms"] else None
    group = (model.layers, model.hidden, model.experts)
    return [Point(row["case"], row["model"], group, row["source"], workload, platform, times.token, told.residual, first, told)]


def families(known: Sequence[Point]) -> list[str]:
    """Return the families of platforms beside the reference, whose effect is in the base."""
    return sorted({one.platform.family for one in known} - {"nvidia-cuda"})


def learned(known: Sequence[Point], *, first: bool = False) -> Correction:
    """Return the correction by ridge regression; points of one source, model and platform share a weight."""
    known = [one for one in known if not first or one.log_first is not None]
    names = families(known)
    keys = [(one.source, one.group, one.platform.id) for one in known]
    counts = {key: keys.count(key) for key in set(keys)}
    weight = np.array([counts[key] ** -0.5 for key in keys])
    told = np.array([one.log_first if first else one.log_token for one in known], float)
    rows = np.array([
        [1.0, bool(one.workload.model and one.workload.model.experts), math.log2(split_of(one.workload.run))]
        + [one.platform.family == name for name in names]
        for one in known
    ], float)  # fmt: skip
    held = np.diag([1e-6, *[RIDGE] * (rows.shape[1] - 1)])
    base, sparse, split, *rest = np.linalg.solve(rows.T @ (rows * weight[:, None]) + held, rows.T @ (weight * told)).tolist()
    return Correction(base, sparse, split, dict(zip(names, rest, strict=True)))


class Missed(Struct, frozen=True, eq=False):
    """A held-out point: log(measured / told), of what the class alone tells, with its model's own other runs, of its first token."""

    point: Point
    kind: str
    alone: float
    transferred: float | None
    first: float | None


@cache
def held_out() -> tuple[Missed, ...]:
    """Return every point with its model held out."""
    found = []
    for group in sorted({one.group for one in points()}):
        others, mine = [one for one in points() if one.group != group], [one for one in points() if one.group == group]
        token, first = learned(others), learned(others, first=True)
        siblings: dict[tuple, list[Point]] = {}
        for one in mine:
            siblings.setdefault((one.model, one.platform.id, one.workload.precision), []).append(one)
        for alike in siblings.values():
            found += [_missed(one, token, first, alike) for one in alike]
    return tuple(found)


def _missed(one: Point, token: Correction, first: Correction, alike: Sequence[Point]) -> Missed:
    off = corrected(token, one.workload, one.platform)
    known = [other.told for other in alike if other.case != one.case or nearness(other.workload.run) != one.told.near]
    pull, weight = pulled(known, one.workload, off)
    kind = "other" if one.platform.family not in ("nvidia-cuda", *token.families) else "sparse" if one.group[2] else "dense"
    late = None if one.log_first is None else one.log_first - corrected(first, one.workload, one.platform)
    return Missed(one, kind, one.log_token - off, one.log_token - off - pull if weight >= 1 else None, late)


def _quantiles(logs: Sequence[float], groups: Sequence[object]) -> tuple[float, float]:
    """Return the 5 % and 95 % points; every model on every platform counts by the root of its rows."""
    order = np.argsort(logs)
    counts = {key: list(groups).count(key) for key in set(groups)}
    weights = np.cumsum([counts[groups[place]] ** -0.5 for place in order])
    low, high = (logs[order[min(int(np.searchsorted(weights / weights[-1], share)), len(logs) - 1)]] for share in ENDS)
    return low, high


def intervals(found: Sequence[Missed]) -> dict[str, float]:
    """Return the ends of every kind. A family that was never measured: those of all points without their family's correction."""
    ends: dict[str, float] = {}
    families_off = learned(points()).families
    for kind in ("dense", "sparse", "other", "transferred", "first"):
        chosen = [(value, one) for one in found if (value := _value(one, kind, families_off)) is not None]
        low, high = _quantiles([value for value, _ in chosen], [(one.point.group, one.point.platform.id) for _, one in chosen])
        ends[f"{kind}_low"], ends[f"{kind}_high"] = round(low, 3), round(high, 3)
    return ends


def _value(one: Missed, kind: str, families_off: dict[str, float]) -> float | None:
    if kind == "transferred":
        return one.transferred
    if kind == "first":
        return one.first
    if kind == "other":
        return one.alone + families_off.get(one.point.platform.family, 0.0)
    return one.alone if one.kind == kind else None


def rows(kind: str) -> list[tuple]:
    """Return (case, model, measured ms of a token, told, low, high) of the held-out points; ends from the other models alone."""
    found, told = held_out(), []
    for group in sorted({one.point.group for one in found}):
        ends = intervals([one for one in found if one.point.group != group])
        for one in found:
            off = one.transferred if kind == "transferred" else one.alone
            if one.point.group == group and off is not None:
                measured = one.point.token * math.exp(one.point.log_token) * 1e3
                name = kind if kind == "transferred" else one.kind
                value = measured * math.exp(-off)
                low, high = (value * math.exp(ends[f"{name}_{end}"]) for end in ("low", "high"))
                told.append((f"{one.point.case} {one.point.platform.id}", one.point.model, measured, value, low, high))
    return told


def main() -> None:
    """Write the corrections, print what they are worth on models that they have not seen."""
    for kind in ("modelled", "transferred"):
        mine = rows(kind)
        for name in ("", *sorted({row[1] for row in mine})):
            chosen = [row for row in mine if not name or row[1] == name]
            errors = [abs(row[3] / row[2] - 1) for row in chosen]
            covered = np.mean([row[4] <= row[2] <= row[5] for row in chosen])
            print(
                f"{kind} {name or 'all'}: {len(chosen)} rows, mean {np.mean(errors):.1%}, median {np.median(errors):.1%}, {covered:.1%} in"
            )
    first = [math.exp(-one.first) - 1 for one in held_out() if one.first is not None]
    print(f"first token: {len(first)} rows, mean {np.mean(np.abs(first)):.1%}, median {np.median(np.abs(first)):.1%}")
    lines = [
        "# What measured servers teach about modelled ones; each figure: app/engine/workload/serving_evidence.py.",
        "# Written by `python -m tests.accuracy.serving` from platform_db/measured/serving.csv (sources in its rows); intervals are\n"
        "# the 5 % and 95 % points of log(measured / told) with whole models held out.",
        f"# Learned on {datetime.date.today()} from {len(points())} rows of {len({one.group for one in points()})} shapes of models.",
    ]
    for name, one in (("token", learned(points())), ("first", learned(points(), first=True))):
        lines += ["", f"[{name}]", *(f"{key} = {getattr(one, key):.3f}" for key in ("base", "sparse", "split"))]
        lines += [f"families.{family} = {value:.3f}" for family, value in one.families.items()]
    lines += ["", "[intervals]", *(f"{key} = {value}" for key, value in intervals(held_out()).items())]
    (platform_db_folder() / "serving_rates.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
