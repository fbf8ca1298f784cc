"""What sysstat's activity tables tell of a host, whichever way they were written (sar text, sadf CSV, JSON or XML).

A table is known by its columns: %idle is the CPU, rkB/s a block device, rxkB/s a network interface, kbmemused the
memory. kB are 1024 bytes.
Disks are summed over whole disks: partitions, loop, dm and md devices would be counted twice.
"""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from app.engine.model.traces import Device
from app.engine.reading._channels import HOST, Channel
from app.engine.reading._sysstat import numbers

if TYPE_CHECKING:
    import pandas as pd

KB, MB = 1024 / 1e9, 1024**2 / 1e9
KIB_IN_GIB = 2**20
VIRTUAL_INTERFACES = r"lo$|veth|docker|virbr|br-|cali|flannel|tun|tap"
_VIRTUAL = re.compile(r"^(loop|dm-|md|ram|zram|fd|sr|scd)\d*|^dev(7|11|253|9)-")
_PART = re.compile(r"^((?:nvme\d+n\d+|mmcblk\d+)(?=p\d+$)|(?:[shv]d[a-z]+|xvd[a-z]+)(?=\d+$))")
_BY_NUMBER = re.compile(r"^dev8-(\d{1,3})$")
"""A disk of major 8 and its partitions have sixteen numbers."""

Maker = Callable[["pd.DataFrame", np.ndarray], list[Channel]]


def maker_for(names: tuple[str, ...]) -> Maker | None:
    """Return what turns a table of these columns into channels, None for one that feeds nothing."""
    known = set(names)
    if "%idle" in known and ("CPU" in known or "cpu" in known):
        return cpu_channels
    if "DEV" in known and {"rkB/s", "wkB/s"} <= known or "DEV" in known and {"rd_sec/s", "wr_sec/s"} <= known:
        return disk_channels
    if "IFACE" in known and "rxkB/s" in known:
        return network_channels
    return memory_channels if "kbmemused" in known else None


def cpu_channels(frame: "pd.DataFrame", times: np.ndarray) -> list[Channel]:
    """Return the share of all CPUs that works, works for the system, waits for I/O."""
    column = "CPU" if "CPU" in frame else "cpu"
    every = frame[column].isin(["all", "-1"]).to_numpy()
    rows, at = frame[every], times[every]
    wait = numbers(rows["%iowait"]) if "%iowait" in rows else np.zeros(len(rows))
    system = next((name for name in ("%sys", "%system") if name in rows), None)
    made = [Channel("cpu_utilisation", "", HOST, at, _share(100 - numbers(rows["%idle"]) - wait))]
    if system:
        made.append(Channel("cpu_system", "", HOST, at, _share(numbers(rows[system]))))
    if "%iowait" in rows:
        made.append(Channel("cpu_iowait", "", HOST, at, _share(wait)))
    return made


def _share(percent: np.ndarray) -> np.ndarray:
    return np.clip(percent / 100, 0, None)  # rounding makes −0.01


def disk_channels(frame: "pd.DataFrame", times: np.ndarray) -> list[Channel]:
    """Return what all disks together read and write, and how busy each is."""
    names = frame["DEV"].astype(str)
    whole = names.isin(whole_disks(set(names))).to_numpy()
    rows, at = frame[whole], times[whole]
    made = []
    for metric, columns in (("disk_read_gbs", ("rkB/s", "rMB/s", "rd_sec/s")), ("disk_write_gbs", ("wkB/s", "wMB/s", "wr_sec/s"))):
        column = next((name for name in columns if name in rows), None)
        if column:
            factor = MB if "MB" in column else 512 / 1e9 if "sec" in column else KB
            made.append(summed(metric, at, numbers(rows[column]) * factor))
    if "%util" in rows:
        made += busy_channels(rows["DEV"].astype(str).to_numpy(), at, numbers(rows["%util"]))
    return made


def busy_channels(names: np.ndarray, times: np.ndarray, percent: np.ndarray) -> list[Channel]:
    """Return one channel for each disk: the share of the time in which it served requests."""
    return [
        Channel(
            "disk_busy", "", Device(f"disk:{name}", "disk", str(name)), times[names == name], np.clip(percent[names == name] / 100, 0, 1)
        )
        for name in dict.fromkeys(names.tolist())
    ]


def whole_disks(names: set[str]) -> set[str]:
    """Return the names that are whole physical disks; all names where none is."""
    found = set()
    for name in names:
        part = _PART.match(name)
        number = _BY_NUMBER.match(name)
        whole = part[1] if part else f"dev8-{int(number[1]) // 16 * 16}" if number else name
        if not _VIRTUAL.match(name) and (whole == name or whole not in names):
            found.add(name)
    return found or names


def network_channels(frame: "pd.DataFrame", times: np.ndarray) -> list[Channel]:
    """Return what all real interfaces receive and send through the kernel.

    Not the InfiniBand axis, for ib0 neither: RDMA traffic passes the kernel by.
    """
    real = ~frame["IFACE"].astype(str).str.match(VIRTUAL_INTERFACES).to_numpy()
    rows, at = frame[real], times[real]
    return [summed(f"net_{way}_gbs", at, numbers(rows[f"{way}kB/s"]) * KB) for way in ("rx", "tx")] if len(rows) else []


def memory_channels(frame: "pd.DataFrame", times: np.ndarray) -> list[Channel]:
    """Return the memory of the host that is in use."""
    return [Channel("host_memory_used_gib", "GiB", HOST, times, numbers(frame["kbmemused"]) / KIB_IN_GIB)]


def summed(metric: str, times: np.ndarray, values: np.ndarray) -> Channel:
    """Return the sum over all rows of each time; missing where all of them are."""
    at, place = np.unique(times, return_inverse=True)
    good = np.isfinite(values)
    total = np.bincount(place[good], values[good], at.size).astype(np.float64)
    total[np.bincount(place[good], minlength=at.size) == 0] = np.nan
    return Channel(metric, "GB/s", HOST, at, total)
