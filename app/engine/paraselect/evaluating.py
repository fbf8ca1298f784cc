"""How good predictions are on measured runs: platforms left out, one run known, whole workloads held out, other card counts."""

import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec
from msgspec import Struct

from app.engine.errors import EngineError
from app.engine.model.estimates import Prediction, Score
from app.engine.model.measurements import MeasuredRun
from app.engine.model.platforms import Platform
from app.engine.paraselect.learned import Learned, learn, read_widths
from app.engine.paraselect.pooled import class_of
from app.engine.paraselect.prediction import predict

CAP = 2.0
"""A row's error counts 200 % at most, so that one broken row does not decide."""
FOLDS, FEWEST_GROUPS, MOST_REFERENCES = 5, 3, 6
PROTOCOLS = ("leave_one_platform_out", "one_run_known", "leave_one_workload_out", "card_counts")
Predictor = Callable[[Sequence[MeasuredRun]], Prediction | None]
"""Predicts the last of the runs, whose speed is blank, from the others."""


class Trial(Struct, frozen=True):
    """A measured row set beside its prediction from the known ones of its case."""

    protocol: str
    run: MeasuredRun
    reference: str
    found: Prediction

    @property
    def error(self) -> float:
        """Relative error of the speed or time, capped."""
        return min(abs((self.found.value or 0.0) / (self.run.speed or 1.0) - 1), CAP)

    @property
    def inside(self) -> bool:
        """Whether the interval holds the measurement."""
        return (self.found.low or 0.0) <= (self.run.speed or 0.0) <= (self.found.high or 0.0)

    @property
    def half_width(self) -> float:
        """Half the interval, relative to the prediction."""
        return ((self.found.high or 0.0) - (self.found.low or 0.0)) / 2 / (self.found.value or 1.0)


def evaluate(runs: Sequence[MeasuredRun], platforms: dict[str, Platform], shipped: tuple[MeasuredRun, ...]) -> tuple[Score, ...]:
    """Return the scores of a table that is not part of what was learned."""
    return scores(trials(runs, predictor(platforms, shipped, None)), platforms)


def evaluate_held_out(runs: Sequence[MeasuredRun], platforms: dict[str, Platform], most_groups: int = 0) -> tuple[Score, ...]:
    """Return the scores of runs that predictions were learned from, learning anew with each fifth of the workloads held out."""
    found: list[Trial] = []
    chosen = some_cases(runs, most_groups)
    for held_out, rest in folds(runs):
        found += trials(held_out, predictor(platforms, rest, learn(rest, platforms, read_widths())), chosen)
    return scores(found, platforms)


def predictor(platforms: dict[str, Platform], shipped: tuple[MeasuredRun, ...], learned: Learned | None) -> Predictor:
    """Return what predicts one row; None where it cannot be told."""

    def one(runs: Sequence[MeasuredRun]) -> Prediction | None:
        try:
            return predict(runs, platforms, shipped, learned=learned)[-1]
        except EngineError:
            return None

    return one


def folds(runs: Sequence[MeasuredRun]) -> Iterator[tuple[list[MeasuredRun], tuple[MeasuredRun, ...]]]:
    """Yield (held out, the rest) with whole workloads held out."""
    workloads: dict[str, str] = {}
    for run in runs:
        workloads.setdefault(run.case, run.workload or run.case)
    names = {name: number % FOLDS for number, name in enumerate(sorted(set(workloads.values())))}
    for fold in range(FOLDS):
        held_out = [run for run in runs if names[workloads[run.case]] == fold]
        yield held_out, tuple(run for run in runs if names[workloads[run.case]] != fold)


def some_cases(runs: Sequence[MeasuredRun], most: int) -> frozenset[str]:
    """Return every n-th case, so that there are about so many; all of them where most is 0."""
    cases = sorted({run.case for run in runs})
    return frozenset(cases[:: -(-len(cases) // most) if most else 1])


def trials(runs: Sequence[MeasuredRun], one: Predictor, chosen: frozenset[str] | None = None) -> list[Trial]:
    """Return every trial of the runs, by all protocols. chosen: the cases whose platforms are left out, all by default."""
    cases: dict[str, list[MeasuredRun]] = defaultdict(list)
    scaling: dict[tuple[object, ...], list[MeasuredRun]] = defaultdict(list)
    for run in runs:
        if run.speed is not None and run.gpus is not None:
            if chosen is None or run.case in chosen:
                cases[run.case].append(run)
            scaling[_scaled(run)].append(run)
    found = []
    for of_case in cases.values():
        for protocol, known, wanted in _platforms_left_out(of_case):
            _try(found, protocol, known, wanted, one)
    for of_case in scaling.values():
        for known, wanted in _counts_left_out(of_case):
            _try(found, "card_counts", known, wanted, one)
    return found


def _scaled(run: MeasuredRun) -> tuple[object, ...]:
    """Return what runs that differ in their card count only have in common."""
    group = run.extra.get("scaling_group", run.case)
    return (group, run.platform, run.precision, run.framework, run.seq_len, run.micro_batch, run.unit)


def _try(found: list[Trial], protocol: str, known: list[MeasuredRun], wanted: MeasuredRun, one: Predictor) -> None:
    blank = msgspec.structs.replace(wanted, row=max(run.row for run in known) + wanted.row, speed=None)
    predicted = one([*known, blank])
    if predicted is not None and predicted.value is not None:
        found.append(Trial(protocol, wanted, known[0].platform, predicted))


def _platforms_left_out(runs: list[MeasuredRun]) -> Iterator[tuple[str, list[MeasuredRun], MeasuredRun]]:
    for platform in dict.fromkeys(run.platform for run in runs):
        wanted = next(run for run in runs if run.platform == platform)
        others = [run for run in runs if run.platform != platform]
        if len({run.platform for run in others}) > 1:
            yield "leave_one_platform_out", others, wanted
        if others:
            yield "one_run_known", others[:1], wanted
        for other in others[:MOST_REFERENCES]:
            yield "leave_one_workload_out", [other], wanted


def _counts_left_out(runs: list[MeasuredRun]) -> Iterator[tuple[list[MeasuredRun], MeasuredRun]]:
    """Yield the two smallest counts as known, each other one as wanted."""
    by_count: dict[int, MeasuredRun] = {}
    for run in runs:
        by_count.setdefault(run.gpus or 1, msgspec.structs.replace(run, case="counts"))
    counts = sorted(by_count)
    for count in counts[2:]:
        yield [by_count[known] for known in counts[:2]], by_count[count]


def scores(found: Iterable[Trial], platforms: dict[str, Platform]) -> tuple[Score, ...]:
    """Return the score of each protocol: of all, of a domestic target from another's run, of each class."""
    by_subset: dict[tuple[str, str], list[Trial]] = defaultdict(list)
    for trial in found:
        by_subset[trial.protocol, "all"].append(trial)
        by_subset[trial.protocol, class_of(trial.run)].append(trial)
        reference = platforms.get(trial.reference)
        if platforms[trial.run.platform].domestic and reference is not None and not reference.domestic:
            by_subset[trial.protocol, "domestic"].append(trial)
    order = sorted(by_subset, key=lambda key: (PROTOCOLS.index(key[0]), key[1] != "all", key[1] != "domestic", key[1]))
    return tuple(_score(*key, by_subset[key]) for key in order)


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
