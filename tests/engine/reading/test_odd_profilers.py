"""Profilers' tables of other versions and of several reports at once. All texts are synthetic, in the form that the tools print."""

from pathlib import Path

import pytest

from app.engine.model.traces import Events, Trace
from app.engine.reading import read_trace


def read(folder: Path, text: str) -> tuple[Trace, Events]:
    path = folder / "unknown"
    path.write_text(text)
    trace = read_trace(path)
    assert trace.events is not None
    return trace, trace.events


def spent(events: Events) -> dict[tuple[str, str, str], int]:
    """Return the time of each name, category and device."""
    found: dict[tuple[str, str, str], int] = {}
    for number, duration in enumerate(events.duration_ns.tolist()):
        key = (events.names[events.name[number]], events.categories[events.category[number]], events.devices[events.device[number]])
        found[key] = found.get(key, 0) + duration
    return found


HEAD = "Time (%),Total Time (ns),{},Avg (ns),Med (ns),Min (ns),Max (ns),StdDev (ns),{}\n"
CALLS = HEAD.format("Num Calls", "Name") + "90.0,9000000,100,9,9,9,9,9,cudaLaunchKernel\n"
RANGES = HEAD.format("Instances", "Style,Range") + "99.0,7000000,7,9,9,9,9,9,PushPop,:step\n"
KERNELS = HEAD.format("Instances", "Name") + "60.5,1000500,10,9,9,9,9,9,gemm\n"
COPIES = HEAD.format("Count", "Operation") + "99.0,5000,2,9,9,9,9,9,[CUDA memcpy Host-to-Device]\n"
SIZES = "Total (MB),Count,Avg (MB),Med (MB),Min (MB),Max (MB),StdDev (MB),Operation\n10.0,2,5,5,5,5,0,[CUDA memcpy Host-to-Device]\n"


def test_nsys_stats_on_stdout_prints_one_report_after_another(tmp_path):
    text = "".join(f"Processing [x.sqlite] with [{n}.py]... \n\n{part}\n" for n, part in enumerate((RANGES, CALLS, KERNELS, COPIES, SIZES)))
    trace, events = read(tmp_path, text)
    assert trace.files[0].format == "nsys-csv" and trace.files[0].rows == 4 and trace.skipped == {"skipped.not_a_metric": 2}
    assert spent(events) == {("gemm", "kernel", "0"): 1000500, ("[CUDA memcpy Host-to-Device]", "memcpy", "0"): 5000}


def test_nvtx_ranges_are_no_kernels(tmp_path):
    assert {key[1:] for key in spent(read(tmp_path, RANGES)[1])} == {("runtime", "host")}
    rows = " Time (%)  Total Time (ns)  Instances  Avg (ns)  Med (ns)  Min (ns)  Max (ns)  StdDev (ns)   Style   {}\n --------\n"
    rows += "     60.5        1,000,500         10  100,050.0  100,000.0  90,000  110,000  3,000.0  {}\n"
    text = rows.format("Range", "PushPop  :step") + "\n" + rows.replace("Style", "").format("Name", "gemm")
    assert {key[0] for key in spent(read(tmp_path, text)[1])} == {"gemm"}


def test_an_older_nsys_writes_no_blank_before_the_unit(tmp_path):
    head = "Start(ns),Duration(ns),CorrId,GrdX,GrdY,GrdZ,BlkX,BlkY,BlkZ,Reg/Trd,StcSMem(MB),DymSMem(MB),Bytes(MB),Throughput(MB/s)"
    rows = "1500,250,1,1,1,1,1,1,1,10,0.0,0.0,,,,,A100 (0),1,7,gemm\n"
    rows += "2500,500,2,,,,,,,,,,10.0,20000.0,Pageable,Device,A100 (1),1,7,[CUDA memcpy HtoD]\n"
    trace, events = read(tmp_path, f"{head},SrcMemKd,DstMemKd,Device,Ctx,Strm,Name\n{rows}")
    assert trace.files[0].format == "nsys-csv" and events.bytes.tolist() == [-1, 10_000_000]
    assert spent(events) == {("gemm", "kernel", "0"): 250, ("[CUDA memcpy HtoD]", "memcpy", "1"): 500}


def test_rocprofv3_counters_have_a_row_each_of_one_dispatch(tmp_path):
    head = (
        '"Correlation_Id","Dispatch_Id","Agent_Id","Queue_Id","Process_Id","Kernel_Name","Counter_Name","Counter_Value","Start_Timestamp"'
    )
    rows = "".join(
        f'{n},{n},"Agent 4",1,1,"gemm","{one}",16,{1000 * n},{1000 * n + 500}\n' for n in (1, 2) for one in ("SQ_WAVES", "GRBM_COUNT")
    )
    trace, events = read(tmp_path, f'{head},"End_Timestamp"\n{rows}')
    assert trace.files[0].rows == 4 and not trace.skipped and spent(events) == {("gemm", "kernel", "4"): 1000}


@pytest.mark.parametrize(
    ("head", "row", "expected"),
    [
        (
            '"Kind","Direction","Source_Agent_Id","Destination_Agent_Id","Correlation_Id"',
            '"MEMORY_COPY","MEMORY_COPY_DEVICE_TO_HOST","Agent 4","Agent 0",0',
            ("MEMORY_COPY_DEVICE_TO_HOST", "memcpy", "4"),
        ),
        (
            '"Domain","Function","Process_Id","Thread_Id","Correlation_Id"',
            '"HIP_RUNTIME_API_EXT","hipLaunchKernel",1,1,0',
            ("hipLaunchKernel", "runtime", "host"),
        ),
    ],
)
def test_rocprofv3_copies_and_calls(tmp_path, head, row, expected):
    trace, events = read(tmp_path, f'{head},"Start_Timestamp","End_Timestamp"\n{row},1000,2500\n')
    assert trace.files[0].format == "rocprof-csv" and spent(events) == {expected: 1500}


def test_ascends_heads_in_quotes(tmp_path):
    head = '"Device_id","Model ID","Op Name","OP Type","Task Type","Task Start Time(us)","Task Duration(us)","Task Wait Time(us)"'
    trace, events = read(tmp_path, f"{head}\n3,1,MatMul1,MatMulV2,AI_CORE,1704161511420306.491,100.5,1.0\n")
    assert trace.files[0].format == "ascend-op-summary" and spent(events) == {("MatMul1", "kernel", "3"): 100_500}
    trace, events = read(tmp_path, '"OP Type","Core Type","Count","Total Time(us)"\n"MatMulV2","AI_CORE",10,123.5\n')
    assert trace.files[0].format == "ascend-op-statistic" and sum(spent(events).values()) == pytest.approx(123_500, abs=10)
