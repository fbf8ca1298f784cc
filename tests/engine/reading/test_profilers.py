"""Readers of profilers: the real files, and small ones of ours with every quirk; hostile bytes leave nothing but our errors."""

import contextlib
import gzip
import json
import sqlite3
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.engine.errors import EngineError, UnreadableFile
from app.engine.reading import read_trace
from app.engine.reading._event_table import laid_out
from app.engine.reading._profiler_trace import nanoseconds, plain_numbers
from app.engine.reading._share_curves import share_over_time

OP_SUMMARY = (
    "Device_id,Model ID,Task ID,Stream ID,Op Name,OP Type,OP State,Task Type,Task Start Time(us),Task Duration(us),Task Wait Time(us),"
    "Input Shapes,aicore_time(us),aic_mac_ratio,aiv_vec_fp32_ratio\n"
    '2,4294967295,1,7,MatMul1,MatMul,dynamic,AI_CORE,1780676244313289.001\t,100.000,0,"""8,8;8,8""",90,0.5,0.0\n'
    "2,4294967295,2,7,hcom_allReduce__1_0,hcom_allReduce_,N/A,HCCL,1780676244313389.001\t,50.5,0,N/A,N/A,N/A,N/A\n"
    "2,4294967295,3,7,Add1,Add,dynamic,AI_VECTOR_CORE,broken,50.5,0,N/A,40,0.0,0.9\n"
)
KERNEL_DETAILS = (
    "Step Id,Model ID,Task ID,Stream ID,Name,Type,Accelerator Core,Start Time(us),"
    "Duration(us),Wait Time(us),Input Shapes,aic_mac_fp16_ratio\n"
    "1,1,1,16,MatMulV2_1,MatMulV2,AI_CORE,1699529622790614.8,600,0,N/A,0.25\n"
    "1,1,2,16,Mul_2,Mul,AI_VECTOR_CORE,1699529622791214.8,400,0,N/A,N/A\n"
)
OP_STATISTIC = (
    "Device_id,OP Type,Core Type,Count,Total Time(us),Min Time(us),Avg Time(us),Max Time(us),Ratio(%)\n"
    "0,MatMul,AI_CORE,3,10,1,3.3,5,90\n0,hcom_allGather_,HCCL,1,2.5,1,1,1,10\n"
)
STEPS = (
    "Step,Type,Index,Computing,Communication(Not Overlapped),Overlapped,Communication,Free,Stage,Bubble\n"
    ",rank,0,100,30,20,50,70,200,0\n,rank,1,100,10,40,50,90,200,0\n,stage,(0;1),100,30,20,50,70,200,0\n"
)
TRACE_VIEW = json.dumps(
    [
        {"ph": "X", "name": "aten::add", "pid": 1, "tid": 1, "ts": "1704161511420306.491", "dur": 13.08, "cat": "cpu_op", "args": {}},
        {"ph": "X", "name": "MatMul", "pid": 8, "tid": 3, "ts": "1704161511420310.000", "dur": 5, "args": {"Task Type": "AI_CORE"}},
        {"ph": "X", "name": "hcom_allReduce_", "pid": 9, "tid": 3, "ts": "1704161511420316.000", "dur": 7},
        {"ph": "X", "name": "Notify_Wait", "pid": 9, "tid": 4, "ts": "1704161511420316.500", "dur": 1, "args": {"size(Byte)": 1024}},
        {"ph": "X", "name": "Computing", "pid": 10, "tid": 0, "ts": "1704161511420310.000", "dur": 5},
        {"ph": "s", "name": "x", "pid": 1, "tid": 1, "ts": "1", "id": 1, "cat": "async_npu"},
        *(
            {"ph": "M", "name": "process_name", "pid": pid, "args": {"name": name}}
            for pid, name in ((8, "Ascend Hardware"), (9, "Communication"), (10, "Overlap Analysis"))
        ),
        {"ph": "M", "name": "process_labels", "pid": 8, "args": {"labels": "NPU 3"}},
    ]
)
NSYS_TRACE = (
    "Processing [report1.sqlite] with [cuda_gpu_trace.py]...\n\n"
    "Start (us),Duration (us),CorrId,GrdX,GrdY,GrdZ,BlkX,BlkY,BlkZ,Reg/Trd,StcSMem (MB),DymSMem (MB),"
    "Bytes (MB),Throughput (MB/s),SrcMemKd,DstMemKd,Device,Ctx,Strm,Name\n"
    "10.5,2.25,142,,,,,,,,,,0.5,10594.575,Pageable,Device,NVIDIA A800 (1),1,7,[CUDA memcpy Host-to-Device]\n"
    '20,4,143,1,1,1,1,1,1,16,0,0,,,,,NVIDIA A800 (1),1,7,"gemm<int, (int)4>(float *, float)"\n'
    "30,4,144,1,1,1,1,1,1,16,0,0,,,,,NVIDIA A800 (1),1,9,ncclDevKernel_AllReduce_Sum_f32\n"
)
NSYS_SUMS = (
    'Time (%),Total Time (ns),Instances,Avg (ns),Med (ns),Min (ns),Max (ns),StdDev (ns),Name\n90.0,100,3,33.3,33,33,34,0.5,"gemm<1, 2>"\n'
)
NSYS_TEXT = (
    "** CUDA GPU Kernel Summary (cuda_gpu_kern_sum):\n\n"
    " Time (%)  Total Time (ns)  Instances   Avg (ns)   Med (ns)  Min (ns)  Max (ns)  StdDev (ns)                    Name\n"
    " --------  ---------------  ---------  ---------  ---------  --------  --------  -----------  ------------------------------\n"
    "     60.0      1,000,000,000       100  1000000.0  1000000.0      1000      2000          1.0  void gemm_kernel<float>(float *)\n"
    "     40.0           6000          3     2000.0     2000.0      1000      3000          1.0  "
    "ncclDevKernel_AllReduce_Sum_f32_RING_LL(ncclDevKernelArgs\n"
    "                                                                                                Storage<4096>)\n"
)
_NCU = '"ID","Process ID","Process Name","Host Name","Kernel Name","Kernel Time","Context","Stream"'
NCU_LONG = (
    "my program says hello\n==PROF== Connected to process 1\n"
    + _NCU + ',"Section Name","Metric Name","Metric Unit","Metric Value"\n'
    + "".join(
        f'"{n}","1","p","h","kernel{n}, x","t","1","7","s","{metric}","{unit}","{value}"\n'
        for n in range(2)
        for metric, unit, value in (
            ("gpu__time_duration.sum", "usecond", "1,000.5"),
            ("sm__pipe_tensor_cycles_active.avg.pct_of_peak_sustained_active", "%", f"{40 + 20 * n}.0"),
            ("dram__throughput.avg.pct_of_peak_sustained_elapsed", "%", "n/a"),
        )
    )
)  # fmt: skip
NCU_WIDE = (
    _NCU + ',"gpu__time_duration.sum","dram__throughput.avg.pct_of_peak_sustained_elapsed"\n"","","","","","","","","msecond","%"\n'
    '"0","1","p","h","k","t","1","7","1.5","50.0"\n"1","1","p","h","k","t","1","7","0.5","10.0"\n'
)
ROCPROF = (
    '"Kind","Agent_Id","Queue_Id","Kernel_Id","Kernel_Name","Correlation_Id","Start_Timestamp","End_Timestamp"\n'
    '"KERNEL_DISPATCH",4,1,8,"Cijk_Ailk, x",1,1411551767635712,1411551767656192\n'
    '"KERNEL_DISPATCH",4,1,8,"ncclDevKernel_x",2,1411551767749472,1411551767765792\n'
)
ROCPROF_STATS = '"Name","Calls","TotalDurationNs","AverageNs","Percentage"\n"k",2,100,50,100.0\n'
ROCPROFV3 = json.dumps(
    {
        "rocprofiler-sdk-tool": [
            {
                "metadata": {"node": {"hostname": "h"}},
                "agents": [
                    {"id": {"handle": 5}, "type": 1},
                    {"id": {"handle": 6}, "type": 2, "product_name": "AMD Instinct MI300X", "logical_node_id": 2},
                ],
                "kernel_symbols": [{"kernel_id": 8, "formatted_kernel_name": "gemm"}],
                "buffer_records": {
                    "kernel_dispatch": [
                        {
                            "start_timestamp": 100,
                            "end_timestamp": 150,
                            "correlation_id": {"internal": 9},
                            "dispatch_info": {"agent_id": {"handle": 6}, "kernel_id": 8},
                        }
                    ],
                    "memory_copy": [{"start_timestamp": 200, "end_timestamp": 260, "dst_agent_id": {"handle": 6}, "bytes": 4096}],
                },
            }
        ]
    }
)
MINDSPORE = "step_num,start_point,end_point,total,fp_point,bp_point\n1,100,300,200,110,200\n2,300,500,200,310,400\n-,1,2,1,1,1\n"
CLUSTER_JSON = json.dumps(
    {"(0, 1)": {"step": {"hcom_allReduce__1_0@63": {"0": {
        "Communication Time Info": {"Start Timestamp(us)": 1695054582608213.0, "Elapse Time(ms)": 2.0},
        "Communication Bandwidth Info": {"HCCS": {"Transit Size(MB)": 200}, "RDMA": {"Transit Size(MB)": 0}}}}}}}
)  # fmt: skip
SAMPLES = {
    "ascend-op-summary": OP_SUMMARY, "ascend-kernel-details": KERNEL_DETAILS, "ascend-op-statistic": OP_STATISTIC, "ascend-cluster": STEPS,
    "ascend-trace-json": TRACE_VIEW, "nsys-csv": NSYS_TRACE, "nsys-text": NSYS_TEXT, "ncu-csv": NCU_LONG, "rocprof-csv": ROCPROF,
    "rocprofv3": ROCPROFV3, "mindspore-profiler": MINDSPORE,
}  # fmt: skip
REAL = {
    "ascend-op_summary-csv": 1,
    "ascend-kernel_details-csv": 1, "ascend-op_statistic-csv": 1, "ascend-cluster": 2, "ascend-trace_view-json": 1,
    "ascend-msprof-timeline-json": 3, "ascend-mindspore-profiler": 5, "nsys-sqlite": 2, "nsys-stats-csv": 1, "ncu-csv": 3, "rocprof-csv": 5,
    "rocprofv3-json": 1, "rocpd-sqlite": 1,
}  # fmt: skip


