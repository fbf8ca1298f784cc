"""Nsight Systems reports exported with `nsys export --type sqlite` (schemas 2.9 to 3.17).

Tables are made only where something was recorded: one that is missing means nothing of its kind. Columns differ by schema and are asked
for by name. TARGET_INFO_GPU tells the cards, TARGET_INFO_SESSION_START_TIME the calendar.
"""

import sqlite3

import numpy as np

from app.engine.messages import Message, message
from app.engine.model.traces import Device, Events, Series, Trace
from app.engine.progress import Progress
from app.engine.reading import _nsys_metrics
from app.engine.reading._event_columns import COLLECTIVE
from app.engine.reading._profiler_trace import trace_of_events
from app.engine.reading._sources import Source
from app.engine.reading._sqlite import columns_of, integers, names_of, open_sqlite, tables_in_head

SLUG = "nsys-sqlite"
_P = "CUPTI_ACTIVITY_KIND_"
# table -> our category, the columns of name, device, stream, correlation, bytes; "" = none
_TABLES = {
    _P + "KERNEL": ("kernel", ("demangledName", "deviceId", "streamId", "correlationId", "")),
    _P + "GRAPH_TRACE": ("kernel", ("", "deviceId", "streamId", "correlationId", "")),
    _P + "MEMCPY": ("memcpy", ("copyKind", "deviceId", "streamId", "correlationId", "bytes")),
    _P + "MEMSET": ("memset", ("", "deviceId", "streamId", "correlationId", "bytes")),
    _P + "RUNTIME": ("runtime", ("nameId", "", "globalTid", "correlationId", "")),
    "NVTX_EVENTS": ("annotation", ("textId", "", "globalTid", "", "")),
    "OSRT_API": ("other", ("nameId", "", "globalTid", "", "")),
}
_COPIES = {
    1: "HtoD",
    2: "DtoH",
    3: "HtoA",
    4: "AtoH",
    5: "AtoA",
    6: "AtoD",
    7: "DtoA",
    8: "DtoD",
    9: "HtoH",
    10: "PtoP",
    11: "Unified HtoD",
    12: "Unified DtoH",
}


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
        skipped: dict[str, int] = {}
        with open_sqlite(source) as database:
            tables = names_of(database)
            words = dict(database.execute("SELECT id, value FROM StringIds"))
            parts = [_part(database, table, words, skipped, progress) for table in _TABLES if table in tables]
            events = _joined([part for part in parts if part is not None])
            series = _nsys_metrics.series_of(database, tables, progress)
            devices = _devices(database, tables)
            environment = _environment(database, tables)
            start = _start(database, tables)
        if events is not None and not set(events.categories) & {"kernel", "collective", "memcpy"}:
            warnings.append(message("reading.no_gpu_events"))
        return _placed(source, events, series, devices, start, skipped, warnings, environment)


READER = NsysSqlite()


def _part(database: sqlite3.Connection, table: str, words: dict, skipped: dict[str, int], progress: Progress) -> tuple | None:
    """Return (category, names by code, rows (7, n)) of one table: start, duration, name, device, stream, correlation, bytes."""
    category, (name, *others) = _TABLES[table]
    known = columns_of(database, table)
    name = name if name in known else next((other for other in ("shortName", "textId", "nameId") if other in known), name)
    rows = integers(database, table, ["start", "end", name, *others], progress)
    bad = (rows[0] < 0) | (rows[1] < rows[0])
    if bad.any():
        skipped["skipped.no_duration"] = skipped.get("skipped.no_duration", 0) + int(bad.sum())
        rows = rows[:, ~bad]
    if not rows.shape[1]:
        return None
    rows[1] -= rows[0]
    texts = _texts(database, table, words, bad) if table == "NVTX_EVENTS" and "text" in known else None
    if texts is not None:
        import pandas as pd

        codes, found = pd.factorize(np.asarray(texts, dtype=object))
        rows[2] = codes
        return category, dict(enumerate(found)), rows
    if table.endswith("MEMCPY"):
        return category, {code: f"Memcpy {told}" for code, told in _COPIES.items()}, rows
    if table.endswith("MEMSET"):
        return category, {-1: "Memset"}, rows
    return category, words, rows


def _texts(database: sqlite3.Connection, table: str, words: dict, bad: np.ndarray) -> list[str]:
    rows = database.execute(f'SELECT text, {"textId" if "textId" in columns_of(database, table) else "NULL"} FROM "{table}"')
    found = [text if text is not None else words.get(code, "") for text, code in rows]
    return [str(text) for text, wrong in zip(found, bad, strict=True) if not wrong]


def _joined(parts: list[tuple]) -> Events | None:
    """Put the parts of all tables on one time axis."""
    if not parts:
        return None
    names: dict[str, int] = {}
    categories: dict[str, int] = {}
    devices: dict[str, int] = {}
    columns: list[list[np.ndarray]] = [[] for _ in range(8)]
    for category, words, rows in parts:
        codes, place = np.unique(rows[2], return_inverse=True)
        told = [str(words.get(code, "?")) for code in codes.tolist()]
        kinds = ["collective" if category == "kernel" and COLLECTIVE.search(text) else category for text in told]
        cards, card = np.unique(rows[3], return_inverse=True)
        owners = ["host" if category in ("runtime", "annotation", "other") else str(max(number, 0)) for number in cards.tolist()]
        columns[0].append(np.array([names.setdefault(text, len(names)) for text in told], np.int32)[place])
        columns[1].append(np.array([categories.setdefault(kind, len(categories)) for kind in kinds], np.int32)[place])
        columns[2].append(np.array([devices.setdefault(owner, len(devices)) for owner in owners], np.int32)[card])
        for target, row in ((3, rows[4]), (4, rows[0]), (5, rows[1]), (6, rows[5]), (7, rows[6])):
            columns[target].append(row)
    whole = [np.concatenate(column) for column in columns]
    order = np.argsort(whole[4], kind="stable")
    name, category, device, stream, start, duration, correlation, size = (column[order] for column in whole)
    return Events(
        names=tuple(names), categories=tuple(categories), devices=tuple(devices), shapes=(), name=name, category=category, device=device,
        stream=stream, start_ns=start, duration_ns=duration, correlation=correlation, shape=np.full(start.size, -1, np.int32), bytes=size,
    )  # fmt: skip


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


def _placed(
    source: Source, events: Events | None, series: list[Series], devices: list[Device], start: int | None, skipped: dict[str, int],
    warnings: list[Message], environment: dict[str, str],
) -> Trace:  # fmt: skip
    """Return the trace with its origin at the first event: stamps count from the start of the capture."""
    import msgspec

    firsts = [int(events.start_ns[0])] if events is not None and len(events) else []
    firsts += [int(one.time_ns[0]) for one in series]
    origin = min(firsts, default=0)
    moved = msgspec.structs.replace(events, start_ns=events.start_ns - origin) if events is not None else None
    shifted = [msgspec.structs.replace(one, time_ns=one.time_ns - origin) for one in series]
    return trace_of_events(
        source, SLUG, moved, 0, origin_ns=start + origin if start is not None else None, series=shifted, devices=devices, skipped=skipped,
        warnings=warnings, environment=environment,
    )  # fmt: skip
