"""The table of measured runs: CSV or a sheet of an .xlsx; every sound row is read, every fault names its line or cell."""

import csv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct, structs

from app.engine.errors import EngineError
from app.engine.messages import Message, Value, message
from app.engine.model.estimates import Prediction
from app.engine.model.measurements import MeasuredRun, RowProblem, RunTable
from app.engine.model.workloads import normalise_precision
from app.engine.paraselect.run_units import unit_of
from app.engine.paraselect.table_cells import CellFault, Cells, clean, read_cells
from app.engine.paraselect.table_checks import in_one_unit, tell_contradictions, without_copies
from app.engine.paraselect.table_numbers import Style, is_number, number_of, plain, style_of
from app.engine.paths import replacing

NEEDED = ("case", "platform", "gpus", "speed", "unit")
TEXTS = ("workload", "task", "phase", "framework", "parallelism", "interconnect", "source")
NUMBERS = ("seq_len", "micro_batch", "global_batch", "nodes", "mem_per_gpu_gib")
FIGURES = ("gpus", "speed", *NUMBERS)
KNOWN = frozenset((*NEEDED, *TEXTS, *NUMBERS, "precision", "better"))
ADDED = ("predicted", "low", "high", "kind", "reference_row", "note")
MOST_GPUS = 2**20
LONGEST_SHOWN = 60
Near = Callable[[str], Message | None]
"""Says what is wrong with a platform's name and which ids are near it; None for an id."""


def read_table(path: Path, near: Near | None = None) -> RunTable:
    """Return the sound rows, those of a case in one unit, and what is wrong with the others.

    Raises EngineError where the file is no table, lacks a needed column or has no rows. A row whose platform is not known stays, as a
    site may add it; near tells of it.
    """
    path = Path(path)
    reading = _Reading(path, read_cells(path), near)
    runs = reading.runs()
    runs = without_copies(runs, reading.written, reading.place_of, reading.tell)
    runs, own = in_one_unit(runs, reading.tell)
    tell_contradictions(runs, reading.place_of, reading.tell)
    problems = sorted(reading.problems, key=lambda one: one.row)
    places = {number: reading.cells.place(line) for number, line in enumerate(reading.cells.lines, 1)}
    return RunTable(str(path), tuple(runs), tuple(problems), own, places)


def read_runs(path: Path) -> tuple[MeasuredRun, ...]:
    """Return every row of a table that is known to be sound, such as the one that ships. Raises EngineError where a row is not.

    There `group` stands for `case`; a platform may be unknown and rows may repeat.
    """
    path = Path(path)
    reading = _Reading(path, read_cells(path), None)
    runs = reading.runs()
    faults = [one for one in reading.problems if not one.is_used]
    if faults:
        raise EngineError(faults[0].what.code, file=path, place=faults[0].place, **faults[0].what.params)
    return tuple(runs)


def write_predictions(table: Path, predictions: Sequence[Prediction], out: Path, say: Callable[[Message], str]) -> None:
    """Write the table with `predicted low high kind reference_row note` behind its columns. say puts a message into words."""
    cells = read_cells(Path(table))
    by_row = {found.row: found for found in predictions}
    with replacing(Path(out)) as temporary, temporary.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*cells.heads, *ADDED])
        for number, row in enumerate(cells.rows, 1):
            writer.writerow([*row, *[""] * (len(cells.heads) - len(row)), *_added(by_row.get(number), say)])


def _added(found: Prediction | None, say: Callable[[Message], str]) -> list[object]:
    if found is None:
        return [""] * len(ADDED)
    note = " ".join(say(note) for note in found.notes)
    if note[:1] in "=+-@":  # a spreadsheet would run it
        note = f"'{note}" if note else ""
    values = (found.value, found.low, found.high, found.kind, found.reference_row)
    return [*("" if value is None else value for value in values), note]


class _Row(Struct):
    """One row on its way: its cells by head, and whether a fault forbids to use it."""

    number: int
    line: int
    cells: dict[str, str]
    is_bad: bool = False


