"""What one card of a run computes, moves and sends in a step, and how long computing takes on each card of the base.

The kind of a platform (recommending) is judged from this: counts, and times in which nothing waits for messages.
"""

import math
from collections.abc import Iterable, Sequence
from itertools import groupby

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from app.engine.messages import Message, message
from app.engine.model.kinds import CardTime, Demand, Sent
from app.engine.model.platforms import Platform
from app.engine.model.workloads import Workload
from app.engine.workload.accounting import PHASES, Exchange, StageWork, StepWork, Work
from app.engine.workload.collectives import OVERLAPS, Overlap
from app.engine.workload.families import network_of
from app.engine.workload.memory import estimate_memory
from app.engine.workload.network import Declared, Network
from app.engine.workload.rates import CARDS_PER_NODE, PEAKS, Rates, missing_fact, rates_of
from app.engine.workload.serving_time import CHUNK_TOKENS, KERNEL_S
from app.engine.workload.serving_work import Pass, pass_work
from app.engine.workload.stages import layout_of
from app.engine.workload.states import word_of
from app.engine.workload.step_time import work_of
from app.engine.workload.timing import work_seconds

TOUCHES = 5.0
"""Passes of an activation through VRAM in training: written and read forward, read again backward, its gradient written and read."""
STATE_BYTES = 28.0
"""Of a parameter that Adam's step reads and writes: gradient, master weight and two moments in, the last three and the weight out."""
PASSES = 3.0
"""Backward takes twice the FLOP of forward."""


class Counted(Struct, frozen=True, eq=False):
    """Operators of one card and how often, messages likewise (None = not known), seconds from kernel to kernel.

    fills   whether products too small to fill a card lose time by it; a server's read weights, which they do at full rate
    """

    work: list[tuple[Work, float]]
    sent: list[tuple[Exchange, float]] | None
    fixed_s: float = 0.0
    fills: bool = True


def measure_demand(workload: Workload, platforms: Sequence[Platform], hbm_gbs: float) -> Demand:
    """Return the demand of a run. hbm_gbs: VRAM bandwidth of a middling HBM card, for CardTime.at_hbm_s."""
    per = {"inference": "pass", "hpc": "unit"}.get(workload.task, "step")
    run = workload.run
    nodes = run.nodes or (math.ceil(run.gpus / CARDS_PER_NODE) if run.gpus else None)
    plain = Demand(per, alone_gib=_alone_gib(workload), cards=run.gpus, nodes=nodes)  # type: ignore[arg-type]
    if run.gpus == 1:
        plain = replace(plain, sent=())
    counted = _counted(workload)
    if isinstance(counted, Message):
        return replace(plain, unknown=counted)
    sent = plain.sent if counted.sent is None or run.gpus == 1 else _sent(counted.sent, _node_cards(workload))
    flops, moved = (sum(getattr(one, name) * times for one, times in counted.work) for name in ("flops", "bytes"))
    return replace(plain, flops=flops, moved_bytes=moved, sent=sent, times=_times(counted, workload, platforms, hbm_gbs))


def on_cards(workload: Workload, cards: int | None) -> Workload:
    """Return the run on so many cards, where its layout divides them: as many cards to a node, the batch grown with the cards."""
    run = workload.run
    each = run.tensor_parallel * run.pipeline_parallel * run.context_parallel
    if not cards or not run.gpus or cards == run.gpus or cards % each:
        return workload
    nodes = math.ceil(cards / _node_cards(workload)) if run.nodes and run.nodes > 1 else math.ceil(cards / max(CARDS_PER_NODE, run.gpus))
    batch = max(1, round(run.global_batch * cards / run.gpus)) if run.global_batch else None
    return replace(workload, run=replace(run, gpus=cards, nodes=nodes, global_batch=batch))


