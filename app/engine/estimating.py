"""Curves that stand on their own: speed over card counts, a server over concurrency. The pipeline hands them on."""

from collections.abc import Sequence

from msgspec.structs import replace

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


def estimate_serving(
    workload: Workload, platforms: Sequence[Platform], concurrencies: Sequence[int], *, input_len: int = 0, output_len: int = 0
) -> tuple[ServingEstimate, ...]:
    """Return a served model on each platform over concurrency. Lengths that are given beat those of the run.

    Raises EngineError where a concurrency or a length is none, or where no length is known.
    """
    from app.engine.workload import serving_estimate

    bad = [one for one in concurrencies if not 0 < one <= MOST_CONCURRENCY]
    if bad:
        raise EngineError("serving.bad_concurrency", numbers=bad)
    run = replace(workload.run, input_len=input_len or workload.run.input_len, output_len=output_len or workload.run.output_len)
    missing = [f"[run] {key}" for key in ("input_len", "output_len") if getattr(run, key) <= 0]
    if missing and workload.task == "inference":
        raise EngineError("serving.lengths_missing", keys=missing)
    workload = replace(workload, run=run)
    return tuple(serving_estimate(workload, one, concurrencies) for one in platforms)
