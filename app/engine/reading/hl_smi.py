"""Intel Gaudi's `hl-smi`: the table (often in a log with stamps), or rows of `hl-smi -Q … -f csv`."""

import re

from app.engine.model.traces import Trace
from app.engine.progress import Progress
from app.engine.reading._cleaning import plain
from app.engine.reading._rewritten import Rewritten, iso_dates
from app.engine.reading._smi_tables import RULING, read_tables
from app.engine.reading._sources import Source
from app.engine.reading.nvidia_smi_csv import NvidiaSmiCsv

SLUG = "hl-smi"
_TABLE = re.compile(rb"HL-SMI Version:|\[hlsmi\]")
_ROWS = re.compile(rb"^[^\n]{0,2000}\b(?:utilization|temperature)\.aip\b", re.MULTILINE)


class HlSmi:
    """The reader."""

    slug = SLUG
    label = "hl-smi"
    priority = 15

    def recognises(self, head: bytes) -> bool:
        """The heading of the table, or fields that only this tool has."""
        return _TABLE.search(head) is not None or _ROWS.search(head) is not None

    def read(self, source: Source, progress: Progress) -> Trace:
        """Read all tables or all rows."""
        if _TABLE.search(source.head) is not None:
            return read_tables(source, progress, SLUG, "hl-smi")
        return NvidiaSmiCsv(SLUG, self.label).read(Rewritten(source, lambda text: iso_dates(plain(text))), progress)

    def chapters(self, head: bytes) -> re.Pattern[bytes] | None:
        """A card's lines belong together."""
        return RULING if _TABLE.search(head) else None


READER = HlSmi()
