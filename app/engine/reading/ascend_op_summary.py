"""msprof's op_summary_*.csv: every task of an NPU with its start, duration and, by --aic-metrics, the shares of its pipes.

Start times end in a tab, to keep spreadsheets from rounding them; 4294967295 means no model; HCCL rows have no counters.
"""

import re

from app.engine.model.traces import Trace
from app.engine.progress import Progress
from app.engine.reading._ascend import task_trace
from app.engine.reading._sources import Source

SLUG = "ascend-op-summary"
_HEAD = re.compile(rb'^[^\n]*\bOp Name"?,"?OP Type"?,[^\n]*Task Start Time\(us\)"?,"?Task Duration\(us\)', re.M)


class AscendOpSummary:
    """The reader."""

    slug = SLUG
    label = "msprof op_summary CSV"
    priority = 30

    def recognises(self, head: bytes) -> bool:
        """The head with its task times."""
        return _HEAD.search(head) is not None

    def read(self, source: Source, progress: Progress) -> Trace:
        """Read all tasks."""
        progress(0.0, "reading.doing.reading")
        columns = {
            "name": "Op Name",
            "kind": "Task Type",
            "start": "Task Start Time(us)",
            "duration": "Task Duration(us)",
            "device": "Device_id",
        }
        return task_trace(source, SLUG, _HEAD, columns, progress)


READER = AscendOpSummary()
