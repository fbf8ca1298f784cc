"""msprof-analyze's cluster files: step_trace_time.csv, where a step's time went on each rank, and cluster_communication.json.

The parts of a step are laid out as they overlap: computing first, communication so that "Overlapped" of it lies under computing, then free.
"""

import re

import msgspec
import numpy as np

from app.engine.errors import UnreadableFile
from app.engine.messages import message
from app.engine.model.traces import Series, Trace
from app.engine.progress import Progress
from app.engine.reading._ascend import MICROSECOND
from app.engine.reading._csv_text import frame_below
from app.engine.reading._event_table import make_events
from app.engine.reading._profiler_trace import plain_numbers, trace_of_events
from app.engine.reading._sources import Source

SLUG = "ascend-cluster"
_HEAD = re.compile(rb"^[^\n]*\bComputing,Communication\(Not Overlapped\),Overlapped,Communication,Free", re.M)
_JSON = re.compile(rb'"Communication Time Info"|"Communication Bandwidth Info"')
_PARTS = ("Computing", "Communication(Not Overlapped)", "Overlapped", "Communication", "Free")
_LINKS = {"HCCS": "nvlink_tx_gbs", "RDMA": "ib_tx_gbs", "PCIE": "pcie_tx_gbs", "SIO": "nvlink_tx_gbs"}
_HASH = re.compile(r"@\d+$|__\d+_\d+$")
MOST_DEPTH = 6


class AscendCluster:
    """The reader."""

    slug = SLUG
    label = "msprof-analyze cluster output"
    priority = 30

    def recognises(self, head: bytes) -> bool:
        """The head of the step table, or the keys of the communication file."""
        return _HEAD.search(head) is not None or _JSON.search(head) is not None

    def read(self, source: Source, progress: Progress) -> Trace:
        """Read the steps or the collectives of all ranks."""
        progress(0.0, "reading.doing.reading")
        text = source.text_bytes()
        head = _HEAD.search(text)
        return _steps(source, text, head) if head is not None else _collectives(source, text)


READER = AscendCluster()


def _steps(source: Source, text: bytes, head: re.Match[bytes]) -> Trace:
    frame, lost = frame_below(source, text, head, _PARTS)
    parts = np.stack([plain_numbers(frame[name]) for name in _PARTS]) * 10.0**MICROSECOND
    good = (np.isfinite(parts) & (parts >= 0) & (parts < 2**53)).all(axis=0)
    if "Type" in frame:
        good &= frame["Type"].isin(["rank", ""]).to_numpy()  # rows of stages sum up their ranks
    computing, exposed, overlapped, communication, free = np.where(good, parts, 0).astype(np.int64)
    ranks = [f"rank{text.strip() or 0}" for text in frame["Index"]] if "Index" in frame else ["rank0"] * len(frame)
    begin, clocks = np.zeros(len(frame), np.int64), {}
    for row in np.flatnonzero(good).tolist():  # a row per step and rank: few
        begin[row] = clocks.get(ranks[row], 0)
        clocks[ranks[row]] = begin[row] + int(computing[row] + exposed[row] + free[row])
    at = np.flatnonzero(good)
    names = ["Computing"] * at.size + ["Communication"] * at.size
    kinds = ["kernel"] * at.size + ["collective"] * at.size
    start = np.concatenate([begin[at], (begin + computing - overlapped)[at]])
    owners = [ranks[row] for row in at] * 2
    events = make_events(names, kinds, owners, np.maximum(start, 0), np.concatenate([computing[at], communication[at]]))
    rows = len(frame) + lost
    stages = int((~frame["Type"].isin(["rank", ""])).sum()) if "Type" in frame else 0
    bad = rows - at.size - stages
    skipped = {reason: count for reason, count in (("skipped.summary_row", stages), ("skipped.bad_row", bad)) if count}
    told = [message("reading.summary_laid_out")]
    return trace_of_events(source, SLUG, events, rows, clock="synthetic", skipped=skipped, warnings=told)


def _collectives(source: Source, text: bytes) -> Trace:
    try:
        whole = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise UnreadableFile("reading.json_broken", file=source.path, detail=str(error)) from error
    found: list[tuple[str, str, float, float, dict]] = []
    _walk(whole, ("", ""), found, 0)
    names = [_HASH.sub("", name) for name, _, _, _, _ in found]
    start = np.array([begin for _, _, begin, _, _ in found], np.float64)
    elapsed = np.array([length for _, _, _, length, _ in found], np.float64)
    good = np.isfinite(start) & (start >= 0) & (start < 2**53) & np.isfinite(elapsed) & (elapsed >= 0) & (elapsed < 2**40)
    at = np.flatnonzero(good)
    whole = np.floor(start[at])
    begin = whole.astype(np.int64) * 1000 + np.round((start[at] - whole) * 1000).astype(np.int64)
    origin = int(begin.min()) if at.size else 0
    duration = np.round(elapsed[at] * 1e6).astype(np.int64)
    links = [found[row][4] for row in at]
    sizes = np.array([sum(size for size in link.values()) for link in links])
    owners = [f"rank{found[row][1]}" for row in at]
    events = make_events(
        [names[row] for row in at], ["collective"] * at.size, owners, begin - origin, duration, sizes=np.minimum(sizes, 2**60)
    )
    series = _rates(owners, begin - origin, duration, links)
    skipped = {"skipped.no_duration": len(found) - at.size} if at.size < len(found) else {}
    return trace_of_events(source, SLUG, events, len(found), origin_ns=origin, series=series, skipped=skipped)


def _walk(node: object, path: tuple[str, str], found: list, depth: int) -> None:
    """Collect (operation, rank, start in µs, elapsed ms, bytes by link); path holds the last two keys."""
    if not isinstance(node, dict) or depth > MOST_DEPTH:
        return
    times = node.get("Communication Time Info")
    if isinstance(times, dict):
        operation, rank = path if path[1].isdigit() else (path[1], "0")
        bandwidth = node.get("Communication Bandwidth Info")
        links = {
            link: told["Transit Size(MB)"] * 1e6
            for link, told in (bandwidth.items() if isinstance(bandwidth, dict) else ())
            if isinstance(told, dict) and isinstance(told.get("Transit Size(MB)"), int | float) and 0 <= told["Transit Size(MB)"] < 1e12
        }
        if not operation.startswith("Total Op Info"):
            found.append((operation, rank, _number(times.get("Start Timestamp(us)")), _number(times.get("Elapse Time(ms)")), links))
        return
    for key, child in node.items():
        _walk(child, (path[1], str(key)), found, depth + 1)


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else float("nan")


def _rates(owners: list[str], start: np.ndarray, duration: np.ndarray, links: list[dict[str, float]]) -> list[Series]:
    """Return the mean rate of each link within each collective: bytes over its time; what it does in between is not told."""
    made = []
    for rank in dict.fromkeys(owners):
        of_rank = np.array([owner == rank for owner in owners])
        for link, metric in _LINKS.items():
            size = np.array([told.get(link, 0.0) for told in links])
            used = of_rank & (duration > 0) & np.array([link in told for told in links], bool)
            if used.any() and size[used].any():
                order = np.argsort(start[used], kind="stable")
                made.append(Series(metric, rank, "GB/s", start[used][order], (size[used] / duration[used])[order], "estimated"))
    return made
