"""Explanations of predictions, of a project or of a table as it was read, and what to measure next for them; worked out when asked for."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from app.engine.known import catalogue_of, platforms_by_id, shipped_runs
from app.engine.model.explanations import Explanation, NextMeasurement
from app.engine.model.measurements import MeasuredRun
from app.engine.model.platforms import Platform
from app.engine.model.projects import Project, project_runs
from app.engine.model.workloads import Workload
from app.engine.own_runs import beyond, evidence_of
from app.engine.refitting import refit

if TYPE_CHECKING:
    from app.engine.paraselect.learned import Learned

MOST_UNASKED = 8
"""Cases and card counts that are worked out without being asked for: each takes a tenth of a second."""


class TableExplained(Struct, frozen=True):
    """What is told of a table beside its predictions.

    by_row, of_all  what to measure next for each predicted row and for all of them, the best first; of_all None = the table asks for too
                    many cases to be worked out unasked
    explanations    by row, where they were asked for
    """

    by_row: dict[int, tuple[NextMeasurement, ...]] = {}
    of_all: tuple[NextMeasurement, ...] | None = None
    explanations: dict[int, Explanation] = {}


def available(platforms: dict[str, Platform], priced: Collection[str] = ()) -> frozenset[str]:
    """Return the platforms that a measurement can be made on: those with a price, and those that their vendors deliver."""
    return frozenset(priced) | {name for name, one in platforms.items() if one.supply == "available"}


def explain_table(
    runs: Sequence[MeasuredRun], workload: Workload | None = None, own: Sequence[MeasuredRun] = (), *, whole: bool = False
) -> TableExplained:
    """Return what to measure next for a table's wanted rows; whole: with the explanation of each, however many there are."""
    from app.engine.paraselect import explain, listen, measure_next, predict
    from app.engine.workload import Limits

    if not whole and len({(run.case, run.gpus) for run in runs if run.speed is None}) > MOST_UNASKED:
        return TableExplained()
    platforms = platforms_by_id()
    limits = Limits(workload, platforms)
    shipped, learned = _learned(beyond(own, runs), platforms)
    heard = listen(learned)
    founds = predict(runs, platforms, shipped, workload=workload, learned=heard, room=limits.room, ceiling=limits.ceiling)
    by_row, of_all = measure_next(founds, heard.asked, learned, platforms, available(platforms))
    told = {
        found.row: structs.replace(explain(found, heard.asked.get(found.row), learned), measure_next=by_row.get(found.row, ()))
        for found in founds
        if whole and found.value is not None
    }
    return TableExplained(by_row, of_all, told)


def project_next(project: Project, gpus: int) -> tuple[NextMeasurement, ...]:
    """Return what narrows a project's predictions at a card count most: those of priced platforms, of all where none is priced."""
    priced = _priced(project)
    return _explained(project, tuple(sorted(priced)) or tuple(catalogue_of(project).by_id), gpus)[1]


def explain_project(project: Project, platform: str, gpus: int) -> Explanation | None:
    """Return the explanation of one of a project's predictions; None where it has no number."""
    return next(iter(_explained(project, (platform,), gpus)[0]), None)


def _explained(project: Project, names: Sequence[str], gpus: int) -> tuple[tuple[Explanation, ...], tuple[NextMeasurement, ...]]:
    from app.engine.paraselect import explain, listen, measure_next, predict_targets
    from app.engine.workload import Limits

    runs = project_runs(project)
    if not any(run.speed is not None for run in runs):
        return (), ()
    platforms = catalogue_of(project).by_id
    limits = Limits(project.workload, platforms)
    shipped, learned = _learned(evidence_of(project) if project.uses_own else (), platforms)
    heard = listen(learned)
    targets = [(name, gpus) for name in names]
    given = {"workload": project.workload, "room": limits.room, "ceiling": limits.ceiling}
    founds = predict_targets(runs, runs[0].case, targets, platforms, shipped, learned=heard, **given)
    by_row, of_all = measure_next(founds, heard.asked, learned, platforms, available(platforms, _priced(project)))
    told = [
        structs.replace(explain(found, heard.asked.get(found.row), learned), measure_next=by_row.get(found.row, ()))
        for found in founds
        if found.value is not None and len(names) == 1
    ]
    return tuple(told), of_all


def _priced(project: Project) -> set[str]:
    return {price.platform for price in project.prices.prices} if project.prices else set()


def _learned(own: Sequence[MeasuredRun], platforms: dict[str, Platform]) -> "tuple[tuple[MeasuredRun, ...], Learned]":
    from app.engine.paraselect.learned import shipped_learned

    if own:
        fitted = refit(own, platforms)
        return fitted.runs, fitted.learned
    return shipped_runs(), shipped_learned(platforms)
