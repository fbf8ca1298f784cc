"""Speed and memory of reading, per format, on files of at least 300 MB made here: `python -m tests.benchmarks.reading [SLUG…]`.

Each reading runs in a process of its own; peak memory is counted above that process's after its imports. Peers run on the same file in the
same run: pandas.read_csv with the units stripped, HolisticTraceAnalysis (where .venv-torch is), a raw sqlite3 cursor; raw limits beside
them: `wc -l`, and simdjson where it happens to be installed.
"""

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from app.engine.reading import formats
from tests.benchmarks import big_files, big_profiles, big_tasks
from tests.benchmarks.__main__ import ROOT, THEIRS, TORCH

FORMATS = big_files.FORMATS | big_profiles.FORMATS | big_tasks.FORMATS
PEAK = """
import json, resource, sys, time
def peak():  # MiB; getrusage would tell the parent's peak, which a child inherits
    try:
        return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) / 1024
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
"""
OURS = """
from pathlib import Path
import pandas
from app.engine.pipeline import read_traces
from app.engine.reading import formats
formats()
start, last, gaps = peak(), time.perf_counter(), []
def progress(share, doing):
    global last
    now = time.perf_counter(); gaps.append(now - last); last = now
begin = time.perf_counter()
reading = read_traces([Path(sys.argv[1])], progress)
took = time.perf_counter() - begin
gaps.append(time.perf_counter() - last)
error = reading.unreadable[0].message.code if reading.unreadable else ""
files = reading.run.files[0] if reading.run else None
print(json.dumps({"seconds": took, "peak_mib": peak() - start, "longest_gap_s": max(gaps), "tells_per_s": len(gaps) / took,
    "rows": files.rows if files else 0, "events": files.events if files else 0, "error": error}))
"""
PANDAS = """
import pandas as pd
start = peak()
begin = time.perf_counter()
frame = pd.read_csv(sys.argv[1], skipinitialspace=True)
for column in frame.columns:
    if "[" in column:
        frame[column] = pd.to_numeric(frame[column].str.rstrip(" %MiBWHz"), errors="coerce")
frame["timestamp"] = pd.to_datetime(frame["timestamp"], format="%Y/%m/%d %H:%M:%S.%f")
print(json.dumps({"seconds": time.perf_counter() - begin, "peak_mib": peak() - start}))
"""
CURSOR = """
import sqlite3
start = peak()
begin = time.perf_counter()
database = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro&immutable=1", uri=True)
for table in ("CUPTI_ACTIVITY_KIND_KERNEL", "CUPTI_ACTIVITY_KIND_RUNTIME"):
    cursor = database.execute(f"SELECT * FROM {table}")
    while cursor.fetchmany(10000): pass
print(json.dumps({"seconds": time.perf_counter() - begin, "peak_mib": peak() - start}))
"""
SIMDJSON = """
import json, sys, time
import simdjson
whole = open(sys.argv[1], "rb").read()
begin = time.perf_counter()
simdjson.Parser().parse(whole)
print(json.dumps({"seconds": time.perf_counter() - begin}))
"""


def main(slugs: list[str]) -> None:
    """Print one line per format and a JSON document of everything."""
    found = {}
    for slug in slugs or FORMATS:
        if slug not in formats():
            print(f"{slug}: no reader here, skipped")
            continue
        with tempfile.TemporaryDirectory() as folder:
            found[slug] = measure(slug, Path(folder))
        print(_line(slug, found[slug]), flush=True)
    print(json.dumps(found, indent=2))


def measure(slug: str, folder: Path) -> dict:
    """Make a file of the format, read it twice, then let the peers read it."""
    path = folder / ("log.json" if slug == "kineto" else "log")  # HolisticTraceAnalysis goes by the name
    FORMATS[slug](path)
    subprocess.run(["cat", path], check=True, stdout=subprocess.DEVNULL)  # into the system's cache, for all alike
    home = {"SUANXUAN_HOME": str(folder / "home")}
    first, again = _child(sys.executable, OURS, path, home), _child(sys.executable, OURS, path, home)
    begin = time.perf_counter()
    subprocess.run(["wc", "-l", path], check=True, capture_output=True)
    found = {"size_mb": path.stat().st_size / 1e6, "first": first, "again": again, "wc_l": {"seconds": time.perf_counter() - begin}}
    return found | _peers(slug, path)


def _peers(slug: str, path: Path) -> dict:
    if slug == "nvidia-smi-csv":
        return {"pandas": _child(sys.executable, PANDAS, path)}
    if slug == "nsys-sqlite":
        return {"sqlite3_cursor": _child(sys.executable, CURSOR, path)}
    if slug != "kineto":
        return {}
    peers: dict = {"hta": _child(str(TORCH), THEIRS, path) if TORCH.exists() else {"skipped": "there is no .venv-torch"}}
    known = importlib.util.find_spec("simdjson") is not None
    return peers | {"simdjson": _child(sys.executable, SIMDJSON, path) if known else {"skipped": "pysimdjson is not installed"}}


def _child(python: str, code: str, path: Path, more: dict[str, str] | None = None) -> dict:
    environment = {**os.environ, **(more or {})}
    done = subprocess.run([python, "-c", PEAK + code, str(path)], cwd=ROOT, capture_output=True, text=True, check=False, env=environment)
    return json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else {"failed": done.stderr[-500:]}


def _line(slug: str, found: dict) -> str:
    first, again, size = found["first"], found["again"], found["size_mb"]
    if "seconds" not in first:
        return f"{slug}: {first}"
    share = first["peak_mib"] * 2**20 / size / 1e6
    text = (
        f"{slug}: {size:.0f} MB in {first['seconds']:.1f} s = {size / first['seconds']:.0f} MB/s, peak {first['peak_mib']:.0f} MiB "
        f"= {share:.2f} x file, longest silence {first['longest_gap_s']:.2f} s, again {again['seconds']:.3f} s {first['error']}"
    )
    for name, one in found.items():
        if isinstance(one, dict) and "seconds" in one and name not in ("first", "again"):
            text += f"; {name} {one['seconds']:.1f} s ({one['seconds'] / first['seconds']:.2f} x ours)"
        elif isinstance(one, dict) and one.keys() & {"skipped", "failed"}:
            text += f"; {name}: {one.get('skipped') or one.get('failed')}"
    return text


if __name__ == "__main__":
    main(sys.argv[1:])
