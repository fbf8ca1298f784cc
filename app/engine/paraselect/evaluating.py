"""How good predictions are on measured runs: platforms left out, one run known, whole workloads held out, other card counts.

What is learned never holds a workload that is predicted. Of a user's own table nothing was learned. Of the runs that ship, a fifth of the
workloads is held out at a time, and what the other four teach predicts them; so `leave_one_workload_out` (any one run known) is not the
only figure with the workload left out: all of them are.
"""

import statistics
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from app.engine.model.evaluations import BASIS, PROTOCOLS, VENDOR, Evaluation, HeldOut, Score, Skipped
from app.engine.model.measurements import MeasuredRun
from app.engine.model.platforms import Platform
from app.engine.paraselect.known_runs import throughput
from app.engine.paraselect.learned import learn, read_widths
from app.engine.paraselect.pooled import class_of
from app.engine.paraselect.trials import Trial, predictor, skipped_rows, try_rows
from app.engine.progress import Progress, no_progress, part_of

FOLDS, FEWEST_GROUPS = 5, 3


def evaluate(
    runs: Sequence[MeasuredRun],
    platforms: dict[str, Platform],
    shipped: tuple[MeasuredRun, ...],
    progress: Progress = no_progress,
) -> Evaluation:
    """Evaluate a table that is not part of what was learned."""
    tried = try_rows(_on_known(runs, platforms), predictor(platforms, shipped, None), progress=progress)
    return evaluation_of(tried.trials, platforms, skipped_rows(runs, tried, platforms))


def evaluate_held_out(
    runs: Sequence[MeasuredRun],
    platforms: dict[str, Platform],
    shipped: tuple[MeasuredRun, ...],
    most_groups: int = 0,
    progress: Progress = no_progress,
) -> Evaluation:
    """Evaluate runs that predictions were learned from, learning anew from what ships with each fifth of their workloads held out."""
    found: list[Trial] = []
    skipped: list[Skipped] = []
    chosen = some_cases(runs, most_groups)
    for number, (held_out, rest) in enumerate(folds(runs, shipped)):
        part = part_of(progress, number / FOLDS, (number + 1) / FOLDS)
        part(0.0, "evaluation.learning")
        ask = predictor(platforms, rest, learn(rest, platforms, read_widths()))
        tried = try_rows(_on_known(held_out, platforms), ask, chosen, part)
        found += tried.trials
        skipped += [one for one in skipped_rows(held_out, tried, platforms) if one.case in chosen]
    return evaluation_of(found, platforms, sorted(skipped, key=lambda one: one.row))


def _on_known(runs: Sequence[MeasuredRun], platforms: dict[str, Platform]) -> list[MeasuredRun]:
    """Return the runs on platforms that are known: others neither help to predict nor are predicted."""
    return [run for run in runs if run.platform in platforms]


def folds(
    runs: Sequence[MeasuredRun], shipped: Sequence[MeasuredRun] | None = None
) -> Iterator[tuple[list[MeasuredRun], tuple[MeasuredRun, ...]]]:
    """Yield (held out, what of `shipped` may be learned from) with whole workloads held out; of the runs themselves by default."""
    workloads = _workloads(runs)
    names = {name: number % FOLDS for number, name in enumerate(sorted(set(workloads.values())))}
    rest = runs if shipped is None else shipped
    other = _workloads(rest)
    for fold in range(FOLDS):
        held_out = [run for run in runs if names[workloads[run.case]] == fold]
        if held_out:
            yield held_out, tuple(run for run in rest if names.get(other[run.case]) != fold)


def _workloads(runs: Iterable[MeasuredRun]) -> dict[str, str]:
    """Return the workload of each case; a case without one is its own."""
    found: dict[str, str] = {}
    for run in runs:
        found.setdefault(run.case, run.workload or run.case)
    return found


def some_cases(runs: Sequence[MeasuredRun], most: int) -> frozenset[str]:
    """Return every n-th case, so that there are about so many; all of them where most is 0."""
    cases = sorted({run.case for run in runs})
    return frozenset(cases[:: -(-len(cases) // most) if most else 1])


def evaluation_of(trials: Sequence[Trial], platforms: dict[str, Platform], skipped: Iterable[Skipped] = ()) -> Evaluation:
    """Return scores and points of trials."""
    return Evaluation(scores(trials, platforms), tuple(_point(trial, platforms) for trial in trials), tuple(skipped))


def scores(trials: Iterable[Trial], platforms: dict[str, Platform]) -> tuple[Score, ...]:
    """Return the score of each protocol: of all, domestic targets from another's run, each class, vendor and basis of prediction."""
    by_subset: dict[tuple[str, str], list[Trial]] = defaultdict(list)
    for trial in trials:
        for subset in _subsets(trial, platforms):
            by_subset[trial.protocol, subset].append(trial)
    return tuple(_score(*key, by_subset[key]) for key in sorted(by_subset, key=_place))


def _place(key: tuple[str, str]) -> tuple[object, ...]:
    protocol, subset = key
    return PROTOCOLS.index(protocol), subset != "all", subset != "domestic", subset.startswith(BASIS), subset.startswith(VENDOR), subset


def _subsets(trial: Trial, platforms: dict[str, Platform]) -> Iterator[str]:
    yield "all"
    yield class_of(trial.run)
    yield VENDOR + platforms[trial.run.platform].vendor_en
    if trial.found.basis:
        yield BASIS + trial.found.basis
    if _is_domestic(trial, platforms):
        yield "domestic"


def _is_domestic(trial: Trial, platforms: dict[str, Platform]) -> bool:
    """Tell whether a domestic platform is predicted from one that is not."""
    known = platforms.get(trial.known.platform)
    return platforms[trial.run.platform].domestic and known is not None and not known.domestic


def _score(protocol: str, subset: str, found: list[Trial]) -> Score:
    """Average errors over a group, groups over a source, sources equally: those with three groups, all where none has so many."""
    groups: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for trial in found:
        groups[trial.run.source][trial.run.case if trial.protocol != "card_counts" else trial.run.workload].append(trial.error)
    means = [[statistics.mean(errors) for errors in cases.values()] for cases in groups.values()]
    sources = [cases for cases in means if len(cases) >= FEWEST_GROUPS] or means
    return Score(
        protocol,
        subset,
        groups=sum(len(cases) for cases in means),
        rows=len(found),
        macro_mean=statistics.mean(statistics.mean(cases) for cases in sources),
        macro_median=statistics.mean(statistics.median(cases) for cases in sources),
        coverage=statistics.mean(trial.inside for trial in found),
        half_width=statistics.median(trial.half_width for trial in found),
    )


def _point(trial: Trial, platforms: dict[str, Platform]) -> HeldOut:
    run, known, platform = trial.run, trial.known, platforms[trial.run.platform]
    unit = throughput(known, known.speed or 1.0) / (known.gpus or 1) * (run.gpus or 1)
    told = (run.speed, trial.found.value, trial.found.low, trial.found.high)
    measured, predicted, low, high = (throughput(run, value or 1.0) / unit for value in told)
    return HeldOut(
        trial.protocol,
        class_of(run),
        platform.vendor_en,
        _is_domestic(trial, platforms),
        trial.found.basis,
        run.platform,
        known.platform,
        run.workload or run.case,
        run.source,
        measured,
        predicted,
        min(low, high),
        max(low, high),
    )
