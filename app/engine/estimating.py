"""Curves that stand on their own: speed over card counts, a server over concurrency. The pipeline hands them on."""

from collections.abc import Sequence

from app.engine.known import platforms_by_id
from app.engine.model.curves import Scaling
from app.engine.model.measurements import MeasuredRun


def scale_table(runs: Sequence[MeasuredRun], case: str, gpus: Sequence[int], platform: str = "") -> Scaling:
    """Return the speed of one case of a table at these card counts."""
    from app.engine.paraselect import scale_case

    return scale_case(runs, platforms_by_id(), case, gpus, platform=platform)
