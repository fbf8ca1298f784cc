"""rocpd (`rocprofv3 --output-format rocpd`): ROCm's profile as SQLite. Tables end in a GUID; the views hide it.

Asked last of the databases, it also finds an nsys report whose tables are declared beyond the head of the file, and says what an unknown
database holds.
"""

import sqlite3

import numpy as np

from app.engine.errors import UnreadableFile
from app.engine.messages import message
from app.engine.model.traces import Device, Events, Trace
from app.engine.progress import Progress, part_of
from app.engine.reading import nsys_sqlite
from app.engine.reading._event_rows import Coded, EventRows, codes_of
from app.engine.reading._event_table import kernel_category
from app.engine.reading._profiler_trace import trace_of_events
from app.engine.reading._sources import Source
from app.engine.reading._sqlite import MAGIC, columns_of, names_of, open_sqlite, row_blocks

SLUG = "rocpd"
_SHOWN = 8
# view -> our category ("" = by the kernel's name), the column of the card, of the stream, of the size
_VIEWS = {
    "kernels": ("", "agent_type_index", "queue_id", ""),
    "memory_copies": ("memcpy", "dst_agent_type_index", "queue_id", "size"),
    "regions": ("runtime", "", "tid", ""),
}


class Rocpd:
    """The reader."""

    slug = SLUG
    label = "rocpd SQLite"
    priority = 60

    def recognises(self, head: bytes) -> bool:
        """Any SQLite database; `read` looks into it."""
        return head.startswith(MAGIC)

    def read(self, source: Source, progress: Progress) -> Trace:
        """Read kernels, copies and API regions."""
        progress(0.0, "reading.doing.reading")
        found = _Found(source)
        with open_sqlite(source) as database:
            tables = names_of(database)
            if "StringIds" in tables and "rocpd_string" not in tables:
                return nsys_sqlite.READER.read(source, progress)
            if not set(_VIEWS) & tables:
                raise UnreadableFile("reading.unknown_database", file=source.path, tables=sorted(tables)[:_SHOWN])
            for number, view in enumerate(_VIEWS):
                if view in tables and {"start", "end", "name"} <= columns_of(database, view):
                    found.read(database, view, part_of(progress, 0.3 * number, 0.3 * number + 0.3))
            devices = _devices(database, tables)
        progress(0.9, "reading.doing.ordering")
        events = found.events()
        on_device = set(events.categories) & {"kernel", "collective", "memcpy"}
        warnings = [] if on_device else [message("reading.no_gpu_events")]
        return trace_of_events(source, SLUG, events, 0, devices=devices, skipped=found.skipped, warnings=warnings)


READER = Rocpd()


class _Found:
    """Collects the rows of the views; skipped counts those without a duration."""

    def __init__(self, source: Source) -> None:
        self.skipped: dict[str, int] = {}
        self._rows = EventRows(source.beat)
        self._names: dict[str, int] = {}
        self._kinds: dict[str, int] = {}
        self._owners: dict[str, int] = {}

    def read(self, database: sqlite3.Connection, view: str, progress: Progress) -> None:
        """Read one view."""
        category, card, stream, size = _VIEWS[view]
        columns = ["start", "end", card, stream, "corr_id", size]
        for block, (told,) in row_blocks(database, view, columns, ["name"], progress):
            good = (block[0] >= 0) & (block[1] >= block[0])
            if not good.all():
                self.skipped["skipped.no_duration"] = self.skipped.get("skipped.no_duration", 0) + int((~good).sum())
            start, end, cards, streams, correlation, sizes = block[:, good]
            names = [str(name or "") for name, is_good in zip(told, good.tolist(), strict=True) if is_good]
            self._rows.add(
                start,
                end - start,
                name=codes_of(self._names, np.array(names, dtype=object)),
                category=self._coded(self._kinds, [category] * len(names) if category else kernel_category(names)),
                device=self._coded(self._owners, ["host"] * len(names) if category == "runtime" else _cards(cards)),
                stream=streams,
                correlation=correlation,
                bytes=sizes,
            )

    def events(self) -> Events:
        """Return all rows in order, from the first start on."""
        kinds, owners = Coded(self._kinds, ("category",)), Coded(self._owners, ("device",))
        return self._rows.events(self._rows.first_ns or 0, Coded(self._names, ("name",)), kinds, owners)

    def _coded(self, known: dict[str, int], words: list[str]) -> np.ndarray:
        return codes_of(known, np.array(words, dtype=object))


def _cards(numbers: np.ndarray) -> list[str]:
    return [str(max(0, number)) for number in numbers.tolist()]


def _devices(database: sqlite3.Connection, tables: set[str]) -> list[Device]:
    table = "rocpd_info_agent"
    if table not in tables or not {"type", "type_index", "product_name"} <= columns_of(database, table):
        return []
    rows = database.execute(f"SELECT type_index, product_name FROM {table} WHERE type = 'GPU'")
    return [Device(str(number), "gpu", str(name or "")) for number, name in rows]
