"""`nsys stats --format csv`: every GPU task (cuda_gpu_trace), or sums by kernel (cuda_gpu_kern_sum and the like).

Other lines may stand above the head; units follow --timeunit and stand in the head; the name may hold commas and is the last column.
"""

import re
from typing import TYPE_CHECKING

import numpy as np

from app.engine.errors import UnreadableFile
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
_TRACE = re.compile(rb'^"?Start ?\((\w+)\)"?,"?Duration ?\((\w+)\)"?,"?CorrId"?,', re.M)
_SUMS = re.compile(rb'^"?Time ?\(%\)"?,"?Total Time \((\w+)\)"?,"?(Instances|Num Calls|Count|Operations)"?,([^\n]*)', re.M)
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
        return _sums(source, text)


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


def _sums(source: Source, text: bytes) -> Trace:
    """Read the tables of what ran on the GPU; where there are none, those of calls. On stdout several reports follow one another."""
    heads = list(_SUMS.finditer(text))
    if not heads:
        raise UnreadableFile("reading.no_rows", file=source.path)
    ours = [head for head in heads if not _is_of_host(head)]
    names, kinds, calls, totals, rows, lost = [], [], [], [], 0, 0
    for head in ours or heads:
        body = text[head.start() :].partition(b"\n\n")[0]
        frame, broken = frame_below(source, body, _SUMS.search(body), ())
        count, total = plain_numbers(frame[frame.columns[2]]), durations(frame[frame.columns[1]], _power(head[1]))
        good = np.isfinite(count) & (count >= 1) & (count < 2**40) & (total >= 0)
        found = frame["Name" if "Name" in frame else frame.columns[-1]][good].tolist()
        names += found
        kinds += [_kind(name, kind) for name, kind in zip(found, kernel_category(found), strict=True)] if ours else ["runtime"] * len(found)
        calls.append(count[good])
        totals.append(total[good])
        rows += len(frame) + broken
        lost += len(frame) + broken - len(found)
    events = laid_out(names, np.concatenate(calls).astype(np.int64), np.concatenate(totals), kinds, "0" if ours else "host")
    skipped = {"skipped.bad_row": lost} if lost else {}
    left = sum(text[head.end() :].partition(b"\n\n")[0].strip().count(b"\n") + 1 for head in heads if ours and _is_of_host(head))
    if left:
        skipped["skipped.not_a_metric"] = left
    warnings: list[Message] = [message("reading.summary_laid_out")]
    return trace_of_events(source, SLUG, events, rows + left, clock="synthetic", skipped=skipped, warnings=warnings)


def _is_of_host(head: re.Match[bytes]) -> bool:
    """Tell whether a table sums calls of the host or NVTX ranges, which say nothing of the GPU's time."""
    return head[2] == b"Num Calls" or head[3].rstrip(b'"\r ').endswith(b"Range")


def _kind(name: str, kind: str) -> str:
    return _category(name) if name.startswith("[CUDA ") else kind
