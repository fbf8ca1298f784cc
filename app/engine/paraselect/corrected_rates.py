"""TFLOPS' and effective memory bandwidth per platform, class and precision, read off the learned model.

Definition. For a new workload of a class the model tells log speeds L of the cards; the formula of domain.md with the class's k of compute
and memory and data-sheet rates tells F. The correction of a platform is

    log factor = (L - F) of the platform - mean of (L - F) over the cards measured in the class

so that both rates times the factor, put into the formula, give the model's prediction. The class's k are shares of the time on a common
card (features.py); on another reference they are in proportion to k ÷ its rates. Speed alone cannot tell compute from memory: one factor
stands for both, unless one of them has next to no k, when the class tells of the other one.

Only ratios enter the formula, so the scale is free: it is the largest at which no card measured in the class goes beyond what its rates
were measured to reach (achieved BF16 rate, copy bandwidth), or beyond its data sheet where no one measured them. The card that meets this
limit is the anchor. A card that no one measured in the class is not told above its data sheet. The interval holds 90 % of new workloads of
the class.
"""

import math
from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
from msgspec import Struct

from app.engine.model.corrections import Basis, CorrectedRate, Separable
from app.engine.model.measurements import MeasuredRun
from app.engine.model.platforms import Platform
from app.engine.paraselect.contrasts import Contrasts, contrasts
from app.engine.paraselect.features import Groups, formula_log, groups_of, names_of, rated_precision, rates_of
from app.engine.paraselect.learned import Z90, Learned
from app.engine.paraselect.measured_cards import MeasuredCards, measured_cards
from app.engine.paraselect.rates import DENSE_KEYS

HALF = (0.5, 0.5)
LITTLE_K = 0.1
SIXTEEN = ("bf16", "fp16")
FEWEST_CARDS = 2
LEAST_HALF = 0.02
"""Of an interval, in log: equal cards differ by this much."""


class _Scale(Struct, frozen=True):
    value: float
    anchor: str
    measured: str


def corrected_rates(
    learned: Learned,
    k: Mapping[str, tuple[float, float]],
    runs: Sequence[MeasuredRun],
    platforms: Mapping[str, Platform],
    kinds: Sequence[str] = (),
    precisions: Sequence[str] = (),
) -> tuple[CorrectedRate, ...]:
    """Return the corrected rates of every platform with known rates, in each class and precision that was measured.

    learned  the model that the runs taught; k: of compute and memory by class; kinds, precisions: what is wanted, () = all
    """
    cards = measured_cards(runs, platforms)
    found: list[CorrectedRate] = []
    for kind in kinds or cards.kinds():
        for precision in cards.precisions(kind):
            if not precisions or precision in precisions:
                found += _of_class(learned, kind, precision, k.get(kind, HALF), cards, platforms)
    return tuple(found)


class _Class(Struct, frozen=True, eq=False):
    """What the model says of all platforms in one class and precision. logs: of the factors; average: weights of the measured cards."""

    kind: str
    precision: str
    separable: Separable
    told: Contrasts
    logs: np.ndarray
    average: np.ndarray
    measured: tuple[str, ...]
    compute: _Scale
    memory: _Scale


def _of_class(
    learned: Learned, kind: str, precision: str, k: tuple[float, float], cards: MeasuredCards, platforms: Mapping[str, Platform]
) -> list[CorrectedRate]:
    example = cards.example(kind, precision)
    gpus, groups, rated = cards.gpus(kind), new_workload(example), rated_precision(msgspec.structs.replace(example, precision=precision))
    measured = tuple(one for one in cards.of_kind(kind) if rates_of(platforms[one], rated, gpus) is not None)
    if len(measured) < FEWEST_CARDS:
        return []
    told = contrasts(learned.hierarchy, groups, rated, gpus, list(platforms.values()), measured)
    logs, average = corrections_of(told, k), told.weights(measured)
    logs = logs - average @ logs
    factors = dict(zip(told.ids, np.exp(logs).tolist(), strict=True))
    scales = [_scale([platforms[one] for one in measured], factors, rate, precision) for rate in ("compute", "memory")]
    said = _Class(kind, precision, _separable(k), told, logs, average, measured, *scales)
    width, unit = learned.width("several"), compute_unit(platforms)
    return [
        _rate(said, place, unit, width, cards, platforms)
        for place, name in enumerate(told.ids)
        # where a card lacks the precision the model falls back on another one: that is no rate of this precision
        if cards.behind(kind, precision, name)[1] or platforms[name].number(DENSE_KEYS.get(precision, DENSE_KEYS[""]))
    ]


