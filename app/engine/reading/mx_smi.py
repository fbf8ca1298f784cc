"""MetaX's `mx-smi`: its table, and the link matrix of `mx-smi topo`, which describes the machine and measures nothing.

Moffett's tool of the same name has another layout and is not read.
"""

import re
from collections import Counter

from app.engine.errors import UnreadableFile
from app.engine.messages import message
from app.engine.model.traces import Device, Trace
from app.engine.progress import Progress
from app.engine.reading._cleaning import plain
from app.engine.reading._smi_tables import RULING, read_tables
from app.engine.reading._sources import Source
from app.engine.reading._stamps import stamped

SLUG = "mx-smi"
_TABLE = re.compile(rb"\|[ \t]*MX-SMI[ \t]+\d")
_LOG = re.compile(rb"MetaX System Management Interface Log")
_MATRIX_HEAD = re.compile(rb"^[ \t]+((?:(?:GPU|NIC)\d{1,4}[ \t]+)+)", re.MULTILINE)
_MATRIX_ROW = re.compile(rb"^[ \t]*((?:GPU|NIC)\d{1,4})[ \t]+([A-Z][^\n]{0,2000})$", re.MULTILINE)


class MxSmi:
    """The reader."""

    slug = SLUG
    label = "mx-smi"
    priority = 15

    def recognises(self, head: bytes) -> bool:
        """MetaX's own headings."""
        return _TABLE.search(head) is not None or _LOG.search(head) is not None

    def read(self, source: Source, progress: Progress) -> Trace:
        """Read all tables, else the link matrix."""
        if _TABLE.search(source.head) is not None:
            return read_tables(source, progress, SLUG, "mx-smi")
        progress(0.0, "reading.doing.reading")
        return _topology(source, plain(source.text_bytes()))

    def chapters(self, head: bytes) -> re.Pattern[bytes] | None:
        """A card's lines belong together."""
        return RULING if _TABLE.search(head) else None


READER = MxSmi()


def _topology(source: Source, text: bytes) -> Trace:
    """Return the cards, the NICs and how often each kind of link joins two cards. Raises UnreadableFile without a matrix."""
    stamps = stamped(text)
    head = _MATRIX_HEAD.search(stamps.text)
    rows = _MATRIX_ROW.findall(stamps.text, head.end()) if head is not None else []
    if head is None or not rows:
        raise UnreadableFile("reading.no_cards", file=source.path)
    names = head[1].decode().split()
    links: Counter[str] = Counter()
    for name, cells in rows:
        for other, link in zip(names, cells.decode("utf-8", "replace").split(), strict=False):
            if name.startswith(b"GPU") and other.startswith("GPU") and name.decode() < other:
                links[link] += 1
    devices = [Device(name[3:], "gpu") if name.startswith("GPU") else Device(name.lower(), "nic") for name in dict.fromkeys(names)]
    times = stamps.at([head.start()])
    start = int(times[0]) if times is not None and times[0] >= 0 else None
    environment = {"card_links": ", ".join(f"{link} × {count}" for link, count in links.most_common(16))} if links else {}
    version = re.search(rb"mx-smi[ \t]+version:[ \t]*([\d.]{1,20})", stamps.text)
    if version is not None:
        environment["tool"] = version[1].decode()
    return Trace(
        files=(source.described(SLUG, rows=len(rows)),),
        duration_ns=0,
        start_ns=start,
        clock="local" if start is not None else "relative",
        devices=tuple(devices),
        warnings=(message("reading.topology"),),
        environment=environment,
        is_snapshot=True,
    )