def _node_cards(workload: Workload) -> int:
    run = workload.run
    return max(1, run.gpus // run.nodes) if run.gpus and run.nodes else CARDS_PER_NODE


def _alone_gib(workload: Workload) -> float | None:
    """Return what one card would need that holds the whole model, with one sample or sequence at a time; an HPC code has no model."""
    if workload.task == "hpc":
        return None
    one = {"tensor_parallel": 1, "pipeline_parallel": 1, "virtual_pipeline": 1, "context_parallel": 1, "expert_parallel": 1}
    whole = {"gpus": 1, "nodes": 1, "micro_batch": 1, "zero_stage": 0, "offload": "none", "first_stage_layers": 0, "last_stage_layers": 0}
    run = replace(workload.run, **one, **whole, expert_tensor_parallel=None, sequence_parallel=False, concurrency=1)
    return estimate_memory(replace(workload, run=run)).total_gib


# Counting ---------------------------------------------------------------------------------------------------------------------------


def _counted(workload: Workload) -> Counted | Message:
    """Return the work and messages of one card, or what is missing."""
    network = network_of(workload.model)
    if isinstance(network, Message):
        return network
    if isinstance(network, Declared):
        return _of_sums(network, workload)
    if workload.task == "inference":
        return _of_server(network, workload)
    step = work_of(workload)
    return step if isinstance(step, Message) else _of_step(step)


def _of_step(step: StepWork) -> Counted:
    """The stage that computes the most, over all its micro-batches."""
    stage = max((one for one, _ in step.stages), key=lambda one: sum(one.flops(phase) for phase in PHASES))
    rounds = float(step.micro_batches)
    passes = [*((passes, count * rounds) for _, passes, count in stage.layers), (stage.ends, rounds)]
    work = [(one, times) for made, times in passes for phase in PHASES for one in made.of(phase)]
    sent = [(one, times) for made, times in passes for phase in PHASES for one in made.sent(phase)]
    work += [(one, 1.0) for one in stage.optimizer]
    return Counted(work, [*sent, *_once(stage, rounds)])


def _once(stage: StageWork, rounds: float) -> list[tuple[Exchange, float]]:
    return [*((one, rounds) for one in stage.handed), *((one, 1.0) for one in stage.closing)]


def _of_server(network: Network, workload: Workload) -> Counted | Message:
    """One token of every sequence, and the share of prefill that falls on it (as serving_time)."""
    run = workload.run
    missing = [f"[run] {key}" for key in ("concurrency", "input_len", "output_len") if not getattr(run, key)]
    missing += [] if workload.precision else ["[workload] precision"]
    if missing:
        return message("step_time.run_missing", keys=missing)
    each = run.tensor_parallel * run.pipeline_parallel * run.context_parallel
    sequences = math.ceil(run.concurrency / max(1, (run.gpus or each) // each))
    together = max(1, min(sequences, CHUNK_TOKENS // run.input_len))
    decode = pass_work(network, workload, Pass(sequences, 1, run.input_len + run.output_len / 2))
    prefill = pass_work(network, workload, Pass(together, run.input_len, run.input_len / 2))
    share = sequences / together / run.output_len
    parts = ((decode, 1.0), (prefill, share))
    work, sent = ([(one, times) for made, times in parts for one in getattr(made, name)] for name in ("work", "sent"))
    return Counted(work, sent, KERNEL_S * sum(made.kernels * times for made, times in parts), fills=False)


def _of_sums(network: Declared, workload: Workload) -> Counted | Message:
    """A network told by its sums, data parallel; an HPC code, of whose messages its sums tell nothing."""
    run = workload.run
    if workload.task == "hpc":
        flops, keys = network.fp64_flops + network.fp32_flops, ["[model] fp64_flop_per_unit", "[model] bytes_per_unit"]
        if not flops or not network.moved_bytes:
            return message("step_time.run_missing", keys=keys)
        return Counted([(Work("unit", "memory", flops, network.moved_bytes / 2, network.moved_bytes / 2, 0), 1.0)], None)
    missing = [] if run.micro_batch else ["[run] micro_batch"]
    missing += [] if workload.precision else ["[workload] precision"]
    if missing or not network.flops:
        return message("step_time.run_missing", keys=missing or ["[model] flops_per_sample"])
    samples, word, trained = run.micro_batch or 1, word_of(workload), workload.task != "inference"
    touched = network.kept_elements * samples * word * (TOUCHES if trained else 2.0)
    moved = touched + network.parameters * (STATE_BYTES if trained else word)
    work = [(Work("network", "matmul", network.flops * samples * (PASSES if trained else 1.0), moved / 2, moved / 2, 0), 1.0)]
    if not trained:
        return Counted(work, [])
    group, hides = layout_of(run).data, OVERLAPS.get(workload.engine.strip().lower(), Overlap()).data
    return Counted(work, [(Exchange("all_reduce", "data", word * network.parameters, 1, group, 1, hides), 1.0)])


# Messages ---------------------------------------------------------------------------------------------------------------------------


def _sent(exchanges: Iterable[tuple[Exchange, float]], node: int) -> tuple[Sent, ...]:
    """Return the messages of each purpose together, those that run beside computation apart."""
    kept = [(one, times) for one, times in exchanges if one.group > 1 and one.bytes and one.count and one.purpose != "host"]
    key = lambda pair: (pair[0].purpose, pair[0].overlaps)  # noqa: E731 - sorted and grouped by the same
    return tuple(_together(list(rows), node) for _, rows in groupby(sorted(kept, key=key), key))


def _together(rows: list[tuple[Exchange, float]], node: int) -> Sent:
    first = rows[0][0]
    near, far = zip(*(_on_wire(one, node) for one, _ in rows), strict=True)
    counts = [one.count * times for one, times in rows]
    return Sent(
        purpose=first.purpose,
        each_bytes=max(one.bytes for one, _ in rows),
        count=sum(counts),
        near_bytes=sum(size * count for size, count in zip(near, counts, strict=True)),
        far_bytes=sum(size * count for size, count in zip(far, counts, strict=True)),
        rounds=sum(_hops(one) * count for (one, _), count in zip(rows, counts, strict=True)),
        cards=max(one.group for one, _ in rows),
        overlaps=first.overlaps,
    )


def _hops(one: Exchange) -> float:
    return 1.0 if one.collective == "send" else math.log2(one.group)


def _on_wire(one: Exchange, node: int) -> tuple[float, float]:
    """Return (bytes of one message over links in the node, bytes that leave it for this card), as timing.exchange_seconds counts them."""
    inner = min(one.group, max(1, node // one.stride))  # members of the group that stand in one node
    share = (one.group - 1) / one.group
    if one.collective == "all_to_all":
        outside = (one.group - inner) / one.group
        return one.bytes * (share - outside), one.bytes * outside
    whole = one.bytes * {"send": 1.0, "all_reduce": 2 * share}.get(one.collective, share)
    near = whole if inner > 1 else 0.0
    return near, whole / inner if inner < one.group else 0.0  # a ring leaves the node once, over all its network cards


# Times ------------------------------------------------------------------------------------------------------------------------------


def _times(counted: Counted, workload: Workload, platforms: Sequence[Platform], hbm_gbs: float) -> tuple[CardTime, ...]:
    """Return computing on every platform whose rates are known."""
    alone = replace(workload, run=replace(workload.run, gpus=1))  # links are judged apart: a blank one does not hide the card
    known = [one for one in platforms if missing_fact(one, alone) is None or (workload.task == "hpc" and one.number("memory_bw_gbs"))]
    rates = rates_of(known, workload)
    if workload.task == "hpc":
        rates = replace(rates, products=_vector_rates(workload, known))
    if not counted.fills:
        rates = replace(rates, constants=replace(rates.constants, wave=0.0))
    operators, times = [one for one, _ in counted.work], np.array([count for _, count in counted.work])
    better = replace(rates, bandwidth=np.maximum(rates.bandwidth, hbm_gbs * 1e9 * rates.constants.bandwidth_share))
    busy, at_hbm = (work_seconds(operators, made) @ times + counted.fixed_s for made in (rates, better))
    moved = sum(one.bytes * count for one, count in counted.work) / rates.bandwidth
    unbound = replace(rates, bandwidth=np.full_like(rates.bandwidth, np.inf))
    arithmetic = work_seconds(operators, unbound) @ times
    return tuple(
        _card(platform, number, (arithmetic, moved, busy, at_hbm), rates)
        for number, platform in enumerate(known)
        if math.isfinite(busy[number])
    )


def _card(platform: Platform, number: int, seconds: Sequence[np.ndarray], rates: Rates) -> CardTime:
    arithmetic, traffic, busy, at_hbm = (float(one[number]) for one in seconds)
    links = (_gbs(column[number]) for column in (rates.link, rates.host, rates.network))
    return CardTime(platform.id, arithmetic, traffic, busy, at_hbm, *links, domain=int(rates.domain[number]))


def _gbs(rate: float) -> float | None:
    return float(rate) / 1e9 if math.isfinite(rate) else None


def _vector_rates(workload: Workload, platforms: Sequence[Platform]) -> np.ndarray:
    """FLOP/s of an HPC code on each platform, its FP64 and FP32 one after the other at the peaks of the vector units."""
    network = network_of(workload.model)
    assert isinstance(network, Declared)
    parts = ((network.fp64_flops, "fp64"), (network.fp32_flops, "fp32"))
    total = network.fp64_flops + network.fp32_flops

    def rate(platform: Platform) -> float:
        seconds = sum(flops / ((platform.number(PEAKS[name]) or math.nan) * 1e12) for flops, name in parts if flops)
        return total / seconds

    return np.array([rate(one) for one in platforms])
