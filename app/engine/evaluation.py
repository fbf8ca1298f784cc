"""How good predictions are: on a table of measured runs, and on those that ship."""

from collections.abc import Sequence

from app.engine.known import platforms_by_id, shipped_runs
from app.engine.model.evaluations import Evaluation
from app.engine.model.measurements import MeasuredRun
from app.engine.progress import Progress, no_progress

SHIPPED_GROUPS = 200
"""Every n-th case, so that a person need not wait; what is stored was made from all of them."""


def evaluate_table(runs: Sequence[MeasuredRun], progress: Progress = no_progress) -> Evaluation:
    """Return how good predictions are on a table; where cases of it ship, their workloads are held out of what is learned."""
    from app.engine.paraselect import evaluate, evaluate_held_out

    shipped = shipped_runs()
    if {run.case for run in runs} & {run.case for run in shipped}:
        return evaluate_held_out(runs, platforms_by_id(), shipped, SHIPPED_GROUPS, progress)
    return evaluate(runs, platforms_by_id(), shipped, progress)


def evaluate_shipped(*, fresh: bool = False, progress: Progress = no_progress) -> Evaluation:
    """Return how good predictions are on what ships, whole workloads held out: as stored, or computed anew from every n-th case."""
    from app.engine.paraselect import evaluate_held_out, read_stored

    if not fresh:
        return read_stored()
    return evaluate_held_out(shipped_runs(), platforms_by_id(), shipped_runs(), SHIPPED_GROUPS, progress)


def write_shipped(progress: Progress = no_progress) -> None:
    """Evaluate everything that ships and store it beside what was learned."""
    from app.engine.paraselect import evaluate_held_out, write_stored

    write_stored(evaluate_held_out(shipped_runs(), platforms_by_id(), shipped_runs(), progress=progress))