def read(folder: Path, content: str | bytes):
    path = folder / "unknown"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_trace(path)


def total_ns(trace, category: str) -> int:
    events = trace.events
    return int(events.duration_ns[events.category == events.categories.index(category)].sum())


def codes_of(trace) -> list[str]:
    return [warning.code for warning in trace.warnings]


@pytest.mark.parametrize("folder", REAL)
def test_real_files_are_read_by_their_own_reader(shared_data, folder, tmp_path):
    manifest = (shared_data / "traces" / "MANIFEST.csv").read_text(encoding="utf-8").splitlines()
    slugs = dict(line.split(",")[:2] for line in manifest)
    files = sorted((shared_data / "traces" / folder).iterdir())
    assert len(files) == REAL[folder]
    for path in files:
        trace = read(tmp_path, path.read_bytes())
        assert trace.files[0].format == slugs[f"{folder}/{path.name}"], path.name
        if trace.events is not None:
            assert (np.diff(trace.events.start_ns) >= 0).all() and (trace.events.duration_ns >= 0).all()
        assert sorted(Path(path.parent).iterdir()) == files  # nothing is left beside the customer's file


def test_nsys_counts_agree_with_the_database(shared_data):
    for path in (shared_data / "traces" / "nsys-sqlite").iterdir():
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as database:
            kernels, nanos = database.execute('SELECT COUNT(*), SUM("end" - start) FROM CUPTI_ACTIVITY_KIND_KERNEL').fetchone()
        trace = read_trace(path)
        assert (trace.events.category == trace.events.categories.index("kernel")).sum() == kernels and total_ns(trace, "kernel") == nanos
        assert trace.clock == "absolute" and trace.devices[0].name


