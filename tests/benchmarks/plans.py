"""All platforms × 1-1024 cards × every way of billing, enumerated: python -m tests.benchmarks.plans.

Prints the CPU time, and beside it that of asking cost.py for each option in turn, of which a part is timed.
"""

import time

import numpy as np

from app.engine import pipeline
from app.engine.known import cost_terms
from app.engine.model.plans import PlanPoint, Price
from app.engine.model.quantities import Quantity
from app.engine.model.requirements import Requirement
from app.engine.model.workloads import RunParameters, Workload
from app.engine.plan_curves import speed_curves
from app.engine.selecting import make_selection
from app.engine.selecting.cost import cost_of

BILLINGS = ("card-hour", "node-hour", "month", "purchase")
PART = 40
WORKLOAD = Workload("w", "pretrain", run=RunParameters(seq_len=4096, global_batch=1024, tensor_parallel=2))


def main() -> None:
    """Print options, time, ratio."""
    platforms = pipeline.platforms_by_id()
    speeds = np.linspace(5e4, 2e5, len(platforms))
    points = [
        PlanPoint(name, 64, Quantity(speed, "tokens/s", speed * 0.8, speed * 1.25, "estimated", "fitted"), "higher")
        for name, speed in zip(platforms, speeds.tolist(), strict=True)
    ]
    prices = [
        Price(name, name, "", "card", 8, billing, 20.0 + number, "CNY", 0.06, available_cards=512)  # type: ignore[arg-type]
        for number, name in enumerate(platforms)
        for billing in BILLINGS
    ]
    wish, terms = Requirement(work="300e9 tokens", duration_days=90.0, budget=3e6), cost_terms()
    given = {
        "assessments": (),
        "requirement": wish,
        "workload": WORKLOAD,
        "platforms": platforms,
        "terms": terms,
        "include_restricted": True,
    }
    times = []
    for _ in range(5):
        started = time.process_time()
        found = make_selection(points, prices, curves=speed_curves(points, WORKLOAD, platforms), **given)
        times.append(time.process_time() - started)
    started = time.process_time()
    for price in prices[:PART]:
        for gpus in range(1, 1025, 8):
            cost_of(price, gpus, 30.0)
    one_by_one = (time.process_time() - started) * 8 * len(prices) / PART
    assert found.options is not None
    print(f"{len(platforms)} platforms, {len(prices)} price rows, {found.options.counted} options, {found.options.feasible} feasible")
    print(f"enumerated, plans and front included: {1e3 * min(times):.0f} ms (median {1e3 * sorted(times)[2]:.0f} ms)")
    print(f"cost.py for each option in turn: {one_by_one / min(times):.0f} times as long")


if __name__ == "__main__":
    main()
