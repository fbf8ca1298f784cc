"""Many cards: which ones fall behind the others and for how long, and each node in a line.

A card is judged against the median of all cards at the same time, by the robust spread of that moment (median absolute deviation), so that
neither a common slow phase nor a few bad cards hide another. Cards that did nothing all along take no part: they are spare, not slow.
"""

from collections.abc import Sequence

import numpy as np

from app.engine.model.profiles import NodeSummary, Statistic, Straggler, TimeShares
from app.engine.model.traces import Series, Trace
from app.engine.profiling.thresholds import thresholds
from app.engine.units import NS_PER_S

MAD_TO_DEVIATION = 1.4826
SUMMARISED = ("gpu_utilisation", "sm_active", "power_w", "temperature_c", "sm_clock_mhz", "vram_utilisation", "vram_used_gib")
WAITING = "communication_share"
FEWEST_BINS = 3


def find_stragglers(trace: Trace, window: tuple[int, int], shares: Sequence[TimeShares] = ()) -> tuple[Straggler, ...]:
    """Return the cards that fell behind, the worst (relative to the median) first, each by every metric that shows it.

    shares  time shares by card: in collectives the last one to come waits least, so a card with far less time in them is the slow one
    """
    limits = thresholds().cluster
    spare = _spare_cards(trace, window)
    found: list[Straggler] = []
    for metric, below in limits.below.items():
        cards = [one for one in trace.series if one.metric == metric and one.time_ns.size and one.device not in spare]
        if len(cards) >= limits.cards:
            found += _behind(metric, below, cards, window)
    found += _waited_for(shares, limits.cards)
    return tuple(sorted(found, key=lambda one: one.value / one.median if one.median else 0.0))


def _spare_cards(trace: Trace, window: tuple[int, int]) -> set[str]:
    idle = thresholds().busy.idle_gpu
    series = [one for one in trace.series if one.metric == "gpu_utilisation" and one.time_ns.size]
    means = _binned(series, window, 1)[:, 0] if series else np.empty(0)
    return {one.device for one, mean in zip(series, means.tolist(), strict=True) if mean < idle}


def _behind(metric: str, below: float, cards: Sequence[Series], window: tuple[int, int]) -> list[Straggler]:
    """Return the cards of one metric that lie below the median by `below` of it, and out of the others' spread, long enough."""
    limits = thresholds().cluster
    count = _bin_count(cards, window)
    table = _binned(cards, window, count)
    table = table[:, np.isfinite(table).sum(axis=0) >= limits.cards]
    if table.shape[1] < FEWEST_BINS:
        return []
    middle = np.nanmedian(table, axis=0)
    spread = MAD_TO_DEVIATION * np.nanmedian(np.abs(table - middle), axis=0)
    behind = (table < middle * (1 - below)) & (table < middle - limits.deviations * spread)
    shares = behind.mean(axis=1)
    bin_s = (window[1] - window[0]) / count / NS_PER_S
    found = []
    for place in np.flatnonzero((shares >= limits.sustained) & (behind.sum(axis=1) >= FEWEST_BINS)).tolist():
        known = np.isfinite(table[place])
        mean, median = float(table[place][known].mean()), float(middle[known].mean())
        found.append(Straggler(cards[place].device, metric, mean, median, float(behind[place].sum() * bin_s)))
    return found


def _bin_count(cards: Sequence[Series], window: tuple[int, int]) -> int:
    """Return into how many pieces the window is cut: never finer than the samples of the slowest series."""
    limits = thresholds().cluster
    samples = int(np.median([np.count_nonzero((one.time_ns >= window[0]) & (one.time_ns <= window[1])) for one in cards]))
    by_time = int((window[1] - window[0]) / NS_PER_S / limits.shortest_bin_s)
    return max(min(limits.bins, samples, max(by_time, min(samples, 2 * FEWEST_BINS))), 1)


def _binned(cards: Sequence[Series], window: tuple[int, int], count: int) -> np.ndarray:
    """Return (cards, count) the mean of each series in each piece of the window, nan where it has no known sample."""
    edges = np.linspace(window[0], window[1] + 1, count + 1).astype(np.int64)
    table = np.full((len(cards), count), np.nan)
    for row, one in enumerate(cards):
        place = np.searchsorted(one.time_ns, edges)
        values = one.values[place[0] : place[-1]]
        if not values.size:
            continue
        known = np.isfinite(values)
        if not known.all():
            values = np.where(known, values, 0.0)
        # a running sum and not reduceat, which gives a neighbour's value for an empty piece
        sums = np.concatenate([[0.0], np.cumsum(values)])[place - place[0]]
        counts = (place if known.all() else np.concatenate([[0], np.cumsum(known)])[place - place[0]]).astype(float)
        with np.errstate(invalid="ignore", divide="ignore"):
            table[row] = np.diff(sums) / np.diff(counts)
    return table


def _waited_for(shares: Sequence[TimeShares], fewest: int) -> list[Straggler]:
    """Return the cards that spend much less time in collectives than the others: those wait, this one works."""
    cards = [one for one in shares if one.device]
    if len(cards) < fewest:
        return []
    limits = thresholds().cluster
    values = np.array([one.communication for one in cards])
    middle = float(np.median(values))
    spread = MAD_TO_DEVIATION * float(np.median(np.abs(values - middle)))
    below = limits.below.get(WAITING, 1.0)
    late = (middle - values > below) & (values < middle - limits.deviations * spread)
    return [Straggler(cards[place].device, WAITING, float(values[place]), middle) for place in np.flatnonzero(late).tolist()]


def summarise_nodes(trace: Trace, statistics: Sequence[Statistic]) -> tuple[NodeSummary, ...]:
    """Return a line per node and metric over the means of its cards ("node3:5" is a card of "node3"); none for a single node."""
    cards = {device.id for device in trace.devices if device.kind == "gpu"}
    groups: dict[tuple[str, str], list[tuple[str, float]]] = {}
    for row in statistics:
        if row.metric in SUMMARISED and row.mean is not None and row.device and (not cards or row.device in cards):
            groups.setdefault((row.metric, node_of(row.device)), []).append((row.device, row.mean))
    nodes = {node for _, node in groups}
    if len(nodes) < 2:  # noqa: PLR2004
        return ()
    order = sorted(groups, key=lambda key: (SUMMARISED.index(key[0]), *_natural(key[1])))
    return tuple(_summary(metric, node, groups[metric, node]) for metric, node in order)


def _summary(metric: str, node: str, cards: Sequence[tuple[str, float]]) -> NodeSummary:
    values = np.array([value for _, value in cards])
    worst = int(values.argmax() if metric == "temperature_c" or metric.startswith("vram") else values.argmin())
    return NodeSummary(node, len(cards), metric, float(values.mean()), float(values.std()), cards[worst][0], float(values[worst]))


def node_of(device: str) -> str:
    """Return the node of a card by its id, "" where the id names none ("5", "rank1:0")."""
    node, colon, _ = device.rpartition(":")
    return node if colon and not node.removeprefix("rank").isdigit() else ""


def _natural(name: str) -> tuple[str, int]:
    """Return a key that sorts node2 before node10."""
    stem = name.rstrip("0123456789")
    return stem, int(name[len(stem) :] or 0)
