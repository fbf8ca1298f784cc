"""The computed stages of a project: what each is made of, and bringing every stale one up to date."""

import datetime
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from msgspec import structs

from app.engine.errors import EngineError
from app.engine.known import catalogue, catalogue_of, cost_terms, demand_strategies, knowledge, shipped_runs, site_digest
from app.engine.messages import message
from app.engine.model.assessments import Assessment, EffortSettings
from app.engine.model.estimates import MemoryEstimate, MemoryFit, Prediction
from app.engine.model.kinds import PlatformKind
from app.engine.model.measurements import MeasuredRun
from app.engine.model.plans import PlanPoint
from app.engine.model.platforms import Platform
from app.engine.model.porting import Scan
from app.engine.model.profiles import Profile, RunComparison
from app.engine.model.projects import STAGE_INPUTS, Project, changed, inputs_hash, project_runs, with_stage
from app.engine.model.quantities import Quantity
from app.engine.model.traces import Trace
from app.engine.model.workloads import Node, Workload, normalise_precision
from app.engine.own_runs import evidence_digest, evidence_of
from app.engine.plan_curves import speed_curves
from app.engine.progress import Progress, no_progress, part_of
from app.engine.refitting import prepare, told_with

if TYPE_CHECKING:
    from app.engine.paraselect.learned import Learned
    from app.engine.platform_store import Catalogue

MEASURED_NOISE = 0.04
"""Spread between submitters on equal hardware: 0.5-4 %; the band drawn around a measured speed."""


def recompute(project: Project, progress: Progress = no_progress) -> Project:
    """Return the project with every computed stage up to date; what is up to date already stays as it is."""
    project = on_this_site(project)
    if project.uses_own and project.hashes.get("predictions") != inputs_hash(project, "predictions"):
        prepare(project, part_of(progress, 0.0, 0.1))
    for number, (stage, compute) in enumerate(_STAGES.items()):
        progress(number / len(_STAGES), f"pipeline.doing.{stage}")
        if project.hashes.get(stage) != inputs_hash(project, stage):
            project = with_stage(project, stage, **compute(project))
    progress(1.0, "pipeline.doing.done")
    return project


def on_this_site(project: Project) -> Project:
    """Return the project as it stands against the platform base and the own runs of this site: what was computed with others is stale."""
    digest, own = site_digest(), evidence_digest(evidence_of(project)) if project.uses_own else ""
    same = (project.site_digest, project.own_digest) == (digest, own)
    return project if same else changed(project, site_digest=digest, own_digest=own)


def _profile(project: Project) -> dict[str, object]:
    return {"profile": profile_trace(project.trace, project.workload, known=catalogue_of(project)) if project.trace else None}


def _comparison_profile(project: Project) -> dict[str, object]:
    """The speed that was measured is that of the first run; it tells nothing of the one set beside it."""
    workload = structs.replace(project.workload, measured=None) if project.workload else None
    return {"comparison_profile": profile_trace(project.comparison, workload, known=catalogue_of(project)) if project.comparison else None}


def _memory(project: Project) -> dict[str, object]:
    from app.engine.workload import estimate_memory

    return {"memory": estimate_memory(project.workload) if project.workload else None}


def _kind(project: Project) -> dict[str, object]:
    workload, known, wanted = project.workload, catalogue_of(project).platforms, project.requirement.scale_cards
    found = recommend_kind(workload, profile=project.profile, platforms=known, cards=wanted) if workload else None
    return {"kind": found}


def _predictions(project: Project) -> dict[str, object]:
    from app.engine.paraselect import fit_told, predict_targets
    from app.engine.workload import Limits

    runs = project_runs(project)
    if not any(run.speed is not None for run in runs):
        return {"predictions": _from_the_model(project), "fit": None}
    platforms = catalogue_of(project).by_id
    limits = Limits(project.workload, platforms)
    given = {"workload": project.workload, "profile": project.profile, "room": limits.room, "ceiling": limits.ceiling}
    case, targets = runs[0].case, prediction_targets(project)

    def ask(shipped: tuple[MeasuredRun, ...], learned: "Learned | None") -> tuple[Prediction, ...]:
        return predict_targets(runs, case, targets, platforms, shipped, learned=learned, **given)

    predictions = told_with(ask, runs, platforms, evidence_of(project) if project.uses_own else ())
    known = {run.platform for run in runs if run.speed is not None}
    try:
        fit = fit_told(runs, platforms, runs[0].case, shipped_runs(), profile=project.profile) if len(known) > 2 else None  # noqa: PLR2004 - three platforms determine k
    except EngineError:  # a case that cannot be fitted still has pooled predictions, whose notes say why
        fit = None
    return {"predictions": predictions, "fit": fit}


