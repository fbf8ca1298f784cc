"""Reports of profilers in small pieces and blocks, with every column in a file: the same as at once, damage and cancel included."""

import contextlib
import gzip
import json
import sqlite3
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from app.engine.errors import Cancelled, UnreadableFile
from app.engine.model.traces import Trace
from app.engine.reading import read_trace
from app.engine.reading._sources import Source

FOLDERS = ("nsys-sqlite", "rocpd-sqlite", "ascend-trace_view-json", "ascend-msprof-timeline-json", "rocprofv3-json", "kineto-chrome-trace")
FOLDERS += ("ascend-op_summary-csv", "ascend-kernel_details-csv", "nsys-stats-csv", "rocprof-csv")


@pytest.fixture
def in_pieces(monkeypatch):
    """Return a function that reads a file piece by piece; before it is called nothing is changed."""
    pieces = Source.pieces

    def read(path: Path, size: int = 3000) -> Trace:
        monkeypatch.setattr(Source, "pieces", lambda self, size=size: pieces(self, size))
        for constant, value in (
            ("_sqlite.ROWS_AT_ONCE", 7),
            ("_event_order.BLOCK_ROWS", 64),
            ("_event_rows.BLOCK_ROWS", 64),
            ("_columns.SPILL_BYTES", 0),
        ):
            monkeypatch.setattr(f"app.engine.reading.{constant}", value)
        return read_trace(path)

    return read


def told(trace: Trace) -> dict:
    """Return all that a trace holds in a form that can be compared."""
    found = {name: getattr(trace, name) for name in trace.__struct_fields__ if name not in ("events", "series")}
    found["series"] = [(one.metric, one.device, one.unit, one.time_ns.tolist(), repr(one.values.tolist())) for one in trace.series]
    if trace.events is not None:
        columns = {name: getattr(trace.events, name) for name in trace.events.__struct_fields__}
        found["events"] = {name: column if isinstance(column, tuple) else column.tolist() for name, column in columns.items()}
        assert (np.diff(trace.events.start_ns) >= 0).all()
    return found


def write(folder: Path, content: str | bytes, name: str = "unknown") -> Path:
    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return folder / name


@pytest.mark.parametrize("folder", FOLDERS)
def test_real_reports_in_pieces_are_the_same_as_at_once(shared_data, folder, in_pieces, monkeypatch):
    paths = sorted(path for path in (shared_data / "traces" / folder).glob("*") if path.stat().st_size < 2_500_000)
    assert paths
    pieces = Source.pieces
    monkeypatch.setattr(Source, "pieces", lambda self, size=2**30: pieces(self, size))
    whole = [read_or_code(path, read_trace) for path in paths]
    monkeypatch.setattr(Source, "pieces", pieces)
    assert [read_or_code(path, lambda path: in_pieces(path, 100_000)) for path in paths] == whole


def read_or_code(path: Path, read) -> dict | str:
    try:
        return told(read(path))
    except UnreadableFile as error:
        return error.message.code


def test_a_real_rocprofv3_report_agrees_with_a_plain_reading_of_it(shared_data):
    path = next((shared_data / "traces" / "rocprofv3-json").glob("*.gz"))
    (tool,) = json.loads(gzip.decompress(path.read_bytes()))["rocprofiler-sdk-tool"]
    names = {one["kernel_id"]: one["formatted_kernel_name"] or one["kernel_name"] for one in tool["kernel_symbols"]}
    wanted: Counter[str] = Counter()
    for one in tool["buffer_records"]["kernel_dispatch"]:
        wanted[names[one["dispatch_info"]["kernel_id"]]] += one["end_timestamp"] - one["start_timestamp"]
    assert durations(read_trace(path)) == wanted


def test_a_real_ascend_timeline_agrees_with_a_plain_reading_of_it(shared_data):
    path = next((shared_data / "traces" / "ascend-trace_view-json").glob("*.json"))
    events = json.loads(path.read_bytes())
    processes = {one["pid"]: one["args"]["name"] for one in events if one["ph"] == "M" and one["name"] == "process_name"}
    wanted: Counter[str] = Counter()
    for one in events:
        if one["ph"] == "X" and processes.get(one["pid"]) != "Overlap Analysis" and not one["name"].startswith(("Iteration", "FP_BP")):
            wanted[one["name"]] += int(one["dur"] * 1000.0)
    assert durations(read_trace(path)) == wanted


