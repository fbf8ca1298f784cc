"""Signs that lie in how series move together: checkpoints (bursts of writing while the cards wait), clocks that fall at a limit."""

import numpy as np

from app.engine.model.traces import Series, Trace
from app.engine.profiling.thresholds import thresholds
from app.engine.units import NS_PER_S

FEWEST_SAMPLES = 8
FEWEST_BURSTS = 2


def series_signs(trace: Trace, window: tuple[int, int], power_limit_w: float | None) -> dict[str, float]:
    """Return checkpoint.count .share .period_s, clock.power_drop .power_share .heat_drop .heat_share; only what is known."""
    return _checkpoints(trace, window) | _clocks(trace, window, power_limit_w)


def _by_device(trace: Trace, metric: str) -> dict[str, Series]:
    return {one.device: one for one in trace.series if one.metric == metric and one.time_ns.size}


def _cut(series: Series, window: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    keep = (series.time_ns >= window[0]) & (series.time_ns <= window[1]) & np.isfinite(series.values)
    return series.time_ns[keep], series.values[keep]


def _mean_over_devices(series: dict[str, Series], times: np.ndarray) -> np.ndarray:
    """Return the mean over devices at given times, the last sample holding on."""
    total = np.zeros(times.size)
    for one in series.values():
        values = np.nan_to_num(one.values)
        if one.time_ns.size == times.size and (one.time_ns == times).all():
            total += values
        else:
            total += values[np.maximum(np.searchsorted(one.time_ns, times, side="right") - 1, 0)]
    return total / max(len(series), 1)


def _checkpoints(trace: Trace, window: tuple[int, int]) -> dict[str, float]:
    """Return bursts of writing in which the cards do much less than usual.

    Judged on the busiest writer: count of bursts, their share of the window, the usual distance of two.
    """
    limits = thresholds().checkpoint
    writers, cards = _by_device(trace, "disk_write_gbs"), _by_device(trace, "gpu_utilisation")
    if not writers or not cards:
        return {}
    writer = max(writers.values(), key=lambda one: float(np.nansum(one.values)) if np.isfinite(one.values).any() else 0.0)
    times, rates = _cut(writer, window)
    if times.size < FEWEST_SAMPLES or rates.max() <= 0:
        return {}
    burst = rates >= limits.burst * rates.max()
    gpu = _mean_over_devices(cards, times)
    if burst.mean() > limits.rare or gpu[burst].mean() >= limits.gpu * gpu[~burst].mean():
        return {"checkpoint.count": 0.0, "checkpoint.share": 0.0}
    starts = np.flatnonzero(burst & ~np.concatenate([[False], burst[:-1]]))
    found = {"checkpoint.count": float(starts.size), "checkpoint.share": float(burst.mean())}
    if starts.size >= FEWEST_BURSTS:
        found["checkpoint.period_s"] = float(np.median(np.diff(times[starts])) / NS_PER_S)
    return found


def _cap_w(trace: Trace) -> float | None:
    """Return the power limit that the log itself tells: it may have been set below the card's own."""
    try:
        return float(trace.environment.get("power_limit_w", ""))
    except ValueError:
        return None


def _clocks(trace: Trace, window: tuple[int, int], power_limit_w: float | None) -> dict[str, float]:
    """Return how far the SM clock lies below its own usual best while a card is at its limit of power or heat; the worst card tells."""
    limits = thresholds().throttling
    power_limit_w = _cap_w(trace) or power_limit_w
    found: dict[str, float] = {}
    bounds = {"heat": ("temperature_c", limits.heat_c)}
    if power_limit_w:
        bounds["power"] = ("power_w", limits.power * power_limit_w)
    clocks = _by_device(trace, "sm_clock_mhz")
    for kind, (metric, bound) in bounds.items():
        others = _by_device(trace, metric)
        for device in clocks.keys() & others.keys():
            times, values = _cut(clocks[device], window)
            if values.size < FEWEST_SAMPLES:
                continue
            at_limit = _mean_over_devices({device: others[device]}, times) >= bound
            share = float(at_limit.mean())
            top = float(np.percentile(values, 95))
            drop = 1 - float(values[at_limit].mean()) / top if share and top > 0 else 0.0
            if drop >= found.get(f"clock.{kind}_drop", -1.0):
                found |= {f"clock.{kind}_drop": max(drop, 0.0), f"clock.{kind}_share": share}
    return found
