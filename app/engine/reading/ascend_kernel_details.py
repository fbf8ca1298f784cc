"""torch_npu's kernel_details.csv: every kernel of an NPU with its core, start, duration and the shares of its pipes."""

import re

from app.engine.model.traces import Trace
from app.engine.progress import Progress
from app.engine.reading._ascend import task_trace
from app.engine.reading._sources import Source

SLUG = "ascend-kernel-details"
_HEAD = re.compile(rb'^[^\n]*\bName"?,"?Type"?,[^\n]*Accelerator Core"?,"?Start Time\(us\)"?,"?Duration\(us\)', re.M)


class AscendKernelDetails:
    """The reader."""

    slug = SLUG
    label = "torch_npu kernel_details CSV"
    priority = 30

    def recognises(self, head: bytes) -> bool:
        """The head with the accelerator core and its times."""
        return _HEAD.search(head) is not None

    def read(self, source: Source, progress: Progress) -> Trace:
        """Read all kernels."""
        progress(0.0, "reading.doing.reading")
        columns = {"name": "Name", "kind": "Accelerator Core", "start": "Start Time(us)", "duration": "Duration(us)", "device": "Device_id"}
        return task_trace(source, SLUG, _HEAD, columns, progress)


READER = AscendKernelDetails()
