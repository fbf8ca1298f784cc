"""nccl-tests (all_reduce_perf and the like), rccl-tests and hccl-tests of the same form: time and bandwidth of a collective by size.

No time line: the calls stand one after the other on a made-up axis, each with its true duration and size. busbw is the accepted measure
of what the links give.
"""

import re

import numpy as np

from app.engine.errors import UnreadableFile
from app.engine.messages import message
from app.engine.model.traces import Device, Events, Series, Trace
from app.engine.progress import Progress
from app.engine.reading._sources import Source

SLUG = "nccl-tests"
_HEAD = re.compile(rb"^#\s+size\s+count\s+(?:\(elements\)\s+)?type[^\n]*busbw", re.M)
_NUMBER = rb"[ \t]+(\d+(?:\.\d+)?(?:e[+-]?\d+)?)"
_ROW = re.compile(
    rb"^[ \t]*(\d+)[ \t]+\d+[ \t]+(\w+)(?:[ \t]+([a-z]\w*))?(?:[ \t]+-?\d+)?"
    + _NUMBER * 3
    + rb"[ \t]+\S+(?:"
    + _NUMBER * 3
    + rb"[ \t]+\S+)?",
    re.M,
)
_RANK = re.compile(rb"^#\s+Rank\s+(\d+)[^\n]*?device\s+\S+\s+\[\S+\]\s+([^\n]+)$", re.M)
_NAME = re.compile(rb"\b(all_reduce|all_gather|reduce_scatter|broadcast|reduce|alltoall|sendrecv|gather|scatter|hypercube)_perf\b")
_AVERAGE = re.compile(rb"^#\s+Avg bus bandwidth\s*:\s*([\d.]+)", re.M)


class NcclTests:
    """The reader."""

    slug = SLUG
    label = "nccl-tests"
    priority = 30

    def recognises(self, head: bytes) -> bool:
        """The head of its table."""
        return _HEAD.search(head) is not None

    def read(self, source: Source, progress: Progress) -> Trace:
        """Read all sizes, out of place and in place. Raises UnreadableFile where there are none."""
        progress(0.0, "reading.doing.reading")
        text = source.text_bytes()
        rows = _ROW.findall(text)
        if not rows:
            raise UnreadableFile("reading.no_rows", file=source.path)
        ranks = {int(number): name.decode("utf-8", "replace").strip() for number, name in _RANK.findall(text)}
        name = _NAME.search(text)
        operation = name[1].decode() if name else "collective"
        size = np.repeat(np.array([row[0] for row in rows], np.float64), 2).astype(np.int64)
        micros = np.array([cell or b"nan" for row in rows for cell in (row[3], row[6])], np.float64)
        busbw = np.array([cell or b"nan" for row in rows for cell in (row[5], row[8])], np.float64)
        kinds = [b" ".join(part for part in (row[1], row[2]) if part).decode() for row in rows for _ in range(2)]
        shapes = [f"{kind} {place}" for kind, place in zip(kinds, ("out-of-place", "in-place") * len(rows), strict=True)]
        good = np.isfinite(micros) & (micros < 1e12)
        events, series = _measured(operation, size[good], micros[good], busbw[good], [s for s, ok in zip(shapes, good, strict=True) if ok])
        average = _AVERAGE.search(text)
        environment = {"ranks": str(len(ranks))} if ranks else {}
        if average:
            environment["average_bus_gbs"] = average[1].decode()
        return Trace(
            files=(source.described(SLUG, rows=len(rows), events=len(events)),),
            duration_ns=int((events.start_ns + events.duration_ns).max()) if len(events) else 0,
            clock="synthetic",
            devices=(Device("0", "gpu", ranks.get(0, "")),),
            series=(series,),
            events=events,
            skipped={} if good.all() else {"skipped.no_value": int((~good).sum())},
            warnings=(message("reading.no_time_line"),),
            environment=environment,
        )


READER = NcclTests()


def _measured(operation: str, size: np.ndarray, micros: np.ndarray, busbw: np.ndarray, shapes: list[str]) -> tuple[Events, Series]:
    count = size.size
    duration = np.round(micros * 1000).astype(np.int64)
    start = np.concatenate([[0], np.cumsum(duration)[:-1]]).astype(np.int64) if count else np.empty(0, np.int64)
    words = tuple(dict.fromkeys(shapes))
    places = {word: place for place, word in enumerate(words)}
    zeros = np.zeros(count, np.int32)
    events = Events(
        names=(operation,), categories=("collective",), devices=("0",), shapes=words, name=zeros, category=zeros, device=zeros,
        stream=np.zeros(count, np.int64), start_ns=start, duration_ns=duration, correlation=np.full(count, -1, np.int64),
        shape=np.array([places[word] for word in shapes], np.int32), bytes=size,
    )  # fmt: skip
    return events, Series("collective_bus_gbs", "0", "GB/s", start, busbw)
