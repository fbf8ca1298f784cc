"""What msprof's op_summary and torch_npu's kernel_details share: tasks of an NPU as events, their pipes as axes."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from app.engine.model.traces import Trace
from app.engine.progress import Progress
from app.engine.reading._csv_blocks import CsvBlocks
from app.engine.reading._profiler_trace import durations, nanoseconds, plain_numbers, trace_of_events
from app.engine.reading._shape_text import task_text
from app.engine.reading._share_curves import ShareCurves
from app.engine.reading._sources import Source
from app.engine.reading._task_rows import TaskRows, counts, for_each

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


def task_trace(source: Source, slug: str, head: re.Pattern[bytes], columns: Mapping[str, str], progress: Progress) -> Trace:
    """Return the trace of a table of tasks. columns: ours (name kind start duration device) -> theirs."""
    blocks = CsvBlocks(source, head, (columns[ours] for ours in ("name", "start", "duration")), progress)
    tasks, curves = TaskRows(source.beat), ShareCurves(source.beat)
    for frame in blocks:
        _take(frame, columns, tasks, curves)
    rows = blocks.rows + blocks.lost
    counted = (("skipped.bad_row", blocks.lost), ("skipped.no_duration", blocks.rows - len(tasks)))
    skipped = {reason: count for reason, count in counted if count}
    progress(0.8, "reading.doing.ordering")
    origin = tasks.origin_ns
    series = curves.series(origin, list(tasks.devices))
    return trace_of_events(source, slug, tasks.events(), rows, origin_ns=origin, series=series, skipped=skipped)


def _take(frame: "pd.DataFrame", columns: Mapping[str, str], tasks: TaskRows, curves: ShareCurves) -> None:
    start = nanoseconds(frame[columns["start"]], MICROSECOND)
    duration = durations(frame[columns["duration"]], MICROSECOND)
    good = (start >= 0) & (duration >= 0)
    frame, start, duration = frame[good], start[good], duration[good]
    names = frame[columns["name"]].tolist()
    kinds = frame[columns["kind"]].tolist() if columns["kind"] in frame else [""] * len(frame)
    device = frame[columns["device"]].replace("", "0").tolist() if columns["device"] in frame else ["0"] * len(frame)
    streams = counts(frame, "Stream ID")
    owners = tasks.add(start, duration, names, for_each(category_of, names, kinds), device, shapes=_shapes(frame), stream=streams)
    curves.add(start, duration, owners, _shares(frame))


def _shapes(frame: "pd.DataFrame") -> list[str] | None:
    """Return the text of each task's shapes."""
    if "Input Shapes" not in frame:
        return None
    blank = [""] * len(frame)
    cells = [frame[name].tolist() if name in frame else blank for name in ("Input Shapes", "Input Data Types", "Output Shapes")]
    return for_each(task_text, *cells)


def _shares(frame: "pd.DataFrame") -> dict[str, np.ndarray]:
    """Return the share of each axis, (n,) 0..1, nan where the task has none."""
    shares = {}
    for axis, candidates in AXES:
        column = next((name for name in candidates if name in frame), None)
        if column is not None:
            share = plain_numbers(frame[column])
            shares[axis] = np.where((share >= 0) & (share <= 1), share, np.nan)
    return shares
