"""Samples in Prometheus' text form: `NAME{label="…"} value [time]`, as one scrape or as many scrapes one after the other.

A scrape holds no time of its own: times are the stamps behind the values, else lines with a date between the scrapes, else made up.
"""

import re
from collections.abc import Mapping

import numpy as np
from msgspec import Struct

from app.engine.messages import Message, message
from app.engine.model.traces import Clock, Device
from app.engine.reading._channels import HOST, Channel
from app.engine.reading._csv_text import floats_of
from app.engine.reading._rows import SYNTHETIC_STEP_S
from app.engine.reading._sources import Source
from app.engine.reading._stamps import Stamped, stamped
from app.engine.reading._sysstat import count_skipped
from app.engine.reading._times import MISSING, Before

SAMPLE = re.compile(
    rb"^([A-Za-z_:][\w:]*)(?:\{([^\n]*?)\})?[ \t]+([-+]?(?:\d[\d.eE+-]*|Inf|inf)|NaN|nan)(?:[ \t]+(\d{9,}(?:\.\d+)?))?[ \t]*$", re.M
)
_PIECE_BYTES = 2**20
_CARD_LABELS = ("gpu", "minor_number", "gpu_id", "mlu", "id", "UUID", "uuid")
_NAME_LABELS = ("modelName", "model_name", "card_model", "model", "name")
_LABEL = re.compile(rb'(\w+)\s*=\s*"((?:[^"\\]|\\.)*)"')
# DCGM writes these where a reading is not there: blank, not found, not supported, no permission, as int32, int64 and double.
_BLANKS = np.array([base + step for base in (2**31 - 16, 2.0**47, 2.0**63 - 16) for step in range(4)])


class Metric(Struct, frozen=True):
    """What one name of an exporter is with us: our value is theirs times `factor`."""

    metric: str
    unit: str
    factor: float
    state: str = "measured"


class Samples(Struct, frozen=True):
    """All samples of a file that have a name we know. All arrays (n,).

    key     index into keys: (name, labels) each
    scrape  number of the scrape; stamp_ms the time behind the value, nan = none
    """

    keys: tuple[tuple[str, bytes], ...]
    key: np.ndarray
    values: np.ndarray
    scrape: np.ndarray
    stamp_ms: np.ndarray
    scrape_ns: np.ndarray
    clock: Clock
    rows: int


def read_samples(source: Source, known: Mapping[str, Metric], skipped: dict[str, int]) -> Samples:
    """Read a file piece by piece. A scrape ends where one of its keys comes again."""
    keys: dict[tuple[str, bytes], int] = {}
    numbers = _Numbers(known, keys)
    parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    dates: list[tuple[int, int]] = []
    before: Before = {}
    told: Clock = "local"
    rows = unknown = done = 0
    for piece in source.text_pieces(_PIECE_BYTES):
        done += len(piece)
        source.progress(0.6 * done / max(source.size_bytes, done), "reading.doing.reading")
        above = stamped(piece, before)
        here = list(SAMPLE.finditer(above.text))
        if above.starts.size:
            told = above.clock
            dates += _dates(above, np.array([found.start() for found in here], np.int64), rows)
        found_here = [found.groups() for found in here]
        codes = np.array([numbers[name, labels or b""] for name, labels, _, _ in found_here], np.int32)
        values, stamps = (_numbers([found[place] or b"" for found in found_here]) for place in (2, 3))
        parts.append((codes, values, stamps))
        rows += len(found_here)
        unknown += int((codes < 0).sum())
    empty = [np.empty(0, np.int64), np.empty(0), np.empty(0)]
    codes, values, stamps = (np.concatenate(column) for column in zip(*parts, strict=True)) if parts else empty
    count_skipped(skipped, "skipped.not_a_metric", unknown)
    used = codes >= 0
    del parts
    source.beat()
    scrape = _scrapes(codes[used], len(keys))
    starts = np.flatnonzero(used)[np.flatnonzero(np.diff(scrape, prepend=-1))] if used.any() else np.empty(0, np.int64)
    source.beat()
    times, clock = _scrape_times(dates, starts, told)
    source.beat()
    return Samples(tuple(keys), codes[used], without_blanks(values[used], skipped), scrape, stamps[used], times, clock, rows)


def without_blanks(values: np.ndarray, skipped: dict[str, int]) -> np.ndarray:
    """Return the values with infinite ones and DCGM's blanks as missing; only the exact ones, since counters are large too."""
    blank = np.isin(values, _BLANKS)
    count_skipped(skipped, "skipped.blank_reading", int(blank.sum()))
    return np.where(blank | ~np.isfinite(values), np.nan, values)


def labels_of(text: bytes) -> dict[str, str]:
    """Return the labels; commas, quotes and braces may stand inside a value."""
    return {
        name.decode(): value.decode("utf-8", "replace").replace('\\"', '"').replace("\\\\", "\\") for name, value in _LABEL.findall(text)
    }