def durations(trace: Trace) -> Counter[str]:
    found: Counter[str] = Counter()
    for name, duration in zip(trace.events.name.tolist(), trace.events.duration_ns.tolist(), strict=True):
        found[trace.events.names[name]] += duration
    return found


def nsys(path: Path, rows: int = 500) -> list[tuple]:
    """Write a report whose tables are not in order of time; return its good kernels in that order."""
    rng = np.random.default_rng(5)
    kernels = [(n * 7919 % 10_007 * 100, 50 + n % 9, n % 3, n % 4, n, n % 11) for n in range(rows)]
    with contextlib.closing(sqlite3.connect(path)) as made, made:
        made.execute("CREATE TABLE StringIds(id INTEGER PRIMARY KEY, value TEXT)")
        made.execute("CREATE TABLE META_DATA_EXPORT(name TEXT, value TEXT)")
        made.execute(
            "CREATE TABLE CUPTI_ACTIVITY_KIND_KERNEL(start INTEGER, end INTEGER, deviceId INTEGER, streamId INTEGER, "
            "correlationId INTEGER, demangledName INTEGER)"
        )
        made.execute("CREATE TABLE NVTX_EVENTS(start INTEGER, end INTEGER, text TEXT, textId INTEGER, globalTid INTEGER)")
        made.executemany("INSERT INTO StringIds VALUES(?,?)", ((n, f"gemm_{n}" if n else "ncclKernel") for n in range(10)))
        made.executemany(
            "INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL VALUES(?,?,?,?,?,?)",
            ((start, start + length, *more) for start, length, *more in kernels),
        )
        made.execute("INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL VALUES(5, NULL, 0, 0, 'x', 1.5), (7, 9, 'a', 2.5, NULL, 1)")
        texts = [(int(start), int(start) + 5, f"step {n}" if n % 2 else None, n % 12) for n, start in enumerate(rng.integers(0, 9**6, 60))]
        made.executemany("INSERT INTO NVTX_EVENTS VALUES(?,?,?,?,4)", texts)
    return sorted([*kernels, (7, 2, -1, -1, -1, 1)])


def test_rows_of_a_database_come_in_order_of_their_start(tmp_path, in_pieces):
    kernels = nsys(tmp_path / "report")
    whole = read_trace(tmp_path / "report")
    assert told(in_pieces(tmp_path / "report")) == told(whole) and whole.skipped == {"skipped.no_duration": 1}
    events = whole.events
    rows = np.flatnonzero(events.category != events.categories.index("annotation"))
    assert [events.categories[kind] for kind in np.unique(events.category[rows])] == ["collective", "kernel"]
    columns = (events.duration_ns, events.device, events.stream, events.correlation, events.name)
    start, *found = (column[rows].tolist() for column in (events.start_ns, *columns))
    assert np.diff(start).tolist() == np.diff([row[0] for row in kernels]).tolist()
    assert found[0] == [row[1] for row in kernels] and found[3] == [row[4] for row in kernels] and found[2] == [row[3] for row in kernels]
    assert [events.devices[one] for one in found[1]] == [str(max(row[2], 0)) for row in kernels]
    named = {0: "ncclKernel", 10: "?"}
    assert [events.names[one] for one in found[4]] == [named.get(row[5], f"gemm_{row[5]}") for row in kernels]


