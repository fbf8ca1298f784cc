"""Step times, modelled: the published rows as runs, and what the model says of each when its whole model is left out of the constants.

Megatron-LM rows (the A100 paper, SimuMax on B200) taught the constants; torchtitan's and Megatron-Bridge's only the width of the intervals.
"""

import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from msgspec import convert
from msgspec.structs import replace

from app.engine import pipeline
from app.engine.messages import Message
from app.engine.model.platforms import Fact, Platform
from app.engine.model.workloads import Workload
from app.engine.workload.rates import Constants, RateTable, rate_table
from app.engine.workload.step_time import estimate_steps
from tests.accuracy import truth

LEFT_OUT = Path(__file__).with_name("left_out_rates.toml")
"""Constants and intervals learned without each model (written by fit_rates)."""


def platform_of(row: dict[str, str]) -> Platform | None:
    """Return the platform of a row; of those that the catalogue lacks, the nearest one with what the source tells otherwise.

    torchtitan's H100 has 96 GB of HBM2e at 2.4 TB/s and 500 W: no measured rate is known of it. Its Blackwell card of 184.3 GiB, four to a
    node, is taken for a GB200.
    """
    known = pipeline.platforms_by_id()
    if row["platform"]:
        return known.get(row["platform"])
    if "HBM2e" in row["note"]:
        card = known["nvidia-h100-sxm-80gb"]
        facts = {**card.facts, "memory_bw_gbs": Fact(2400.0, "GB/s"), "achieved_bf16_tflops": Fact(None)}
        return replace(card, id="nvidia-h100-96gb-hbm2e", facts=facts)
    return known["nvidia-gb200"] if "184.3 GiB" in row["note"] else None


def run_of(row: dict[str, str]) -> Workload:
    """Return the run of a row, with what matters to its time beside its memory: the engine, 8- and 4-bit products, the micro-batch."""
    found = truth.workload_of(row)
    if "Megatron-Bridge" in row["source"]:
        found = replace(found, engine="megatron-bridge")
    if "pytorch" in row["source"]:
        found = replace(found, engine="torchtitan")
    for word, precision in (("nvfp4", "fp4"), ("fp8", "fp8")):
        if word in row["precision"]:
            found = replace(found, precision=precision)  # type: ignore[arg-type]
            break
    if found.run.micro_batch is None and "4 sequences each" in row["note"]:
        found = replace(found, run=replace(found.run, micro_batch=4))
    return found


def is_megatron(row: dict[str, str]) -> bool:
    """Tell whether a row taught the constants."""
    return "SimuMax" in row["source"] or "calculon" in row["source"]


def source_of(row: dict[str, str]) -> str:
    """Return the name of a row's source."""
    words = {"SimuMax": "SimuMax B200", "calculon": "Megatron paper A100", "Megatron-Bridge": "Megatron-Bridge H100"}
    return next((name for word, name in words.items() if word in row["source"]), "torchtitan")


@cache
def left_out_tables() -> dict[str, RateTable]:
    """Return the constants by the model that they were learned without; what facts of platforms say is the same in all."""
    whole = rate_table()
    kept = tomllib.loads(LEFT_OUT.read_text(encoding="utf-8"))
    return {
        model: replace(whole, constants=convert(one["constants"], Constants), intervals={**whole.intervals, **one["intervals"]})
        for model, one in kept.items()
    }


def told_rows() -> Iterator[tuple[str, str, str, float, float, float, float]]:
    """Yield (source, case, model, truth, predicted, low, high), each model held out."""
    tables = left_out_tables()
    for row in truth.table("step_time_truth"):
        platform = platform_of(row)
        if platform is None:
            continue
        found = estimate_steps(run_of(row), [platform], tables.get(row["model"]))[0]
        if not isinstance(found, Message):
            yield source_of(row), row["case"], row["model"], float(row["value"]), found.seconds, found.low, found.high


def rows() -> list[tuple[str, str, float, float, float, float]]:
    """Return (case, model, truth, predicted, low, high) in seconds."""
    return [one[1:] for one in told_rows()]