def test_ascend_tasks_keep_their_nanoseconds_and_their_pipes(tmp_path):
    trace = read(tmp_path, OP_SUMMARY)
    assert trace.start_ns == 1780676244313289001 and trace.events.start_ns.tolist() == [0, 100_000]
    assert trace.events.devices == ("2",) and trace.skipped == {"skipped.no_duration": 1}
    assert total_ns(trace, "collective") == 50_500 and trace.events.shapes == ("8,8;8,8",)
    tensor = next(one for one in trace.series if one.metric == "tensor_core")
    assert np.average(tensor.values) == pytest.approx(0.5, rel=0.01)  # the collective has no counter and leaves its time out
    details = read(tmp_path, KERNEL_DETAILS)
    assert next(one for one in details.series if one.metric == "tensor_core").values[0] == pytest.approx(0.25)


def test_summaries_keep_calls_and_totals(tmp_path):
    trace = read(tmp_path, OP_STATISTIC)
    assert len(trace.events) == 4 and total_ns(trace, "kernel") == 10_000 and total_ns(trace, "collective") == 2_500
    assert "reading.summary_laid_out" in codes_of(trace)
    sums = read(tmp_path, NSYS_SUMS)
    assert len(sums.events) == 3 and total_ns(sums, "kernel") == 100 and sums.events.names == ("gemm<1, 2>",)
    text = read(tmp_path, NSYS_TEXT)
    assert len(text.events) == 103 and total_ns(text, "kernel") == 10**9 and total_ns(text, "collective") == 6000
    assert text.events.names[1].endswith("ncclDevKernelArgs Storage<4096>)")
    stats = read(tmp_path, ROCPROF_STATS)
    assert len(stats.events) == 2 and stats.duration_ns == 100