def _from_the_model(project: Project) -> tuple[Prediction, ...]:
    """Return what the workload alone says of every platform at the cards that are asked for, where nothing was measured."""
    from app.engine.paraselect import predict
    from app.engine.workload import modelled_speed

    workload = project.workload
    gpus = workload and (project.requirement.scale_cards or workload.run.gpus)
    if workload is None or not gpus or workload.task == "hpc":
        return ()
    run = MeasuredRun(0, workload.name, "", gpus, None, "tokens/s", task=workload.task, seq_len=workload.run.seq_len)
    wanted = [structs.replace(run, row=number, platform=one.id) for number, one in enumerate(catalogue_of(project).platforms, start=1)]
    return predict(wanted, catalogue_of(project).by_id, shipped_runs(), workload=workload, modelled=modelled_speed)


def _assessments(project: Project) -> dict[str, object]:
    if project.workload is None:
        return {"assessments": ()}
    platforms, predictions = catalogue_of(project).platforms, comparable_predictions(project)
    more = {"scan": project.scan, "platforms": platforms, "effort": project.effort}
    found = assess_workload(project.workload, profile=project.profile, predictions=predictions, **more)
    return {"assessments": found}


def _selection(project: Project) -> dict[str, object]:
    from app.engine.platform_store import in_currency, load_exchange_rates, load_price_limits
    from app.engine.selecting import make_selection

    if project.workload is None or project.prices is None:
        return {"selection": None}
    priced, platforms = {price.platform for price in project.prices.prices}, catalogue_of(project).by_id
    points, limits, today = plan_points(project), load_price_limits(), datetime.date.today()
    prices = in_currency(project.prices.prices, project.requirement.currency, load_exchange_rates(), today, limits.currency_after_days)
    selection = make_selection(
        points,
        prices,
        assessments=project.assessments,
        requirement=project.requirement,
        workload=project.workload,
        platforms=platforms,
        curves=speed_curves([point for point in points if point.platform in priced], project.workload, platforms),
        include_restricted=project.include_restricted,
        terms=cost_terms(),
        stale_after_days=limits.stale_after_days,
        strategies=demand_strategies(),
        unpredicted={found.platform: found.notes[0] for found in project.predictions if found.value is None and found.notes},
    )
    return {"selection": selection}


_STAGES = {
    "profile": _profile,
    "comparison_profile": _comparison_profile,
    "memory": _memory,
    "kind": _kind,
    "predictions": _predictions,
    "assessments": _assessments,
    "selection": _selection,
}
assert set(_STAGES) == set(STAGE_INPUTS)


def assess_workload(
    workload: Workload,
    *,
    profile: Profile | None = None,
    predictions: Sequence[Prediction] = (),
    scan: Scan | None = None,
    platforms: Sequence[Platform] | None = None,
    effort: EffortSettings | None = None,
    progress: Progress = no_progress,
) -> tuple[Assessment, ...]:
    """Assess an application on the given platforms, on all of them by default."""
    from app.engine.assessing import assess

    chosen = tuple(catalogue().platforms if platforms is None else platforms)
    estimate, fits = estimate_vram(workload, chosen)

    def in_precision(precision: str, wanted: Sequence[Platform]) -> tuple[MemoryEstimate, tuple[MemoryFit, ...]]:
        return estimate_vram(structs.replace(workload, precision=normalise_precision(precision)), wanted)

    return assess(
        workload,
        platforms=chosen,
        profile=profile,
        memory=estimate,
        fits=fits,
        knowledge=knowledge(),
        predictions=tuple(predictions),
        reference=next((one for one in (*chosen, *catalogue().platforms) if one.id == workload.run.platform), None),
        in_precision=in_precision,
        settings=effort or EffortSettings(),
        scan=scan,
        progress=progress,
    )


