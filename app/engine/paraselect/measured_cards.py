"""Which cards were measured beside others, by class and precision, and what is behind them."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from app.engine.model.measurements import MeasuredRun
from app.engine.model.platforms import Platform
from app.engine.paraselect.pooled import class_of


def stated_precision(run: MeasuredRun) -> str:
    """Return the precision of a run; one that no one stated is compared by FP16, an HPC code by FP32."""
    return run.precision or ("fp32" if run.task == "hpc" else "fp16")


class MeasuredCards:
    """Runs of cases that hold at least two platforms, by class, precision and card."""

    def __init__(self, runs: Sequence[MeasuredRun]) -> None:
        self._by_kind: dict[str, list[MeasuredRun]] = defaultdict(list)
        self._behind: dict[tuple[str, str, str], list[MeasuredRun]] = defaultdict(list)
        for run in runs:
            kind = class_of(run)
            self._by_kind[kind].append(run)
            self._behind[kind, stated_precision(run), run.platform].append(run)
        self._all = frozenset(run.platform for run in runs)

    def kinds(self) -> list[str]:
        """Return the classes."""
        return sorted(self._by_kind)

    def precisions(self, kind: str) -> list[str]:
        """Return the precisions that were measured in a class."""
        return sorted({stated_precision(run) for run in self._by_kind.get(kind, ())})

    def example(self, kind: str, precision: str) -> MeasuredRun:
        """Return one run of a class in a precision."""
        return next(run for run in self._by_kind[kind] if stated_precision(run) == precision)

    def gpus(self, kind: str) -> int:
        """Return the card count that most runs of a class have."""
        return Counter(run.gpus or 1 for run in self._by_kind[kind]).most_common(1)[0][0]

    def of_kind(self, kind: str) -> list[str]:
        """Return the cards that were measured in a class."""
        return sorted({run.platform for run in self._by_kind.get(kind, ())})

    def runs_of(self, kind: str) -> list[MeasuredRun]:
        """Return the runs of a class."""
        return self._by_kind[kind]

    def all_cards(self) -> frozenset[str]:
        """Return every card that was measured."""
        return self._all

    def behind(self, kind: str, precision: str, platform: str) -> tuple[int, int, tuple[str, ...]]:
        """Return how many workloads and cases of which sources were measured on a card."""
        runs = self._behind.get((kind, precision, platform), [])
        return len({run.workload or run.case for run in runs}), len({run.case for run in runs}), sources_of(runs)


def measured_cards(runs: Sequence[MeasuredRun], platforms: Mapping[str, Platform]) -> MeasuredCards:
    """Return the cards of runs that can be compared: a case with one known platform says nothing."""
    usable = [run for run in runs if run.speed is not None and run.gpus is not None and run.platform in platforms]
    held: dict[str, set[str]] = defaultdict(set)
    for run in usable:
        held[run.case].add(run.platform)
    return MeasuredCards([run for run in usable if len(held[run.case]) > 1])


def sources_of(runs: Sequence[MeasuredRun]) -> tuple[str, ...]:
    """Return the sources of runs, the one with most of them first."""
    return tuple(name for name, _ in Counter(run.source for run in runs if run.source).most_common())