def test_the_steps_of_a_cluster_overlap_as_told(tmp_path):
    trace = read(tmp_path, STEPS)
    events = trace.events
    assert events.devices == ("rank0", "rank1") and trace.skipped == {"skipped.summary_row": 1}
    of_rank = events.device == 0
    assert events.start_ns[of_rank].tolist() == [0, 80_000] and events.duration_ns[of_rank].tolist() == [100_000, 50_000]
    links = read(tmp_path, CLUSTER_JSON)
    assert next(one for one in links.series if one.metric == "nvlink_tx_gbs").values == pytest.approx([100.0])
    assert links.events.names == ("hcom_allReduce__1_0",) and links.start_ns == 1695054582608213000


def test_an_ascend_timeline_is_sorted_by_its_processes(tmp_path):
    trace = read(tmp_path, TRACE_VIEW)
    assert set(trace.events.categories) == {"cpu_op", "kernel", "collective", "other"}
    assert trace.skipped == {"skipped.metadata": 4, "skipped.flow": 1, "skipped.span": 1}
    assert trace.start_ns == 1704161511420306491 and "3" in trace.events.devices
    broken = read(tmp_path, TRACE_VIEW[: TRACE_VIEW.index('{"ph": "M"') + 30])
    assert "reading.json_cut" in codes_of(broken) and len(broken.events) >= 4


def test_nsys_tasks_follow_their_time_unit(tmp_path):
    trace = read(tmp_path, NSYS_TRACE)
    assert trace.events.start_ns.tolist() == [0, 9_500, 19_500] and trace.events.duration_ns.tolist() == [2_250, 4_000, 4_000]
    assert trace.devices[0].id == "1" and trace.devices[0].name == "NVIDIA A800" and trace.events.bytes[0] == 500_000
    assert set(trace.events.categories) == {"memcpy", "kernel", "collective"} and trace.events.stream.tolist() == [7, 7, 9]


def test_ncu_converts_each_row_and_weighs_with_time(tmp_path):
    trace = read(tmp_path, NCU_LONG)
    assert trace.events.duration_ns.tolist() == [1_000_500, 1_000_500] and trace.events.names[0] == "kernel0, x"
    tensor = next(one for one in trace.series if one.metric == "tensor_core")
    assert tensor.values.mean() == pytest.approx(0.5) and not [one for one in trace.series if one.metric == "vram_bandwidth"]
    wide = read(tmp_path, NCU_WIDE)
    assert wide.events.duration_ns.tolist() == [1_500_000, 500_000]
    assert next(one for one in wide.series if one.metric == "vram_bandwidth").values.mean() == pytest.approx(0.4, abs=0.02)