class _Reading:
    """Turns the cells of one table into runs and collects what is wrong."""

    def __init__(self, path: Path, cells: Cells, near: Near | None) -> None:
        self.cells, self._near = cells, near
        self.problems: list[RowProblem] = []
        self.written: dict[int, tuple[str, ...]] = {}
        self._columns = self._heads(path)
        self._styles: dict[str, Style] = {head: self._style(head) for head in FIGURES if head in self._columns}
        self._faults: dict[int, list[CellFault]] = {}
        for fault in cells.faults:
            self._faults.setdefault(fault.line, []).append(fault)
            if not fault.line:
                self.problems.append(RowProblem(0, cells.place(cells.head_line), "", fault.what, is_used=True))

    def runs(self) -> list[MeasuredRun]:
        """Return the sound rows by themselves; what a fault forbids is told."""
        found = []
        for number, (line, row) in enumerate(zip(self.cells.lines, self.cells.rows, strict=True), 1):
            cells = {head: clean(row[place]) if place < len(row) else "" for head, place in self._columns.items()}
            self.written[number] = tuple(row)
            one = _Row(number, line, cells)
            run = self._run(one) if self._is_whole(one, row) else None
            if run is not None:
                found.append(run)
        return found

    def place_of(self, number: int) -> str:
        """Return the place of a row."""
        return self.cells.place(self.cells.lines[number - 1])

    def tell(self, run: MeasuredRun, column: str, what: Message, is_used: bool) -> None:
        """Note what is wrong with a row that was read."""
        place = self.cells.place(self.cells.lines[run.row - 1], self._columns.get(column, 0))
        wanted = run if run.speed is None and not is_used else None
        self.problems.append(RowProblem(run.row, place, column, what, is_used, wanted))

    def _heads(self, path: Path) -> dict[str, int]:
        heads = [clean(head).lower() for head in self.cells.heads]
        if "case" not in heads and "group" in heads:
            heads = ["case" if head == "group" else head for head in heads]
        missing = [name for name in NEEDED if name not in heads]
        if missing:
            raise EngineError("paraselect.columns_missing", file=path, columns=missing)
        columns: dict[str, int] = {}
        for place, head in enumerate(heads):
            if head in columns and head in KNOWN:
                what = message("run_table.column_twice", column=head)
                self.problems.append(RowProblem(0, self.cells.place(self.cells.head_line, place), head, what, is_used=True))
            elif head:
                columns.setdefault(head, place)
        return columns

    def _style(self, head: str) -> Style:
        place = self._columns[head]
        return style_of(plain(clean(row[place])) for row in self.cells.rows if place < len(row))

    def _fault(self, row: _Row, column: str, what: Message, is_used: bool = False) -> None:
        row.is_bad = row.is_bad or not is_used
        place = self.cells.place(row.line, self._columns.get(column, 0))
        self.problems.append(RowProblem(row.number, place, column, what, is_used))

    def _is_whole(self, row: _Row, cells: list[str]) -> bool:
        """Tell what the file itself hides of a row; False where its cells do not stand under their heads."""
        names = {place: head for head, place in self._columns.items()}
        is_whole = True
        for fault in self._faults.get(row.line, ()):
            column = names.get(fault.column, "")
            if fault.is_row or column in NEEDED:
                self._fault(row, column, fault.what)
                is_whole = is_whole and fault.column >= 0
        if any(cell.strip() for cell in cells[len(self.cells.heads) :]):
            self._fault(row, "", message("run_table.too_many_cells", cells=len(cells), columns=len(self.cells.heads)))
            return False
        if is_number(row.cells["unit"]):
            self._fault(row, "unit", message("run_table.unit_number", value=row.cells["unit"][:LONGEST_SHOWN]))
            return False
        return is_whole

    def _run(self, row: _Row) -> MeasuredRun | None:
        """Return a row, None where it cannot be used; a wanted one that cannot be is kept with its problem."""
        cells, before = row.cells, len(self.problems)
        sound_so_far = not row.is_bad
        for key in ("case", "platform"):
            if not cells[key]:
                self._fault(row, key, message("paraselect.cell_blank", key=key))
        speed = self._figure(row, "speed")
        wanted = not cells["speed"] and sound_so_far
        gpus = self._gpus(row, wanted)
        better = cells.get("better", "").lower()
        if better not in ("", "higher", "lower"):
            self._fault(row, "better", message("paraselect.bad_better", value=better[:LONGEST_SHOWN]))
            better = ""
        if not wanted and not cells["unit"]:
            self._fault(row, "unit", message("paraselect.cell_blank", key="unit"))
        self._direction(row, better)
        figures: dict[str, Any] = {key: self._remark(row, key) for key in NUMBERS}
        run = _made(row, speed, gpus, better, figures)
        if self._near is not None and run.platform:
            said = self._near(run.platform)
            if said is not None:
                self._fault(row, "platform", said, is_used=not wanted)
        if row.is_bad:
            if wanted:
                self._keep_wanted(run, before)
            return None
        return run

    def _keep_wanted(self, run: MeasuredRun, before: int) -> None:
        """Put a wanted row that cannot be predicted behind the first problem that forbids it. before: how many there were without it."""
        place = next(at for at in range(before, len(self.problems)) if not self.problems[at].is_used)
        self.problems[place] = structs.replace(self.problems[place], wanted=run)

    def _direction(self, row: _Row, better: str) -> None:
        unit = row.cells["unit"]
        if better and (better == "higher") == (unit_of(unit).kind == "time") and unit_of(unit).kind:
            self._fault(row, "better", message("run_table.better_contradicts", better=better, unit=unit[:LONGEST_SHOWN]))

    def _gpus(self, row: _Row, wanted: bool) -> int | None:
        text = row.cells["gpus"]
        if not text:
            self._fault(row, "gpus", message("paraselect.no_gpus" if wanted else "paraselect.cell_blank", key="gpus"))
            return None
        value = self._figure(row, "gpus")
        if value is not None and (value != int(value) or value > MOST_GPUS):
            self._fault(row, "gpus", message("run_table.not_a_count", value=text[:LONGEST_SHOWN]))
            return None
        return None if value is None else int(value)

    def _figure(self, row: _Row, key: str) -> float | None:
        """Return a figure above zero; what is none is told."""
        text = row.cells[key]
        if not text:
            return None
        value, said = number_of(plain(text), self._styles[key])
        if value is None:
            self._fault(row, key, _about(key, text, said))
            return None
        if not 0 < value < float("inf"):
            self._fault(row, key, message("paraselect.not_a_number", value=text[:LONGEST_SHOWN], key=key))
            return None
        if said is not None:
            self._fault(row, key, _about(key, text, said), is_used=True)
        return value

    def _remark(self, row: _Row, key: str) -> float | None:
        """Return a figure that helps; "dynamic" or "mixed" is a remark and enters no formula."""
        text = row.cells.get(key, "")
        if not text:
            return None
        value, said = number_of(plain(text), self._styles[key])
        if value is not None and said is not None:
            self._fault(row, key, _about(key, text, said), is_used=True)
        return value if value is not None and 0 < value < float("inf") else None


def _about(key: str, text: str, said: Message | None) -> Message:
    params: dict[str, Value] = {**said.params} if said is not None else {"value": text[:LONGEST_SHOWN]}  # type: ignore[dict-item]
    return Message.of(said.code if said is not None else "paraselect.not_a_number", {**params, "key": key})


def _made(row: _Row, speed: float | None, gpus: int | None, better: str, figures: dict[str, Any]) -> MeasuredRun:
    cells = row.cells
    precision = cells.get("precision", "")
    return MeasuredRun(
        row=row.number,
        case=cells["case"],
        platform=cells["platform"],
        gpus=gpus,
        speed=speed,
        unit=cells["unit"],
        better=better,
        precision=normalise_precision(precision) or "",
        precision_text=precision,
        extra={key: value for key, value in cells.items() if key not in KNOWN and value},
        **{key: cells.get(key, "") for key in TEXTS},
        **figures,
    )
