"""What measured servers teach about the modelled ones: a correction by kind of model and stack, and the same model's own runs.

    log(measured / modelled time of a token) = base + sparse · [has experts] + split · log2(cards of a copy) + family of the platform

platform_db/serving_rates.toml holds it, learned from platform_db/measured/serving.csv. Where that table holds the same model on the same
platform in the same precision, what is left of its runs moves the estimate too, the more the nearer they are.
"""

import csv
import math
import tomllib
from collections.abc import Sequence
from functools import cache

from msgspec import Struct, convert
from msgspec.structs import replace

from app.engine.messages import Message
from app.engine.model.platforms import Platform
from app.engine.model.workloads import Model, RunParameters, Workload, normalise_precision
from app.engine.paths import platform_db_folder
from app.engine.workload.serving_time import ServingTime, serving_time

PULL = 2.0
"""Near runs that weigh as much as the correction of the class."""
OTHER_ENGINE = 0.5
IMPOSSIBLE = 0.4
"""Of the modelled time of a pass bound by memory, at least half of it traffic at 85 % of the data sheet's rate: no card reads that fast."""
SHAPE = ("layers", "hidden", "kv_heads", "experts")


class Correction(Struct, frozen=True):
    """Of log times; see the head of the file. families: by Platform.family, 0 where none was measured."""

    base: float
    sparse: float
    split: float
    families: dict[str, float] = {}


class ServingRates(Struct, frozen=True):
    """platform_db/serving_rates.toml. token: of every token; first: of the first one.

    intervals   90 % ends of log(measured / told): dense, sparse, other (a family that was not measured), transferred, first
    """

    token: Correction
    first: Correction
    intervals: dict[str, float]


class Times(Struct, frozen=True):
    """Modelled seconds: of a token with the inputs that are prefilled between, of the first token with the wait for a running pass."""

    token: float
    first: float


class Evidence(Struct, frozen=True):
    """One measured point. residual: log(measured / modelled) of a token's time; near: what distance is told by; case: of the table."""

    case: str
    engine: str
    near: tuple[float, float, float]
    residual: float


@cache
def serving_rates() -> ServingRates:
    """Return what was learned, read once."""
    return convert(tomllib.loads((platform_db_folder() / "serving_rates.toml").read_text(encoding="utf-8")), ServingRates)


def split_of(run: RunParameters) -> int:
    """Return the cards that share one copy of the model."""
    return run.tensor_parallel * run.pipeline_parallel * run.context_parallel


def copies_of(run: RunParameters) -> int:
    """Return the copies that serve side by side."""
    return max(1, (run.gpus or 1) // split_of(run))


def modelled_times(time: ServingTime, run: RunParameters) -> Times:
    """Return the times that a user sees. An input finds a pass half done, and of the share of time that goes to inputs half a queue."""
    token = time.sequences / time.tokens_per_s
    inputs = (token - time.each_s) * run.output_len  # of all sequences of a copy, one after the other
    share = (token - time.each_s) / token
    return Times(token, time.first_s + time.each_s / 2 + share * inputs / 2)


def corrected(correction: Correction, workload: Workload, platform: Platform) -> float:
    """Return the log of the factor that the class is off by."""
    sparse = bool(workload.model and workload.model.experts)
    split = math.log2(split_of(workload.run))
    return correction.base + correction.sparse * sparse + correction.split * split + correction.families.get(platform.family, 0.0)


def nearness(run: RunParameters) -> tuple[float, float, float]:
    """Return what tells one load from another but for its concurrency: doublings of cards, input, output."""
    return math.log2(split_of(run)), math.log2(max(1, run.input_len)), math.log2(max(1, run.output_len))


def pulled(known: Sequence[Evidence], workload: Workload, off: float) -> tuple[float, float]:
    """Return (log factor beside `off`, weight of the runs that tell it); the same for every concurrency, so that curves keep their form."""
    mine, engine = nearness(workload.run), workload.engine.strip().lower()
    total = moved = 0.0
    for one in known:
        distance = sum((a - b) ** 2 for a, b in zip(mine, one.near, strict=True))
        weight = math.exp(-distance / 2) * (1.0 if not engine or engine == one.engine else OTHER_ENGINE)
        total += weight
        moved += weight * (one.residual - off)
    return moved / (total + PULL), total


@cache
def _table() -> tuple[dict[str, str], ...]:
    path = platform_db_folder() / "measured" / "serving.csv"
    with path.open(encoding="utf-8") as file:
        return tuple(row for row in csv.DictReader(file) if row["mode"] != "disagg" and row["input_len"] and row["output_len"])


def evidence_for(workload: Workload, platform: Platform) -> tuple[Evidence, ...]:
    """Return the shipped runs of this very model on this platform in this precision."""
    model, precision = workload.model, workload.precision or "bf16"
    if model is None:
        return ()
    found = []
    for row in _table():
        if row["platform"] == platform.id and same_shape(row, model) and same_precision(row["precision"], precision):
            told = evidence_of(row, model, platform)
            if told is not None:
                found.append(told)
    return tuple(found)


def same_shape(row: dict[str, str], model: Model) -> bool:
    """Tell whether a row's model has the shape of this one."""
    return all(int(float(row[key] or 0)) == (getattr(model, key) or 0) for key in SHAPE)


def same_precision(text: str, precision: str) -> bool:
    """Tell whether a row was measured in this precision; both 16-bit formats count as one."""
    sixteen = ("bf16", "fp16")
    own = normalise_precision(text) or "bf16"
    return own == precision or (own in sixteen and precision in sixteen)


def evidence_of(row: dict[str, str], model: Model, platform: Platform) -> Evidence | None:
    """Return what a row tells, None where the model cannot say its times or the row's cannot be: weights read faster than a card can."""
    workload = workload_of(row, model)
    time = serving_time(workload, platform)
    if isinstance(time, Message):
        return None
    measured = float(row["tpot_ms"]) / 1e3 if row["tpot_ms"] else time.sequences / float(row["throughput_tokens_s"])
    if time.bound == "memory" and time.kind == "dense" and measured < IMPOSSIBLE * time.each_s:
        return None
    residual = math.log(measured / modelled_times(time, workload.run).token)
    return Evidence(row["case"], workload.engine, nearness(workload.run), residual)


def workload_of(row: dict[str, str], model: Model) -> Workload:
    """Return the run of a row of serving.csv."""

    def number(key: str, otherwise: int) -> int:
        return int(float(row[key])) if row[key] else otherwise

    gpus = number("gpus", 1)
    run = replace(
        RunParameters(platform=row["platform"], gpus=gpus, kv_dtype=row["kv_dtype"]),
        tensor_parallel=number("tensor_parallel", gpus),
        pipeline_parallel=number("pipeline_parallel", 1),
        expert_parallel=number("expert_parallel", 1),
        input_len=number("input_len", 0),
        output_len=number("output_len", 0),
        concurrency=number("concurrency", number("batch", 1)),
    )
    precision = normalise_precision(row["precision"]) or "bf16"
    return Workload("", "inference", precision, engine=row["engine"].lower(), model=model, run=run)
