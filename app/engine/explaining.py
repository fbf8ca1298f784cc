"""Explanations of predictions, of a project or of a table as it was read, and what to measure next for them; worked out when asked for."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from app.engine.known import catalogue_of, platforms_by_id, shipped_runs
from app.engine.model.estimates import Prediction
from app.engine.model.explanations import Explained, Explanation, NextMeasurement
from app.engine.model.measurements import MeasuredRun
from app.engine.model.platforms import Platform
from app.engine.model.projects import Project, project_runs
from app.engine.model.workloads import Workload
from app.engine.own_runs import beyond, evidence_of
from app.engine.refitting import is_prepared, refit

if TYPE_CHECKING:
    from app.engine.paraselect.learned import Learned
    from app.engine.paraselect.listening import Asked

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


def explain_project(project: Project, platform: str, gpus: int) -> Explanation | None:
    """Return the explanation of one of a project's predictions; None where it has no number."""
    asked = _ask(project, [(platform, gpus)])
    if asked is None or asked.founds[0].value is None:
        return None
    by_row, _ = asked.next
    return _told(asked, asked.founds[0], by_row)


def explained_documents(project: Project) -> Explained:
    """Return what the documents of a project tell beside its predictions; nothing where own runs would have to be learned from first."""
    for predictions, selection, told in _KEPT:
        if predictions is project.predictions and selection is project.selection:
            return told
    if project.uses_own and not is_prepared(project):
        return Explained()
    told = _of_documents(project)
    _KEPT.append((project.predictions, project.selection, told))
    del _KEPT[:-MOST_KEPT]
    return told


MOST_KEPT = 2
_KEPT: list[tuple[object, object, Explained]] = []


class _Asked(Struct, frozen=True, eq=False):
    """Predictions made anew, with what they asked of what was learned. next: by row, and of all."""

    founds: tuple[Prediction, ...]
    heard: "dict[int, Asked]"
    learned: "Learned"
    next: tuple[dict[int, tuple[NextMeasurement, ...]], tuple[NextMeasurement, ...]]


def _of_documents(project: Project) -> Explained:
    """Return what is told of priced platforms; where none is priced, what narrows all of them."""
    priced, selection = _priced(project), project.selection
    targets = [(one.platform, one.gpus) for one in project.predictions if one.value is not None and one.gpus is not None]
    shown = [target for target in targets if target[1] == _shown_count(project) and (target[0] in priced or not priced)]
    together = _ask(project, shown)
    of_all = together.next[1] if together else ()
    asked = _ask(project, [target for target in targets if target[0] in priced])
    if asked is None:
        return Explained(of_all=of_all)
    by_row, _ = asked.next
    plans = [selection.plans[number] for number in selection.recommended.values() if number is not None] if selection else []
    wanted = {(plan.platform, plan.gpus) for plan in plans}
    chosen = {
        one.platform: _told(asked, one, by_row) for one in asked.founds if (one.platform, one.gpus) in wanted and one.value is not None
    }
    return Explained(chosen, {(one.platform, one.gpus or 1): by_row.get(one.row, ()) for one in asked.founds}, of_all)


def _ask(project: Project, targets: Sequence[tuple[str, int]]) -> _Asked | None:
    from app.engine.paraselect import listen, measure_next, predict_targets
    from app.engine.workload import Limits

    runs = project_runs(project)
    if not targets or not any(run.speed is not None for run in runs):
        return None
    platforms = catalogue_of(project).by_id
    limits = Limits(project.workload, platforms)
    shipped, learned = _learned(evidence_of(project) if project.uses_own else (), platforms)
    heard = listen(learned)
    given = {"workload": project.workload, "room": limits.room, "ceiling": limits.ceiling}
    founds = predict_targets(runs, runs[0].case, targets, platforms, shipped, learned=heard, **given)
    if not founds:
        return None
    options = measure_next(founds, heard.asked, learned, platforms, available(platforms, _priced(project)))
    return _Asked(founds, heard.asked, learned, options)


def _told(asked: _Asked, found: Prediction, by_row: dict[int, tuple[NextMeasurement, ...]]) -> Explanation:
    from app.engine.paraselect import explain

    return structs.replace(explain(found, asked.heard.get(found.row), asked.learned), measure_next=by_row.get(found.row, ()))


def _shown_count(project: Project) -> int | None:
    """Return the card count that documents compare at: the one asked for, where there are predictions for it."""
    counts, wanted = [one.gpus for one in project.predictions], project.requirement.scale_cards
    return wanted if wanted in counts else next(iter(counts), None)


def _priced(project: Project) -> set[str]:
    return {price.platform for price in project.prices.prices} if project.prices else set()


def _learned(own: Sequence[MeasuredRun], platforms: dict[str, Platform]) -> "tuple[tuple[MeasuredRun, ...], Learned]":
    from app.engine.paraselect.learned import shipped_learned

    if own:
        fitted = refit(own, platforms)
        return fitted.runs, fitted.learned
    return shipped_runs(), shipped_learned(platforms)
