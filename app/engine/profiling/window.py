"""The busy part of a run: idle head and tail are cut, as interface.md defines it."""

import numpy as np

from app.engine.model.traces import Events, Series, Trace

ON_DEVICE = ("kernel", "memcpy", "memset", "collective")


def busy_window(trace: Trace, idle: float, *, whole: bool) -> tuple[int, int]:
    """Return (start, end) in ns from the trace's origin; the whole trace where nothing tells how busy the cards were."""
    everything = (0, max(trace.duration_ns, 0))
    if whole:
        return everything
    series = [one for one in trace.series if one.metric == "gpu_utilisation"]
    busy = [one.time_ns[one.values >= idle] for one in series]
    moments = np.concatenate(busy) if busy else np.empty(0, np.int64)
    if moments.size:
        step = max((typical_step_ns(one) for one in series), default=0)
        return int(moments.min()), min(int(moments.max()) + step, max(everything[1], int(moments.max())))
    on_device = device_events(trace.events) if trace.events is not None else np.empty(0, np.int64)
    if trace.events is not None and on_device.size:
        start, end = trace.events.start_ns[on_device], trace.events.start_ns[on_device] + trace.events.duration_ns[on_device]
        return int(start.min()), int(end.max())
    return everything


def typical_step_ns(series: Series) -> int:
    """Return the usual distance of two samples, 0 for a single one."""
    return int(np.median(np.diff(series.time_ns))) if series.time_ns.size > 1 else 0


def device_events(events: Events) -> np.ndarray:
    """Return the indices of the events that keep a card busy."""
    wanted = np.array([category in ON_DEVICE for category in events.categories], bool)
    return np.flatnonzero(wanted[events.category]) if wanted.size else np.empty(0, np.int64)


def inside(series: Series, window: tuple[int, int]) -> np.ndarray:
    """Return the known values of a series inside the window."""
    values = series.values[(series.time_ns >= window[0]) & (series.time_ns <= window[1])]
    return values[np.isfinite(values)]
