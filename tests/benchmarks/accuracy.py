"""How good predictions are on the measured data that ship: whole workloads held out (`make accuracy`).

In one run: the plain formula (half compute, half memory), transfer (median measured ratio of two platforms on other workloads of the
class), the formula with k of its class or case but nothing learned, and ours. Errors are averaged over a group, groups over a source,
sources with at least three groups equally; a row counts 200 % at most.
"""

import statistics
from collections import defaultdict
from collections.abc import Sequence

import msgspec

from app.engine import pipeline
from app.engine.model.estimates import Prediction, Score
from app.engine.model.measurements import MeasuredRun
from app.engine.paraselect.evaluating import Trial, folds, predictor, scores, some_cases, trials
from app.engine.paraselect.known_runs import in_own_unit, known_of
from app.engine.paraselect.learned import Learned, learn, read_widths
from app.engine.paraselect.pooled import class_of
from app.engine.paraselect.rates import ratios

MOST_GROUPS = 600
SHOWN = ("all", "domestic")


class Nothing(Learned):
    """Teaches nothing: the formula stands as it is."""

    def __init__(self) -> None:
        """Learn nothing."""

    def told(self, *_args: object) -> None:
        """Tell nothing."""

    def prepare(self, *_args: object) -> None:
        """Prepare nothing."""


def main() -> None:
    """Print macro mean, macro median, coverage and half width by protocol and predictor."""
    runs, platforms = pipeline.shipped_runs(), pipeline.platforms_by_id()
    found: dict[str, list[Trial]] = defaultdict(list)
    chosen = some_cases(runs, MOST_GROUPS)
    for held_out, rest in folds(runs):
        transfer = _Transfer(rest)
        predictors = {
            "plain": _plain,
            "transfer": transfer.predict,
            "formula": predictor(platforms, rest, Nothing()),
            "ours": predictor(platforms, rest, learn(rest, platforms, read_widths())),
        }
        for name, one in predictors.items():
            found[name] += trials(held_out, one, chosen)
    rows = [(name, score) for name, all_trials in found.items() for score in scores(all_trials, platforms) if score.subset in SHOWN]
    print("protocol                subset    predictor  groups  rows   mean  median  coverage  half width")
    for name, score in sorted(rows, key=lambda row: (row[1].protocol, row[1].subset)):
        print(_line(name, score))


def _line(name: str, score: Score) -> str:
    band = f"{score.coverage:9.1%} {score.half_width:11.1%}" if name in ("formula", "ours") else ""
    shares = f"{score.macro_mean:6.1%} {score.macro_median:7.1%}"
    return f"{score.protocol:<24}{score.subset:<10}{name:<10}{score.groups:7} {score.rows:5} {shares} {band}"


def _plain(runs: Sequence[MeasuredRun]) -> Prediction | None:
    one, other, platforms = known_of(runs[0]), runs[-1], pipeline.platforms_by_id()
    if one.platform not in platforms or other.platform not in platforms:
        return None
    values = ratios(platforms[one.platform], platforms[other.platform], one.run.precision, 1).values[:2]
    told = [value for value in values if value]
    return _prediction(one.throughput * len(told) / sum(told), other, one.gpus) if told else None


def _prediction(throughput: float, run: MeasuredRun, gpus: int) -> Prediction:
    value = in_own_unit(run, throughput * (run.gpus or gpus) / gpus)
    return Prediction(run.row, run.case, run.platform, run.gpus, value, value, value, run.unit)


class _Transfer:
    """Median ratios of platforms by class, and of all classes where a class has none."""

    def __init__(self, runs: Sequence[MeasuredRun]) -> None:
        cases: dict[str, list[MeasuredRun]] = defaultdict(list)
        for run in runs:
            if run.speed is not None and run.gpus is not None:
                cases[run.case].append(run)
        self._ratios: dict[tuple[str, str, str], list[float]] = defaultdict(list)
        for of_case in cases.values():
            known = [known_of(run) for run in of_case]
            for one in known:
                for other in known:
                    if one.platform != other.platform:
                        ratio = other.throughput / other.gpus / one.throughput * one.gpus
                        self._ratios[class_of(one.run), one.platform, other.platform].append(ratio)
                        self._ratios["", one.platform, other.platform].append(ratio)

    def predict(self, runs: Sequence[MeasuredRun]) -> Prediction | None:
        """Return the median over the known rows of what each, times the median ratio, says; the plain formula without a measured pair."""
        wanted, told = runs[-1], []
        for run in runs[:-1]:
            one = known_of(msgspec.structs.replace(run))
            for kind in (class_of(run), ""):
                measured = self._ratios.get((kind, one.platform, wanted.platform))
                if measured:
                    told.append(one.throughput / one.gpus * statistics.median(measured))
                    break
        return _prediction(statistics.median(told), wanted, 1) if told else _plain(runs)


if __name__ == "__main__":
    main()
