"""What `nvidia-smi` prints for people: its table, and `nvidia-smi -q`; one of them is a snapshot, several are a series."""

import re

from app.engine.errors import UnreadableFile
from app.engine.model.traces import Trace
from app.engine.progress import Progress
from app.engine.reading._cleaning import plain
from app.engine.reading._smi_query_text import LOG, read_query_text
from app.engine.reading._smi_tables import RULING, environment_of, read_tables
from app.engine.reading._sources import Source
from app.engine.reading._stamps import stamped

SLUG = "nvidia-smi-text"
_TABLE = re.compile(rb"NVIDIA-SMI[ \t]+\d[\w.]*[ \t]+(?:KMD Version|Driver Version)[^\n]*\|")
_BEFORE_LOG = re.compile(rb"\n(?=[^\n]{0,120}={3,40}[ \t]*NVSMI LOG)")
_QUERY_VERSIONS = {"driver": r"Driver Version\s{0,60}:\s{0,4}(\d[\w.]{1,40})", "cuda": r"CUDA Version\s{0,60}:\s{0,4}(\d[\w.]{1,20})"}


class NvidiaSmiText:
    """The reader."""

    slug = SLUG
    label = "nvidia-smi / nvidia-smi -q"
    priority = 21

    def recognises(self, head: bytes) -> bool:
        """The heading of the table or of the log."""
        head = plain(head)
        return _TABLE.search(head) is not None or re.search(rb"={3,40}[ \t]*NVSMI LOG[ \t]*={3,40}", head) is not None

    def read(self, source: Source, progress: Progress) -> Trace:
        """Read all logs, else all tables. Raises UnreadableFile where no card is described."""
        if _TABLE.search(plain(source.head)) is not None:
            return read_tables(source, progress, SLUG, "nvidia-smi")
        progress(0.0, "reading.doing.reading")
        stamps = stamped(plain(source.text_bytes()), source.before)
        trace = None
        if LOG.search(stamps.text) is not None:
            trace = read_query_text(source, stamps, progress, SLUG, environment_of(stamps.text, _QUERY_VERSIONS))
        if trace is None:
            raise UnreadableFile("reading.no_cards", file=source.path)
        return trace

    def chapters(self, head: bytes) -> re.Pattern[bytes]:
        """A card's lines belong together, and so do those of a log."""
        return RULING if _TABLE.search(plain(head)) is not None else _BEFORE_LOG


READER = NvidiaSmiText()
