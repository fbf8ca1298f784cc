"""Learn platform_db/learned/batch_curve.toml from measured sweeps: `python -m tests.accuracy.batches`; `--report` writes nothing.

A sweep is one workload, stack, platform and card count at two or more batches. Priors are those that make the sweeps most likely, a source
counting 40 sweeps at most. Errors are of the speed at another batch of the same platform, whole families of workloads held out: averaged
over a sweep, sweeps over a source, sources with three sweeps equally; a row counts 200 % at most.
"""

import datetime
import re
import statistics
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import msgspec
import numpy as np
from msgspec import Struct

from app.engine import pipeline
from app.engine.model.measurements import MeasuredRun
from app.engine.paraselect.batches import (
    GRID,
    Points,
    Prior,
    batch_of,
    curve_class,
    gain,
    has_curve,
    log_share,
    mean_of,
    read_priors,
    sample_seconds,
    speed_of,
)
from app.engine.paths import platform_db_folder

FOLDS, MOST_OF_A_SOURCE, CAP = 5, 40, 2.0
CLASSES = ("pass", "decode")
_LENGTHS = re.compile(r"-isl\d+-osl\d+$")
START = Prior(mean=2.0, tokens=0.0, seconds=0.0, usual_seconds=0.0, workloads=1.0, platforms=0.7, walk=0.02, noise=0.004)
Q90 = 1.645


class Sweep(Struct, frozen=True):
    """One platform over batches. runs: one a batch, the smallest first."""

    family: str
    source: str
    platform: str
    points: tuple[tuple[float, float], ...]
    runs: tuple[MeasuredRun, ...]


class Trial(Struct, frozen=True):
    """A speed at a wanted batch. log errors of the curve, of the same speed, of a speed in proportion; z: in deviations."""

    sweep: int
    source: str
    known: int
    far: float
    curve: float
    same: float
    linear: float
    z: float


def main() -> None:
    """Learn, write, and say what was measured."""
    lines, priors = [], {}
    for name in CLASSES:
        sweeps = [sweep for sweep in sweeps_of(pipeline.shipped_runs()) if curve_class(sweep.runs[0]) == name]
        trials = list(held_out(sweeps))
        lines += report(name, trials)
        width = float(np.quantile([abs(one.z) for one in trials], 0.9)) / Q90
        priors[name] = msgspec.structs.replace(learn(sweeps), width=max(1.0, width))
        lines.append(f"{name}: {len(sweeps)} sweeps of {len({one.family for one in sweeps})} families, {priors[name]}")
    print("\n".join(lines))
    if "--report" not in sys.argv:
        (platform_db_folder() / "learned" / "batch_curve.toml").write_text(_document(priors, lines), encoding="utf-8")
        read_priors.cache_clear()


def sweeps_of(runs: Sequence[MeasuredRun]) -> list[Sweep]:
    """Return every sweep; runs that are alike but for their batch count once, by their median."""
    found: dict[tuple, dict[float, list[MeasuredRun]]] = defaultdict(lambda: defaultdict(list))
    for run in runs:
        batch = batch_of(run)
        if run.speed and run.gpus and batch and has_curve(run):
            alike = (run.workload, run.task, run.phase, run.framework, run.precision_text, run.parallelism, run.seq_len, run.unit)
            found[(*alike, run.platform, run.gpus, run.source)][batch].append(run)
    sweeps = []
    for batches in found.values():
        if len(batches) > 1:
            rows = [batches[batch][0] for batch in sorted(batches)]
            speeds = [statistics.median(speed_of(run, run.speed or 0.0) for run in batches[batch]) for batch in sorted(batches)]
            points = tuple(zip(sorted(batches), speeds, strict=True))
            sweeps.append(Sweep(_LENGTHS.sub("", rows[0].workload), rows[0].source, rows[0].platform, points, tuple(rows)))
    return sweeps


def held_out(sweeps: Sequence[Sweep]) -> Iterator[Trial]:
    """Yield the trials of every sweep with its family held out."""
    families = {name: number % FOLDS for number, name in enumerate(sorted({sweep.family for sweep in sweeps}))}
    for fold in range(FOLDS):
        prior = learn([sweep for sweep in sweeps if families[sweep.family] != fold])
        for number, sweep in enumerate(sweeps):
            if families[sweep.family] == fold:
                yield from trials_of(number, sweep, prior)


def trials_of(number: int, sweep: Sweep, prior: Prior) -> Iterator[Trial]:
    """Yield every batch predicted from each other one, and from each two others."""
    places = range(len(sweep.points))
    for wanted in places:
        others = [place for place in places if place != wanted]
        for chosen in (*((one,) for one in others), *((one, two) for one in others for two in others if one < two)):
            known = [sweep.points[place] for place in chosen]
            sweeping = {sweep.platform: [known]} if len(known) > 1 else {}
            batch, speed = sweep.points[wanted]
            mean = mean_of(prior, [sweep.runs[chosen[0]]])
            found, place = gain(prior, mean, sweeping, sweep.platform, known, batch)
            near = known[place]
            same, far = float(np.log(near[1] / speed)), abs(float(np.log(batch / near[0])))
            error = same + found.log
            linear = same + float(np.log(batch / near[0]))
            yield Trial(number, sweep.source, len(known), far, error, same, linear, error / found.deviation)


