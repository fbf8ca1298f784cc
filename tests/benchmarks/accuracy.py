"""How good predictions are on the measured data that ship: whole workloads held out (`make accuracy`).

In one run: the plain formula (half compute, half memory), transfer (median measured ratio of two platforms on other workloads of the
class), the formula with k of its class or case but nothing learned, and ours. Errors are averaged over a group, groups over a source,
sources with at least three groups equally; a row counts 200 % at most. Then ours by what a prediction rests on.
"""

import statistics
from collections import defaultdict
from collections.abc import Callable, Sequence

import msgspec

from app.engine import pipeline
from app.engine.messages import Message
from app.engine.model.estimates import Prediction
from app.engine.model.evaluations import BASIS, Score
from app.engine.model.measurements import MeasuredRun
from app.engine.paraselect.evaluating import folds, scores, some_cases
from app.engine.paraselect.known_runs import in_own_unit, known_of
from app.engine.paraselect.learned import Learned, learn, read_widths
from app.engine.paraselect.pooled import class_of
from app.engine.paraselect.prediction import predict
from app.engine.paraselect.rates import ratios
from app.engine.paraselect.trials import Predictor, Trial, predictor, try_rows

MOST_GROUPS = 600
SHOWN = ("all", "domestic")
LABELS, LABELS_PROTOCOL = "NeuSight", "leave_one_platform_out"
"""The source whose operator-level predictions are published (10.0 %), and the protocol they are compared by."""
H800, H20 = 10.83, 7.54
"""Samples/s of a model with 10 billion parameters (domain.md); the first is inferred."""

UNTOLD = Message("paraselect.no_known_row")


class Nothing(Learned):
    """Teaches nothing: the formula stands as it is."""

    def __init__(self) -> None:
        """Learn nothing."""

    def told(self, *_args: object) -> None:
        """Tell nothing."""

    def prepare(self, *_args: object) -> None:
        """Prepare nothing."""


def main() -> None:
    """Print macro mean, macro median, coverage and half width by protocol and predictor, the NeuSight labels, ours by kind."""
    runs, platforms = pipeline.shipped_runs(), pipeline.platforms_by_id()
    found: dict[str, list[Trial]] = defaultdict(list)
    some = some_cases(runs, MOST_GROUPS)
    labels = frozenset(run.case for run in runs if LABELS in run.source)
    for held_out, rest in folds(runs):
        predictors: dict[str, Predictor] = {
            "plain": _each(_plain),
            "transfer": _each(_Transfer(rest).predict),
            "formula": predictor(platforms, rest, Nothing()),
            "ours": predictor(platforms, rest, learn(rest, platforms, read_widths())),
        }
        for name, ask in predictors.items():
            found[name] += try_rows(held_out, ask, some | labels).trials
    of_some = {name: [one for one in trials if one.run.case in some or one.protocol == "card_counts"] for name, trials in found.items()}
    rows = [(name, score) for name, trials in of_some.items() for score in scores(trials, platforms) if score.subset in SHOWN]
    print("protocol                subset    predictor  groups  rows   mean  median  coverage  half width")
    for name, score in sorted(rows, key=lambda row: (row[1].protocol, row[1].subset)):
        print(_line(name, score, score.subset))
    for name, trials in found.items():
        of_labels = [one for one in trials if one.run.case in labels and one.protocol == LABELS_PROTOCOL]
        for score in scores(of_labels, platforms)[:1]:
            print(_line(name, score, LABELS))
    print("\nours by what the prediction rests on")
    for score in scores(of_some["ours"], platforms):
        if score.subset.startswith(BASIS):
            print(_line(score.subset.removeprefix(BASIS).ljust(26), score, ""))
    print(_published())


def _published() -> str:
    """Tell the published H800 -> H20 result beside what the shipped data say: a check of plausibility, its reference is inferred."""
    known = MeasuredRun(1, "published", "nvidia-h800-sxm-80gb", 8, H800, unit="samples/s", task="pretrain", precision="bf16")
    wanted = msgspec.structs.replace(known, row=2, platform="nvidia-h20-96gb", speed=None)
    found = predict([known, wanted], pipeline.platforms_by_id(), pipeline.shipped_runs())[-1]
    inside = "inside" if (found.low or 0.0) <= H20 <= (found.high or 0.0) else "OUTSIDE"
    return f"\nH800 {H800} -> H20: {found.value:.2f} ({found.low:.2f} to {found.high:.2f}) samples/s, measured {H20}: {inside}"


def _line(name: str, score: Score, subset: str) -> str:
    band = f"{score.coverage:9.1%} {score.half_width:11.1%}" if name not in ("plain", "transfer") else ""
    shares = f"{score.macro_mean:6.1%} {score.macro_median:7.1%}"
    return f"{score.protocol:<24}{subset:<10}{name:<10}{score.groups:7} {score.rows:5} {shares} {band}"


def _each(one: Callable[[Sequence[MeasuredRun], MeasuredRun], Prediction | None]) -> Predictor:
    """Return what predicts several rows by predicting each."""
    return lambda known, wanted: [one(known, run) or UNTOLD for run in wanted]


def _plain(known: Sequence[MeasuredRun], wanted: MeasuredRun) -> Prediction | None:
    one, platforms = known_of(known[0]), pipeline.platforms_by_id()
    if one.platform not in platforms or wanted.platform not in platforms:
        return None
    values = ratios(platforms[one.platform], platforms[wanted.platform], one.run.precision, 1).values[:2]
    told = [value for value in values if value]
    return _prediction(one.throughput * len(told) / sum(told), wanted, one.gpus) if told else None


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

    def predict(self, known: Sequence[MeasuredRun], wanted: MeasuredRun) -> Prediction | None:
        """Return the median over the known rows of what each, times the median ratio, says; the plain formula without a measured pair."""
        told = []
        for run in known:
            one = known_of(run)
            for kind in (class_of(run), ""):
                measured = self._ratios.get((kind, one.platform, wanted.platform))
                if measured:
                    told.append(one.throughput / one.gpus * statistics.median(measured))
                    break
        return _prediction(statistics.median(told), wanted, 1) if told else _plain(known, wanted)


if __name__ == "__main__":
    main()
