"""Counted work on effective rates: seconds of operators, messages, stages, a step. Every array has one element per platform."""

import math
from collections.abc import Iterable, Sequence

import numpy as np
from msgspec import Struct

from app.engine.workload.accounting import KINDS, PHASES, Exchange, Passes, StageWork, StepWork, Work
from app.engine.workload.rates import Rates

HIDDEN_SHARE = 0.9
"""Of messages that run beside computation: the rest waits for its first and last piece."""


class Seconds(Struct, frozen=True, eq=False):
    """Seconds of a step on each platform, part by part.

    work      by kind of operator, of all micro-batches of the slowest stage; waited: by purpose of the messages that nothing hides
    bubble    in which the slowest stage waits for the others; model_flops: what the mathematics needs, of all cards
    """

    work: dict[str, np.ndarray]
    waited: dict[str, np.ndarray]
    bubble: np.ndarray
    total: np.ndarray


def work_seconds(work: Sequence[Work], rates: Rates) -> np.ndarray:
    """Return (platforms, operators): the longer of arithmetic and traffic, a share of the shorter, and the launches."""
    flops, moved, launches = (np.array(column) for column in zip(*((one.flops, one.bytes, one.launches) for one in work), strict=True))
    attends = np.array([one.kind == "attention" for one in work])
    results = np.array([one.shape[0] * one.shape[1] or np.inf for one in work])
    filled = 1 / (1 + rates.constants.wave / results)
    speed = np.where(attends, rates.attention[:, None], rates.products[:, None] * filled)
    arithmetic, traffic = flops / speed, moved / rates.bandwidth[:, None]
    shorter, longer = np.minimum(arithmetic, traffic), np.maximum(arithmetic, traffic)
    return longer + rates.constants.unhidden * shorter + launches * rates.constants.gap_us * 1e-6


def exchange_seconds(one: Exchange, rates: Rates) -> np.ndarray:
    """Return (platforms,) seconds of these messages.

    A ring moves (n - 1) / n of the bytes, an all-reduce twice that; all-to-all the same share of a card's buffer. Within the fabric at its
    rate, else over the host link; across nodes at what the network cards of the group's members in a node bring together.
    """
    if one.purpose == "host":
        return one.bytes * one.count / rates.host
    if one.group <= 1:
        return np.zeros_like(rates.link)
    inner = np.clip(np.floor(rates.node / one.stride), 1, one.group)  # members of the group that stand in one node
    far = inner < one.group
    near = np.where(((inner - 1) * one.stride < rates.domain) & (rates.link != 0), rates.link, rates.host)
    ring = np.where(far, np.where(inner > 1, np.minimum(near, inner * rates.network), rates.network), near)
    share = (one.group - 1) / one.group
    if one.collective == "all_to_all":
        outside = (one.group - inner) / one.group
        seconds = one.bytes * np.where(far, outside / rates.network + (share - outside) / near, share / near)
    elif one.collective == "send":
        seconds = one.bytes / np.where(far, rates.network, near)
    else:
        seconds = one.bytes * share * (2 if one.collective == "all_reduce" else 1) / ring
    hops = 1.0 if one.collective == "send" else math.log2(one.group)
    return one.count * (seconds + hops * rates.constants.link_latency_us * 1e-6)


class _Load(Struct, eq=False):
    """Seconds of one micro-batch on one stage: by kind, by purpose, and by phase what computation hides."""

    work: dict[str, np.ndarray]
    waited: dict[str, np.ndarray]
    phases: dict[str, np.ndarray]

    @property
    def total(self) -> np.ndarray:
        return sum(self.work.values()) + sum(self.waited.values())  # type: ignore[return-value]


def _passes(passes: Passes, count: float, rates: Rates, load: _Load) -> None:
    for phase in PHASES:
        work = passes.of(phase)
        busy = np.zeros_like(rates.products)
        if work:
            seconds = work_seconds(work, rates)
            busy = seconds.sum(axis=1)
            for kind in KINDS:
                chosen = [number for number, one in enumerate(work) if one.kind == kind]
                if chosen:
                    load.work[kind] = load.work.get(kind, 0.0) + count * seconds[:, chosen].sum(axis=1)
        load.phases[phase] = load.phases.get(phase, 0.0) + count * busy
        _wait(passes.sent(phase), busy, count, rates, load.waited)


def _wait(sent: Iterable[Exchange], busy: np.ndarray, count: float, rates: Rates, waited: dict[str, np.ndarray]) -> None:
    """Add what computation does not hide of these messages: all of those that stand alone; of the others what outlasts it."""
    left = busy
    for one in sent:
        seconds = exchange_seconds(one, rates)
        if one.overlaps:
            hidden = np.minimum(HIDDEN_SHARE * seconds, left)
            left, seconds = left - hidden, seconds - hidden
        waited[one.purpose] = waited.get(one.purpose, 0.0) + count * seconds


def stage_load(stage: StageWork, rates: Rates) -> _Load:
    """Return one micro-batch of a stage."""
    load = _Load({}, {}, {})
    for _, passes, count in stage.layers:
        _passes(passes, count, rates, load)
    _passes(stage.ends, 1, rates, load)
    for one in stage.handed:
        load.waited[one.purpose] = load.waited.get(one.purpose, 0.0) + exchange_seconds(one, rates)
    return load


def step_seconds(step: StepWork, rates: Rates) -> Seconds:
    """Return a step: the slowest stage's micro-batches one after the other, the bubble, then gradients, optimizer and weights.

    One forward, one backward (1F1B): the slowest stage waits once for a micro-batch of every other stage; interleaved in v chunks for a
    v-th of it (Narayanan et al. 2021, arXiv:2104.04473, section 2.2).
    """
    loads = [(stage_load(stage, rates), count) for stage, count in step.stages]
    totals = np.array([load.total for load, _ in loads])
    counts = np.array([count for _, count in loads])
    slowest = totals.argmax(axis=0)
    bubble = ((totals * counts[:, None]).sum(axis=0) - totals.max(axis=0)) / max(1, step.layout.virtual)
    work: dict[str, np.ndarray] = {}
    waited: dict[str, np.ndarray] = {}
    for number, (load, _) in enumerate(loads):
        chosen = slowest == number
        for into, parts in ((work, load.work), (waited, load.waited)):
            for name, seconds in parts.items():
                into[name] = into.get(name, 0.0) + np.where(chosen, seconds, 0.0) * step.micro_batches
    _close(step, loads, rates, work, waited)
    total = sum(work.values()) + sum(waited.values()) + bubble
    return Seconds(work, waited, bubble, total)


def _close(
    step: StepWork, loads: list[tuple[_Load, int]], rates: Rates, work: dict[str, np.ndarray], waited: dict[str, np.ndarray]
) -> None:
    """Add the end of the step, of the stage where it takes longest: stages close side by side."""
    ends = []
    for (stage, _), (load, _) in zip(step.stages, loads, strict=True):
        sent: dict[str, np.ndarray] = {}
        _wait(stage.closing, load.phases["backward"], 1, rates, sent)
        optimizer = work_seconds(stage.optimizer, rates).sum(axis=1)
        ends.append((sent, optimizer))
    sums = np.array([optimizer + sum(sent.values()) for sent, optimizer in ends])
    longest = sums.argmax(axis=0)
    for number, (sent, optimizer) in enumerate(ends):
        chosen = longest == number
        work["optimizer"] = work.get("optimizer", 0.0) + np.where(chosen, optimizer, 0.0)
        for purpose, seconds in sent.items():
            waited[purpose] = waited.get(purpose, 0.0) + np.where(chosen, seconds, 0.0)
