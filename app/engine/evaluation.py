"""How good predictions are: on a table of measured runs, and on those that ship."""

from collections.abc import Sequence

from app.engine.known import platforms_by_id, shipped_runs
from app.engine.model.estimates import Score
from app.engine.model.measurements import MeasuredRun

SHIPPED_GROUPS = 200
"""Every n-th case, so that a person need not wait: `make accuracy` takes more of them."""


def evaluate_table(runs: Sequence[MeasuredRun]) -> tuple[Score, ...]:
    """Return how good predictions are on a table of measured runs; of what ships itself, with whole workloads held out."""
    from app.engine.paraselect import evaluate, evaluate_held_out

    if {run.case for run in runs} <= {run.case for run in shipped_runs()}:
        return evaluate_held_out(runs, platforms_by_id(), SHIPPED_GROUPS)
    return evaluate(runs, platforms_by_id(), shipped_runs())


def evaluate_shipped() -> tuple[Score, ...]:
    """Return how good predictions are on the measured runs that ship, every workload predicted from the others."""
    from app.engine.paraselect import evaluate_held_out

    return evaluate_held_out(shipped_runs(), platforms_by_id(), SHIPPED_GROUPS)