def channels_of(
    samples: Samples, known: Mapping[str, Metric], devices: list[Device | None], warnings: list[Message], source: Source
) -> tuple[list[Channel], Clock]:
    """Return one channel for each key whose device (keys,) is not None, and their clock."""
    stamped = bool(samples.stamp_ms.size) and bool(np.isfinite(samples.stamp_ms).all())
    if stamped:
        in_ms = float(np.median(samples.stamp_ms)) > 1e11
        times, clock = np.round(samples.stamp_ms * (1e6 if in_ms else 1e9)).astype(np.int64), "absolute"
    else:
        times, clock = samples.scrape_ns[samples.scrape] if samples.scrape.size else samples.scrape_ns, samples.clock
        if clock == "synthetic":
            warnings.append(message("reading.synthetic_time", step=SYNTHETIC_STEP_S))
    source.beat()
    order = _order_of(samples.key, len(samples.keys))
    source.beat()
    ends = np.searchsorted(samples.key[order], np.arange(len(samples.keys) + 1))
    made = []
    for number, (name, _) in enumerate(samples.keys):
        device, metric, at = devices[number], known[name], order[ends[number] : ends[number + 1]]
        if device is not None:
            source.beat()
            values = samples.values[at] * metric.factor
            made.append(Channel(metric.metric, metric.unit, device, times[at], values, metric.state))  # type: ignore[arg-type]
    return made, clock  # type: ignore[return-value]


def host_of(labels: Mapping[str, str]) -> str:
    """Return the host that a sample's labels name, "" for none."""
    return labels.get("Hostname") or labels.get("hostname") or labels.get("instance") or ""


def gpu_device(labels: Mapping[str, str], hosts: int) -> Device:
    """Return the card that a sample's labels name, its MIG instance apart, with the host in front where the file holds several."""
    number = next((labels[name] for name in _CARD_LABELS if labels.get(name)), "")
    instance = labels.get("GPU_I_ID")
    host = host_of(labels)
    name = next((labels[name] for name in _NAME_LABELS if labels.get(name)), "")
    identity = f"{number}:mig{instance}" if instance else number
    if not identity:
        return HOST
    return Device(f"{host}:{identity}" if hosts > 1 and host else identity, "gpu", name)


def _numbers(cells: list[bytes]) -> np.ndarray:
    import pandas as pd

    return floats_of(pd.Series([cell.decode("ascii") for cell in cells], dtype=object))


class _Numbers(dict):
    """What stands before a value -> number of its key, -1 for a name that is not known; each is looked at once."""

    def __init__(self, known: Mapping[str, Metric], keys: dict[tuple[str, bytes], int]) -> None:
        super().__init__()
        self._known, self._keys = known, keys

    def __missing__(self, told: tuple[bytes, bytes]) -> int:
        name = told[0].decode()
        self[told] = self._keys.setdefault((name, told[1]), len(self._keys)) if name in self._known else -1
        return self[told]


def _order_of(codes: np.ndarray, count: int) -> np.ndarray:
    return np.argsort(codes.astype(np.int16) if count < 2**15 else codes, kind="stable")  # numpy sorts 16 bits by radix


def _scrapes(codes: np.ndarray, count: int) -> np.ndarray:
    """Return (n,) the scrape of each sample: how many samples of the same key came before, never less than the sample before it has."""
    order = _order_of(codes, count)
    ends = np.searchsorted(codes[order], np.arange(count))
    before = np.empty(codes.size, np.int64)
    before[order] = np.arange(codes.size) - ends[codes[order]] if codes.size else before
    return np.maximum.accumulate(before) if codes.size else before


def _dates(above: Stamped, places: np.ndarray, rows: int) -> list[tuple[int, int]]:
    """Return (index of the sample that follows, ns) of each stamp of a piece; places: where its samples stand, rows: samples before it.

    What holds from the piece before (at -1) belongs to that piece's samples.
    """
    known = (above.times != MISSING) & (above.starts >= 0)
    follows = rows + np.searchsorted(places, above.starts[known])
    return list(zip(follows.tolist(), above.times[known].tolist(), strict=True))


def _scrape_times(dates: list[tuple[int, int]], starts: np.ndarray, clock: Clock) -> tuple[np.ndarray, Clock]:
    """Return (scrapes,) times: the stamp above each scrape, else made up.

    dates   (index of the sample that follows, ns) of each stamp; starts: index of the first sample of each scrape
    """
    if dates and starts.size and dates[0][0] <= starts[0]:
        above = np.searchsorted([place for place, _ in dates], starts, side="right") - 1
        if np.unique(above).size == starts.size:
            return np.array([time for _, time in dates], np.int64)[above], clock
    return np.arange(starts.size, dtype=np.int64) * int(SYNTHETIC_STEP_S * 1e9), "synthetic"
