"""Learn how much k of workloads scatter within a class: `python -m tests.accuracy.k_scatter` writes platform_db/learned/k_scatter.csv.

Strength (of the Dirichlet around the class's k) and noise (log error of the formula per platform) with which each platform of measured
cases is best predicted from the others, workloads equally; k of the class are those of the workloads of the other folds. Chosen so and
not by likelihood: outliers make the likely noise so large that a case's own points would hardly count. Of pairs that are as good within a
standard error the most cautious one is taken. Classes get figures of their own where they hold enough workloads.
"""

import csv
from collections import defaultdict

import numpy as np

from app.engine import pipeline
from app.engine.model.measurements import MeasuredRun
from app.engine.paraselect.evaluating import folds
from app.engine.paraselect.fitting import design_of
from app.engine.paraselect.known_runs import known_runs
from app.engine.paraselect.pooled import Pool, class_of
from app.engine.paraselect.shares import log_likelihood, prior_mean, terms_of
from app.engine.paraselect.simplex import dirichlet, grid, normal
from app.engine.paths import platform_db_folder

STRENGTHS = (1.0, 2.0, 4.0, 8.0, 16.0)
NOISES = (0.05, 0.1, 0.2, 0.4)
CAP = 2.0
FEWEST = 60
"""Workloads that a class needs for figures of its own: with 16 to 45 the choices jumped from edge to edge."""
MOST_CASES = 6
"""Cases of one workload that are looked at: they are alike."""


def main() -> None:
    """Write the table and print it."""
    found = learned()
    with (platform_db_folder() / "learned" / "k_scatter.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("class", "strength", "noise", "cases", "workloads"))
        writer.writerows(found)
    for row in found:
        print(*row)


def learned() -> list[tuple[str, float, float, int, int]]:
    """Return class, strength, noise, cases and workloads; the last row is of all classes."""
    tables = _by_class()
    found = []
    for name, rows in sorted(tables.items()):
        workloads = len({workload for _, workload in rows})
        if workloads >= FEWEST:
            found.append((name, *_best(rows), len(rows), workloads))
    every = [row for rows in tables.values() for row in rows]
    found.append(("all", *_best(every), len(every), len({workload for _, workload in every})))
    return found


def _best(rows: list[tuple[np.ndarray, str]]) -> tuple[float, float]:
    """Return the most cautious pair whose error is not worse than the least one by more than a standard error of their difference."""
    by_workload: dict[str, np.ndarray] = defaultdict(lambda: np.zeros((len(STRENGTHS), len(NOISES))))
    for table, workload in rows:
        by_workload[workload] += table
    errors = -np.array(list(by_workload.values())).reshape(len(by_workload), -1)
    more = errors - errors[:, [int(errors.mean(axis=0).argmin())]]
    alike = more.mean(axis=0) <= more.std(axis=0) / np.sqrt(len(errors)) + 1e-12
    caution = np.multiply.outer(STRENGTHS, np.square(NOISES)).ravel()
    strength, noise = divmod(int(np.where(alike, caution, -1.0).argmax()), len(NOISES))
    return STRENGTHS[strength], NOISES[noise]


def _by_class() -> dict[str, list[tuple[np.ndarray, str]]]:
    platforms, found = pipeline.platforms_by_id(), defaultdict(list)
    for held_out, rest in folds(pipeline.shipped_runs()):
        pool, cases, taken = Pool(rest, platforms), defaultdict(list), defaultdict(int)
        for run in held_out:
            cases[run.case].append(run)
        for case, runs in cases.items():
            if taken[runs[0].workload] < MOST_CASES:
                table = _case(case, runs, pool)
                if table is not None:
                    taken[runs[0].workload] += 1
                    found[class_of(runs[0])].append((table, runs[0].workload))
    return {name: _equally(rows) for name, rows in found.items()}


def _equally(rows: list[tuple[np.ndarray, str]]) -> list[tuple[np.ndarray, str]]:
    count = defaultdict(int)
    for _, workload in rows:
        count[workload] += 1
    return [(table / count[workload], workload) for table, workload in rows]


def _case(case: str, runs: list[MeasuredRun], pool: Pool) -> np.ndarray | None:
    """Return (strengths, noises) minus the mean error of a case's platforms, each predicted from all others."""
    platforms = pipeline.platforms_by_id()
    design = design_of(known_runs(runs, case), platforms)
    terms = terms_of(design)
    if len(design.rows) < 3 or not set(terms) & {0, 1}:
        return None
    mean, every = tuple(np.round(prior_mean(pool.of(runs[0]), terms), 9).tolist()), np.arange(len(design.rows))
    points, table = grid(len(terms)), np.zeros((len(STRENGTHS), len(NOISES)))
    priors = [dirichlet(mean, strength) for strength in STRENGTHS]
    for wanted in every[1:]:
        for column, noise in enumerate(NOISES):
            own = log_likelihood(design, terms, noise, every[every != wanted])
            for row, prior in enumerate(priors):
                k = normal(prior + own) @ points
                relative = float(design.matrix[wanted][list(terms)] @ k / design.relative[wanted])
                table[row, column] -= min(abs(1 / relative - 1), CAP) / (len(every) - 1)
    return table


if __name__ == "__main__":
    main()
