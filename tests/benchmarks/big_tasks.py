"""CSV reports of tasks of at least 320 MB in the form of the tools that write them: the numbers in them are random, the layout is not."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import numpy as np

from tests.benchmarks.big_logs import fill

_ROWS = 400
_PIPES = "scalar_time(us),{0}_scalar_ratio,{0}_mte1_time(us),{0}_mte1_ratio,{0}_mte2_time(us),{0}_mte2_ratio"
_OP_SUMMARY = (
    "Device_id,Model ID,Task ID,Stream ID,Op Name,OP Type,OP State,Task Type,Task Start Time(us),Task Duration(us),Task Wait Time(us),"
    "Block Dim,Mix Block Dim,HF32 Eligible,Input Shapes,Input Data Types,Input Formats,Output Shapes,Output Data Types,Output Formats,"
    f"Context ID,aicore_time(us),aic_total_cycles,aic_mac_time(us),aic_mac_ratio,aic_{_PIPES.format('aic')},"
    f"aiv_time(us),aiv_total_cycles,aiv_vec_time(us),aiv_vec_fp32_ratio,aiv_{_PIPES.format('aiv')},cube_utilization(%)\n"
)
_KERNEL_DETAILS = (
    "Step Id,Model ID,Task ID,Stream ID,Name,Type,Accelerator Core,Start Time(us),Duration(us),Wait Time(us),Block Dim,Mix Block Dim,"
    "Input Shapes,Input Data Types,Input Formats,Output Shapes,Output Data Types,Output Formats,Context ID,aicore_time(us),"
    "aic_total_cycles,aic_mac_fp16_ratio,aic_mac_int8_ratio,aic_cube_fops,aic_vector_fops,aiv_time(us),aiv_total_cycles,aiv_vec_fp32_ratio,"
    "aiv_vec_fp16_ratio,aiv_vec_int32_ratio,aiv_vec_misc_ratio,aiv_cube_fops,aiv_vector_fops\n"
)
_NSYS = (
    "Start (ns),Duration (ns),CorrId,GrdX,GrdY,GrdZ,BlkX,BlkY,BlkZ,Reg/Trd,StcSMem (MB),DymSMem (MB),Bytes (MB),Throughput (MB/s),SrcMemKd,"
    "DstMemKd,Device,Ctx,GreenCtx,Strm,Name\n"
)
_ROCPROF = (
    '"Kind","Agent_Id","Queue_Id","Stream_Id","Thread_Id","Dispatch_Id","Kernel_Id","Kernel_Name","Correlation_Id","Start_Timestamp",'
    '"End_Timestamp","LDS_Block_Size","Scratch_Size","VGPR_Count","Workgroup_Size_X","Workgroup_Size_Y","Workgroup_Size_Z","Grid_Size_X",'
    '"Grid_Size_Y","Grid_Size_Z"\n'
)


def ascend_op_summary(path: Path) -> None:
    """msprof's tasks of eight streams with their pipes; a tab ends each start."""
    fill(path, _ascend(_op_summary), _OP_SUMMARY)


def ascend_kernel_details(path: Path) -> None:
    """torch_npu's kernels; every twentieth is a collective, which has no counters."""
    fill(path, _ascend(_kernel), _KERNEL_DETAILS)


def nsys_csv(path: Path) -> None:
    """cuda_gpu_trace of eight cards behind the lines that nsys writes to its output; the kernels' names hold commas."""
    kernels = [f'"void at::native::elementwise_kernel<{n}, (int)4, at::detail::Array<char *, {n}>>(int, float *)"' for n in range(200)]

    def task(number: int, start: int, duration: int, _: float) -> str:
        card = f"NVIDIA H800 ({number % 8})"
        if number % 10:
            return f"{start},{duration},{number},640,1,1,256,1,1,32,0.000,0.049,,,,,{card},1,,7,{kernels[number % 200]}\n"
        return f"{start},{duration},{number},,,,,,,,,,{duration / 1000:.3f},10594.575,Pageable,Device,{card},1,,20,[CUDA memcpy HtoD]\n"

    fill(path, _tasks(task), "Processing [report1.sqlite] with [cuda_gpu_trace.py]...\n\n ** CUDA GPU Trace:\n\n" + _NSYS)


def rocprof_csv(path: Path) -> None:
    """rocprofv3 --kernel-trace: quoted names and bare numbers."""

    def task(number: int, start: int, duration: int, _: float) -> str:
        name = f'"Cijk_Ailk_Bljk_HHS_BH_Bias_HA_S_SAV_UserArgs_MT{number % 150}x128x64_MI16x16x1_SN, gemm"'
        ids = f'"KERNEL_DISPATCH",{number % 8},1,0,4110591,{number},{number % 150},{name},{number},{start},{start + duration}'
        return ids + ",8192,0,128,256,1,1,65536,1,1\n"

    fill(path, _tasks(task), _ROCPROF)


def _op_summary(number: int, name: str, start: str, share: float) -> str:
    us = f"{share * 90:.3f}"
    shapes = f'"""{number % 60 + 1},4096;4096,11008""",DT_BF16;DT_BF16,ND;ND,"""{number % 60 + 1},11008""",DT_BF16,ND'
    pipes = f"{us},532700,{us},{share:.3f},10.213,0.803,0.031,0.002,0.024,0.002"
    task = f"0,4294967295,{number},{number % 8},{name},MatMulV2,dynamic,AI_CORE,{start}\t,{us},1.250000,24,0,NO"
    return f"{task},{shapes},0,{pipes},{pipes},0.014\n"


def _kernel(number: int, name: str, start: str, share: float) -> str:
    us = f"{share * 90:.2f}"
    if number % 20 == 0:
        return f"1,4294967295,N/A,N/A,hcom_allReduce__{number % 7}_0,hcom_allReduce_,HCCL,{start},{us},2.77,0" + ",N/A" * 22 + "\n"
    shapes = f'"""{number % 60 + 1},4096;4096,11008""",FLOAT16;FLOAT16,FORMAT_ND;FORMAT_ND,"""{number % 60 + 1},11008""",FLOAT16,FORMAT_ND'
    counters = f"{us},5321,{share:.4f},0,0,0,{us},52130051,{share / 3:.4f},0,0.0822,0,0,137176320"
    return f"1,4294967295,{number},16,{name},MatMulV2,AI_CORE,{start},{us},0.5,48,0,{shapes},N/A,{counters}\n"


def _ascend(row: Callable[[int, str, str, float], str]) -> Iterator[str]:
    def task(number: int, start: int, _: int, share: float) -> str:
        at = 1_780_676_244_313_289_001 + start
        return row(number, f"MatMulV2_{number % 300}", f"{at // 1000}.{at % 1000:03d}", share)

    return _tasks(task)


def _tasks(row: Callable[[int, int, int, float], str]) -> Iterator[str]:
    """Yield blocks of rows: number, start and duration in ns, a share. Two streams are written one behind the other, out of order."""
    for first in count(0, _ROWS):
        rng = np.random.default_rng(first)
        durations, shares = rng.integers(1000, 90_000, _ROWS).tolist(), rng.random(_ROWS).tolist()
        numbers = range(first, first + _ROWS)
        starts = ((first + (number - first) % (_ROWS // 2) * 2) * 100_000 for number in numbers)
        yield "".join(map(row, numbers, starts, durations, shares))


FORMATS: dict[str, Callable[[Path], None]] = {
    "ascend-op-summary": ascend_op_summary,
    "ascend-kernel-details": ascend_kernel_details,
    "nsys-csv": nsys_csv,
    "rocprof-csv": rocprof_csv,
}
"""Slug -> what makes a file of it."""
