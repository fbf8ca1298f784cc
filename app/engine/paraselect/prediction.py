"""Fill in the wanted rows of a table of runs."""

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import TypeAlias

import msgspec

from app.engine.errors import MissingFact
from app.engine.messages import Message, message
from app.engine.model.estimates import ModelledSpeed, Prediction, Shares
from app.engine.model.measurements import MeasuredRun
from app.engine.model.platforms import Platform
from app.engine.model.profiles import Profile
from app.engine.model.workloads import Workload
from app.engine.paraselect.batches import at_global_batch
from app.engine.paraselect.bringing import Room, brought, telling
from app.engine.paraselect.cases import Case, case_of
from app.engine.paraselect.ceilings import Ceiling, capped
from app.engine.paraselect.collinear import collinear_note
from app.engine.paraselect.correcting import NOISE, corrected
from app.engine.paraselect.counts import other_count, other_length, to_count
from app.engine.paraselect.heard import Heard
from app.engine.paraselect.known_runs import Known, at_count, in_own_unit, lower_is_better
from app.engine.paraselect.learned import Learned, shipped_learned
from app.engine.paraselect.precisions import at_one_precision, in_precision
from app.engine.paraselect.rates import TERMS, Ratios, ratios

BEYOND = 1.5
"""A ratio outside the fitted range by this factor is out of range."""
Modelled: TypeAlias = Callable[[Workload | None, MeasuredRun, Platform], ModelledSpeed | Message | None]
_T95 = {1: 6.31, 2: 2.92, 3: 2.35, 4: 2.13, 5: 2.02, 6: 1.94, 7: 1.89, 8: 1.86, 9: 1.83, 10: 1.81}


def predict(
    runs: Sequence[MeasuredRun],
    platforms: dict[str, Platform],
    shipped: tuple[MeasuredRun, ...],
    *,
    workload: Workload | None = None,
    profile: Profile | None = None,
    modelled: Modelled | None = None,
    learned: Learned | None = None,
    room: Room | None = None,
    ceiling: Ceiling | None = None,
) -> tuple[Prediction, ...]:
    """Return a prediction for every row without a speed. A profile moves k of the formula, which needs neither it nor a workload.

    modelled tells a row of a case without known rows from workload or library; learned corrects the formula, by default by what ships;
    room tells the largest batch that a row's platform holds, ceiling the speed that its peaks allow.
    """
    learned = learned or shipped_learned(platforms)
    cases: dict[tuple[str, float | None, float | None, str], Case] = {}
    by_case: dict[str, list[MeasuredRun]] = defaultdict(list)
    for run in runs:
        by_case[run.case].append(run)
    found = []
    for run in runs:
        if run.speed is None:
            rows, asked, change = at_one_precision(by_case[run.case], run, platforms)
            at = brought(rows, asked, room)
            key = (run.case, at.batch, asked.global_batch, asked.precision)
            if key not in cases:
                cases[key] = case_of(at_global_batch(at.runs, asked), asked, platforms, shipped, profile)
                wanted = [one for one in by_case[run.case] if one.speed is None]
                learned.prepare(wanted, cases[key].known, platforms)
            row = telling(_predict_row(asked, cases[key], platforms, learned), asked, at)
            row = _from_model(in_precision(row, run, change), run, cases[key], platforms, workload, modelled)
            if run.precision_text and not run.precision and row.value is not None:
                row = msgspec.structs.replace(row, notes=(*row.notes, message("paraselect.precision_unknown", value=run.precision_text)))
            found.append(capped(row, run, [one for one in by_case[run.case] if one.speed is not None], ceiling))
    return tuple(found)


def _from_model(
    row: Prediction, run: MeasuredRun, case: Case, platforms: dict[str, Platform], workload: Workload | None, modelled: Modelled | None
) -> Prediction:
    """Return what the workload model says of a row whose case has no known one; else the row as it is."""
    known = any(one.platform in platforms for one in case.known)
    if modelled is None or known or run.gpus is None or run.platform not in platforms:
        return row
    told = modelled(workload, run, platforms[run.platform])
    if told is None or isinstance(told, Message):
        return msgspec.structs.replace(row, notes=(told, *row.notes)) if told is not None else row
    better = "lower" if lower_is_better(msgspec.structs.replace(run, unit=told.unit)) else "higher"
    return msgspec.structs.replace(
        row, value=told.value, low=told.low, high=told.high, unit=told.unit, better=better, kind="modelled", notes=told.notes
    )


