"""What the timing view draws of a trace: one channel per metric, its curves as pyramids, its statistics, which device is worst."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.engine.model.traces import Series, Trace
from app.engine.progress import Progress, no_progress
from app.gui.widgets.heat import HeatMap
from app.gui.widgets.pyramid import CHUNK, Pyramid
from app.gui.widgets.samples import Samples, Told, statistics

ORDER = (
    "gpu_utilisation", "tensor_core", "sm_active", "vram_bandwidth", "memory_controller_busy", "vram_used_gib", "nvlink_rx_gbs",
    "nvlink_tx_gbs", "pcie_rx_gbs", "pcie_tx_gbs", "ib_rx_gbs", "ib_tx_gbs", "disk_read_gbs", "disk_write_gbs", "cpu_utilisation",
    "cpu_system", "cpu_iowait", "power_w", "temperature_c", "sm_clock_mhz",
)  # fmt: skip
TELLING = (
    ("gpu_utilisation",), ("tensor_core", "sm_active"), ("vram_bandwidth", "memory_controller_busy"),
    ("nvlink_rx_gbs", "nvlink_tx_gbs", "ib_rx_gbs", "pcie_rx_gbs"), ("cpu_system", "cpu_iowait", "cpu_utilisation"),
)  # fmt: skip
HIGH_IS_WORST = ("vram_used_gib", "vram_utilisation", "power_w", "temperature_c", "cpu_system", "cpu_iowait", "host_memory_used_gib")
SPEEDS = ("gpu_utilisation", "tensor_core", "sm_active", "graphics_engine_active", "sm_clock_mhz")
FEWEST_SHOWN, MOST_CURVES = 4, 6
AT_ONCE = 200_000
"""So many samples are prepared while the page is built (about 10 ms); more of them in the background."""


class Channel:
    """One metric of a run. `prepare` must have run before curves and statistics are asked for; it may run on another thread."""

    def __init__(self, metric: str, series: Sequence[Series]) -> None:
        self.metric, self.series = metric, tuple(series)
        self.unit = series[0].unit or "%"
        self.state = "estimated" if any(one.state == "estimated" for one in series) else series[0].state
        self.is_share = not series[0].unit
        self.scale = 100.0 if self.is_share else 1.0
        self.devices = tuple(one.device for one in series)
        self.count = sum(len(one.time_ns) for one in series)
        self.is_ready = False
        self.samples: tuple[Samples, ...] = ()
        self.whole: Told | None = None

    def prepare(self, progress: Progress = no_progress) -> None:
        """Build what drawing needs: a pyramid of the mean and of each device where these are few, sums by block, the heat map."""
        if self.is_ready:
            return
        self.samples = tuple(Samples(one.time_ns, one.values) for one in self.series)
        progress(0.3, "page_profile.job.curves")
        self.mean = Pyramid(*_mean(self.series, self.scale))
        progress(0.5, "page_profile.job.curves")
        few = 1 < len(self.series) <= MOST_CURVES
        self.curves = tuple(Pyramid(one.time_ns, one.values * self.scale) for one in self.series) if few else ()
        progress(0.7, "page_profile.job.curves")
        self.heat = HeatMap(self.samples, self.devices) if len(self.series) > 1 else None
        last = max(int(one.time_ns[-1]) for one in self.series)
        self.whole = self.statistics(0, last, exact=True)
        self.top = 100.0 if self.is_share else _nice_top(max([self.mean.highest, *(curve.highest for curve in self.curves)]))
        self.decimals = 1 if self.is_share else int(np.clip(2 - np.floor(np.log10(max(self.top, 1e-6))), 0, 4))
        self.is_ready = True

    def statistics(self, start_ns: int, end_ns: int, *, exact: bool = False, devices: Sequence[int] = ()) -> Told | None:
        """Return the statistics of a stretch over all devices, or over some of them by place; None where no sample fell."""
        chosen = [self.samples[place] for place in devices] if devices else self.samples
        told = statistics(chosen, start_ns, end_ns, exact=exact)
        return told and Told(told.mean * self.scale, told.p95 * self.scale, told.maximum * self.scale, told.is_rough)

    def worst(self, start_ns: int, end_ns: int) -> int | None:
        """Return the place of the device that is worst on the mean of a stretch; None for a single one or where nothing is known."""
        totals = [one.total(*one.places(start_ns, end_ns)) for one in self.samples]
        means = np.array([total / count if count else np.nan for total, count, _highest in totals])
        if len(means) < 2 or np.isnan(means).all():
            return None
        return int(np.nanargmax(means) if self.metric in HIGH_IS_WORST else np.nanargmin(means))

    @property
    def worst_word(self) -> str:
        """The word for the worst device: slowest, highest or lowest."""
        return "highest" if self.metric in HIGH_IS_WORST else "slowest" if self.metric in SPEEDS else "lowest"


def channels_of(trace: Trace) -> tuple[Channel, ...]:
    """Return the channels of a trace, the telling ones first."""
    found: dict[str, list[Series]] = {}
    for one in trace.series:
        if len(one.time_ns) > 1:
            found.setdefault(one.metric, []).append(one)
    places = {metric: place for place, metric in enumerate(ORDER)}
    return tuple(Channel(metric, found[metric]) for metric in sorted(found, key=lambda metric: (places.get(metric, 99), metric)))


def telling(channels: Sequence[Channel]) -> tuple[str, ...]:
    """Return the metrics that are shown at first: the first of each kind that was recorded, filled up to FEWEST_SHOWN."""
    known = [channel.metric for channel in channels]
    chosen = [next(metric for metric in kind if metric in known) for kind in TELLING if any(metric in known for metric in kind)]
    more = [metric for metric in known if metric not in chosen]
    return (*chosen, *more[: max(0, FEWEST_SHOWN - len(chosen))])


def _mean(series: Sequence[Series], scale: float) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the mean over devices, at the times of the device that was sampled most; a device counts where it was recorded."""
    times = max(series, key=lambda one: len(one.time_ns)).time_ns
    means = np.empty(len(times), np.float32)
    for at in range(0, len(times), CHUNK):
        piece = times[at : at + CHUNK]
        total, count = np.zeros(len(piece)), np.zeros(len(piece), np.int32)
        for one in series:
            values = _on(one, times, piece, at)
            good = np.isfinite(values)
            total += np.where(good, values, 0)
            count += good
        np.divide(total * scale, count, out=total, where=count > 0)
        means[at : at + CHUNK] = np.where(count > 0, total, np.nan)
    return times, means


def _on(series: Series, times: NDArray[np.int64], piece: NDArray[np.int64], at: int) -> NDArray[np.floating]:
    """Return a series at the times of a piece, between its samples by a straight line."""
    if series.time_ns is times or np.array_equal(series.time_ns[at : at + len(piece)], piece):
        return series.values[at : at + len(piece)]
    return np.interp(piece, series.time_ns, series.values, left=np.nan, right=np.nan)


def _nice_top(highest: float) -> float:
    """Return the round number that an axis ends at."""
    if not np.isfinite(highest) or highest <= 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(highest))
    return float(next(step * power for step in (1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10) if step * power >= highest))
