"""Speed over the batch size: a saturating curve whose half-batch starts from what measured sweeps taught and moves with the case's own.

    speed(b) = s · b / (b + h)        a step takes a fixed time and, beside it, as much for every sample

h, the half-batch, has a Gaussian prior on its logarithm (platform_db/learned/batch_curve.toml): a mean that falls with the tokens and
seconds of a sample, a deviation between workloads and one between platforms of one workload. Sweeps of the case move it, those of the
wanted platform most. Runs keep off the curve by a random walk over log b: it passes through what is known and trusts itself less far away.
"""

import math
import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache

import msgspec
import numpy as np
from msgspec import Struct, convert

from app.engine.model.measurements import MeasuredRun
from app.engine.paraselect.known_runs import PER_CARD, lower_is_better
from app.engine.paths import platform_db_folder

GRID = np.linspace(math.log(0.1), math.log(1e3), 140)
"""log h. Below a tenth of a sample there is nothing to gain, beyond a thousand the speed is proportional to the batch."""
FEW_TOKENS, MOST_FOLDS = 128.0, 3.0
_TOKENS = re.compile(r"\b(tokens?|tok|tps)\b", re.IGNORECASE)
_OF_A_STEP = re.compile(r"^(us|ms|s|sec|seconds?)\s*(/\s*(step|iter(ation)?|it|batch))?$", re.IGNORECASE)
_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "sec": 1.0, "second": 1.0, "seconds": 1.0}

Points = Sequence[tuple[float, float]]
"""(batch, speed) of one platform at one card count."""


class Prior(Struct, frozen=True):
    """What sweeps of a class taught, in logs.

    mean, tokens, seconds   log h = mean + tokens · log(tokens of a sample ÷ 128), within 0..3, + seconds · log(seconds of a sample)
    usual_seconds           log seconds of a sample, for a run that does not tell them
    workloads, platforms    deviation of log h between workloads, and between platforms of one workload
    walk, noise             variance of log speed off the curve per e-fold of the batch, and of every change of batch
    width                   how much wider than this intervals must be so that 90 % of the sweeps held out lie inside
    """

    mean: float
    tokens: float
    seconds: float
    usual_seconds: float
    workloads: float
    platforms: float
    walk: float
    noise: float
    width: float = 1.0


class Gain(Struct, frozen=True):
    """Speed at a wanted batch ÷ speed at a known one, as logs. half: the median half-batch; own: sweeps of the case took part."""

    log: float
    deviation: float
    half: float
    own: bool


@cache
def read_priors() -> dict[str, Prior]:
    """Read what ships."""
    with (platform_db_folder() / "learned" / "batch_curve.toml").open("rb") as file:
        return convert(tomllib.load(file), dict[str, Prior])


def curve_class(run: MeasuredRun) -> str:
    """Return "decode" for generated tokens, whose weights are read once for all sequences, else "pass"."""
    generates = run.phase == "decode" or run.extra.get("quantity") == "tpot" or (_counts_tokens(run) and run.phase != "prefill")
    return "decode" if run.task == "inference" and generates else "pass"


def batch_of(run: MeasuredRun) -> float | None:
    """Return the samples that are in work at once: of a card in training, of the server in inference; None where the row does not tell."""
    if run.task != "inference":
        return run.micro_batch
    return _number(run.extra.get("concurrency", "")) or run.micro_batch or _number(run.extra.get("batch", "")) or run.global_batch


def has_curve(run: MeasuredRun) -> bool:
    """Tell whether the speed of a run is one of samples in work; the time to a first token and simulations have other laws."""
    return run.task != "hpc" and run.extra.get("quantity", "") not in ("ttft", "e2e")


def is_step_time(run: MeasuredRun) -> bool:
    """Tell whether the figure is the time of one step, which holds as many samples as the batch, and not of a fixed amount of work."""
    return lower_is_better(run) and (_OF_A_STEP.match(run.unit.strip()) is not None or run.extra.get("quantity", "") == "tpot")


def speed_of(run: MeasuredRun, value: float) -> float:
    """Return a figure as work per time; the unit of the work has meaning within a case only."""
    if not lower_is_better(run):
        return value
    return _of_a_step(run) / value if is_step_time(run) else 1 / value


def at_global_batch(runs: Sequence[MeasuredRun], wanted: MeasuredRun) -> tuple[MeasuredRun, ...]:
    """Return the known rows of a wanted one that is the time of a step, each as the time of as many samples as the wanted step holds."""
    if not wanted.global_batch or wanted.task == "inference":
        return tuple(runs)

    def alike(run: MeasuredRun) -> MeasuredRun:
        if run.case != wanted.case or run.speed is None or not run.global_batch or not is_step_time(run):
            return run
        return msgspec.structs.replace(run, speed=run.speed * (wanted.global_batch or run.global_batch) / run.global_batch)

    return tuple(alike(run) for run in runs)


def at_batch(run: MeasuredRun, value: float, batch: float, log_gain: float) -> float:
    """Return a row's figure at another batch, in its own unit."""
    if not lower_is_better(run):
        return value * math.exp(log_gain)
    own = batch_of(run) or batch
    grown = batch / own if is_step_time(run) and _of_a_step(run) == own else 1.0  # a given global batch stays
    return value * grown * math.exp(-log_gain)


