"""No prediction above the roofline: what counted work at the dense peak rules out is taken from the distribution of a speed.

What is left is a log-normal cut at the roof; its median and its 5 % and 95 % points are told. A speed that is cut off at the roof itself
would promise that a card runs at its peak.
"""

import math
from collections.abc import Callable, Sequence
from statistics import NormalDist
from typing import TypeAlias

import msgspec

from app.engine.messages import message
from app.engine.model.estimates import Prediction
from app.engine.model.measurements import MeasuredRun
from app.engine.paraselect.batches import batch_of
from app.engine.paraselect.correcting import NOISE
from app.engine.paraselect.known_runs import in_own_unit, throughput
from app.engine.paraselect.learned import Z90

_NORMAL = NormalDist()
LEAST_DEVIATION, LEAST_SHARE = 0.01, 1e-12
"""Below these the roof is certain to be above all, or all above the roof: then it is the roof."""

Ceiling: TypeAlias = Callable[[MeasuredRun], float | None]
"""The highest speed (the least time) of a row in its own unit; None = cannot be told."""


def capped(found: Prediction, wanted: MeasuredRun, known: Sequence[MeasuredRun], ceiling: Ceiling | None) -> Prediction:
    """Return a prediction that is nowhere above the roofline.

    Where a measured row is above its own, the table counts work in another way than the model: then that is said and nothing is cut.
    """
    if ceiling is None or found.value is None or not found.unit:
        return found
    batch = found.batch if found.batch is not None and batch_of(wanted) is None and wanted.task != "inference" else wanted.micro_batch
    first = next(iter(known), wanted)
    run = msgspec.structs.replace(
        wanted,
        unit=found.unit,
        better=found.better,
        micro_batch=batch,
        seq_len=wanted.seq_len or first.seq_len,
        precision=wanted.precision or first.precision,
    )
    most = ceiling(run)
    if most is None or not most > 0:
        return found
    roof = throughput(run, most)
    value, low, high = (throughput(run, one or most) for one in (found.value, found.low, found.high))
    if max(value, low, high) <= roof:
        return found
    above = next((one for one in known if _above(one, ceiling)), None)
    if above is not None:
        return msgspec.structs.replace(found, notes=(*found.notes, message("paraselect.above_roofline", row=above.row)))
    slow, middle, fast = _below(roof, min(low, high), max(low, high))
    ends = sorted(in_own_unit(run, one) for one in (min(slow, fast * math.exp(-2 * NOISE)), fast))
    notes = (*found.notes, message("paraselect.roofline", most=most, unit=found.unit))
    return msgspec.structs.replace(found, value=in_own_unit(run, min(value, middle)), low=ends[0], high=ends[1], notes=notes)


def _below(roof: float, low: float, high: float) -> tuple[float, float, float]:
    """Return 5 %, 50 % and 95 % of a log-normal with the 90 % interval low to high, given that it lies under the roof."""
    middle, deviation = math.log(low * high) / 2, max(math.log(high / low) / 2 / Z90, LEAST_DEVIATION)
    under = max(_NORMAL.cdf((math.log(roof) - middle) / deviation), LEAST_SHARE)
    slow, half, fast = (min(roof, math.exp(middle + deviation * _NORMAL.inv_cdf(share * under))) for share in (0.05, 0.5, 0.95))
    return slow, half, fast


def _above(run: MeasuredRun, ceiling: Ceiling) -> bool:
    most = ceiling(run)
    return most is not None and most > 0 and throughput(run, run.speed or 0.0) > throughput(run, most)
