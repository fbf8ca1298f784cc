"""Measured rows predicted from others of their case: one platform left out, one run known, other card counts.

Every prediction comes from `predict`, the same that the command and the window show. Rows that are asked for from the same known ones are
asked for at once, so that what is known of the case is worked out once.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec
from msgspec import Struct

from app.engine.errors import EngineError
from app.engine.messages import Message, message
from app.engine.model.estimates import Prediction
from app.engine.model.evaluations import Skipped
from app.engine.model.measurements import MeasuredRun
from app.engine.model.platforms import Platform
from app.engine.paraselect.learned import Learned
from app.engine.paraselect.prediction import predict
from app.engine.progress import Progress, no_progress

CAP = 2.0
"""A row's error counts 200 % at most, so that one broken row does not decide."""
MOST_REFERENCES = 6
Predictor = Callable[[Sequence[MeasuredRun], Sequence[MeasuredRun]], "Sequence[Prediction | Message]"]
"""Predicts wanted rows, whose speed is blank, from known ones of the same case; a message says why one cannot be told."""
Task = tuple[list[MeasuredRun], list[tuple[tuple[str, ...], MeasuredRun]]]
"""Known rows, and the rows wanted from them, each with the protocols that it is a trial of."""


class Trial(Struct, frozen=True):
    """A measured row set beside its prediction from the known ones of its case. known: the first of them."""

    protocol: str
    run: MeasuredRun
    known: MeasuredRun
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


class Tried(Struct):
    """The trials of a table, and why rows have none."""

    trials: list[Trial] = []
    reasons: dict[int, Message] = {}


def predictor(platforms: dict[str, Platform], shipped: tuple[MeasuredRun, ...], learned: Learned | None) -> Predictor:
    """Return what predicts rows as the program does."""

    def ask(known: Sequence[MeasuredRun], wanted: Sequence[MeasuredRun]) -> Sequence[Prediction | Message]:
        try:
            return predict([*known, *wanted], platforms, shipped, learned=learned)
        except EngineError as error:
            if len(wanted) == 1:
                return [error.message]
            return [found for one in wanted for found in ask(known, [one])]  # a row whose unit differs does not take the others along

    return ask


def try_rows(runs: Sequence[MeasuredRun], ask: Predictor, chosen: frozenset[str] | None = None, progress: Progress = no_progress) -> Tried:
    """Return every trial of the runs, by all protocols. chosen: the cases whose platforms are left out, all by default."""
    made, tasks = Tried(), list(_tasks(runs, chosen))
    for number, (known, wanted) in enumerate(tasks):
        progress(number / len(tasks), "evaluation.doing")
        first = max(run.row for run in known) + 1
        blanks = [msgspec.structs.replace(run, row=first + place, speed=None) for place, (_, run) in enumerate(wanted)]
        for (protocols, run), found in zip(wanted, ask(known, blanks), strict=True):
            if isinstance(found, Prediction) and found.value is not None:
                made.trials += [Trial(protocol, run, known[0], found) for protocol in protocols]
            else:
                why = found if isinstance(found, Message) else found.notes[0]
                made.reasons.setdefault(run.row, why)
    return made


def skipped_rows(runs: Iterable[MeasuredRun], tried: Tried, platforms: dict[str, Platform]) -> tuple[Skipped, ...]:
    """Return the rows that are in no trial, neither as the wanted one nor as a known one, and why."""
    used = {run.row for trial in tried.trials for run in (trial.run, trial.known)}
    return tuple(
        Skipped(run.row, run.case, run.platform, _why(run, tried.reasons.get(run.row), platforms)) for run in runs if run.row not in used
    )


def _why(run: MeasuredRun, told: Message | None, platforms: dict[str, Platform]) -> Message:
    if run.speed is None:
        return message("evaluation.no_speed")
    if run.gpus is None:
        return message("paraselect.no_gpus")
    if run.platform not in platforms:
        return message("paraselect.unknown_platform", platform=run.platform)
    return told or message("evaluation.alone", case=run.case)


def _tasks(runs: Sequence[MeasuredRun], chosen: frozenset[str] | None) -> Iterator[Task]:
    cases: dict[str, list[MeasuredRun]] = defaultdict(list)
    scaling: dict[tuple[object, ...], list[MeasuredRun]] = defaultdict(list)
    for run in runs:
        if run.speed is not None and run.gpus is not None:
            if chosen is None or run.case in chosen:
                cases[run.case].append(run)
            scaling[_scaled(run)].append(run)
    for of_case in cases.values():
        yield from _one_known(of_case)
        yield from _platforms_left_out(of_case)
    for of_case in scaling.values():
        yield from _counts_left_out(of_case)


def _scaled(run: MeasuredRun) -> tuple[object, ...]:
    """Return what runs that differ in their card count only have in common."""
    group = run.extra.get("scaling_group", run.case)
    return (group, run.platform, run.precision, run.framework, run.seq_len, run.micro_batch, run.unit)


def _platforms_left_out(runs: list[MeasuredRun]) -> Iterator[Task]:
    """Yield each platform's first row as wanted from all rows of the other platforms, where those are two at least."""
    for platform in dict.fromkeys(run.platform for run in runs):
        others = [run for run in runs if run.platform != platform]
        if len({run.platform for run in others}) > 1:
            yield others, [(("leave_one_platform_out",), next(run for run in runs if run.platform == platform))]


def _one_known(runs: list[MeasuredRun]) -> Iterator[Task]:
    """Yield single known rows with the first row of each other platform: of those, the first six are tried one by one."""
    wanted: dict[int, list[tuple[tuple[str, ...], MeasuredRun]]] = defaultdict(list)
    for platform in dict.fromkeys(run.platform for run in runs):
        target = next(run for run in runs if run.platform == platform)
        places = [place for place, run in enumerate(runs) if run.platform != platform]
        for order, place in enumerate(places[:MOST_REFERENCES]):
            wanted[place].append((("one_run_known", "leave_one_workload_out") if order == 0 else ("leave_one_workload_out",), target))
    for place, rows in wanted.items():
        yield [runs[place]], rows


def _counts_left_out(runs: list[MeasuredRun]) -> Iterator[Task]:
    """Yield the two smallest counts as known, the other ones as wanted."""
    by_count: dict[int, MeasuredRun] = {}
    for run in runs:
        by_count.setdefault(run.gpus or 1, msgspec.structs.replace(run, case="counts"))
    counts = sorted(by_count)
    if len(counts) > 2:  # noqa: PLR2004 - two are known
        yield [by_count[known] for known in counts[:2]], [(("card_counts",), by_count[count]) for count in counts[2:]]
