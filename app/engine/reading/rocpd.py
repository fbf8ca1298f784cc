"""rocpd (`rocprofv3 --output-format rocpd`): ROCm's profile as SQLite. Tables end in a GUID; the views hide it.

Asked last of the databases, it also finds an nsys report whose tables are declared beyond the head of the file, and says what an unknown
database holds.
"""

import sqlite3

import numpy as np

from app.engine.errors import UnreadableFile
from app.engine.messages import message
from app.engine.model.traces import Device, Trace
from app.engine.progress import Progress
from app.engine.reading import nsys_sqlite
from app.engine.reading._event_table import kernel_category, make_events
from app.engine.reading._profiler_trace import trace_of_events
from app.engine.reading._sources import Source
from app.engine.reading._sqlite import MAGIC, columns_of, integers, names_of, open_sqlite

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
        skipped: dict[str, int] = {}
        names: list[str] = []
        kinds: list[str] = []
        owners: list[str] = []
        parts: list[np.ndarray] = []
        with open_sqlite(source) as database:
            tables = names_of(database)
            if "StringIds" in tables and "rocpd_string" not in tables:
                return nsys_sqlite.READER.read(source, progress)
            if not set(_VIEWS) & tables:
                raise UnreadableFile("reading.unknown_database", file=source.path, tables=sorted(tables)[:_SHOWN])
            for view, (category, card, stream, size) in _VIEWS.items():
                if view not in tables or not {"start", "end", "name"} <= columns_of(database, view):
                    continue
                rows = integers(database, view, ["start", "end", card, stream, "corr_id", size], progress)
                told = [str(row[0] or "") for row in database.execute(f'SELECT name FROM "{view}"')]
                good = (rows[0] >= 0) & (rows[1] >= rows[0])
                if not good.all():
                    skipped["skipped.no_duration"] = skipped.get("skipped.no_duration", 0) + int((~good).sum())
                kept = np.flatnonzero(good).tolist()
                told = [told[row] for row in kept]
                names += told
                kinds += [category] * len(told) if category else kernel_category(told)
                owners += ["host"] * len(told) if category == "runtime" else [str(max(0, number)) for number in rows[2, good].tolist()]
                parts.append(rows[:, good])
            devices = _devices(database, tables)
        whole = np.concatenate(parts, axis=1) if parts else np.empty((6, 0), np.int64)
        origin = int(whole[0].min()) if whole.shape[1] else 0
        events = make_events(
            names, kinds, owners, whole[0] - origin, whole[1] - whole[0], streams=whole[3], correlation=whole[4], sizes=whole[5]
        )
        on_device = set(events.categories) & {"kernel", "collective", "memcpy"}
        warnings = [] if on_device else [message("reading.no_gpu_events")]
        return trace_of_events(source, SLUG, events, 0, devices=devices, skipped=skipped, warnings=warnings)


READER = Rocpd()


def _devices(database: sqlite3.Connection, tables: set[str]) -> list[Device]:
    table = "rocpd_info_agent"
    if table not in tables or not {"type", "type_index", "product_name"} <= columns_of(database, table):
        return []
    rows = database.execute(f"SELECT type_index, product_name FROM {table} WHERE type = 'GPU'")
    return [Device(str(number), "gpu", str(name or "")) for number, name in rows]
