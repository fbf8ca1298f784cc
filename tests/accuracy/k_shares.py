"""What k by shrinkage are worth by themselves: `python -m tests.accuracy.k_shares`, beside the class's k and a least-squares fit.

The formula alone predicts each last platform of a case from its first one to five others, workloads held out; mean absolute relative
errors, a row capped at 200 %, cases of a workload and workloads of a source equal, sources equal.
"""

from collections import defaultdict

import numpy as np

from app.engine import pipeline
from app.engine.paraselect.evaluating import folds
from app.engine.paraselect.fitting import Design, design_of, fit_k
from app.engine.paraselect.known_runs import known_runs
from app.engine.paraselect.pooled import Pool
from app.engine.paraselect.shares import shares_of, terms_of

MOST_KNOWN = 5
CAP = 2.0
FEWEST = 3
"""Platforms of a case that are left out one by one."""


def main() -> None:
    """Print the table: known platforms, cases, error with k of the class, shrunk k, fitted k."""
    platforms, found = pipeline.platforms_by_id(), defaultdict(list)
    for held_out, rest in folds(pipeline.shipped_runs()):
        pool, cases = Pool(rest, platforms), defaultdict(list)
        for run in held_out:
            cases[run.case].append(run)
        for case, runs in cases.items():
            design = design_of(known_runs(runs, case), platforms)
            if len(design.rows) >= FEWEST and set(terms_of(design)) & {0, 1}:
                for known, errors in _tried(design, pool.of(runs[0]), platforms).items():
                    found[known].append((runs[0].source, runs[0].workload, errors))
    print(f"{'known':>5}{'cases':>7}{'class':>8}{'shrunk':>8}{'fitted':>8}")
    for known, rows in sorted(found.items()):
        print(f"{known:>5}{len(rows):>7}" + "".join(f"{value:8.1%}" for value in _macro(rows)))


def _tried(design: Design, pool, platforms: dict) -> dict[int, np.ndarray]:
    """Return by count of known platforms the mean errors of the three k, each platform but the reference wanted in turn."""
    found, every = defaultdict(list), np.arange(len(design.rows))
    for wanted in every[1:]:
        others = np.array([0, *(one for one in every[1:] if one != wanted)])
        for known in range(1, min(MOST_KNOWN, len(others)) + 1):
            rows = others[:known]
            shrunk = shares_of(design, pool, platforms, rows=rows)
            plain = shares_of(design, pool, platforms, rows=rows[:1])
            fitted = fit_k(design, rows=rows) if known >= FEWEST else np.array(plain.k)
            errors = [_error(design, np.array(k), wanted) for k in (plain.k, shrunk.k, fitted)]
            found[known].append(errors)
    return {known: np.mean(errors, axis=0) for known, errors in found.items()}


def _error(design: Design, k: np.ndarray, wanted: int) -> float:
    predicted = float(design.matrix[wanted][k > 0] @ k[k > 0])
    return min(abs(float(design.relative[wanted]) / predicted - 1), CAP)


def _macro(rows: list) -> np.ndarray:
    sources: dict = defaultdict(lambda: defaultdict(list))
    for source, workload, errors in rows:
        sources[source][workload].append(errors)
    return np.mean([np.mean([np.mean(of, axis=0) for of in workloads.values()], axis=0) for workloads in sources.values()], axis=0)


if __name__ == "__main__":
    main()