def prediction_targets(project: Project) -> list[tuple[str, int]]:
    """Return what to predict: every platform at the measured count and at the count that is asked for."""
    known = [run for run in project_runs(project) if run.speed is not None and run.gpus]
    if not known:
        return []
    counts = [run.gpus for run in known if run.gpus]
    main = max(counts, key=counts.count)
    platforms = catalogue_of(project).platforms
    targets = [(platform.id, main) for platform in platforms]
    wanted = project.requirement.scale_cards or (project.workload.run.gpus if project.workload else None)
    if wanted and wanted != main:
        targets += [(platform.id, wanted) for platform in platforms]
    return targets


def comparable_predictions(project: Project) -> tuple[Prediction, ...]:
    """Return the predictions at one card count: the one asked for where there are any, else the measured one."""
    counts = [found.gpus for found in project.predictions]
    wanted = project.requirement.scale_cards
    shown = wanted if wanted in counts else next(iter(counts), None)
    return tuple(found for found in project.predictions if found.gpus == shown)


def plan_points(project: Project) -> tuple[PlanPoint, ...]:
    """Return every speed a plan can be built on: measured where there is a measurement, else predicted."""
    points = {}
    for run in project_runs(project):
        if run.speed is not None and run.gpus is not None:
            noise = run.speed * MEASURED_NOISE
            speed = Quantity(run.speed, run.unit, run.speed - noise, run.speed + noise, source=run.source)
            told = (message("pipeline.measured_band", noise=MEASURED_NOISE),)
            points[run.platform, run.gpus] = PlanPoint(run.platform, run.gpus, speed, run.better or "higher", notes=told)
    for found in project.predictions:
        if found.value is None or found.kind is None or found.gpus is None:
            continue
        speed = Quantity(found.value, found.unit, found.low, found.high, "estimated", found.kind, "ParaSelect")
        point = PlanPoint(found.platform, found.gpus, speed, found.better, found.out_of_range, found.notes)
        points.setdefault((found.platform, found.gpus), point)
    return tuple(points.values())


def profile_trace(
    trace: Trace,
    workload: Workload | None = None,
    *,
    platform: str = "",
    whole: bool = False,
    known: "Catalogue | None" = None,
    progress: Progress = no_progress,
) -> Profile:
    """Characterise a run. The platform in use is the one named, else that of the run description, else unknown.

    known  the platforms as a project knows them, else as this site does
    """
    from app.engine.profiling import characterise
    from app.engine.workload import count_parameters

    named = platform or (workload.run.platform if workload else "")
    used = (known or catalogue()).platform(named) if named else None
    if workload is not None and workload.model is not None and not workload.model.parameters:
        counted = count_parameters(workload.model)
        workload = structs.replace(workload, model=structs.replace(workload.model, parameters=float(counted) if counted else None))
    node = workload.node if workload else Node()
    return characterise(trace, platform=used, node=node, workload=workload, whole=whole, progress=progress)


def compare_runs(before: Profile, after: Profile) -> RunComparison:
    """Set two characterised runs against each other: before and after, or platform against platform."""
    from app.engine.profiling import compare

    return compare(before, after)


def estimate_vram(workload: Workload, platforms: Iterable[Platform]) -> tuple[MemoryEstimate, tuple[MemoryFit, ...]]:
    """Estimate VRAM and set it against each platform."""
    from app.engine.workload import estimate_memory, fit_memory

    estimate = estimate_memory(workload)
    return estimate, fit_memory(workload, estimate, tuple(platforms))


def recommend_kind(
    workload: Workload, *, profile: Profile | None = None, platforms: Sequence[Platform] | None = None, cards: int | None = None
) -> PlatformKind:
    """Return the kind of platform that a run asks for, and which of the given platforms are of it; of all of them by default.

    cards  that the customer wants, None = those of the run
    """
    from app.engine.recommending import middling_hbm_gbs, recommend
    from app.engine.workload import measure_demand, on_cards

    base = tuple(catalogue().platforms if platforms is None else platforms)
    asked = on_cards(workload, cards)
    estimate, fits = estimate_vram(asked, base)
    return recommend(
        asked, measure_demand(asked, base, middling_hbm_gbs(base)), estimate, fits, base, profile, measured_on=workload.run.gpus
    )
