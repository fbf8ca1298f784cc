"""Cases one after the other in a child process that is killed when a case takes too long."""

import contextlib
import json
import multiprocessing
import random
import tempfile
import time
import traceback
import warnings
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.fuzz.mutations import mutate

MOST_SECONDS = 20.0
MOST_GROWTH_MIB = 512
MOST_GROWTH_TIMES = 24
ADDRESS_SPACE_BYTES = 8 * 2**30


@dataclass
class Summary:
    """What happened to all cases."""

    cases: int = 0
    traces: int = 0
    refused: Counter = field(default_factory=Counter)
    defects: list[dict] = field(default_factory=list)
    slowest: tuple[float, str] = (0.0, "")
    largest: tuple[float, str] = (0.0, "")
    seconds: float = 0.0

    def text(self) -> str:
        """Return it for a person."""
        lines = [
            f"{self.cases} cases in {self.seconds:.0f} s: {self.traces} read, {self.refused.total()} refused, {len(self.defects)} defects",
            f"slowest {self.slowest[0]:.1f} s: {self.slowest[1]}",
            f"most memory {self.largest[0]:.0f} MiB: {self.largest[1]}",
            "refused as: " + ", ".join(f"{code} {count}" for code, count in self.refused.most_common()),
        ]
        return "\n".join(lines + [f"DEFECT {one['kind']}: {one['case']}\n{one['detail']}" for one in self.defects])


def fuzz(samples: dict[str, bytes], *, seconds: float, seed: int, keep: Path | None = None, most_cases: int = 10**9) -> Summary:
    """Mutate and read until the time is over. keep: where files that cause a defect go."""
    rng = random.Random(seed)
    summary, begin = Summary(), time.monotonic()
    names = sorted(samples)
    with tempfile.TemporaryDirectory() as folder:
        child = Child()
        try:
            while time.monotonic() - begin < seconds and summary.cases < most_cases:
                name = rng.choice(names) if summary.cases >= len(names) else names[summary.cases]
                how, raw = mutate(samples[name], rng)
                path = Path(folder) / "unknown"
                path.write_bytes(raw)
                answer = child.ask(path, 3 * MOST_SECONDS if len(raw) > 2**22 else MOST_SECONDS)
                _note(summary, f"{name} {how} (seed {seed}, case {summary.cases})", answer, len(raw), path, keep)
        finally:
            child.stop()
    summary.seconds = time.monotonic() - begin
    return summary


def _note(summary: Summary, case: str, answer: dict, size: int, path: Path, keep: Path | None) -> None:
    summary.cases += 1
    summary.slowest = max(summary.slowest, (answer["seconds"], case))
    summary.largest = max(summary.largest, (answer["grown_mib"], case))
    kind = answer["kind"]
    size = max(size, answer.get("unpacked", 0))
    if answer["grown_mib"] > MOST_GROWTH_MIB + MOST_GROWTH_TIMES * size / 2**20:
        kind = "memory"
    if kind == "read":
        summary.traces += 1
    elif kind == "refused" and answer["detail"] != "reading.out_of_memory":
        summary.refused[answer["detail"].removeprefix("reading.")] += 1
    else:
        summary.defects.append({"kind": kind, "case": case, "detail": answer["detail"]})
        if keep is not None:
            keep.mkdir(exist_ok=True)
            (keep / f"{len(summary.defects):03d}").write_bytes(path.read_bytes())
            (keep / f"{len(summary.defects):03d}.json").write_text(json.dumps(summary.defects[-1], indent=1))


class Child:
    """A process that reads one file after the other."""

    def __init__(self) -> None:
        self._process: multiprocessing.process.BaseProcess | None = None

    def ask(self, path: Path, seconds: float) -> dict:
        """Return kind (read, refused, defect, hang, death), detail, seconds, grown_mib."""
        if self._process is None:
            self._start()
        self._pipe.send(str(path))
        begin = time.monotonic()
        try:
            if self._pipe.poll(seconds):
                return self._pipe.recv()
            kind = "hang"
        except EOFError:
            kind = "death"
        self.stop()
        return {
            "kind": kind,
            "detail": f"after {seconds} s" if kind == "hang" else "",
            "seconds": time.monotonic() - begin,
            "grown_mib": 0.0,
        }

    def stop(self) -> None:
        """Kill it; the next `ask` starts another."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._pipe.close()
            self._process = None

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()
        self._pipe.recv()  # it has imported everything: the clock of the first case starts now


def _serve(pipe) -> None:
    import resource

    import pandas  # noqa: F401 - its memory is not the case's

    from app.engine.errors import EngineError
    from app.engine.reading import formats, merge_traces, read_files

    formats()
    warnings.simplefilter("error")  # a warning would stand on the user's stderr
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE_BYTES, ADDRESS_SPACE_BYTES))
    pipe.send("ready")
    while True:
        path = Path(pipe.recv())
        start, begin = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
        kind, detail = "read", ""
        try:
            found = read_files([path], use_cache=False)
            merge_traces(found.traces)
            if not found.traces:
                kind, detail = "refused", found.unreadable[0].message.code
                assert all(isinstance(error, EngineError) for error in found.unreadable)
        except BaseException:  # noqa: BLE001 - whatever comes out is what we look for
            kind, detail = "defect", traceback.format_exc(limit=-4)
        unpacked = _unpacked(path)
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - start) / 1024
        pipe.send({"kind": kind, "detail": detail, "seconds": time.monotonic() - begin, "grown_mib": grown, "unpacked": unpacked})


def _unpacked(path: Path) -> int:
    """Return the bytes that a packed file holds, 0 for any other."""
    from app.engine.errors import EngineError
    from app.engine.reading._sources import Source

    with contextlib.suppress(EngineError):
        source = Source(path)
        return sum(map(len, source.pieces())) if source.packing else 0
    return 0
