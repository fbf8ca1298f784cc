"""MindSpore's profiler: steps (times in 10 ns), operators by type or name (ms), FLOPs per operator, CPU shares of the data pipeline."""

import re

import msgspec
import numpy as np

from app.engine.errors import UnreadableFile
from app.engine.messages import message
from app.engine.model.traces import Series, Trace
from app.engine.progress import Progress
from app.engine.reading._ascend import category_of
from app.engine.reading._csv_text import frame_below
from app.engine.reading._event_table import laid_out, make_events
from app.engine.reading._profiler_trace import plain_numbers, trace_of_events
from app.engine.reading._sources import Source

SLUG = "mindspore-profiler"
TICK_NS = 10
_STEPS = re.compile(rb"^step_num,start_point,end_point,total,", re.M)
_OPERATORS = re.compile(rb"^(?:kernel_type,total_time,execution_frequency|full_kernel_name,execution_time,execution_frequency)", re.M)
_FLOPS = re.compile(rb"^full_kernel_name, ?FLOPs, ?FLOPS, ?FLOPS utilization", re.M)
_CPU = re.compile(rb'"sampling_interval"\s*:[^\n]*[\s\S]*"device_info"\s*:')
_PARALLEL = re.compile(r"^(stream_(\d+)_parallel_\d+)_start_point$")


class MindSporeProfiler:
    """The reader."""

    slug = SLUG
    label = "MindSpore profiler"
    priority = 30

    def recognises(self, head: bytes) -> bool:
        """One of the heads of its tables, or the keys of its CPU file."""
        return any(pattern.search(head) for pattern in (_STEPS, _OPERATORS, _FLOPS, _CPU))

    def read(self, source: Source, progress: Progress) -> Trace:
        """Read whichever of its files this is."""
        progress(0.0, "reading.doing.reading")
        text = source.text_bytes()
        for pattern, read in ((_STEPS, _steps), (_OPERATORS, _operators), (_FLOPS, _flops)):
            head = pattern.search(text)
            if head is not None:
                return read(source, text, head)
        return _cpu(source, text)


READER = MindSporeProfiler()


def _skipped(rows: int, used: int) -> dict[str, int]:
    return {"skipped.bad_row": rows - used} if rows > used else {}


def _steps(source: Source, text: bytes, head: re.Match[bytes]) -> Trace:
    """Steps, their forward and backward part, and the streams that communicate beside them. The row "-" is the mean and no step."""
    frame, lost = frame_below(source, text, head, ("step_num", "start_point", "end_point"))
    rows = len(frame) + lost
    means = int((frame["step_num"].str.strip() == "-").sum())
    frame = frame[frame["step_num"].str.strip() != "-"]
    names, kinds, owners, starts, ends, streams = [], [], [], [], [], []
    spans = [("Step", "annotation", "host", "start_point", "end_point", 0), ("FP/BP", "kernel", "0", "fp_point", "bp_point", 0)]
    spans += [
        (found[1], "collective", "0", found[0], f"{found[1]}_end_point", int(found[2])) for found in map(_PARALLEL.match, frame) if found
    ]
    for name, kind, owner, first, last, stream in spans:
        if first in frame and last in frame:
            names += [name] * len(frame)
            kinds += [kind] * len(frame)
            owners += [owner] * len(frame)
            starts.append(plain_numbers(frame[first]))
            ends.append(plain_numbers(frame[last]))
            streams += [stream] * len(frame)
    start, end = np.concatenate(starts), np.concatenate(ends)
    good = np.isfinite(start) & np.isfinite(end) & (end >= start) & (start >= 0) & (end < 2**53)
    origin = start[good].min() if good.any() else 0.0
    begin = np.round((start[good] - origin) * TICK_NS).astype(np.int64)
    duration = np.round((end - start)[good] * TICK_NS).astype(np.int64)
    kept = np.flatnonzero(good)
    events = make_events(
        [names[n] for n in kept], [kinds[n] for n in kept], [owners[n] for n in kept], begin, duration, streams=np.array(streams)[kept]
    )
    skipped = {reason: count for reason, count in (("skipped.bad_row", lost), ("skipped.summary_row", means)) if count}
    return trace_of_events(source, SLUG, events, rows, skipped=skipped)


