"""Cards as `nvidia-smi -q` describes them, in text or XML: one record per card and tick, from paths of words to values."""

import re
from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
from msgspec import Struct

from app.engine.messages import Message
from app.engine.model.traces import Clock, Device, Trace
from app.engine.reading._rows import SYNTHETIC_STEP_S, Column, Rows, Told, trace_of_rows, with_occupancy
from app.engine.reading._sources import Source
from app.engine.reading._times import MISSING

_VALUE = re.compile(r"\s*(-?\d{1,18}(?:\.\d{1,9})?)\s*(KB/s|MB/s|GB/s|KiB|MiB|GiB|MHz|%|W|C|mW)?\s*$")
_FACTORS = {"KB/s": 1e-6, "MB/s": 1e-3, "KiB": 2.0**-20, "MiB": 2.0**-10, "%": 0.01, "mW": 1e-3}
UNITS = {
    "gpu_utilisation": "",
    "memory_controller_busy": "",
    "vram_used_gib": "GiB",
    "power_w": "W",
    "temperature_c": "°C",
    "sm_clock_mhz": "MHz",
    "memory_clock_mhz": "MHz",
    "pcie_rx_gbs": "GB/s",
    "pcie_tx_gbs": "GB/s",
}
TOTAL = "total_gib"


class Fields(Struct, frozen=True):
    """Where a dialect keeps things: metric -> paths to try in order; "total_gib" is the memory of the card."""

    metrics: dict[str, tuple[str, ...]]
    name: str
    minor: str
    uuid: str
    link: tuple[str, str]
    limits: tuple[str, ...]
    mig: str


class Card(Struct, frozen=True):
    """One card at one time: its bus address and what is said of it, by paths of lower-case words."""

    bus: str
    time: int
    words: Mapping[str, str]


def number_of(text: str | None) -> float:
    """Return a value in our units: shares 0..1, GiB, GB/s, W, °C, MHz; nan for N/A and other words."""
    found = _VALUE.match(text or "")
    return float(found[1]) * _FACTORS.get(found[2] or "", 1.0) if found is not None else float("nan")


def trace_of_cards(
    source: Source,
    slug: str,
    cards: Sequence[Card],
    fields: Fields,
    clock: Clock,
    *,
    skipped: dict[str, int],
    warnings: Sequence[Message],
    environment: dict[str, str],
    attached: int = 0,
    step_s: float | None = None,
) -> Trace:
    """Return the trace of all records. attached: number of cards of the host, to know whether some are not shown."""
    import pandas as pd

    codes, buses = pd.factorize(np.array([card.bus for card in cards], dtype=object))
    known: dict[str, Card] = source.before.setdefault("cards", {})
    attached = source.before.setdefault("attached", attached) or attached
    values = {metric: np.array([_first(card, paths) for card in cards]) for metric, paths in fields.metrics.items()}
    total = values.pop(TOTAL)
    _, at = np.unique(codes, return_index=True)
    firsts = [cards[place] for place in at]
    sizes = pd.Series(total).groupby(codes).max()
    known |= {card.bus: card for card in firsts if card.bus not in known}
    infos = tuple(Device(card.bus, "gpu", card.words.get(fields.name, ""), _size(sizes[number])) for number, card in enumerate(firsts))
    columns = with_occupancy([Column(metric, UNITS[metric], found) for metric, found in values.items()], total)
    times = np.array([card.time for card in cards], np.int64)
    has_times = bool((times != MISSING).any())
    clock = clock if has_times else "synthetic"
    step_s = step_s or SYNTHETIC_STEP_S
    rows = Rows(times if has_times else None, clock, codes.astype(np.int64), infos, tuple(columns), step_s=step_s)

    def settle(_: Source, rows: Rows, told: Told) -> Rows:
        told.environment |= _links(list(known.values()), fields)
        return _named(rows, [known[info.id].words.get(fields.minor, "") for info in rows.infos], attached)

    return trace_of_rows(source, slug, rows, skipped=skipped, warnings=warnings, environment=environment, settle=settle)


def _named(rows: Rows, minors: list[str], attached: int) -> Rows:
    """Return the rows with numbers for the bus addresses: the driver's where some of the host's cards are not shown, else in order."""
    by_minor = attached > len(minors) and len(set(minors)) == len(minors) and all(map(str.isdigit, minors))
    names = minors if by_minor else [str(number) for number in range(len(minors))]
    infos = tuple(msgspec.structs.replace(info, id=name) for info, name in zip(rows.infos, names, strict=True))
    return msgspec.structs.replace(rows, infos=infos)


def _size(gib: float) -> float | None:
    return float(gib) if gib > 0 else None


def _links(cards: Sequence[Card], fields: Fields) -> dict[str, str]:
    """Return what all cards have in common: host link, power limit, MIG."""
    found: dict[str, str] = {}
    links = {tuple(card.words.get(path, "").strip("x") for path in fields.link) for card in cards}
    if len(links) == 1 and all(part.isdigit() for part in next(iter(links))):
        generation, width = next(iter(links))
        found["pcie"] = f"gen{generation} x{width}"
    limits = {_first(card, fields.limits) for card in cards}
    if len(limits) == 1 and np.isfinite(limit := limits.pop()):
        found["power_limit_w"] = f"{limit:g}"
    if any(card.words.get(fields.mig, "").lower() == "enabled" for card in cards):
        found["mig"] = "enabled"
    return found


def _first(card: Card, paths: Sequence[str]) -> float:
    values = (number_of(card.words.get(path)) for path in paths)
    return next((value for value in values if np.isfinite(value)), float("nan"))
