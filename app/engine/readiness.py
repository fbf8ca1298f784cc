"""How far each part of the work is: what it needs and what of it is there, its state, and what about it a person must look at.

Parts are named as their pages: requirement profile assessment prediction plans proposal platforms.
"""

import datetime
from collections.abc import Callable
from typing import Literal, TypeAlias

from app.engine import pipeline
from app.engine.messages import Message, message
from app.engine.model.projects import Project, project_runs, stale_stages
from app.engine.model.requirements import Requirement

State: TypeAlias = Literal["empty", "done", "stale", "problem"]
STAGES = {"profile": "profile", "assessment": "assessments", "prediction": "predictions", "plans": "selection"}
NEEDS: dict[str, tuple[str, ...]] = {
    "requirement": ("run",),
    "profile": ("trace", "run"),
    "assessment": ("run", "trace", "prediction"),
    "prediction": ("measured", "run"),
    "plans": ("run", "prediction", "prices"),
    "proposal": ("run", "trace", "prediction", "prices"),
}
NEEDED = {
    "requirement": {"run"},
    "profile": {"trace"},
    "assessment": {"run"},
    "prediction": {"measured"},
    "plans": {"run", "prediction", "prices"},
}
HAS: dict[str, Callable[[Project], bool]] = {
    "run": lambda project: project.workload is not None,
    "trace": lambda project: project.trace is not None,
    "measured": lambda project: bool(project_runs(project)),
    "prediction": lambda project: bool(project.predictions),
    "prices": lambda project: project.prices is not None,
}
LOSSES = frozenset(["skipped.bad_row", "skipped.no_time", "skipped.impossible", "skipped.broken_tick"])
MOST_LOST = 0.01


def needs_of(project: Project, part: str) -> tuple[tuple[str, bool, bool], ...]:
    """Return what a part is made from: its name, whether it is there, whether the part can do without."""
    needed = NEEDED.get(part, set())
    return tuple((name, HAS[name](project), name not in needed) for name in NEEDS.get(part, ()))


def state_of(project: Project, part: str) -> State:
    """Return the state of a part."""
    if part in STAGES:
        made = getattr(project, STAGES[part])
        if STAGES[part] in stale_stages(project):
            return "stale" if made else "empty"
        return ("problem" if problems_of(project, part) else "done") if made else "empty"
    if part == "requirement":
        if project.workload is None and project.requirement == Requirement():
            return "empty"
        return "problem" if problems_of(project, part) else "done"
    if part == "proposal":
        return "empty" if project.workload is None and project.profile is None else "done"
    return "done"


def problems_of(project: Project, part: str) -> tuple[Message, ...]:
    """Return what about a part must be looked at: its result stands, but not as it seems at first sight."""
    found = {
        "requirement": _of_requirement,
        "profile": _of_profile,
        "prediction": _of_prediction,
        "assessment": _of_assessment,
        "plans": _of_plans,
    }.get(part)
    return tuple(found(project)) if found else ()


def _of_requirement(project: Project) -> list[Message]:
    if project.workload is None:
        return []
    faults = pipeline.input_faults(project.workload, project.requirement, datetime.date.today())
    return [fault.said for fault in faults if fault.level == "error"]


def _of_profile(project: Project) -> list[Message]:
    trace = project.trace
    if trace is None:
        return []
    lost = sum(count for reason, count in trace.skipped.items() if reason in LOSSES)
    read = sum(file.rows + file.events for file in trace.files)
    share = lost / max(1, read + lost)
    return [message("intake.problem.lost", count=lost, percent=round(share * 100, 1))] if share > MOST_LOST else []


def _of_prediction(project: Project) -> list[Message]:
    if project.predictions and not any(found.value is not None for found in project.predictions):
        return [message("intake.problem.not_predicted")]
    return []


def _of_assessment(project: Project) -> list[Message]:
    if project.assessments and all(found.verdict == "blocked" for found in project.assessments):
        return [message("intake.problem.all_blocked", count=len(project.assessments))]
    return []


def _of_plans(project: Project) -> list[Message]:
    problems = project.prices.problems if project.prices else ()
    found = [message("intake.problem.price", cell=problem.cell, what=problem.what) for problem in problems]
    if project.selection is not None and not project.selection.plans:
        found.append(message("intake.problem.no_plan", count=len(project.selection.excluded)))
    return found
