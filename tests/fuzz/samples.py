"""What is mutated: the real files where they are at hand, and small ones of ours that are always there."""

import gzip
import io
import json
import sqlite3
import tarfile
import tempfile
from pathlib import Path

MOST_BYTES = 400_000


def built_in() -> dict[str, bytes]:
    """Return small valid files by name."""
    smi = "timestamp, index, name, utilization.gpu [%], memory.used [MiB], memory.total [MiB], power.draw [W]\n" + "".join(
        f"2026/01/01 00:00:{n:02d}.000, {card}, NVIDIA A100, {n} %, {n * 100} MiB, 81920 MiB, {60 + n}.25 W\n"
        for n in range(40)
        for card in range(4)
    )
    dcgm = "#Entity   SMACT   TENSO   DRAMA\nID\n" + "".join(
        f"GPU {card}   0.{n:03d}   0.5   N/A\n" for n in range(60) for card in (3, 1, 0)
    )
    table = "时间,GPU利用率(%),功耗(W)\n" + "".join(f"2026-01-01 00:00:{n:02d},{n},{300 + n}\n" for n in range(50))
    event = {"ph": "X", "cat": "kernel", "name": "gemm", "pid": 0, "tid": 7, "args": {"device": 0, "stream": 7, "correlation": 5}}
    trace = {
        "schemaVersion": 1,
        "deviceProperties": [{"id": 0, "name": "X", "totalGlobalMem": 2**34}],
        "distributedInfo": {"rank": 1},
        "traceEvents": [{**event, "ts": n * 10.25, "dur": 7} for n in range(100)],
    }
    kineto = json.dumps(trace, indent=1).encode()
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        for name, content in (("node0/smi.csv", smi.encode()), ("node1/rank1.json", kineto)):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return {
        "smi.csv": smi.encode(),
        "smi-utf16.csv": smi.encode("utf-16"),
        "dcgmi.txt": dcgm.encode(),
        "table.csv": table.encode(),
        "table-gbk.csv": table.encode("gbk"),
        "kineto.json": kineto,
        "kineto-bare.json": json.dumps(trace["traceEvents"]).encode(),
        "kineto.json.gz": gzip.compress(kineto),
        "run.tar.gz": archive.getvalue(),
        "report.sqlite": _database(),
        "host.log": _host_log().encode(),
        "table.parquet": _parquet(),
    }


def _host_log() -> str:
    """Return what the capture kit writes of a host."""
    ticks = (
        f"@ {1795599160 + n}.25\ncpu  {100 * n} 0 {20 * n} {300 * n} {5 * n} 0 0 0 0 0\n"
        f"MemTotal: 1000000 kB\nMemAvailable: {900000 - n} kB\n 8 0 sda 1 0 {2000 * n} 5 1 0 {1000 * n} 5 0 {10 * n} 9\n"
        f" eth0: {9 * n} 1 0 0 0 0 0 0 {7 * n} 1 0 0 0 0 0 0\nib mlx5_0:1 {5 * n} {6 * n}\n"
        for n in range(40)
    )
    return "# SuanXuan capture 1\nos = Linux\ncpu = CPU\nmemory_kib = 1000000\ntime_zone = +0800\n" + "".join(ticks)


def _parquet() -> bytes:
    import fastparquet
    import pandas as pd

    rows = pd.DataFrame({"time": pd.date_range("2026-01-01", periods=60, freq="s"), "gpu_util(%)": [float(n) for n in range(60)]})
    with tempfile.TemporaryDirectory() as folder:
        fastparquet.write(f"{folder}/t", rows)
        return (Path(folder) / "t").read_bytes()


def _database() -> bytes:
    """Return a report in the manner of Nsight Systems."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "r.sqlite"
        with sqlite3.connect(path) as made:
            made.execute("CREATE TABLE StringIds(id INTEGER PRIMARY KEY, value TEXT)")
            made.execute(
                "CREATE TABLE CUPTI_ACTIVITY_KIND_KERNEL(start INT, end INT, deviceId INT, streamId INT, correlationId INT, shortName INT)"
            )
            made.executemany("INSERT INTO StringIds VALUES(?,?)", [(n, f"kernel{n}") for n in range(20)])
            made.executemany(
                "INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL VALUES(?,?,0,7,?,?)", [(n * 1000, n * 1000 + 800, n, n % 20) for n in range(200)]
            )
        made.close()
        return path.read_bytes()


def shared(folder: Path) -> dict[str, bytes]:
    """Return the real files below a folder, by path, cut to MOST_BYTES (a packed or binary one is taken whole)."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix != ".md":
            raw = path.read_bytes()
            whole = raw[:2] in (b"\x1f\x8b", b"PK", b"SQ")
            found[path.relative_to(folder).as_posix()] = raw if whole else raw[:MOST_BYTES]
    return found
