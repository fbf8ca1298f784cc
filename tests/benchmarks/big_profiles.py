"""Reports of profilers of at least 320 MB in the form of the tools that write them: the numbers in them are random, the layout is not."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import numpy as np

from tests.benchmarks.big_logs import LEAST_BYTES

_AT_ONCE = 5000
_GUID = "00003fdc_92cb_72cb_9169_c7e541b1fcdf"
_ROCPD_TABLES = {
    "string": "id INTEGER NOT NULL PRIMARY KEY, guid TEXT, string TEXT NOT NULL",
    "info_process": "id INTEGER NOT NULL PRIMARY KEY, guid TEXT, pid INTEGER",
    "info_thread": "id INTEGER NOT NULL PRIMARY KEY, guid TEXT, pid INTEGER, tid INTEGER",
    "info_agent": "id INTEGER NOT NULL PRIMARY KEY, guid TEXT, type TEXT, type_index INTEGER, product_name TEXT",
    "info_kernel_symbol": "id INTEGER NOT NULL PRIMARY KEY, guid TEXT, display_name TEXT",
    "event": "id INTEGER NOT NULL PRIMARY KEY, guid TEXT, category_id INTEGER, correlation_id INTEGER, extdata JSONB",
    "region": "id INTEGER NOT NULL PRIMARY KEY, guid TEXT, pid INTEGER, tid INTEGER, start BIGINT, end BIGINT, name_id INTEGER, "
    "event_id INTEGER",
    "kernel_dispatch": "id INTEGER NOT NULL PRIMARY KEY, guid TEXT, pid INTEGER, tid INTEGER, agent_id INTEGER, kernel_id INTEGER, "
    "queue_id INTEGER, start BIGINT, end BIGINT, region_name_id INTEGER, event_id INTEGER",
}
_ROCPD_VIEWS = (
    "CREATE VIEW kernels AS SELECT K.id, S.display_name AS name, A.type_index AS agent_type_index, K.queue_id, K.start, K.end, "
    "E.correlation_id AS corr_id FROM rocpd_kernel_dispatch K INNER JOIN rocpd_info_agent A ON A.id = K.agent_id AND A.guid = K.guid "
    "INNER JOIN rocpd_event E ON E.id = K.event_id AND E.guid = K.guid "
    "INNER JOIN rocpd_string R ON R.id = K.region_name_id AND R.guid = K.guid "
    "INNER JOIN rocpd_info_kernel_symbol S ON S.id = K.kernel_id AND S.guid = K.guid",
    "CREATE VIEW regions AS SELECT R.id, S.string AS name, T.tid, R.start, R.end, E.correlation_id AS corr_id FROM rocpd_region R "
    "INNER JOIN rocpd_event E ON E.id = R.event_id AND E.guid = R.guid INNER JOIN rocpd_string S ON S.id = R.name_id AND S.guid = R.guid "
    "INNER JOIN rocpd_info_thread T ON T.id = R.tid AND T.guid = R.guid",
)


def rocpd(path: Path) -> None:
    """Dispatches and their launches as rocprofv3 writes them: tables with a GUID behind, views that join them."""
    launches = 1_400_000
    guid = _GUID.replace("_", "-")
    with closing(sqlite3.connect(path)) as made, made:
        for table, columns in _ROCPD_TABLES.items():
            made.execute(f"CREATE TABLE rocpd_{table}_{_GUID}({columns})")
            made.execute(f"CREATE VIEW rocpd_{table} AS SELECT * FROM rocpd_{table}_{_GUID}")
        for view in _ROCPD_VIEWS:
            made.execute(view)

        def insert(table: str, rows: Iterator[tuple]) -> None:
            marks = ",".join("?" * (_ROCPD_TABLES[table].count(",") + 1))
            made.executemany(f"INSERT INTO rocpd_{table}_{_GUID} VALUES({marks})", rows)

        insert("string", ((n, guid, f"hipApi_{n}") for n in range(1, 60)))
        insert("info_process", iter([(1, guid, 4000)]))
        insert("info_thread", iter([(1, guid, 1, 4001)]))
        insert("info_agent", ((n, guid, "GPU", n - 1, "AMD Instinct MI300X") for n in range(1, 9)))
        insert("info_kernel_symbol", ((n, guid, f"Cijk_Ailk_Bljk_{n}") for n in range(1, 200)))
        insert("event", ((n, guid, 1, n // 2, "{}") for n in range(1, 2 * launches + 1)))
        insert("region", ((n, guid, 1, 1, n * 2000, n * 2000 + 900, 1 + n % 50, 2 * n) for n in range(1, launches + 1)))
        insert(
            "kernel_dispatch",
            ((n, guid, 1, 1, 1 + n % 8, 1 + n % 199, 3, n * 2000 + 950, n * 2000 + 2400, 5, 2 * n - 1) for n in range(1, launches + 1)),
        )


def ascend_trace_json(path: Path) -> None:
    """torch_npu's trace_view.json: one line, stamps as texts, what a process is told last."""
    names = [f"aten::op_{number}" for number in range(150)]

    def events(rng: np.random.Generator, first: int) -> Iterator[dict]:
        for number, (host_us, device_us) in enumerate(rng.random((_AT_ONCE, 2)).tolist(), first):
            start = 1_704_161_511_420_306_491 + number * 50_000
            name = names[number % 150]
            usual = {"ph": "X", "name": name, "pid": 437675, "tid": 437675, "ts": _stamp(start), "dur": round(host_us * 30, 3)}
            yield {**usual, "cat": "cpu_op", "args": {"Sequence number": -1, "Fwd thread id": 0}}
            yield {"ph": "s", "bp": "e", "name": "async_npu", "id": number, "pid": 437675, "tid": 437675, "ts": _stamp(start), "cat": "x"}
            usual = {"name": f"MatMulV2_{number % 90}", "pid": 8, "tid": 3, "ts": _stamp(start + 9000), "dur": round(device_us * 40, 3)}
            yield {**usual, "args": {"Model Id": 4294967295, "Task Type": "AI_CORE", "Stream Id": 3, "Task Id": number}, "ph": "X"}

    processes = ((8, "Ascend Hardware"), (9, "Communication"), (10, "Overlap Analysis"))
    told = [{"ph": "M", "name": "process_name", "pid": pid, "args": {"name": name}} for pid, name in processes]
    blocks = (json.dumps(list(events(np.random.default_rng(n), n * _AT_ONCE)))[1:-1] for n in count())
    _joined(path, "[", blocks, ", " + json.dumps(told)[1:])