def _operators(source: Source, text: bytes, head: re.Match[bytes]) -> Trace:
    """Operators by type (total time) or by name (mean time), ms."""
    frame, lost = frame_below(source, text, head, ("execution_frequency",))
    name = frame.columns[0]
    calls = plain_numbers(frame["execution_frequency"])
    by_type = "total_time" in frame
    if not by_type and "execution_time" not in frame:
        raise UnreadableFile("reading.no_rows", file=source.path)
    milliseconds = plain_numbers(frame["total_time" if by_type else "execution_time"]) * (1 if by_type else calls)
    good = np.isfinite(calls) & (calls >= 1) & (calls < 2**40) & np.isfinite(milliseconds) & (milliseconds >= 0) & (milliseconds < 1e12)
    names = frame[name][good].tolist()
    total = np.round(milliseconds[good] * 1e6).astype(np.int64)
    events = laid_out(names, calls[good].astype(np.int64), total, [category_of(one, "") for one in names])
    told = [message("reading.summary_laid_out")]
    rows = len(frame) + lost
    return trace_of_events(source, SLUG, events, rows, clock="synthetic", skipped=_skipped(rows, len(names)), warnings=told)


def _flops(source: Source, text: bytes, head: re.Match[bytes]) -> Trace:
    """FLOPs (10^6) and FLOPS (10^9/s) per operator: their quotient is its time in ms; the utilisation is that of the cube's peak, in %."""
    frame, lost = frame_below(source, text, head, ("full_kernel_name", "FLOPs", "FLOPS", "FLOPS utilization"))
    work, rate, used = (plain_numbers(frame[name]) for name in ("FLOPs", "FLOPS", "FLOPS utilization"))
    milliseconds = np.divide(work, rate, out=np.full(work.shape, np.nan), where=rate > 0)
    good = np.isfinite(milliseconds) & (milliseconds < 1e12)
    duration = np.round(milliseconds[good] * 1e6).astype(np.int64)
    names = frame["full_kernel_name"][good].tolist()
    start = np.concatenate([[0], np.cumsum(duration)[:-1]]) if duration.size else np.empty(0, np.int64)
    events = make_events(names, [category_of(one, "") for one in names], ["0"] * len(names), start, duration)
    share = used[good] / 100
    tensor = Series("tensor_core", "0", "", start, np.where((share >= 0) & (share <= 1), share, np.nan), "estimated")
    told = [message("reading.summary_laid_out")]
    rows = len(frame) + lost
    series = (tensor,) if np.isfinite(tensor.values).any() else ()
    return trace_of_events(source, SLUG, events, rows, clock="synthetic", series=series, skipped=_skipped(rows, len(names)), warnings=told)


class _Shares(msgspec.Struct):
    user_utilization: list[float] = []
    sys_utilization: list[float] = []
    io_utilization: list[float] = []
    idle_utilization: list[float] = []


class _CpuFile(msgspec.Struct):
    device_info: _Shares
    sampling_interval: float = 100
    time_stamp: list[float] = []


def _cpu(source: Source, text: bytes) -> Trace:
    """The CPU shares of the machine in %, a sample each sampling_interval ms."""
    try:
        told = msgspec.json.decode(text, type=_CpuFile)
    except (msgspec.DecodeError, RecursionError) as error:
        raise UnreadableFile("reading.json_broken", file=source.path, detail=str(error)) from error
    shares = told.device_info
    count = min(map(len, (shares.user_utilization, shares.sys_utilization))) if shares.user_utilization else 0
    step_ns = int(min(max(told.sampling_interval, 1), 1e9) * 1e6)
    time_ns = np.arange(count, dtype=np.int64) * step_ns
    user, system = (np.array(values[:count], np.float64) / 100 for values in (shares.user_utilization, shares.sys_utilization))
    wait = np.array(shares.io_utilization[:count], np.float64) / 100
    columns = {"cpu_utilisation": user + system, "cpu_system": system, "cpu_iowait": wait if wait.size == count else np.empty(0)}
    series = [Series(metric, "host", "", time_ns, np.clip(values, 0, 1)) for metric, values in columns.items() if values.size]
    return trace_of_events(source, SLUG, None, count, clock="relative", series=series)
