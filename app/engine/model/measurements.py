"""MeasuredRun: one row of a table of measured runs (interface.md, "Table of measured runs")."""

from msgspec import Struct


class MeasuredRun(Struct, frozen=True):
    """One run of one workload on one platform.

    row        1 = first data row of its table
    speed      of the whole system in `unit`; None where it is wanted
    better     "higher" or "lower" (times); "" = not stated
    precision  normalised; precision_text as written
    extra      further columns as written, such as quantity, engine, concurrency
    """

    row: int
    case: str
    platform: str
    gpus: int | None
    speed: float | None
    unit: str
    better: str = ""
    workload: str = ""
    task: str = ""
    phase: str = ""
    framework: str = ""
    precision: str = ""
    precision_text: str = ""
    parallelism: str = ""
    seq_len: float | None = None
    micro_batch: float | None = None
    global_batch: float | None = None
    nodes: float | None = None
    interconnect: str = ""
    mem_per_gpu_gib: float | None = None
    source: str = ""
    extra: dict[str, str] = {}
