"""The fields of `nvidia-smi --query-gpu`: which are metrics, which tell the card, and what a column without a head may be."""

import re
from collections.abc import Callable

MIB_IN_GIB = 1 / 1024
PERCENT = 0.01

METRICS: dict[str, tuple[str, str, float]] = {
    "utilization.gpu": ("gpu_utilisation", "", PERCENT),
    "utilization.memory": ("memory_controller_busy", "", PERCENT),
    "memory.used": ("vram_used_gib", "GiB", MIB_IN_GIB),
    "used_gpu_memory": ("vram_used_gib", "GiB", MIB_IN_GIB),
    "power.draw": ("power_w", "W", 1.0),
    "temperature.gpu": ("temperature_c", "°C", 1.0),
    "clocks.sm": ("sm_clock_mhz", "MHz", 1.0),
    "clocks.mem": ("memory_clock_mhz", "MHz", 1.0),
    "memory.total": ("", "GiB", MIB_IN_GIB),
}
"""Field -> metric, unit, factor; "" = no series of its own."""

TIMES = ("timestamp",)
IDENTITY = ("index", "gpu", "pci.bus_id", "uuid", "serial")
FIELDS = frozenset({*METRICS, *TIMES, *IDENTITY, "name", "driver_version", "memory.free", "pid", "process_name", "pstate", "fan.speed"})

_ALIASES = {
    "clocks.current.sm": "clocks.sm",
    "clocks.gr": "clocks.sm",
    "clocks.current.memory": "clocks.mem",
    "clocks.current.mem": "clocks.mem",
    "clocks.memory": "clocks.mem",
    "gpu_uuid": "uuid",
    "gpu_bus_id": "pci.bus_id",
    "gpu_name": "name",
    "gpu_serial": "serial",
    "gpu_index": "index",
    "used_memory": "used_gpu_memory",
    "time": "timestamp",
    "power.draw.average": "power.draw",
    "power.draw.instant": "power.draw",
    "enforced.power.limit": "power.limit",
    "temperature": "temperature.gpu",
    "utilization.aip": "utilization.gpu",
    "temperature.aip": "temperature.gpu",
    "bus_id": "pci.bus_id",
}


def field_of(word: str) -> str:
    """Return the field that a head's word names: "memory.used [MiB]" -> "memory.used"."""
    name = re.sub(r"\s*\[[^\]]*\]\s*$", "", word.strip().strip('"')).strip().lower()
    return _ALIASES.get(name, name)


def guess_fields(body: bytes) -> list[str]:
    """Return the fields of rows without a head, by the form and unit of the cells; "?" where there is no guess."""
    lines = [line for line in body[:20_000].decode("utf-8", "replace").splitlines() if line.strip()][:64]
    columns = list(
        zip(*(([cell.strip() for cell in line.split(",")]) for line in lines if line.count(",") == lines[0].count(",")), strict=True)
    )
    united = any(re.search(r"\d (?:%|MiB|W|MHz)$", cell) for cells in columns for cell in cells)
    taken: list[str] = []
    for cells in columns:
        field = next((field for field, fits in _GUESSES if field not in taken and fits(cells)), "?")
        if field == "temperature.gpu" and not united:  # with nounits a bare number may be anything
            field = "?"
        taken.append(field if field != "?" else f"?{len(taken)}")
    return taken


def _all(pattern: str) -> Callable[[tuple[str, ...]], bool]:
    compiled = re.compile(pattern)
    return lambda cells: all(compiled.fullmatch(cell) or cell.startswith("[") for cell in cells) and any(map(compiled.fullmatch, cells))


def _is_total(cells: tuple[str, ...]) -> bool:
    return _all(r"\d+ MiB")(cells) and len(set(cells)) == 1 and int(cells[0].split()[0]) > 3000


def _is_temperature(cells: tuple[str, ...]) -> bool:
    return _all(r"\d+")(cells) and all(15 <= int(cell) <= 115 for cell in cells if cell.isdigit())


_GUESSES: tuple[tuple[str, Callable[[tuple[str, ...]], bool]], ...] = (
    ("timestamp", _all(r"\d{4}[/-]\d\d[/-]\d\d[ T].*")),
    ("uuid", _all(r"GPU-[0-9a-f-]+")),
    ("pci.bus_id", _all(r"[0-9A-Fa-f]{8}:[0-9A-Fa-f]{2}:.*")),
    ("name", _all(r"(NVIDIA|Tesla|GeForce|Quadro|A100|H100).*")),
    ("driver_version", _all(r"\d{3}\.\d+(\.\d+)?")),
    ("power.draw", _all(r"[\d.]+ W")),
    ("utilization.gpu", _all(r"\d+ %")),
    ("utilization.memory", _all(r"\d+ %")),
    ("memory.total", _is_total),
    ("memory.used", _all(r"\d+ MiB")),
    ("clocks.sm", _all(r"\d+ MHz")),
    ("clocks.mem", _all(r"\d+ MHz")),
    ("temperature.gpu", _is_temperature),
    ("index", _all(r"\d{1,2}")),
)