def predict_targets(
    runs: Sequence[MeasuredRun],
    case: str,
    targets: Sequence[tuple[str, int]],
    platforms: dict[str, Platform],
    shipped: tuple[MeasuredRun, ...],
    *,
    workload: Workload | None = None,
    profile: Profile | None = None,
    learned: Learned | None = None,
    room: Room | None = None,
    ceiling: Ceiling | None = None,
) -> tuple[Prediction, ...]:
    """Return a prediction for each (platform, card count) that the case has not measured; rows count on behind the table."""
    of_case = [run for run in runs if run.case == case and run.speed is not None]
    measured = {(run.platform, run.gpus) for run in of_case}
    first = max((run.row for run in runs), default=0) + 1
    wanted = [
        msgspec.structs.replace(
            of_case[0],
            row=first + number,
            platform=platform,
            gpus=gpus,
            speed=None,
            micro_batch=None,
            nodes=None,
            mem_per_gpu_gib=None,
            source="",
        )
        for number, (platform, gpus) in enumerate(target for target in targets if target not in measured)
    ]
    return predict(
        [*of_case, *wanted],
        platforms,
        shipped,
        workload=workload,
        profile=profile,
        learned=learned,
        room=room,
        ceiling=ceiling,
    )


def _predict_row(run: MeasuredRun, case: Case, platforms: dict[str, Platform], learned: Learned) -> Prediction:
    blank = Prediction(run.row, run.case, run.platform, run.gpus, unit=run.unit, better="lower" if lower_is_better(run) else "higher")
    if run.gpus is None:
        return msgspec.structs.replace(blank, notes=(message("paraselect.no_gpus"),))
    if run.platform not in platforms:
        return msgspec.structs.replace(blank, notes=(message("paraselect.unknown_platform", platform=run.platform),))
    usable = [one for one in case.known if one.platform in platforms]
    if not usable:
        return msgspec.structs.replace(blank, notes=(message("paraselect.no_known_row"),))
    unit = run.unit or usable[0].run.unit
    run = msgspec.structs.replace(run, unit=unit, better=run.better or usable[0].run.better)
    blank = msgspec.structs.replace(blank, unit=unit, better="lower" if lower_is_better(run) else "higher")
    try:
        found = _predicted(run, blank, case, usable, platforms)
    except MissingFact as error:
        return msgspec.structs.replace(blank, notes=(error.message,))
    if found.k is None:
        return msgspec.structs.replace(found, basis="counts")
    gpus = run.gpus or 1
    reference = next(one for one in usable if one.row == found.reference_row)
    known = [reference, *(one for one in at_count(usable, gpus) if one.platform != reference.platform)]
    at_wanted = [to_count(one, run, case, platforms) for one in known]
    at_gpus = [(one, at.throughput) for one, at in zip(known, at_wanted, strict=True)]
    heard = Heard(learned)
    found = corrected(found, run, at_gpus, at_wanted[0].spread, platforms, heard)
    return msgspec.structs.replace(found, basis=heard.basis)


