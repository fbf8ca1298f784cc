"""Nsight Systems reports exported with `nsys export --type sqlite` (schemas 2.9 to 3.17).

Tables are made only where something was recorded: one that is missing means nothing of its kind. Columns differ by schema and are asked
for by name. TARGET_INFO_GPU tells the cards, TARGET_INFO_SESSION_START_TIME the calendar.
"""

import sqlite3

import msgspec

from app.engine.messages import Message, message
from app.engine.model.traces import Device, Series, Trace
from app.engine.progress import Progress, part_of
from app.engine.reading import _nsys_metrics
from app.engine.reading._nsys_events import NsysEvents
from app.engine.reading._profiler_trace import trace_of_events
from app.engine.reading._sources import Source
from app.engine.reading._sqlite import columns_of, names_of, open_sqlite, tables_in_head

SLUG = "nsys-sqlite"


class NsysSqlite:
    """The reader."""

    slug = SLUG
    label = "Nsight Systems SQLite"
    priority = 20

    def recognises(self, head: bytes) -> bool:
        """A database that declares the tables of an nsys export."""
        found = tables_in_head(head)
        return "StringIds" in found and any(
            name.startswith(("TARGET_INFO_", "ANALYSIS_", "CUPTI_ACTIVITY", "ENUM_", "META_DATA")) for name in found
        )

    def read(self, source: Source, progress: Progress) -> Trace:
        """Read kernels, copies, calls, ranges, GPU metrics and NIC counters, as far as they were recorded."""
        progress(0.0, "reading.doing.reading")
        warnings: list[Message] = []
        events = NsysEvents(source.beat)
        with open_sqlite(source) as database:
            tables = names_of(database)
            events.read(database, tables, part_of(progress, 0.0, 0.75))
            series = _nsys_metrics.series_of(database, tables, progress)
            progress(0.9, "reading.doing.ordering")
            origin = min([int(one.time_ns[0]) for one in series] + [one for one in (events.first_ns,) if one is not None], default=0)
            whole = events.events(database, origin)
            devices = _devices(database, tables)
            environment = _environment(database, tables)
            start = _start(database, tables)
        if whole is not None and not set(whole.categories) & {"kernel", "collective", "memcpy"}:
            warnings.append(message("reading.no_gpu_events"))
        return trace_of_events(
            source, SLUG, whole, 0, origin_ns=start + origin if start is not None else None, series=_earlier(series, origin),
            devices=devices, skipped=events.skipped, warnings=warnings, environment=environment,
        )  # fmt: skip


READER = NsysSqlite()


def _devices(database: sqlite3.Connection, tables: set[str]) -> list[Device]:
    if "TARGET_INFO_GPU" not in tables:
        return []
    known = columns_of(database, "TARGET_INFO_GPU")
    size = "totalMemory" if "totalMemory" in known else "NULL"
    rows = database.execute(f"SELECT id, name, {size} FROM TARGET_INFO_GPU") if {"id", "name"} <= known else []
    return [
        Device(str(number), "gpu", str(name or ""), total / 2**30 if isinstance(total, int) and total > 0 else None)
        for number, name, total in rows
    ]


def _environment(database: sqlite3.Connection, tables: set[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    table = next((name for name in ("META_DATA_EXPORT", "EXPORT_META_DATA") if name in tables), None)
    if table is not None:
        told = dict(database.execute(f'SELECT name, value FROM "{table}"'))
        if version := told.get("EXPORT_SCHEMA_VERSION"):
            found["nsys schema"] = str(version)
    if "TARGET_INFO_SYSTEM_ENV" in tables and {"name", "value"} <= columns_of(database, "TARGET_INFO_SYSTEM_ENV"):
        wanted = {"OS": "os", "OsVersion": "os", "Hostname": "host", "CudaDriverVersion": "cuda_driver", "GpuDriverVersion": "driver"}
        for name, value in database.execute("SELECT name, value FROM TARGET_INFO_SYSTEM_ENV"):
            if name in wanted and value:
                found.setdefault(wanted[name], str(value))
    return found


def _start(database: sqlite3.Connection, tables: set[str]) -> int | None:
    """Return the start of the capture, ns since 1970, None where the export is too old to tell it."""
    table = "TARGET_INFO_SESSION_START_TIME"
    if table not in tables or "utcEpochNs" not in columns_of(database, table):
        return None
    row = database.execute(f"SELECT utcEpochNs FROM {table}").fetchone()
    return row[0] if row and isinstance(row[0], int) else None


def _earlier(series: list[Series], origin_ns: int) -> list[Series]:
    """Return the series with the origin at the first event: stamps count from the start of the capture."""
    return [msgspec.structs.replace(one, time_ns=one.time_ns - origin_ns) for one in series]
