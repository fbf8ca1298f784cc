"""`mpstat`: the shares of the CPUs, a block per tick, with the blocks of interrupts that -A adds left out."""

import re

from app.engine.model.traces import Trace
from app.engine.progress import Progress
from app.engine.reading._sources import Source
from app.engine.reading._sysstat import find_banner, report_of, tick_end
from app.engine.reading.sar import read_activities

SLUG = "mpstat"
_HEAD = re.compile(rb"^\d\d:\d\d:\d\d[^\n]*\bCPU\b[^\n]*%usr[^\n]*%irq[^\n]*%soft[^\n]*%idle", re.M)
_ORDER = re.compile(rb"%iowait[ \t]+%irq[ \t]+%soft[ \t]+%steal")


class Mpstat:
    """The reader."""

    slug = SLUG
    label = "mpstat"
    priority = 40

    def recognises(self, head: bytes) -> bool:
        """The line of the kernel and a head in mpstat's order: interrupts before stolen time."""
        head = report_of(head)
        found = _HEAD.search(head)
        return found is not None and _ORDER.search(found.group()) is not None and find_banner(head) is not None

    def read(self, source: Source, progress: Progress) -> Trace:
        """Read the blocks of CPU shares."""
        return read_activities(source, SLUG, progress)

    def chapters(self, head: bytes) -> re.Pattern[bytes]:
        """The rows of one time belong together."""
        return tick_end(head)


READER = Mpstat()
