"""A change of precision inside a case: a factor with its evidence, beside what the rates of the platform promise.

    log(speed ratio) = e · log(rate ratio)

The rate ratio is that of the dense peaks where a run is bound by compute, that of the bytes of a weight where it generates tokens. e, what
runs make of it, is a Gaussian learned from runs that were measured at two precisions (platform_db/learned/precision_change.toml); pairs of
the case itself move it.
"""

import math
import re
import tomllib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache

import msgspec
from msgspec import Struct, convert

from app.engine.messages import Message, message
from app.engine.model.estimates import Prediction
from app.engine.model.measurements import MeasuredRun
from app.engine.model.platforms import Platform
from app.engine.paraselect.batches import batch_of, curve_class
from app.engine.paraselect.bringing import Z90, widened
from app.engine.paraselect.known_runs import in_own_unit, throughput
from app.engine.paraselect.rates import DENSE_KEYS
from app.engine.paths import platform_db_folder

BYTES = {"fp64": 8.0, "fp32": 4.0, "tf32": 4.0, "fp16": 2.0, "bf16": 2.0, "fp8": 1.0, "int8": 1.0, "fp4": 0.5, "int4": 0.5}
"""Of a weight; scales and the layers that stay wider are in what runs make of it."""
_ALIKE = {"bf16": "fp16", "tf32": "fp32"}
"""Formats of one width, between which nothing is changed."""
BOUNDS = {"pass": "compute", "decode": "memory"}


class Exponent(Struct, frozen=True):
    """What runs make of a rate ratio. workloads: deviation between workloads; noise: of log speed beside it; pairs: measured ones."""

    mean: float
    workloads: float
    noise: float
    pairs: int


class Change(Struct, frozen=True):
    """From the precision of the known rows to the wanted one on the wanted platform; refused: why it cannot be told."""

    one: str
    other: str
    log: float = 0.0
    deviation: float = 0.0
    said: Message | None = None
    refused: Message | None = None


@cache
def read_exponents() -> dict[str, Exponent]:
    """Read what ships, by what bounds a run."""
    with (platform_db_folder() / "learned" / "precision_change.toml").open("rb") as file:
        return convert(tomllib.load(file), dict[str, Exponent])


def width_of(precision: str) -> str:
    """Return the format that stands for all of its width."""
    return _ALIKE.get(precision, precision)


def at_one_precision(
    runs: Sequence[MeasuredRun], wanted: MeasuredRun, platforms: Mapping[str, Platform]
) -> tuple[Sequence[MeasuredRun], MeasuredRun, Change | None]:
    """Return the rows of a case of one precision, the wanted row in that precision, and the change that brings it to its own.

    Rows of the wanted platform come first, then those that have the wanted precision, then those of the most common one.
    """
    known = [run for run in runs if run.speed is not None and run.gpus is not None and run.precision]
    if len({width_of(run.precision) for run in (*known, wanted) if run.precision}) < 2:  # noqa: PLR2004 - nothing differs
        return runs, wanted, None
    asked = wanted.precision or known[0].precision
    exact = [run for run in known if width_of(run.precision) == width_of(asked)]
    own = [run for run in known if run.platform == wanted.platform]
    if exact and (not own or any(run.platform == wanted.platform for run in exact)):
        return _of_width(runs, asked), wanted, None
    words = [run.precision for run in own or known]
    taken = max(words, key=lambda word: sum(width_of(word) == width_of(other) for other in words))
    change = _change(known, wanted, (taken, asked), platforms) if wanted.platform in platforms else None
    return _of_width(runs, taken), msgspec.structs.replace(wanted, precision=taken), change


def in_precision(found: Prediction, wanted: MeasuredRun, change: Change | None) -> Prediction:
    """Return a prediction in the precision that was asked for, or why there is none."""
    if change is None:
        return found
    if change.refused is not None:
        return Prediction(
            found.row, found.case, found.platform, found.gpus, unit=found.unit, better=found.better, notes=(change.refused, *found.notes)
        )
    if found.value is None or change.said is None:
        return found
    unit = msgspec.structs.replace(wanted, unit=found.unit, better=found.better)
    ends = [in_own_unit(unit, throughput(unit, end or 1.0) * math.exp(change.log)) for end in (found.value, found.low, found.high)]
    moved = msgspec.structs.replace(
        found,
        value=ends[0],
        low=min(ends[1:]),
        high=max(ends[1:]),
        terms=tuple(term / math.exp(change.log) for term in found.terms),
        notes=tuple(note for note in (*found.notes, change.said) if note.code not in ("paraselect.same_row", "paraselect.same_cards")),
    )
    return widened(moved, unit, Z90 * change.deviation)


