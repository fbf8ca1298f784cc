"""How good predictions are: on a table of measured runs, and on those that ship."""

from collections.abc import Sequence

from msgspec import structs

from app.engine.known import platforms_by_id, shipped_runs
from app.engine.messages import Message
from app.engine.model.estimates import Prediction
from app.engine.model.evaluations import Evaluation, Skipped, standing_of, standing_words
from app.engine.model.measurements import MeasuredRun, RunTable
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


def evaluate_read(table: RunTable, progress: Progress = no_progress) -> Evaluation:
    """Return how good predictions are on a table as it was read: the rows that could not be read are among those skipped."""
    found, unread = evaluate_table(table.runs, progress), {}
    for problem in table.problems:
        if problem.row and not problem.is_used:
            run = problem.wanted
            unread.setdefault(problem.row, Skipped(problem.row, run.case if run else "", run.platform if run else "", problem.what))
    return structs.replace(found, skipped=tuple(sorted((*found.skipped, *unread.values()), key=lambda one: one.row)))


def comparable_cases(runs: Sequence[MeasuredRun]) -> int:
    """Return how many cases of a table were measured on two platforms at least: without one there is nothing to leave out."""
    platforms: dict[str, set[str]] = {}
    for run in runs:
        if run.speed is not None and run.gpus is not None and run.platform in platforms_by_id():
            platforms.setdefault(run.case, set()).add(run.platform)
    return sum(len(names) > 1 for names in platforms.values())


def evaluate_shipped(*, fresh: bool = False, progress: Progress = no_progress) -> Evaluation:
    """Return how good predictions are on what ships, whole workloads held out: as stored, or computed anew from every n-th case."""
    from app.engine.paraselect import evaluate_held_out, read_stored

    if not fresh:
        return read_stored()
    return evaluate_held_out(shipped_runs(), platforms_by_id(), shipped_runs(), SHIPPED_GROUPS, progress)


def told_of(prediction: Prediction) -> Message | None:
    """Return what held-out predictions of the same basis were worth, None where none was tried (the workload model alone)."""
    from app.engine.paraselect import stored_scores

    found = standing_of(prediction.basis, stored_scores())
    return standing_words(found) if found is not None and prediction.value is not None else None


def write_shipped(progress: Progress = no_progress) -> None:
    """Evaluate everything that ships and store it beside what was learned."""
    from app.engine.paraselect import evaluate_held_out, write_stored

    write_stored(evaluate_held_out(shipped_runs(), platforms_by_id(), shipped_runs(), progress=progress))
