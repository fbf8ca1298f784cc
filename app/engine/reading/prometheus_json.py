"""A range from Prometheus' HTTP API (`query_range`, `query`), or VictoriaMetrics' export lines: DCGM fields per card with true times.

Values are strings; "NaN" and "+Inf" stand where there is none.
"""

import json
import re
from collections.abc import Iterator

import msgspec
import numpy as np

from app.engine.errors import UnreadableFile
from app.engine.messages import message
from app.engine.model.traces import Trace
from app.engine.progress import Progress
from app.engine.reading._channels import Channel, trace_of_channels
from app.engine.reading._dcgm_names import DCGM
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
KNOWN = DCGM | METRICS | VENDORS
_SHOWN = 8
_TWO = 2


class _Series(msgspec.Struct):
    metric: dict[str, str] = {}
    values: list = []
    value: list = []
    timestamps: list[float] = []


class _Data(msgspec.Struct):
    result: list[_Series] = []


class _Answer(msgspec.Struct):
    data: _Data = msgspec.field(default_factory=_Data)


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
        skipped: dict[str, int] = {}
        found = list(_series(source, skipped))
        progress(0.6, "reading.doing.parsing")
        hosts = len({host_of(one.metric) for one, _, _ in found})
        channels, unknown = [], []
        for one, seconds, values in found:
            name = one.metric.get("__name__", "")
            if name not in KNOWN:
                unknown.append(name or "?")
                count_skipped(skipped, "skipped.not_a_metric", seconds.size)
                continue
            metric = KNOWN[name]
            times = counted_times(np.round(seconds * 1000), 10**6)
            given = without_blanks(values, skipped) * metric.factor
            channels.append(Channel(metric.metric, metric.unit, gpu_device(one.metric, hosts), times, given))
        if not channels:
            raise UnreadableFile("reading.no_metric_column", file=source.path, columns=list(dict.fromkeys(unknown))[:_SHOWN])
        warnings = [message("reading.unmapped_columns", columns=list(dict.fromkeys(unknown))[:_SHOWN])] if unknown else []
        rows = sum(seconds.size for _, seconds, _ in found)
        return trace_of_channels(source, SLUG, with_capacity(_joined(channels)), "absolute", rows, skipped=skipped, warnings=warnings)


READER = PrometheusJson()


def _series(source: Source, skipped: dict[str, int]) -> Iterator[tuple[_Series, np.ndarray, np.ndarray]]:
    """Yield each series with its times in s and its values, (n,) float64 each."""
    text = source.text_bytes()
    if _LINES.search(text[:4096]):
        for line in text.splitlines():
            try:
                one = msgspec.json.decode(line, type=_Series)
                yield one, np.array(one.timestamps, np.float64) / 1000, np.array(one.values, np.float64)[: len(one.timestamps)]
            except (msgspec.DecodeError, ValueError, TypeError):
                count_skipped(skipped, "skipped.bad_row", 1)
        return
    for one in (series for answer in _answers(text, source) for series in answer.data.result):
        pairs = one.values or ([one.value] if one.value else [])
        try:
            grid = np.array(pairs, dtype="U32").reshape(-1, 2).astype(np.float64)
        except (ValueError, TypeError):
            count_skipped(skipped, "skipped.bad_row", len(pairs))
            continue
        yield one, grid[:, 0], np.where(np.isfinite(grid[:, 1]), grid[:, 1], np.nan)


def _joined(channels: list[Channel]) -> list[Channel]:
    """Return one channel for each metric of each device: a long range comes in several answers."""
    found: dict[tuple[str, str], list[Channel]] = {}
    for channel in channels:
        found.setdefault((channel.metric, channel.device.id), []).append(channel)
    return [
        msgspec.structs.replace(parts[0], times=np.concatenate([p.times for p in parts]), values=np.concatenate([p.values for p in parts]))
        for parts in found.values()
    ]


def _answers(text: bytes, source: Source) -> list[_Answer]:
    """Return the answers of a file: one, a list, or one after another as a loop of curl appends them."""
    try:
        found = msgspec.json.decode(text, type=_Answer | list[_Answer])
    except (msgspec.DecodeError, RecursionError) as error:
        found = _one_after_another(text.decode("utf-8", "replace"))
        if len(found) < _TWO:
            raise UnreadableFile("reading.json_broken", file=source.path, detail=str(error)) from error
    return found if isinstance(found, list) else [found]


def _one_after_another(text: str) -> list[_Answer]:
    decode, at, found = json.JSONDecoder().raw_decode, 0, []
    while (at := text.find("{", at)) >= 0:
        try:
            whole, at = decode(text, at)
            found.append(msgspec.convert(whole, _Answer))
        except (ValueError, RecursionError, msgspec.ValidationError):
            break
    return found
