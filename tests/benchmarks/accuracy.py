"""How good predictions are on the measured data that ship: whole workloads held out of the pooled k (`make accuracy`).

Errors are averaged over a group, groups over a source, sources with at least three groups equally; a row counts 200 % at most.
"""

import json
import random
import statistics
from collections import defaultdict

import msgspec

from app.engine import pipeline
from app.engine.errors import EngineError
from app.engine.model.measurements import MeasuredRun

MOST_GROUPS, FOLDS, CAP = 400, 5, 2.0


def main() -> None:
    """Print macro mean and median error and the coverage of the 90 % bands, by protocol."""
    groups = _groups()
    families = sorted({runs[0].workload for runs in groups})
    fold_of = {family: number % FOLDS for number, family in enumerate(families)}
    result = {}
    for protocol in ("leave_one_platform_out", "one_run_known"):
        scores = []
        for fold in range(FOLDS):
            shipped = tuple(run for run in pipeline.shipped_runs() if fold_of.get(run.workload, -1) != fold)
            for runs in groups:
                if fold_of[runs[0].workload] == fold:
                    scores += _score(runs, shipped, protocol)
        result[protocol] = _summary(scores)
    print(json.dumps(result, indent=2))


def _groups() -> list[list[MeasuredRun]]:
    found: dict[str, list[MeasuredRun]] = defaultdict(list)
    for run in pipeline.shipped_runs():
        if run.speed is not None and run.gpus is not None:
            found[run.case].append(run)
    usable = [runs for runs in found.values() if len({run.platform for run in runs}) > 1 and len({run.unit for run in runs}) == 1]
    random.Random(1).shuffle(usable)
    return usable[:MOST_GROUPS]


def _score(runs: list[MeasuredRun], shipped: tuple[MeasuredRun, ...], protocol: str) -> list[tuple[str, str, float, bool]]:
    found = []
    platforms = list(dict.fromkeys(run.platform for run in runs))
    for target in platforms:
        known = [run for run in runs if run.platform != target]
        if protocol == "one_run_known":
            known = known[:1]
        hidden = [msgspec.structs.replace(run, row=1000 + number, speed=None) for number, run in enumerate(runs) if run.platform == target][
            :1
        ]
        truth = next(run.speed for run in runs if run.platform == target)
        try:
            predicted = _predict([*known, *hidden], shipped)
        except EngineError:
            continue
        if predicted.value is not None and truth:
            error = min(abs(predicted.value / truth - 1), CAP)
            found.append((runs[0].source, runs[0].case, error, predicted.low <= truth <= predicted.high))
    return found


def _predict(runs: list[MeasuredRun], shipped: tuple[MeasuredRun, ...]):
    from app.engine.paraselect import predict

    return predict(runs, pipeline.platforms_by_id(), shipped)[0]


def _summary(scores: list[tuple[str, str, float, bool]]) -> dict:
    by_source: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for source, case, error, _ in scores:
        by_source[source][case].append(error)
    sources = [[statistics.mean(errors) for errors in cases.values()] for cases in by_source.values() if len(cases) > 2]
    return {
        "rows": len(scores),
        "macro_mean": round(statistics.mean(statistics.mean(cases) for cases in sources), 3),
        "macro_median": round(statistics.mean(statistics.median(cases) for cases in sources), 3),
        "coverage": round(statistics.mean(inside for *_, inside in scores), 3),
    }


if __name__ == "__main__":
    main()
