"""What msprof's op_summary and torch_npu's kernel_details share: tasks of an NPU as events, their pipes as axes."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from app.engine.model.traces import Series, Trace
from app.engine.progress import Progress
from app.engine.reading._csv_text import frame_below
from app.engine.reading._event_table import make_events
from app.engine.reading._profiler_trace import durations, nanoseconds, plain_numbers, ratio_series, trace_of_events, whole_numbers
from app.engine.reading._shape_text import task_text
from app.engine.reading._sources import Source

if TYPE_CHECKING:
    import pandas as pd

MICROSECOND = 3  # 10^3 ns
_COLLECTIVE = re.compile(r"hcom_|hccl|^(all_?reduce|all_?gather|reduce_?scatter|all_?to_?all|broadcast(?!_?to))", re.IGNORECASE)
_COPY = re.compile(r"memcpy|memory_?copy|sdma", re.IGNORECASE)
# Our axis <- the columns that feed it, best first; all are shares 0..1 of the task's time, but for cube_utilization in %.
AXES = (
    ("tensor_core", ("aic_mac_ratio", "mac_ratio", "aic_mac_fp16_ratio", "mac_fp16_ratio")),
    ("fp32", ("aiv_vec_fp32_ratio", "vec_fp32_ratio")),
    ("fp16", ("aiv_vec_fp16_ratio", "vec_fp16_ratio")),
)


def category_of(name: str, kind: str) -> str:
    """Return our category of a task by its core or task type and its name."""
    if kind.upper() in ("HCCL", "COMMUNICATION") or _COLLECTIVE.search(name):
        return "collective"
    return "memcpy" if _COPY.search(kind) or _COPY.search(name) else "kernel"


def task_trace(
    source: Source, slug: str, text: bytes, head: re.Match[bytes] | None, columns: Mapping[str, str], progress: Progress
) -> Trace:
    """Return the trace of a table of tasks. columns: ours (name kind start duration device) -> theirs."""
    frame, lost = frame_below(source, text, head, (columns[ours] for ours in ("name", "start", "duration")))
    rows = len(frame) + lost
    progress(0.4, "reading.doing.parsing")
    start = nanoseconds(frame[columns["start"]], MICROSECOND)
    duration = durations(frame[columns["duration"]], MICROSECOND)
    good = (start >= 0) & (duration >= 0)
    skipped = {reason: count for reason, count in (("skipped.bad_row", lost), ("skipped.no_duration", int((~good).sum()))) if count}
    frame, start, duration = frame[good], start[good], duration[good]
    origin = int(start.min()) if start.size else 0
    begin = start - origin
    names = frame[columns["name"]].tolist()
    kinds = frame[columns["kind"]].tolist() if columns["kind"] in frame else [""] * len(frame)
    device = frame[columns["device"]].replace("", "0").tolist() if columns["device"] in frame else ["0"] * len(frame)
    progress(0.7, "reading.doing.ordering")
    events = make_events(
        names,
        [category_of(name, kind) for name, kind in zip(names, kinds, strict=True)],
        device,
        begin,
        duration,
        streams=_streams(frame),
        shapes=_shapes(frame),
    )
    series = [one for name in dict.fromkeys(device) for one in _axes(frame, np.array(device) == name, name, begin, duration)]
    return trace_of_events(source, slug, events, rows, origin_ns=origin, series=series, skipped=skipped)


def _shapes(frame: "pd.DataFrame") -> list[str] | None:
    """Return the text of each task's shapes, put together once for each distinct triple of cells."""
    if "Input Shapes" not in frame:
        return None
    blank = [""] * len(frame)
    cells = [frame[name].tolist() if name in frame else blank for name in ("Input Shapes", "Input Data Types", "Output Shapes")]
    known: dict[tuple[str, str, str], str] = {}
    return [known[row] if row in known else known.setdefault(row, task_text(*row)) for row in zip(*cells, strict=True)]


def _streams(frame: "pd.DataFrame") -> np.ndarray | None:
    if "Stream ID" not in frame:
        return None
    return whole_numbers(plain_numbers(frame["Stream ID"]))


def _axes(frame: "pd.DataFrame", of_device: np.ndarray, device: str, start: np.ndarray, duration: np.ndarray) -> list[Series]:
    made = []
    for axis, candidates in AXES:
        column = next((name for name in candidates if name in frame), None)
        if column is not None:
            share = plain_numbers(frame[column])[of_device]
            made += ratio_series(axis, device, start[of_device], duration[of_device], np.where((share >= 0) & (share <= 1), share, np.nan))
    return made
