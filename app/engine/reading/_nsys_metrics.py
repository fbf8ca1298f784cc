"""The sampled part of an nsys report: GPU metrics (`--gpu-metrics-devices=all`, 10 kHz) and NIC counters (`--nic-metrics=true`).

Names of metrics carry their unit: "[Throughput %]" is a share of the peak. They are averaged to at most 20 000 samples in the database.
"""

import re
import sqlite3

import numpy as np

from app.engine.model.traces import Series
from app.engine.progress import Progress
from app.engine.reading._sqlite import columns_of

MOST_SAMPLES = 20_000
LEAST_STEP_NS = 1_000_000
_SHARES = (
    (re.compile(r"^SMs? Active"), "sm_active"),
    (re.compile(r"^(?:SM )?Tensor (?:Active|Pipe)"), "tensor_core"),
    (re.compile(r"^DRAM (?:Read|Write) (?:Bandwidth|Throughput)"), "vram_bandwidth"),
    (re.compile(r"^GR Active"), "graphics_engine_active"),
    (re.compile(r"^PCIe RX Throughput"), "pcie_rx_share"),
    (re.compile(r"^PCIe TX Throughput"), "pcie_tx_share"),
    (re.compile(r"^NVLink RX (?!.*Protocol)"), "nvlink_rx_share"),
    (re.compile(r"^NVLink TX (?!.*Protocol)"), "nvlink_tx_share"),
)
_SUMMED = {"vram_bandwidth", "nvlink_rx_share", "nvlink_tx_share"}  # reads and writes, requests and responses


def series_of(database: sqlite3.Connection, tables: set[str], progress: Progress) -> list[Series]:
    """Return the series of all cards and NICs; none where nothing was sampled."""
    made: list[Series] = []
    if {"GPU_METRICS", "TARGET_INFO_GPU_METRICS"} <= tables and {"timestamp", "typeId", "metricId", "value"} <= columns_of(
        database, "GPU_METRICS"
    ):
        made += _gpu(database, progress)
    if "NET_NIC_METRIC" in tables:
        made += _nic(database, progress)
    return made


def _gpu(database: sqlite3.Connection, progress: Progress) -> list[Series]:
    names = {
        (kind, number): str(name)
        for kind, number, name in database.execute("SELECT typeId, metricId, metricName FROM TARGET_INFO_GPU_METRICS")
    }
    found: dict[tuple[str, str], tuple[np.ndarray, np.ndarray]] = {}
    for (kind, number), name in names.items():
        metric = next((ours for pattern, ours in _SHARES if pattern.search(name)), None)
        if metric is None or not isinstance(kind, int):
            continue
        progress(0.8, "reading.doing.parsing")
        times, values = _averaged(database, "GPU_METRICS", "timestamp", "value", f"typeId = {kind} AND metricId = {int(number)}")
        key = (metric, str(kind & 0xFF))
        if times.size and key in found and metric in _SUMMED:
            before, sums = found[key]
            found[key] = (before, sums + np.interp(before, times, values / 100))
        elif times.size:
            found[key] = (times, values / 100)
    return [Series(metric, device, "", times, np.clip(values, 0, 1)) for (metric, device), (times, values) in found.items()]


def _nic(database: sqlite3.Connection, progress: Progress) -> list[Series]:
    known = columns_of(database, "NET_NIC_METRIC")
    if not {"start", "end", "nameId", "value"} <= known:
        return []
    words = dict(database.execute("SELECT id, value FROM StringIds"))
    owner = "globalId" if "globalId" in known else "0"
    made = []
    for name, card in database.execute(f"SELECT DISTINCT nameId, {owner} FROM NET_NIC_METRIC").fetchall():
        told = str(words.get(name, ""))
        way = "rx" if re.search(r"received|rcv", told, re.I) else "tx" if re.search(r"sent|xmit", told, re.I) else None
        if way is None or "ytes" not in told or not isinstance(name, int) or not isinstance(card, int):
            continue
        progress(0.9, "reading.doing.parsing")
        rows = database.execute(
            f"SELECT start, end, value FROM NET_NIC_METRIC WHERE nameId = {name} AND {owner} = {card} ORDER BY start"
        ).fetchall()
        grid = np.array([row for row in rows if all(isinstance(cell, int | float) for cell in row)], np.float64).reshape(-1, 3)
        length = grid[:, 1] - grid[:, 0]
        rate = np.divide(grid[:, 2], length, out=np.full(length.shape, np.nan), where=length > 0)  # bytes per ns = GB/s
        made.append(Series(f"ib_{way}_gbs", f"nic{card & 0xFF}", "GB/s", grid[:, 0].astype(np.int64), rate))
    return made


def _averaged(database: sqlite3.Connection, table: str, time: str, value: str, where: str) -> tuple[np.ndarray, np.ndarray]:
    """Return (time_ns, means) in steps that give at most MOST_SAMPLES."""
    first, last = database.execute(f"SELECT MIN({time}), MAX({time}) FROM {table} WHERE {where}").fetchone()
    if not isinstance(first, int) or not isinstance(last, int):
        return np.empty(0, np.int64), np.empty(0)
    step = max(LEAST_STEP_NS, (last - first) // MOST_SAMPLES + 1)
    rows = database.execute(
        f"SELECT MIN({time}), AVG({value}) FROM {table} WHERE {where} GROUP BY ({time} - {first}) / {step} ORDER BY 1"
    ).fetchall()
    good = [row for row in rows if isinstance(row[1], int | float)]
    return np.array([row[0] for row in good], np.int64), np.array([row[1] for row in good], np.float64)
