"""How fast each platform is beside the reference: the project's own platform, measured, at the same number of cards."""

from msgspec import Struct

from app.engine.model.measurements import MeasuredRun
from app.engine.model.projects import Project, project_runs


class Standing(Struct, frozen=True):
    """One platform against the reference. ratio above 1 is faster; low, high its interval; speed in the unit of the reference run."""

    ratio: float
    low: float | None
    high: float | None
    speed: float
    kind: str


def reference_run(project: Project) -> MeasuredRun | None:
    """Return the measured run of the project's own platform, at the wanted card count where there is one."""
    if project.workload is None:
        return None
    own = project.workload.run.platform
    runs = [run for run in project_runs(project) if run.platform == own and run.speed and run.gpus]
    wanted = project.requirement.scale_cards
    return next((run for run in runs if run.gpus == wanted), runs[0] if runs else None)


def standings(project: Project) -> dict[str, Standing]:
    """Return the standing of every platform that was measured or predicted at the card count of the reference."""
    reference = reference_run(project)
    if reference is None or not reference.speed:
        return {}
    base, lower = reference.speed, reference.better == "lower"
    found: dict[str, Standing] = {}
    for run in project_runs(project):
        if run.gpus == reference.gpus and run.speed and run.unit == reference.unit:
            found.setdefault(run.platform, Standing(_ratio(run.speed, base, lower), None, None, run.speed, "measured"))
    for one in project.predictions:
        if one.gpus == reference.gpus and one.value and one.kind and one.unit == reference.unit:
            low, high = (None if value is None else _ratio(value, base, lower) for value in (one.low, one.high))
            if lower:
                low, high = high, low
            found.setdefault(one.platform, Standing(_ratio(one.value, base, lower), low, high, one.value, one.kind))
    return found


def _ratio(speed: float, base: float, lower: bool) -> float:
    return base / speed if lower and speed else speed / base