def _stamp(time_ns: int) -> str:
    return f"{time_ns // 1000}.{time_ns % 1000:03d}"


def rocprofv3(path: Path) -> None:
    """rocprofv3's JSON of a training: dispatches, then the calls, which are not read."""
    agents = [{"id": {"handle": n}, "type": 2, "product_name": "AMD Instinct MI300X", "logical_node_id": n} for n in range(8)]
    symbols = [{"size": 0, "kernel_id": n, "formatted_kernel_name": f"void gemm_{n}<float>(float*)"} for n in range(300)]
    tool = {"metadata": {"node": {"hostname": "host"}}, "agents": agents, "strings": {}, "kernel_symbols": symbols}
    start = '{"rocprofiler-sdk-tool":[' + json.dumps(tool)[:-1] + ',"callback_records":{},"buffer_records":{"kernel_dispatch":['

    def dispatch(number: int) -> dict:
        begin = 63_857_982_592_000 + number * 3000
        size = {"workgroup_size": {"x": 512, "y": 1, "z": 1}, "grid_size": {"x": 4096, "y": 1, "z": 1}}
        info = {"size": 72, "agent_id": {"handle": number % 8}, "queue_id": {"handle": 16}, "kernel_id": number % 300, **size}
        ids = {"correlation_id": {"internal": number, "external": 0}, "thread_id": 908}
        return {"size": 184, "kind": 11, **ids, "start_timestamp": begin, "end_timestamp": begin + 2500, "dispatch_info": info}

    def call(number: int) -> dict:
        begin = 63_857_982_592_000 + number * 3000
        ids = {"correlation_id": {"internal": number, "external": 0}, "thread_id": 908}
        return {"size": 64, "kind": 4, "operation": 210, **ids, "start_timestamp": begin, "end_timestamp": begin + 900}

    _joined(path, start, _listed(dispatch), '],"hip_api":[', LEAST_BYTES * 3 // 4)
    with path.open("a") as file:
        file.writelines(f"{',' if n else ''}{json.dumps(call(n), separators=(',', ':'))}" for n in range(LEAST_BYTES // 4 // 150))
        file.write('],"memory_copy":[]}}]}')


def prometheus_json(path: Path) -> None:
    """query_range over DCGM's fields: a series per card and field, 11 000 samples each."""
    fields = ("DCGM_FI_DEV_GPU_UTIL", "DCGM_FI_DEV_POWER_USAGE", "DCGM_FI_DEV_FB_USED", "DCGM_FI_PROF_SM_ACTIVE")

    def series() -> Iterator[str]:
        for number in count():
            rng = np.random.default_rng(number)
            metric = {"__name__": fields[number % 4], "gpu": str(number // 4 % 8), "Hostname": f"node{number // 32}"}
            values = [[1_767_225_600 + 15 * n, f"{value:.3f}"] for n, value in enumerate(rng.random(11_000).tolist())]
            yield json.dumps({"metric": metric, "values": values}, separators=(",", ":"))

    _joined(path, '{"status":"success","data":{"resultType":"matrix","result":[', series(), "]}}")


def _listed(made: Callable[[int], dict]) -> Iterator[str]:
    for first in count(0, _AT_ONCE):
        yield json.dumps([made(number) for number in range(first, first + _AT_ONCE)], separators=(",", ":"))[1:-1]


def _joined(path: Path, start: str, blocks: Iterator[str], end: str, least: int = LEAST_BYTES) -> None:
    """Write a list, a comma between its blocks, until it is long enough."""
    with path.open("w") as file:
        written = file.write(start + next(blocks))
        while written < least:
            written += file.write("," + next(blocks))
        file.write(end)


FORMATS: dict[str, Callable[[Path], None]] = {
    "rocpd": rocpd,
    "ascend-trace-json": ascend_trace_json,
    "rocprofv3": rocprofv3,
    "prometheus-json": prometheus_json,
}
"""Slug -> what makes a file of it."""
