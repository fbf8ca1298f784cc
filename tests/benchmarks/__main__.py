"""Measure what the issue promises: Kineto against HolisticTraceAnalysis, assess and predict, demo, --help.

The Kineto part needs PyTorch and HolisticTraceAnalysis in .venv-torch (the benchmark says how to get them); the rest runs anywhere.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from app.engine import pipeline

ROOT = Path(__file__).resolve().parents[2]
TORCH = ROOT / ".venv-torch" / "bin" / "python"
LEAST_BYTES = 200 * 2**20
OURS = """
import json, resource, sys, time
from pathlib import Path
from app.engine.reading import read_trace
begin = time.perf_counter()
trace = read_trace(Path(sys.argv[1]))
took = time.perf_counter() - begin
print(json.dumps({"seconds": took, "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "events": len(trace.events)}))
"""
THEIRS = """
import json, logging, resource, sys, time
logging.disable(logging.CRITICAL)
from hta.common.trace_parser import parse_trace_dataframe
from hta.configs.parser_config import ParserConfig
begin = time.perf_counter()
_, frame, _ = parse_trace_dataframe(sys.argv[1], ParserConfig.get_default_cfg())
took = time.perf_counter() - begin
print(json.dumps({"seconds": took, "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "events": len(frame)}))
"""


def main() -> None:
    """Run all and print one JSON document."""
    found = {"kineto": kineto(), "assess_and_predict_ms": assess_and_predict(), "demo_s": demo(), "help_s": help_text()}
    print(json.dumps(found, indent=2))


def kineto() -> dict:
    """Read a trace of at least 200 MiB that is recorded here, with both readers."""
    if not TORCH.exists():
        return {"skipped": "needs: python3 -m venv .venv-torch && .venv-torch/bin/pip install torch==2.13.0 numpy HolisticTraceAnalysis"}
    with tempfile.TemporaryDirectory() as folder:
        path = _recorded(Path(folder))
        size_mib = path.stat().st_size / 2**20
        ours = _child(sys.executable, OURS, path)
        theirs = _child(str(TORCH), THEIRS, path)
    result: dict = {"size_mib": round(size_mib), "ours": ours, "hta": theirs}
    if ours and theirs:
        result |= {"times_as_fast": theirs["seconds"] / ours["seconds"], "share_of_memory": ours["peak_mib"] / theirs["peak_mib"]}
    return result


def _recorded(folder: Path) -> Path:
    path, steps = folder / "training.pt.trace.json", 120
    script = ROOT / "resources" / "sample" / "record_training.py"
    while True:
        subprocess.run([str(TORCH), str(script), str(path), "--steps", str(steps), "--layers", "8"], check=True, stderr=subprocess.DEVNULL)
        if path.stat().st_size >= LEAST_BYTES:
            return path
        steps = int(steps * LEAST_BYTES / path.stat().st_size * 1.1) + 1


def _child(python: str, code: str, path: Path) -> dict | None:
    done = subprocess.run([python, "-c", code, str(path)], cwd=ROOT, capture_output=True, text=True, check=False)
    return json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else None


def assess_and_predict() -> float:
    """Assess and predict every platform, warm: median of nine, ms."""
    project = pipeline.new_project(pipeline.sample_inputs())
    first = project.measured[0]
    wanted = [
        msgspec.structs.replace(first, row=10 + number, platform=name, speed=None) for number, name in enumerate(pipeline.platforms_by_id())
    ]
    times = []
    for _ in range(10):
        begin = time.perf_counter()
        pipeline.assess_workload(project.workload, profile=project.profile)  # type: ignore[arg-type]
        pipeline.predict_table([*project.measured, *wanted], project.workload, project.profile)
        times.append((time.perf_counter() - begin) * 1000)
    return round(statistics.median(times[1:]), 1)


def demo() -> float:
    """The whole main job, start of the program included: median of three, s."""
    return _command("demo", "--out")


def help_text() -> float:
    """`suanxuan --help`: median of three, s."""
    return _command("--help")


def _command(*words: str) -> float:
    times = []
    for _ in range(3):
        folder = tempfile.mkdtemp()
        begin = time.perf_counter()
        out = [folder] if "--out" in words else []
        subprocess.run(
            [sys.executable, "-m", "app", *words, *out],
            cwd=ROOT,
            check=True,
            capture_output=True,
            env={**os.environ, "SUANXUAN_HOME": folder},
        )
        times.append(time.perf_counter() - begin)
        shutil.rmtree(folder, ignore_errors=True)
    return round(statistics.median(times), 2)


if __name__ == "__main__":
    main()
