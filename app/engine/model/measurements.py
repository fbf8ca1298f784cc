"""MeasuredRun: one row of a table of measured runs (interface.md, "Table of measured runs"); RunTable: what became of the table."""

from msgspec import Struct

from app.engine.errors import EngineError
from app.engine.messages import Message


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


class RowProblem(Struct, frozen=True):
    """What is wrong with a table of runs, at its place.

    row      1 = first data row, 0 = the table itself
    place    line of the file, SHEET!CELL in a workbook
    column   its head, "" for the whole row
    is_used  whether the row is used all the same
    wanted   of a row that was to be predicted and cannot be: what it says of itself
    """

    row: int
    place: str
    column: str
    what: Message
    is_used: bool = False
    wanted: MeasuredRun | None = None


class OwnUnit(Struct, frozen=True):
    """In which unit a wanted row asked for its figure. factor: turns the unit of its case into that."""

    unit: str
    better: str
    factor: float
    of_case: str


class RunTable(Struct, frozen=True):
    """A table as read: the sound rows, those of a case in one unit, and what is wrong with the others.

    own     row -> its own unit, of wanted rows that ask for another one than their case has
    places  row -> its place in the file
    """

    file: str
    runs: tuple[MeasuredRun, ...]
    problems: tuple[RowProblem, ...] = ()
    own: dict[int, OwnUnit] = {}
    places: dict[int, str] = {}

    def errors(self) -> tuple[EngineError, ...]:
        """Return the problems as errors that name file and place."""
        return tuple(EngineError(one.what.code, file=self.file, place=one.place, **one.what.params) for one in self.problems)
