"""Find the variances of app/engine/paraselect/hierarchy.py that make evidence most likely: `python -m tests.accuracy.fit_variances`.

Sources are made alike: each enters with sets of MOST_ROWS rows at most. A weak prior holds variances that the data cannot tell near USUAL.
Noise is Student's t: every round finds what to doubt with the variances of the last one. Prints the rows for `train_paraselect.VARIANCE`.
"""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize

from app.engine import pipeline
from app.engine.model.measurements import MeasuredRun
from app.engine.paraselect.evidence import Evidence, gather
from app.engine.paraselect.hierarchy import EFFECTS, LEVELS, OFFSET, Settings, code, doubted, rows_of, shared_effects
from app.engine.paraselect.learned import class_k

MOST_ROWS = 70
USUAL, HELD = 0.008, 0.08
"""Where the prior has a variance, and how firmly: half the inverse variance of its log."""
LEAST, MOST = 2e-5, 3.0
ROUNDS, STEPS = 2, 40


def fit_variances(runs: Sequence[MeasuredRun], start: Settings) -> Settings:
    """Return the settings that make the evidence of runs most likely; start: where to begin."""
    platforms = pipeline.platforms_by_id()
    evidence = _some(gather(runs, platforms))
    settings = Settings(start.variance, start.noise, class_k(runs, platforms))
    for _ in range(ROUNDS):
        evidence = list(doubted(evidence, platforms, settings))
        settings = _fitted(evidence, settings)
    return settings


def _some(evidence: Sequence[Evidence]) -> list[Evidence]:
    """Return whole sets of each source, spread over its workloads, up to about MOST_ROWS rows."""
    by_source: dict[str, dict[int, list[Evidence]]] = defaultdict(lambda: defaultdict(list))
    for one in evidence:
        by_source[one.named.source][one.part].append(one)
    found: list[Evidence] = []
    for sets in by_source.values():
        order, rows = list(sets.values()), 0
        step = max(1, sum(map(len, order)) // MOST_ROWS)
        for start in range(step):
            for members in order[start::step]:
                if rows < MOST_ROWS:
                    found += members
                    rows += len(members)
    return found


def _fitted(evidence: Sequence[Evidence], settings: Settings) -> Settings:
    rows, speeds = rows_of(evidence, pipeline.platforms_by_id())
    coded = code(rows, settings, {})
    away, own = np.array(speeds) - coded.formula, coded.doubt / coded.weight**2
    effects = shared_effects(coded, coded).astype(np.float32)
    alike = [coded.levels[:, level, None] == coded.levels[None, :, level] for level in range(len(LEVELS))]
    last = alike[-1] * np.multiply.outer(1 / coded.weight, 1 / coded.weight)
    weights = [*alike[:-1], last]
    count, places = len(rows), np.diag_indices(len(rows))

    def cost(logs: np.ndarray) -> tuple[float, np.ndarray]:
        values = np.exp(logs)
        variance = values[:-1].reshape(len(LEVELS), len(EFFECTS))
        free = OFFSET * alike[-1].astype(float)
        for level, same in enumerate(weights):
            free += same * np.tensordot(variance[level].astype(np.float32), effects, 1)
        free[places] += values[-1] * own
        factor = cho_factor(free, lower=True)
        inverse = cho_solve(factor, np.eye(count))
        told = inverse @ away
        outer = 0.5 * (inverse - np.outer(told, told))
        slopes = [np.einsum("eij,ij->e", effects, (outer * same).astype(np.float32)) for same in weights]
        gradient = np.append((variance * np.array(slopes)).ravel(), values[-1] * (np.diag(outer) * own).sum())
        held = logs - np.log(USUAL)
        held[-1] = 0.0
        likelihood = 0.5 * away @ told + np.log(np.diag(factor[0])).sum()
        return float(likelihood + HELD * (held**2).sum()), gradient + 2 * HELD * held

    start = np.log(np.clip(np.append(settings.matrix().ravel(), settings.noise), 1e-3, 1.0))
    bounds = [(np.log(LEAST), np.log(MOST))] * (len(start) - 1) + [(np.log(0.002), np.log(0.2))]
    found = np.exp(minimize(cost, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": STEPS}).x)
    table = found[:-1].reshape(len(LEVELS), len(EFFECTS)).tolist()
    return Settings(
        {level: dict(zip(EFFECTS, row, strict=True)) for level, row in zip(LEVELS, table, strict=True)}, float(found[-1]), settings.k
    )


def main() -> None:
    """Print the variances of all that ships."""
    from tests.accuracy.train_paraselect import settings_of

    runs = pipeline.shipped_runs()
    found = fit_variances(runs, settings_of(runs))
    print(f"NOISE = {found.noise:.4f}\nVARIANCE = (")
    for row in found.matrix():
        print("    (" + ", ".join(f"{value:.4f}" for value in row) + "),")
    print(")")


if __name__ == "__main__":
    main()
