"""Speeds as a reader compares them: measured and predicted at one card count; of the whole system, per card, relative to the reference."""

from collections.abc import Callable, Sequence
from typing import Literal, TypeAlias

from msgspec import Struct

from app.engine.model.estimates import Prediction
from app.engine.model.measurements import MeasuredRun
from app.engine.model.platforms import Fact, Platform
from app.engine.model.quantities import Kind
from app.engine.paraselect.known_runs import PER_CARD, lower_is_better
from app.engine.paraselect.rates import DENSE_KEYS

Way: TypeAlias = Literal["total", "per_card", "relative"]


class ToldSpeed(Struct, frozen=True):
    """One platform. value None = not predictable, prediction.notes[0] tells why; run: the measurement, where there is one."""

    platform: str
    value: float | None
    low: float | None
    high: float | None
    kind: Kind | None
    out_of_range: bool = False
    is_reference: bool = False
    prediction: Prediction | None = None
    run: MeasuredRun | None = None


class ToldSpeeds(Struct, frozen=True):
    """All platforms at one card count, the fastest first, those without a number last.

    unit  of the whole system ("" where relative); better: "higher", or "lower" where the value is a time
    ways  how the speeds can be told; a time of the whole system has no share of a card
    """

    rows: tuple[ToldSpeed, ...]
    unit: str
    better: str
    way: Way
    ways: tuple[Way, ...]


def told_speeds(
    runs: Sequence[MeasuredRun], predictions: Sequence[Prediction], gpus: int | None, *, way: Way = "total", reference: str = ""
) -> ToldSpeeds:
    """Return every platform's speed at `gpus` cards. A measurement beats a prediction; a way that cannot be told becomes "total"."""
    rows = {found.platform: _predicted(found, reference) for found in predictions if found.gpus == gpus}
    for run in reversed(runs):  # of several runs of one platform the first stands
        if run.gpus == gpus and run.speed is not None:
            rows[run.platform] = ToldSpeed(run.platform, run.speed, None, None, "measured", is_reference=run.platform == reference, run=run)
    unit, better = _unit_of(runs, predictions)
    ground = rows[reference].value if reference in rows else None
    ways: tuple[Way, ...] = ("total", *(("per_card",) if better == "higher" else ()), *(("relative",) if ground else ()))  # type: ignore[assignment]
    shown = way if way in ways else "total"
    convert = _conversion(shown, better, PER_CARD.search(unit) is not None, gpus or 1, ground)
    told = [_converted(row, convert) for row in rows.values()]
    higher = better == "higher" or shown == "relative"
    told.sort(key=lambda row: (row.value is None, 0.0 if row.value is None else -row.value if higher else row.value))
    own = "" if shown == "relative" else PER_CARD.sub("", unit).strip()
    return ToldSpeeds(tuple(told), own, "higher" if higher else "lower", shown, ways)


def compute_rate(prediction: Prediction, platform: Platform) -> tuple[str, Fact] | None:
    """Return which compute rate of the platform entered the formula, as the prediction's notes say; None where none did."""
    for note in prediction.notes:
        if note.code == "paraselect.rate_effective":
            key = "achieved_bf16_tflops"
        elif note.code == "paraselect.rate_peak":
            key = DENSE_KEYS.get(str(note.params.get("precision", "")), DENSE_KEYS[""])
        else:
            continue
        return (key, platform.facts[key]) if key in platform.facts else None
    return None


def _predicted(found: Prediction, reference: str) -> ToldSpeed:
    return ToldSpeed(found.platform, found.value, found.low, found.high, found.kind, found.out_of_range, found.platform == reference, found)


def _unit_of(runs: Sequence[MeasuredRun], predictions: Sequence[Prediction]) -> tuple[str, str]:
    for run in runs:
        if run.speed is not None:
            return run.unit, "lower" if lower_is_better(run) else "higher"
    return next(((found.unit, found.better) for found in predictions if found.unit), ("", "higher"))


def _conversion(way: Way, better: str, is_per_card: bool, gpus: int, ground: float | None) -> Callable[[float], float]:
    if way == "relative" and ground:
        return (lambda value: value / ground) if better == "higher" else (lambda value: ground / value)
    factor = 1.0 if way == "total" else 1 / gpus
    if is_per_card and better == "higher":
        factor *= gpus
    return lambda value: value * factor


def _converted(row: ToldSpeed, convert: Callable[[float], float]) -> ToldSpeed:
    if row.value is None:
        return row
    ends = sorted(convert(end) for end in (row.low, row.high) if end is not None)
    low, high = ends if len(ends) == 2 else (None, None)  # noqa: PLR2004 - both ends, or a measurement without a band
    return ToldSpeed(row.platform, convert(row.value), low, high, row.kind, row.out_of_range, row.is_reference, row.prediction, row.run)
