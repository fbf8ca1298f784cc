"""A range from Prometheus' HTTP API (`query_range`, `query`), or VictoriaMetrics' export lines: DCGM fields per card with true times.

Values are strings; "NaN" and "+Inf" stand where there is none.
"""

import contextlib
import json
import re
from collections.abc import Iterator
from typing import NamedTuple

import msgspec
import numpy as np

from app.engine.errors import UnreadableFile
from app.engine.messages import message
from app.engine.model.traces import Device, Trace
from app.engine.progress import Progress, part_of
from app.engine.reading._channels import Channel, trace_of_channels
from app.engine.reading._columns import Spool
from app.engine.reading._dcgm_names import DCGM
from app.engine.reading._json_arrays import ArrayFile
from app.engine.reading._prometheus import gpu_device, host_of, without_blanks
from app.engine.reading._sources import Source
from app.engine.reading._sysstat import count_skipped
from app.engine.reading._times import counted_times
from app.engine.reading._vendor_names import VENDORS
from app.engine.reading.dcgm_exporter import with_capacity
from app.engine.reading.nvidia_gpu_exporter import METRICS

SLUG = "prometheus-json"
_API = re.compile(rb'"resultType"\s*:\s*"(?:matrix|vector)"')
_LINES = re.compile(rb'^\s*\{"metric"\s*:\s*\{[^\n]*"timestamps"\s*:')
_NONE = msgspec.Raw(b"[]")
_MARKS = b'[]"'
_FLOATS = msgspec.json.Decoder(list[float])
KNOWN = DCGM | METRICS | VENDORS
_SHOWN = 8
_TWO = 2


class _Result(msgspec.Struct):
    metric: dict[str, str] = {}
    values: msgspec.Raw = _NONE
    value: msgspec.Raw = _NONE


class _Line(msgspec.Struct):
    metric: dict[str, str] = {}
    values: list = []
    timestamps: list[float] = []


class _Found(NamedTuple):
    """A series of a metric we know; times and values are numbers of arrays in the spool."""

    name: str
    labels: dict[str, str]
    times: int
    values: int


class PrometheusJson:
    """The reader."""

    slug = SLUG
    label = "Prometheus query_range JSON"
    priority = 30

    def recognises(self, head: bytes) -> bool:
        """The type of an API result, or an export line."""
        return _API.search(head) is not None or _LINES.search(head) is not None

    def read(self, source: Source, progress: Progress) -> Trace:
        """Read all series. Raises UnreadableFile where none of them is known."""
        progress(0.0, "reading.doing.reading")
        found = _Collected()
        for series in _lines(source, found, progress) if _LINES.search(source.head[:4096]) else _results(source, found, progress):
            source.beat()
            found.add(*series)
        progress(0.8, "reading.doing.ordering")
        shown = list(dict.fromkeys(found.unknown))[:_SHOWN]
        channels = found.channels()
        if not channels:
            raise UnreadableFile("reading.no_metric_column", file=source.path, columns=shown)
        told = [message("reading.unmapped_columns", columns=shown)] if shown else []
        return trace_of_channels(source, SLUG, with_capacity(channels), "absolute", found.rows, skipped=found.skipped, warnings=told)


READER = PrometheusJson()


class _Collected:
    """Collects series; `channels` then gives those that have a name we know. rows counts the samples of all."""

    def __init__(self) -> None:
        self.rows = 0
        self.skipped: dict[str, int] = {}
        self.unknown: dict[str, None] = {}
        self._hosts: set[str] = set()
        self._found: list[_Found] = []
        self._spool = Spool()
        self._last = (np.empty(0), -1)

    def add(self, labels: dict[str, str], samples: int, seconds: np.ndarray | None, values: np.ndarray) -> None:
        """Take one series of so many samples: seconds and values (n,) float64; None where they are no numbers."""
        if seconds is None:
            count_skipped(self.skipped, "skipped.bad_row", samples)
            return
        self.rows += seconds.size
        self._hosts.add(host_of(labels))
        name = labels.get("__name__", "")
        if name not in KNOWN:
            self.unknown[name or "?"] = None
            count_skipped(self.skipped, "skipped.not_a_metric", seconds.size)
            return
        given = without_blanks(np.where(np.isfinite(values), values, np.nan), self.skipped) * KNOWN[name].factor
        self._found.append(_Found(name, labels, self._times(seconds), self._spool.put(given)))

    def channels(self) -> list[Channel]:
        """Return one channel for each metric of each device, as a long range comes in several answers; equal times are shared."""
        parts: dict[tuple[str, Device], list[_Found]] = {}
        for one in self._found:
            parts.setdefault((one.name, gpu_device(one.labels, len(self._hosts))), []).append(one)
        arrays = self._spool.arrays()
        times: dict[tuple[int, ...], np.ndarray] = {(number,): array for number, array in enumerate(arrays)}
        made = []
        for (name, device), found in parts.items():
            key = tuple(one.times for one in found)
            if key not in times:
                times[key] = np.concatenate([arrays[number] for number in key])
            values = [arrays[one.values] for one in found]
            metric = KNOWN[name]
            made.append(Channel(metric.metric, metric.unit, device, times[key], values[0] if len(values) == 1 else np.concatenate(values)))
        return made

    def _times(self, seconds: np.ndarray) -> int:
        """Put the times in ns into the spool, unless they are those of the series before."""
        if not np.array_equal(seconds, self._last[0]):
            self._last = (seconds, self._spool.put(counted_times(np.round(seconds * 1000), 10**6)))
        return self._last[1]


