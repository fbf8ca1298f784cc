"""What measured runs say of platforms against each other: log speeds per workload, cases of one workload taken together.

Runs of the same workload, stack and class differ in batch and length. Each case has an offset of its own; what a platform is worth beside
the others is the median over the cases, so that one broken row does not decide.
"""

import csv
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from msgspec import Struct

from app.engine.model.measurements import MeasuredRun
from app.engine.model.platforms import Platform
from app.engine.paraselect.features import Groups, groups_of, rates_of
from app.engine.paraselect.known_runs import Known, at_count, known_runs

COLUMNS = ("set", "class", "precision_group", "stack", "workload", "precision", "gpus", "platform", "log_speed", "cases")
ROUNDS = 10
STEP = 0.95
"""d log(speed) / d log(cards) between rows of one case that were measured at different counts."""


class Evidence(Struct, frozen=True):
    """One platform in one set of comparable cases. log_speed per card has meaning beside the other platforms of its set only.

    cases  how many cases the median was taken of
    """

    part: int
    groups: Groups
    precision: str
    gpus: int
    platform: str
    log_speed: float
    cases: int


def gather(runs: Sequence[MeasuredRun], platforms: dict[str, Platform]) -> tuple[Evidence, ...]:
    """Return the evidence of runs; cases with one usable platform say nothing."""
    by_case: dict[str, list[MeasuredRun]] = defaultdict(list)
    for run in runs:
        if run.speed is not None and run.gpus is not None and run.platform in platforms:
            by_case[run.case].append(run)
    alike: dict[tuple[Groups, str, bool], list[list[Known]]] = defaultdict(list)
    for case, of_case in by_case.items():
        rows = comparable(known_runs(of_case, case), platforms)
        if len(rows) > 1:
            first = rows[0].run
            alike[groups_of(first), first.precision, rows[0].gpus > 1].append(rows)
    found: list[Evidence] = []
    part = 0
    for (groups, precision, _many), cases in sorted(alike.items(), key=lambda item: repr(item[0])):
        for connected in _connected(cases):
            gpus = connected[0][0].gpus
            for platform, speed, count in _worth(connected):
                found.append(Evidence(part, groups, precision, gpus, platform, speed, count))
            part += 1
    return tuple(found)


def comparable(known: Sequence[Known], platforms: dict[str, Platform]) -> list[Known]:
    """Return one row per platform with known rates, nearest to the card count that most rows of the case have."""
    if not known:
        return []
    counts = [one.gpus for one in known]
    rows = at_count(known, max(counts, key=counts.count))
    return [one for one in rows if rates_of(platforms[one.platform], one.run.precision, one.gpus) is not None]


def log_speed(one: Known) -> float:
    """Return the log of the throughput per card; counts differ little in most cases, and a step of them costs this much."""
    return float(np.log(one.throughput) - STEP * np.log(one.gpus))


def write_evidence(path: Path, evidence: Sequence[Evidence]) -> None:
    """Write evidence as a table."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for one in evidence:
            groups = one.groups
            named = (one.part, groups.kind, groups.precision, groups.stack, groups.workload, one.precision, one.gpus, one.platform)
            writer.writerow((*named, f"{one.log_speed:.5f}", one.cases))


def read_evidence(path: Path) -> tuple[Evidence, ...]:
    """Read what `write_evidence` wrote."""
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(
            Evidence(
                int(row["set"]),
                Groups(row["class"], row["precision_group"], row["stack"], row["workload"]),
                row["precision"],
                int(row["gpus"]),
                row["platform"],
                float(row["log_speed"]),
                int(row["cases"]),
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
