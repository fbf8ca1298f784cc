"""What a column of a table means, from its name and unit: "GPU0 memory used (MiB)" -> vram_used_gib of card 0."""

import re
from collections.abc import Iterable

import numpy as np
from msgspec import Struct

TIME_NAMES = frozenset(
    [
        "time",
        "timestamp",
        "datetime",
        "date_time",
        "ts",
        "epoch",
        "timestamp_s",
        "timestamp_sec",
        "timestamp_ms",
        "timestamp_us",
        "timestamp_ns",
        "time_s",
        "time_sec",
        "time_ms",
        "time_us",
        "time_ns",
        "elapsed",
        "elapsed_s",
        "elapsed_sec",
        "elapsed_ms",
        "relative_time",
        "relative_time_s",
        "relative_time_sec",
        "runtime_s",
        "sample_time",
        "collect_time",
        "zeit",
        "zeitstempel",
        "时间",
        "时间戳",
        "采样时间",
        "采集时间",
        "日期时间",
    ]
)
DEVICE_NAMES = frozenset(
    [
        "gpu",
        "gpu_id",
        "gpu_index",
        "index",
        "device",
        "device_id",
        "card",
        "card_id",
        "npu",
        "npu_id",
        "rank",
        "local_rank",
        "卡号",
        "设备",
        "卡",
        "gpu编号",
        "gpu号",
    ]
)

_SHARE, _SIZE, _RATE, _POWER, _TEMPERATURE, _CLOCK = "share", "size", "rate", "power", "temperature", "clock"

_RULES: tuple[tuple[str, str, str], ...] = (
    (r"system_gpu_gpu$", "gpu_utilisation", _SHARE),  # wandb's names
    (r"system_gpu_memory$", "memory_controller_busy", _SHARE),
    (r"system_gpu_memory_?allocated$", "vram_utilisation", _SHARE),
    (r"system_gpu_memory_?allocated_?bytes$", "vram_used_gib", _SIZE),
    (r"cpu.*(iowait|io_wait)|^iowait|^wa$", "cpu_iowait", _SHARE),
    (r"cpu.*(system|sys\b)|^sys$", "cpu_system", _SHARE),
    (r"^((host|system|total|node)_)?cpu_?((total|all)_?)?(util\w*|usage|percent|pct|load|利用率|使用率)|^cpu$", "cpu_utilisation", _SHARE),
    (r"(host|system|sys|ram|cpu).*mem|^ram|内存(使用|占用)", "host_memory_used_gib", _SIZE),
    (r"tensor|hmma|矩阵", "tensor_core", _SHARE),
    (r"fp64", "fp64", _SHARE),
    (r"fp32", "fp32", _SHARE),
    (r"fp16", "fp16", _SHARE),
    (r"sm_?active|smact|sm_util", "sm_active", _SHARE),
    (r"dram|(mem|vram|hbm|显存).*(bandwidth|带宽)", "vram_bandwidth", _SHARE),
    (r"utili[sz]ation_?memory|mem(ory)?_?(util|busy)|memory_controller", "memory_controller_busy", _SHARE),
    (r"显存(利用率|占用率|使用率)|(vram|fb|gpu_?mem(ory)?|memory).*(percent|pct|ratio|occupancy)", "vram_utilisation", _SHARE),
    (r"(memory|mem|vram|fb|hbm|显存).*(used|usage|占用|使用|已用)|^vram|gpu_?mem(ory)?$|显存$", "vram_used_gib", _SIZE),
    (r"pcie?.*(rx|recv|receive|in\b|read|接收)|rxpci", "pcie_rx_gbs", _RATE),
    (r"pcie?.*(tx|send|transmit|out\b|write|发送)|txpci", "pcie_tx_gbs", _RATE),
    (r"(nvlink|nvl|hccs|xgmi).*(rx|recv|receive|接收)", "nvlink_rx_gbs", _RATE),
    (r"(nvlink|nvl|hccs|xgmi).*(tx|send|transmit|发送)", "nvlink_tx_gbs", _RATE),
    (r"\b(ib|infiniband|rdma|roce)\b.*(rx|recv|rcv|receive)|^ib_r", "ib_rx_gbs", _RATE),
    (r"\b(ib|infiniband|rdma|roce)\b.*(tx|send|xmit|transmit)|^ib_t", "ib_tx_gbs", _RATE),
    (r"(disk|io|磁盘).*(read|读)", "disk_read_gbs", _RATE),
    (r"(disk|io|磁盘).*(write|写)", "disk_write_gbs", _RATE),
    (r"^(?!.*(?:limit|_cap|percent|pct|max|min|上限)).*(?:power|watt|功耗|功率)", "power_w", _POWER),
    (r"^(?!.*(?:limit|threshold|max|min|上限)).*(?:temp|温度)", "temperature_c", _TEMPERATURE),
    (r"(sm|gpu|core|graphics).*clock|sclk", "sm_clock_mhz", _CLOCK),
    (r"mem.*clock|mclk", "memory_clock_mhz", _CLOCK),
    (r"(gpu|npu|aicore|dcu).*(util|usage|busy|percent|pct|load|利用率|使用率)|utili[sz]ation_?gpu|^gpu$|^util(i[sz]ation)?$", "gpu_utilisation", _SHARE),
)  # fmt: skip

