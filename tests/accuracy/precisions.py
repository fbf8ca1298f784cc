"""Learn platform_db/learned/precision_change.toml: `python -m tests.accuracy.precisions`; `--report` measures and writes nothing.

Pairs: one workload, stack, platform, batch and card count, measured at two precisions, in measured.csv and serving.csv. A group is a family
of workloads of a source between two widths; groups count alike. Errors are of the speed in the other precision, families held out, a group
at a time, a row 200 % at most; beside them the same speed and the full ratio of the rates.
"""

import csv
import datetime
import math
import re
import statistics
import sys
from collections import defaultdict
from collections.abc import Sequence

from msgspec import Struct

from app.engine import pipeline
from app.engine.model.workloads import normalise_precision
from app.engine.paraselect.batches import curve_class
from app.engine.paraselect.known_runs import throughput
from app.engine.paraselect.precisions import BOUNDS, BYTES, Exponent, rate_ratio, read_exponents, width_of
from app.engine.paths import platform_db_folder

CAP, LEAST_WORKLOADS, LEAST_NOISE = 2.0, 0.1, 0.05
HELD_TO = 4.0
"""Groups that a deviation between groups counts as: with so few groups what they show by chance is held to a third."""
USUAL_WORKLOADS = 0.33
_LENGTHS = re.compile(r"-isl\d+-osl\d+$")


class Pair(Struct, frozen=True):
    """Logs of the ratios of rates and of speeds from the wider to the narrower precision."""

    bound: str
    family: str
    group: tuple[str, str, str]
    rates: float
    speeds: float


def main() -> None:
    """Learn, write, and say what was measured."""
    lines, found = [], {}
    for bound in BOUNDS.values():
        pairs = [pair for pair in pairs_of() if pair.bound == bound]
        found[bound] = learn(pairs)
        lines += report(bound, pairs)
        lines.append(f"{bound}: {found[bound]}")
    print("\n".join(lines))
    if "--report" not in sys.argv:
        today = datetime.datetime.now(tz=datetime.UTC).date()
        head = [
            f"# Written by tests/accuracy/precisions.py on {today} from platform_db/measured/measured.csv and serving.csv.",
            "# log(speed ratio) = e · log(rate ratio) of a change of precision (app/engine/paraselect/precisions.py). Families held out:",
            *(f"# {line}" for line in lines if "error" in line),
        ]
        for bound, one in found.items():
            head += ["", f"[{bound}]", f"mean = {one.mean:.4f}", f"workloads = {one.workloads:.4f}"]
            head += [f"noise = {one.noise:.4f}", f"pairs = {one.pairs}"]
        (platform_db_folder() / "learned" / "precision_change.toml").write_text("\n".join(head) + "\n", encoding="utf-8")
        read_exponents.cache_clear()


def pairs_of() -> list[Pair]:
    """Return every pair whose rates are known."""
    platforms = pipeline.platforms_by_id()
    alike: dict[tuple, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for run in pipeline.shipped_runs():
        if run.speed and run.precision in BYTES and run.task != "hpc":
            stack = (run.workload, run.task, run.phase, run.framework, run.parallelism, run.seq_len)
            key = (BOUNDS[curve_class(run)], run.workload, run.source, run.platform, *stack, run.micro_batch, run.global_batch, run.gpus)
            alike[(*key, run.unit)][run.precision].append(throughput(run, run.speed))
    for row in _served():
        precision = normalise_precision(row["precision"]) or ""
        degrees = [row[f"{name}_parallel"] for name in ("tensor", "pipeline", "expert", "data")]
        load = [row[name] for name in ("input_len", "output_len", "concurrency", "gpus", "mode", "engine", "kv_dtype")]
        if precision in BYTES:
            alike[("memory", row["model"], row["source"], row["platform"], *degrees, *load)][precision].append(
                float(row["throughput_tokens_s"])
            )
    found = []
    for (bound, workload, source, platform, *_), speeds in alike.items():
        words = sorted(speeds, key=lambda word: -BYTES[word])
        for one, other in ((one, other) for place, one in enumerate(words) for other in words[place + 1 :]):
            ratio = rate_ratio(platforms[platform], bound, one, other) if platform in platforms else None
            if width_of(one) != width_of(other) and ratio:
                gained = math.log(statistics.median(speeds[other]) / statistics.median(speeds[one]))
                family = _LENGTHS.sub("", workload)
                found.append(Pair(bound, family, (source, family, f"{width_of(one)} {width_of(other)}"), math.log(ratio), gained))
    return found


def learn(pairs: Sequence[Pair]) -> Exponent:
    """Return mean and deviation of e over groups, and the deviation of log speed inside them."""
    groups: dict[tuple, list[Pair]] = defaultdict(list)
    for pair in pairs:
        groups[pair.group].append(pair)
    slopes = {
        name: sum(one.rates * one.speeds for one in some) / sum(one.rates**2 for one in some)
        for name, some in groups.items()
        if any(one.rates for one in some)
    }
    mean = statistics.mean(slopes.values())
    between = sum((slope - mean) ** 2 for slope in slopes.values()) + HELD_TO * USUAL_WORKLOADS**2
    inside = [statistics.mean((one.speeds - slopes.get(name, 0.0) * one.rates) ** 2 for one in some) for name, some in groups.items()]
    workloads = math.sqrt(between / (len(slopes) + HELD_TO))
    return Exponent(mean, max(LEAST_WORKLOADS, workloads), max(LEAST_NOISE, math.sqrt(statistics.mean(inside))), len(pairs))


def report(bound: str, pairs: Sequence[Pair]) -> list[str]:
    """Return the errors in words, groups counting alike."""
    errors: dict[str, dict[tuple, list[float]]] = {name: defaultdict(list) for name in ("ours", "same", "full")}
    inside = []
    for family in sorted({pair.family for pair in pairs}):
        exponent = learn([pair for pair in pairs if pair.family != family])
        for pair in pairs:
            if pair.family == family:
                for name, slope in (("ours", exponent.mean), ("same", 0.0), ("full", 1.0)):
                    errors[name][pair.group].append(min(abs(math.expm1(slope * pair.rates - pair.speeds)), CAP))
                width = math.hypot(exponent.workloads * pair.rates, exponent.noise)
                inside.append(abs(exponent.mean * pair.rates - pair.speeds) < 1.645 * width)
    told = []
    for name, groups in errors.items():
        means = [statistics.mean(some) for some in groups.values()]
        told.append(f"{name} {statistics.mean(means):.1%}/{statistics.median(means):.1%}")
    count = len(errors["ours"])
    return [f"{bound}: mean/median error {', '.join(told)} of {len(pairs)} pairs in {count} groups; {statistics.mean(inside):.0%} inside"]


def _served() -> list[dict[str, str]]:
    with (platform_db_folder() / "measured" / "serving.csv").open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["precision"]]


if __name__ == "__main__":
    main()
