"""All options at once: every price row over card counts; what is feasible, the front of money against time, the best by objective."""

from collections.abc import Sequence

import numpy as np

from app.engine.model.options import Option, Options
from app.engine.model.plans import Price
from app.engine.model.workloads import RunParameters
from app.engine.selecting.cost import nodes_of
from app.engine.selecting.option_columns import BITS, REASONS, Columns, Row, Wanted
from app.engine.selecting.work import MONTH_SECONDS

MOST_TOLD = 40


def make_options(rows: Sequence[Row], prices: Sequence[Price], wanted: Wanted, run: RunParameters, unit: str) -> Options:
    """Return what the rows hold: counts, the front and the best of the feasible options."""
    names = Columns.__struct_fields__
    found = Columns(*(np.concatenate([getattr(row.feasible, name) for row in rows]) for name in names))
    by_bits, counted = np.sum([row.by_bits for row in rows], axis=0), sum(row.counted for row in rows)
    every = np.arange(1 << len(REASONS))
    ruled = {reason: int(by_bits[(every & BITS[reason]) > 0].sum()) for reason in REASONS}
    ruled = {reason: count for reason, count in ruled.items() if count}
    if not found.gpus.size:
        return Options(counted, 0, ruled, unit=unit)
    slow = found.project_days if wanted.work else -found.speed
    front = on_front(found.money, slow)
    best = _best(found, wanted)
    shown = front if front.size <= MOST_TOLD else front[np.linspace(0, front.size - 1, MOST_TOLD).round().astype(int)]
    places = list(dict.fromkeys([*(int(place) for place in shown), *best.values()]))
    on = set(front.tolist())
    told = tuple(_option(found, place, prices, wanted, run, is_on_front=place in on) for place in places)
    return Options(
        counted,
        found.gpus.size,
        ruled,
        told,
        {name: places.index(place) for name, place in best.items()},
        int(front.size),
        unit,
    )


def on_front(money: np.ndarray, slow: np.ndarray) -> np.ndarray:
    """Return the indices, by rising money, that no other beats in both; of equals the first stays."""
    order = np.lexsort((slow, money))
    before = np.concatenate([[np.inf], np.minimum.accumulate(slow[order])[:-1]])
    return order[slow[order] < before]


def _best(found: Columns, wanted: Wanted) -> dict[str, int]:
    """Return the index of the best by each objective; of equals the cheapest."""
    money = found.money
    value = (found.speed if wanted.work is None else 1.0) / np.maximum(money, 1e-9)
    keys = {
        "fastest": found.project_days if wanted.work else -found.speed,
        "cheapest": money,
        "best_price_performance": -value,
    }
    if not np.isnan(found.risk).any():
        keys["lowest_risk"] = found.risk.round(4)
    return {name: int(np.lexsort((money, key))[0]) for name, key in keys.items()}


def _option(found: Columns, place: int, prices: Sequence[Price], wanted: Wanted, run: RunParameters, *, is_on_front: bool) -> Option:
    at = {name: getattr(found, name)[place].item() for name in Columns.__struct_fields__}
    price, gpus = prices[at["row"]], at["gpus"]
    work = wanted.work if wanted.work is not None else at["speed"] * MONTH_SECONDS
    days = (at["days"], at["project_days"]) if wanted.work else (None, None)
    return Option(
        price.platform, price.billing, price.cell, gpus, nodes_of(price, gpus), _layout(run, gpus, wanted.parallel),
        at["speed"], at["low"], at["high"], at["money"], at["money_low"], at["money_high"], *days,
        work / at["money"] if at["money"] else 0.0, at["used"], None if np.isnan(at["risk"]) else at["risk"], is_on_front,
    )  # fmt: skip


def parallel_cards(run: RunParameters) -> int:
    """Return how many cards hold one copy of the model."""
    return max(1, run.tensor_parallel or 1) * max(1, run.pipeline_parallel or 1) * max(1, run.context_parallel or 1)


def _layout(run: RunParameters, gpus: int, parallel: int) -> str:
    parts = (("TP", run.tensor_parallel), ("PP", run.pipeline_parallel), ("CP", run.context_parallel), ("DP", gpus // parallel))
    return " ".join(f"{name}{value}" for name, value in parts if value and (value > 1 or name == "DP"))
