"""The table of measured runs: CSV or a sheet of an .xlsx; every fault names its row or cell."""

import csv
import io
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from app.engine.errors import EngineError
from app.engine.messages import Message
from app.engine.model.estimates import Prediction
from app.engine.model.measurements import MeasuredRun
from app.engine.model.workloads import normalise_precision
from app.engine.paths import replacing
from app.engine.texts import decode

NEEDED = ("case", "platform", "gpus", "speed", "unit")
TEXTS = ("workload", "task", "phase", "framework", "parallelism", "interconnect", "source")
NUMBERS = ("seq_len", "micro_batch", "global_batch", "nodes", "mem_per_gpu_gib")
KNOWN = frozenset((*NEEDED, *TEXTS, *NUMBERS, "precision", "better"))
ADDED = ("predicted", "low", "high", "kind", "reference_row", "note")
MOST_ROWS = 200_000
MOST_BYTES = 256 * 2**20


def read_runs(path: Path) -> tuple[MeasuredRun, ...]:
    """Return every row. Raises EngineError naming file, row and column where a value is no value.

    In the table that ships with the program `group` stands for `case`.
    """
    path = Path(path)
    heads, rows = _cells(path)
    if "case" not in heads and "group" in heads:
        heads = ["case" if head == "group" else head for head in heads]
    missing = [name for name in NEEDED if name not in heads]
    if missing:
        raise EngineError("paraselect.columns_missing", file=path, columns=missing)
    if len(rows) > MOST_ROWS:
        raise EngineError("paraselect.too_many_rows", file=path, limit=MOST_ROWS)
    runs = []
    for number, row in enumerate(rows, 1):
        cells = {head: row[place].strip() if place < len(row) else "" for place, head in enumerate(heads)}
        if any(cells.values()):
            runs.append(_run(path, number, cells))
    if not runs:
        raise EngineError("paraselect.no_rows", file=path)
    return tuple(runs)


def write_predictions(table: Path, predictions: Sequence[Prediction], out: Path, say: Callable[[Message], str]) -> None:
    """Write the table with `predicted low high kind reference_row note` behind its columns. say puts a message into words."""
    heads, rows = _cells(Path(table), lower=False)
    by_row = {found.row: found for found in predictions}
    with replacing(Path(out)) as temporary, temporary.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*heads, *ADDED])
        for number, row in enumerate(rows, 1):
            writer.writerow([*row, *[""] * (len(heads) - len(row)), *_added(by_row.get(number), say)])


def _added(found: Prediction | None, say: Callable[[Message], str]) -> list[object]:
    if found is None:
        return [""] * len(ADDED)
    note = " ".join(say(note) for note in found.notes)
    if note[:1] in "=+-@":  # a spreadsheet would run it
        note = f"'{note}" if note else ""
    values = (found.value, found.low, found.high, found.kind, found.reference_row)
    return [*("" if value is None else value for value in values), note]


def _run(path: Path, number: int, cells: dict[str, str]) -> MeasuredRun:
    numeric = partial(_number, path, number)
    for key in ("case", "platform"):
        if not cells[key]:
            raise EngineError("paraselect.cell_blank", file=path, place=f"{number}:{key}", key=key)
    speed = numeric("speed", cells["speed"])
    if speed is not None and not cells["unit"]:
        raise EngineError("paraselect.cell_blank", file=path, place=f"{number}:unit", key="unit")
    gpus = numeric("gpus", cells["gpus"])
    if gpus is not None and gpus != int(gpus):
        raise EngineError("paraselect.not_a_number", file=path, place=f"{number}:gpus", value=cells["gpus"], key="gpus")
    better = cells.get("better", "").lower()
    if better not in ("", "higher", "lower"):
        raise EngineError("paraselect.bad_better", file=path, place=f"{number}:better", value=better)
    precision = cells.get("precision", "")
    figures: dict[str, Any] = {key: numeric(key, cells.get(key, "")) for key in NUMBERS}
    return MeasuredRun(
        row=number,
        case=cells["case"],
        platform=cells["platform"],
        gpus=int(gpus) if gpus is not None else None,
        speed=speed,
        unit=cells["unit"],
        better=better,
        precision=normalise_precision(precision) or "",
        precision_text=precision,
        extra={key: value for key, value in cells.items() if key not in KNOWN and value},
        **{key: cells.get(key, "") for key in TEXTS},
        **figures,
    )


def _number(path: Path, number: int, key: str, text: str) -> float | None:
    if not text or text.lower() in ("nan", "na", "n/a", "-", "—"):
        return None
    try:
        value = float(text.replace(",", ""))
    except ValueError:
        value = float("nan")
    if key in NUMBERS and not 0 < value < float("inf"):
        return None  # "dynamic", "mixed": a remark, not a figure that enters the formula
    if not 0 < value < float("inf"):
        raise EngineError("paraselect.not_a_number", file=path, place=f"{number}:{key}", value=text, key=key)
    return value


def _cells(path: Path, *, lower: bool = True) -> tuple[list[str], list[list[str]]]:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise EngineError("paraselect.too_many_rows", file=path, limit=MOST_ROWS)
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise EngineError("paraselect.not_found", file=path) from error
    except OSError as error:
        raise EngineError("paraselect.not_readable", file=path, detail=error.strerror or str(error)) from error
    lines = _sheet(path) if content.startswith(b"PK\x03\x04") else _csv(path, content)
    if not lines:
        raise EngineError("paraselect.no_rows", file=path)
    heads = [head.strip().lower() if lower else head for head in lines[0]]
    return heads, [line for line in lines[1:] if any(cell.strip() for cell in line)]


def _csv(path: Path, content: bytes) -> list[list[str]]:
    try:
        text = decode(content)
        sample = text.partition("\n")[0]
        separator = max(",;\t", key=sample.count)
        return [row for row in csv.reader(io.StringIO(text), delimiter=separator) if row]
    except (ValueError, csv.Error) as error:
        raise EngineError("paraselect.not_a_table", file=path) from error


def _sheet(path: Path) -> list[list[str]]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_path(str(path))
        for name in book.sheet_names:
            rows = book.get_sheet_by_name(name).to_python()
            for number, row in enumerate(rows[:30]):
                if {"case", "group"} & {str(cell).strip().lower() for cell in row}:
                    return [[_text(cell) for cell in line] for line in rows[number:]]
    except (CalamineError, OSError) as error:
        raise EngineError("paraselect.not_a_table", file=path) from error
    raise EngineError("paraselect.columns_missing", file=path, columns=list(NEEDED))


def _text(cell: object) -> str:
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
