"""How much of a platform's speed its software decides, as far as measured runs can tell it from the hardware.

By stack. Beside the reference vendor (the one with most cards measured in the class, whose software counts as 1), the learned model tells
for each stack what a card gives per data-sheet rate: card and software together. Where the vendor was measured beside the reference in two
or more stacks of the class, the mean over its cards in a stack is told as its software, what a card is beside that mean as its hardware;
card and software together are their product. What all stacks of a vendor have in common may still be hardware that the data sheet
overstates: that share no measurement of speed can tell. With one stack the two are not separable, and only the product is given.

On the same card. Where one card ran one workload with two versions or engines, the ratio of speeds is software alone.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from app.engine.model.corrections import Software
from app.engine.model.measurements import MeasuredRun
from app.engine.model.platforms import Platform
from app.engine.paraselect.contrasts import Contrasts, contrasts
from app.engine.paraselect.corrected_rates import HALF, LEAST_HALF, corrections_of
from app.engine.paraselect.features import groups_of, rated_precision
from app.engine.paraselect.known_runs import throughput
from app.engine.paraselect.learned import Z90, Learned
from app.engine.paraselect.measured_cards import MeasuredCards, measured_cards, sources_of, stated_precision

FEWEST_STACKS = 2
FEWEST_PAIRS = 2
MOST_VERSIONS = 4


def software_of(
    learned: Learned,
    k: Mapping[str, tuple[float, float]],
    runs: Sequence[MeasuredRun],
    platforms: Mapping[str, Platform],
    kinds: Sequence[str] = (),
) -> tuple[Software, ...]:
    """Return what is known of software, by class, vendor and stack, and of single cards under other software.

    kinds  the classes that are wanted, () = all
    """
    cards = measured_cards(runs, platforms)
    found: list[Software] = []
    for kind in kinds or cards.kinds():
        found += _by_stack(learned, kind, k.get(kind, HALF), cards, platforms)
    return (*found, *(one for one in same_card(runs, platforms) if not kinds or one.kind in kinds))


def _by_stack(
    learned: Learned, kind: str, k: tuple[float, float], cards: MeasuredCards, platforms: Mapping[str, Platform]
) -> list[Software]:
    vendors = Counter(platforms[name].vendor_en for name in cards.of_kind(kind))
    if not vendors:
        return []
    reference = vendors.most_common(1)[0][0]
    stacks: dict[str, list[MeasuredRun]] = defaultdict(list)
    for run in cards.runs_of(kind):
        if run.framework:
            stacks[groups_of(run).stack].append(run)
    shared = {name: _beside(runs, reference, platforms) for name, runs in stacks.items()}
    counts = Counter(vendor for name in shared for vendor in {platforms[run.platform].vendor_en for run in shared[name]})
    found = []
    for _name, runs in sorted(shared.items()):
        for vendor in sorted({platforms[run.platform].vendor_en for run in runs} - {reference}):
            parted = counts[vendor] >= FEWEST_STACKS
            found += _of_stack(_Asked(kind, vendor, reference, runs, parted), learned, k, cards, platforms)
    return found


class _Asked(msgspec.Struct, frozen=True):
    """One vendor in one stack. runs: of the cases that hold the vendor or others beside the reference."""

    kind: str
    vendor: str
    reference: str
    runs: list[MeasuredRun]
    parted: bool


def _beside(runs: Sequence[MeasuredRun], reference: str, platforms: Mapping[str, Platform]) -> list[MeasuredRun]:
    """Return the runs of cases in which the reference vendor was measured too."""
    held = {run.case for run in runs if platforms[run.platform].vendor_en == reference}
    return [run for run in runs if run.case in held]


def _of_stack(
    asked: _Asked, learned: Learned, k: tuple[float, float], cards: MeasuredCards, platforms: Mapping[str, Platform]
) -> list[Software]:
    own = [run for run in asked.runs if platforms[run.platform].vendor_en == asked.vendor]
    example = Counter(stated_precision(run) for run in own).most_common(1)[0][0]
    in_stack = next(run for run in own if stated_precision(run) == example)
    anchors = cards.of_kind(asked.kind)
    groups = groups_of(msgspec.structs.replace(in_stack, workload=""))
    told = contrasts(
        learned.hierarchy, groups, rated_precision(in_stack), cards.gpus(asked.kind), [platforms[name] for name in anchors], anchors
    )
    mine = sorted({run.platform for run in own} & set(told.ids))
    others, siblings = ([name for name in told.ids if platforms[name].vendor_en == vendor] for vendor in (asked.reference, asked.vendor))
    if not mine or not others:
        return []
    width, found = learned.width("several"), []
    software = _interval(told, siblings, others, k, width) if asked.parted else (None, None, None)
    for name in mine:
        factor, low, high = _interval(told, [name], others, k, width)
        hardware = _interval(told, [name], siblings, k, width) if asked.parted and len(siblings) > 1 else (None, None, None)
        on_card = [run for run in own if run.platform == name]
        found.append(
            Software(
                name, asked.kind, "stack", _stack_name(own), asked.reference, factor, low, high,
                len({run.workload or run.case for run in on_card}), len({run.case for run in on_card}),
                *software, *hardware, _versions(on_card), "; ".join(sources_of(on_card)),
            )
        )  # fmt: skip
    return found


def _interval(
    told: Contrasts, one: Sequence[str], other: Sequence[str], k: tuple[float, float], width: float
) -> tuple[float, float, float]:
    corrections = corrections_of(told, k)
    mine, theirs = told.weights(one), told.weights(other)
    middle = float((mine - theirs) @ corrections)
    half = max(LEAST_HALF, Z90 * width * told.deviation(mine, theirs))
    return math.exp(middle), math.exp(middle - half), math.exp(middle + half)


def same_card(runs: Sequence[MeasuredRun], platforms: Mapping[str, Platform]) -> tuple[Software, ...]:
    """Return the speeds of one card under other software over those under the first, the same workload and settings; medians."""
    told: dict[tuple[object, ...], dict[str, MeasuredRun]] = defaultdict(dict)
    for run in runs:
        if run.speed is not None and run.gpus is not None and run.framework and run.workload and run.platform in platforms:
            told[_settings(run)].setdefault(run.framework, run)
    pairs: dict[tuple[str, str, str, str], list[tuple[float, MeasuredRun]]] = defaultdict(list)
    for by_framework in told.values():
        names = sorted(by_framework)
        for before, after in zip(names, names[1:], strict=False):
            one, other = by_framework[before], by_framework[after]
            ratio = throughput(other, other.speed or 0.0) / throughput(one, one.speed or 1.0)
            pairs[one.platform, before, after, groups_of(one).kind].append((math.log(ratio), other))
    return tuple(_pair(key, found) for key, found in sorted(pairs.items()) if len(found) >= FEWEST_PAIRS)


def _pair(key: tuple[str, str, str, str], found: Sequence[tuple[float, MeasuredRun]]) -> Software:
    platform, before, after, kind = key
    logs = np.array([ratio for ratio, _ in found])
    low, middle, high = np.quantile(logs, [0.05, 0.5, 0.95]).tolist()
    low, high = min(low, middle - LEAST_HALF), max(high, middle + LEAST_HALF)
    runs = [run for _, run in found]
    factor = (math.exp(middle), math.exp(low), math.exp(high))
    return Software(
        platform, kind, "same_card", after, before, *factor, len({run.workload for run in runs}), len(runs), *factor,
        versions=(before, after), source="; ".join(sources_of(runs)),
    )  # fmt: skip


def _settings(run: MeasuredRun) -> tuple[object, ...]:
    """Return all that two runs must share for their speeds to differ by software alone."""
    alike = (run.source, run.workload, run.task, run.phase, run.platform, run.gpus, run.precision, run.parallelism, run.interconnect)
    served = tuple(run.extra.get(name) for name in ("quantity", "input_len", "output_len", "concurrency"))
    return (*alike, run.seq_len, run.micro_batch, run.global_batch, run.unit, *served)


def _stack_name(runs: Sequence[MeasuredRun]) -> str:
    """Return the stack as most runs name it, without version and brackets."""
    names = Counter(" ".join(_words(run.framework)) or run.framework for run in runs)
    return names.most_common(1)[0][0]


def _words(framework: str) -> list[str]:
    words = framework.partition("(")[0].split()
    return [word for word in words if not any(letter.isdigit() for letter in word) or word == words[0]]


def _versions(runs: Sequence[MeasuredRun]) -> tuple[str, ...]:
    return tuple(name for name, _ in Counter(run.framework for run in runs).most_common(MOST_VERSIONS))
