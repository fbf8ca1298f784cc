"""`nsys stats --format csv`: every GPU task (cuda_gpu_trace), or sums by kernel (cuda_gpu_kern_sum and the like).

Other lines may stand above the head; units follow --timeunit and stand in the head; the name may hold commas and is the last column.
"""

import re
from typing import TYPE_CHECKING

import numpy as np

from app.engine.messages import Message, message
from app.engine.model.traces import Device, Trace
from app.engine.progress import Progress
from app.engine.reading._csv_text import frame_below
from app.engine.reading._event_columns import COLLECTIVE
from app.engine.reading._event_table import kernel_category, laid_out, make_events
from app.engine.reading._profiler_trace import durations, nanoseconds, plain_numbers, trace_of_events, whole_numbers
from app.engine.reading._sources import Source

if TYPE_CHECKING:
    import pandas as pd

SLUG = "nsys-csv"
POWERS = {"ns": 0, "us": 3, "µs": 3, "usec": 3, "nsec": 0, "ms": 6, "msec": 6, "s": 9, "sec": 9}
_TRACE = re.compile(rb'^"?Start \((\w+)\)"?,"?Duration \((\w+)\)"?,"?CorrId"?,', re.M)
_SUMS = re.compile(rb'^"?Time ?\(%\)"?,"?Total Time \((\w+)\)"?,"?(?:Instances|Num Calls|Count|Operations)"?,', re.M)
_CARD = re.compile(r"^(.*?)\s*\((\d+)\)$")
_BYTES = {"B": 1, "KB": 1e3, "MB": 1e6, "GB": 1e9, "KiB": 1024.0, "MiB": 2.0**20}


class NsysCsv:
    """The reader."""

    slug = SLUG
    label = "nsys stats CSV"
    priority = 30

    def recognises(self, head: bytes) -> bool:
        """One of the two heads."""
        return _TRACE.search(head) is not None or _SUMS.search(head) is not None

    def read(self, source: Source, progress: Progress) -> Trace:
        """Read the tasks, or the sums where there are only those."""
        progress(0.0, "reading.doing.reading")
        text = source.text_bytes()
        head = _TRACE.search(text)
        if head is not None:
            return _tasks(source, text, head, progress)
        sums = _SUMS.search(text)
        return _sums(source, text, sums)


READER = NsysCsv()


def _power(unit: bytes) -> int:
    return POWERS.get(unit.decode("utf-8", "replace"), 0)


def _tasks(source: Source, text: bytes, head: re.Match[bytes], progress: Progress) -> Trace:
    frame, lost = frame_below(source, text, head, ("CorrId",))
    rows = len(frame) + lost
    progress(0.4, "reading.doing.parsing")
    begin, length = frame.columns[0], frame.columns[1]
    start, duration = nanoseconds(frame[begin], _power(head[1])), durations(frame[length], _power(head[2]))
    good = (start >= 0) & (duration >= 0)
    skipped = {"skipped.bad_row": rows - int(good.sum())} if rows > good.sum() else {}
    frame, start, duration = frame[good], start[good], duration[good]
    names = frame["Name"].tolist() if "Name" in frame else frame.iloc[:, -1].tolist()
    cards = {text: _CARD.match(text) for text in dict.fromkeys(frame["Device"])} if "Device" in frame else {}
    ids = {text: found[2] if found else text or "0" for text, found in cards.items()}
    origin = int(start.min()) if start.size else 0
    events = make_events(
        names,
        [_category(name) for name in names],
        [ids[text] for text in frame["Device"]] if cards else ["0"] * len(frame),
        start - origin,
        duration,
        streams=whole_numbers(plain_numbers(frame["Strm"])) if "Strm" in frame else None,
        correlation=whole_numbers(plain_numbers(frame["CorrId"])),
        sizes=_sizes(frame),
    )
    devices = [Device(ids[text], "gpu", found[1] if found else "") for text, found in cards.items()]
    return trace_of_events(source, SLUG, events, rows, devices=devices, skipped=skipped)


def _category(name: str) -> str:
    if name.startswith("[CUDA "):
        return "memset" if "memset" in name.lower() else "memcpy"
    return "collective" if COLLECTIVE.search(name) else "kernel"


def _sizes(frame: "pd.DataFrame") -> np.ndarray | None:
    column = next((name for name in frame if name.startswith("Bytes")), None)
    if column is None:
        return None
    unit = re.search(r"\((\w+)\)", column)
    values = plain_numbers(frame[column]) * _BYTES.get(unit[1] if unit else "B", 1)
    return whole_numbers(values)


def _sums(source: Source, text: bytes, head: re.Match[bytes] | None) -> Trace:
    frame, lost = frame_below(source, text, head, ())
    rows = len(frame) + lost
    count = next(name for name in ("Instances", "Num Calls", "Count", "Operations", frame.columns[2]) if name in frame)
    calls, total = plain_numbers(frame[count]), durations(frame[frame.columns[1]], _power(head[1] if head else b"ns"))
    good = np.isfinite(calls) & (calls >= 1) & (calls < 2**40) & (total >= 0)
    names = frame["Name" if "Name" in frame else frame.columns[-1]][good].tolist()
    host = count == "Num Calls"
    events = laid_out(
        names,
        calls[good].astype(np.int64),
        total[good],
        ["runtime"] * len(names) if host else kernel_category(names),
        "host" if host else "0",
    )
    skipped = {"skipped.bad_row": rows - len(names)} if rows > len(names) else {}
    warnings: list[Message] = [message("reading.summary_laid_out")]
    return trace_of_events(source, SLUG, events, rows, clock="synthetic", skipped=skipped, warnings=warnings)
