"""Events written by hand, for the tests of profiling."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from app.engine import pipeline
from app.engine.model.traces import Events, Trace


def made(rows: Sequence[tuple]) -> Events:
    """rows: name, category, device, stream, start, duration [, correlation [, bytes [, shape]]]."""
    rows = sorted(((*row, *(-1, -1, "")[len(row) - 6 :]) for row in rows), key=lambda row: row[4])
    tables = [list(dict.fromkeys(row[place] for row in rows if row[place] != "" or place == 0)) for place in (0, 1, 2, 8)]

    def codes(table: list, place: int) -> np.ndarray:
        return np.array([table.index(row[place]) if row[place] in table else -1 for row in rows], np.int32)

    def numbers(place: int) -> np.ndarray:
        return np.array([row[place] for row in rows], np.int64)

    return Events(
        *(tuple(table) for table in tables),
        codes(tables[0], 0),
        codes(tables[1], 1),
        codes(tables[2], 2),
        numbers(3),
        numbers(4),
        numbers(5),
        numbers(6),
        codes(tables[3], 8),
        numbers(7),
    )


def launched(number: int, name: str, call_ns: int, start_ns: int, duration_ns: int, **more) -> Iterator[tuple]:
    """A kernel and the call that launches it (1 µs), on thread 1 of the host and stream 7 of card 0."""
    device, thread, host = more.get("device", "0"), more.get("thread", 1), more.get("host", "host")
    yield ("cudaLaunchKernel", "runtime", host, thread, call_ns, 1000, number)
    yield (name, more.get("category", "kernel"), device, 7, start_ns, duration_ns, number, more.get("bytes", -1), more.get("shape", ""))


def real(shared_data: Path, name: str) -> Trace:
    """A real trace by a part of its name; the test skips where it is missing."""
    found = sorted((shared_data / "traces").glob(f"*/*{name}*"))
    if not found:
        pytest.skip(f"no trace {name} here")
    run = pipeline.read_traces([found[0]]).run
    assert run is not None and run.events is not None
    return run


def plain(trace: Trace) -> Iterator[tuple[str, str, str, int, int, int]]:
    """The events one by one, for counts that share no code with ours: name, category, device, start, end, correlation."""
    events = trace.events
    for row in range(len(events)):
        start = int(events.start_ns[row])
        yield (
            events.names[events.name[row]],
            events.categories[events.category[row]],
            events.devices[events.device[row]],
            start,
            start + int(events.duration_ns[row]),
            int(events.correlation[row]),
        )
