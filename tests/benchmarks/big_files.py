"""Files of at least 300 MB in the form of the tools that write them, made here: the numbers in them are random, the layout is not."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from tests.benchmarks.big_logs import dcgm_exporter, dcgmi_dmon, fill, generators, iostat, npu_smi, nvidia_smi_dmon, nvidia_smi_xml, sar

SMI_ROWS = 5_000_000
_STEP = 100_000
_SMI_HEAD = (
    "timestamp, index, name, utilization.gpu [%], utilization.memory [%], memory.used [MiB], memory.total [MiB], power.draw [W], "
    "temperature.gpu, clocks.current.sm [MHz]\n"
)


def nvidia_smi_csv(path: Path) -> None:
    """Five million rows of eight cards, every 100 ms."""
    rng = np.random.default_rng(1)
    with path.open("w") as file:
        file.write(_SMI_HEAD)
        for first in range(0, SMI_ROWS, _STEP):
            row = np.arange(first, first + _STEP)
            stamps = np.datetime_as_string(np.datetime64("2026-01-01T00:00:00.000", "ms") + (row // 8) * 100, unit="ms")
            columns = [rng.integers(low, high, _STEP).tolist() for low, high in ((0, 101), (0, 60), (500, 81000), (30, 80), (200, 1980))]
            power = rng.uniform(60, 400, _STEP).tolist()
            file.writelines(
                f"{stamp[:10].replace('-', '/')} {stamp[11:]}, {number % 8}, NVIDIA A100-SXM4-80GB, {gpu} %, {busy} %, {used} MiB, "
                f"81920 MiB, {watts:.2f} W, {hot}, {clock} MHz\n"
                for stamp, number, gpu, busy, used, hot, clock, watts in zip(stamps.tolist(), row.tolist(), *columns, power, strict=True)
            )


def table(path: Path) -> None:
    """A CSV of a monitoring system: ISO times, twelve metrics."""
    names = ",".join(f"gpu{card}_util(%)" for card in range(8)) + ",power(W),cpu_util(%),mem_used(GiB),disk_read(MB/s)\n"

    def blocks() -> Iterator[str]:
        second = 0
        for rng in generators():
            values = rng.uniform(0, 100, (5000, 12)).round(2).tolist()
            stamps = np.datetime_as_string(np.datetime64("2026-01-01T00:00:00", "s") + np.arange(second, second + 5000), unit="s").tolist()
            second += 5000
            yield "".join(f"{stamp}Z,{','.join(map(str, row))}\n" for stamp, row in zip(stamps, values, strict=True))

    fill(path, blocks(), "time," + names)


def kineto(path: Path) -> None:
    """What torch.profiler writes of a training: operators, launches, kernels, arrows, with shapes."""
    names = [f"aten::op_{number}" for number in range(180)]
    kernels = [
        f"void at::native::vectorized_elementwise_kernel<4, at::native::CUDAFunctor_add<float>, at::detail::Array<char*, {number}> >(int)"
        for number in range(120)
    ]
    kernels.append("ncclDevKernel_AllReduce_Sum_bf16_RING_LL(ncclDevComm*, unsigned long, ncclWork*)")

    def blocks() -> Iterator[str]:
        number = 0
        for rng in generators():
            draws = zip(rng.integers(0, 180, 500).tolist(), rng.integers(0, 121, 500).tolist(), rng.random((500, 2)).tolist(), strict=True)
            for name, kernel, (host_us, device_us) in draws:
                number += 1
                yield kineto_launch(number, names[name], kernels[kernel], host_us * 90, device_us * 80)

    end = '\n  ],\n  "traceName": "x.json",\n  "displayTimeUnit": "ms",\n  "baseTimeNanoseconds": 0\n}\n'
    device = '{\n      "id": 0, "name": "NVIDIA A800", "totalGlobalMem": 85174583296\n    }'
    start = f'{{\n  "schemaVersion": 1,\n  "deviceProperties": [\n    {device}\n  ],\n  "traceEvents": [\n'
    fill(path, blocks(), start + kineto_launch(0, names[0], kernels[0], 1, 1)[2:], end)


def kineto_launch(number: int, name: str, kernel: str, host_us: float, device_us: float) -> str:
    start = 1700560457649407.123 + 100 * number
    return f''',
  {{
    "ph": "X", "cat": "cpu_op", "name": "{name}", "pid": 7101, "tid": 7101,
    "ts": {start:.3f}, "dur": {host_us:.3f},
    "args": {{
      "External id": {number},"Ev Idx": {number}, "Input Dims": [[8, 128, 4096], [], []], "Input type": ["BFloat16", "Scalar", ""]
    }}
  }},
  {{
    "ph": "X", "cat": "cuda_runtime", "name": "cudaLaunchKernel", "pid": 7101, "tid": 7101,
    "ts": {start + 3:.3f}, "dur": 4.2,
    "args": {{
      "External id": {number}, "cbid": 211, "correlation": {number}
    }}
  }},
  {{
    "ph": "X", "cat": "kernel", "name": "{kernel}", "pid": 0, "tid": 7,
    "ts": {start + 12:.3f}, "dur": {device_us:.3f},
    "args": {{
      "External id": {number}, "queued": 0, "device": 0, "context": 1, "stream": 7, "correlation": {number}, "registers per thread": 32,
      "shared memory": 0, "blocks per SM": 18.96, "grid": [2048, 1, 1], "block": [128, 1, 1], "est. achieved occupancy %": 100
    }}
  }},
  {{
    "ph": "s", "id": {number}, "pid": 7101, "tid": 7101, "ts": {start + 3:.3f}, "cat": "ac2g", "name": "ac2g"
  }},
  {{
    "ph": "f", "id": {number}, "pid": 0, "tid": 7, "ts": {start + 12:.3f}, "cat": "ac2g", "name": "ac2g", "bp": "e"
  }}'''


def nsys_sqlite(path: Path) -> None:
    """Kernels and launches as Nsight Systems 2024 exports them."""
    count = 4_100_000
    with sqlite3.connect(path) as made:
        made.execute("CREATE TABLE StringIds(id INTEGER NOT NULL PRIMARY KEY, value TEXT NOT NULL)")
        made.execute(
            "CREATE TABLE CUPTI_ACTIVITY_KIND_KERNEL(start INTEGER, end INTEGER, deviceId INTEGER, contextId INTEGER, streamId INTEGER, "
            "correlationId INTEGER, globalPid INTEGER, demangledName INTEGER, shortName INTEGER, gridX INTEGER, blockX INTEGER)"
        )
        made.execute(
            "CREATE TABLE CUPTI_ACTIVITY_KIND_RUNTIME(start INTEGER, end INTEGER, eventClass INTEGER, globalTid INTEGER, "
            "correlationId INTEGER, nameId INTEGER, returnValue INTEGER)"
        )
        made.executemany("INSERT INTO StringIds VALUES(?,?)", [(n, f"kernel_{n}") for n in range(200)])
        made.executemany(
            "INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL VALUES(?,?,?,1,7,?,?,?,?,1024,256)",
            ((n * 2000, n * 2000 + 1500, n % 8, n, 2**40 + n % 8, n % 200, n % 200) for n in range(count)),
        )
        made.executemany(
            "INSERT INTO CUPTI_ACTIVITY_KIND_RUNTIME VALUES(?,?,0,?,?,?,0)",
            ((n * 2000 - 900, n * 2000 - 400, 2**40 + n % 8, n, n % 3) for n in range(count)),
        )
    made.close()


FORMATS: dict[str, Callable[[Path], None]] = {
    "nvidia-smi-csv": nvidia_smi_csv,
    "kineto": kineto,
    "dcgmi-dmon": dcgmi_dmon,
    "nvidia-smi-dmon": nvidia_smi_dmon,
    "iostat": iostat,
    "sar": sar,
    "dcgm-exporter": dcgm_exporter,
    "npu-smi": npu_smi,
    "nvidia-smi-xml": nvidia_smi_xml,
    "table": table,
    "nsys-sqlite": nsys_sqlite,
}
"""Slug -> what makes a file of it."""