def support(platform: Platform, precision: str) -> str:
    """Return "yes", "absent" or "unknown": by a peak, else by the data sheet's list. 4-bit integers are weights that are unpacked."""
    if precision in ("int4", "fp32") or _rate(platform, precision):
        return "yes"
    listed = platform.text("precision_support")
    words = {re.sub(r"\(.*?\)|\+", "", word).strip().lower() for word in listed.split(";")}
    return "yes" if precision in words else "absent" if listed else "unknown"


def rate_ratio(platform: Platform, bound: str, one: str, other: str) -> float | None:
    """Return rate in the other precision ÷ rate in the one; None where a peak is not known."""
    if bound == "memory":
        return BYTES[one] / BYTES[other] if one in BYTES and other in BYTES else None
    before, after = _rate(platform, one), _rate(platform, other)
    return after / before if before and after else None


def own_pairs(known: Sequence[MeasuredRun], platforms: Mapping[str, Platform], bound: str) -> list[tuple[float, float]]:
    """Return (log rate ratio, log speed ratio) of rows alike but for their precision."""
    alike: dict[tuple, list[MeasuredRun]] = defaultdict(list)
    for run in known:
        alike[run.platform, run.gpus, batch_of(run), run.global_batch].append(run)
    found = []
    for rows in alike.values():
        first = rows[0]
        for run in rows[1:]:
            ratio = rate_ratio(platforms[run.platform], bound, first.precision, run.precision) if run.platform in platforms else None
            if ratio and ratio != 1:
                found.append((math.log(ratio), math.log(throughput(run, run.speed or 1.0) / throughput(first, first.speed or 1.0))))
    return found


def moved_by(exponent: Exponent, pairs: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return mean and deviation of e given pairs of the case itself."""
    weight = 1 / exponent.workloads**2 + sum(ratio**2 for ratio, _ in pairs) / exponent.noise**2
    mean = exponent.mean / exponent.workloads**2 + sum(ratio * speed for ratio, speed in pairs) / exponent.noise**2
    return mean / weight, math.sqrt(1 / weight)


def _change(known: Sequence[MeasuredRun], wanted: MeasuredRun, words: tuple[str, str], platforms: Mapping[str, Platform]) -> Change:
    (one, other), platform = words, platforms[wanted.platform]
    bound = BOUNDS[curve_class(wanted if wanted.task else known[0])]
    if support(platform, other) == "absent":
        return Change(one, other, refused=message("paraselect.precision_absent", platform=platform.id, precision=other.upper()))
    ratio = rate_ratio(platform, bound, one, other)
    if support(platform, other) == "unknown" or ratio is None:
        missing = next(
            (key for key in (DENSE_KEYS.get(other), DENSE_KEYS.get(one)) if key and not platform.number(key)), "precision_support"
        )
        return Change(one, other, refused=message("paraselect.missing_fact", platform=platform.id, key=missing))
    exponent, pairs = read_exponents()[bound], own_pairs(known, platforms, bound)
    mean, deviation = moved_by(exponent, pairs)
    log = mean * math.log(ratio)
    said = message(
        "paraselect.precision_own" if pairs else "paraselect.precision_changed",
        one=one.upper(),
        other=other.upper(),
        factor=math.exp(log),
        ratio=ratio,
        bound=message(f"paraselect.bound.{bound}"),
        exponent=mean,
        pairs=exponent.pairs,
        own=len(pairs),
    )
    return Change(one, other, log, math.hypot(deviation * math.log(ratio), exponent.noise), said)


def _of_width(runs: Sequence[MeasuredRun], precision: str) -> list[MeasuredRun]:
    return [run for run in runs if run.speed is None or not run.precision or width_of(run.precision) == width_of(precision)]


def _rate(platform: Platform, precision: str) -> float | None:
    keys = ("fp16", "bf16", "") if width_of(precision) == "fp16" else (precision,)
    if precision == "fp32":  # frameworks multiply fp32 in TF32 in part: between the two
        vector, tensor = platform.number("fp32_tflops"), platform.number("tf32_tflops")
        return math.sqrt(vector * tensor) if vector and tensor else vector
    return next((rate for key in keys if key in DENSE_KEYS and (rate := platform.number(DENSE_KEYS[key]))), None)