_UNITS: dict[str, dict[str, tuple[float, str]]] = {
    _SHARE: {"%": (0.01, "%"), "percent": (0.01, "%"), "pct": (0.01, "%"), "ratio": (1.0, "0..1"), "share": (1.0, "0..1")},
    _SIZE: {
        "gib": (1.0, "GiB"), "mib": (1 / 1024, "MiB"), "kib": (2.0**-20, "KiB"), "gb": (1e9 / 2**30, "GB"), "mb": (1 / 1024, "MiB"),
        "kb": (2.0**-20, "KiB"), "bytes": (2.0**-30, "B"), "byte": (2.0**-30, "B"), "b": (2.0**-30, "B"), "g": (1.0, "GiB"), "m": (1 / 1024, "MiB"),
    },
    _RATE: {
        "gb/s": (1.0, "GB/s"), "gbs": (1.0, "GB/s"), "mb/s": (1e-3, "MB/s"), "mbs": (1e-3, "MB/s"), "kb/s": (1e-6, "kB/s"), "kbs": (1e-6, "kB/s"),
        "b/s": (1e-9, "B/s"), "bytes": (1e-9, "B/s"), "bytes/s": (1e-9, "B/s"), "gbps": (0.125, "Gbit/s"), "gbit/s": (0.125, "Gbit/s"),
        "gib/s": (2**30 / 1e9, "GiB/s"), "mib/s": (2**20 / 1e9, "MiB/s"), "kib/s": (1024e-9, "KiB/s"),
    },
    _POWER: {"w": (1.0, "W"), "watt": (1.0, "W"), "watts": (1.0, "W"), "mw": (1e-3, "mW"), "kw": (1e3, "kW")},
    _TEMPERATURE: {"c": (1.0, "°C"), "°c": (1.0, "°C"), "celsius": (1.0, "°C"), "℃": (1.0, "°C")},
    _CLOCK: {"mhz": (1.0, "MHz"), "ghz": (1e3, "GHz"), "hz": (1e-6, "Hz")},
}  # fmt: skip
_OURS = {_SHARE: "", _SIZE: "GiB", _RATE: "GB/s", _POWER: "W", _TEMPERATURE: "°C", _CLOCK: "MHz"}
_LIMITS = {
    _SHARE: (0.0, 1.05), _SIZE: (0.0, 16384.0), _RATE: (0.0, 2000.0), _POWER: (0.0, 20000.0), _TEMPERATURE: (-20.0, 150.0), _CLOCK: (0.0, 10000.0),
}  # fmt: skip
LONGEST_NAME = 200
_BRACKETS = re.compile(r"[\[(（]([^\])）]*)[\])）]")
_CARD = re.compile(r"(?:gpu|npu|cuda|dcu|card|device)[ _:.#-]?(\d{1,3})|:(\d{1,3})$")


def names_time(words: Iterable[str]) -> bool:
    """Tell whether one of these heads is that of a time column."""
    return any(map(names_one_time, words))


def names_one_time(word: str) -> bool:
    """Tell whether this is the head of a time column; collectors put a tag before it: "run/timestamp"."""
    return plain(word) in TIME_NAMES or plain(word.rpartition("/")[2]) in TIME_NAMES


def known_metrics() -> tuple[str, ...]:
    """Return the metrics that a column of a table can be, by name."""
    return tuple(sorted({metric for _, metric, _ in _RULES}))


