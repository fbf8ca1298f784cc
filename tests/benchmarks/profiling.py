"""Speed and memory of characterising a Kineto trace of one million events, made here: `python -m tests.benchmarks.profiling [EVENTS]`.

Reading (without the cache) and characterising run one after the other in a process of their own. Promised: characterising takes at most
half as long as reading, and at most 1.5 times the memory of the columns. A profile of the slowest functions: `… profiling EVENTS cprofile`.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from tests.benchmarks.big_files import kineto_launch
from tests.benchmarks.reading import PEAK, ROOT

EVENTS = 1_000_000
_STEP = 1000
"""Launches per step of the made training: as many as of a step of a small transformer."""
WORK = """
from pathlib import Path
import cProfile, pstats, tracemalloc
import numpy as np
import pandas
from app.engine import pipeline
from app.engine.model.traces import Events
from app.engine.profiling import characterise
from app.engine.reading import formats
formats()
begin = time.perf_counter()
trace = pipeline.read_traces([Path(sys.argv[1])], use_cache=False).run
read = time.perf_counter() - begin
columns = sum(value.nbytes for name in Events.__struct_fields__ if isinstance(value := getattr(trace.events, name), np.ndarray))
profiler = cProfile.Profile()
if "cprofile" in sys.argv: profiler.enable()
begin = time.perf_counter()
profile = characterise(trace, platform=None)
took = time.perf_counter() - begin
profiler.disable()
if "cprofile" in sys.argv: pstats.Stats(profiler, stream=sys.stderr).sort_stats("cumulative").print_stats(40)
tracemalloc.start()  # numpy tells it what it allocates; resident memory would count the pages of the columns, which lie in a file
characterise(trace, platform=None)
added = tracemalloc.get_traced_memory()[1]
print(json.dumps({"events": len(trace.events), "read_s": read, "characterise_s": took, "ratio": took / read, "columns_mib": columns / 2**20,
    "added_mib": added / 2**20, "added_by_columns": added / columns, "steps": profile.steps is not None,
    "gaps": len(profile.gaps)}))
"""


def main(arguments: list[str]) -> None:
    """Make the trace, measure and print one JSON document."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trace.json"
        training(path, int(arguments[0]) if arguments else EVENTS)
        command = [sys.executable, "-c", PEAK + WORK, str(path), *arguments[1:]]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    print(done.stderr[-8000:], file=sys.stderr, end="")
    print(json.dumps(json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else {"failed": True}, indent=2))


def training(path: Path, events: int) -> None:
    """Write the steps of a training: operators of random length, each with a launch and a kernel, the kernels alike from step to step."""
    rng = np.random.default_rng(3)
    operators = [f"aten::op_{number}" for number in range(180)]
    kernels = [f"void at::native::vectorized_elementwise_kernel<4, Functor_{number}<float> >(int)" for number in range(120)]
    kernels.append("ncclDevKernel_AllReduce_Sum_bf16_RING_LL(ncclDevComm*, unsigned long, ncclWork*)")
    order = [*rng.integers(0, len(kernels), _STEP - 1).tolist(), len(kernels)]
    kernels.append("void at::native::multi_tensor_apply_kernel<AdamFunctor<float> >(int)")
    with path.open("w") as file:
        file.write('{"schemaVersion": 1, "deviceProperties": [{"id": 0, "name": "NVIDIA A800"}], "traceEvents": [\n')
        for first in range(0, events // 3, _STEP):
            lengths = rng.random((_STEP, 2)).tolist()
            text = "".join(
                kineto_launch(first + place, operators[kernel], kernels[kernel], host * 90, card * 80)
                for place, (kernel, (host, card)) in enumerate(zip(order, lengths, strict=True))
            )
            file.write(text if first else text[2:])
        file.write("\n]}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
