"""Curves that stand on their own: speed over card counts, a server over concurrency. The pipeline hands them on."""

from collections.abc import Sequence

from app.engine.errors import EngineError
from app.engine.known import platforms_by_id
from app.engine.model.curves import Scaling, ServingEstimate
from app.engine.model.measurements import MeasuredRun
from app.engine.model.platforms import Platform
from app.engine.model.workloads import Workload

MOST_CONCURRENCY = 2**20


def scale_table(runs: Sequence[MeasuredRun], case: str, gpus: Sequence[int], platform: str = "") -> Scaling:
    """Return the speed of one case of a table at these card counts."""
    from app.engine.paraselect import scale_case

    return scale_case(runs, platforms_by_id(), case, gpus, platform=platform)


def estimate_serving(workload: Workload, platforms: Sequence[Platform], concurrencies: Sequence[int]) -> tuple[ServingEstimate, ...]:
    """Return a served model on each platform over concurrency. Raises EngineError where a concurrency is none."""
    from app.engine.workload import serving_estimate

    bad = [one for one in concurrencies if not 0 < one <= MOST_CONCURRENCY]
    if bad:
        raise EngineError("serving.bad_concurrency", numbers=bad)
    return tuple(serving_estimate(workload, one, concurrencies) for one in platforms)
