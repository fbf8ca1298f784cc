"""`nsys stats --format csv`: every GPU task (cuda_gpu_trace), or sums by kernel (cuda_gpu_kern_sum and the like).

Other lines may stand above the head; units follow --timeunit and stand in the head; the name may hold commas and is the last column.
"""

import re
from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from app.engine.errors import UnreadableFile
from app.engine.messages import Message, message
from app.engine.model.traces import Device, Trace
from app.engine.progress import Progress
from app.engine.reading._csv_blocks import CsvBlocks, text_in_pieces
from app.engine.reading._csv_text import frame_below
from app.engine.reading._event_columns import COLLECTIVE
from app.engine.reading._event_table import kernel_category, laid_out
from app.engine.reading._profiler_trace import durations, nanoseconds, plain_numbers, trace_of_events, whole_numbers
from app.engine.reading._sources import Source
from app.engine.reading._task_rows import TaskRows, counts, for_each

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
        pieces = text_in_pieces(source)
        piece = next((one for one in pieces if _TRACE.search(one)), None)
        return _sums(source, source.text_bytes()) if piece is None else _tasks(source, chain((piece,), pieces), progress)


READER = NsysCsv()


def _power(unit: bytes) -> int:
    return POWERS.get(unit.decode("utf-8", "replace"), 0)


def _tasks(source: Source, pieces: Iterator[bytes], progress: Progress) -> Trace:
    blocks = CsvBlocks(source, _TRACE, ("CorrId",), progress, pieces)
    tasks, cards = TaskRows(source.beat), _Cards()
    for frame in blocks:
        _take(frame, blocks.head, tasks, cards)
    rows = blocks.rows + blocks.lost
    skipped = {"skipped.bad_row": rows - len(tasks)} if rows > len(tasks) else {}
    progress(0.8, "reading.doing.ordering")
    return trace_of_events(source, SLUG, tasks.events(), rows, devices=cards.devices(), skipped=skipped)


def _take(frame: "pd.DataFrame", head: re.Match[bytes], tasks: TaskRows, cards: "_Cards") -> None:
    begin, length = frame.columns[0], frame.columns[1]
    start, duration = nanoseconds(frame[begin], _power(head[1])), durations(frame[length], _power(head[2]))
    good = (start >= 0) & (duration >= 0)
    frame, start, duration = frame[good], start[good], duration[good]
    names = frame["Name"].tolist() if "Name" in frame else frame.iloc[:, -1].tolist()
    tasks.add(
        start,
        duration,
        names,
        for_each(_category, names),
        cards.ids(frame["Device"].tolist()) if "Device" in frame else ["0"] * len(frame),
        stream=counts(frame, "Strm"),
        correlation=counts(frame, "CorrId"),
        bytes=_sizes(frame),
    )


class _Cards:
    """What the texts of the column "Device" name, "NVIDIA A800 (1)"."""

    def __init__(self) -> None:
        self._known: dict[str, Device] = {}

    def ids(self, texts: list[str]) -> list[str]:
        """Return the number of each row's card, the text where it has none."""
        for text in dict.fromkeys(texts):
            if text not in self._known:
                found = _CARD.match(text)
                self._known[text] = Device(found[2], "gpu", found[1]) if found else Device(text or "0", "gpu", "")
        return [self._known[text].id for text in texts]

    def devices(self) -> list[Device]:
        """Return all cards."""
        return list(self._known.values())


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