def rocpd(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as made, made:
        made.execute("CREATE TABLE rocpd_string(id INTEGER PRIMARY KEY, string TEXT)")
        made.execute("CREATE TABLE k(s, e, n, card, queue_id, corr_id)")
        made.execute("CREATE VIEW kernels AS SELECT s AS start, e AS end, n AS name, card AS agent_type_index, queue_id, corr_id FROM k")
        made.execute("CREATE TABLE regions(start, end, name, tid, corr_id)")
        made.executemany(
            "INSERT INTO k VALUES(?,?,?,?,?,?)",
            ((n * 37 % 400, n * 37 % 400 + 5, f"k{n % 6}" if n % 6 else "rcclKernel", n % 2, 3, n) for n in range(400)),
        )
        made.executemany("INSERT INTO regions VALUES(?,?,?,?,?)", ((n, n + 1 if n % 50 else n - 1, "hipLaunch", 9, n) for n in range(400)))


def test_a_rocpd_report_in_blocks(tmp_path, in_pieces):
    rocpd(tmp_path / "report")
    whole = read_trace(tmp_path / "report")
    assert told(in_pieces(tmp_path / "report")) == told(whole)
    assert len(whole.events) == 792 and whole.skipped == {"skipped.no_duration": 8} and whole.events.devices == ("0", "1", "host")
    assert set(whole.events.categories) == {"kernel", "collective", "runtime"}


def ascend(events: int = 400) -> list[dict]:
    """Return a timeline whose processes are told last and whose rows are not in order."""
    made = []
    for n in range(events):
        start = 1_704_161_511_420_306_491 + n * 7919 % 1009 * 1000
        stamp = f"{start // 1000}.{start % 1000:03d}" if n % 5 else start / 1000
        args = {"Task Type": "AI_CORE"} if n % 3 else {"size(Byte)": 10 * n}
        made.append({"ph": "X", "name": f"op{n % 13}", "pid": 7 + n % 4, "tid": n % 3, "ts": stamp, "dur": n / 8, "args": args})
        made.append({"ph": "s", "name": "flow", "pid": 7, "tid": 1, "ts": stamp, "id": n})
    processes = enumerate(("Ascend Hardware", "Communication", "Overlap Analysis", "CANN"), 7)
    made += [{"ph": "M", "name": "process_name", "pid": pid, "args": {"name": name}} for pid, name in processes]
    made[4]["dur"] = made[6]["dur"] = "n/a"
    return made


def test_an_ascend_timeline_in_pieces(tmp_path, in_pieces):
    for encoding, opening in (("utf-8", ""), ("utf-16", ""), ("utf-8", '{"traceEvents": ')):
        path = write(tmp_path, (opening + json.dumps(ascend()) + ("}" if opening else "")).encode(encoding))
        whole = read_trace(path)
        assert told(in_pieces(path)) == told(whole)
        assert whole.skipped == {"skipped.flow": 400, "skipped.metadata": 4, "skipped.span": 100, "skipped.no_duration": 1}
        assert len(whole.events) == 299 and set(whole.events.categories) == {"kernel", "collective", "other", "runtime"}


def test_an_ascend_timeline_damaged_inside_loses_only_that_event(tmp_path, in_pieces):
    text = json.dumps(ascend())
    at = text.index('"ts"', len(text) // 2)
    trace = in_pieces(write(tmp_path, text[:at] + "\x01}}{{" + text[at + 6 :]))
    assert trace.skipped["skipped.damaged_event"] == 1 and "reading.json_damaged" in [one.code for one in trace.warnings]
    assert "skipped.span" in trace.skipped  # the processes, which are told last, were read


def rocprofv3(tools: int = 2) -> dict:
    """Return a report of two tools in which kernels are named after their records; braces stand in names too."""

    def record(n: int, **more) -> dict:
        return {"size": 8, "start_timestamp": n * 31 % 503, "end_timestamp": n * 31 % 503 + 9, "correlation_id": {"internal": n}, **more}

    def tool(number: int) -> dict:
        info = [{"agent_id": {"handle": n % 3}, "queue_id": {"handle": 5}, "kernel_id": n % 4} for n in range(300)]
        records = {
            "kernel_dispatch": [record(n, dispatch_info=one) for n, one in enumerate(info)],
            "hip_api": [record(n, args=[{"size": 1}, {"size": 2}]) for n in range(200)],
            "memory_copy": [record(n, dst_agent_id={"handle": 1}, bytes=n) for n in range(20)],
            "scratch_memory": [],
        }
        agents = [{"size": 1, "id": {"handle": n}, "type": 2 if n else 1, "product_name": "MI", "logical_node_id": n} for n in range(3)]
        symbols = [{"size": 0, "kernel_id": n, "formatted_kernel_name": f'gemm_{number}_{n} "}},{{]'} for n in range(3)]
        metadata = {"node": {"hostname": "h"}}
        return {"buffer_records": records, "callback_records": {"kernel_dispatch": [record(1)]}, "agents": agents,
                "strings": {"a": ["x"], "b": [[1], [2]]}, "kernel_symbols": symbols, "metadata": metadata}  # fmt: skip

    return {"rocprofiler-sdk-tool": [tool(number) for number in range(tools)]}


@pytest.mark.parametrize("indent", [None, 1])
def test_a_rocprofv3_report_in_pieces(tmp_path, in_pieces, indent):
    path = write(tmp_path, json.dumps(rocprofv3(), indent=indent))
    whole = read_trace(path)
    for size in (500, 3000, 40_000):
        assert told(in_pieces(path, size)) == told(whole)
    assert len(whole.events) == 640 and whole.environment == {"host": "h"} and {one.id for one in whole.devices} == {"0", "1"}
    assert {"Memcpy", "?", *(f'gemm_{tool}_{n} "}},{{]' for tool in range(2) for n in range(3))} == set(whole.events.names)


@pytest.mark.parametrize("cut", [0.3, 0.6, 0.99])
def test_a_rocprofv3_report_that_breaks_off_is_refused(tmp_path, in_pieces, cut):
    text = json.dumps(rocprofv3())
    with pytest.raises(UnreadableFile) as caught:
        in_pieces(write(tmp_path, text[: int(cut * len(text))]))
    assert caught.value.message.code == "reading.json_broken"


def test_a_range_of_prometheus_in_pieces(tmp_path, in_pieces):
    odd = {3: "NaN", 7: "+Inf", 9: "1e2"}

    def series(card: int) -> dict:
        metric = {"__name__": "DCGM_FI_DEV_POWER_USAGE" if card < 4 else "up", "gpu": str(card)}
        return {"metric": metric, "values": [[1_782_864_300 + n * 1.5, odd.get(n, str(n))] for n in range(10 if card != 2 else 500)]}

    answer = {"status": "success", "data": {"resultType": "matrix", "result": [series(card) for card in range(5)]}}
    answer["data"]["result"].append({"metric": {"__name__": "DCGM_FI_DEV_GPU_TEMP"}, "values": [[1, "x"]]})
    path = write(tmp_path, json.dumps(answer))
    whole = read_trace(path)
    for size in (500, 3000):
        assert told(in_pieces(path, size)) == told(whole)
    assert [one.values.size for one in whole.series] == [10, 10, 500, 10]
    assert whole.skipped["skipped.bad_row"] == 1 and whole.skipped["skipped.not_a_metric"] == 10
    first = whole.series[0]
    assert first.values[9] == 100 and np.isnan(first.values[[3, 7]]).all() and first.time_ns[1] - first.time_ns[0] == 1_500_000_000


def kineto(events: int, damaged: int) -> str:
    """Return a trace in which some events are damaged, evenly."""
    every = [json.dumps({"ph": "X", "cat": "kernel", "name": "k", "pid": 0, "tid": 7, "ts": n, "dur": 1}) for n in range(events)]
    for n in range(damaged):
        place = n * events // damaged
        every[place] = every[place].replace('"dur": 1', '"dur": ?')
    return '{"schemaVersion": 1, "traceEvents": [' + ", ".join(every) + "]}"


def test_ten_thousand_damages_do_not_end_the_reading(tmp_path):
    trace = read_trace(write(tmp_path, kineto(30_000, 12_000)))
    assert len(trace.events) == 18_000 and trace.skipped == {"skipped.damaged_event": 12_000}
    assert trace.events.start_ns[-1] > 29_000_000 - 10_000


def test_a_file_that_is_mostly_damaged_is_given_up(tmp_path):
    trace = read_trace(write(tmp_path, kineto(30_000, 25_000)))
    assert 0 < len(trace.events) < 5000 and "reading.json_damaged" in [one.code for one in trace.warnings]


@pytest.mark.parametrize("after", [2, 5, 20])
@pytest.mark.parametrize("which", ["nsys", "rocpd", "ascend", "rocprofv3"])
def test_a_cancel_is_heard_in_each_block_and_leaves_nothing_behind(tmp_path, monkeypatch, which, after):
    monkeypatch.setattr("app.engine.reading._sqlite.ROWS_AT_ONCE", 7)
    pieces = Source.pieces
    monkeypatch.setattr(Source, "pieces", lambda self, size=3000: pieces(self, size))
    path = tmp_path / "report"
    if which in ("nsys", "rocpd"):
        {"nsys": nsys, "rocpd": rocpd}[which](path)
    else:
        path.write_text(json.dumps(ascend() if which == "ascend" else rocprofv3()))
    calls = 0

    def stop(share: float, doing: str) -> None:
        nonlocal calls
        calls += 1
        assert 0 <= share <= 1
        if calls == after:
            raise Cancelled

    with pytest.raises(Cancelled):
        read_trace(path, stop)
    assert calls == after and [one.name for one in tmp_path.iterdir()] == ["report"]