def log_share(batch: np.ndarray | float, log_half: np.ndarray | float) -> np.ndarray:
    """Return log(b / (b + h)): what a batch reaches of the most there is."""
    log_batch = np.log(batch)
    return log_batch - np.logaddexp(log_batch, log_half)


def mean_of(prior: Prior, runs: Sequence[MeasuredRun]) -> float:
    """Return the prior's log h for a case, by the first of its runs that tells seconds and tokens of a sample."""
    lengths = [run.seq_len for run in runs if run.seq_len]
    folds = min(max(math.log(lengths[0] / FEW_TOKENS), 0.0), MOST_FOLDS) if lengths else 0.0
    told = next((found for run in runs if (found := sample_seconds(run))), None)
    seconds = math.log(told) if told else prior.usual_seconds
    return float(np.clip(prior.mean + prior.tokens * folds + prior.seconds * seconds, GRID[0], GRID[-1]))


def sample_seconds(run: MeasuredRun) -> float | None:
    """Return the seconds that a card (a server in inference) is busy with one sample; None where unit or length do not tell."""
    batch, speed = batch_of(run), run.speed
    if not speed or not batch:
        return None
    if is_step_time(run):
        return speed * _SECONDS.get(run.unit.strip().partition("/")[0].strip().lower(), 1e-3) / batch
    if lower_is_better(run):
        return None
    length = run.seq_len if _counts_tokens(run) and run.task != "inference" else 1.0
    cards = 1 if run.task == "inference" or PER_CARD.search(run.unit) else run.gpus or 1
    return cards * length / speed if length else None


def beliefs(prior: Prior, mean: float, sweeps: Mapping[str, Sequence[Points]], platform: str) -> np.ndarray:
    """Return how likely each log h of GRID is for a platform of a case, given the case's sweeps by platform."""
    apart = _spread(prior.platforms)
    common = -0.5 * ((GRID - mean) / prior.workloads) ** 2
    for name, theirs in sweeps.items():
        if name != platform:
            common = common + np.log(apart @ _likelihood(prior, theirs) + 1e-300)
    found = apart.T @ np.exp(common - common.max()) * _likelihood(prior, sweeps.get(platform, ()))
    return found / found.sum()


def gain(prior: Prior, mean: float, sweeps: Mapping[str, Sequence[Points]], platform: str, known: Points, batch: float) -> tuple[Gain, int]:
    """Return the gain of a batch over a known point of the platform, and which point it is: the one that tells most."""
    weight = beliefs(prior, mean, sweeps, platform)
    own = any(len(points) > 1 for theirs in sweeps.values() for points in theirs)
    order = sorted(range(len(known)), key=lambda place: known[place][0])
    batches = [known[place][0] for place in order]
    place = min(range(len(order)), key=lambda one: abs(math.log(batches[one] / batch)))
    ways = log_share(batch, GRID) - log_share(batches[place], GRID)
    walked = abs(math.log(batch / batches[place]))
    beside = place + (1 if batch > batches[place] else -1)
    if walked and 0 <= beside < len(order):  # between two known points the curve passes through both
        share = walked / abs(math.log(batches[beside] / batches[place]))
        over = math.log(known[order[beside]][1] / known[order[place]][1])
        ways = ways + share * (over - (log_share(batches[beside], GRID) - log_share(batches[place], GRID)))
        walked *= 1 - share
    middle = _median(ways, weight)
    spread = float(weight @ (ways - middle) ** 2) + (prior.walk * walked + prior.noise if walked else 0.0)
    return Gain(middle, math.sqrt(spread), math.exp(_median(GRID, weight)), own), order[place]


def _likelihood(prior: Prior, sweeps: Sequence[Points]) -> np.ndarray:
    """Return how well each log h explains the steps of sweeps; the level of a sweep is its own."""
    total = np.zeros(GRID.size)
    for points in sweeps:
        ordered = sorted(points)
        if len(ordered) > 1:
            batches, speeds = np.array([one[0] for one in ordered]), np.log([one[1] for one in ordered])
            variance = prior.walk * np.diff(np.log(batches)) + prior.noise
            off = np.diff(speeds)[:, None] - np.diff(log_share(batches[:, None], GRID), axis=0)
            total -= 0.5 * (off**2 / variance[:, None]).sum(axis=0)
    return np.exp(total - total.max())


@cache
def _spread(deviation: float) -> np.ndarray:
    """Return (n, n): row i is how likely a platform's log h is where the workload's is GRID[i]."""
    found = np.exp(-0.5 * ((GRID[:, None] - GRID[None, :]) / deviation) ** 2)
    return found / found.sum(axis=1, keepdims=True)


def _median(values: np.ndarray, weight: np.ndarray) -> float:
    order = np.argsort(values)
    reach = np.cumsum(weight[order]) - weight[order] / 2
    return float(np.interp(0.5, reach, values[order]))


def _of_a_step(run: MeasuredRun) -> float:
    return (run.global_batch if run.task != "inference" else None) or batch_of(run) or 1.0


def _counts_tokens(run: MeasuredRun) -> bool:
    return _TOKENS.search(run.unit) is not None


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 < value < math.inf else None