def report(name: str, trials: Sequence[Trial]) -> list[str]:
    """Return the errors in words."""
    lines = []
    for known in (1, 2):
        for most in (np.inf, np.log(4) + 1e-9):
            some = [one for one in trials if one.known == known and one.far <= most]
            told = ", ".join(f"{key} {'/'.join(f'{part:.1%}' for part in _macro(some, key))}" for key in ("curve", "same", "linear"))
            inside = statistics.mean(abs(one.z) < Q90 for one in some)
            near = "" if np.isinf(most) else ", at most four times away"
            lines.append(f"{name}, {known} known{near}: mean/median error {told}; {inside:.0%} inside of {len(some)}")
    return lines


def _macro(trials: Sequence[Trial], key: str) -> tuple[float, float]:
    sources: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    for one in trials:
        sources[one.source][one.sweep].append(min(abs(np.expm1(getattr(one, key))), CAP))
    means = [[statistics.mean(errors) for errors in sweeps.values()] for sweeps in sources.values()]
    large = [one for one in means if len(one) > 2] or means
    return statistics.mean(map(statistics.mean, large)), statistics.mean(map(statistics.median, large))


def learn(sweeps: Sequence[Sweep]) -> Prior:
    """Return the most likely prior, held a little to where it starts."""
    from scipy.optimize import minimize

    counts = Counter(sweep.source for sweep in sweeps)
    weight = {source: min(1.0, MOST_OF_A_SOURCE / count) for source, count in counts.items()}
    seconds = [np.log(found) for sweep in sweeps for run in sweep.runs if (found := sample_seconds(run))]
    usual = float(np.median(seconds)) if seconds else 0.0
    families: dict[str, list[Sweep]] = defaultdict(list)
    for sweep in sweeps:
        families[sweep.family].append(sweep)
    start = _numbers(START)
    with_covariates = curve_class(sweeps[0].runs[0]) == "pass"  # lengths and seconds of generated tokens taught nothing beyond their class
    free = np.array([True, with_covariates, with_covariates, True, True, True, True])

    def cost(some: np.ndarray) -> float:
        numbers = start.copy()
        numbers[free] = some
        off = ((numbers - start)[[3, 4, 5, 6]] ** 2).sum() + ((numbers - start)[:3] ** 2).sum() / 2
        return _unlikely(_prior(numbers, usual), families, weight) + 0.2 * off

    first = start[free]
    simplex = np.vstack([first, first + 0.5 * np.eye(first.size)])
    found = minimize(cost, first, method="Nelder-Mead", options={"maxiter": 300, "xatol": 0.02, "fatol": 0.01, "initial_simplex": simplex})
    numbers = start.copy()
    numbers[free] = found.x
    return _prior(numbers, usual)


def _unlikely(prior: Prior, families: dict[str, list[Sweep]], weight: dict[str, float]) -> float:
    """Return - log likelihood: a family's offset and every sweep's own half-batch are summed out."""
    offsets = np.linspace(-4, 4, 41) * prior.workloads
    total = 0.0
    for sweeps in families.values():
        told = -0.5 * (offsets / prior.workloads) ** 2
        told = told - np.log(np.exp(told).sum())
        for sweep in sweeps:
            likely, most = _likely(prior, sweep.points)
            middle = np.clip(mean_of(prior, sweep.runs[:1]) + offsets, GRID[0], GRID[-1])
            around = np.exp(-0.5 * ((GRID[None] - middle[:, None]) / prior.platforms) ** 2)
            told = told + weight[sweep.source] * (most + np.log(around @ likely / around.sum(axis=1) + 1e-300))
        total -= float(np.logaddexp.reduce(told))
    return total


def _likely(prior: Prior, points: Points) -> tuple[np.ndarray, float]:
    batches, speeds = np.array([one[0] for one in points]), np.log([one[1] for one in points])
    variance = (prior.walk * np.diff(np.log(batches)) + prior.noise)[:, None]
    off = np.diff(speeds)[:, None] - np.diff(log_share(batches[:, None], GRID), axis=0)
    logs = (-0.5 * off**2 / variance - 0.5 * np.log(variance)).sum(axis=0)
    return np.exp(logs - logs.max()), float(logs.max())


def _numbers(prior: Prior) -> np.ndarray:
    deviations = (prior.workloads, prior.platforms, prior.walk, prior.noise)
    return np.array([prior.mean, prior.tokens, prior.seconds, *np.log(deviations)])


def _prior(numbers: np.ndarray, usual_seconds: float) -> Prior:
    return Prior(*(float(one) for one in numbers[:3]), usual_seconds, *(float(one) for one in np.exp(numbers[3:])))


def _document(priors: dict[str, Prior], lines: Sequence[str]) -> str:
    today = datetime.datetime.now(tz=datetime.UTC).date()
    head = [
        f"# Written by tests/accuracy/batches.py on {today} from the sweeps in platform_db/measured/measured.csv.",
        "# Priors of log(half-batch) by class (app/engine/paraselect/batches.py). Whole families of workloads held out:",
        *(f"# {line}" for line in lines if "error" in line),
    ]
    body = [line for name, prior in priors.items() for line in ("", f"[{name}]", *_fields(prior))]
    return "\n".join([*head, *body]) + "\n"


def _fields(prior: Prior) -> list[str]:
    return [f"{name} = {value:.4f}" for name, value in msgspec.structs.asdict(prior).items()]


if __name__ == "__main__":
    main()
