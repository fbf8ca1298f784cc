"""rocprof and rocprofv3 CSV: kernels with their times, sums by name, or counters without times (pmc_perf), and what the machine is."""

import re

import numpy as np

from app.engine.errors import UnreadableFile
from app.engine.messages import Message, message
from app.engine.model.traces import Device, Trace
from app.engine.progress import Progress
from app.engine.reading._csv_blocks import CsvBlocks
from app.engine.reading._csv_text import frame_below
from app.engine.reading._event_table import kernel_category, laid_out
from app.engine.reading._profiler_trace import durations, plain_numbers, trace_of_events
from app.engine.reading._rocprof_rows import RocprofRows
from app.engine.reading._sources import Source

SLUG = "rocprof-csv"
_NAMES = rb'"?(?:Kernel_?Name)"?'
_DISPATCH = re.compile(rb'^"?(?:Dispatch_ID|Index|Kind|Correlation_Id|Correlation_ID)"?,[^\n]*' + _NAMES, re.M)
_OTHERS = re.compile(rb'^"?Kind"?,"?Direction"?,|^"?Domain"?,"?Function"?,[^\n]*Start_Timestamp', re.M)
_SUMS = re.compile(rb'^"?Name"?,"?Calls"?,"?TotalDurationNs"?,', re.M)
_SYSTEM = re.compile(rb"^workload_name,command,[^\n]*\bgpu_arch\b", re.M)
_COPY = re.compile(r"^MEMORY_COPY|^Copy", re.I)


class RocprofCsv:
    """The reader."""

    slug = SLUG
    label = "rocprof CSV"
    priority = 30

    def recognises(self, head: bytes) -> bool:
        """A head of dispatches, copies or calls, of sums, or of the machine."""
        return any(pattern.search(head) for pattern in (_DISPATCH, _OTHERS, _SUMS, _SYSTEM))

    def read(self, source: Source, progress: Progress) -> Trace:
        """Read whichever of its files this is."""
        progress(0.0, "reading.doing.reading")
        first = next((one for one in (_SYSTEM, _SUMS, _DISPATCH, _OTHERS) if one.search(source.head)), _OTHERS)
        if first in (_DISPATCH, _OTHERS):
            return _dispatches(source, first, progress)
        text = source.text_bytes()
        return (_machine if first is _SYSTEM else _sums)(source, text, first.search(text))


READER = RocprofCsv()


def _dispatches(source: Source, head: re.Pattern[bytes], progress: Progress) -> Trace:
    blocks, tasks = CsvBlocks(source, head, (), progress), RocprofRows(source)
    for frame in blocks:
        if len(frame):
            tasks.add(frame)
    if not blocks.rows:
        raise UnreadableFile("reading.no_rows", file=source.path)
    progress(0.8, "reading.doing.ordering")
    warnings: list[Message] = []
    if not tasks.is_timed:  # counters alone, or stamps that a spreadsheet has rounded away
        warnings += [message("reading.no_time_line"), message("reading.no_durations")]
    kept = blocks.rows - tasks.repeats
    lost = kept - len(tasks) + (0 if tasks.has_counters else blocks.lost)
    skipped = {"skipped.bad_row": lost} if lost > 0 else {}
    clock = "synthetic" if warnings else None
    rows = blocks.rows + blocks.lost
    return trace_of_events(source, SLUG, tasks.events(), rows, clock=clock, skipped=skipped, warnings=warnings)


def _sums(source: Source, text: bytes, head: re.Match[bytes] | None) -> Trace:
    frame, lost = frame_below(source, text, head, ("Name", "Calls", "TotalDurationNs"))
    rows = len(frame) + lost
    calls, total = plain_numbers(frame["Calls"]), durations(frame["TotalDurationNs"], 0)
    good = np.isfinite(calls) & (calls >= 1) & (calls < 2**40) & (total >= 0)
    names = frame["Name"][good].tolist()
    kinds = ["memcpy" if _COPY.match(one) else kind for one, kind in zip(names, kernel_category(names), strict=True)]
    events = laid_out(names, calls[good].astype(np.int64), total[good], kinds)
    skipped = {"skipped.bad_row": rows - len(names)} if rows > len(names) else {}
    told = [message("reading.summary_laid_out")]
    return trace_of_events(source, SLUG, events, rows, clock="synthetic", skipped=skipped, warnings=told)


def _machine(source: Source, text: bytes, head: re.Match[bytes] | None) -> Trace:
    """sysinfo.csv: what machine it was; no samples."""
    frame, _ = frame_below(source, text, head, ())
    if frame.empty:
        raise UnreadableFile("reading.no_rows", file=source.path)
    row = frame.iloc[0]
    told = {"host": "hostname", "os": "linux_distro", "rocm": "rocm_version", "cpu": "cpu_model", "kernel": "linux_kernel_version"}
    environment = {ours: row[theirs] for ours, theirs in told.items() if row.get(theirs, "")}
    size = plain_numbers(frame["gpu_memory"])[0] / 2**20 if "gpu_memory" in frame else float("nan")  # KiB, of all cards together
    if np.isfinite(size):
        environment["gpu_memory_gib"] = f"{size:.0f}"
    return Trace(
        files=(source.described(SLUG, rows=len(frame)),),
        duration_ns=0,
        devices=(Device("0", "gpu", f"{row.get('gpu_model', '')} {row.get('gpu_arch', '')}".strip()),),
        warnings=(message("reading.description_only"),),
        environment=environment,
        is_snapshot=True,
    )
