"""How far one recording has to be moved so that its curves agree with another's: normalised cross-correlation by FFT.

Each lag is judged on the samples that overlap there (Padfield, "Masked object registration in the Fourier domain", IEEE Trans. Image
Process. 21 (2012) 2706-2718, in one dimension), so that different lengths and gaps do no harm.
"""

from itertools import product
from typing import NamedTuple

import numpy as np

from app.engine.model.traces import Events, Trace

MOST_SAMPLES = 2**17
LEAST_OVERLAP = 20
SURE = 0.6
"""Confidence from which an offset is applied."""
_MOST_DEVICES = 16
_DISTINCT = 0.3
_ACTIVITY = ("gpu_utilisation", "sm_active", "graphics_engine_active", "tensor_core", "power_w")
_BUSY_STEP_NS = 10_000_000
_ON_DEVICE = ("kernel", "memcpy", "collective")


class Agreement(NamedTuple):
    """offset_ns: what to add to the moved trace's times so that they count from the other's origin. confidence: 0..1."""

    offset_ns: int
    confidence: float
    metric: str


class Signal(NamedTuple):
    """Curves of one metric: (times int64 ns, values) per device."""

    metric: str
    curves: tuple[tuple[np.ndarray, np.ndarray], ...]
    step_ns: float


def best_agreement(reference: Trace, moved: Trace) -> Agreement | None:
    """Return the surest offset over the metrics that both have (or that both rise with the load), None where they have none."""
    ours, theirs = signals_of(reference), signals_of(moved)
    pairs = [(ours[metric], theirs[metric]) for metric in ours.keys() & theirs.keys()]
    if not pairs:
        pairs = [(ours[one], theirs[other]) for one, other in product(_ACTIVITY, _ACTIVITY) if one in ours and other in theirs]
    found = [agreement for pair in sorted(pairs, key=lambda pair: pair[0].metric) if (agreement := agree(*pair)) is not None]
    return max(found, key=lambda agreement: agreement.confidence, default=None)


def signals_of(trace: Trace) -> dict[str, Signal]:
    """Return the curves of a trace by metric; how busy the devices were comes from the events where no series tells it."""
    found: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {}
    for series in trace.series:
        if series.time_ns.size >= LEAST_OVERLAP and series.device != "host" and len(found.get(series.metric, [])) < _MOST_DEVICES:
            found.setdefault(series.metric, []).append((series.time_ns, series.values))
    if trace.events is not None and "gpu_utilisation" not in found:
        busy = busy_curve(trace.events)
        if busy is not None:
            found["gpu_utilisation"] = [busy]
    steps = {metric: float(np.median([np.median(np.diff(times)) for times, _ in curves])) for metric, curves in found.items()}
    return {metric: Signal(metric, tuple(curves), steps[metric]) for metric, curves in found.items() if steps[metric] > 0}


def busy_curve(events: Events) -> tuple[np.ndarray, np.ndarray] | None:
    """Return times and the busy share of all devices together, None for a trace without device events or too short for a curve."""
    kinds = [number for number, name in enumerate(events.categories) if name in _ON_DEVICE]
    chosen = np.isin(events.category, kinds)
    if not chosen.any():
        return None
    start, duration = events.start_ns[chosen], events.duration_ns[chosen]
    span = int((start + duration).max())
    step = max(_BUSY_STEP_NS, span // MOST_SAMPLES)
    busy = np.bincount(start // step, np.minimum(duration, step), span // step + 1)
    if busy.size < LEAST_OVERLAP:
        return None
    return np.arange(busy.size, dtype=np.int64) * step, np.minimum(busy / step, len(events.devices))


def agree(one: Signal, other: Signal) -> Agreement | None:
    """Return the lag at which two signals agree best, None where they are too short or flat."""
    spans = [max(int(times[-1]) for times, _ in signal.curves) for signal in (one, other)]
    step = max(one.step_ns, other.step_ns, max(spans) / MOST_SAMPLES, 1.0)
    a, b = (_on_grid(signal, step) for signal in (one, other))
    if min(np.isfinite(a).sum(), np.isfinite(b).sum()) < LEAST_OVERLAP:
        return None
    lags, scores, overlap = _scores(a, b)
    if not np.isfinite(scores).any():
        return None
    best = int(np.nanargmax(scores))
    confidence = _confidence(scores, overlap, best)
    return Agreement(int(round(float(lags[best]) * step)), confidence, other.metric)


def _on_grid(signal: Signal, step: float) -> np.ndarray:
    """Return the mean over devices at 0, step, 2 step … ns; nan outside."""
    last = max(int(times[-1]) for times, _ in signal.curves)
    grid = np.arange(int(last / step) + 1) * step
    total, count = np.zeros(grid.size), np.zeros(grid.size)
    for times, values in signal.curves:
        good = np.isfinite(values)
        if good.sum() < LEAST_OVERLAP:
            continue
        curve = np.interp(grid, times[good], values[good], np.nan, np.nan)
        known = np.isfinite(curve)
        total[known] += curve[known]
        count += known
    return np.divide(total, count, out=np.full(grid.size, np.nan), where=count > 0)


def _scores(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return lags of b against a, the correlation of what overlaps (nan: too little or flat), and how many samples overlap."""
    size = 1 << int(a.size + b.size - 1).bit_length()
    a, b = (signal - np.nanmean(signal) for signal in (a, b))
    here, there = (np.isfinite(signal).astype(float) for signal in (a, b))
    a, b = np.nan_to_num(a), np.nan_to_num(b)
    fa, faa, fm = (np.fft.rfft(signal, size) for signal in (a, a * a, here))
    gb, gbb, gm = (np.conj(np.fft.rfft(signal, size)) for signal in (b, b * b, there))

    def correlated(f: np.ndarray, g: np.ndarray) -> np.ndarray:
        whole = np.fft.irfft(f * g, size)
        return np.concatenate([whole[size - (b.size - 1) :], whole[: a.size]])

    overlap = np.round(correlated(fm, gm))
    with np.errstate(invalid="ignore", divide="ignore"):
        sum_a, sum_b = correlated(fa, gm), correlated(fm, gb)
        spread_a = correlated(faa, gm) - sum_a**2 / overlap
        spread_b = correlated(fm, gbb) - sum_b**2 / overlap
        scores = (correlated(fa, gb) - sum_a * sum_b / overlap) / np.sqrt(spread_a * spread_b)
        floor_a, floor_b = 1e-3 * a.var() * overlap, 1e-3 * b.var() * overlap
    least = max(LEAST_OVERLAP, min(a.size, b.size) // 2)
    scores[(overlap < least) | ~(spread_a > floor_a) | ~(spread_b > floor_b)] = np.nan
    return np.arange(-(b.size - 1), a.size), scores, overlap


def _confidence(scores: np.ndarray, overlap: np.ndarray, best: int) -> float:
    """Return the peak's height times how far it stands above the next one (a repeating load agrees at many lags) and above chance."""
    peak = float(scores[best])
    low = np.flatnonzero(~(scores > peak / 2))
    before, after = low[low < best], low[low > best]
    others = np.concatenate([scores[: before[-1] + 1] if before.size else [], scores[after[0] :] if after.size else []])
    chance = float(np.sqrt(2 * np.log(max(scores.size, 2)) / overlap[best]))
    second = max(float(np.nanmax(others)) if np.isfinite(others).any() else 0.0, chance, 0.0)
    return float(np.clip(peak, 0, 1) * np.clip((peak - second) / _DISTINCT, 0, 1))
