"""Short names of DCGM fields as `dcgmi dmon` heads its columns, what they are with us, and the numbers of `-e`."""

import re
from typing import TYPE_CHECKING

import numpy as np

from app.engine.messages import message
from app.engine.reading._blank_columns import numbers
from app.engine.reading._prometheus import without_blanks
from app.engine.reading._rows import Column, with_occupancy

if TYPE_CHECKING:
    import pandas as pd

_BYTES_IN_GB = 1e-9
FIELDS: dict[str, tuple[str, str, float]] = {
    "GRACT": ("graphics_engine_active", "", 1.0),
    "SMACT": ("sm_active", "", 1.0),
    "SMOCC": ("sm_occupancy", "", 1.0),
    "TENSO": ("tensor_core", "", 1.0),
    "DRAMA": ("vram_bandwidth", "", 1.0),
    "FP64A": ("fp64", "", 1.0),
    "FP32A": ("fp32", "", 1.0),
    "FP16A": ("fp16", "", 1.0),
    "PCITX": ("pcie_tx_gbs", "GB/s", _BYTES_IN_GB),
    "PCIRX": ("pcie_rx_gbs", "GB/s", _BYTES_IN_GB),
    "NVLTX": ("nvlink_tx_gbs", "GB/s", _BYTES_IN_GB),
    "NVLRX": ("nvlink_rx_gbs", "GB/s", _BYTES_IN_GB),
    "GPUTL": ("gpu_utilisation", "", 0.01),
    "MCUTL": ("memory_controller_busy", "", 0.01),
    "FBUSD": ("vram_used_gib", "GiB", 1 / 1024),
    "FBUSP": ("vram_utilisation", "", 1.0),
    "POWER": ("power_w", "W", 1.0),
    "TMPTR": ("temperature_c", "°C", 1.0),
    "SMCLK": ("sm_clock_mhz", "MHz", 1.0),
    "MMCLK": ("memory_clock_mhz", "MHz", 1.0),
}
STAND_INS = {"THMMA": "TENSO"}
"""A part of the tensor pipe for the whole, where the whole was not asked for: estimated."""
_LINKS = (("NVLTX", re.compile(r"NVL?\d{1,2}T|NVL\d{1,2}TX?")), ("NVLRX", re.compile(r"NVL?\d{1,2}R|NVL\d{1,2}RX?")))
_NUMBERS = {
    **dict(enumerate(["GRACT", "SMACT", "SMOCC", "TENSO", "DRAMA", "FP64A", "FP32A", "FP16A", "PCITX", "PCIRX", "NVLTX", "NVLRX"], 1001)),
    **{1013: "TIMMA", 1014: "THMMA", 1015: "TDFMA", 1016: "INTAC", 203: "GPUTL", 204: "MCUTL", 155: "POWER", 150: "TMPTR"},
    **{250: "FBTTL", 251: "FBFRE", 252: "FBUSD", 254: "FBUSP", 100: "SMCLK", 101: "MMCLK", 140: "MMTMP"},
}


def names_of_command(text: bytes) -> list[str]:
    """Return the column names that `-e 1001,1002,…` of the command line in front asks for, [] without one."""
    found = re.search(rb"dcgmi[ \t]+dmon\b[^\n]{0,400}?-e[ \t]*(\d{1,5}(?:,\d{1,5}){0,60})", text[:65536])
    return [_NUMBERS.get(int(number), f"F{number.decode()}") for number in found[1].split(b",")] if found is not None else []


def columns_of(frame: "pd.DataFrame", skipped: dict[str, int]) -> tuple[list[Column], np.ndarray | None]:
    """Return what the columns measure, DCGM's blanks as missing, and (n,) the memory of the card in GiB where it is told."""
    values = {str(name): without_blanks(numbers(frame, name), skipped) for name in frame.columns if _is_known(str(name))}
    for total, links in _LINKS:
        parts = [found for name, found in values.items() if links.fullmatch(name)]
        if total not in values and parts:
            known = np.isfinite(parts)
            values[total] = np.where(known.any(axis=0), np.where(known, parts, 0.0).sum(axis=0), np.nan)
    columns = [Column(metric, unit, values[name] * factor) for name, (metric, unit, factor) in FIELDS.items() if name in values]
    for part, whole in STAND_INS.items():
        if part in values and whole not in values:
            metric, unit, factor = FIELDS[whole]
            told = message("reading.stand_in", column=part, metric=message(f"proposing.metric.{metric}"))
            columns.append(Column(metric, unit, values[part] * factor, "estimated", told=told))
    total_mib = values.get("FBTTL")
    if total_mib is None and "FBUSD" in values and "FBFRE" in values:
        total_mib = values["FBUSD"] + values["FBFRE"]
    total = total_mib / 1024 if total_mib is not None else None
    return with_occupancy(columns, total), total


def _is_known(name: str) -> bool:
    return name in FIELDS or name in STAND_INS or name in ("FBTTL", "FBFRE") or any(links.fullmatch(name) for _, links in _LINKS)