def test_rocm_profiles(tmp_path):
    trace = read(tmp_path, ROCPROF)
    assert trace.events.duration_ns.tolist() == [20_480, 16_320] and trace.events.names[0] == "Cijk_Ailk, x"
    v3 = read(tmp_path, gzip.compress(ROCPROFV3.encode()))
    assert v3.events.names == ("gemm", "Memcpy") and v3.events.bytes.tolist() == [-1, 4096] and v3.devices[0].name == "AMD Instinct MI300X"


def test_mindspore_steps_are_in_ticks_of_ten_ns(tmp_path):
    trace = read(tmp_path, MINDSPORE)
    assert total_ns(trace, "annotation") == 4_000 and trace.skipped == {"skipped.summary_row": 1}


def nsys(folder: Path, *, metrics: bool = True) -> Path:
    """A synthetic report of schema 3: columns as an export writes them."""
    path = folder / "report.sqlite"
    path.unlink(missing_ok=True)
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.executescript(
            "CREATE TABLE StringIds(id INTEGER PRIMARY KEY, value TEXT);"
            "CREATE TABLE TARGET_INFO_GPU(id INTEGER, name TEXT, totalMemory INTEGER);"
            "CREATE TABLE CUPTI_ACTIVITY_KIND_KERNEL(start INTEGER, end INTEGER, deviceId INTEGER, streamId INTEGER,"
            " correlationId INTEGER, demangledName INTEGER);"
            "CREATE TABLE NVTX_EVENTS(start INTEGER, end INTEGER, text TEXT, textId INTEGER, globalTid INTEGER);"
            "INSERT INTO StringIds VALUES (1,'gemm'),(2,'ncclDevKernel_AllReduce'),(3,'step'),(4,'IB: Bytes sent');"
            "INSERT INTO TARGET_INFO_GPU VALUES (0,'NVIDIA H800',85899345920);"
            "INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL VALUES (1000,2000,0,7,1,1),(2000,2500,0,7,2,2),(9,NULL,0,7,3,1);"
            "INSERT INTO NVTX_EVENTS VALUES (900,3000,NULL,3,5),(900,3000,'loop',NULL,5);"
        )
        if metrics:
            database.executescript(
                "CREATE TABLE TARGET_INFO_GPU_METRICS(typeId INTEGER, sourceId INTEGER, typeName TEXT, metricId INTEGER, metricName TEXT);"
                "CREATE TABLE GPU_METRICS(rawTimestamp INTEGER, timestamp INTEGER, typeId INTEGER, metricId INTEGER, value INTEGER);"
                "CREATE TABLE NET_NIC_METRIC(start INTEGER, end INTEGER, globalId INTEGER, nameId INTEGER, value INTEGER);"
                "INSERT INTO TARGET_INFO_GPU_METRICS VALUES (256,0,'x',1,'Tensor Active [Throughput %]'),"
                "(256,0,'x',2,'DRAM Read Bandwidth [Throughput %]'),(256,0,'x',3,'DRAM Write Bandwidth [Throughput %]');"
                "INSERT INTO NET_NIC_METRIC VALUES (1000,2000,1,4,5000);"
            )
            rows = [(n, n * 10**6, 256, kind, value) for n in range(10) for kind, value in ((1, 40), (2, 30), (3, 20))]
            database.executemany("INSERT INTO GPU_METRICS VALUES (?,?,?,?,?)", rows)
        database.commit()
    return path


def test_an_nsys_report_with_gpu_metrics_feeds_the_axes(tmp_path):
    trace = read_trace(nsys(tmp_path))
    values = {one.metric: float(one.values.mean()) for one in trace.series}
    assert (
        values["tensor_core"] == pytest.approx(0.4)
        and values["vram_bandwidth"] == pytest.approx(0.5)
        and values["ib_tx_gbs"] == pytest.approx(5.0)
    )
    assert total_ns(trace, "kernel") == 1000 and total_ns(trace, "collective") == 500 and trace.skipped == {"skipped.no_duration": 1}
    assert {"step", "loop"} <= set(trace.events.names) and trace.devices[0].memory_gib == 80
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.sqlite"]


