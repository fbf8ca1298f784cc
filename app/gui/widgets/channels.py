"""What the timing view draws of a trace: one channel per metric, its mean over devices as a pyramid, its devices for the heat map."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from app.engine.model.traces import Series, Trace
from app.gui.widgets.pyramid import Pyramid

ORDER = (
    "gpu_utilisation", "tensor_core", "sm_active", "vram_bandwidth", "memory_controller_busy", "vram_used_gib", "nvlink_rx_gbs",
    "nvlink_tx_gbs", "pcie_rx_gbs", "pcie_tx_gbs", "ib_rx_gbs", "ib_tx_gbs", "disk_read_gbs", "disk_write_gbs", "cpu_utilisation",
    "cpu_system", "cpu_iowait", "power_w", "temperature_c", "sm_clock_mhz",
)  # fmt: skip
MOST_HEAT_COLUMNS = 600


class Channel:
    """One metric of a run."""

    def __init__(self, metric: str, series: list[Series]) -> None:
        self.metric, self.series = metric, series
        self.unit, self.state = series[0].unit, series[0].state
        self.is_share = not self.unit
        self.scale = 100.0 if self.is_share else 1.0

    @cached_property
    def pyramid(self) -> Pyramid:
        """The mean over devices, in percent for a share."""
        longest = max(self.series, key=lambda one: len(one.time_ns))
        rows = [np.interp(longest.time_ns, one.time_ns, one.values) for one in self.series if len(one.time_ns)]
        return Pyramid(longest.time_ns, np.mean(rows, axis=0) * self.scale)

    def statistics(self, start_ns: int, end_ns: int) -> tuple[float, float, float] | None:
        """Return (mean, p95, maximum) over all samples of all devices in [start_ns, end_ns); None where there is none."""
        parts = [one.values[slice(*np.searchsorted(one.time_ns, (start_ns, end_ns)))] for one in self.series]
        values = np.concatenate(parts) if parts else np.empty(0)
        values = values[np.isfinite(values)] * self.scale
        return (float(values.mean()), float(np.percentile(values, 95)), float(values.max())) if len(values) else None

    def heat(self, duration_ns: int) -> NDArray[np.float64]:
        """Return (devices, columns) means per cell, nan where no sample fell."""
        columns = min(MOST_HEAT_COLUMNS, max(len(one.time_ns) for one in self.series))
        grid = np.full((len(self.series), columns), np.nan)
        for place, one in enumerate(self.series):
            cell = np.minimum(one.time_ns * columns // max(1, duration_ns), columns - 1)
            good = np.isfinite(one.values)
            sums = np.bincount(cell[good], one.values[good] * self.scale, columns)
            counts = np.bincount(cell[good], minlength=columns)
            np.divide(sums, counts, out=grid[place], where=counts > 0)
        return grid


def channels_of(trace: Trace) -> list[Channel]:
    """Return the channels of a trace, the telling ones first."""
    found: dict[str, list[Series]] = {}
    for one in trace.series:
        if len(one.time_ns) > 1:
            found.setdefault(one.metric, []).append(one)
    places = {metric: place for place, metric in enumerate(ORDER)}
    return [Channel(metric, found[metric]) for metric in sorted(found, key=lambda metric: (places.get(metric, 99), metric))]