def units_of(metric: str) -> tuple[str, tuple[tuple[str, float], ...]]:
    """Return our unit of a metric ("" for a share) and the units its cells may have: (word, factor to ours) each."""
    kind = next((kind for _, name, kind in _RULES if name == metric), None)
    if kind is None:
        return "?", (("?", 1.0),)
    return _OURS[kind], tuple({word: (word, factor) for factor, word in _UNITS[kind].values()}.values())


def plausible_limits(metric: str) -> tuple[float, float] | None:
    """Return what the values of a metric lie between, in our unit, on any machine of today; None where nothing is known of it."""
    kind = next((kind for _, name, kind in _RULES if name == metric), None)
    return _LIMITS[kind] if kind else None


class Mapping(Struct, frozen=True):
    """What a column was read as. factor: to our unit; doubt: the unit or the meaning was guessed."""

    column: str
    metric: str
    unit: str
    factor: float
    read_as: str
    device: str = ""
    known: bool = True
    doubt: bool = False


def plain(name: str) -> str:
    """Return a column's name in one form: lower case, words joined by _, no unit in brackets."""
    return re.sub(r"[^\w]+", "_", _BRACKETS.sub("", name[:LONGEST_NAME]).strip().lower()).strip("_")


def map_column(column: str, values: np.ndarray, cell_unit: str = "") -> Mapping:
    """Return what a column means. values (n,) float64 settle the unit where the name does not tell it, marked as doubt.

    cell_unit  the unit behind the numbers of the cells
    """
    column = column[:LONGEST_NAME]
    told = re.sub(r"/(?:mean|avg|last)$", "", re.sub(r"^.*/(?=host/)", "", column))  # nvitop: "run/host/cpu_percent (%)/mean"
    name = plain(told)
    card = _CARD.search(told.lower())
    device = next((digits for digits in card.groups() if digits), "") if card else ""
    if device:
        name = plain(_CARD.sub("gpu", told.lower()))
    stated = [cell_unit] if cell_unit else [written.strip().lower() for written in _BRACKETS.findall(told)] + ["%"] * ("%" in told)
    found = _meaning(name, stated)
    if found is None or told.endswith(("/min", "/max")):
        return Mapping(column, re.sub(r"^\d", "_", name) or "column", "?", 1.0, "?", device, known=False)
    metric, kind = found
    if metric.startswith(("cpu_", "host_", "disk_", "ib_")):
        device = "host"
    factor, read_as, doubt = _unit([*stated, name.rpartition("_")[2]], kind, values)
    return Mapping(column, metric, _OURS[kind], factor, read_as, device, doubt=doubt)


def _meaning(name: str, stated: list[str]) -> tuple[str, str] | None:
    """Return metric and kind; a unit of another kind says that the name means something else, a share of a size among that."""
    found = next(((metric, kind) for pattern, metric, kind in _RULES if re.search(pattern, name)), None)
    if found is None:
        return None
    metric, kind = found
    kinds = {one for word in stated for one, units in _UNITS.items() if word in units}
    if kind == _SIZE and (_SHARE in kinds or re.search(r"percent|pct|ratio", name)):
        return ("vram_utilisation", _SHARE) if metric == "vram_used_gib" else None
    return found if not kinds or kind in kinds else None


def _unit(words: list[str], kind: str, values: np.ndarray) -> tuple[float, str, bool]:
    units = _UNITS[kind]
    top = float(np.nanmax(np.abs(values)))
    for word in words:
        if word in units:
            factor, read_as = units[word]
            shares = kind == _SHARE and factor != 1.0 and top <= 1.0 and top > 0 and bool((values % 1 != 0).any())
            return (1.0, "0..1", True) if shares else (factor, read_as, False)
    return _guess(kind, top)


def _guess(kind: str, top: float) -> tuple[float, str, bool]:
    if kind == _SHARE:
        return (1.0, "0..1", True) if top <= 1.0 else (0.01, "%", True)
    if kind == _SIZE:
        for limit, word in ((512, "gib"), (4e6, "mib"), (float("inf"), "bytes")):
            if top <= limit:
                return *_UNITS[_SIZE][word], True
    if kind == _RATE:
        for limit, word in ((1e3, "gb/s"), (1e6, "mb/s"), (float("inf"), "b/s")):
            if top <= limit:
                return *_UNITS[_RATE][word], True
    word = {_POWER: "w", _TEMPERATURE: "c", _CLOCK: "mhz"}[kind]
    return *_UNITS[kind][word], False