def _lines(source: Source, found: _Collected, progress: Progress) -> Iterator[tuple[dict[str, str], int, np.ndarray | None, np.ndarray]]:
    """Yield the series of VictoriaMetrics' export, one a line."""
    read = 0
    for piece in source.text_pieces():
        read += len(piece)
        progress(0.8 * read / max(read, source.size_bytes), "reading.doing.parsing")
        for line in piece.splitlines():
            try:
                one = msgspec.json.decode(line, type=_Line)
                values = np.array(one.values, np.float64)[: len(one.timestamps)]
                yield one.metric, values.size, np.array(one.timestamps, np.float64) / 1000, values
            except (msgspec.DecodeError, ValueError, TypeError):
                count_skipped(found.skipped, "skipped.bad_row", 1)


def _results(source: Source, found: _Collected, progress: Progress) -> Iterator[tuple[dict[str, str], int, np.ndarray | None, np.ndarray]]:
    """Yield the series of the answers of the API: one, a list, or one after another as a loop of curl appends them."""
    file = ArrayFile(source, {("data", "result"): _Result})
    try:
        for _, batch in file.batches(part_of(progress, 0.0, 0.8)):
            for one in batch:
                yield one.metric, *_pairs(b"[%b]" % bytes(one.value) if one.values == _NONE != one.value else bytes(one.values))
        msgspec.json.decode(file.rest)
    except (UnreadableFile, msgspec.DecodeError, RecursionError) as error:
        answers, is_whole = _answers(file.rest.decode("utf-8", "replace"))
        if answers < _TWO:
            raise UnreadableFile("reading.json_broken", file=source.path, detail=str(error)) from error
        count_skipped(found.skipped, "skipped.bad_row", int(not is_whole or isinstance(error, UnreadableFile)))


def _answers(text: str) -> tuple[int, bool]:
    """Return how many documents stand one after another, and whether nothing else does."""
    decode, at, count = json.JSONDecoder().raw_decode, 0, 0
    between = ""
    while (start := text.find("{", at)) >= 0:
        between += text[at:start]
        try:
            _, at = decode(text, start)
            count += 1
        except (ValueError, RecursionError):
            return count, False
    return count, not (between + text[at:]).strip()


def _pairs(text: bytes) -> tuple[int, np.ndarray | None, np.ndarray]:
    """Return how many [seconds, "value"] a JSON list holds, and both as (n,) float64; None where they are no numbers.

    Without the marks it is a list of numbers, which takes a tenth of the time of a list of lists.
    """
    count = text.count(b"[") - 1
    for numbers_of in (_FLOATS.decode, _with_nan):
        with contextlib.suppress(msgspec.DecodeError, ValueError):
            numbers = np.array(numbers_of(b"[%b]" % text.translate(None, _MARKS)), np.float64)
            if numbers.size == 2 * count:
                return count, numbers[::2].copy(), numbers[1::2].copy()
    try:
        pairs = msgspec.json.decode(text)
        grid = np.array(pairs, dtype="U32").reshape(-1, 2).astype(np.float64)
    except (msgspec.DecodeError, ValueError, TypeError):
        return max(count, 0), None, np.empty(0)
    return len(pairs), grid[:, 0], grid[:, 1]


def _with_nan(text: bytes) -> list[float]:
    """Return the numbers of a JSON list in which "NaN" and "+Inf" stand too, which are no JSON."""
    return [float(number) for number in text[1:-1].split(b",")]
