"""fio's JSON: what the disks of a machine can read and write, a job at a time; a measure of the machine, not of a run."""

import re

import msgspec
import numpy as np

from app.engine.errors import UnreadableFile
from app.engine.messages import message
from app.engine.model.traces import Trace
from app.engine.progress import Progress
from app.engine.reading._channels import HOST, Channel, trace_of_channels
from app.engine.reading._sources import Source

SLUG = "fio"
_HEAD = re.compile(rb'"fio version"\s*:')


class _Side(msgspec.Struct):
    bw_bytes: float = 0
    bw: float = 0  # KiB/s, all that old versions tell
    runtime: float = 0


class _Job(msgspec.Struct):
    jobname: str = ""
    read: _Side = msgspec.field(default_factory=_Side)
    write: _Side = msgspec.field(default_factory=_Side)


class _Report(msgspec.Struct):
    jobs: list[_Job] = []
    timestamp: float = 0


class Fio:
    """The reader."""

    slug = SLUG
    label = "fio --output-format=json"
    priority = 30

    def recognises(self, head: bytes) -> bool:
        """The version of fio as a key."""
        return _HEAD.search(head) is not None

    def read(self, source: Source, progress: Progress) -> Trace:
        """Read all jobs. Raises UnreadableFile where there are none or the JSON is broken."""
        progress(0.0, "reading.doing.reading")
        text = source.text_bytes()
        text = text[text.index(b"{") :] if b"{" in text else text  # warnings may stand in front
        try:
            report = msgspec.json.decode(text[: text.rindex(b"}") + 1], type=_Report)
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            raise UnreadableFile("reading.json_broken", file=source.path, detail=str(error)) from error
        if not report.jobs:
            raise UnreadableFile("reading.no_rows", file=source.path)
        lengths = [max(job.read.runtime, job.write.runtime, 1.0) for job in report.jobs]
        ends = np.minimum(np.cumsum(np.nan_to_num(lengths)), 1e12)
        times = (ends * 1e6).astype(np.int64)
        channels = []
        for metric, sides in (("disk_read_gbs", [j.read for j in report.jobs]), ("disk_write_gbs", [j.write for j in report.jobs])):
            rates = np.array([side.bw_bytes or side.bw * 1024 for side in sides])
            channels.append(Channel(metric, "GB/s", HOST, times, np.where(rates > 0, rates / 1e9, np.nan)))
        environment = {f"job {number}": job.jobname for number, job in enumerate(report.jobs, 1)}
        told = [message("reading.no_time_line")]
        return trace_of_channels(source, SLUG, channels, "relative", len(report.jobs), skipped={}, warnings=told, environment=environment)


READER = Fio()
