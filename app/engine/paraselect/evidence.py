"""What measured runs say of platforms against each other: log speeds per workload, cases of one workload taken together.

Runs of the same workload, stack and class differ in batch and length. Each case has an offset of its own; what a platform is worth beside
the others is the median over the cases, so that one broken row does not decide.
"""

import csv
import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from msgspec import Struct
from msgspec.structs import astuple

from app.engine.model.measurements import MeasuredRun
from app.engine.model.platforms import Platform
from app.engine.paraselect.features import Groups, groups_by_names, load_of, rated_precision, rates_of
from app.engine.paraselect.known_runs import Known, at_count, known_runs
from app.engine.paraselect.pooled import class_of

COLUMNS = ("set", "class", "precision", "framework", "source", "workload", "load", "gpus", "platform", "log_speed", "cases", "doubt")
FIRST_WORD = re.compile(r"[a-z]+")
ROUNDS = 10
STEP = 0.95
"""d log(speed) / d log(cards) between rows of one case that were measured at different counts."""


class Named(Struct, frozen=True):
    """What comparable cases have in common, as it is written."""

    kind: str
    precision: str
    framework: str
    source: str
    workload: str
    load: int | None

    @property
    def groups(self) -> Groups:
        """The groups that follow."""
        return groups_by_names(self.kind, self.precision, self.framework, self.source, self.workload, self.load)


class Evidence(Struct, frozen=True):
    """One platform in one set of comparable cases. log_speed per card has meaning beside the other platforms of its set only.

    cases  how many cases the median was taken of
    doubt  by how much its noise is larger than that of others: what all else contradicts weighs less
    """

    part: int
    named: Named
    gpus: int
    platform: str
    log_speed: float
    cases: int
    doubt: float = 1.0

    @property
    def groups(self) -> Groups:
        """The groups of its cases."""
        return self.named.groups

    @property
    def precision(self) -> str:
        """The precision by which rates are chosen."""
        return self.named.precision


def gather(runs: Sequence[MeasuredRun], platforms: dict[str, Platform]) -> tuple[Evidence, ...]:
    """Return the evidence of runs; cases with one usable platform say nothing."""
    by_case: dict[str, list[MeasuredRun]] = defaultdict(list)
    for run in runs:
        if run.speed is not None and run.gpus is not None and run.platform in platforms:
            by_case[run.case].append(run)
    alike: dict[tuple[Named, bool], list[list[Known]]] = defaultdict(list)
    for case, of_case in by_case.items():
        rows = comparable(known_runs(of_case, case), platforms)
        if len(rows) > 1:
            alike[_named(rows[0].run), rows[0].gpus > 1].append(rows)
    found: list[Evidence] = []
    part = 0
    for (named, _many), cases in sorted(alike.items(), key=lambda item: repr(item[0])):
        for connected in _connected(cases):
            gpus = connected[0][0].gpus
            for platform, speed, count in _worth(connected):
                found.append(Evidence(part, named, gpus, platform, speed, count))
            part += 1
    return tuple(found)


def _named(run: MeasuredRun) -> Named:
    words = FIRST_WORD.findall(run.framework.lower())
    return Named(class_of(run), rated_precision(run), words[0] if words else "", run.source, run.workload.strip().lower(), load_of(run))


def comparable(known: Sequence[Known], platforms: dict[str, Platform]) -> list[Known]:
    """Return one row per platform with known rates, nearest to the card count that most rows of the case have."""
    if not known:
        return []
    counts = [one.gpus for one in known]
    rows = at_count(known, max(counts, key=counts.count))
    return [one for one in rows if rates_of(platforms[one.platform], rated_precision(one.run), one.gpus) is not None]


def log_speed(one: Known) -> float:
    """Return the log of the throughput per card; counts differ little in most cases, and a step of them costs this much."""
    return float(np.log(one.throughput) - STEP * np.log(one.gpus))


def write_evidence(path: Path, evidence: Sequence[Evidence]) -> None:
    """Write evidence as a table."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for one in evidence:
            told = (f"{one.log_speed:.5f}", one.cases, f"{one.doubt:.2f}")
            writer.writerow((one.part, *astuple(one.named), one.gpus, one.platform, *told))


def read_evidence(path: Path) -> tuple[Evidence, ...]:
    """Read what `write_evidence` wrote."""
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(
            Evidence(
                int(row["set"]),
                Named(
                    row["class"],
                    row["precision"],
                    row["framework"],
                    row["source"],
                    row["workload"],
                    int(row["load"]) if row["load"] else None,
                ),
                int(row["gpus"]),
                row["platform"],
                float(row["log_speed"]),
                int(row["cases"]),
                float(row["doubt"]),
            )
            for row in csv.DictReader(file)
        )


def _connected(cases: list[list[Known]]) -> list[list[list[Known]]]:
    """Return the cases in sets that share platforms, directly or through others."""
    sets: list[tuple[set[str], list[list[Known]]]] = []
    for rows in cases:
        names, members = {one.platform for one in rows}, [rows]
        apart = []
        for others, theirs in sets:
            if others & names:
                names, members = names | others, [*theirs, *members]
            else:
                apart.append((others, theirs))
        sets = [*apart, (names, members)]
    return [members for _, members in sets]


def _worth(cases: list[list[Known]]) -> list[tuple[str, float, int]]:
    """Return (platform, log speed, cases) of connected cases: speed = offset of the case + worth of the platform, by medians."""
    values: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for number, rows in enumerate(cases):
        for one in rows:
            values[one.platform].append((number, log_speed(one)))
    offsets = np.array([np.mean([log_speed(one) for one in rows]) for rows in cases])
    worth: dict[str, float] = {}
    for _ in range(ROUNDS):
        worth = {name: float(np.median([speed - offsets[number] for number, speed in told])) for name, told in values.items()}
        offsets = np.array([np.median([log_speed(one) - worth[one.platform] for one in rows]) for rows in cases])
    middle = float(np.mean(list(worth.values())))
    return [(name, speed - middle, len(values[name])) for name, speed in worth.items()]
