"""From columns to Series: sort, drop what is no sample, keep count of it."""

from collections.abc import Iterable

import numpy as np

from app.engine.model.quantities import State
from app.engine.model.traces import Series
from app.engine.reading._times import MISSING

# No link of a card moves more than this in one direction: twice PCIe 6.0 x16, and NVLink 5 with a margin.
MOST_GBS = {"pcie_rx_gbs": 256.0, "pcie_tx_gbs": 256.0, "nvlink_rx_gbs": 2000.0, "nvlink_tx_gbs": 2000.0}


def split_by_device(devices: np.ndarray) -> Iterable[tuple[object, np.ndarray]]:
    """Yield (device, indices of its rows) in order of the devices."""
    if devices.size and devices.min() >= 0 and devices.max() < 2**15:
        devices = devices.astype(np.int16)  # numpy sorts 16 bits by radix, ten times as fast
    order = np.argsort(devices, kind="stable")
    if not devices.size:
        return
    ordered = devices[order]
    starts = np.concatenate([[0], np.flatnonzero(ordered[1:] != ordered[:-1]) + 1])
    yield from zip(ordered[starts].tolist(), np.split(order, starts[1:]), strict=True)


def make_series(
    metric: str, device: str, unit: str, time_ns: np.ndarray, values: np.ndarray, skipped: dict[str, int], state: State = "measured"
) -> Series | None:
    """Return one series in order of time, None where nothing was measured; impossible values become nan and are counted."""
    keep = time_ns != MISSING
    if not keep.all():
        time_ns, values = time_ns[keep], values[keep]
    values = values.astype(np.float64, copy=True)
    found = clean_values(metric, unit, values, skipped)
    if not found:
        return None
    if time_ns.size > 1 and (np.diff(time_ns) < 0).any():
        order = np.argsort(time_ns, kind="stable")
        time_ns, values = time_ns[order], values[order]
    return Series(metric, device, unit, time_ns, values, state)


def clean_values(metric: str, unit: str, values: np.ndarray, skipped: dict[str, int]) -> bool:
    """Make impossible values nan in place, count them and the missing ones; tell whether any value is left."""
    wrong = ~np.isfinite(values)
    if wrong.all():
        return False
    impossible = ~wrong & ((values < 0) | (values > _ceiling(metric, unit)))
    if impossible.any():
        values[impossible] = np.nan
        skipped["skipped.impossible"] = skipped.get("skipped.impossible", 0) + int(impossible.sum())
        if not np.isfinite(values).any():
            return False
    if wrong.any():
        skipped["skipped.no_value"] = skipped.get("skipped.no_value", 0) + int(wrong.sum())
    return True


def _ceiling(metric: str, unit: str) -> float:
    if metric in MOST_GBS:
        return MOST_GBS[metric]
    return 1.5 if unit == "" else 1e12  # a share may exceed 1 by rounding, never by half
