"""Time of serving from the workload model alone: first token, every further one, and the throughput of a number of sequences at once."""

import math

from msgspec import Struct

from app.engine.messages import Message, message
from app.engine.model.platforms import Platform
from app.engine.model.workloads import Workload
from app.engine.workload.families import network_of
from app.engine.workload.network import Network
from app.engine.workload.rates import Rates, missing_fact, rates_of
from app.engine.workload.serving_work import Pass, PassWork, pass_work
from app.engine.workload.timing import exchange_seconds, work_seconds

KERNEL_S = 4e-6
"""From one kernel to the next where the pass is a captured graph, as servers run it."""
CHUNK_TOKENS = 8192
"""Of one prefill pass, in which several short inputs go together: the default of vLLM, SGLang and TensorRT-LLM."""


class ServingTime(Struct, frozen=True):
    """Seconds of the first token of one input alone and of each further token of `sequences` at once; tokens per second given out.

    floor_s bytes of a decoding pass at the full rate of the VRAM: no pass is quicker
    bound   what holds a decoding pass up: "memory" or "compute"; kind: of the intervals in step_rates.toml
    """

    first_s: float
    each_s: float
    floor_s: float
    tokens_per_s: float
    sequences: int
    bound: str
    kind: str


def serving_time(workload: Workload, platform: Platform) -> ServingTime | Message:
    """Return the times of a served model on a platform, or why they cannot be told.

    Sequences come and go evenly: while B are decoded, one is prefilled every n / B passes and holds the others up for that long.
    """
    network, run = network_of(workload.model), workload.run
    if isinstance(network, Message):
        return network
    if not isinstance(network, Network):
        return message("step_time.family", family=network.family)
    keys = ("input_len", "output_len")
    missing = [f"[run] {key}" for key in keys if not getattr(run, key)] + ([] if workload.precision else ["[workload] precision"])
    if missing:
        return message("step_time.run_missing", keys=missing)
    unknown = missing_fact(platform, workload)
    if unknown is not None:
        return unknown
    rates, each = rates_of([platform], workload), run.tensor_parallel * run.pipeline_parallel * run.context_parallel
    copies = max(1, (run.gpus or each) // each)
    sequences = max(1, math.ceil((run.concurrency or 1) / copies))
    alone, _ = _seconds(pass_work(network, workload, Pass(1, run.input_len, run.input_len / 2)), rates)
    together = max(1, min(sequences, CHUNK_TOKENS // run.input_len))
    chunk, _ = _seconds(pass_work(network, workload, Pass(together, run.input_len, run.input_len / 2)), rates)
    decoding = pass_work(network, workload, Pass(sequences, 1, run.input_len + run.output_len / 2))
    decode, bound = _seconds(decoding, rates)
    floor = sum(part.bytes for part in decoding.work) / float(rates.bandwidth[0]) * rates.constants.bandwidth_share
    token = decode + chunk / together * sequences / run.output_len
    return ServingTime(
        alone + decode,
        decode,
        min(floor, decode),
        copies * sequences / token,
        sequences * copies,
        bound,
        "sparse" if network.layers[-1].experts else "dense",
    )


def _seconds(one: PassWork, rates: Rates) -> tuple[float, str]:
    work = work_seconds(one.work, rates)
    sent = sum(float(exchange_seconds(part, rates)[0]) for part in one.sent)
    traffic = sum(part.bytes for part in one.work) / float(rates.bandwidth[0])
    total = float(work.sum())
    return total + sent + one.kernels * KERNEL_S, "memory" if traffic > total / 2 else "compute"
