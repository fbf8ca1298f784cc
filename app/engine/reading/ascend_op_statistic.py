"""msprof's and torch_npu's op_statistic.csv: operator types with their calls and total time, in no order of time."""

import re

import numpy as np

from app.engine.messages import message
from app.engine.model.traces import Trace
from app.engine.progress import Progress
from app.engine.reading._ascend import MICROSECOND, category_of
from app.engine.reading._csv_text import frame_below
from app.engine.reading._event_table import laid_out
from app.engine.reading._profiler_trace import durations, plain_numbers, trace_of_events
from app.engine.reading._sources import Source

SLUG = "ascend-op-statistic"
_HEAD = re.compile(rb'^[^\n]*\bOP Type"?,"?Core Type"?,"?Count"?,"?Total Time\(us\)', re.M)


class AscendOpStatistic:
    """The reader."""

    slug = SLUG
    label = "msprof op_statistic CSV"
    priority = 30

    def recognises(self, head: bytes) -> bool:
        """The head with counts and total times."""
        return _HEAD.search(head) is not None

    def read(self, source: Source, progress: Progress) -> Trace:
        """Read all operator types."""
        progress(0.0, "reading.doing.reading")
        text = source.text_bytes()
        head = _HEAD.search(text)
        frame, lost = frame_below(source, text, head, ("OP Type", "Core Type", "Count", "Total Time(us)"))
        rows = len(frame) + lost
        calls, total = plain_numbers(frame["Count"]), durations(frame["Total Time(us)"], MICROSECOND)
        good = np.isfinite(calls) & (calls >= 1) & (calls < 2**40) & (total >= 0)
        frame = frame[good]
        kinds = [category_of(name, core) for name, core in zip(frame["OP Type"], frame["Core Type"], strict=True)]
        events = laid_out(frame["OP Type"].tolist(), calls[good].astype(np.int64), total[good], kinds)
        skipped = {"skipped.bad_row": rows - len(frame)} if rows > len(frame) else {}
        told = [message("reading.summary_laid_out")]
        return trace_of_events(source, SLUG, events, rows, clock="synthetic", skipped=skipped, warnings=told)


READER = AscendOpStatistic()