def _rate(said: _Class, place: int, unit: float, width: float, cards: MeasuredCards, platforms: Mapping[str, Platform]) -> CorrectedRate:
    name, log = said.told.ids[place], float(said.logs[place])
    half = max(LEAST_HALF, Z90 * width * said.told.deviation(np.eye(len(said.told.ids))[place], said.average))
    compute, memory = unit * math.exp(said.told.rates[place][0]), platforms[name].number("memory_bw_gbs") or 0.0
    most = math.inf if name in said.measured else 1.0
    workloads, cases, sources = cards.behind(said.kind, said.precision, name)
    return CorrectedRate(
        platform=name,
        kind=said.kind,
        precision=said.precision,
        basis=_basis(platforms[name], said.kind, said.precision, cards, platforms),
        separable=said.separable,
        compute_sheet_tflops=compute,
        compute_tflops=compute * min(most, math.exp(log) * said.compute.value),
        memory_sheet_gbs=memory,
        memory_gbs=memory * min(most, math.exp(log) * said.memory.value),
        factor=math.exp(log),
        low=math.exp(log - half),
        high=math.exp(log + half),
        workloads=workloads,
        cases=cases,
        compute_anchor=said.compute.anchor,
        memory_anchor=said.memory.anchor,
        anchor_rates=tuple(one.measured for one in (said.compute, said.memory) if one.measured),
        sources=sources,
    )


def corrections_of(told: Contrasts, k: tuple[float, float]) -> np.ndarray:
    """Return log speed as the model tells it less that of the formula; only differences mean anything."""
    return told.mean - np.array([formula_log(rates, k) for rates in told.rates])  # type: ignore[arg-type]


def new_workload(run: MeasuredRun) -> Groups:
    """Return the groups of a workload like this one that no one has measured, on software that no one has told."""
    return groups_of(msgspec.structs.replace(run, workload="", framework="", source=""))


def compute_unit(platforms: Mapping[str, Platform]) -> float:
    """Return the TFLOPS that the model's compute rate counts as one: FP16 is the dense peak of the data sheet there."""
    for one in platforms.values():
        peak, rates = one.number("fp16_tensor_tflops"), rates_of(one, "fp16", 1)
        if peak and rates is not None:
            return peak / math.exp(rates[0])
    return 1.0


def _scale(measured: Sequence[Platform], factors: Mapping[str, float], rate: str, precision: str) -> _Scale:
    """Return the largest scale at which no measured card goes beyond what it can."""
    scales = []
    for one in measured:
        share, key = reached_share(one, rate, precision)
        scales.append(_Scale(share / factors[one.id], one.id, key))
    return min(scales, key=lambda scale: scale.value)


def reached_share(one: Platform, rate: str, precision: str) -> tuple[float, str]:
    """Return the share of its data sheet that a card was measured to reach and the key of that fact; (1, "") where no one measured it."""
    if rate == "compute" and precision not in SIXTEEN:
        return 1.0, ""
    key, peak_key = ("achieved_bf16_tflops", "fp16_tensor_tflops") if rate == "compute" else ("copy_gbs", "memory_bw_gbs")
    reached, peak = one.number(key), one.number(peak_key)
    return (reached / peak, key) if reached and peak else (1.0, "")


def _basis(one: Platform, kind: str, precision: str, cards: MeasuredCards, platforms: Mapping[str, Platform]) -> Basis:
    if cards.behind(kind, precision, one.id)[1]:
        return "learned"
    if one.id in cards.all_cards():
        return "other"
    _, architecture, vendor = names_of(one)
    others = [names_of(platforms[name]) for name in cards.all_cards()]
    if any(other[1] == architecture for other in others):
        return "architecture"
    return "vendor" if any(other[2] == vendor for other in others) else "data_sheet"


def _separable(k: tuple[float, float]) -> Separable:
    if k[0] < LITTLE_K <= k[1]:
        return "memory"
    return "compute" if k[1] < LITTLE_K <= k[0] else "no"