def test_a_packed_or_damaged_or_foreign_database(tmp_path):
    whole = nsys(tmp_path, metrics=False).read_bytes()
    assert total_ns(read(tmp_path, gzip.compress(whole)), "kernel") == 1000
    with pytest.raises(UnreadableFile):
        read(tmp_path, whole[: len(whole) // 2])
    with contextlib.closing(sqlite3.connect(tmp_path / "foreign")) as database:
        database.execute("CREATE TABLE people(name TEXT)")
        database.commit()
    with pytest.raises(UnreadableFile) as caught:
        read_trace(tmp_path / "foreign")
    assert caught.value.message.code == "reading.unknown_database" and caught.value.message.params["tables"] == ["people"]


@given(st.lists(st.tuples(st.integers(1, 50), st.integers(0, 10**9)), min_size=1, max_size=20))
def test_laid_out_events_keep_calls_and_totals(rows):
    calls, totals = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    events = laid_out([f"k{n}" for n in range(len(rows))], calls, totals, ["kernel"] * len(rows))
    assert len(events) == calls.sum() and events.duration_ns.sum() == totals.sum()
    assert (events.start_ns[1:] == events.start_ns[:-1] + events.duration_ns[:-1]).all()


@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(1, 1000), st.floats(0, 1)), min_size=1, max_size=30))
def test_shares_over_time_keep_their_integral(rows):
    gap = np.array([row[0] for row in rows], np.int64)
    duration = np.array([row[1] for row in rows], np.int64)
    start = np.cumsum(gap + np.concatenate([[0], duration[:-1]]))
    share = np.array([row[2] for row in rows])
    time_ns, values = share_over_time(start, duration, share)
    end = int((start + duration).max())
    assert (values * end / len(values)).sum() == pytest.approx(float((duration * share).sum()), rel=1e-6, abs=1e-6)
    assert (np.diff(time_ns) >= 0).all() and ((values >= 0) & (values <= 1)).all()


@given(st.integers(0, 2**51), st.integers(0, 999))
def test_microseconds_are_exact_to_the_nanosecond(whole, rest):
    assert nanoseconds(pd.Series([f"{whole}.{rest:03d}\t"]), 3).tolist() == [whole * 1000 + rest]


def test_numbers_of_every_locale():
    cells = pd.Series(["1,234,567", "1.234.567,8", "12.5", "0,5", "n/a", "1\u202f234", "1,000.5", ""])
    assert plain_numbers(cells)[[0, 1, 2, 3, 5, 6]] == pytest.approx([1234567, 1234567.8, 12.5, 0.5, 1234, 1000.5])
    assert np.isnan(plain_numbers(cells)[[4, 7]]).all()


@pytest.mark.parametrize("slug", SAMPLES)
def test_windows_line_ends_and_utf16_are_survived(slug, tmp_path):
    whole = read(tmp_path, SAMPLES[slug])
    assert whole.files[0].format == slug
    for content in (SAMPLES[slug].replace("\n", "\r\n").encode(), SAMPLES[slug].encode("utf-16")):
        other = read(tmp_path, content)
        assert other.files[0].format == slug and len(other.events) == len(whole.events)


@pytest.mark.parametrize("slug", [*SAMPLES, "nsys-sqlite"])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_nothing_but_our_errors_leaves_a_reader(slug, tmp_path, data):
    content = bytearray(nsys(tmp_path).read_bytes() if slug == "nsys-sqlite" else SAMPLES[slug].encode())
    for _ in range(data.draw(st.integers(0, 6))):
        if not content:
            return
        at = data.draw(st.integers(0, len(content) - 1))
        change = data.draw(st.sampled_from(["flip", "cut", "digits"]))
        if change == "flip":
            content[at] = data.draw(st.integers(0, 255))
        elif change == "cut":
            del content[at : at + data.draw(st.integers(1, 40))]
        else:
            content[at:at] = data.draw(st.sampled_from([b"99999999999999999999999", b"-1", b"1e308", b"nan", b"\0", b'"', b",,,", b"[[[["]))
    with contextlib.suppress(EngineError):
        read(tmp_path, bytes(content))
