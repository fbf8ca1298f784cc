"""The boxed table of `npu-smi info` and the blocks of `npu-smi info -t usages` as records, one per chip and tick."""

import re
from typing import TYPE_CHECKING

import numpy as np

from app.engine.reading._blank_columns import PLACE

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = {
    "gpu_utilisation": "",
    "tensor_core": "",
    "vram_used_gib": "GiB",
    "vram_utilisation": "",
    "vram_bandwidth": "",
    "power_w": "W",
    "temperature_c": "°C",
}
HEADING = re.compile(rb"^[ \t]*\|[ \t]*npu-smi[ \t]+\d|^[ \t]*\|[ \t]*NPU[ \t]+(?:Name|ID[ \t]*\|)", re.MULTILINE)
USAGES = re.compile(rb"^[ \t]*(?:Aicore|HBM|DDR|NPU) (?:Usage Rate|Utilization)\(%\)[ \t]*:", re.MULTILINE | re.IGNORECASE)
_VALUE = rb"([\d.]{1,12}|-|NA|N/A)"
_FIRST = (
    rb"^[ \t]*\|[ \t]*(\d{1,3})(?:[ \t]*\|)?[ \t]+([A-Za-z0-9][\w.\- ]{0,40}?)[ \t]*\|[ \t]*[\w-]{1,16}[ \t]*\|[ \t]*"
    + _VALUE
    + rb"[ \t]+"
    + _VALUE
    + rb"[ \t][^\n]{0,200}\n"
)
_PAIR = _VALUE + rb"[ \t]*/[ \t]*" + _VALUE
_ENTRY = re.compile(
    _FIRST
    + rb"[ \t]*\|[ \t]*(\d{0,3})[ \t]*\d{0,3}[ \t]*\|(?:[ \t]*\|)?[ \t]*[0-9A-Fa-f:.NA/]{2,20}[ \t]*\|[ \t]*"
    + _VALUE
    + rb"[ \t]+"
    + _PAIR
    + rb"(?:[ \t]+"
    + _PAIR
    + rb")?",
    re.MULTILINE,
)
_FIRST_LINE = re.compile(_FIRST, re.MULTILINE)
_KEY = re.compile(r"^[ \t]*([A-Za-z][\w /()%.-]{1,60}?)[ \t]*:[ \t]*(\S{1,40})", re.MULTILINE)
_USAGE: dict[str, tuple[str, ...]] = {
    "gpu_utilisation": ("npu utilization(%)", "aicore usage rate(%)"),
    "tensor_core": ("aicube usage rate(%)",),
    "vram_utilisation": ("hbm usage rate(%)", "ddr usage rate(%)", "memory usage rate(%)"),
    "vram_bandwidth": ("hbm bandwidth usage rate(%)", "ddr bandwidth usage rate(%)", "memory bandwidth usage rate(%)"),
    "power_w": ("npu real-time power(w)", "power dissipation(w)"),
    "temperature_c": ("temperature (c)", "temperature(c)"),
    "total_gib": ("hbm capacity(mb)", "ddr capacity(mb)", "memory capacity(mb)"),
}


def table_records(text: bytes, skipped: dict[str, int]) -> "pd.DataFrame | None":
    """Return the cards of all tables: of memory the HBM where there is any, else the card's other memory."""
    import pandas as pd

    found = list(_ENTRY.finditer(text))
    lost = len(_FIRST_LINE.findall(text)) - len(found)
    if lost > 0:
        skipped["skipped.bad_row"] = skipped.get("skipped.bad_row", 0) + lost
    if not found:
        return None
    cells = np.array([[_number(one) for one in match.group(1, 3, 4, 5, 6, 7, 8, 9, 10)] for match in found])
    npu, power, heat, chip, load, memory_used, memory_total, hbm_used, hbm_total = cells.T
    own = np.nan_to_num(hbm_total) > 0
    used, total = np.where(own, hbm_used, memory_used), np.where(own, hbm_total, memory_total)
    share = np.divide(used, total, out=np.full(used.shape, np.nan), where=np.nan_to_num(total) > 0)
    return pd.DataFrame(
        {
            "npu": npu,
            "chip": np.nan_to_num(chip),
            "name": [one[2].decode("utf-8", "replace").strip() for one in found],
            PLACE: [one.start() for one in found],
            "gpu_utilisation": load * 0.01,
            "vram_used_gib": used / 1024,
            "vram_utilisation": share,
            "power_w": power,
            "temperature_c": heat,
            "total_gib": total / 1024,
        }
    )


def usage_records(text: bytes) -> "pd.DataFrame | None":
    """Return the chips of all blocks. "Chip ID" closes a chip's values where the command asked for a whole NPU, else opens them."""
    import pandas as pd

    records: list[dict[str, float | str]] = []
    values: dict[str, str] = {}
    npu, chip, place = 0, 0, 0

    def close(number: int) -> None:
        if values:
            records.append({"npu": npu, "chip": number, "name": "", PLACE: place, **_usage(values)})
            values.clear()

    for found in _KEY.finditer(text.decode("latin-1")):  # one letter per byte, so that places are those of the bytes
        key, value = found[1].lower(), found[2]
        if key == "npu id":
            close(chip)
            npu, chip, place = _small(value), 0, found.start()
        elif key == "chip id":
            if values:
                close(_small(value))
                place = found.end()
            else:
                chip = _small(value)
        elif key in _KNOWN:
            if key in values:
                close(chip)
                place = found.start()
            values[key] = value
    close(chip)
    return pd.DataFrame(records) if records else None


_KNOWN = frozenset(key for keys in _USAGE.values() for key in keys)


def _usage(values: dict[str, str]) -> dict[str, float]:
    found = {}
    for metric, keys in _USAGE.items():
        number = next((_number(values[key].encode()) for key in keys if key in values), float("nan"))
        found[metric] = number / 1024 if metric == "total_gib" else number * (0.01 if COLUMNS[metric] == "" else 1.0)
    return found


def _number(cell: bytes | None) -> float:
    try:
        return float(cell or b"nan")
    except ValueError:
        return float("nan")


def _small(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 4 else 0
