"""Nsight Compute's CSV: long (a row per kernel and metric) or wide (`--page raw`, a column per metric and a second head with the units).

The program's own output and ==PROF== lines may stand above. Units change from row to row (usecond, msecond); numbers carry thousands
separators. Kernels are replayed one by one: there is no time line, they are laid out one after the other.
"""

import re
from typing import TYPE_CHECKING

import numpy as np

from app.engine.errors import UnreadableFile
from app.engine.messages import Message, message
from app.engine.model.traces import Series, Trace
from app.engine.progress import Progress
from app.engine.reading._csv_text import frame_below
from app.engine.reading._event_table import kernel_category, make_events
from app.engine.reading._profiler_trace import plain_numbers, ratio_series, trace_of_events
from app.engine.reading._sources import Source

if TYPE_CHECKING:
    import pandas as pd

SLUG = "ncu-csv"
_HEAD = re.compile(rb'^"ID","Process ID","Process Name","Host Name","Kernel Name"', re.M)
_TO_NS = {"ns": 1, "nsecond": 1, "us": 1e3, "usecond": 1e3, "ms": 1e6, "msecond": 1e6, "s": 1e9, "second": 1e9}
_DURATION = re.compile(r"^(?:gpu__time_duration\.sum|Duration)$")
_SHARES = (
    (re.compile(r"^sm__(?:pipe_tensor\w*cycles_active|inst_executed_pipe_tensor\w*)\S*\.pct_of_peak_sustained"), "tensor_core"),
    (re.compile(r"^(?:dram__throughput\S*\.pct_of_peak_sustained\S*|DRAM Throughput)$"), "vram_bandwidth"),
    (re.compile(r"^sm__(?:inst_executed_)?pipe_fp64\w*\S*\.pct_of_peak_sustained"), "fp64"),
    (re.compile(r"^sm__(?:inst_executed_)?pipe_(?:fma|fp32)\w*\S*\.pct_of_peak_sustained"), "fp32"),
    (re.compile(r"^sm__(?:inst_executed_)?pipe_fp16\w*\S*\.pct_of_peak_sustained"), "fp16"),
)
_FIXED = ("ID", "Process ID", "Process Name", "Host Name", "Kernel Name", "Kernel Time", "Context", "Stream")


class NcuCsv:
    """The reader."""

    slug = SLUG
    label = "Nsight Compute CSV"
    priority = 30

    def recognises(self, head: bytes) -> bool:
        """The head with the process and the kernel."""
        return _HEAD.search(head) is not None

    def read(self, source: Source, progress: Progress) -> Trace:
        """Read every kernel with its duration and shares. Raises UnreadableFile where no kernel was profiled."""
        progress(0.0, "reading.doing.reading")
        text = source.text_bytes()
        head = _HEAD.search(text)
        if head is None:
            raise UnreadableFile("reading.no_rows", file=source.path)
        frame, lost = frame_below(source, text, head, ("ID", "Kernel Name"))
        progress(0.5, "reading.doing.parsing")
        rows = len(frame) + lost
        tall = _tall(frame)
        if tall.empty:
            raise UnreadableFile("reading.no_rows", file=source.path)
        return _trace(source, tall, rows, lost)


READER = NcuCsv()


def _tall(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Return columns id, kernel, metric, unit, value, whichever way the file was written."""
    import pandas as pd

    if {"Metric Name", "Metric Unit", "Metric Value"} <= set(frame.columns):
        tall = frame[["ID", "Kernel Name", "Metric Name", "Metric Unit", "Metric Value"]]
        return tall[tall["ID"].str.fullmatch(r"\d+")].set_axis(["id", "kernel", "metric", "unit", "value"], axis=1)
    units = frame.iloc[0] if len(frame) and frame["ID"].iloc[0] == "" else pd.Series("", index=frame.columns)
    rows = frame[frame["ID"].str.fullmatch(r"\d+")]
    wanted = [name for name in frame if _DURATION.match(name) or any(pattern.match(name) for pattern, _ in _SHARES)]
    tall = rows.melt(
        id_vars=["ID", "Kernel Name"], value_vars=wanted or list(frame.columns[len(_FIXED) : len(_FIXED) + 1]), var_name="metric"
    )
    tall["unit"] = tall["metric"].map(units)
    return tall.rename(columns={"ID": "id", "Kernel Name": "kernel"})


def _trace(source: Source, tall: "pd.DataFrame", rows: int, lost: int) -> Trace:
    kernels = tall.drop_duplicates("id")
    ids = kernels["id"].tolist()
    places = {one: place for place, one in enumerate(ids)}
    at = tall["id"].map(places).to_numpy()
    values = plain_numbers(tall["value"])
    duration = np.full(len(ids), np.nan)
    timed = tall["metric"].str.match(_DURATION).to_numpy()
    factors = tall["unit"].map(_TO_NS).to_numpy(np.float64)
    duration[at[timed]] = (values * factors)[timed]
    warnings: list[Message] = [message("reading.no_time_line")]
    known = np.isfinite(duration) & (duration >= 0) & (duration < 1e15)
    if not known.any():
        warnings.append(message("reading.no_durations"))
    length = np.where(known, np.nan_to_num(duration), 0).astype(np.int64)
    start = np.concatenate([[0], np.cumsum(length)[:-1]]).astype(np.int64)
    names = kernels["kernel"].tolist()
    series: list[Series] = []
    for pattern, metric in _SHARES:
        found = tall["metric"].str.match(pattern).to_numpy() & np.isfinite(values)
        if found.any():
            share = np.full(len(ids), np.nan)
            share[at[found]] = values[found] / 100
            inside = np.where((share >= 0) & (share <= 1), share, np.nan)
            series += ratio_series(metric, "0", start, length, inside) if known.any() else _by_kernel(metric, inside)
    events = make_events(names, kernel_category(names), ["0"] * len(names), start, length)
    skipped = {"skipped.bad_row": lost} if lost else {}
    return trace_of_events(source, SLUG, events, rows, clock="synthetic", series=series, skipped=skipped, warnings=warnings)


def _by_kernel(metric: str, share: np.ndarray) -> list[Series]:
    """Without durations a kernel is a sample, a second apart."""
    return [Series(metric, "0", "", np.arange(share.size, dtype=np.int64) * 10**9, share)] if np.isfinite(share).any() else []
