"""rocprof and rocprofv3 CSV: kernels with their times, sums by name, or counters without times (pmc_perf), and what the machine is."""

import re
from typing import TYPE_CHECKING

import numpy as np

from app.engine.errors import UnreadableFile
from app.engine.messages import Message, message
from app.engine.model.traces import Device, Trace
from app.engine.progress import Progress
from app.engine.reading._csv_text import frame_below
from app.engine.reading._event_table import kernel_category, laid_out, make_events
from app.engine.reading._profiler_trace import durations, nanoseconds, plain_numbers, trace_of_events, whole_numbers
from app.engine.reading._sources import Source

if TYPE_CHECKING:
    import pandas as pd

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
        text = source.text_bytes()
        for pattern, read in ((_SYSTEM, _machine), (_SUMS, _sums), (_DISPATCH, _dispatches), (_OTHERS, _dispatches)):
            head = pattern.search(text)
            if head is not None:
                return read(source, text, head)
        raise UnreadableFile("reading.no_rows", file=source.path)


READER = RocprofCsv()


def _dispatches(source: Source, text: bytes, head: re.Match[bytes]) -> Trace:
    frame, lost = frame_below(source, text, head, ())
    if frame.empty:
        raise UnreadableFile("reading.no_rows", file=source.path)
    rows = len(frame) + lost
    if {"Counter_Name", "Dispatch_Id"} <= set(frame.columns):  # a row for each counter: the dispatch is the same
        frame = frame.drop_duplicates([name for name in ("Dispatch_Id", "Agent_Id", "Process_Id") if name in frame], ignore_index=True)
        lost = 0
    name = next((column for column in frame if column.replace("_", "").lower() in ("kernelname", "direction", "function")), None)
    if name is None:
        raise UnreadableFile("reading.no_metric_column", file=source.path, columns=list(frame.columns[:8]))
    first, last = (
        next((column for column in frame if column in names), None)
        for names in (("Start_Timestamp", "BeginNs"), ("End_Timestamp", "EndNs"))
    )
    card = next((column for column in frame if column.lower() in ("gpu_id", "gpu-id", "agent_id")), None)
    devices = _agents(frame, card)
    warnings: list[Message] = []
    start = end = np.full(len(frame), -1, np.int64)
    if first is not None and last is not None:
        start, end = nanoseconds(frame[first], 0), nanoseconds(frame[last], 0)
    if not ((start >= 0) & (end >= start)).any():  # counters alone, or stamps that a spreadsheet has rounded away
        warnings += [message("reading.no_time_line"), message("reading.no_durations")]
        start = end = np.arange(len(frame), dtype=np.int64)
    good = (start >= 0) & (end >= start)
    at = np.flatnonzero(good)
    names = [frame[name].iat[row] for row in at.tolist()]
    origin = int(start[at].min()) if at.size else 0
    queue = next((column for column in frame if column.lower() in ("queue-id", "queue_id")), None)
    streams = whole_numbers(plain_numbers(frame[queue])[at]) if queue else None
    events = make_events(names, _kinds(name, names), [devices[row] for row in at], start[at] - origin, (end - start)[at], streams=streams)
    lost += len(frame) - at.size
    skipped = {"skipped.bad_row": lost} if lost > 0 else {}
    clock = "synthetic" if warnings else None
    return trace_of_events(source, SLUG, events, rows, clock=clock, skipped=skipped, warnings=warnings)


def _agents(frame: "pd.DataFrame", card: str | None) -> list[str]:
    """Return the device of each row: of a copy the card that takes part, of a call the host."""
    if "Function" in frame:
        return ["host"] * len(frame)
    if card is None and {"Direction", "Source_Agent_Id", "Destination_Agent_Id"} <= set(frame.columns):
        agents = frame["Destination_Agent_Id"].where(~frame["Direction"].str.endswith("TO_HOST"), frame["Source_Agent_Id"])
    elif card is None:
        return ["0"] * len(frame)
    else:
        agents = frame[card]
    return agents.str.extract(r"(\d+)", expand=False).fillna("0").tolist()


def _kinds(column: str, names: list[str]) -> list[str]:
    if column == "Function":
        return ["runtime"] * len(names)
    return ["memcpy"] * len(names) if column == "Direction" else kernel_category(names)


def _sums(source: Source, text: bytes, head: re.Match[bytes]) -> Trace:
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


def _machine(source: Source, text: bytes, head: re.Match[bytes]) -> Trace:
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
