"""Trace: one run as recorded: series, events, devices, what was skipped, where it came from.

Times are int64 nanoseconds from the trace's own origin; `start_ns` puts that origin on the calendar where the file knows it.
"""

from typing import Literal, TypeAlias

import numpy as np
from msgspec import Struct

from app.engine.messages import Message
from app.engine.model.quantities import State

CAPTURE = "capture"
"""In `Trace.environment` where our own capture kit recorded it, which tells the machine on purpose and whole."""
Clock: TypeAlias = Literal["absolute", "local", "relative", "synthetic"]


class SourceFile(Struct, frozen=True):
    """A file that was read: enough to audit it later. `name` is the file name without its folder."""

    name: str
    format: str
    size_bytes: int
    sha256: str
    rows: int = 0
    events: int = 0


class Device(Struct, frozen=True):
    """A card or host that the series or events belong to. id is unique in the trace ("0", "host", "rank1:0")."""

    id: str
    kind: Literal["gpu", "host", "nic", "disk", "other"] = "gpu"
    name: str = ""
    memory_gib: float | None = None


class Series(Struct, frozen=True, eq=False):
    """One metric of one device over time.

    metric    name of interface.md; ratios 0..1 where no unit is in the name
    time_ns   (n,) int64, ascending; values (n,) float64, nan = missing sample (told in Trace.skipped)
    """

    metric: str
    device: str
    unit: str
    time_ns: np.ndarray
    values: np.ndarray
    state: State = "measured"


class Events(Struct, frozen=True, eq=False):
    """Timed events as columns, ordered by start; all arrays have shape (n,).

    name, category, device   int32 indices into names, categories, devices
    stream                   int64, stream on a device, thread on the host
    start_ns, duration_ns    int64
    correlation              int64, ties a launch on the host to its kernel; -1 = none
    shape                    int32 index into shapes (text as recorded; of a collective "allreduce;in=1024;out=1024;ranks=8"), -1 = none
    bytes                    int64 payload of copies and collectives (the larger of what goes in and comes out), -1 = unknown
    category names are ours: kernel memcpy memset collective cpu_op runtime annotation python other
    """

    names: tuple[str, ...]
    categories: tuple[str, ...]
    devices: tuple[str, ...]
    shapes: tuple[str, ...]
    name: np.ndarray
    category: np.ndarray
    device: np.ndarray
    stream: np.ndarray
    start_ns: np.ndarray
    duration_ns: np.ndarray
    correlation: np.ndarray
    shape: np.ndarray
    bytes: np.ndarray

    def __len__(self) -> int:
        return len(self.start_ns)


class Alignment(Struct, frozen=True):
    """How one file was put on the run's time axis.

    file        name of its SourceFile
    offset_ns   what was added to the file's own times: 0 = its clock is trusted, or (without a calendar time) it begins with the run
    how         absolute (its own clock), zone (local time and a zone), correlated (a metric that another file has too),
                start (put at the start of the run, not aligned), manual (given by the user)
    confidence  0..1 that the place is right
    """

    file: str
    offset_ns: int
    how: Literal["absolute", "zone", "correlated", "start", "manual"]
    confidence: float = 1.0


class Trace(Struct, frozen=True, eq=False):
    """Everything that one or several files told of one run.

    start_ns     origin as ns since 1970; for clock "local" counted as if local time were UTC; None without a date
    clock        absolute (zone known), local (date and time, no zone), relative (counter), synthetic (made from the row number)
    skipped      reason code (message code of area "skipped") -> number of rows, events or samples not used
    environment  what the file says of the machine: "driver", "cuda", "framework", "os" …
    is_snapshot  one instant only: no chart can be drawn
    utc_offset_s the zone that the file's own stamps state, s east of Greenwich; None where they state none
    alignments   one per file of a run made of several
    """

    files: tuple[SourceFile, ...]
    duration_ns: int
    start_ns: int | None = None
    clock: Clock = "relative"
    devices: tuple[Device, ...] = ()
    series: tuple[Series, ...] = ()
    events: Events | None = None
    skipped: dict[str, int] = {}
    warnings: tuple[Message, ...] = ()
    environment: dict[str, str] = {}
    is_snapshot: bool = False
    utc_offset_s: int | None = None
    alignments: tuple[Alignment, ...] = ()
