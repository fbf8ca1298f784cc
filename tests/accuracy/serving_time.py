"""Serving times, modelled, against the measured points that ship: `python -m tests.accuracy.serving_time` prints how far they are off."""

import csv
import math
from collections.abc import Iterator

import numpy as np

from app.engine import pipeline
from app.engine.messages import Message
from app.engine.model.workloads import Model, RunParameters, Workload, normalise_precision
from app.engine.paths import platform_db_folder
from app.engine.workload import load_presets
from app.engine.workload.serving_time import serving_time

Row = tuple[str, str, str, float, float]


def rows() -> Iterator[Row]:
    """Yield (quantity and kind, case, model, measured, modelled) of every point whose model is in the library: seconds, tokens/s."""
    shapes: dict[str, Model] = {name.lower().replace("meta-", ""): one.model for one in load_presets() for name in (one.name, *one.also)}
    platforms = pipeline.platforms_by_id()
    with (platform_db_folder() / "measured" / "serving.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            model, platform = shapes.get(row["model"].lower()), platforms.get(row["platform"])
            if model is None or platform is None:
                continue
            found = serving_time(_run(row, model), platform)
            if isinstance(found, Message):
                continue
            told = (
                (f"each_{found.kind}", "tpot_ms", found.each_s * 1e3),
                (f"served_{found.kind}", "throughput_tokens_s", found.tokens_per_s),
            )
            yield from ((name, row["case"], row["model"], float(row[key]), value) for name, key, value in told if row[key])


def _run(row: dict[str, str], model: Model) -> Workload:
    def number(key: str, otherwise: int = 0) -> int:
        return int(float(row[key])) if row[key] else otherwise

    gpus = number("gpus", 1)
    run = RunParameters(
        platform=row["platform"],
        gpus=gpus,
        tensor_parallel=number("tensor_parallel", gpus),
        pipeline_parallel=number("pipeline_parallel", 1),
        expert_parallel=number("expert_parallel", 1),
        input_len=number("input_len"),
        output_len=number("output_len"),
        concurrency=number("concurrency") or number("batch", 1),
        kv_dtype=row["kv_dtype"],
    )
    return Workload("t", "inference", normalise_precision(row["precision"]) or "bf16", engine=row["engine"].lower(), model=model, run=run)


def main() -> None:
    """Print the points of log(measured / modelled) that step_rates.toml holds."""
    found: dict[str, list[float]] = {}
    for kind, _, _, measured, modelled in rows():
        found.setdefault(kind, []).append(math.log(measured / modelled))
    for kind, logs in sorted(found.items()):
        low, middle, high = np.quantile(logs, (0.05, 0.5, 0.95))
        print(f"# {len(logs)} rows, median {math.exp(middle):.2f}\n{kind}_low = {low:.2f}\n{kind}_high = {high:.2f}")


if __name__ == "__main__":
    main()
