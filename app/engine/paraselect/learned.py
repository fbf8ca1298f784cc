"""What the measured data that ship taught: evidence, variances, k of the classes, and how much wider intervals must be to hold.

`platform_db/learned/` is written by `python -m tests.accuracy.train_paraselect`; here it is read, or learned anew from given runs.
"""

import csv
import math
import tomllib
from collections.abc import Sequence

from msgspec import Struct, convert

from app.engine.model.measurements import MeasuredRun
from app.engine.model.platforms import Platform
from app.engine.paraselect.evidence import gather, read_evidence
from app.engine.paraselect.features import Groups, groups_of, rated_precision, rates_of, wanted_precision
from app.engine.paraselect.hierarchy import Hierarchy, Row, Settings, doubted
from app.engine.paraselect.known_runs import Known
from app.engine.paraselect.pooled import Pool, class_of
from app.engine.paths import platform_db_folder

Z90 = 1.645
MOST_KEPT = 4
GENERATIVE = ("llm", "generation", "multimodal")
"""Areas of big generative models: their ports are tuned, and predictions err much less than for what else is computed."""


class Width(Struct, frozen=True):
    """How wide intervals of one kind of prediction must be. factor: of the model's deviation; trials: held-out predictions behind it."""

    kind: str
    factor: float
    trials: int


class Learned:
    """The hierarchy with its interval widths."""

    def __init__(self, hierarchy: Hierarchy, widths: Sequence[Width]) -> None:
        self.hierarchy = hierarchy
        self._widths = {width.kind: width.factor for width in widths}

    def width(self, kind: str) -> float:
        """Return the factor of a kind ("several other measured generative"); the largest of those of fewer words where it has none."""
        own, *fewer = width_keys(kind)
        return self._widths.get(own) or max((self._widths[key] for key in fewer if key in self._widths), default=1.0)

    def told(
        self, known: Sequence[tuple[Known, float]], run: MeasuredRun, platforms: dict[str, Platform]
    ) -> tuple[float, float, str] | None:
        """Return log speed per card of a wanted row, its deviation and the kind of prediction; None where a rate it needs is unknown.

        known  the known rows, each with its throughput at the wanted card count
        """
        gpus, first = run.gpus or 1, known[0][0].run
        precision = wanted_precision(run, first)
        groups = groups_of(first)
        rows, speeds = [], []
        for one, speed in sorted(known, key=lambda pair: pair[0].platform):  # in one order, whichever is the reference
            rates = rates_of(platforms[one.platform], rated_precision(one.run) or precision, gpus)
            if rates is not None:
                rows.append(Row(groups, "case", platforms[one.platform], rates))
                speeds.append(math.log(speed / gpus))
        target = rates_of(platforms[run.platform], precision, gpus)
        if target is None or not rows:
            return None
        found = self.hierarchy.posterior(rows, speeds, [Row(groups, "case", platforms[run.platform], target)])
        return float(found.mean[0]), float(found.deviation[0]), self._kind(rows, groups, platforms[run.platform])

    def prepare(self, wanted: Sequence[MeasuredRun], known: Sequence[Known], platforms: dict[str, Platform]) -> None:
        """Work out at once what many wanted rows of one case need."""
        if not known:
            return
        first = known[0].run
        groups, rows = groups_of(first), []
        for run in wanted:
            rates = rates_of(platforms[run.platform], wanted_precision(run, first), run.gpus or 1) if run.platform in platforms else None
            if rates is not None:
                rows.append(Row(groups, "case", platforms[run.platform], rates))
        self.hierarchy.prepare(rows)

    def _kind(self, rows: Sequence[Row], groups: Groups, target: Platform) -> str:
        several = "several" if len(rows) > 1 else "one"
        vendor = "same" if any(row.platform.vendor_en == target.vendor_en for row in rows) else "other"
        vendor = "domestic" if vendor == "other" and target.domestic else vendor
        measured = "measured" if (groups.kind, target.id) in self.hierarchy.measured else "new"
        return f"{several} {vendor} {measured} {'generative' if groups.area in GENERATIVE else 'classic'}"


def width_keys(kind: str) -> tuple[str, ...]:
    """Return a kind of prediction, that without what is computed, and its first word."""
    return kind, " ".join(kind.split()[:3]), kind.split()[0]


def learn(runs: Sequence[MeasuredRun], platforms: dict[str, Platform], widths: Sequence[Width] = ()) -> Learned:
    """Learn from runs with the variances that ship."""
    base = read_settings()
    settings = Settings(base.variance, base.noise, class_k(runs, platforms))
    return Learned(Hierarchy(doubted(gather(runs, platforms), platforms, settings), platforms, settings), widths)


def class_k(runs: Sequence[MeasuredRun], platforms: dict[str, Platform]) -> dict[str, tuple[float, float]]:
    """Return k of compute and memory of each class that the runs hold."""
    pool, found = Pool(runs, platforms), {}
    for run in runs:
        kind = class_of(run)
        if kind not in found and run.speed is not None and run.gpus is not None:
            fitted = pool.of(run)
            found[kind] = (fitted.plain or fitted).k[:2]
    return found


def shipped_learned(platforms: dict[str, Platform]) -> Learned:
    """Return what ships, conditioned once per set of platforms."""
    for known, learned in _KEPT:
        if known is platforms:
            return learned
    evidence = read_evidence(platform_db_folder() / "learned" / "evidence.csv")
    learned = Learned(Hierarchy(evidence, platforms, read_settings()), read_widths())
    _KEPT.append((platforms, learned))
    del _KEPT[:-MOST_KEPT]
    return learned


_KEPT: list[tuple[dict[str, Platform], Learned]] = []


def read_settings() -> Settings:
    """Read variances, noise and k of the classes."""
    with (platform_db_folder() / "learned" / "model.toml").open("rb") as file:
        return convert(tomllib.load(file), Settings)


def read_widths() -> tuple[Width, ...]:
    """Read the interval widths."""
    with (platform_db_folder() / "learned" / "widths.csv").open(encoding="utf-8", newline="") as file:
        return tuple(Width(row["kind"], float(row["factor"]), int(row["trials"])) for row in csv.DictReader(file))