def _predicted(run: MeasuredRun, blank: Prediction, case: Case, usable: list[Known], platforms: dict[str, Platform]) -> Prediction:
    gpus = run.gpus or 1
    same = [one for one in usable if one.platform == run.platform]
    if same:
        return other_count(run, blank, case, at_count(same, gpus)[0], platforms)
    target, pooled = platforms[run.platform], not case.own
    if pooled:
        reference = min(at_count(usable, gpus), key=lambda one: _unlike(platforms[one.platform], target, run.precision, gpus))
    else:
        reference = case.design.rows[0]
    pair = ratios(platforms[reference.platform], target, run.precision or reference.run.precision, gpus)
    without = tuple(place for place in (2, 3) if pair.values[place] is None)
    design, shares = case.shares(reference.platform, without)
    if pooled and not design.active[:2].all():
        shares = None  # k of the class need both rates, and say which is missing
    if set(without) & {2, 3} and case.pool.plain is not None:
        case = msgspec.structs.replace(case, pool=case.pool.plain)
    kind = "pooled" if pooled or shares is None else "fitted"
    k = shares.k if shares is not None else case.pool.k
    if gpus == 1 and k[3] > 0:
        k = _without_fabric(k)
    terms = [share * value for share, value in zip(k, pair.needed(k), strict=True)]
    ratio = 1 / sum(terms)
    notes = _notes(run, case, reference, pair, kind, shares)
    low, high = _band(case, kind)
    at = to_count(reference, run, case, platforms)
    outside = _out_of_range(case, kind, pair, k, ratio)
    if outside is not None:
        notes.insert(0, outside)
    middle = at.throughput * ratio
    ends = sorted((in_own_unit(run, middle * math.exp(low + at.low)), in_own_unit(run, middle * math.exp(high + at.high))))
    return msgspec.structs.replace(
        blank,
        value=in_own_unit(run, middle),
        low=ends[0],
        high=ends[1],
        kind=kind,
        reference_row=reference.row,
        k=tuple(k),
        terms=tuple(terms),
        out_of_range=outside is not None,
        error_mape=case.error if kind == "fitted" else case.pool.mape,
        siblings=tuple(dict.fromkeys(f"{one.platform} × {one.gpus}" for one in usable)),
        notes=(*notes, *at.notes),
        shares=shares,
    )


def _band(case: Case, kind: str) -> tuple[float, float]:
    """Return the 90 % interval as log factors around the prediction."""
    if kind == "pooled":
        # the pool's points are of log(predicted ratio of times) - log(true): speed errs the other way round
        return min(-NOISE, -abs(case.pool.high)), max(NOISE, abs(case.pool.low))
    count = len(case.design.rows) - 1
    half = max(NOISE, case.deviation * _T95.get(count, 1.7) * math.sqrt(1 + 1 / count))
    return -half, half


def _unlike(one: Platform, other: Platform, precision: str, gpus: int) -> float:
    values = ratios(one, other, precision, gpus).values[:2]
    return sum(math.log(value) ** 2 if value else 4.0 for value in values) + (one.family != other.family)


def _without_fabric(k: tuple[float, ...]) -> tuple[float, float, float, float]:
    rest = sum(k[:3])
    return (k[0] / rest, k[1] / rest, k[2] / rest, 0.0) if rest > 0 else (0.5, 0.5, 0.0, 0.0)


def _out_of_range(case: Case, kind: str, pair: Ratios, k: tuple[float, ...], ratio: float) -> Message | None:
    if kind == "pooled":
        inside = case.pool.ratio_low / BEYOND <= ratio <= case.pool.ratio_high * BEYOND
        return None if inside else message("paraselect.out_of_range_speed", ratio=ratio)
    for place, share in enumerate(k):
        value = pair.values[place]
        column = case.design.matrix[:, place]
        if share > 0.01 and value is not None and not column.min() / BEYOND <= value <= column.max() * BEYOND:  # noqa: PLR2004 - a term of weight
            return message("paraselect.out_of_range", term=message(f"paraselect.term.{TERMS[place]}"), ratio=value)
    return None


def _notes(run: MeasuredRun, case: Case, reference: Known, pair: Ratios, kind: str, shares: Shares | None) -> list[Message]:
    notes: list[Message] = []
    if kind == "pooled":
        notes.append(
            message("paraselect.pooled", name=message(f"paraselect.class.{case.pool.name}"), groups=case.pool.groups, error=case.pool.mape)
        )
    else:
        notes.append(message("paraselect.fitted", count=len(case.design.rows), error=case.error))
    notes.append(message("paraselect.rate_effective" if pair.effective else "paraselect.rate_peak", precision=run.precision or "fp16"))
    told = collinear_note(shares.collinear) if shares is not None else None
    if told is not None:
        notes.append(told)
    for place in (2, 3):  # k of the case are those without the term: nothing is filled in, and it is said
        if pair.values[place] is None:
            platform, key = pair.missing[place]
            notes.append(message("paraselect.link_left_out", platform=platform, key=key, term=message(f"paraselect.term.{TERMS[place]}")))
    if other_length(run, reference.run):
        notes.insert(0, message("paraselect.other_length", row=reference.row))
    if not run.better and not reference.run.better:
        notes.append(message("paraselect.better_assumed", better=message(f"paraselect.{'lower' if lower_is_better(run) else 'higher'}")))
    return notes
